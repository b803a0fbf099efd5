/* SPDX-License-Identifier: MIT */
#include "agent/cli/decoded.h"

#include <ctype.h>
#include <stdio.h>
#include <time.h>
#include "agent/cli/cli.h"
#include "base/clock.h"
#include "base/jsonw.h"

/* ISO/IEC 15424: "]", a letter, a modifier. */
static void read_aim(struct slice raw, char ret_aim[AIM_SIZE]) {
        ret_aim[0] = '\0';
        if (raw.len < 3 || raw.bytes[0] != ']' || !isalpha(raw.bytes[1]) || !isalnum(raw.bytes[2]))
                return;
        memcpy(ret_aim, raw.bytes, 3);
        ret_aim[3] = '\0';
}

/* The GTIN of an EAN or of AI 01; 02 is that of what is inside. */
static void find_gtin(struct decoded *decoded) {
        const struct gs1_element *element = gs1_find(&decoded->gs1, "01");

        if (!element)
                element = gs1_find(&decoded->gs1, "02");
        if (decoded->barcode.has_gtin)
                memcpy(decoded->gtin, decoded->barcode.gtin, sizeof(decoded->gtin));
        else if (element)
                memcpy(decoded->gtin, element->value.bytes, sizeof(decoded->gtin) - 1);
}

void decoded_read(struct slice raw, struct decoded *ret) {
        read_aim(raw, ret->aim);
        ret->reason[0] = '\0';
        memset(ret->gtin, 0, sizeof(ret->gtin));
        ret->gs1.n_elements = 0;
        ret->gs1.link_len = 0;
        ret->ok = barcode_parse(raw, &ret->barcode, ret->reason, sizeof(ret->reason)) == 0;
        if (!ret->ok)
                return;
        ret->ok = barcode_elements(&ret->barcode, &ret->gs1) == 0;
        if (ret->ok)
                find_gtin(ret);
        else
                memcpy(ret->reason, ret->gs1.error, sizeof(ret->reason));
}

/* The 2D part of a composite has its GTIN below it. */
static bool warns(const struct decoded *decoded, char *ret_words, size_t size) {
        return !decoded->barcode.composite.bytes && gs1_lacks(&decoded->gs1, ret_words, size);
}

/* "(01)09521234543213(10)ABC": a '(' inside a value is written \(. */
static void write_bracketed(const struct gs1 *gs1, struct bytes *out) {
        for (size_t i = 0; i < gs1->n_elements; i++) {
                const struct gs1_element *element = &gs1->elements[i];

                bytes_append_char(out, '(');
                bytes_append(out, element->code.bytes, element->code.len);
                bytes_append_char(out, ')');
                for (size_t k = 0; k < element->value.len; k++) {
                        if (element->value.bytes[k] == '(')
                                bytes_append_char(out, '\\');
                        bytes_append_char(out, (char)element->value.bytes[k]);
                }
        }
}

static bool is_date(const struct gs1_element *element) {
        static const char *const codes[] = { "11", "12", "13", "15", "16", "17", "4326", "7006" };

        for (size_t i = 0; i < ARRAY_LEN(codes); i++)
                if (slice_is(element->code, codes[i]))
                        return true;
        return false;
}

static bool element_date(const struct gs1_element *element, char ret_date[GS1_DATE_SIZE]) {
        time_t now = (time_t)(clock_wall_ms() / 1000);
        struct tm tm;

        return is_date(element) && gmtime_r(&now, &tm) &&
               gs1_date(element->value, tm.tm_year + 1900, ret_date) == 0;
}

static void write_slice(struct jsonw *w, const char *key, struct slice value, struct bytes *buffer) {
        bytes_clear(buffer);
        bytes_append(buffer, value.bytes, value.len);
        jsonw_string(w, key, bytes_str(buffer));
}

static void write_elements(struct jsonw *w, const struct gs1 *gs1) {
        CLEANUP(bytes_fini) struct bytes buffer = { 0 };
        char date[GS1_DATE_SIZE];

        jsonw_array(w, "elements");
        for (size_t i = 0; i < gs1->n_elements; i++) {
                const struct gs1_element *element = &gs1->elements[i];

                jsonw_object(w, NULL);
                write_slice(w, "ai", element->code, &buffer);
                jsonw_string(w, "title", element->ai->title);
                write_slice(w, "value", element->value, &buffer);
                if (element_date(element, date))
                        jsonw_string(w, "date", date);
                jsonw_object_end(w);
        }
        jsonw_array_end(w);
}

void decoded_write(const struct decoded *decoded, struct bytes *out) {
        CLEANUP(bytes_fini) struct bytes bracketed = { 0 };
        char warning[GS1_ERROR_SIZE];
        struct jsonw w = jsonw_to(out);

        jsonw_object(&w, NULL);
        jsonw_bool(&w, "ok", decoded->ok);
        jsonw_string(&w, "symbology", decoded->aim);
        if (!decoded->ok)
                jsonw_string(&w, "error", decoded->reason);
        else {
                write_bracketed(&decoded->gs1, &bracketed);
                jsonw_opt_string(&w, "ai", bytes_str(&bracketed));
                jsonw_opt_string(&w, "gtin", decoded->gtin);
                write_elements(&w, &decoded->gs1);
                if (warns(decoded, warning, sizeof(warning)))
                        jsonw_string(&w, "warning", warning);
        }
        jsonw_object_end(&w);
}

/* ---- for people ---------------------------------------------------------------------------------- */

static void print_element(const struct gs1_element *element) {
        CLEANUP(bytes_fini) struct bytes value = { 0 };
        char date[GS1_DATE_SIZE];

        bytes_append(&value, element->value.bytes, element->value.len);
        printf("(%.*s)%*s %-24s ", (int)element->code.len, (const char *)element->code.bytes,
               (int)(8 - element->code.len), "", element->ai->title);
        cli_put(bytes_str(&value));
        if (element_date(element, date))
                printf("   %s", date);
        putchar('\n');
}

void decoded_print(const struct decoded *decoded) {
        CLEANUP(bytes_fini) struct bytes text = { 0 };
        const struct barcode *barcode = &decoded->barcode;
        char warning[GS1_ERROR_SIZE];

        printf("symbology  %s%s%s%s\n", barcode_symbology_name(barcode), *decoded->aim ? " (" : "",
               decoded->aim, *decoded->aim ? ")" : "");
        for (size_t i = 0; i < barcode->text.len; i++)
                if (barcode->text.bytes[i])
                        bytes_append_char(&text, (char)barcode->text.bytes[i]);
                else
                        bytes_append_str(&text, "\\x00");
        printf("text       ");
        cli_put(bytes_str(&text));
        putchar('\n');
        if (*decoded->gtin)
                printf("GTIN       %s\n", decoded->gtin);
        if (barcode->add_on.len > 0)
                printf("add-on     %.*s\n", (int)barcode->add_on.len,
                       (const char *)barcode->add_on.bytes);
        for (size_t i = 0; i < decoded->gs1.n_elements; i++)
                print_element(&decoded->gs1.elements[i]);
        if (warns(decoded, warning, sizeof(warning)))
                printf("warning    %s\n", warning);
}
