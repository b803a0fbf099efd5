/* SPDX-License-Identifier: MIT */
#pragma once

/* GS1 checks: what the General Specifications say about a value beyond length and characters. */

#include "drivers/barcode/gs1_table.h"

/* NULL: the value keeps the rule; else what is wrong with it. */
const char *gs1_check(enum gs1_check_name name, struct slice value);

/* The rules one by one. */
typedef const char *gs1_rule(struct slice value);
gs1_rule gs1_check_digit, gs1_check_pair, gs1_check_prefix, gs1_check_prefix_2nd;
gs1_rule gs1_check_date, gs1_check_date_day0, gs1_check_birth_date;
gs1_rule gs1_check_hour, gs1_check_minute, gs1_check_second, gs1_check_hour_minute;
gs1_rule gs1_check_country, gs1_check_country_or_999, gs1_check_country_letters, gs1_check_currency;
gs1_rule gs1_check_package, gs1_check_medium, gs1_check_sex, gs1_check_yes_no, gs1_check_winding;
gs1_rule gs1_check_latitude, gs1_check_longitude, gs1_check_position, gs1_check_piece_of_total;
gs1_rule gs1_check_zero, gs1_check_nonzero, gs1_check_no_zero_first, gs1_check_has_non_digit;
gs1_rule gs1_check_hyphen, gs1_check_percent, gs1_check_importer, gs1_check_iban;
gs1_rule gs1_check_coupon, gs1_check_offer; /* gs1_coupon.c */
