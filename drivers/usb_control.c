/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <linux/usbdevice_fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include "drivers/hid_report.h"
#include "drivers/usb_pipe.h"

/* Requests to an interface: USB HID 1.11, 7.1 and 7.2; USB printer class 1.1, 4.2. */
enum {
        FROM_INTERFACE = 0x81, /* standard */
        GET_DESCRIPTOR = 6,
        REPORT_DESCRIPTOR = 0x2200,

        TO_INTERFACE_CLASS = 0x21,
        SET_REPORT = 9,
        REPORT_OUTPUT = 2,
        REPORT_FEATURE = 3,

        FROM_INTERFACE_CLASS = 0xa1,
        GET_DEVICE_ID = 0,
        DEVICE_ID_MAX = 1024,
        GET_PORT_STATUS = 1,

        TO_ENDPOINT = 0x02, /* standard; USB 2.0, 9.4.1 */
        CLEAR_FEATURE = 1,
        ENDPOINT_HALT = 0,

        ANSWER_MS = 2000,
};

/* ---- one request ---------------------------------------------------------------------------------------- */

static void LIBUSB_CALL on_answer(struct libusb_transfer *transfer) {
        struct usb_pipe *pipe = transfer->user_data;
        struct slice answer = { libusb_control_transfer_get_data(transfer), 0 };

        pipe->control.pending = false;
        if (pipe->state >= USB_PIPE_CLOSING)
                return;
        if (transfer->status == LIBUSB_TRANSFER_NO_DEVICE) {
                usb_pipe_fail(pipe, -ENODEV);
                return;
        }
        if (transfer->status == LIBUSB_TRANSFER_COMPLETED)
                answer.len = (size_t)transfer->actual_length;
        pipe->answered(pipe, answer);
}

static int submit(struct usb_pipe *pipe,
                  void (*answered)(struct usb_pipe *pipe, struct slice answer)) {
        struct usb_transfer *control = &pipe->control;
        int r;

        libusb_fill_control_transfer(control->libusb, pipe->claim.handle, control->buffer,
                                     on_answer, pipe, ANSWER_MS);
        r = libusb_submit_transfer(control->libusb);
        if (r < 0)
                return usb_errno(r);
        control->pending = true;
        pipe->answered = answered;
        return 0;
}

static int ask(struct usb_pipe *pipe, const struct libusb_control_setup *what,
               void (*answered)(struct usb_pipe *pipe, struct slice answer)) {
        if (pipe->control.pending)
                return -EBUSY;
        libusb_fill_control_setup(pipe->control.buffer, what->bmRequestType, what->bRequest,
                                  what->wValue, what->wIndex, what->wLength);
        return submit(pipe, answered);
}

/* The device forgets its data toggle with the halt; RESETEP lets the host forget it, too, and asks nobody. */
static void on_cleared(struct usb_pipe *pipe, struct slice answer) {
        (void)answer;
        (void)ioctl(pipe->claim.fd, USBDEVFS_RESETEP, &pipe->stalled);
        usb_pipe_cleared(pipe);
}

int usb_pipe_clear_halt(struct usb_pipe *pipe, uint8_t endpoint) {
        const struct libusb_control_setup clear = {
                .bmRequestType = TO_ENDPOINT,
                .bRequest = CLEAR_FEATURE,
                .wValue = ENDPOINT_HALT,
                .wIndex = endpoint,
        };

        pipe->stalled = endpoint;
        return ask(pipe, &clear, on_cleared);
}

/* ---- a printer ------------------------------------------------------------------------------------------- */

static void on_port_status(struct usb_pipe *pipe, struct slice answer) {
        if (answer.len == 1)
                pipe->port_status = answer.bytes[0];
        if (pipe->state == USB_PIPE_OPENING)
                usb_pipe_run(pipe);
}

static int ask_port_status(struct usb_pipe *pipe) {
        const struct libusb_control_setup get = {
                .bmRequestType = FROM_INTERFACE_CLASS,
                .bRequest = GET_PORT_STATUS,
                .wIndex = pipe->claim.interface,
                .wLength = 1,
        };

        return ask(pipe, &get, on_port_status);
}

int usb_pipe_port_status(struct usb_pipe *pipe) {
        if (pipe->options.function == USB_PRINTER && pipe->state == USB_PIPE_RUNNING &&
            !pipe->control.pending)
                (void)ask_port_status(pipe); /* the former answer has to do */
        return pipe->port_status;
}

static int keep_descriptor(struct usb_pipe *pipe, struct slice bytes) {
        if (bytes.len == 0)
                return 0;
        pipe->descriptor = malloc(bytes.len);
        if (!pipe->descriptor)
                return -ENOMEM;
        memcpy(pipe->descriptor, bytes.bytes, bytes.len);
        pipe->descriptor_len = bytes.len;
        return 0;
}

/* Two bytes of length come first, the high one in front, themselves included; some devices have them the other way
 * round, and some count wrong (CUPS knows both). A printer that does not tell still prints. */
static void on_device_id(struct usb_pipe *pipe, struct slice answer) {
        int r = 0;

        if (answer.len > 2) {
                size_t len = (size_t)(answer.bytes[0] << 8 | answer.bytes[1]);

                if (len > answer.len || len <= 2)
                        len = (size_t)(answer.bytes[1] << 8 | answer.bytes[0]);
                if (len > answer.len || len <= 2)
                        len = answer.len;
                r = keep_descriptor(pipe, (struct slice) { answer.bytes + 2, len - 2 });
        }
        if (r == 0)
                r = ask_port_status(pipe);
        if (r < 0)
                usb_pipe_fail(pipe, r);
}

static int ask_device_id(struct usb_pipe *pipe) {
        const struct libusb_control_setup get = {
                .bmRequestType = FROM_INTERFACE_CLASS,
                .bRequest = GET_DEVICE_ID,
                .wIndex = (uint16_t)(pipe->claim.interface << 8 | pipe->claim.alternate),
                .wLength = DEVICE_ID_MAX,
        };

        return ask(pipe, &get, on_device_id);
}

/* ---- a scanner -------------------------------------------------------------------------------------------- */

static bool is_feature(const struct usb_pipe *pipe, uint8_t id) {
        return pipe->feature_ids[id / 8] >> id % 8 & 1;
}

/* How long a report can be; a read of less would cut it, and one that is no multiple of a packet overrun. */
static int learn_reports(struct usb_pipe *pipe, struct slice descriptor) {
        struct hid_descriptor *hid = calloc(1, sizeof(*hid));
        size_t packet = pipe->claim.in_size, most = packet;
        const char *reason;
        int r;

        if (!hid)
                return -ENOMEM;
        r = hid_report_parse(descriptor, hid, &reason);
        for (size_t i = 0; r == 0 && i < hid->n_reports; i++) {
                const struct hid_report *report = &hid->reports[i];
                size_t size = hid_report_size(hid, report->type, report->id);

                if (report->type == HID_INPUT && size > most)
                        most = size;
                if (hid_report_is_feature(hid, report->id))
                        pipe->feature_ids[report->id / 8] |= (uint8_t)(1 << report->id % 8);
        }
        free(hid);
        return r < 0 ? r : usb_pipe_set_read(pipe, (most + packet - 1) / packet * packet);
}

static void on_report_descriptor(struct usb_pipe *pipe, struct slice answer) {
        int r = answer.len > 0 ? keep_descriptor(pipe, answer) : -EIO;

        if (r == 0)
                r = learn_reports(pipe, answer);
        if (r < 0)
                usb_pipe_fail(pipe, r);
        else
                usb_pipe_run(pipe);
}

static int ask_report_descriptor(struct usb_pipe *pipe) {
        size_t len = pipe->claim.descriptor_len;
        const struct libusb_control_setup get = {
                .bmRequestType = FROM_INTERFACE,
                .bRequest = GET_DESCRIPTOR,
                .wValue = REPORT_DESCRIPTOR,
                .wIndex = pipe->claim.interface,
                .wLength = (uint16_t)(len && len < USB_CONTROL_MAX ? len : USB_CONTROL_MAX),
        };

        return ask(pipe, &get, on_report_descriptor);
}

static void on_reported(struct usb_pipe *pipe, struct slice answer) {
        (void)answer; /* a scanner that takes no report beeps in its own way */
        usb_pipe_sent(pipe);
}

bool usb_pipe_is_request(const struct usb_pipe *pipe, uint8_t id) {
        return !pipe->claim.out || is_feature(pipe, id);
}

int usb_pipe_set_report(struct usb_pipe *pipe, struct slice report) {
        uint8_t id = report.bytes[0];
        size_t skip = id == 0; /* a device without ids gets none */
        const struct libusb_control_setup set = {
                .bmRequestType = TO_INTERFACE_CLASS,
                .bRequest = SET_REPORT,
                .wValue = (uint16_t)((is_feature(pipe, id) ? REPORT_FEATURE : REPORT_OUTPUT) << 8 |
                                     id),
                .wIndex = pipe->claim.interface,
                .wLength = (uint16_t)(report.len - skip),
        };

        if (!pipe->control.pending)
                memcpy(pipe->control.buffer + LIBUSB_CONTROL_SETUP_SIZE, report.bytes + skip,
                       report.len - skip);
        return ask(pipe, &set, on_reported);
}

int usb_pipe_begin(struct usb_pipe *pipe) {
        return pipe->options.function == USB_PRINTER ? ask_device_id(pipe)
                                                     : ask_report_descriptor(pipe);
}
