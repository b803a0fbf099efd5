/* SPDX-License-Identifier: MIT */

/*
 * Base under any bytes: what is written reads back, what is read stays inside its limits. The sanitizers
 * watch the memory; abort() says that a promise was broken.
 */

#include <stdlib.h>
#include "base/clock.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/qty.h"
#include "base/ulid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool promise) {
        if (!promise)
                abort();
}

static void fuzz_qty(struct slice input) {
        char text[QTY_TEXT_SIZE];
        int64_t milli, back;

        if (qty_parse(input, &milli) != 0)
                return;
        must(milli <= QTY_MAX_MILLI && milli >= -QTY_MAX_MILLI);
        qty_format(milli, text);
        must(qty_parse(slice_of(text), &back) == 0 && back == milli);
}

static void fuzz_text(const char *text) {
        char again[TIMESTAMP_SIZE];
        struct digest digest;
        int64_t ms, back;

        if (clock_parse(text, &ms) == 0) {
                clock_format(ms, again);
                must(clock_parse(again, &back) == 0 && back == ms);
        }
        must(!ulid_valid(text) || strlen(text) == ULID_SIZE - 1);
        must(digest_parse(text, &digest) != 0 || strlen(text) == DIGEST_HEX_SIZE - 1);
}

static void fuzz_fields(const json_t *json) {
        struct jsonr_error error;
        char text[8] = "";
        int64_t number = 0;
        json_t *array;
        bool flag;

        must(jsonr_opt_string(json, "s", text, sizeof(text), &error) != 0 || strlen(text) < 8);
        must(jsonr_opt_int(json, "i", -5, 5, &number, &error) != 0 ||
             (number >= -5 && number <= 5));
        must(jsonr_opt_qty(json, "q", &number, &error) != 0 ||
             (number >= -QTY_MAX_MILLI && number <= QTY_MAX_MILLI));
        (void)jsonr_opt_bool(json, "b", &flag, &error);
        (void)jsonr_opt_array(json, "a", &array, &error);
}

static void fuzz_json(struct slice input) {
        struct bytes out CLEANUP(bytes_fini) = { 0 };
        json_t *json CLEANUP(jsonr_unref) = NULL, *scan CLEANUP(jsonr_unref) = NULL;
        struct jsonw w = jsonw_to(&out);
        struct jsonr_error error;

        if (jsonr_parse(input, &json, &error) == 0)
                fuzz_fields(json);
        jsonw_object(&w, NULL);
        jsonw_scan(&w, "scan", input);
        jsonw_object_end(&w);
        must(jsonr_parse(bytes_slice(&out), &scan, &error) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct slice input = { data, size };
        char *text = malloc(size + 1);

        if (!text)
                return 0;
        if (size > 0)
                memcpy(text, data, size);
        text[size] = 0;
        fuzz_qty(input);
        fuzz_text(text);
        fuzz_json(input);
        free(text);
        return 0;
}
