"""Do sensor, button and motor work, through to the board? The test at the start of a shift, and every 24 h.

    sensor   the chip's own self-test, seen through its FIFO; the hallway runs it when `sensor_wanted`
    asking   the motor asks, and one press answers: motor felt, button works
    telling  a frame marked TEST goes to the board; its ack ends the test

Nothing is injected: a part that did not prove itself is missing from `passed`, and the badge is then not ready.
"""

from firmware.codes import PASSED_BUTTON, PASSED_MOTOR, PASSED_SENSOR
from firmware.limits import TEST_PRESS_MS
from firmware.ticks import after, due
from micropython import const

IDLE = const(0)
SENSOR = const(1)
ASKING = const(2)
TELLING = const(3)


class DeviceCheck:
    """One test. `stage` moves on through the calls below; `passed` holds PASSED_ bits."""

    def __init__(self):
        self.stage = IDLE
        self.passed = 0
        self._deadline = 0

    def begin(self, now):
        """Start, or start again."""
        self.stage = SENSOR
        self.passed = 0
        self._deadline = after(now, TEST_PRESS_MS)

    def sensor_wanted(self):
        """Return whether the hallway should run the sensor's self-test now."""
        return self.stage == SENSOR

    def sensor(self, right, now):
        """Take the self-test's result; the wearer is asked next."""
        if self.stage == SENSOR:
            self.passed = PASSED_SENSOR if right else 0
            self.stage = ASKING
            self._deadline = after(now, TEST_PRESS_MS)

    def pressed(self):
        """Take a single press; return whether it belonged to the test."""
        if self.stage != ASKING:
            return False
        self.passed |= PASSED_BUTTON | PASSED_MOTOR
        self.stage = TELLING
        return True

    def end(self):
        """It has been told, or something graver has come."""
        self.stage = IDLE

    def tick(self, now):
        """Let time pass; return True if nobody has answered, and what has passed must be told as it is."""
        if (self.stage == SENSOR or self.stage == ASKING) and due(self._deadline, now):
            self.stage = TELLING
            return True
        return False
