/* SPDX-License-Identifier: MIT */
#include "drivers/plug.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/bytes.h"

/*
 * Linux, Documentation/ABI: sysfs-bus-usb (ids and strings of a device, class of an interface "1-1.2:1.0"), the HID
 * device below an interface (report_descriptor), sysfs-driver-usblp (ieee1284_id). udev keeps /dev/serial/by-path.
 */

static const char bus[] = "/sys/bus/usb/devices";
static const char by_path[] = "/dev/serial/by-path";
static const char udev[] = "/run/udev/control"; /* while it runs */

enum {
        CLASS_HID = 0x03,
        CLASS_PRINTER = 0x07,
        HID_BOOT_KEYBOARD = 0x01, /* interface protocol; USB HID 1.11, 4.3 */
        PAGE_POS = 0x8c,
        DESCRIPTOR_MAX = 4096, /* HID_MAX_DESCRIPTOR_SIZE of the kernel */
        LINK_SIZE = PATH_SIZE + 256,
};

/* ---- files ------------------------------------------------------------------------------------------ */

static size_t read_bytes(const char *folder, const char *name, void *dst, size_t size) {
        char path[PATH_SIZE * 3];
        FILE *file;
        size_t n;

        if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
                return 0;
        file = fopen(path, "re");
        if (!file)
                return 0;
        n = fread(dst, 1, size, file);
        (void)fclose(file);
        return n;
}

/* Its first line; what is not printable ASCII becomes '?'. Absent: "". */
static void read_line(const char *folder, const char *name, char *dst, size_t size) {
        size_t n = read_bytes(folder, name, dst, size - 1);

        dst[n] = '\0';
        dst[strcspn(dst, "\n")] = '\0';
        for (char *c = dst; *c; c++)
                if (*c < ' ' || *c > '~')
                        *c = '?';
}

static int read_number(const char *folder, const char *name, int base) {
        char text[8], *end;
        long value;

        read_line(folder, name, text, sizeof(text));
        value = strtol(text, &end, base);
        return end == text || *end || value < 0 || value > UINT16_MAX ? -1 : (int)value;
}

/* The first name in @folder, by the alphabet, that @is accepts. */
static bool first_name(const char *folder, bool (*is)(const char *name, const void *ctx),
                       const void *ctx, char *dst, size_t size) {
        DIR *dir = opendir(folder);
        const struct dirent *entry;

        dst[0] = '\0';
        while (dir && (entry = readdir(dir)) != NULL)
                if (is(entry->d_name, ctx) && (!dst[0] || strcmp(entry->d_name, dst) < 0) &&
                    str_copy(dst, size, entry->d_name) < 0)
                        dst[0] = '\0';
        if (dir)
                (void)closedir(dir);
        return dst[0];
}

/* ---- what a HID interface is for ---------------------------------------------------------------------- */

/* The usage page in force at the first collection (USB HID 1.11, 6.2.2: items). -1: there is none. */
static int first_usage_page(struct slice descriptor) {
        const uint8_t *at = descriptor.bytes, *end = at + descriptor.len;
        int page = -1;

        while (at < end) {
                size_t size = (size_t)((*at & 3) == 3 ? 4 : *at & 3);
                int item = *at & 0xfc;

                if (*at == 0xfe && end - at >= 2) /* a long one */
                        size = (size_t)at[1] + 2;
                if (size >= (size_t)(end - at) || item == 0xa0)
                        return item == 0xa0 ? page : -1;
                if (item == 0x04)
                        page = size == 0 ? 0 : size == 1 ? at[1] : at[1] | at[2] << 8;
                at += 1 + size;
        }
        return -1;
}

/* "0003:05E0:1200.0001" */
static bool is_hid(const char *name, const void *ctx) {
        (void)ctx;
        return strncmp(name, "0003:", 5) == 0;
}

static int read_usage_page(const char *interface) {
        uint8_t descriptor[DESCRIPTOR_MAX];
        char name[64], folder[PATH_SIZE * 2];
        size_t n;

        if (!first_name(interface, is_hid, NULL, name, sizeof(name)))
                return -1;
        (void)snprintf(folder, sizeof(folder), "%s/%s", interface, name);
        n = read_bytes(folder, "report_descriptor", descriptor, sizeof(descriptor));
        return first_usage_page((struct slice) { descriptor, n });
}

/* ---- serial ports ----------------------------------------------------------------------------------- */

static bool is_tty(const char *name, const void *ctx) {
        (void)ctx;
        return strncmp(name, "tty", 3) == 0 && name[3];
}

/* CDC-ACM: tty/ttyACM0; converters: ttyUSB0. */
static bool read_tty(const char *interface, char *dst, size_t size) {
        char folder[PATH_SIZE * 2];

        (void)snprintf(folder, sizeof(folder), "%s/tty", interface);
        return first_name(folder, is_tty, NULL, dst, size) ||
               first_name(interface, is_tty, NULL, dst, size);
}

static bool leads_to(const char *link, const void *ctx) {
        char path[LINK_SIZE], target[PATH_SIZE];
        const char *name, *tty = ctx;
        ssize_t n;

        (void)snprintf(path, sizeof(path), "%s/%s", by_path, link);
        n = readlink(path, target, sizeof(target) - 1);
        if (n < 0)
                return false;
        target[n] = '\0';
        name = strrchr(target, '/');
        return strcmp(name ? name + 1 : target, tty) == 0;
}

/* By where it is plugged in; without udev by its number. false: udev is not through with it. */
static bool name_serial(const char *tty, char *dst, size_t size) {
        char link[PATH_SIZE - 64];

        if (first_name(by_path, leads_to, tty, link, sizeof(link)))
                (void)snprintf(dst, size, "serial:%s/%s", by_path, link);
        else if (access(udev, F_OK) < 0)
                (void)snprintf(dst, size, "serial:/dev/%s", tty);
        else
                return false;
        return true;
}

/* ---- devices ---------------------------------------------------------------------------------------- */

static void read_numbers(const char *folder, struct plug_device *ret) {
        int busnum = read_number(folder, "busnum", 10);

        ret->number = read_number(folder, "devnum", 10);
        (void)snprintf(ret->node, sizeof(ret->node), "/dev/bus/usb/%03d/%03d", busnum, ret->number);
        ret->vendor = read_number(folder, "idVendor", 16);
        ret->product = read_number(folder, "idProduct", 16);
}

/* The kernel reads these under the device's lock, which whoever talks to the device holds. */
static void read_words(const char *folder, struct plug_device *ret) {
        read_line(folder, "manufacturer", ret->maker, sizeof(ret->maker));
        read_line(folder, "product", ret->model, sizeof(ret->model));
        read_line(folder, "serial", ret->serial, sizeof(ret->serial));
}

/* The name of who drives it, "" nobody. */
static void read_driver(const char *interface, char *dst, size_t size) {
        char path[PATH_SIZE * 2], target[LINK_SIZE];
        const char *name;
        ssize_t n;

        (void)snprintf(path, sizeof(path), "%s/driver", interface);
        n = readlink(path, target, sizeof(target) - 1);
        target[n < 0 ? 0 : n] = '\0';
        name = strrchr(target, '/');
        (void)snprintf(dst, size, "%.*s", (int)size - 1, name ? name + 1 : "");
}

/* false: its driver is not through with it (the kernel links the driver before it asks the device). */
static bool read_interface(const char *folder, struct plug_device *ret) {
        char driver[32], child[64];

        read_driver(folder, driver, sizeof(driver));
        ret->orphan = !driver[0] && !first_name(folder, is_hid, NULL, child, sizeof(child));
        ret->taken = strcmp(driver, "usbfs") == 0;
        ret->class = read_number(folder, "bInterfaceClass", 16);
        ret->subclass = read_number(folder, "bInterfaceSubClass", 16);
        ret->protocol = read_number(folder, "bInterfaceProtocol", 16);
        ret->interface = read_number(folder, "bInterfaceNumber", 16);
        ret->usage_page = ret->class == CLASS_HID ? read_usage_page(folder) : -1;
        if (ret->class == CLASS_PRINTER)
                read_line(folder, "ieee1284_id", ret->device_id, sizeof(ret->device_id));
        return strcmp(driver, "usbhid") != 0 || ret->usage_page >= 0;
}

/*
 * "../../../devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.2" to "pci0000:00/0000:00:14.0 1.2": buses are numbered as their
 * controllers come up, which may be another order at the next start.
 */
static void read_place(const char *device, struct plug_device *ret) {
        static const char devices[] = "/devices/";
        char link[LINK_SIZE];
        const char *from, *to, *ports = strchr(ret->path, '-');
        ssize_t n = readlink(device, link, sizeof(link) - 1);

        link[n < 0 ? 0 : n] = '\0';
        from = strstr(link, devices);
        to = strstr(link, "/usb");
        if (!from || !to || !ports || to < from + strlen(devices))
                return;
        from += strlen(devices);
        (void)snprintf(ret->place, sizeof(ret->place), "%.*s %s", (int)(to - from), from,
                       ports + 1);
}

/* A mouse is none. What a program has claimed may be anything: it may be us. */
static bool may_be_ours(const struct plug_device *device) {
        return device->class == CLASS_PRINTER ||
               (device->class == CLASS_HID &&
                (device->protocol == HID_BOOT_KEYBOARD || device->usage_page == PAGE_POS ||
                 (device->protocol == 0 && (device->orphan || device->taken))));
}

/* @name: "1-1.2:1.0", configuration 1, interface 0 of what is plugged in at 1-1.2. */
static bool read_plugged(const char *name, struct plug_device *ret) {
        char device[PATH_SIZE + 32], folder[PATH_SIZE + 32], tty[64];
        size_t len = strcspn(name, ":");

        if (!name[len] || strlen(name) >= PATH_SIZE || len >= sizeof(ret->path))
                return false;
        *ret = (struct plug_device) { .number = -1, .vendor = -1 };
        memcpy(ret->path, name, len);
        (void)snprintf(device, sizeof(device), "%s/%s", bus, ret->path);
        read_numbers(device, ret);
        read_place(device, ret);
        (void)snprintf(folder, sizeof(folder), "%s/%s", bus, name);
        if (!read_interface(folder, ret))
                return false;
        if (read_tty(folder, tty, sizeof(tty))) {
                if (!name_serial(tty, ret->port, sizeof(ret->port)))
                        return false;
                (void)snprintf(ret->node, sizeof(ret->node), "/dev/%.20s", tty);
        } else if (may_be_ours(ret))
                (void)snprintf(ret->port, sizeof(ret->port), "usb:%s", ret->path);
        if (ret->port[0] && !ret->taken)
                read_words(device, ret);
        return ret->port[0];
}

static int by_port(const void *a, const void *b) {
        const struct plug_device *left = a, *right = b;
        int order = strcmp(left->port, right->port);

        if (order == 0)
                order = (right->usage_page == PAGE_POS) - (left->usage_page == PAGE_POS);
        return order ? order : right->class - left->class;
}

int plug_list(struct plug_device *ret, size_t max) {
        DIR *dir = opendir(bus);
        const struct dirent *entry;
        size_t n = 0;

        if (!dir)
                return errno == ENOENT ? 0 : -errno; /* no USB here */
        while (n < max && (entry = readdir(dir)) != NULL)
                n += read_plugged(entry->d_name, &ret[n]);
        (void)closedir(dir);
        qsort(ret, n, sizeof(*ret), by_port);
        return (int)n;
}
