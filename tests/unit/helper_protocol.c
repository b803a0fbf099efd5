/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "tests/unit/helper_protocol.h"

enum { SHOWN = 400 };

static void on_scan(void *ctx, struct slice data) {
        struct rig *rig = ctx;
        size_t shown = rig->shown ? rig->shown : SHOWN;

        bytes_append_str(&rig->said, "scan ");
        for (size_t i = 0; i < data.len && i < shown; i++)
                if (data.bytes[i] < ' ')
                        bytes_appendf(&rig->said, "<%02X>", data.bytes[i]);
                else
                        bytes_append(&rig->said, &data.bytes[i], 1);
        if (data.len > shown)
                bytes_appendf(&rig->said, "(%zu)", data.len);
        bytes_append_str(&rig->said, ";");
}

static void note(struct rig *rig, const char *words) {
        (void)snprintf(rig->words, sizeof(rig->words), "%s", words);
}

static void on_refused(void *ctx, const char *reason) {
        assert_true(reason[0]);
        note(ctx, reason);
        bytes_append_str(&((struct rig *)ctx)->said, "refused;");
}

static void on_send(void *ctx, struct slice bytes) {
        bytes_append_str(&((struct rig *)ctx)->said, "send");
        for (size_t i = 0; i < bytes.len; i++)
                bytes_appendf(&((struct rig *)ctx)->said, " %02X", bytes.bytes[i]);
        bytes_append_str(&((struct rig *)ctx)->said, ";");
}

static void on_wait(void *ctx, int ms) {
        ((struct rig *)ctx)->wait_ms = ms;
}

static void on_identity(void *ctx, const char *model, const char *firmware) {
        bytes_appendf(&((struct rig *)ctx)->said, "is %s/%s;", model, firmware);
}

static void on_trouble(void *ctx, const char *words) {
        assert_true(!words || words[0]);
        note(ctx, words ? words : "");
        bytes_append_str(&((struct rig *)ctx)->said, words ? "trouble;" : "well;");
}

struct protocol_host rig_host(struct rig *rig) {
        return (struct protocol_host) { rig,     on_scan,     on_refused, on_send,
                                        on_wait, on_identity, on_trouble, NULL };
}

int rig_new(struct rig *rig, const struct protocol_host *host, struct slice descriptor) {
        rig->ops = protocol_of(&rig->profile);
        return rig->ops->new (&rig->profile, descriptor, host, &rig->protocol);
}

void rig_fini(struct rig *rig) {
        rig->ops->free(rig->protocol);
        bytes_fini(&rig->said);
}

void rig_expect(struct rig *rig, const char *said) {
        assert_string_equal(bytes_str(&rig->said), said);
        bytes_clear(&rig->said);
}

void rig_input(struct rig *rig, struct slice bytes) {
        rig->ops->input(rig->protocol, bytes);
}

void rig_passes(struct rig *rig, int ms) {
        while (ms > 0 && rig->wait_ms > 0) {
                ms -= rig->wait_ms;
                rig->wait_ms = 0;
                rig->ops->timer(rig->protocol);
        }
}
