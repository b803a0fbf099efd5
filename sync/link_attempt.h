/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Link's own: one attempt to reach the broker, in a helper thread.
 *
 * The library resolves names and opens TCP connections in a blocking way; the thread does just that
 * and ends. It tries every address of the host, as long as the kernel lets each take (about two
 * minutes for a host that swallows packets). It cannot be interrupted, so an attempt that is given
 * up cleans up by itself.
 */

#include "sync/link_words.h"

struct mosquitto;
struct link_attempt;

/* @version 5 or 4 (3.1.1). Negative errno with @ret_words. Copies what it needs of @config. */
MUST_CHECK int link_attempt_new(const struct link_config *config, int version,
                                char ret_words[LINK_WORDS_SIZE], struct link_attempt **ret);

/* Becomes readable when the attempt is over. Lives until finish or abandon. */
int link_attempt_fd(const struct link_attempt *attempt);

/* After the fd was readable: frees the attempt and hands over the client, whose TCP connection
 * stands and whose CONNECT is on its way. NULL with the reason in @ret_words. */
struct mosquitto *link_attempt_finish(struct link_attempt *attempt,
                                      char ret_words[LINK_WORDS_SIZE]);

/* At any time. The attempt may go on for a while, but nobody hears of it; NULL is fine. */
void link_attempt_abandon(struct link_attempt *attempt);

/* Why TLS failed, as the library logs it: OpenSSL's reason of an error line, else @dst as it was.
 */
void link_attempt_note_tls(const char *log_line, char dst[LINK_WORDS_SIZE]);
