/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Log: one event, one line, with fields. To the journal when the service manager
 * connected us to it (JOURNAL_STREAM), else to standard error as
 *
 *     tallyd: warning: printer zd: paper out; put in a new roll DEVICE=zd STATION=pack-1
 *
 * Fields follow as pairs of upper-case name and value, ended by NULL. Never a secret.
 */

#include "base/def.h"

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

/* @program is kept, not copied. Call once at start. */
void log_init(const char *program, enum log_level most);

/* @fields: alternating names and values, last NULL; or NULL. */
void log_emit(enum log_level level, const char *const *fields, const char *format, ...)
        PRINTF_LIKE(3, 4);

#define LOG_FIELDS(...) ((const char *const[]) { __VA_ARGS__, NULL })

#define log_error(...) log_emit(LOG_LEVEL_ERROR, NULL, __VA_ARGS__)
#define log_warning(...) log_emit(LOG_LEVEL_WARNING, NULL, __VA_ARGS__)
#define log_info(...) log_emit(LOG_LEVEL_INFO, NULL, __VA_ARGS__)
#define log_debug(...) log_emit(LOG_LEVEL_DEBUG, NULL, __VA_ARGS__)
