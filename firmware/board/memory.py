"""What does the badge keep over a reset? Boots, crashes, the alarm in progress and the airtime spent, in RTC memory.

RTC memory is written in microseconds and outlives every reset but a power cut. So a power-on that finds our record was
no cut but a dip of the supply: the port tells neither from the other (ports/esp32/modmachine.c, reset_cause), and a dip
that was deep enough to lose the record looks like a cut. The chip's reset button may look like a dip, which costs a
second of Wi-Fi.

    mark 1 | boots since the app last ran well 1 | crashes 1 | dips 1 | length of the alarm 1 | of the ledger 1
    | reason of the last crash 12, ASCII | alarm | ledger | CRC-16
"""

import machine
from firmware.crc import crc16
from micropython import const

_MARK = const(0x4D)
_REASON = const(6)
_REASON_BYTES = const(12)
_HEAD = const(18)
BOOTS_TOO_MANY = const(4)


class Memory:
    """The record in RTC memory; anything there that is not ours counts as empty.

    dips: power-ons that were no power cuts since the app last ran well. reason: the last crash's, in a word.
    """

    def __init__(self):
        self._rtc = machine.RTC()
        self.boots = 0
        self.crashes = 0
        self.dips = 0
        self.reason = ""
        self._found = False
        self._alarm = b""
        self._ledger = b""
        kept = self._rtc.memory()
        n = len(kept)
        if n >= _HEAD + 2 and kept[0] == _MARK and n == _HEAD + kept[4] + kept[5] + 2:
            if crc16(kept, 0, n - 2) == (kept[n - 2] << 8 | kept[n - 1]):
                self._read(kept)

    def booted(self):
        """Count a boot, and what may be learned from its cause. Called once a life, by boot.py."""
        self.boots = min(self.boots + 1, 255)
        cause = machine.reset_cause()
        if cause == machine.WDT_RESET:
            self.crashes = min(self.crashes + 1, 255)
            self.reason = "watchdog"
        elif cause == machine.PWRON_RESET and self._found:
            self.dips = min(self.dips + 1, 255)
        self._write()

    def well(self):
        """The app has run for a while: boots and dips before this say nothing any more."""
        self.boots = 0
        self.dips = 0
        self._write()

    def crashed(self, reason):
        """Count an error of ours that reached a hallway; reason: a word, the first 12 letters of which are kept."""
        self.crashes = min(self.crashes + 1, 255)
        self.reason = reason[:_REASON_BYTES]
        self._write()

    def told(self):
        """A gateway has heard of the crashes; the reason of the last stays for the technician."""
        self.crashes = 0
        self._write()

    def save(self, saved, n):
        """Keep `saved[:n]`, the alarm."""
        self._alarm = bytes(saved[:n])
        self._write()

    def load(self, saved):
        """Copy the kept alarm into `saved`; return its length, 0 if there is none."""
        return self._copy(self._alarm, saved)

    def save_ledger(self, record, n):
        """Keep `record[:n]`, the airtime spent."""
        self._ledger = bytes(record[:n])
        self._write()

    def load_ledger(self, record):
        """Copy the kept airtime into `record`; return its length, 0 if there is none."""
        return self._copy(self._ledger, record)

    def _copy(self, kept, into):
        n = len(kept)
        if n > len(into):
            return 0
        into[:n] = kept
        return n

    def _read(self, kept):
        self._found = True
        self.boots = kept[1]
        self.crashes = kept[2]
        self.dips = kept[3]
        ledger_at = _HEAD + kept[4]
        for i in range(_REASON, _REASON + _REASON_BYTES):
            if 32 < kept[i] < 127:
                self.reason += chr(kept[i])
        self._alarm = bytes(kept[_HEAD:ledger_at])
        self._ledger = bytes(kept[ledger_at : ledger_at + kept[5]])

    def _write(self):
        head = bytearray(_HEAD)
        head[0] = _MARK
        head[1] = self.boots
        head[2] = self.crashes
        head[3] = self.dips
        head[4] = len(self._alarm)
        head[5] = len(self._ledger)
        for i in range(len(self.reason)):
            head[_REASON + i] = ord(self.reason[i]) & 0x7F
        record = bytes(head) + self._alarm + self._ledger
        crc = crc16(record, 0, len(record))
        self._rtc.memory(record + bytes((crc >> 8, crc & 0xFF)))
