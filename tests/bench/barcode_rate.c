/* SPDX-License-Identifier: MIT */
/*
 * barcode_rate: how many scans a second one core turns into typed results, from what a scanner sent to lot, serial and
 * expiry, and how many allocations that takes. By processor time, so that a busy machine counts the same.
 *
 *     barcode_rate SCANS      prints {"scans":…,"scans_s":…,"allocations":…,"kinds":{"EAN-13":…}}, all but SCANS per second
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "drivers/barcode/barcode.h"

enum { SCANS_MAX = 1000000000 };

/* Of ten scans in a warehouse; a kind's share is how often it stands here. */
static const struct {
        const char *name, *scan;
} typical[] = {
        { "EAN-13", "]E05012345678900" },
        { "EAN-13", "]E09521234543213" },
        { "bin", "]C0A-03-2" },
        { "control code", "]C0T$QTY12" },
        { "ITF-14", "]I119521234543210" },
        { "UPC-E", "]E001234565" },
        { "SSCC", "]C100095201234567891235" },
        { "GS1-128", "]C1010952123454321310LOT42\x1d" "3024" },
        { "GS1 DataMatrix", "]d201095212345432131727013110LOT42\x1d" "21SN0001" },
        { "Digital Link", "]Q1https://id.gs1.org/01/09521234543213/10/LOT42/21/SN1?17=270131" },
};

/* ---- allocations, counted ------------------------------------------------------------------------ */

static uint64_t n_allocations;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size) {
        n_allocations++;
        return __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
        n_allocations++;
        return __libc_calloc(n, size);
}

void *realloc(void *memory, size_t size) {
        n_allocations++;
        return __libc_realloc(memory, size);
}

/* ---- the race ------------------------------------------------------------------------------------ */

static int64_t cpu_ns(void) {
        struct timespec now = { 0 };

        (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Scans a second of typical[first] to typical[first + n - 1] in turn; 0: one is refused. */
static int64_t rate(size_t first, size_t n, int64_t scans) {
        int64_t start = cpu_ns(), took;
        struct slice raw[ARRAY_LEN(typical)];

        for (size_t i = 0; i < n; i++)
                raw[i] = slice_of(typical[first + i].scan);
        for (int64_t i = 0; i < scans; i++) {
                struct barcode barcode;
                char error[160];

                if (barcode_parse(raw[(size_t)i % n], &barcode, error, sizeof(error)) != 0) {
                        (void)fprintf(stderr, "barcode_rate: %s\n", error);
                        return 0;
                }
                __asm__ volatile("" : : "r"(&barcode) : "memory"); /* somebody reads it */
        }
        took = cpu_ns() - start;
        return scans * 1000000000 / (took > 0 ? took : 1);
}

static int print_kinds(int64_t scans) {
        printf("\"kinds\":{");
        for (size_t i = 0; i < ARRAY_LEN(typical); i++) {
                int64_t a_second = rate(i, 1, scans / (int64_t)ARRAY_LEN(typical) + 1);

                if (a_second == 0)
                        return 1;
                if (i == 0 || strcmp(typical[i].name, typical[i - 1].name) != 0)
                        printf("%s\"%s\":%lld", i ? "," : "", typical[i].name, (long long)a_second);
        }
        printf("}");
        return 0;
}

int main(int argc, char **argv) {
        long scans = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
        uint64_t before;
        int64_t a_second;

        if (scans < 1 || scans > SCANS_MAX) {
                (void)fprintf(stderr, "Usage: barcode_rate SCANS\n");
                return 2;
        }
        before = n_allocations;
        a_second = rate(0, ARRAY_LEN(typical), scans);
        if (a_second == 0)
                return 1;
        before = n_allocations - before;
        printf("{\"scans\":%ld,\"scans_s\":%lld,\"allocations\":%llu,", scans, (long long)a_second,
               (unsigned long long)before);
        if (print_kinds(scans) != 0)
                return 1;
        printf("}\n");
        return 0;
}
