/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <errno.h>
#include <time.h>

enum { MS_PER_SECOND = 1000, SECONDS_PER_DAY = 86400, DAYS_PER_ERA = 146097 };

/* The years that four digits can say: 0000-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z. */
#define CLOCK_MIN_MS INT64_C(-62167219200000)
#define CLOCK_MAX_MS INT64_C(253402300799999)

static int64_t clock_read_ms(clockid_t id) {
        struct timespec now;

        /* Cannot fail: both ids exist on every Linux we run on, and @now is ours. */
        (void)clock_gettime(id, &now);
        return (int64_t)now.tv_sec * MS_PER_SECOND + now.tv_nsec / 1000000;
}

static int64_t clock_system_wall_ms(void) {
        return clock_read_ms(CLOCK_REALTIME);
}

static int64_t clock_system_mono_ms(void) {
        return clock_read_ms(CLOCK_BOOTTIME);
}

static const struct clock_source clock_system = {
        .wall_ms = clock_system_wall_ms,
        .mono_ms = clock_system_mono_ms,
};

static const struct clock_source *clock_now = &clock_system;

void clock_replace(const struct clock_source *source) {
        clock_now = source ? source : &clock_system;
}

int64_t clock_wall_ms(void) {
        return clock_now->wall_ms();
}

int64_t clock_mono_ms(void) {
        return clock_now->mono_ms();
}

struct clock_date {
        int64_t year;
        int64_t month, day; /* 1.. */
};

/* Days since 1970-01-01 and back, proleptic Gregorian. Years begin in March here, so that the leap
 * day is the last of its year. Source: H. Hinnant, "chrono-Compatible Low-Level
 * Date Algorithms". */
static int64_t clock_days(struct clock_date date) {
        int64_t year = date.year - (date.month <= 2);
        int64_t era = (year >= 0 ? year : year - 399) / 400;
        int64_t year_of_era = year - era * 400;
        int64_t day_of_year =
                (153 * (date.month > 2 ? date.month - 3 : date.month + 9) + 2) / 5 + date.day - 1;
        int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

        return era * DAYS_PER_ERA + day_of_era - 719468;
}

static struct clock_date clock_date_of(int64_t days) {
        int64_t shifted = days + 719468;
        int64_t era = (shifted >= 0 ? shifted : shifted - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
        int64_t day_of_era = shifted - era * DAYS_PER_ERA;
        int64_t year_of_era =
                (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
        int64_t day_of_year =
                day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        int64_t month = (5 * day_of_year + 2) / 153;
        struct clock_date date = {
                .year = year_of_era + era * 400,
                .month = month < 10 ? month + 3 : month - 9,
                .day = day_of_year - (153 * month + 2) / 5 + 1,
        };

        date.year += date.month <= 2;
        return date;
}

static char *clock_put(char *to, int64_t value, int n_digits) {
        for (int i = n_digits - 1; i >= 0; i--) {
                to[i] = (char)('0' + value % 10);
                value /= 10;
        }
        return to + n_digits;
}

void clock_format(int64_t wall_ms, char ret_text[TIMESTAMP_SIZE]) {
        struct clock_date date;
        int64_t days, ms;
        char *to = ret_text;

        wall_ms = wall_ms < CLOCK_MIN_MS ? CLOCK_MIN_MS : wall_ms;
        wall_ms = wall_ms > CLOCK_MAX_MS ? CLOCK_MAX_MS : wall_ms;
        days = wall_ms / (SECONDS_PER_DAY * (int64_t)MS_PER_SECOND);
        ms = wall_ms % (SECONDS_PER_DAY * (int64_t)MS_PER_SECOND);
        if (ms < 0) {
                ms += SECONDS_PER_DAY * (int64_t)MS_PER_SECOND;
                days--;
        }
        date = clock_date_of(days);

        to = clock_put(to, date.year, 4);
        *to++ = '-';
        to = clock_put(to, date.month, 2);
        *to++ = '-';
        to = clock_put(to, date.day, 2);
        *to++ = 'T';
        to = clock_put(to, ms / 3600000, 2);
        *to++ = ':';
        to = clock_put(to, ms / 60000 % 60, 2);
        *to++ = ':';
        to = clock_put(to, ms / MS_PER_SECOND % 60, 2);
        *to++ = '.';
        to = clock_put(to, ms % MS_PER_SECOND, 3);
        *to++ = 'Z';
        *to = 0;
}

/* Reads @n_digits digits and then @after; false when they are not there. */
static bool clock_take(const char **text, int n_digits, char after, int64_t *ret_value) {
        int64_t value = 0;

        for (int i = 0; i < n_digits; i++) {
                if (**text < '0' || **text > '9')
                        return false;
                value = value * 10 + (*(*text)++ - '0');
        }
        if (after && *(*text)++ != after)
                return false;
        *ret_value = value;
        return true;
}

/* ".1" to ".123", or nothing. */
static bool clock_take_fraction(const char **text, int64_t *ret_ms) {
        int64_t scale = 100, ms = 0;

        *ret_ms = 0;
        if (**text != '.')
                return true;
        for ((*text)++; **text >= '0' && **text <= '9' && scale > 0; (*text)++) {
                ms += (**text - '0') * scale;
                scale /= 10;
        }
        *ret_ms = ms;
        return scale < 100;
}

static int64_t clock_days_in(int64_t year, int64_t month) {
        static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

        return days[month - 1] + (month == 2 && leap);
}

int clock_parse(const char *text, int64_t *ret_wall_ms) {
        struct clock_date date;
        int64_t hour, minute, second, ms;

        if (!clock_take(&text, 4, '-', &date.year) || !clock_take(&text, 2, '-', &date.month) ||
            !clock_take(&text, 2, 'T', &date.day) || !clock_take(&text, 2, ':', &hour) ||
            !clock_take(&text, 2, ':', &minute) || !clock_take(&text, 2, 0, &second) ||
            !clock_take_fraction(&text, &ms) || strcmp(text, "Z") != 0)
                return -EINVAL;
        if (date.month < 1 || date.month > 12 || date.day < 1 ||
            date.day > clock_days_in(date.year, date.month) || hour > 23 || minute > 59 ||
            second > 59)
                return -EINVAL;

        second += clock_days(date) * SECONDS_PER_DAY + hour * 3600 + minute * 60;
        *ret_wall_ms = second * MS_PER_SECOND + ms;
        return 0;
}
