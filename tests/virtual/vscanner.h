/* SPDX-License-Identifier: MIT */
#pragma once

/* vscanner's own: its files share these. */

#include <stdbool.h>
#include "base/def.h"
#include "drivers/scanner/ssi_packet.h"

enum { LINE_SIZE = 64 * 1024, WINDOW_MAX = 4096, REVISION_SIZE = 64 };

struct sent {
        char *code;
        int64_t at_us;
};

/* A decoder that speaks SSI, and how it misbehaves. */
struct decoder {
        bool on;
        int drop_ack, corrupt; /* every so many, 0: none */
        int deny;              /* opcode that is refused, -1: none */
        int response_ms;       /* what an ACK may take */
        uint8_t beeps[3];      /* codes of good, bad, attention */
        char revision[REVISION_SIZE];
        bool trace;

        struct ssi_reader reader;
        bool packeted, aim; /* what the host has set: parameters EE and 2D */
        bool acked, asked_again;
        int n_acks, n_packets;
};

struct vscanner {
        const char *link;
        int timeout_ms, window;
        bool json, quiet;
        int master, slave; /* our own slave end keeps the master alive while nobody listens */
        struct sent sent[WINDOW_MAX];
        size_t first, n; /* scans that wait for their feedback */
        struct decoder decoder;
};

/* -EINVAL: then usage() says how it goes and what to exit with. */
MUST_CHECK int options(int argc, char **argv, struct vscanner *scanner);
int usage(void);

bool is_ending(void); /* a signal came */
int64_t now_us(void);
MUST_CHECK int send_bytes(struct vscanner *scanner, const void *bytes, size_t len);
/* Prints a line. */
void tell(const struct vscanner *scanner, const char *code, const char *word, int64_t us);
/* The oldest scan that waits has its feedback. */
void answered(struct vscanner *scanner, const char *word);

/*
 * Hears the host until @until_us, or until something came that may be waited for: an ACK, a NAK, a
 * beep.
 */
void decoder_hear(struct vscanner *scanner, int64_t until_us);
/* Sends a scan until it is acknowledged. -ETIMEDOUT: it never was; else a negative errno. */
MUST_CHECK int decoder_scan(struct vscanner *scanner, const uint8_t *text, size_t len);
/* Without power for a moment: what was set is lost, and nothing is told. */
void decoder_reset(struct vscanner *scanner);
