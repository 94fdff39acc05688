"""How does a shift go on? Duty, visit and test together: orders, presses and time in, one word of what came of it out.

    orders ─► duty   may the badge watch?         ┐
    press  ─► visit  is a check-in due?           ├─► what must be felt, told or raised
    time   ─► test   do the parts work?           ┘
"""

from firmware.alarm import duty, visit
from firmware.alarm.duty import Duty
from firmware.alarm.visit import MISSED, REMINDED, Visit
from firmware.codes import (
    AT_WORK, KIND_CHECK_IN, KIND_FALL, KIND_STRUGGLE, MODE_CHARGING, MODE_OFF, MODE_TESTING, NO_VISIT, ORDERS,
    ORDER_ALONE, ORDER_NOTHING, ORDER_PRACTICE, ORDER_TEST, ORDER_TIME, ORDER_UPDATE, ORDER_VISIT, PASSED_BUTTON,
    PASSED_MOTOR, PASSED_SENSOR, RED, STILL, TILTED, WHY_NOT_NOW, WHY_UNKNOWN, WHY_WRONG, YELLOW,
)
from firmware.crc import crc16
from firmware.limits import TEST_PRESS_MS
from firmware.ticks import after, due
from micropython import const

IDLE = const(0)
SENSOR = const(1)
ASKING = const(2)
TELLING = const(3)


class DeviceCheck:
    """Do sensor, button and motor work, through to the board? The test at the start of a shift, and every 24 h.

        sensor   the chip's own self-test, seen through its FIFO; the hallway runs it when `sensor_wanted`
        asking   the motor asks, and one press answers: motor felt, button works
        telling  a frame marked TEST goes to the board; its ack ends the test

    `stage` moves on through the calls below. Nothing is injected: a part that did not prove itself is missing from
    `passed` (PASSED_ bits), and the badge is then not ready.
    """

    def __init__(self):
        self.stage = IDLE
        self.passed = 0
        self._due_at = 0

    def begin(self, now):
        """Start, or start again."""
        self.stage = SENSOR
        self.passed = 0
        self._due_at = after(now, TEST_PRESS_MS)

    def sensor_wanted(self):
        """Return whether the hallway should run the sensor's self-test now."""
        return self.stage == SENSOR

    def sensor(self, passed, now):
        """Take the self-test's result; the wearer is asked next."""
        if self.stage == SENSOR:
            self.passed = PASSED_SENSOR if passed else 0
            self.stage = ASKING
            self._due_at = after(now, TEST_PRESS_MS)

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
        if (self.stage == SENSOR or self.stage == ASKING) and due(self._due_at, now):
            self.stage = TELLING
            return True
        return False


# What came of it?
NOTHING = const(0)
CHANGED = const(1)  # the board should know, and a reset should not lose it
PRACTICE_BEGAN = const(2)  # the rest are changes too, and are felt
LEFT_ALONE = const(3)
JOINED = const(4)
CONFIRMED = const(5)  # the wearer has said that all is well
REMIND = const(6)
CHECK_IN_DUE = const(7)
TEST_OVER = const(8)  # what has passed must be told
SAVED_BYTES = duty.SAVED_BYTES + visit.SAVED_BYTES + 2


class Shift:
    """The wearer's shift. Its parts may be read; they change through the calls here. position: heed a lost attitude."""

    def __init__(self, position=True):
        self._position = position
        self.duty = Duty()
        self.visit = Visit()
        self.test = DeviceCheck()
        self.alone = False  # nobody else is within call
        self.update = 0  # the value of an order that firmware/board/update.py is busy with
        self._said = bytearray(ORDERS)  # why the last order of each kind was not carried out: a WHY_ word
        self._asked = False  # after a power cut, until it can be tested

    def mode(self):
        """Return the MODE_ word."""
        return MODE_TESTING if self.test.stage else self.duty.mode()

    def heeds(self, event):
        """Return whether something that body, clip or clock says is heeded now."""
        if event == TILTED and not self._position:
            return False
        if event == STILL and self.visit.colour != YELLOW and self.visit.colour != RED:  # `not in` would allocate
            return False
        return self.duty.watching()

    def order(self, order, value, busy, now):
        """Carry out what the board orders, or say in `why` why not. busy: there is an alarm, or a question."""
        if order >= ORDERS:
            return NOTHING
        self._said[order] = 0
        if order == ORDER_NOTHING or order == ORDER_TIME:
            return NOTHING
        if order == ORDER_VISIT:
            return CHANGED if self.visit.start(value >> 14, value & 0x3FFF, now) else self._refused(order, WHY_WRONG)
        if order == ORDER_TEST:
            if busy:
                return self._refused(order, WHY_NOT_NOW)
            if IDLE < self.test.stage < TELLING:
                return NOTHING  # a copy of another gateway's, perhaps: it is being done
            self.test.begin(now)
            return CHANGED
        if order == ORDER_UPDATE:
            if not self.may_update(value, busy):
                return self._refused(order, WHY_NOT_NOW)
            self.update = value
            return NOTHING
        if order == ORDER_ALONE and value <= 1:
            if bool(value) == self.alone:
                return NOTHING
            self.alone = bool(value)
            return LEFT_ALONE if value else JOINED
        if not self.duty.order(order, value, now):
            return self._refused(order, WHY_WRONG)
        return PRACTICE_BEGAN if order == ORDER_PRACTICE and value else CHANGED

    def may_update(self, value, busy):
        """Return whether an update may go on that was ordered with `value`: only where nobody relies on this badge."""
        mode = self.duty.mode()
        apart = value & AT_WORK or mode == MODE_CHARGING or mode == MODE_OFF
        return bool(apart and not busy and self.visit.colour == NO_VISIT)

    def why(self, order):
        """Return why the last `order` was not carried out, a WHY_ word, or 0 where it was."""
        return self._said[order] if order < ORDERS else WHY_UNKNOWN

    def _refused(self, order, why):
        self._said[order] = why
        return NOTHING

    def asks(self):
        """Return whether the wearer has been asked something that one press answers."""
        return self.visit.asked or self.test.stage == ASKING

    def pressed(self, now):
        """Take a single press that no question of an alarm has used up."""
        asked = self.visit.asked
        if asked:  # it feels as the test does: who presses has answered both
            self.visit.confirm(now)
        if self.test.pressed():
            return TEST_OVER
        return CONFIRMED if asked else NOTHING

    def denied(self, kind, practice, now):
        """The wearer has said no to a question about an alarm of `kind`. practice: it was one."""
        if kind == KIND_FALL or kind == KIND_STRUGGLE:
            self.visit.follow_up(practice, now)
        elif kind == KIND_CHECK_IN:
            self.visit.confirm(now)

    def charging(self, on, percent, still_ms, now):
        """Note the charger, as Duty.charging has it. Taken off it, a shift begins, with its test."""
        before = self.duty.mode()
        if self.duty.charging(on, percent, still_ms, now):
            self.test.begin(now)
        return CHANGED if self.duty.mode() != before else NOTHING

    def tick(self, busy, now, holds_check_in):
        """Let time pass; return the first word that is due; the others follow at the next calls.

        busy: there is an alarm, or a question. holds_check_in: a missed check-in would add nothing to it.
        """
        watching = self.duty.watching()
        if holds_check_in:
            self.visit.confirm(now)
        if self._asked and watching and not busy:
            self._asked = False
            self.test.begin(now)
            return CHANGED
        word = self.visit.tick(watching, now)
        if word == MISSED:
            return CHECK_IN_DUE
        if word == REMINDED:
            return REMIND
        if self.test.tick(now):
            return TEST_OVER
        return CHANGED if self.duty.tick(now) else NOTHING

    def save(self, buf, at, now):
        """Write SAVED_BYTES into `buf` from `at`, with a check of their own."""
        self.duty.save(buf, at, now)
        self.visit.save(buf, at + duty.SAVED_BYTES, now)
        end = at + SAVED_BYTES - 2
        crc = crc16(buf, at, end)
        buf[end] = crc >> 8
        buf[end + 1] = crc & 0xFF

    def load(self, buf, at, now, undated):
        """Go on with what `save` wrote; damaged bytes change nothing. undated: nobody knows how long ago it was."""
        self._asked = undated
        end = at + SAVED_BYTES - 2
        if crc16(buf, at, end) == buf[end] << 8 | buf[end + 1]:
            if not undated:
                self.duty.load(buf, at, now)
            self.visit.load(buf, at + duty.SAVED_BYTES, now, undated)
