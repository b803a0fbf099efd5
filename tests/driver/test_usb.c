/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "drivers/usb.h"

/* What a machine without such devices can show; tests/usb has devices. */

static const struct {
        const char *port;
        int error;
} rows[] = {
        { "", -EINVAL },
        { "usb", -EINVAL },
        { "usb:", -EINVAL },
        { "tcp:127.0.0.1:9100", -EINVAL },
        { "usb:../../../etc", -EINVAL },
        { "usb:1-1/..", -EINVAL },
        { "usb:1-1:", -EINVAL },
        { "usb:1-1:x", -EINVAL },
        { "usb:1-1:1.", -EINVAL },
        { "usb:1-1:1.0x", -EINVAL },
        { "usb:1-1:1.256", -EINVAL },
        { "usb:1-1:1.9999", -EINVAL },
        { "usb:99-9.9", -ENODEV },
        { "usb:99-9.9:1.0", -ENODEV },
        { "usb:1-"
          "1111111111111111111111111111111111111111111111111111111111111111111111111111111111111111"
          "1111111111111111111111111111111111111111111111111111111111111111111111111111111111111111"
          "11111"
          "1111111111111111111111111111111111111111111111111111111111111111111111111111111111111111"
          "11111",
          -EINVAL },
};

static void a_port_that_is_none_and_one_where_nothing_is(void **state) {
        const struct usb_options options = { .function = USB_PRINTER, .read = true };
        struct transport *transport = NULL;
        sd_event *event = NULL;
        struct usb *usb = NULL;

        (void)state;
        assert_true(sd_event_new(&event) >= 0);
        assert_int_equal(usb_new(event, &usb), 0);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                assert_int_equal(transport_open_usb(usb, rows[i].port, &options, &transport),
                                 rows[i].error);
        assert_null(transport);
        usb_free(usb);
        sd_event_unref(event);
}

static void usb_ports_begin_so(void **state) {
        (void)state;
        assert_true(usb_is_port("usb:1-1"));
        assert_false(usb_is_port("serial:/dev/usb:1-1"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_port_that_is_none_and_one_where_nothing_is),
                cmocka_unit_test(usb_ports_begin_so),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
