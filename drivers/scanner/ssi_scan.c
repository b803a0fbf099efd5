/* SPDX-License-Identifier: MIT */
#include "drivers/scanner/ssi_scan.h"

enum { TYPE_SIZE = 1 };

static bool is_repeated(const struct ssi_scan *scan, const struct ssi_packet *packet) {
        return packet->status & SSI_RETRANSMIT && !scan->missed &&
               packet->data.len == scan->last_len &&
               memcmp(packet->data.bytes, scan->last, scan->last_len) == 0;
}

static void remember(struct ssi_scan *scan, struct slice data) {
        memcpy(scan->last, data.bytes, data.len);
        scan->last_len = data.len;
        scan->missed = false;
}

static void join(struct ssi_scan *scan, struct slice text) {
        if (scan->overlong || text.len > SCAN_LEN_MAX - scan->len) {
                scan->overlong = true;
                return;
        }
        if (text.len > 0)
                memcpy(scan->joined + SSI_FRONT_MAX + scan->len, text.bytes, text.len);
        scan->len += text.len;
}

/*
 * The scanner's own suffix is part of the data (Zebra, SE955 integration guide, DECODE_DATA): CR,
 * LF end no code.
 */
static struct slice without_end(struct slice text) {
        while (text.len > 0 &&
               (text.bytes[text.len - 1] == '\r' || text.bytes[text.len - 1] == '\n'))
                text.len--;
        return text;
}

static bool has_aim(struct slice text) {
        return text.len >= AIM_SIZE - 1 && text.bytes[0] == ']';
}

/* Text that begins with an identifier keeps it; before any other there is room for one. */
static struct slice identified(struct ssi_scan *scan) {
        struct slice text = { scan->joined + SSI_FRONT_MAX, scan->len };
        const char *front;
        size_t len;

        text = scan_trim(scan->profile, without_end(text), scan->trimmed);
        if (has_aim(text) || text.len == 0)
                return text;
        front = ssi_code_front(scan->type, text.len);
        len = strlen(front);
        memmove(scan->joined + len, text.bytes, text.len);
        memcpy(scan->joined, front, len);
        return (struct slice) { scan->joined, len + text.len };
}

static enum ssi_scan_event end(struct ssi_scan *scan, struct slice *ret_scan) {
        scan->joining = false;
        if (scan->overlong)
                return SSI_SCAN_OVERLONG;
        *ret_scan = identified(scan);
        if (ret_scan->len > SCAN_LEN_MAX)
                return SSI_SCAN_OVERLONG;
        return ret_scan->len > 0 ? SSI_SCAN_WHOLE : SSI_SCAN_NONE;
}

enum ssi_scan_event ssi_scan_take(struct ssi_scan *scan, const struct ssi_packet *packet,
                                  struct slice *ret_scan) {
        struct slice data = packet->data;

        if (data.len < TYPE_SIZE || is_repeated(scan, packet))
                return SSI_SCAN_NONE;
        if (scan->joining && data.bytes[0] != scan->type) {
                ssi_scan_forget(scan);
                return SSI_SCAN_BROKEN_OFF;
        }
        remember(scan, data);
        if (!scan->joining)
                ssi_scan_forget(scan);
        scan->type = data.bytes[0];
        join(scan, (struct slice) { data.bytes + TYPE_SIZE, data.len - TYPE_SIZE });
        scan->joining = packet->status & SSI_CONTINUED;
        return scan->joining ? SSI_SCAN_NONE : end(scan, ret_scan);
}

/*
 * One that was a retransmission itself may have been taken before, and one whose head is damaged
 * may have been anything: then a repetition counts as one. A scan that is missing makes no sound
 * and is made again; one that is counted twice nobody notices.
 */
void ssi_scan_missed(struct ssi_scan *scan, const struct ssi_packet *head) {
        if (head->opcode == SSI_DECODE_DATA && !(head->status & SSI_RETRANSMIT))
                scan->missed = true;
}

void ssi_scan_forget(struct ssi_scan *scan) {
        scan->joining = false;
        scan->overlong = false;
        scan->len = 0;
}
