/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include "drivers/barcode/gs1.h"

/*
 * What the Syntax Dictionary wants beside an application identifier ("req="; General Specifications
 * 4.13). Never a reason to refuse: a warehouse scans parts of labels. Apart from the table, so that
 * only a program that asks carries it.
 */
static const struct {
        const char *needs;
        const char *codes; /* the first of each row */
} groups[] = {
        { "37", "02 8026" },
        { "01,02,03,8006,8026", "10 11 13 15 16" },
        { "8020", "12 3910 415" },
        { "01,02,03,255,8006,8026", "17" },
        { "01,02,8006,8026", "20 240 241 242 422 7001" },
        { "01,03,8006", "21" },
        { "01", "22 235 243 3370 710 711 712 713 714 715 716 717 8001 8014 8200" },
        { "01,8006 21", "250" },
        { "01,8006", "251 7021 7240 8012" },
        { "414", "254" },
        { "01,02", "30 3100 3110 3120 3130 3140 3150 3160 3200 3210 3220 3230 3240 3250 3260 "
                   "3270 3280 3290 3500 3510 3520 3560 3570 3600 3610 3640 3650 3660 423 424 "
                   "425 426 7002 7003 7005 7006 7007 7008 7009 7010 7011 7030 7031 7032 7033 "
                   "7034 7035 7036 7037 7038 7039 8005 8008" },
        { "00,01", "3300 3310 3320 3330 3340 3350 3360 3400 3410 3420 3430 3440 3450 3460 "
                   "3470 3480 3490 3530 3540 3550 3620 3630 3670 3680 3690 8009" },
        { "00 02,8026", "37" },
        { "255,8020", "3900" },
        { "01 30,31nn,32nn,35nn,36nn", "3920" },
        { "30,31nn,32nn,35nn,36nn", "3930 3950" },
        { "255", "3940 8111" },
        { "00", "403 4300 4301 4302 4304 4305 4306 4307 4308 4309 4310 4311 4312 4314 "
                "4315 4316 4317 4318 4319 4320 4321 4322 4323 4324 4325 4326 4330 4331 "
                "4332 4333 7041" },
        { "01,02 422", "427" },
        { "4302", "4303" },
        { "4312", "4313" },
        { "01+10", "7004" },
        { "01,8006 416", "7020" },
        { "7021", "7022" },
        { "01,8004", "7230 7231 7232 7233 7234 7235 7236 7237 7238 7239" },
        { "8017,8018", "7241 7242 7253 7254 7255 7256 8019" },
        { "8018", "7250 7251 7252 7257 7259" },
        { "8018+7259", "7258" },
        { "415", "8007 8020" },
        { "8010", "8011" },
        { "00,01+21,253,255,8003,8004,8006+21,8010+8011,8017,8018", "8030" },
        { "01+21", "8040" },
        { "01+21+8040", "8041 8042 8043" },
};

/* ---- rows ------------------------------------------------------------------------------------- */

static bool has_code(const char *codes, const char *code) {
        size_t len = strlen(code);

        for (const char *at = codes; *at; at += strspn(at, " ")) {
                size_t n = strcspn(at, " ");

                if (n == len && memcmp(at, code, len) == 0)
                        return true;
                at += n;
        }
        return false;
}

const char *gs1_ai_needs(const struct gs1_ai *ai) {
        for (size_t i = 0; i < ARRAY_LEN(groups); i++)
                if (has_code(groups[i].codes, ai->first))
                        return groups[i].needs;
        return "";
}

/* ---- one scan --------------------------------------------------------------------------------- */

/* @pattern of @len: digits, and 'n' for any digit. */
static bool has_element(const struct gs1 *gs1, const char *pattern, size_t len) {
        for (size_t i = 0; i < gs1->n_elements; i++)
                if (gs1_code_is(gs1->elements[i].code, pattern, len))
                        return true;
        return false;
}

/* "8010+8011": all of them. */
static bool has_all(const struct gs1 *gs1, const char *codes, size_t len) {
        for (size_t at = 0; at < len;) {
                size_t n = strcspn(codes + at, "+, ");

                if (!has_element(gs1, codes + at, n))
                        return false;
                at += n + 1;
        }
        return true;
}

/* "01,8006+21": any. */
static bool has_any(const struct gs1 *gs1, const char *choices, size_t len) {
        for (size_t at = 0; at < len;) {
                size_t n = strcspn(choices + at, ", ");

                if (has_all(gs1, choices + at, n))
                        return true;
                at += n + 1;
        }
        return false;
}

/* "01,8006+21" as "(01) or (8006) with (21)". */
static void write_choices(const char *choices, size_t len, char *ret_words, size_t size) {
        size_t used = 0;

        for (size_t at = 0; at < len && used < size;) {
                size_t n = strcspn(choices + at, "+, ");
                char mark = at + n < len ? choices[at + n] : '\0';
                int wrote =
                        snprintf(ret_words + used, size - used, "(%.*s)%s", (int)n, choices + at,
                                 mark == '+'   ? " with "
                                 : mark == ',' ? " or "
                                               : "");

                used += wrote > 0 ? (size_t)wrote : 0;
                at += n + 1;
        }
}

static bool lacks(const struct gs1 *gs1, const struct gs1_element *element, char *ret_words,
                  size_t size) {
        char choices[GS1_ERROR_SIZE] = "";

        for (const char *group = gs1_ai_needs(element->ai); *group; group += strspn(group, " ")) {
                size_t len = strcspn(group, " ");

                if (!has_any(gs1, group, len)) {
                        write_choices(group, len, choices, sizeof(choices));
                        (void)snprintf(ret_words, size, "(%.*s) should stand beside %s",
                                       (int)element->code.len, (const char *)element->code.bytes,
                                       choices);
                        return true;
                }
                group += len;
        }
        return false;
}

bool gs1_lacks(const struct gs1 *gs1, char *ret_words, size_t size) {
        for (size_t i = 0; i < gs1->n_elements; i++)
                if (lacks(gs1, &gs1->elements[i], ret_words, size))
                        return true;
        return false;
}
