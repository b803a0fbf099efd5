# SPDX-License-Identifier: MIT
"""How much longer everything takes here than on a machine of its own: software emulation is 9 to 15 times slower."""
import os

FACTOR = float(os.environ.get("TALLY_PATIENCE", "10"))


def patient(seconds):
    """A limit that holds here. For waits that end with an event, never for sleeps."""
    return seconds * FACTOR
