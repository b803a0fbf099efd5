/* SPDX-License-Identifier: MIT */
#include "base/ulid.h"

#include <errno.h>
#include <sys/random.h>

enum { ULID_LEN = ULID_SIZE - 1, ULID_TIME_LEN = 10, ULID_RANDOM_BYTES = 10 };

static const char ulid_digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static int ulid_random(uint8_t *bytes, size_t len) {
        while (len > 0) {
                ssize_t n = getrandom(bytes, len, 0);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                bytes += n;
                len -= (size_t)n;
        }
        return 0;
}

int ulid_new(int64_t wall_ms, char ret_ulid[ULID_SIZE]) {
        uint8_t random[ULID_RANDOM_BYTES];
        uint64_t ms = wall_ms < 0 ? 0 : (uint64_t)wall_ms;
        char *to = ret_ulid;
        int r = ulid_random(random, sizeof(random));

        if (r < 0)
                return r;
        for (int i = ULID_TIME_LEN - 1; i >= 0; i--)
                *to++ = ulid_digits[ms >> (5 * i) & 31];
        /* Five bytes are 40 bits are eight digits, twice. */
        for (int half = 0; half < 2; half++) {
                uint64_t bits = 0;

                for (int i = 0; i < 5; i++)
                        bits = bits << 8 | random[half * 5 + i];
                for (int i = 7; i >= 0; i--)
                        *to++ = ulid_digits[bits >> (5 * i) & 31];
        }
        *to = 0;
        return 0;
}

bool ulid_valid(const char *text) {
        /* Ten digits hold 50 bits, the time has 48: the first digit ends at 7. */
        if (strlen(text) != ULID_LEN || text[0] > '7')
                return false;
        return strspn(text, ulid_digits) == ULID_LEN;
}
