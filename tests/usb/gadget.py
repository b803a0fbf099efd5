# SPDX-License-Identifier: MIT
"""USB devices that the guest's own kernel plays, through configfs, each on a bus of its own.

    scanner = Gadget(1, 0x0c2e, 0x0e01, "Honeywell", "HID POS", hid(POS_REPORT, 64))
    scanner.make(); scanner.plug(); scanner.unplug()

dummy_hcd joins controller N of the device side to host controller N, so bus N is where gadget N is plugged in: that is
how two identical devices stand at two ports. Its cable is the binding to the controller: what was under way is lost, and
the device side's node goes and comes with it. (The controller's soft_connect does not serve: after it dummy_hcd answers
nothing any more, seen with 6.1.0-56.)
"""
import glob, os, subprocess

from harness import wait_until
from patience import patient

CONFIGFS = "/sys/kernel/config/usb_gadget"
BUSES = 9


def modules():
    subprocess.run(["modprobe", "-a", "libcomposite", "usb_f_acm", "usb_f_hid", "usb_f_printer"], check=True)
    if not os.path.isdir("/sys/module/dummy_hcd"):
        subprocess.run(["modprobe", "dummy_hcd", "num=%d" % BUSES], check=True)
    if not os.path.isdir(CONFIGFS):
        subprocess.run(["mount", "-t", "configfs", "none", "/sys/kernel/config"], check=True)


def write(path, value):
    """In one write: configfs and sysfs take each write for a whole value."""
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, value if isinstance(value, bytes) else str(value).encode())
    finally:
        os.close(fd)


def read(path):
    with open(path) as f:
        return f.read().strip()


# ---- functions: the folder's name in configfs and its attributes --------------------------------------------------

def acm():
    return "acm", {}


def hid(report_descriptor, report_length, boot_keyboard=False, out_endpoint=True):
    """Without an endpoint for them, output reports come as control requests: both kinds are sold."""
    boot = 1 if boot_keyboard else 0
    return "hid", {"report_desc": report_descriptor, "report_length": report_length, "protocol": boot, "subclass": boot,
                   "no_out_endpoint": 0 if out_endpoint else 1}


def printer(device_id):
    # f_printer forgets the two length bytes of the device id, which cuts its last two characters: pad with two.
    return "printer", {"q_len": 10, "pnp_string": device_id + "  "}


class Gadget:
    printers = []  # who has which number of f_printer's: each takes the first that is free
    def __init__(self, bus, vendor, product, maker, model, function, serial=""):
        self.bus, self.vendor, self.product = bus, vendor, product
        self.maker, self.model, self.serial = maker, model, serial
        self.kind, self.attributes = function
        self.name = "g%d" % bus
        self.folder = os.path.join(CONFIGFS, self.name)
        self.function = os.path.join(self.folder, "functions", "%s.%s" % (self.kind, self.name))
        self.plugged = False

    @property
    def made(self):
        return os.path.isdir(self.folder)

    # ---- the device's side

    def make(self):
        """Builds it, unplugged."""
        os.mkdir(self.folder)
        for name, value in (("idVendor", hex(self.vendor)), ("idProduct", hex(self.product)), ("bcdUSB", "0x0200")):
            write(os.path.join(self.folder, name), value)
        strings = os.path.join(self.folder, "strings", "0x409")
        os.mkdir(strings)
        for name, value in (("manufacturer", self.maker), ("product", self.model), ("serialnumber", self.serial)):
            if value:  # a write of nothing is refused
                write(os.path.join(strings, name), value)
        os.mkdir(os.path.join(self.folder, "configs", "c.1"))
        os.mkdir(self.function)
        if self.kind == "printer":
            Gadget.printers.append(None)
            Gadget.printers[Gadget.printers.index(None)] = self
        for name, value in self.attributes.items():
            write(os.path.join(self.function, name), value)
        os.symlink(self.function, os.path.join(self.folder, "configs", "c.1", os.path.basename(self.function)))
        return self

    def unmake(self):
        """f_hid has room for four: what a test does not need must go."""
        config = os.path.join(self.folder, "configs", "c.1")
        os.unlink(os.path.join(config, os.path.basename(self.function)))
        for folder in (config, self.function, os.path.join(self.folder, "strings", "0x409"), self.folder):
            os.rmdir(folder)
        if self.kind == "printer":
            Gadget.printers[Gadget.printers.index(self)] = None

    def node(self):
        """The device side's node, where what it says is written."""
        if self.kind == "acm":
            return "/dev/ttyGS" + read(os.path.join(self.function, "port_num"))
        if self.kind == "hid":
            return os.path.realpath("/dev/char/" + read(os.path.join(self.function, "dev")))
        return "/dev/g_printer%d" % Gadget.printers.index(self)

    def unplug(self):
        """Pulls the cable."""
        self.plugged = False
        write(os.path.join(self.folder, "UDC"), "\n")

    def plug(self):
        """Puts it in. The host finds it when it does: see wait_host()."""
        write(os.path.join(self.folder, "UDC"), "dummy_udc.%d" % self.bus)
        self.plugged = True

    # ---- the host's side

    def root(self):
        return glob.glob("/sys/devices/platform/dummy_hcd.%d/usb*" % self.bus)[0]

    @property
    def path(self):
        """The port as the kernel names it, "3-1"."""
        return os.path.basename(self.root())[len("usb"):] + "-1"

    def host(self, *names):
        return os.path.join(self.root(), self.path, *names)

    def interface(self, *names):
        return self.host(self.path + ":1.0", *names)

    def wait_host(self):
        # the kernel gives out bConfigurationValue only when its drivers have looked at the device
        wait_until(lambda: read(self.host("bConfigurationValue")), patient(10), "%s is configured" % self.model, step=0.02)
        subprocess.run(["udevadm", "settle", "--timeout=20"], check=False)

    def driver(self):
        """Who has its first interface: "usbhid", "usblp", "usbfs", or None."""
        try:
            return os.path.basename(os.readlink(self.interface("driver")))
        except OSError:
            return None

    def usbfs_node(self):
        return "/dev/bus/usb/%03d/%03d" % (int(read(self.host("busnum"))), int(read(self.host("devnum"))))

    def tty(self):
        """The host's name for a serial scanner that does not change with the next plug."""
        names = glob.glob("/dev/serial/by-path/*dummy_hcd.%d-*" % self.bus)
        return names[0] if names else None

    def input_node(self):
        found = glob.glob(self.interface("*", "input", "input*", "event*"))
        return "/dev/input/" + os.path.basename(found[0]) if found else None

    def hidraw_node(self):
        found = glob.glob(self.interface("*", "hidraw", "hidraw*"))
        return "/dev/" + os.path.basename(found[0]) if found else None
