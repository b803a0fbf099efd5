# SPDX-License-Identifier: MIT
"""port = auto and profile = auto: which section of the configuration gets what is plugged in. Nothing here can be opened, for umockdev
plays no scanner; tests/usb has devices that speak."""
import os, signal

import pytest

import harness
from harness import Program, wait_until
from site_lab import Api
from umockdev_lab import POS, plugged, under

SERIAL = "serial:/dev/serial/by-path/%s-port"
KEYBOARD = "05010906a101"

OFFICE_KEYBOARD = plugged("1-8", "046d:c31c", "03/01/01", "Keyboard", descriptor=KEYBOARD)
OFFICE_PRINTER = plugged("1-9", "03f0:0042", "07/01/02", "LaserJet", device_id="MFG:HP;MDL:LaserJet;CMD:PCL,PJL;")
ZEBRA_PRINTER = plugged("2-2", "0a5f:0166", "07/01/02", device_id="MANUFACTURER:Zebra ;COMMAND SET:ZPL;MODEL:ZTC ZD421-203dpi ZPL;")


def honeywell(port, tty):
    return plugged(port, "0c2e:0b61", "02/02/01", "Xenon 1950", tty=tty)


class Gateway:
    """An agent that sees what it is told to see, on one ledger."""

    def __init__(self, folder, sections):
        self.folder = folder
        self.api = Api(str(folder / "api.sock"))
        self.program = None
        (folder / "data").mkdir()
        (folder / "tallyd.conf").write_text("[gateway]\nsite = leeds\nid = gw-01\ndata = %s/data\n[station a]\n[station b]\n"
                                            "[api]\nsocket = %s/api.sock\nlisten =\n%s" % (folder, folder, sections))

    def start(self, *devices):
        front, environment = under(self.folder / "plugged.umockdev", *devices)
        self.program = Program(*front, os.path.join(harness.BUILD, "tallyd"), "--config", str(self.folder / "tallyd.conf"),
                               env={**os.environ, "TALLYMAN_PROFILES": os.path.join(harness.ROOT, "firmware-profiles"), **environment})
        self.program.wait_line("ready: gw-01")

    def stop(self):
        if self.program.running():
            os.killpg(self.program.pid, signal.SIGTERM)
        self.program.wait()

    def devices(self):
        return {d["name"]: d for d in self.api.get("/api/v1/devices")["devices"]}


@pytest.fixture
def gateway(tmp_path):
    made = []

    def make(sections):
        made.append(Gateway(tmp_path, sections))
        return made[0]
    yield make
    for each in made:
        each.stop()


LEFT_RIGHT = "[scanner left]\nstation = a\n[scanner right]\nstation = b\n"


def test_without_a_device_it_is_absent_and_says_the_cure(gateway):
    agent = gateway(LEFT_RIGHT)
    agent.start(OFFICE_KEYBOARD, OFFICE_PRINTER)
    left = agent.devices()["left"]
    assert left["state"] == "absent" and "plug it in" in left["detail"] and left["port"] == "auto"


def test_a_scanner_and_a_printer_are_recognised_and_an_office_is_left_alone(gateway):
    agent = gateway("[scanner gun]\nstation = a\n[printer zd]\nstation = a\n")
    agent.start(OFFICE_KEYBOARD, OFFICE_PRINTER, ZEBRA_PRINTER, honeywell("1-2", "ttyACM1"))
    devices = agent.devices()
    assert (devices["gun"]["port"], devices["gun"]["profile"]) == (SERIAL % "1-2", "honeywell-xenon-1950-serial")
    assert (devices["zd"]["port"], devices["zd"]["profile"]) == ("usb:2-2", "zebra-zd421")
    wait_until(lambda: agent.devices()["zd"]["state"] == "offline", 10, "nobody is behind the printer's port")
    assert "plug it in" in agent.devices()["zd"]["detail"]


def test_a_keyboard_is_taken_by_who_names_it(gateway):
    agent = gateway("[scanner port]\nstation = a\nport = usb:1-8\n[scanner profile]\nstation = b\nprofile = generic-hid-keyboard\n")
    agent.start(OFFICE_KEYBOARD, plugged("1-7", "046d:c31c", "03/01/01", "Keyboard", descriptor=KEYBOARD))
    devices = agent.devices()
    assert (devices["port"]["port"], devices["port"]["profile"]) == ("usb:1-8", "generic-hid-keyboard")
    assert devices["profile"]["port"] == "usb:1-7"


def test_two_alike_keep_their_stations_over_a_restart(gateway):
    agent = gateway(LEFT_RIGHT)
    one, two = honeywell("1-1", "ttyACM0"), honeywell("1-2", "ttyACM1")
    agent.start(two, one)
    assert [agent.devices()[name]["port"] for name in ("left", "right")] == [SERIAL % "1-1", SERIAL % "1-2"]
    agent.stop()
    agent.start(honeywell("1-2", "ttyACM0"))  # the first is at home; the second's number is the first's now
    devices = agent.devices()
    assert devices["right"]["port"] == SERIAL % "1-2" and devices["left"]["state"] == "absent"
    agent.stop()
    agent.start(honeywell("1-2", "ttyACM0"), honeywell("1-3", "ttyACM1"))  # and back, elsewhere
    assert [agent.devices()[name]["port"] for name in ("left", "right")] == [SERIAL % "1-3", SERIAL % "1-2"]


def test_what_another_section_names_is_not_taken(gateway):
    agent = gateway("[scanner left]\nstation = a\n[scanner right]\nstation = b\nprofile = honeywell-serial\nport = %s\n" % (SERIAL % "1-1"))
    agent.start(honeywell("1-1", "ttyACM0"))
    devices = agent.devices()
    assert devices["left"]["state"] == "absent" and devices["right"]["profile"] == "honeywell-serial"


def test_of_two_interfaces_of_one_device_the_scanners_is_taken(gateway):
    keyboard = plugged("1-4", "0c2e:0b81", "03/01/01", descriptor=KEYBOARD)
    pos = plugged("1-4", "0c2e:0b81", "03/00/00", descriptor=POS).split("\n\n", 1)[1].replace("1-4:1.0", "1-4:1.1").replace("0B81.", "0B81.9")
    agent = gateway(LEFT_RIGHT)
    agent.start(keyboard + pos)
    devices = agent.devices()
    assert (devices["left"]["port"], devices["left"]["profile"]) == ("usb:1-4", "honeywell-pos")
    assert devices["right"]["state"] == "absent"


def test_a_printer_that_does_not_say_zpl_is_left_alone(gateway):
    silent = plugged("1-5", "03f0:0042", "07/01/02", "LaserJet")
    receipts = plugged("1-6", "1d90:2730", "07/01/02", "CT-S310II", device_id="MFG:CITIZEN;CMD:ESC/POS;MDL:CT-S310II;")
    agent = gateway("[printer zd]\nstation = a\n")
    agent.start(silent, receipts)
    assert agent.devices()["zd"]["state"] == "absent"


def test_a_printer_without_its_driver_is_what_it_was(gateway):
    agent = gateway("[printer zd]\nstation = a\n")
    agent.start(ZEBRA_PRINTER)
    assert agent.devices()["zd"]["profile"] == "zebra-zd421"
    agent.stop()
    agent.start(plugged("2-2", "0a5f:0166", "07/01/02"))  # usblp does not get it back after use
    assert (agent.devices()["zd"]["port"], agent.devices()["zd"]["profile"]) == ("usb:2-2", "zebra-zd421")


def test_a_station_follows_the_socket_and_not_the_buss_number(gateway):
    agent = gateway(LEFT_RIGHT)
    agent.start(plugged("1-1", "0c2e:0b81", "03/00/00", descriptor=POS), plugged("1-2", "0c2e:0b81", "03/00/00", descriptor=POS))
    assert [agent.devices()[name]["port"] for name in ("left", "right")] == ["usb:1-1", "usb:1-2"]
    agent.stop()
    agent.start(plugged("3-2", "0c2e:0b81", "03/00/00", descriptor=POS))  # the same controller, third now
    assert agent.devices()["right"]["port"] == "usb:3-2" and agent.devices()["left"]["state"] == "absent"
