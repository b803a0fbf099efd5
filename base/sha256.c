/* SPDX-License-Identifier: MIT */
#include "base/sha256.h"

#include <errno.h>
#include <openssl/evp.h>

/*
 * OpenSSL 3 looks an algorithm up by name at each EVP_Digest(), which costs more than hashing
 * an event. So the algorithm and one context a thread are fetched once and kept until exit.
 */
static EVP_MD_CTX *sha256_context(void) {
        static _Thread_local EVP_MD_CTX *kept;
        EVP_MD_CTX *context;
        EVP_MD *algorithm;

        if (kept)
                return kept;
        algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
        context = EVP_MD_CTX_new();
        if (algorithm && context && EVP_DigestInit_ex2(context, algorithm, NULL) == 1)
                kept = TAKE(context);
        EVP_MD_CTX_free(context);
        EVP_MD_free(algorithm); /* the context holds its own reference */
        return kept;
}

int sha256_chain(const struct digest *prev, struct slice line, struct digest *ret_hash) {
        EVP_MD_CTX *context = sha256_context();
        struct digest hash;

        if (!context || EVP_DigestInit_ex2(context, NULL, NULL) != 1 ||
            EVP_DigestUpdate(context, prev->bytes, DIGEST_LEN) != 1 ||
            EVP_DigestUpdate(context, line.bytes, line.len) != 1 ||
            EVP_DigestFinal_ex(context, hash.bytes, NULL) != 1)
                return -EIO;
        *ret_hash = hash;
        return 0;
}

bool digest_equal(const struct digest *a, const struct digest *b) {
        return memcmp(a->bytes, b->bytes, DIGEST_LEN) == 0;
}

void digest_hex(const struct digest *digest, char ret_hex[DIGEST_HEX_SIZE]) {
        static const char digits[] = "0123456789abcdef";

        for (size_t i = 0; i < DIGEST_LEN; i++) {
                ret_hex[2 * i] = digits[digest->bytes[i] >> 4];
                ret_hex[2 * i + 1] = digits[digest->bytes[i] & 15];
        }
        ret_hex[DIGEST_HEX_SIZE - 1] = 0;
}

static int digest_nibble(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return -1;
}

int digest_parse(const char *hex, struct digest *ret_digest) {
        struct digest digest;

        for (size_t i = 0; i < DIGEST_LEN; i++) {
                int high = digest_nibble(hex[2 * i]);
                int low = high < 0 ? -1 : digest_nibble(hex[2 * i + 1]);

                if (low < 0)
                        return -EINVAL;
                digest.bytes[i] = (uint8_t)(high << 4 | low);
        }
        if (hex[DIGEST_HEX_SIZE - 1])
                return -EINVAL;
        *ret_digest = digest;
        return 0;
}
