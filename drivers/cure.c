/* SPDX-License-Identifier: MIT */
#include "drivers/cure.h"

#include <errno.h>
#include <string.h>
#include "drivers/usb.h"

const char *port_cure(const char *port, int error) {
        bool usb = usb_is_port(port);

        switch (-error) {
        case ENOENT:
        case ENODEV:
        case ENXIO:
                return "not there: plug it in, or correct port";
        case EPERM:
                return "not allowed by the service: correct DeviceAllow in tallyd.service, or "
                       "restart it";
        case EACCES:
                return usb ? "permission denied: copy a line of 70-tallyman.rules with its maker's "
                             "idVendor, and plug it in again"
                           : "permission denied: add the user to the group dialout";
        case EBUSY:
                return usb ? "another program has claimed it: stop that (CUPS takes printers)"
                           : "another program has it open: stop that (ModemManager takes scanners)";
        case EAGAIN:
                return "the kernel's driver still has it: wait";
        case EIO:
        case ETIMEDOUT:
                return "it does not answer: plug it in again, try another cable or hub";
        case EPIPE:
                return "it went away";
        case ENOTTY:
                return "not a serial port: correct port";
        case ENOTSUP:
        case EINVAL:
                return "it does not speak as its profile says: correct profile, or its USB mode";
        default:
                return strerror(-error);
        }
}
