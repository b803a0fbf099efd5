/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include "agent/flow/flow.h"
#include "base/jsonr.h"
#include "base/jsonw.h"

/* A newer program may mean other things by the same members. */
enum { STATE_VERSION = 1 };

/* The texts of a state, written and read by the same rows. */
static const struct {
        const char *key;
        size_t offset, size;
} texts[] = {
#define TEXT(name, field) \
        { name, offsetof(struct flow_state, field), sizeof(((struct flow_state *)0)->field) }
        TEXT("operator", operator_id), TEXT("order", order),
        TEXT("tote", tote),            TEXT("bin", bin),
        TEXT("sku", sku),              TEXT("lot", lot),
        TEXT("reason", reason),        TEXT("damaged_bin", damaged_bin),
        TEXT("asked", asked),
#undef TEXT
};

void flow_state_init(struct flow_state *state, const struct flow_settings *settings) {
        *state = (struct flow_state) { .mode = settings->mode };
}

int flow_state_write(const struct flow_state *state, struct bytes *out) {
        struct jsonw w = jsonw_to(out);

        jsonw_object(&w, NULL);
        jsonw_int(&w, "v", STATE_VERSION);
        jsonw_string(&w, "mode", flow_mode_name(state->mode));
        for (size_t i = 0; i < ARRAY_LEN(texts); i++)
                jsonw_opt_string(&w, texts[i].key, (const char *)state + texts[i].offset);
        if (state->sku_milli)
                jsonw_int(&w, "sku_milli", state->sku_milli);
        if (state->has_qty)
                jsonw_int(&w, "qty_milli", state->qty_milli);
        if (state->step)
                jsonw_int(&w, "step", state->step);
        if (state->damaged)
                jsonw_bool(&w, "damaged", true);
        jsonw_uint(&w, "recorded", state->n_recorded);
        jsonw_object_end(&w);
        return bytes_error(out);
}

static int read_numbers(const json_t *object, struct flow_state *state, struct jsonr_error *error) {
        int64_t step = 0, recorded = 0;
        int r;

        r = jsonr_opt_int(object, "sku_milli", INT64_MIN, INT64_MAX, &state->sku_milli, error);
        if (r == 0)
                r = jsonr_opt_int(object, "qty_milli", 0, INT64_MAX, &state->qty_milli, error);
        if (r == 0)
                r = jsonr_opt_int(object, "step", 0, INT32_MAX, &step, error);
        if (r == 0)
                r = jsonr_opt_bool(object, "damaged", &state->damaged, error);
        if (r == 0)
                r = jsonr_int(object, "recorded", 0, INT64_MAX, &recorded, error);
        if (r)
                return r;
        state->has_qty = json_object_get(object, "qty_milli") != NULL;
        state->step = (int)step;
        state->n_recorded = (uint64_t)recorded;
        return 0;
}

static int read_state(const json_t *object, struct flow_state *state) {
        struct jsonr_error error;
        char mode[ID_SIZE];
        int64_t version;

        if (jsonr_int(object, "v", STATE_VERSION, STATE_VERSION, &version, &error) ||
            jsonr_string(object, "mode", mode, sizeof(mode), &error) ||
            flow_mode_parse(mode, &state->mode))
                return -EINVAL;
        for (size_t i = 0; i < ARRAY_LEN(texts); i++)
                if (jsonr_opt_string(object, texts[i].key, (char *)state + texts[i].offset,
                                     texts[i].size, &error))
                        return -EINVAL;
        return read_numbers(object, state, &error) ? -EINVAL : 0;
}

int flow_state_parse(struct slice text, struct flow_state *ret_state) {
        CLEANUP(jsonr_unref) json_t *object = NULL;
        struct flow_state state = { 0 };
        struct jsonr_error error;
        int r = jsonr_parse(text, &object, &error);

        if (r < 0)
                return r;
        if (r)
                return -EINVAL;
        r = read_state(object, &state);
        if (r)
                return r;
        *ret_state = state;
        return 0;
}
