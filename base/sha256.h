/* SPDX-License-Identifier: MIT */
#pragma once

/* SHA-256 by libcrypto, and the hash chain of the log (DESIGN 4):
 *
 *     hash(n) = SHA-256( hash(n-1) || line(n) )      hash before the first event: 32 zero bytes
 */

#include <stdbool.h>
#include "base/def.h"

enum { DIGEST_LEN = 32, DIGEST_HEX_SIZE = 65 };

struct digest {
        uint8_t bytes[DIGEST_LEN];
};

/* -EIO when libcrypto fails (no memory, FIPS refusal). */
MUST_CHECK int sha256_chain(const struct digest *prev, struct slice line, struct digest *ret_hash);

bool digest_equal(const struct digest *a, const struct digest *b);
void digest_hex(const struct digest *digest, char ret_hex[DIGEST_HEX_SIZE]); /* lower case */
MUST_CHECK int digest_parse(const char *hex, struct digest *ret_digest);     /* -EINVAL */
