/* SPDX-License-Identifier: MIT */
#include "drivers/barcode/gs1_check.h"

#include "drivers/barcode/barcode.h"

/* Values have passed their length and character set before; section numbers are of the GS1 General Specifications. */

static int digit(struct slice value, size_t at) {
        return value.bytes[at] - '0';
}

static int two_digits(struct slice value, size_t at) {
        return digit(value, at) * 10 + digit(value, at + 1);
}

static bool is_digit(uint8_t c) {
        return c >= '0' && c <= '9';
}

/* ---- check digits and prefixes ----------------------------------------------------------------- */

/* 7.9.1 */
const char *gs1_check_digit(struct slice value) {
        size_t n = value.len - 1;

        return gtin_check_digit((const char *)value.bytes, n) == digit(value, n)
                       ? NULL
                       : "has a wrong check digit";
}

/* A GS1 company prefix has at least four digits (1.4). */
static const char *check_prefix_at(struct slice value, size_t at) {
        enum { PREFIX_MIN = 4 };

        if (value.len < at + PREFIX_MIN)
                return "is too short for a GS1 company prefix";
        for (size_t i = at; i < at + PREFIX_MIN; i++)
                if (!is_digit(value.bytes[i]))
                        return "does not begin with the digits of a GS1 company prefix";
        return NULL;
}

const char *gs1_check_prefix(struct slice value) {
        return check_prefix_at(value, 0);
}

const char *gs1_check_prefix_2nd(struct slice value) {
        return check_prefix_at(value, 1);
}

static const char set_82[] = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
                             "abcdefghijklmnopqrstuvwxyz";
static const char set_32[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/* 7.9.5: weights are the primes from the right, the sum modulo 1021 in two characters of five bits. */
const char *gs1_check_pair(struct slice value) {
        static const unsigned primes[] = { 2,  3,  5,  7,  11, 13, 17, 19, 23, 29, 31, 37,
                                           41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83 };
        unsigned sum = 0;

        if (value.len < 2 || value.len > ARRAY_LEN(primes) + 2)
                return "has no room for its check characters";
        for (size_t i = 0; i + 2 < value.len; i++) {
                const char *place = strchr(set_82, value.bytes[value.len - 3 - i]);

                if (!place || *place == '\0')
                        return "has a character that its check characters cannot cover";
                sum += (unsigned)(place - set_82) * primes[i];
        }
        sum %= 1021;
        return (char)value.bytes[value.len - 2] == set_32[sum >> 5] &&
                               (char)value.bytes[value.len - 1] == set_32[sum & 31]
                       ? NULL
                       : "has wrong check characters";
}

/* ISO 13616: letters are 10 to 35, the first four characters go last, modulo 97 is 1. */
const char *gs1_check_iban(struct slice value) {
        enum { IBAN_MIN = 11 };
        unsigned sum = 0;

        if (value.len < 4 || gs1_check_country_letters((struct slice) { value.bytes, 2 }))
                return "does not begin with the country of an IBAN";
        if (value.len < IBAN_MIN)
                return "is too short for an IBAN";
        for (size_t i = 0; i < value.len; i++) {
                uint8_t c = value.bytes[(i + 4) % value.len];

                if (is_digit(c))
                        sum = (sum * 10 + (unsigned)(c - '0')) % 97;
                else if (c >= 'A' && c <= 'Z')
                        sum = (sum * 100 + (unsigned)(c - 'A') + 10) % 97;
                else
                        return "has a character that no IBAN has";
        }
        return sum == 1 ? NULL : "has wrong check digits of an IBAN";
}

/* ---- dates and times ---------------------------------------------------------------------------- */

static int month_days(int year, int month) {
        static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

        return days[month - 1] + (month == 2 && leap);
}

static const char *check_day(int year, int month, int day, int least) {
        if (month < 1 || month > 12)
                return "has no such month";
        if (day < least || day > month_days(year, month))
                return "has no such day";
        return NULL;
}

/* 7.12: only 2000 decides differently from any other year of the same two digits, and is a leap year as 1900 is not. */
static const char *check_short_date(struct slice value, int least) {
        return check_day(2000 + two_digits(value, 0), two_digits(value, 2), two_digits(value, 4),
                         least);
}

const char *gs1_check_date(struct slice value) {
        return check_short_date(value, 1);
}

const char *gs1_check_date_day0(struct slice value) {
        return check_short_date(value, 0);
}

const char *gs1_check_birth_date(struct slice value) {
        return check_day(two_digits(value, 0) * 100 + two_digits(value, 2), two_digits(value, 4),
                         two_digits(value, 6), 1);
}

const char *gs1_check_hour(struct slice value) {
        return two_digits(value, 0) <= 23 ? NULL : "has no such hour";
}

const char *gs1_check_minute(struct slice value) {
        return two_digits(value, 0) <= 59 ? NULL : "has no such minute";
}

const char *gs1_check_second(struct slice value) {
        return two_digits(value, 0) <= 59 ? NULL : "has no such second";
}

const char *gs1_check_hour_minute(struct slice value) {
        if (two_digits(value, 0) > 23)
                return "has no such hour";
        return two_digits(value, 2) <= 59 ? NULL : "has no such minute";
}

/* ---- small codes -------------------------------------------------------------------------------- */

static const char *check_one_of(struct slice value, const char *allowed, const char *why) {
        return value.len == 1 && value.bytes[0] && strchr(allowed, value.bytes[0]) ? NULL : why;
}

const char *gs1_check_sex(struct slice value) {
        return check_one_of(value, "0129", "is not an ISO 5218 code of sex: 0, 1, 2 or 9");
}

const char *gs1_check_yes_no(struct slice value) {
        return check_one_of(value, "01", "must be 0 or 1");
}

const char *gs1_check_winding(struct slice value) {
        return check_one_of(value, "019", "is not a winding direction: 0, 1 or 9");
}

const char *gs1_check_zero(struct slice value) {
        return check_one_of(value, "0", "must begin with 0");
}

const char *gs1_check_importer(struct slice value) {
        return check_one_of(value,
                            "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz",
                            "is not an importer index");
}

const char *gs1_check_nonzero(struct slice value) {
        for (size_t i = 0; i < value.len; i++)
                if (value.bytes[i] != '0')
                        return NULL;
        return "must not be zero";
}

const char *gs1_check_no_zero_first(struct slice value) {
        return value.bytes[0] == '0' ? "must not begin with 0" : NULL;
}

const char *gs1_check_has_non_digit(struct slice value) {
        for (size_t i = 0; i < value.len; i++)
                if (!is_digit(value.bytes[i]))
                        return NULL;
        return "must hold something besides digits";
}

/* Below zero, in the temperatures 4330 to 4333. */
const char *gs1_check_hyphen(struct slice value) {
        return check_one_of(value, "-", "may end only with a hyphen");
}

/* ---- places and parts --------------------------------------------------------------------------- */

static uint64_t number(struct slice value) {
        uint64_t n = 0;

        for (size_t i = 0; i < value.len; i++)
                n = n * 10 + (uint64_t)digit(value, i);
        return n;
}

/* 3.8: latitude plus 90 and longitude plus 180 degrees, in ten-millionths. */
const char *gs1_check_latitude(struct slice value) {
        return number(value) <= UINT64_C(1800000000) ? NULL : "is no latitude: 0 to 1800000000";
}

const char *gs1_check_longitude(struct slice value) {
        return number(value) <= UINT64_C(3600000000) ? NULL : "is no longitude: 0 to 3600000000";
}

static const char *check_share(uint64_t piece, uint64_t total) {
        if (piece == 0)
                return "counts pieces from 1";
        if (total == 0)
                return "has no pieces in total";
        return piece <= total ? NULL : "has a piece beyond the total";
}

const char *gs1_check_piece_of_total(struct slice value) {
        size_t half = value.len / 2;

        return check_share(number((struct slice) { value.bytes, half }),
                           number((struct slice) { value.bytes + half, half }));
}

/* "1/3": which of how many births. */
const char *gs1_check_position(struct slice value) {
        size_t slash = 0;

        while (slash < value.len && is_digit(value.bytes[slash]))
                slash++;
        if (slash == 0 || slash + 1 >= value.len || value.bytes[slash] != '/')
                return "must be like 1/3";
        for (size_t i = slash + 1; i < value.len; i++)
                if (!is_digit(value.bytes[i]))
                        return "must be like 1/3";
        return check_share(number((struct slice) { value.bytes, slash }),
                           number((struct slice) { value.bytes + slash + 1,
                                                   value.len - slash - 1 }));
}

static bool is_hex(uint8_t c) {
        return is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

const char *gs1_check_percent(struct slice value) {
        for (size_t i = 0; i < value.len; i++) {
                if (value.bytes[i] != '%')
                        continue;
                if (value.len - i < 3 || !is_hex(value.bytes[i + 1]) || !is_hex(value.bytes[i + 2]))
                        return "has a % that no two hexadecimal digits follow";
                i += 2;
        }
        return NULL;
}
