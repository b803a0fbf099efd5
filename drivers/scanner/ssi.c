/* SPDX-License-Identifier: MIT */

/*
 * SSI: a Zebra scanner that speaks in packets over a serial line (Zebra, "Simple Serial Interface
 * Programmer's Guide", 72-40451; the scanners' product reference guides, chapter SSI).
 *
 * Both ends acknowledge each packet. A decoder that hears no ACK within two seconds sends the same
 * packet up to two more times, marked as a retransmission: it is acknowledged again and not taken
 * again. Of our commands one is out at a time; an answer with data stands for its ACK.
 *
 * The set-up is temporary, so a scanner that was without power has lost it. It is sent again when
 * the scanner tells that it started, when it speaks after it was mute, and when its codes come as
 * bare text, as they do from a scanner that was never set up. Bare text is no scan: it has no
 * checksum.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "drivers/scanner/protocol.h"
#include "drivers/scanner/ssi_packet.h"
#include "drivers/scanner/ssi_scan.h"

enum {
        TICK_MS = 200, /* between two bytes of a packet: the host character time-out */
        RESPONSE_TICKS = 2000 / TICK_MS + 1, /* a scanner that stores parameters may take long */
        JOIN_TICKS = 5000 / TICK_MS + 1,     /* two retransmissions of a part fit in */
        TRIES_MAX = 3,
        COMMANDS_MAX = 16,
        COMMAND_DATA_MAX = PROFILE_BYTES_MAX,
        NO_BEEP = 0xFF,
};

struct command {
        uint8_t opcode;
        uint8_t data[COMMAND_DATA_MAX];
        size_t len;
};

/* What the scanner was told of last, and what takes it back. */
enum trouble {
        WELL,
        MUTE,      /* until it answers */
        BARE_TEXT, /* until a packet has a scan */
        REFUSED,   /* until the next set-up */
};

struct ssi {
        const struct profile *profile;
        struct protocol_host host;
        struct ssi_reader reader;
        struct ssi_scan scan;

        struct command commands[COMMANDS_MAX]; /* a ring; the first is out while tries > 0 */
        size_t first, n_commands;
        int tries;
        uint8_t lit; /* the LEDs that we have switched on */

        bool ticking, heard;          /* the timer runs; bytes came since its last tick */
        int answer_ticks, join_ticks; /* since the command went out, since the last part came */

        enum trouble trouble;
        bool answered; /* a packet came since it was attached */
        bool setting_up;
        bool mute;      /* commands were given up: the next packet begins anew */
        bool bare_text; /* came, and no packet with a scan since */
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
        ssi->scan.profile = profile;
        ssi->host = *host;
        *ret = ssi;
        return 0;
}

/* One timer for all that is waited for; none while nothing is. */
static void ssi_tick(struct ssi *ssi) {
        bool waits = ssi->tries > 0 || ssi->scan.joining || ssi_packet_has_rest(&ssi->reader);

        if (waits == ssi->ticking)
                return;
        ssi->ticking = waits;
        ssi->host.wait(ssi->host.ctx, waits ? TICK_MS : 0);
}

static void ssi_trouble(struct ssi *ssi, enum trouble trouble, const char *words) {
        ssi->trouble = trouble;
        ssi->host.trouble(ssi->host.ctx, words);
}

static void ssi_well(struct ssi *ssi, enum trouble trouble) {
        if (ssi->trouble == trouble)
                ssi_trouble(ssi, WELL, NULL);
}

/* ---- packets out ----------------------------------------------------------------------------- */

static void ssi_send(struct ssi *ssi, uint8_t opcode, uint8_t status, struct slice data) {
        const struct ssi_packet packet = { opcode, SSI_HOST, status, data };
        uint8_t bytes[SSI_PACKET_MAX];
        size_t len = ssi_packet_write(bytes, &packet);

        ssi->host.send(ssi->host.ctx, (struct slice) { bytes, len });
}

static void ssi_acknowledge(struct ssi *ssi) {
        ssi_send(ssi, SSI_ACK, 0, (struct slice) { NULL, 0 });
}

static void ssi_ask_again(struct ssi *ssi, const struct ssi_packet *head) {
        const uint8_t cause = SSI_NAK_RESEND;

        ssi_scan_missed(&ssi->scan, head);
        ssi_send(ssi, SSI_NAK, 0, (struct slice) { &cause, 1 });
}

/* ---- commands -------------------------------------------------------------------------------- */

static const struct command *ssi_out(const struct ssi *ssi) {
        return ssi->tries > 0 ? &ssi->commands[ssi->first] : NULL;
}

static void ssi_transmit(struct ssi *ssi) {
        const struct command *command = &ssi->commands[ssi->first];

        ssi_send(ssi, command->opcode, ssi->tries > 0 ? SSI_RETRANSMIT : 0,
                 (struct slice) { command->data, command->len });
        ssi->tries++;
        ssi->answer_ticks = 0;
}

/* false: no room. */
static bool ssi_command(struct ssi *ssi, uint8_t opcode, struct slice data) {
        struct command *command;

        if (ssi->n_commands == COMMANDS_MAX || data.len > COMMAND_DATA_MAX)
                return false;
        command = &ssi->commands[(ssi->first + ssi->n_commands++) % COMMANDS_MAX];
        command->opcode = opcode;
        command->len = data.len;
        if (data.len > 0)
                memcpy(command->data, data.bytes, data.len);
        if (ssi->tries == 0)
                ssi_transmit(ssi);
        return true;
}

static void ssi_next_command(struct ssi *ssi) {
        if (ssi->tries == 0)
                return;
        ssi_well(ssi, MUTE);
        if (ssi_out(ssi)->opcode == SSI_REQUEST_REVISION) /* the set-up's last */
                ssi->setting_up = false;
        ssi->tries = 0;
        ssi->first = (ssi->first + 1) % COMMANDS_MAX;
        if (--ssi->n_commands > 0)
                ssi_transmit(ssi);
}

static void ssi_forget_commands(struct ssi *ssi) {
        ssi->tries = 0;
        ssi->n_commands = 0;
        ssi->setting_up = false;
        ssi->lit = 0;
}

/* An SSI scanner answers at once, if it is on; one that does not, and has other words, has another protocol. */
static void ssi_doubt(struct ssi *ssi) {
        if (!ssi->answered && ssi->tries != 1 && ssi->host.foreign)
                ssi->host.foreign(ssi->host.ctx);
}

/* A command that is not taken is not sent for ever: the next packet of the scanner begins anew. */
static void ssi_again(struct ssi *ssi, const char *words) {
        if (ssi->tries < TRIES_MAX) {
                ssi_transmit(ssi);
                return;
        }
        ssi_forget_commands(ssi);
        ssi->mute = true;
        ssi_trouble(ssi, MUTE, words);
}

static void ssi_set_up(struct ssi *ssi) {
        /* No beep; decode data in packets (parameter EE), with AIM identifiers (2D). */
        static const uint8_t packeted[] = { NO_BEEP, 0xEE, 1, 0x2D, 1 };
        const struct profile *profile = ssi->profile;

        ssi->setting_up = true;
        ssi->mute = false;
        ssi_well(ssi, REFUSED);
        for (size_t i = 0; i < profile->n_setup; i++)
                (void)ssi_command(ssi, SSI_PARAM_SEND,
                                  (struct slice) { profile->setup[i].send.bytes,
                                                   profile->setup[i].send.len });
        if (profile->n_setup == 0)
                (void)ssi_command(ssi, SSI_PARAM_SEND,
                                  (struct slice) { packeted, sizeof(packeted) });
        (void)ssi_command(ssi, SSI_REQUEST_REVISION, (struct slice) { NULL, 0 });
}

static void ssi_attached(void *protocol) {
        ssi_set_up(protocol);
        ssi_tick(protocol);
}

/* ---- scans ----------------------------------------------------------------------------------- */

static void ssi_refuse(struct ssi *ssi, const char *reason) {
        ssi->host.refused(ssi->host.ctx, reason);
}

static void ssi_half_a_code(struct ssi *ssi) {
        ssi_refuse(ssi, "half a code came: scan it again");
}

static void ssi_take_data(struct ssi *ssi, const struct ssi_packet *packet) {
        enum ssi_scan_event event;
        struct slice scan;

        ssi_acknowledge(ssi);
        ssi->join_ticks = 0;
        ssi->bare_text = false;
        ssi_well(ssi, BARE_TEXT);
        while ((event = ssi_scan_take(&ssi->scan, packet, &scan)) == SSI_SCAN_BROKEN_OFF)
                ssi_half_a_code(ssi);
        if (event == SSI_SCAN_WHOLE)
                ssi->host.scan(ssi->host.ctx, scan);
        else if (event == SSI_SCAN_OVERLONG)
                ssi_refuse(ssi, "longer than any code: scan it again");
}

/* The first is a scanner that lost its set-up; one that goes on does not take it. */
static void ssi_take_text(struct ssi *ssi) {
        ssi_doubt(ssi);
        if (!ssi->setting_up)
                ssi_set_up(ssi);
        ssi_refuse(ssi, "a code came without a packet: scan it again");
        if (ssi->bare_text)
                ssi_trouble(ssi, BARE_TEXT,
                            "it sends codes without packets: scan \"Send Packeted Decode Data\" in "
                            "its manual, or correct profile");
        ssi->bare_text = true;
}

/* ---- answers --------------------------------------------------------------------------------- */

/* "NBRPUAAM-019 N 0 1": the software's release comes first; the model is not in it. */
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
        if (ssi_out(ssi) && ssi_out(ssi)->opcode == SSI_REQUEST_REVISION)
                ssi_next_command(ssi);
        ssi->host.identity(ssi->host.ctx, "", firmware);
}

static const char *cause_of(uint8_t cause) {
        switch (cause) {
        case SSI_NAK_BAD_CONTEXT:
                return "not known to it";
        case SSI_NAK_DENIED:
                return "denied";
        default:
                return "no reason given";
        }
}

/* A scanner that does not tell its revision works without. */
static void ssi_refused(struct ssi *ssi, uint8_t opcode, uint8_t cause) {
        bool setup = opcode == SSI_PARAM_SEND;
        char words[96];

        if (opcode == SSI_REQUEST_REVISION || opcode == SSI_LED_OFF)
                return;
        (void)snprintf(words, sizeof(words), "it refuses its %s (%s): correct %s of its profile",
                       setup ? "set-up" : "beep or light", cause_of(cause),
                       setup ? "setup" : "feedback");
        ssi_trouble(ssi, REFUSED, words);
}

static void ssi_take_nak(struct ssi *ssi, struct slice data) {
        uint8_t cause = data.len > 0 ? data.bytes[0] : 0;
        const struct command *out = ssi_out(ssi);

        if (!out)
                return;
        if (cause == SSI_NAK_RESEND) {
                ssi_again(ssi,
                          "what we send comes damaged: check its cable and the profile's serial");
                return;
        }
        ssi_refused(ssi, out->opcode, cause);
        ssi_next_command(ssi);
}

/* What was out is lost with what was set up. */
static void ssi_take_event(struct ssi *ssi, struct slice data) {
        ssi_acknowledge(ssi);
        if (data.len == 0 ||
            (data.bytes[0] != SSI_EVENT_BOOT && data.bytes[0] != SSI_EVENT_DEFAULTS))
                return;
        ssi_forget_commands(ssi);
        ssi_set_up(ssi);
}

static void ssi_take(struct ssi *ssi, const struct ssi_packet *packet) {
        if (packet->source == SSI_HOST)
                return; /* an echo */
        ssi->answered = true;
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
        case SSI_EVENT:
                ssi_take_event(ssi, packet->data);
                break;
        default: /* parameters and the like: heard, and nothing follows */
                ssi_acknowledge(ssi);
                break;
        }
        if (ssi->mute)
                ssi_set_up(ssi);
}

/* false: no more. */
static bool ssi_took(struct ssi *ssi, enum ssi_read read, const struct ssi_packet *packet) {
        switch (read) {
        case SSI_READ_PACKET:
                ssi_take(ssi, packet);
                break;
        case SSI_READ_BROKEN:
                ssi_ask_again(ssi, packet);
                break;
        case SSI_READ_TEXT:
                ssi_take_text(ssi);
                break;
        case SSI_READ_MORE:
                return false;
        }
        return true;
}

static void ssi_input(void *protocol, struct slice bytes) {
        struct ssi *ssi = protocol;
        struct ssi_packet packet;

        ssi->heard = true;
        while (ssi_took(ssi, ssi_packet_read(&ssi->reader, &bytes, &packet), &packet))
                ;
        ssi_tick(ssi);
}

/* ---- time ------------------------------------------------------------------------------------ */

/* What waits for its end will not have it; the scanner repeats a packet. */
static void ssi_silence(struct ssi *ssi) {
        struct ssi_packet packet;

        while (ssi_took(ssi, ssi_packet_silence(&ssi->reader, &packet), &packet))
                ;
}

static void ssi_timer(void *protocol) {
        struct ssi *ssi = protocol;

        ssi->ticking = false;
        if (!ssi->heard && ssi_packet_has_rest(&ssi->reader))
                ssi_silence(ssi);
        ssi->heard = false;
        if (ssi->scan.joining && ++ssi->join_ticks >= JOIN_TICKS) {
                ssi_scan_forget(&ssi->scan);
                ssi_half_a_code(ssi);
        }
        if (ssi->tries > 0 && ++ssi->answer_ticks >= RESPONSE_TICKS)
                ssi_again(
                        ssi,
                        "it does not answer: scan \"SSI host\" in its manual, or correct profile");
        ssi_tick(ssi);
}

/* ---- feedback -------------------------------------------------------------------------------- */

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

/* What finds no room is a beep too many. */
static void ssi_feedback(void *protocol, enum scanner_feedback feedback) {
        struct ssi *ssi = protocol;
        struct slice beep = ssi_beep(ssi, feedback);
        uint8_t light = beep.len > 1 ? beep.bytes[1] : 0;

        if (ssi->lit && ssi_command(ssi, SSI_LED_OFF, (struct slice) { &ssi->lit, 1 }))
                ssi->lit = 0;
        if (light && !ssi->lit && ssi_command(ssi, SSI_LED_ON, (struct slice) { &light, 1 }))
                ssi->lit = light;
        (void)ssi_command(ssi, SSI_BEEP, (struct slice) { beep.bytes, 1 });
        ssi_tick(ssi);
}

const struct protocol_ops protocol_ssi = { ssi_new,   ssi_free,  ssi_attached,
                                           ssi_input, ssi_timer, ssi_feedback };
