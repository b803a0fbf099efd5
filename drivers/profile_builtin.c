/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include "drivers/profile_own.h"

/*
 * The generic ones, so that the agent runs without any file. The same facts as in firmware-profiles/generic-*.json; a
 * test compares them.
 */
static const struct {
        const char *name, *text;
} builtin[] = {
        { "generic-serial", "{\"name\":\"generic-serial\","
                            "\"kind\":\"scanner\","
                            "\"model\":\"any scanner that ends a scan with CR, LF, CR LF or ETX\","
                            "\"verified\":true,"
                            "\"serial\":{\"baud\":9600,\"data_bits\":8,\"parity\":\"none\",\"stop_"
                            "bits\":1,\"flow\":\"none\"},"
                            "\"framing\":{\"start\":\"02\",\"ends\":\"0d0a03\",\"rest_ms\":500},"
                            "\"feedback\":{\"good\":\"06\",\"bad\":\"15\",\"attention\":\"07\"}}" },
        { "generic-serial-raw",
          "{\"name\":\"generic-serial-raw\","
          "\"kind\":\"scanner\","
          "\"model\":\"any scanner that sends no suffix: 50 ms of silence end a scan\","
          "\"verified\":true,"
          "\"serial\":{\"baud\":9600,\"data_bits\":8,\"parity\":\"none\",\"stop_bits\":1,\"flow\":"
          "\"none\"},"
          "\"framing\":{\"gap_ms\":50},"
          "\"feedback\":{\"good\":\"06\",\"bad\":\"15\",\"attention\":\"07\"}}" },
        { "generic-hid-keyboard",
          "{\"name\":\"generic-hid-keyboard\","
          "\"kind\":\"scanner\","
          "\"protocol\":\"hid-keyboard\","
          "\"model\":\"any scanner that types its scans as a USB keyboard\","
          "\"match\":[{\"class\":\"03/01/01\"}],"
          "\"framing\":{\"ends\":\"0d0a09\",\"gap_ms\":100},"
          "\"keyboard\":{\"layout\":\"us\",\"alt_numpad\":true}}" },
        { "generic-hid-pos", "{\"name\":\"generic-hid-pos\","
                             "\"kind\":\"scanner\","
                             "\"protocol\":\"hid-pos\","
                             "\"model\":\"any scanner in USB HID POS mode\","
                             "\"match\":[{\"usage_page\":140}]}" },
        { "generic-zpl", "{\"name\":\"generic-zpl\","
                         "\"kind\":\"printer\","
                         "\"model\":\"any ZPL printer that answers ~HS\","
                         "\"verified\":true,"
                         "\"match\":[{\"class\":\"07/01\"}],"
                         "\"serial\":{\"baud\":9600,\"data_bits\":8,\"parity\":\"none\",\"stop_"
                         "bits\":1,\"flow\":\"xonxoff\"},"
                         "\"status\":{\"answers\":true,\"within_ms\":3000}}" },
};

const char *profile_builtin_name(size_t i) {
        return i < ARRAY_LEN(builtin) ? builtin[i].name : NULL;
}

const char *profile_compiled_in(const char *name) {
        for (size_t i = 0; i < ARRAY_LEN(builtin); i++)
                if (strcmp(builtin[i].name, name) == 0)
                        return builtin[i].text;
        return NULL;
}

int profile_builtin(const char *name, struct profile *ret, struct bytes *ret_error) {
        const char *text = profile_compiled_in(name);

        return text ? profile_read(slice_of(text), name, ret, ret_error) : -ENOENT;
}
