/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include "base/clock.h"
#include "tests/virtual/vprinter.h"

static void cancel(struct vprinter *printer) {
        while (printer->n_queued > 0)
                bytes_fini(&printer->queue[--printer->n_queued]);
}

/* Words that set or clear one thing. */
static bool switch_fault(struct vprinter *printer, const char *line) {
        const struct {
                const char *on, *off;
                bool *what;
        } rows[] = {
                { "paper-out", "paper-in", &printer->paper_out },
                { "head-open", "head-close", &printer->head_open },
                { "pause", "resume", &printer->paused },
                { "ribbon-out", "ribbon-in", &printer->ribbon_out },
                { "hot", "cool", &printer->hot },
                { "full", "free", &printer->full },
                { "silent on", "silent off", &printer->silent },
                { "shy on", "shy off", &printer->shy },
                { "half on", "half off", &printer->half },
                { "twice", "once", &printer->twice },
        };

        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                if (strcmp(line, rows[i].on) == 0 || strcmp(line, rows[i].off) == 0) {
                        *rows[i].what = strcmp(line, rows[i].on) == 0;
                        return true;
                }
        return false;
}

bool vprinter_do(struct vprinter *printer, const char *line) {
        long n;

        if (sscanf(line, "slow %ld", &n) == 1)
                printer->slow_ms = (int)n;
        else if (strcmp(line, "drop") == 0)
                vprinter_hang_up(printer);
        else if (sscanf(line, "drop-next %ld", &n) == 1)
                printer->drop_at = n;
        else if (sscanf(line, "die-next %ld", &n) == 1)
                printer->die_at = n;
        else if (sscanf(line, "reads %ld", &n) == 1 || strcmp(line, "reads all") == 0)
                printer->reads = line[6] == 'a' ? 0 : n;
        else if (strcmp(line, "count off") == 0)
                printer->counts = false;
        else if (sscanf(line, "count %ld", &n) == 1) {
                printer->counts = true;
                printer->count = n - (long)printer->n_printed;
        } else if (strcmp(line, "cancel") == 0)
                cancel(printer);
        else
                return strcmp(line, "status") == 0 || switch_fault(printer, line);
        return true;
}

void vprinter_command(struct vprinter *printer, const char *line) {
        if (!vprinter_do(printer, line)) {
                vprinter_say("unknown command: %s\n", line);
                return;
        }
        vprinter_say("ok %s: %u printed, %zu waiting%s%s%s%s%s%s\n", line, printer->n_printed,
                     printer->n_queued, printer->paper_out ? ", paper out" : "",
                     printer->head_open ? ", head open" : "", printer->paused ? ", paused" : "",
                     printer->ribbon_out ? ", ribbon out" : "", printer->hot ? ", hot" : "",
                     printer->silent ? ", silent" : "");
        if (strcmp(line, "status") != 0) /* to be asked takes a printer no time */
                printer->done_ms = clock_mono_ms() + printer->slow_ms;
}
