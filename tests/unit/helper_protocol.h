/* SPDX-License-Identifier: MIT */
#pragma once

/* A scan protocol on the bench, and what it asked of its scanner as words: "send FD 03;scan ]C1…;". */

#include "base/bytes.h"
#include "drivers/scanner/protocol.h"

struct rig {
        struct profile profile;
        const struct protocol_ops *ops;
        void *protocol;
        struct bytes said;
        int wait_ms;     /* as it was asked for last */
        size_t shown;    /* bytes of a scan, then its length; 0: up to 400 */
        char words[160]; /* of the newest refusal or trouble */
};

/* A host that writes down everything but "foreign", which has to come from the test. @rig outlives it. */
struct protocol_host rig_host(struct rig *rig);
/* Makes the protocol of @rig->profile for a host of these words; its error. */
int rig_new(struct rig *rig, const struct protocol_host *host, struct slice descriptor);
void rig_fini(struct rig *rig);

/* Exactly this since the last time. */
void rig_expect(struct rig *rig, const char *said);
void rig_input(struct rig *rig, struct slice bytes);
/* Time, in the waits that are asked for; each is over once. */
void rig_passes(struct rig *rig, int ms);
