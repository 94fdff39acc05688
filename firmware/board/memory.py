"""What does the badge keep over a reset? Boots, crashes, the alarm in progress and the airtime spent, in RTC memory.

RTC memory is written in microseconds and outlives every reset but a power cut. So a power-on that finds our record was
no cut but a dip of the supply: the port tells neither from the other (ports/esp32/modmachine.c, reset_cause), and a dip
that was deep enough to lose the record looks like a cut. The chip's reset button may look like a dip, which costs a
second of Wi-Fi.

    mark 1 | boots since the app last ran well 1 | dips 1 | length of the alarm 1 | of the ledger 1
    | what a REPORT tells 14 (firmware/link/frame.py) | alarm | ledger | CRC-16

A watchdog asks nobody first: the facts kept then are those of the last save, ten seconds before at most.
"""

import machine
from firmware.crc import crc16
from firmware.words import CAUSE_DIP, CAUSE_NONE, REPORT_BYTES, REPORT_FACTS, TASK_NONE
from micropython import const

_MARK = const(0x4E)
_REPORT = const(5)
_HEAD = const(19)
_REASON = const(2)
BOOTS_TOO_MANY = const(4)


class Memory:
    """The record in RTC memory; anything there that is not ours counts as empty.

    dips: power-ons that were no power cuts since the app last ran well. report: the REPORT's bytes; whoever saves may
    write the latest facts into it, from REPORT_FACTS on.
    """

    def __init__(self):
        self._rtc = machine.RTC()
        self.boots = 0
        self.crashes = 0
        self.dips = 0
        self.report = bytearray(REPORT_BYTES)
        self._found = False
        self._alarm = b""
        self._ledger = b""
        kept = self._rtc.memory()
        n = len(kept)
        if n >= _HEAD + 2 and kept[0] == _MARK and n == _HEAD + kept[3] + kept[4] + 2:
            if crc16(kept, 0, n - 2) == (kept[n - 2] << 8 | kept[n - 1]):
                self._read(kept)

    def booted(self):
        """Count a boot, and what may be learned from its cause. Called once a life, by boot.py."""
        self.boots = min(self.boots + 1, 255)
        cause = machine.reset_cause()
        if cause == machine.WDT_RESET:
            self._crashed("watchdog", TASK_NONE)
        elif cause == machine.PWRON_RESET and self._found:
            self.dips = min(self.dips + 1, 255)
            cause = CAUSE_DIP
        self.report[0] = self.report[0] & 0xF0 | cause
        self._write()

    def well(self):
        """The app has run for a while: boots and dips before this say nothing any more."""
        self.boots = 0
        self.dips = 0
        self._write()

    def crashed(self, reason, task=TASK_NONE):
        """Count an error of ours that reached a hallway; reason: a word, the first letters of which are kept."""
        self._crashed(reason, task)
        self._write()

    def told(self):
        """A gateway has heard of the crashes."""
        self.crashes = self.report[1] = 0
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

    def _crashed(self, reason, task):
        self.crashes = self.report[1] = min(self.crashes + 1, 255)
        self.report[0] = task << 4 | CAUSE_NONE
        for i in range(REPORT_FACTS - _REASON):
            self.report[_REASON + i] = ord(reason[i]) & 0x7F if i < len(reason) else 0

    def _copy(self, kept, into):
        n = len(kept)
        if n > len(into):
            return 0
        into[:n] = kept
        return n

    def _read(self, kept):
        self._found = True
        self.boots = kept[1]
        self.dips = kept[2]
        ledger_at = _HEAD + kept[3]
        self.report = bytearray(kept[_REPORT:_HEAD])
        self.crashes = self.report[1]
        self._alarm = bytes(kept[_HEAD:ledger_at])
        self._ledger = bytes(kept[ledger_at : ledger_at + kept[4]])

    def _write(self):
        head = bytes((_MARK, self.boots, self.dips, len(self._alarm), len(self._ledger)))
        record = head + self.report + self._alarm + self._ledger
        crc = crc16(record, 0, len(record))
        self._rtc.memory(record + bytes((crc >> 8, crc & 0xFF)))
