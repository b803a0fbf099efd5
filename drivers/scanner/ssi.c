/* SPDX-License-Identifier: MIT */

/*
 * SSI: a Zebra scanner that speaks in packets over a serial line (Zebra, "Simple Serial Interface Programmer's
 * Guide", 72-40451; the scanners' product reference guides, chapter SSI).
 *
 * Both ends acknowledge each packet. A decoder that hears no ACK sends the same packet up to two more times, marked
 * as a retransmission: it is acknowledged again and not taken again. Of our commands one is out at a time; an
 * answer with data stands for its ACK.
 */

#include <errno.h>
#include <stdlib.h>
#include "drivers/barcode/barcode.h"
#include "drivers/scanner/protocol.h"
#include "drivers/scanner/ssi_codes.h"
#include "drivers/scanner/ssi_packet.h"

enum {
        RESPONSE_MS = 2000, /* a scanner that stores parameters may take long */
        CHARACTER_MS = 200, /* between two bytes of a packet (host character time-out) */
        TRIES_MAX = 3,
        COMMANDS_MAX = 16,
        COMMAND_DATA_MAX = PROFILE_BYTES_MAX + 1,
        NO_BEEP = 0xFF,
        ALL_LEDS = 0xFF,
};

struct command {
        uint8_t opcode;
        uint8_t data[COMMAND_DATA_MAX];
        size_t len;
};

struct ssi {
        const struct profile *profile;
        struct protocol_host host;
        struct ssi_reader reader;

        struct command commands[COMMANDS_MAX]; /* a ring; the first is out while tries > 0 */
        size_t first, n_commands;
        int tries;
        bool lit; /* an LED is on */
        bool troubled;

        uint8_t scan[SCAN_LEN_MAX]; /* joined from packets */
        size_t scan_len;
        bool joining, overlong;

        uint8_t last[SSI_DATA_MAX]; /* the newest decode packet: what a retransmission repeats */
        size_t last_len;
        bool missed; /* something came damaged since: a retransmission is the first that is whole */
};

static void ssi_free(void *protocol) {
        free(protocol);
}

static int ssi_new(const struct profile *profile, struct slice descriptor,
                   const struct protocol_host *host, void **ret) {
        struct ssi *ssi = calloc(1, sizeof(*ssi));

        (void)descriptor;
        if (!ssi)
                return -ENOMEM;
        ssi->profile = profile;
        ssi->host = *host;
        *ret = ssi;
        return 0;
}

/* ---- packets out -------------------------------------------------------------------------------- */

static void ssi_send(struct ssi *ssi, uint8_t opcode, uint8_t status, struct slice data) {
        const struct ssi_packet packet = { opcode, SSI_HOST, status, data };
        uint8_t bytes[SSI_PACKET_MAX];
        size_t len = ssi_packet_write(bytes, &packet);

        ssi->host.send(ssi->host.ctx, (struct slice) { bytes, len });
}

static void ssi_acknowledge(struct ssi *ssi) {
        ssi_send(ssi, SSI_ACK, 0, (struct slice) { NULL, 0 });
}

static void ssi_ask_again(struct ssi *ssi) {
        const uint8_t cause = SSI_NAK_RESEND;

        ssi->missed = true;
        ssi_send(ssi, SSI_NAK, 0, (struct slice) { &cause, 1 });
}

/* One timer for all: what is half read is the nearer. */
static void ssi_arm(struct ssi *ssi) {
        int ms = ssi->tries > 0 || ssi->joining ? RESPONSE_MS : 0;

        if (ssi_packet_has_rest(&ssi->reader))
                ms = CHARACTER_MS;
        ssi->host.wait(ssi->host.ctx, ms);
}

/* ---- commands ----------------------------------------------------------------------------------- */

static void ssi_transmit(struct ssi *ssi) {
        const struct command *command = &ssi->commands[ssi->first];

        ssi_send(ssi, command->opcode, ssi->tries > 0 ? SSI_RETRANSMIT : 0,
                 (struct slice) { command->data, command->len });
        ssi->tries++;
}

/* One that finds no room is a beep too many. */
static void ssi_command(struct ssi *ssi, uint8_t opcode, struct slice data) {
        struct command *command;

        if (ssi->n_commands == COMMANDS_MAX || data.len > COMMAND_DATA_MAX)
                return;
        command = &ssi->commands[(ssi->first + ssi->n_commands++) % COMMANDS_MAX];
        command->opcode = opcode;
        command->len = data.len;
        if (data.len > 0)
                memcpy(command->data, data.bytes, data.len);
        if (ssi->tries == 0)
                ssi_transmit(ssi);
}

static void ssi_next_command(struct ssi *ssi) {
        if (ssi->tries == 0)
                return;
        ssi->tries = 0;
        ssi->first = (ssi->first + 1) % COMMANDS_MAX;
        if (--ssi->n_commands > 0)
                ssi_transmit(ssi);
}

static void ssi_trouble(struct ssi *ssi, const char *words) {
        ssi->troubled = true;
        ssi->host.trouble(ssi->host.ctx, words);
}

/* Commands that nobody answers are not asked for ever: the next packet of the scanner begins anew. */
static void ssi_unanswered(struct ssi *ssi) {
        if (ssi->tries < TRIES_MAX) {
                ssi_transmit(ssi);
                return;
        }
        ssi->tries = 0;
        ssi->n_commands = 0;
        ssi_trouble(ssi, "it does not answer: scan \"SSI host\" in its manual, or correct profile");
}

static void ssi_attached(void *protocol) {
        /* No beep; decode data in packets (parameter EE), with AIM identifiers (2D). */
        static const uint8_t packeted[] = { NO_BEEP, 0xEE, 1, 0x2D, 1 };
        struct ssi *ssi = protocol;
        const struct profile *profile = ssi->profile;

        for (size_t i = 0; i < profile->n_setup; i++)
                ssi_command(ssi, SSI_PARAM_SEND,
                            (struct slice) { profile->setup[i].send.bytes,
                                             profile->setup[i].send.len });
        if (profile->n_setup == 0)
                ssi_command(ssi, SSI_PARAM_SEND, (struct slice) { packeted, sizeof(packeted) });
        ssi_command(ssi, SSI_REQUEST_REVISION, (struct slice) { NULL, 0 });
        ssi_arm(ssi);
}

/* ---- scans -------------------------------------------------------------------------------------- */

static void ssi_join(struct ssi *ssi, struct slice data) {
        if (ssi->overlong || data.len > sizeof(ssi->scan) - ssi->scan_len) {
                ssi->overlong = true;
                return;
        }
        memcpy(ssi->scan + ssi->scan_len, data.bytes, data.len);
        ssi->scan_len += data.len;
}

/* Data that begins with an identifier already has one. */
static void ssi_begin_scan(struct ssi *ssi, struct slice data) {
        struct slice text = { data.bytes + 1, data.len - 1 };
        const char *aim = text.len > 0 && text.bytes[0] == ']' ? NULL : ssi_code_aim(data.bytes[0]);

        ssi->scan_len = 0;
        ssi->overlong = false;
        if (aim)
                ssi_join(ssi, slice_of(aim));
        ssi_join(ssi, text);
}

static void ssi_end_scan(struct ssi *ssi) {
        if (ssi->overlong)
                ssi->host.refused(ssi->host.ctx, "longer than any code: scan it again");
        else
                ssi->host.scan(ssi->host.ctx, (struct slice) { ssi->scan, ssi->scan_len });
}

static bool is_repeated(const struct ssi *ssi, const struct ssi_packet *packet) {
        return packet->status & SSI_RETRANSMIT && !ssi->missed &&
               packet->data.len == ssi->last_len &&
               memcmp(packet->data.bytes, ssi->last, ssi->last_len) == 0;
}

/* A packet of a long code carries the code type as the first does. */
static void ssi_take_data(struct ssi *ssi, const struct ssi_packet *packet) {
        struct slice data = packet->data;

        ssi_acknowledge(ssi);
        if (is_repeated(ssi, packet) || data.len < 2)
                return;
        memcpy(ssi->last, data.bytes, data.len);
        ssi->last_len = data.len;
        ssi->missed = false;
        if (ssi->joining)
                ssi_join(ssi, (struct slice) { data.bytes + 1, data.len - 1 });
        else
                ssi_begin_scan(ssi, data);
        ssi->joining = packet->status & SSI_CONTINUED;
        if (!ssi->joining)
                ssi_end_scan(ssi);
}

/* ---- answers ------------------------------------------------------------------------------------ */

/* "NBRPUAAM-019 N 0 1": the software's release comes first. */
static void ssi_take_revision(struct ssi *ssi, struct slice data) {
        char firmware[PROFILE_WORD_SIZE];
        size_t len = 0;

        while (len < data.len && len < sizeof(firmware) - 1 && data.bytes[len] > ' ' &&
               data.bytes[len] < 0x7f) {
                firmware[len] = (char)data.bytes[len];
                len++;
        }
        firmware[len] = '\0';
        ssi_acknowledge(ssi);
        if (ssi->tries > 0 && ssi->commands[ssi->first].opcode == SSI_REQUEST_REVISION)
                ssi_next_command(ssi);
        ssi->host.identity(ssi->host.ctx, "", firmware);
}

static void ssi_take_nak(struct ssi *ssi, struct slice data) {
        if (ssi->tries == 0)
                return;
        if (data.len > 0 && data.bytes[0] == SSI_NAK_RESEND) {
                ssi_unanswered(ssi);
                return;
        }
        if (ssi->commands[ssi->first].opcode == SSI_PARAM_SEND)
                ssi_trouble(ssi, "it refuses its set-up: correct profile");
        ssi_next_command(ssi);
}

static void ssi_take(struct ssi *ssi, const struct ssi_packet *packet) {
        if (packet->source == SSI_HOST)
                return; /* an echo */
        if (ssi->troubled && packet->opcode != SSI_NAK) {
                ssi->troubled = false;
                ssi->host.trouble(ssi->host.ctx, NULL);
        }
        switch (packet->opcode) {
        case SSI_DECODE_DATA:
                ssi_take_data(ssi, packet);
                break;
        case SSI_ACK:
                ssi_next_command(ssi);
                break;
        case SSI_NAK:
                ssi_take_nak(ssi, packet->data);
                break;
        case SSI_REPLY_REVISION:
                ssi_take_revision(ssi, packet->data);
                break;
        default: /* events, parameters: heard, and nothing follows */
                ssi_acknowledge(ssi);
                break;
        }
}

static void ssi_input(void *protocol, struct slice bytes) {
        struct ssi *ssi = protocol;
        struct ssi_packet packet;

        for (;;)
                switch (ssi_packet_read(&ssi->reader, &bytes, &packet)) {
                case SSI_READ_PACKET:
                        ssi_take(ssi, &packet);
                        break;
                case SSI_READ_BROKEN:
                        ssi_ask_again(ssi);
                        break;
                case SSI_READ_MORE:
                        ssi_arm(ssi);
                        return;
                }
}

/* Half a packet will not be ended; the scanner repeats it. */
static void ssi_timer(void *protocol) {
        struct ssi *ssi = protocol;

        if (ssi_packet_has_rest(&ssi->reader)) {
                ssi_packet_reset(&ssi->reader);
                ssi_ask_again(ssi);
                ssi_arm(ssi);
                return;
        }
        if (ssi->joining) {
                ssi->joining = false;
                ssi->host.refused(ssi->host.ctx, "half a code came: scan it again");
        }
        if (ssi->tries > 0)
                ssi_unanswered(ssi);
        ssi_arm(ssi);
}

/* ---- feedback ----------------------------------------------------------------------------------- */

/* Beep codes 0 to 4 are one to five short high beeps, 5 to 9 short low ones. */
static struct slice ssi_beep(const struct ssi *ssi, enum scanner_feedback feedback) {
        static const uint8_t usual[] = {
                [SCANNER_GOOD] = 0x00,
                [SCANNER_BAD] = 0x06,
                [SCANNER_ATTENTION] = 0x01,
        };
        const struct profile_bytes *bytes = protocol_feedback(ssi->profile, feedback);

        if (bytes->len == 0)
                return (struct slice) { &usual[feedback], 1 };
        return (struct slice) { bytes->bytes, bytes->len };
}

static void ssi_feedback(void *protocol, enum scanner_feedback feedback) {
        static const uint8_t all = ALL_LEDS;
        struct ssi *ssi = protocol;
        struct slice beep = ssi_beep(ssi, feedback);

        if (ssi->lit)
                ssi_command(ssi, SSI_LED_OFF, (struct slice) { &all, 1 });
        ssi->lit = beep.len > 1;
        if (ssi->lit)
                ssi_command(ssi, SSI_LED_ON, (struct slice) { beep.bytes + 1, 1 });
        ssi_command(ssi, SSI_BEEP, (struct slice) { beep.bytes, 1 });
        ssi_arm(ssi);
}

const struct protocol_ops protocol_ssi = { ssi_new,   ssi_free,  ssi_attached,
                                           ssi_input, ssi_timer, ssi_feedback };
