/* SPDX-License-Identifier: MIT */
#include "drivers/barcode/gs1_check.h"

/*
 * Coupon codes of North America: AI 8110 and 8112 (GS1 General Specifications 3.9, "North American Coupon
 * Application Guideline Using GS1 DataBar Expanded Symbols"). All digits, cut into fields whose length
 * often stands in front of them.
 */

struct coupon {
        struct slice rest;
        const char *error;
        struct slice expiry; /* empty: none given */
};

static bool coupon_take(struct coupon *coupon, size_t n, struct slice *ret_field,
                        const char *why) {
        if (coupon->error)
                return false;
        if (coupon->rest.len < n) {
                coupon->error = why;
                return false;
        }
        *ret_field = (struct slice) { coupon->rest.bytes, n };
        coupon->rest.bytes += n;
        coupon->rest.len -= n;
        return true;
}

static void coupon_fixed(struct coupon *coupon, size_t n, const char *why) {
        struct slice field;

        (void)coupon_take(coupon, n, &field, why);
}

/* One digit out of @allowed. */
static char coupon_digit(struct coupon *coupon, const char *allowed, const char *why) {
        struct slice field;

        if (!coupon_take(coupon, 1, &field, why))
                return '\0';
        if (!strchr(allowed, field.bytes[0])) {
                coupon->error = why;
                return '\0';
        }
        return (char)field.bytes[0];
}

/* A length digit out of @allowed, and as many digits plus @more. */
static struct slice coupon_counted(struct coupon *coupon, const char *allowed, size_t more,
                                   const char *why) {
        struct slice field = { NULL, 0 };
        char n = coupon_digit(coupon, allowed, why);

        if (n)
                (void)coupon_take(coupon, (size_t)(n - '0') + more, &field, why);
        return field;
}

/* 2nd and 3rd purchase name a company; length digit 9 says: the same as the first. */
static void coupon_company(struct coupon *coupon, const char *why) {
        char n = coupon_digit(coupon, "01234569", why);

        if (n && n != '9')
                coupon_fixed(coupon, (size_t)(n - '0') + 6, why);
}

static void coupon_purchase(struct coupon *coupon) {
        (void)coupon_counted(coupon, "12345", 0, "has a wrong purchase requirement");
        (void)coupon_digit(coupon, "012349", "has a wrong purchase requirement code");
        coupon_fixed(coupon, 3, "lacks a purchase family code");
}

static void coupon_second(struct coupon *coupon) {
        (void)coupon_digit(coupon, "0123", "has a wrong additional purchase rule");
        coupon_purchase(coupon);
        coupon_company(coupon, "has a wrong company prefix of the second purchase");
}

static void coupon_third(struct coupon *coupon) {
        coupon_purchase(coupon);
        coupon_company(coupon, "has a wrong company prefix of the third purchase");
}

static struct slice coupon_date(struct coupon *coupon, const char *why) {
        struct slice date = { NULL, 0 };

        if (coupon_take(coupon, 6, &date, why))
                coupon->error = gs1_check_date(date);
        return date;
}

static void coupon_expiry(struct coupon *coupon) {
        coupon->expiry = coupon_date(coupon, "lacks the date it expires");
}

static void coupon_start(struct coupon *coupon) {
        struct slice start = coupon_date(coupon, "lacks the date it starts");

        if (!coupon->error && coupon->expiry.len &&
            memcmp(start.bytes, coupon->expiry.bytes, 6) > 0)
                coupon->error = "expires before it starts";
}

static void coupon_serial(struct coupon *coupon) {
        (void)coupon_counted(coupon, "0123456789", 6, "has a wrong serial number");
}

static void coupon_retailer(struct coupon *coupon) {
        (void)coupon_counted(coupon, "1234567", 6, "has a wrong retailer");
}

static void coupon_misc(struct coupon *coupon) {
        (void)coupon_digit(coupon, "01256", "has a wrong save value code");
        (void)coupon_digit(coupon, "012", "has a wrong item that the value applies to");
        coupon_fixed(coupon, 1, "lacks the store coupon flag");
        (void)coupon_digit(coupon, "01", "has a wrong flag against multiplying");
}

/* Optional fields, each begun by its digit, in this order. */
static const struct {
        char tag;
        void (*read)(struct coupon *coupon);
} coupon_options[] = {
        { '1', coupon_second }, { '2', coupon_third },    { '3', coupon_expiry }, { '4', coupon_start },
        { '5', coupon_serial }, { '6', coupon_retailer }, { '9', coupon_misc },
};

static bool coupon_begin(struct coupon *coupon, struct slice value) {
        *coupon = (struct coupon) { .rest = value };
        for (size_t i = 0; i < value.len; i++)
                if (value.bytes[i] < '0' || value.bytes[i] > '9')
                        coupon->error = "must be all digits";
        return !coupon->error;
}

static const char *coupon_end(struct coupon *coupon) {
        if (!coupon->error && coupon->rest.len)
                coupon->error = "goes on after its end";
        return coupon->error;
}

const char *gs1_check_coupon(struct slice value) {
        struct coupon coupon;

        if (!coupon_begin(&coupon, value))
                return coupon.error;
        (void)coupon_counted(&coupon, "0123456", 6, "has a wrong company prefix");
        coupon_fixed(&coupon, 6, "lacks an offer code");
        (void)coupon_counted(&coupon, "12345", 0, "has a wrong save value");
        coupon_purchase(&coupon);
        for (size_t i = 0; i < ARRAY_LEN(coupon_options); i++)
                if (!coupon.error && coupon.rest.len &&
                    (char)coupon.rest.bytes[0] == coupon_options[i].tag) {
                        coupon_fixed(&coupon, 1, "");
                        coupon_options[i].read(&coupon);
                }
        return coupon_end(&coupon);
}

const char *gs1_check_offer(struct slice value) {
        struct coupon coupon;

        if (!coupon_begin(&coupon, value))
                return coupon.error;
        (void)coupon_digit(&coupon, "01", "has a wrong coupon format");
        (void)coupon_counted(&coupon, "0123456", 6, "has a wrong funder");
        coupon_fixed(&coupon, 6, "lacks an offer code");
        coupon_serial(&coupon);
        return coupon_end(&coupon);
}
