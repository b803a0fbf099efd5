/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "drivers/usb_own.h"

/* Interface classes: USB HID 1.11, 4.1 to 4.3; USB printer class 1.1, 4.1. */
enum {
        PROTOCOL_KEYBOARD = 1,
        PROTOCOL_MOUSE = 2,
        PRINTER_SUBCLASS = 1,
        PRINTER_UNIDIRECTIONAL = 1,
        PRINTER_BIDIRECTIONAL = 2,
        HID_DESCRIPTOR = 0x21, /* HID 1.11, 6.2.1 */
        HID_REPORT_DESCRIPTOR = 0x22,

        TRIES = 3,
};

static const char bus[] = "/sys/bus/usb/devices";

enum { DEVICE_SIZE = PATH_SIZE - sizeof(bus) - 16 };

/* ---- where it is ------------------------------------------------------------------------------------- */

/* Digits at *@at, which goes behind them. */
static bool read_digits(const char **at, unsigned long *ret) {
        char *end;

        if (!isdigit((unsigned char)**at))
                return false;
        *ret = strtoul(*at, &end, 10);
        *at = end;
        return *ret <= UINT8_MAX; /* of a bus, a device, a configuration or an interface */
}

/* "1-1.2", "1-1.2:1.0": the kernel's names (Documentation/ABI, sysfs-bus-usb). */
static int split(const char *where, char *dst, size_t size, int *ret_interface) {
        size_t len = strcspn(where, ":");
        const char *at = where + len;
        unsigned long number;

        if (len == 0 || len >= size || strspn(where, "0123456789-.") != len)
                return -EINVAL;
        memcpy(dst, where, len);
        dst[len] = '\0';
        *ret_interface = -1;
        if (!*at++)
                return 0;
        if (!read_digits(&at, &number) || *at++ != '.' || !read_digits(&at, &number) || *at)
                return -EINVAL;
        *ret_interface = (int)number;
        return 0;
}

static int read_number(const char *device, const char *name, unsigned long *ret) {
        char path[PATH_SIZE], text[8] = "";
        const char *at = text;
        FILE *file;

        (void)snprintf(path, sizeof(path), "%s/%s/%s", bus, device, name);
        file = fopen(path, "re");
        if (!file)
                return errno == EMFILE || errno == ENFILE ? -errno : -ENODEV;
        if (!fgets(text, sizeof(text), file))
                text[0] = '\0';
        (void)fclose(file);
        return read_digits(&at, ret) ? 0 : -ENODEV;
}

static int node_of(const char *device, char ret[USB_NODE_SIZE]) {
        unsigned long busnum = 0, devnum = 0;
        int r = read_number(device, "busnum", &busnum);

        if (r == 0)
                r = read_number(device, "devnum", &devnum);
        if (r < 0)
                return r;
        (void)snprintf(ret, USB_NODE_SIZE, "/dev/bus/usb/%03lu/%03lu", busnum, devnum);
        return 0;
}

int usb_find_node(const char *where, char ret[USB_NODE_SIZE]) {
        char device[DEVICE_SIZE];
        int only, r = split(where, device, sizeof(device), &only);

        return r == 0 ? node_of(device, ret) : r;
}

static int open_node(const struct usb *usb, const char *device, struct usb_claim *ret) {
        int r = node_of(device, ret->node);

        if (r < 0)
                return r;
        if (usb_is_giving(usb, ret->node))
                return -EAGAIN;
        ret->fd = open(ret->node, O_RDWR | O_CLOEXEC);
        if (ret->fd < 0)
                return errno == ENOENT ? -ENODEV : -errno;
        return 0;
}

/* ---- which interface ------------------------------------------------------------------------------------ */

/* How well it goes with @function, 0: not at all. */
static int suits(const struct libusb_interface_descriptor *setting, enum usb_function function) {
        int protocol = setting->bInterfaceProtocol;

        if (function == USB_PRINTER)
                return setting->bInterfaceClass == LIBUSB_CLASS_PRINTER &&
                                       setting->bInterfaceSubClass == PRINTER_SUBCLASS &&
                                       (protocol == PRINTER_UNIDIRECTIONAL ||
                                        protocol == PRINTER_BIDIRECTIONAL)
                               ? protocol
                               : 0;
        if (setting->bInterfaceClass != LIBUSB_CLASS_HID || protocol == PROTOCOL_MOUSE)
                return 0;
        if (function == USB_KEYBOARD)
                return protocol == PROTOCOL_KEYBOARD ? 2 : 1;
        return protocol == PROTOCOL_KEYBOARD ? 0 : 1;
}

static const struct libusb_interface_descriptor *
choose(const struct libusb_config_descriptor *config, enum usb_function function, int only) {
        const struct libusb_interface_descriptor *best = NULL;
        int most = 0;

        for (int i = 0; i < config->bNumInterfaces; i++)
                for (int j = 0; j < config->interface[i].num_altsetting; j++) {
                        const struct libusb_interface_descriptor *setting =
                                &config->interface[i].altsetting[j];
                        int suit = suits(setting, function);

                        if (suit > most && (only < 0 || setting->bInterfaceNumber == only)) {
                                most = suit;
                                best = setting;
                        }
                }
        return best;
}

static void take_endpoints(const struct libusb_interface_descriptor *setting, int type,
                           struct usb_claim *ret) {
        for (int i = 0; i < setting->bNumEndpoints; i++) {
                const struct libusb_endpoint_descriptor *endpoint = &setting->endpoint[i];
                bool in = endpoint->bEndpointAddress & LIBUSB_ENDPOINT_IN;

                if ((endpoint->bmAttributes & LIBUSB_TRANSFER_TYPE_MASK) != type)
                        continue;
                if (in && !ret->in) {
                        ret->in = endpoint->bEndpointAddress;
                        ret->in_size = endpoint->wMaxPacketSize & 0x7ff;
                }
                if (!in && !ret->out)
                        ret->out = endpoint->bEndpointAddress;
        }
}

/* HID 1.11, 6.2.1: bLength, bDescriptorType, bcdHID, bCountryCode, bNumDescriptors, then type and length of each. */
static uint16_t report_descriptor_len(const struct libusb_interface_descriptor *setting) {
        const uint8_t *at = setting->extra;
        size_t left = setting->extra_length > 0 ? (size_t)setting->extra_length : 0;

        while (left >= 2 && at[0] >= 2 && at[0] <= left) {
                for (size_t i = 6; at[1] == HID_DESCRIPTOR && i + 2 < at[0]; i += 3)
                        if (at[i] == HID_REPORT_DESCRIPTOR)
                                return (uint16_t)(at[i + 1] | at[i + 2] << 8);
                left -= at[0];
                at += at[0];
        }
        return 0;
}

static int take_interface(struct usb_claim *ret, enum usb_function function, int only) {
        struct libusb_config_descriptor *config = NULL;
        const struct libusb_interface_descriptor *setting;
        bool printer = function == USB_PRINTER;
        int r = libusb_get_active_config_descriptor(libusb_get_device(ret->handle), &config);

        if (r < 0)
                return usb_errno(r);
        setting = choose(config, function, only);
        if (setting) {
                ret->interface = setting->bInterfaceNumber;
                ret->alternate = setting->bAlternateSetting;
                ret->descriptor_len = printer ? 0 : report_descriptor_len(setting);
                take_endpoints(setting,
                               printer ? LIBUSB_TRANSFER_TYPE_BULK : LIBUSB_TRANSFER_TYPE_INTERRUPT,
                               ret);
        }
        libusb_free_config_descriptor(config);
        /* A printer without a way back still prints. */
        return (printer ? ret->out : ret->in && ret->in_size) ? 0 : -ENOTSUP;
}

/* ---- taking and giving ------------------------------------------------------------------------------- */

/* A driver of the kernel may come in between: it looks at a device that has just been plugged in, or given back. */
static int take(struct usb_claim *ret) {
        int r = LIBUSB_ERROR_BUSY;

        for (int i = 0; i < TRIES && r == LIBUSB_ERROR_BUSY; i++) {
                int detached = libusb_detach_kernel_driver(ret->handle, ret->interface);

                if (detached < 0 && detached != LIBUSB_ERROR_NOT_FOUND)
                        return detached;
                ret->detached |= detached == LIBUSB_SUCCESS;
                r = libusb_claim_interface(ret->handle, ret->interface);
                if (detached < 0 && libusb_kernel_driver_active(ret->handle, ret->interface) != 1)
                        break; /* another program has it */
        }
        return r;
}

static int claim(struct usb *usb, struct usb_claim *ret) {
        int r = usb_hold(usb, ret->node, ret->interface);

        if (r < 0)
                return r;
        ret->held = true;
        r = take(ret);
        if (r < 0)
                return usb_errno(r);
        ret->claimed = true;
        /* Blocks for as long as the device answers, but few have more than one setting. */
        if (ret->alternate)
                r = libusb_set_interface_alt_setting(ret->handle, ret->interface, ret->alternate);
        return r < 0 ? usb_errno(r) : 0;
}

int usb_claim(struct usb *usb, const char *where, enum usb_function function,
              struct usb_claim *ret) {
        char device[DEVICE_SIZE];
        int only, r;

        *ret = (struct usb_claim) { .fd = -1 };
        r = split(where, device, sizeof(device), &only);
        if (r == 0)
                r = open_node(usb, device, ret);
        if (r < 0)
                return r;
        r = libusb_wrap_sys_device(usb->libusb, ret->fd, &ret->handle);
        if (r < 0)
                return usb_errno(r);
        r = take_interface(ret, function, only);
        return r < 0 ? r : claim(usb, ret);
}

void usb_claim_release(struct usb *usb, struct usb_claim *claim, enum usb_fate fate) {
        bool was_ours = claim->detached || claim->claimed;

        if (claim->claimed)
                (void)libusb_release_interface(claim->handle, claim->interface);
        if (claim->handle)
                libusb_close(claim->handle);
        if (claim->fd >= 0)
                (void)close(claim->fd);
        if (claim->held && !(was_ours && fate == USB_KEPT))
                usb_drop(usb, claim->node, claim->interface, was_ours && fate == USB_GIVEN);
        *claim = (struct usb_claim) { .fd = -1 };
}
