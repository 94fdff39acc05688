"""What does the badge keep over a reset? Failures, the alarm in progress and the airtime spent, in RTC memory.

RTC memory is written in microseconds and outlives every reset but a power cut. What is learned from the record while a
badge comes up stands in firmware/board/boot_history.py.

    mark 1 | failures not forgiven 1 | dips 1 | times that the lifeboat gave way 1 | how this life ends 1
    | length of the alarm 1 | of the ledger 1 | what a REPORT tells 14 (firmware/link/frame.py) | alarm | ledger
    | CRC-16                                             boot.py reads the first two, before it trusts this file

A watchdog asks nobody first: the facts kept then are those of the last save, ten seconds before at most.
"""

import machine
from firmware.codes import CAUSE_NONE, REPORT_BYTES, REPORT_FACTS, TASK_NONE
from firmware.crc import crc16
from micropython import const

_MARK = const(0x4F)
_REPORT = const(7)
_HEAD = const(21)
_REASON = const(2)
_RUNS = const(0)  # how a life ends: it runs; somebody has ordered the next; its failure is counted already
_ORDERED = const(1)
_COUNTED = const(2)
_FAILED_MOST = const(4)


class RtcMemory:
    """The record in RTC memory; anything there that is not ours counts as empty.

    failed: starts that nobody ordered, less those forgiven. dips: power-ons that were no power cuts since the app last
    ran well. gave_way: how often the lifeboat has let the app try again since nothing was left to forgive. report: the
    REPORT's bytes; whoever saves may write the latest facts into it, from REPORT_FACTS on.
    """

    def __init__(self):
        self._part = machine.RTC()
        self.failed = 0
        self.crashes = 0
        self.dips = 0
        self.gave_way = 0
        self.report = bytearray(REPORT_BYTES)
        self._ends = _RUNS
        self._found = False
        self._alarm = b""
        self._ledger = b""
        kept = self._part.memory()
        n = len(kept)
        if n >= _HEAD + 2 and kept[0] == _MARK and n == _HEAD + kept[5] + kept[6] + 2:
            if crc16(kept, 0, n - 2) == (kept[n - 2] << 8 | kept[n - 1]):
                self._read(kept)

    def ordered(self):
        """Whatever ends this life, somebody wanted it."""
        self._ends = _ORDERED
        self._write()

    def counted(self):
        """The failure that ends this life has been counted as a crash."""
        self._ends = _COUNTED
        self._write()

    def forgive(self):
        """The app has run well for an hour."""
        self.failed = max(min(self.failed, _FAILED_MOST) - 1, 0)
        if not self.failed:
            self.gave_way = 0
        self._write()

    def well(self):
        """The app has run for a while: dips before this say nothing any more."""
        self.dips = 0
        self._write()

    def crashed(self, why, task=TASK_NONE):
        """Count an error of ours that reached a hallway; why: a word, the first letters of which are kept."""
        self._crashed(why, task)
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

    def _crashed(self, why, task):
        self.crashes = self.report[1] = min(self.crashes + 1, 255)
        self.report[0] = task << 4 | CAUSE_NONE
        for i in range(REPORT_FACTS - _REASON):
            self.report[_REASON + i] = ord(why[i]) & 0x7F if i < len(why) else 0

    def _copy(self, kept, buf):
        n = len(kept)
        if n > len(buf):
            return 0
        buf[:n] = kept
        return n

    def _read(self, kept):
        self._found = True
        self.failed = kept[1]
        self.dips = kept[2]
        self.gave_way = kept[3] & 7  # the lifeboat waits for two minutes, doubled as often
        self._ends = kept[4]
        ledger_at = _HEAD + kept[5]
        self.report = bytearray(kept[_REPORT:_HEAD])
        self.crashes = self.report[1]
        self._alarm = bytes(kept[_HEAD:ledger_at])
        self._ledger = bytes(kept[ledger_at : ledger_at + kept[6]])

    def _write(self):
        head = bytes((_MARK, self.failed, self.dips, self.gave_way, self._ends, len(self._alarm), len(self._ledger)))
        record = head + self.report + self._alarm + self._ledger
        crc = crc16(record, 0, len(record))
        self._part.memory(record + bytes((crc >> 8, crc & 0xFF)))
