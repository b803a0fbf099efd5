/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include "drivers/device_id.h"
#include "drivers/printer/printer_own.h"

static const struct {
        const char *name, *cure;
} states[PRINTER_STATE_MAX_] = {
        [PRINTER_UNKNOWN] = { "unknown", "look at the printer: it does not say that it is ready" },
        [PRINTER_READY] = { "ready", "" },
        [PRINTER_OFFLINE] = { "offline", "switch it on, and check its cable and address" },
        [PRINTER_PAPER_OUT] = { "paper_out", "put in a new roll" },
        [PRINTER_RIBBON_OUT] = { "ribbon_out", "put in a new ribbon" },
        [PRINTER_HEAD_OPEN] = { "head_open", "close the print head" },
        [PRINTER_PAUSED] = { "paused", "press its pause button" },
        [PRINTER_HOT] = { "hot", "wait until it has cooled" },
        [PRINTER_BUSY] = { "busy", "" },
};

const char *printer_state_name(enum printer_state state) {
        return states[state].name;
}

const char *printer_state_cure(enum printer_state state) {
        return states[state].cure;
}

void printer_say(struct printer *printer, enum printer_state state, const char *detail) {
        if (printer->state == state && strcmp(printer->detail, detail) == 0)
                return;
        printer->state = state;
        (void)snprintf(printer->detail, sizeof(printer->detail), "%s", detail);
        printer->handler.state(printer->userdata, printer, state, printer->detail);
}

/* A cold head and lost settings stop no label: the printer prints, only not as well as it could. */
static const char *remark_of(const struct zpl_status *status) {
        if (status->corrupt)
                return "it has lost its settings: set it up again";
        return status->cold ? "its head is cold" : "";
}

enum printer_state printer_state_of(const struct zpl_status *status, const char **ret_detail) {
        *ret_detail = remark_of(status);
        if (status->head_open)
                return PRINTER_HEAD_OPEN;
        if (status->paper_out)
                return PRINTER_PAPER_OUT;
        if (status->ribbon_out)
                return PRINTER_RIBBON_OUT;
        if (status->hot)
                return PRINTER_HOT;
        if (status->paused)
                return PRINTER_PAUSED;
        return status->buffer_full ? PRINTER_BUSY : PRINTER_READY;
}

/* In the order in which a person mends them. */
static const struct {
        uint32_t errors;
        enum printer_state state;
        char detail[28];
} faults[] = {
        { ZPL_ERROR_HEAD_OPEN, PRINTER_HEAD_OPEN, "" },
        { ZPL_ERROR_MEDIA_OUT, PRINTER_PAPER_OUT, "" },
        { ZPL_ERROR_RIBBON_OUT, PRINTER_RIBBON_OUT, "" },
        { ZPL_ERROR_HEAD_HOT, PRINTER_HOT, "" },
        { ZPL_ERROR_MOTOR_HOT, PRINTER_HOT, "its motor is hot" },
        { ZPL_ERROR_PAUSED, PRINTER_PAUSED, "" },
        { ZPL_ERROR_CUTTER, PRINTER_UNKNOWN, "cutter fault" },
        { ZPL_ERROR_JAM, PRINTER_UNKNOWN, "paper jam" },
        { ZPL_ERROR_HEAD_ELEMENT | ZPL_ERROR_HEAD_UNKNOWN | ZPL_ERROR_THERMISTOR, PRINTER_UNKNOWN,
          "print head fault" },
        { ZPL_ERROR_FIRMWARE, PRINTER_UNKNOWN, "firmware settings invalid" },
};

enum printer_state printer_state_of_errors(uint32_t errors, const char **ret_detail) {
        *ret_detail = "";
        if (errors == 0)
                return PRINTER_READY;
        for (size_t i = 0; i < ARRAY_LEN(faults); i++)
                if (errors & faults[i].errors) {
                        *ret_detail = faults[i].detail;
                        return faults[i].state;
                }
        *ret_detail = "a fault that only its display names";
        return PRINTER_UNKNOWN;
}

/* ---- what its USB port tells ---------------------------------------------------------------------- */

/* USB printer class 1.1, 4.2.2, GET_PORT_STATUS. */
enum { PORT_PAPER_EMPTY = 0x20, PORT_NO_ERROR = 0x08 };

enum printer_state printer_state_of_port(int status, enum printer_state otherwise,
                                         const char **ret_detail) {
        if (status < 0 || (status & (PORT_PAPER_EMPTY | PORT_NO_ERROR)) == PORT_NO_ERROR)
                return otherwise;
        *ret_detail = "its USB port tells a fault";
        return status & PORT_PAPER_EMPTY ? PRINTER_PAPER_OUT : PRINTER_UNKNOWN;
}

void printer_name_by_port(struct printer *printer) {
        struct slice name =
                device_id_value(transport_descriptor(printer->transport), "MDL", "MODEL");
        char *model = printer->reader.model;
        size_t len = name.len < ZPL_MODEL_SIZE - 1 ? name.len : ZPL_MODEL_SIZE - 1;

        if (model[0] || len == 0)
                return;
        for (size_t i = 0; i < len; i++)
                model[i] = name.bytes[i] < ' ' || name.bytes[i] > '~' ? '?' : (char)name.bytes[i];
        model[len] = '\0';
        if (printer->handler.identity)
                printer->handler.identity(printer->userdata, printer, model, "");
}
