/* SPDX-License-Identifier: MIT */
#pragma once

/* Link's own: what a broker or the library answers, in words that say what to do. Pure. */

#include "sync/link.h"

enum { LINK_WORDS_SIZE = 1024 };

/* CONNACK's @code, of MQTT @version 5 (3.2.2.2) or 4 (3.1.1, 3.2.2.3). */
void link_words_refused(int version, int code, const struct link_config *config,
                        char ret_words[LINK_WORDS_SIZE]);

/* The reason code of a DISCONNECT that the broker sent (MQTT 5, 3.14.2.1). */
void link_words_disconnect(int code, const struct link_config *config,
                           char ret_words[LINK_WORDS_SIZE]);

/* SUBACK's and PUBACK's codes from 0x80 (MQTT 5, 3.9.3 and 3.4.2.1). */
const char *link_words_reason(int code);

/* What a call of the library returned; @error is errno after it, and @tls what OpenSSL said, or "".
 */
void link_words_failed(int rc, int error, const char *tls, const struct link_config *config,
                       char ret_words[LINK_WORDS_SIZE]);
