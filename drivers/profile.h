/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Profile: how to talk to one model, as data (firmware-profiles/NAME.json).
 *
 * Searched in $TALLYMAN_PROFILES, then /usr/share/tallyman/profiles; the generic ones are also
 * compiled in, so that the agent runs without any file.
 */

#include "base/bytes.h"
#include "drivers/transport.h"

enum profile_kind { PROFILE_SCANNER, PROFILE_PRINTER };

enum profile_protocol {
        PROTOCOL_FRAMED,       /* serial text that ends somewhere */
        PROTOCOL_SSI,          /* Zebra's packets over a serial line */
        PROTOCOL_HID_KEYBOARD, /* USB, types its scans */
        PROTOCOL_HID_POS,      /* USB, usage page 0x8C */
        PROTOCOL_ZPL,
};

enum {
        PROFILE_BYTES_MAX = 64,
        PROFILE_ENDS_MAX = 4,
        PROFILE_MATCHES_MAX = 8,
        PROFILE_SETUP_MAX = 8,
        PROFILE_CODE_IDS_MAX = 64,
        PROFILE_FIRMWARES_MAX = 8,
        PROFILE_WORD_SIZE = 48,
        PROFILE_PATTERN_SIZE = 128,
};

struct profile_bytes {
        uint8_t bytes[PROFILE_BYTES_MAX];
        size_t len;
};

/* How a device is recognised: everything that is said must hold. */
struct profile_match {
        int vendor, product;           /* USB ids, -1: any */
        int class, subclass, protocol; /* of the USB interface, -1: any */
        int usage_page;                /* of the first HID collection, -1: any */
        char manufacturer
                [PROFILE_WORD_SIZE]; /* IEEE 1284 MFG begins so, case does not matter; "": any */
        char model
                [PROFILE_WORD_SIZE]; /* IEEE 1284 MDL, or the USB product string, holds it; "": any */
        char command_set[PROFILE_WORD_SIZE]; /* IEEE 1284 CMD holds it; "": any */
};

/* One step of the set-up at attach: sent, and where something is expected, waited for. */
struct profile_step {
        struct profile_bytes send;
        struct profile_bytes expect; /* occurs in the answer; len 0: none is awaited */
};

/* The query that reads model and firmware. Protocols that have their own (SSI, ~HI) need none. */
struct profile_identify {
        struct profile_bytes query;       /* len 0: none */
        struct profile_bytes end;         /* the answer is whole when it ends so */
        char model[PROFILE_PATTERN_SIZE]; /* POSIX extended regular expression; group 1 is it */
        char firmware[PROFILE_PATTERN_SIZE];
};

/* A maker's code id and the AIM identifier that it stands for. */
struct profile_code_id {
        char id[4];
        char aim[4]; /* "]C1" */
};

enum code_id_place { CODE_ID_NONE, CODE_ID_FRONT, CODE_ID_BACK };
enum frame_check {
        FRAME_CHECK_NONE,
        FRAME_CHECK_LRC,
        FRAME_CHECK_SUM
}; /* last byte: XOR, sum mod 256 */
enum keyboard_layout { LAYOUT_US, LAYOUT_GB, LAYOUT_DE, LAYOUT_FR };

struct profile {
        char name[ID_SIZE];
        enum profile_kind kind;
        enum profile_protocol protocol;
        char model[128];
        char fallback
                [ID_SIZE]; /* SSI: the profile of a scanner that is recognised as this one, and never answers; or "" */
        bool verified; /* seen on the device itself; else from its documents alone */

        struct profile_match matches[PROFILE_MATCHES_MAX]; /* any of them */
        size_t n_matches;
        struct serial_settings serial;
        struct profile_step setup[PROFILE_SETUP_MAX];
        size_t n_setup;
        struct profile_identify identify;
        char approved[PROFILE_FIRMWARES_MAX]
                     [PROFILE_WORD_SIZE]; /* firmware; a last * stands for any rest */
        size_t n_approved;                /* 0: any is */

        /* scanner: framing */
        uint8_t ends[PROFILE_ENDS_MAX]; /* bytes that end a scan */
        size_t n_ends;
        int start;              /* byte that opens a frame, -1: none */
        int rest_ms;            /* a rest that is not ended within this is refused; 0: never */
        int gap_ms;             /* silence that ends a scan (serial raw, keyboard); 0: ends do */
        enum frame_check check; /* over what lies between start and check byte */
        struct profile_bytes prefix; /* taken off the front of every scan */
        struct profile_bytes suffix; /* and off its end */

        /* scanner: symbologies */
        enum code_id_place code_id_place;
        struct profile_code_id code_ids[PROFILE_CODE_IDS_MAX];
        size_t n_code_ids;

        /* scanner: HID keyboard */
        enum keyboard_layout layout;
        bool alt_numpad; /* Alt and keypad digits are a character */

        /* scanner: feedback. SSI: one BEEP code, and LED bits; HID POS: an output report with its id; else bytes */
        struct profile_bytes good, bad, attention;

        /* printer */
        bool status;    /* answers ~HS */
        int status_ms;  /* how long an answer may take */
        bool errors;    /* answers ~HQES, also while ~HS is silent */
        bool odometer;  /* answers SGD odometer.total_label_count */
        bool read_back; /* USB: may be read from at all */
        bool reattach;  /* USB: usblp gets the interface back after each use, else when the agent ends */
};

/* -ENOENT, or -EINVAL with file and reason in @ret_error. "auto" is generic-serial / generic-zpl by
 * @kind. */
MUST_CHECK int profile_load(const char *name, enum profile_kind kind, struct profile **ret,
                            struct bytes *ret_error);
/* Reads one file's text; @path is for the words. -EINVAL with file and reason, -ENOMEM. */
MUST_CHECK int profile_read(struct slice text, const char *path, struct profile *ret,
                            struct bytes *ret_error);
void profile_free(struct profile *profile);
/* One file, whatever its name. -EINVAL with file and reason, -ENOMEM. */
MUST_CHECK int profile_load_file(const char *path, struct profile *ret, struct bytes *ret_error);
/* The file that profile_load would read. -ENOENT: none; it may be compiled in. */
MUST_CHECK int profile_find_file(const char *name, char *ret_path, size_t size);
/* Its text, as a file would have it. NULL: none of that name is compiled in. */
const char *profile_compiled_in(const char *name);

/*
 * Every profile there is, each name once, as profile_load would find it; stops at anything but 0 of @each. A file
 * that is no profile is told in @ret_error, a line each, and left out. -ENOMEM.
 */
MUST_CHECK int profile_each(int (*each)(void *userdata, const struct profile *profile),
                            void *userdata, struct bytes *ret_error);

/* Whether the firmware is on its list; without a list any is. */
bool profile_approves(const struct profile *profile, const char *firmware);
bool profile_is_name(const char *name); /* of a-z 0-9 - _ . */
const char *profile_protocol_name(enum profile_protocol protocol);
