/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include "base/clock.h"
#include "tests/virtual/vprinter.h"

void PRINTF_LIKE(1, 2) vprinter_say(const char *format, ...) {
        va_list args;

        va_start(args, format);
        (void)vprintf(format, args);
        va_end(args);
        (void)fflush(stdout);
}

static void label_path(const struct vprinter *printer, unsigned n, char *ret, size_t size) {
        (void)snprintf(ret, size, "%s/label-%04u.zpl", printer->dir, n);
}

/* Numbers go on over restarts. */
void vprinter_count_labels(struct vprinter *printer) {
        char path[PATH_SIZE * 2];
        struct stat info;

        for (;; printer->n_printed++) {
                label_path(printer, printer->n_printed + 1, path, sizeof(path));
                if (stat(path, &info) < 0)
                        return;
        }
}

static int keep_label(struct vprinter *printer, const struct bytes *label) {
        char path[PATH_SIZE * 2], new_path[PATH_SIZE * 2 + 8];
        FILE *file;
        size_t n;

        label_path(printer, ++printer->n_printed, path, sizeof(path));
        (void)snprintf(new_path, sizeof(new_path), "%s.new", path);
        file = fopen(new_path, "we");
        if (!file)
                return -errno;
        n = fwrite(label->data, 1, label->len, file);
        if (fclose(file) != 0 || n != label->len || rename(new_path, path) < 0)
                return -EIO;
        vprinter_say("printed %s\n", path);
        return 0;
}

bool vprinter_stopped(const struct vprinter *printer) {
        return printer->paper_out || printer->head_open || printer->paused || printer->ribbon_out ||
               printer->hot;
}

int vprinter_print_due(struct vprinter *printer) {
        int64_t now_ms = clock_mono_ms();

        while (printer->n_queued > 0 && !vprinter_stopped(printer) && printer->done_ms <= now_ms) {
                int r = keep_label(printer, &printer->queue[0]);

                if (r == 0 && printer->twice)
                        r = keep_label(printer, &printer->queue[0]);
                printer->twice = false;
                if (r < 0)
                        return r;
                bytes_fini(&printer->queue[0]);
                printer->n_queued--;
                memmove(printer->queue, printer->queue + 1,
                        printer->n_queued * sizeof(printer->queue[0]));
                printer->queue[printer->n_queued] = (struct bytes) { .data = NULL };
                printer->done_ms = now_ms + printer->slow_ms;
        }
        return 0;
}

int vprinter_label_ended(struct vprinter *printer) {
        if (printer->n_queued == QUEUED_MAX)
                return -ENOBUFS;
        if (printer->n_queued == 0)
                printer->done_ms = clock_mono_ms() + printer->slow_ms;
        printer->queue[printer->n_queued++] = printer->label;
        printer->label = (struct bytes) { .data = NULL };
        printer->inside = false;
        return vprinter_print_due(printer);
}
