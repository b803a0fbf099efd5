/* SPDX-License-Identifier: MIT */

/*
 * Any bytes behind "https://": what is accepted has a key, and its elements, written as an element
 * string, are accepted likewise and come back the same. A refusal has words.
 */

#include <stdlib.h>
#include "drivers/barcode/gs1.h"

enum { TEXT_MAX = 16 * 1024, GS = 0x1D };

static void must(bool promise) {
        if (!promise)
                abort();
}

static bool same(struct slice a, struct slice b) {
        return a.len == b.len && memcmp(a.bytes, b.bytes, a.len) == 0;
}

static size_t append(uint8_t *text, size_t len, struct slice part) {
        must(len + part.len + 1 <= TEXT_MAX);
        if (part.len > 0)
                memcpy(text + len, part.bytes, part.len);
        return len + part.len;
}

static size_t write_elements(const struct gs1 *gs1, uint8_t *text) {
        size_t len = 0;

        for (size_t i = 0; i < gs1->n_elements; i++) {
                const struct gs1_element *element = &gs1->elements[i];

                len = append(text, append(text, len, element->code), element->value);
                if (!(element->ai->flags & GS1_FIXED))
                        text[len++] = GS;
        }
        return len;
}

static void check_elements(const struct gs1 *link) {
        static uint8_t text[TEXT_MAX];
        static struct gs1 read;
        size_t len = write_elements(link, text);

        must(link->n_elements > 0 && link->elements[0].ai->flags & GS1_KEY);
        must(gs1_parse((struct slice) { text, len }, &read) == 0);
        must(read.n_elements == link->n_elements);
        for (size_t i = 0; i < read.n_elements; i++)
                must(read.elements[i].ai == link->elements[i].ai &&
                     same(read.elements[i].code, link->elements[i].code) &&
                     same(read.elements[i].value, link->elements[i].value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const char scheme[] = "https://";
        static struct gs1 gs1;
        char words[GS1_ERROR_SIZE] = "";
        uint8_t *uri;

        if (size > TEXT_MAX)
                return 0;
        uri = malloc(sizeof(scheme) - 1 + size); /* the sanitizer guards its edges */
        if (!uri)
                return 0;
        memcpy(uri, scheme, sizeof(scheme) - 1);
        if (size > 0)
                memcpy(uri + sizeof(scheme) - 1, data, size);
        gs1.error[0] = '\0';
        if (gs1_link_parse((struct slice) { uri, sizeof(scheme) - 1 + size }, &gs1) == 0) {
                check_elements(&gs1);
                must(gs1_lacks(&gs1, words, sizeof(words)) == (words[0] != '\0'));
        } else
                must(gs1.error[0] && memchr(gs1.error, 0, sizeof(gs1.error)));
        free(uri);
        return 0;
}
