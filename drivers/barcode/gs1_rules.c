/* SPDX-License-Identifier: MIT */
#include "drivers/barcode/gs1_check.h"

static gs1_rule *const rules[GS1_CHECK_MAX_] = {
        [GS1_CHECK_DIGIT] = gs1_check_digit,
        [GS1_CHECK_PAIR] = gs1_check_pair,
        [GS1_CHECK_PREFIX] = gs1_check_prefix,
        [GS1_CHECK_PREFIX_2ND] = gs1_check_prefix_2nd,
        [GS1_CHECK_DATE] = gs1_check_date,
        [GS1_CHECK_DATE_DAY0] = gs1_check_date_day0,
        [GS1_CHECK_BIRTH_DATE] = gs1_check_birth_date,
        [GS1_CHECK_HOUR] = gs1_check_hour,
        [GS1_CHECK_MINUTE] = gs1_check_minute,
        [GS1_CHECK_SECOND] = gs1_check_second,
        [GS1_CHECK_HOUR_MINUTE] = gs1_check_hour_minute,
        [GS1_CHECK_COUNTRY] = gs1_check_country,
        [GS1_CHECK_COUNTRY_OR_999] = gs1_check_country_or_999,
        [GS1_CHECK_COUNTRY_LETTERS] = gs1_check_country_letters,
        [GS1_CHECK_CURRENCY] = gs1_check_currency,
        [GS1_CHECK_PACKAGE] = gs1_check_package,
        [GS1_CHECK_MEDIUM] = gs1_check_medium,
        [GS1_CHECK_SEX] = gs1_check_sex,
        [GS1_CHECK_YES_NO] = gs1_check_yes_no,
        [GS1_CHECK_WINDING] = gs1_check_winding,
        [GS1_CHECK_LATITUDE] = gs1_check_latitude,
        [GS1_CHECK_LONGITUDE] = gs1_check_longitude,
        [GS1_CHECK_POSITION] = gs1_check_position,
        [GS1_CHECK_PIECE_OF_TOTAL] = gs1_check_piece_of_total,
        [GS1_CHECK_ZERO] = gs1_check_zero,
        [GS1_CHECK_NONZERO] = gs1_check_nonzero,
        [GS1_CHECK_NO_ZERO_FIRST] = gs1_check_no_zero_first,
        [GS1_CHECK_HAS_NON_DIGIT] = gs1_check_has_non_digit,
        [GS1_CHECK_HYPHEN] = gs1_check_hyphen,
        [GS1_CHECK_PERCENT] = gs1_check_percent,
        [GS1_CHECK_IMPORTER] = gs1_check_importer,
        [GS1_CHECK_IBAN] = gs1_check_iban,
        [GS1_CHECK_COUPON] = gs1_check_coupon,
        [GS1_CHECK_OFFER] = gs1_check_offer,
};

const char *gs1_check(enum gs1_check_name name, struct slice value) {
        return rules[name](value);
}
