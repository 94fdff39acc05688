"""What does the badge keep over a power cut? Counters, the alarm in progress and the airtime pledged, in NVS.

Two slots take turns for each record: a sequence number and a CRC tell which is whole and newest, so that a cut at any
byte of a write leaves the one before.
"""

from esp32 import NVS
from firmware.board.nvs_page import NvsPage
from firmware.crc import crc16
from firmware.limits import COUNTER_BLOCK
from micropython import const

_ALARM = ("alarm_a", "alarm_b")
_LEDGER = ("ledger_a", "ledger_b")
_HEAD = const(2)  # sequence, length
_ALARM_BYTES = const(76)
_PAIRING_BYTES = const(768)
_SETTINGS_MOST = const(4096)  # of its letters; all settings take 600, and what is longer must not fill the heap
_COUNTERS = const(0x3FFFFFFF)  # firmware/link/frame.py
_NOT_FOUND = const(-0x1102)  # ESP_ERR_NVS_NOT_FOUND
_NOT_OPEN = const(-0x1107)  # ESP_ERR_NVS_INVALID_HANDLE


class Record:
    """One record of at most `most` bytes in two keys of `nvs`, written by `page`. Raises OSError if the flash does."""

    def __init__(self, nvs, keys, most, page):
        self.nvs = nvs
        self.page = page
        self.keys = keys
        self._buf = bytearray(_HEAD + most + 2)
        self._number = 0
        self._newest()  # also for who never loads: what is saved first must be newer than all that is there

    def save(self, saved, n):
        """Write `saved[:n]` into the older slot."""
        sequence = (self._number + 1) & 0xFF
        buf = self._buf
        buf[0] = sequence
        buf[1] = n
        for i in range(n):
            buf[_HEAD + i] = saved[i]
        crc = crc16(buf, 0, _HEAD + n)
        buf[_HEAD + n] = crc >> 8
        buf[_HEAD + n + 1] = crc & 0xFF
        self.page.bytes(self.keys[sequence & 1], bytes(buf[: _HEAD + n + 2]))
        self._number = sequence

    def load(self, saved):
        """Read the newest whole slot into `saved`; return its length, 0 if there is none."""
        found = self._newest()
        n = self._slot(found) if found >= 0 else 0
        if n > len(saved):
            return 0
        for i in range(n):
            saved[i] = self._buf[_HEAD + i]
        return n

    def empty(self):
        """Return whether neither key was ever written, which is more than that neither can be read."""
        for key in self.keys:
            try:
                self.nvs.get_blob(key, self._buf)
                return False
            except OSError as error:
                if error.args[0] != _NOT_FOUND:
                    return False
        return True

    def _newest(self):
        found = -1
        for slot in range(2):
            # newer on a circle of 256: slots take turns, so the two differ by one
            if self._slot(slot) and (found < 0 or (self._buf[0] - self._number) & 0xFF < 128):
                found = slot
                self._number = self._buf[0]
        return found

    def _slot(self, slot):
        try:
            size = self.nvs.get_blob(self.keys[slot], self._buf)
        except OSError:
            return 0
        n = size - _HEAD - 2
        if n < 1 or self._buf[1] != n:
            return 0
        crc = self._buf[_HEAD + n] << 8 | self._buf[_HEAD + n + 1]
        return n if crc16(self._buf, 0, _HEAD + n) == crc else 0


class Lost:
    """Stands for an NVS that cannot be opened: none of its doors does."""

    def __getattr__(self, name):
        raise OSError(_NOT_OPEN)


def opened():
    """Return the NVS namespace `kald`."""
    try:
        return NVS("kald")
    except OSError as error:
        print("kald: flash keeps nothing:", error)
        return Lost()


class NvsStore:
    """NVS namespace `kald`. Raises OSError when the flash does."""

    def __init__(self):
        self.nvs = opened()
        self.page = NvsPage(self.nvs)
        self.ahead = self.page.ahead
        self._alarm = Record(self.nvs, _ALARM, _ALARM_BYTES, self.page)

    def pairing(self):
        """Return the pairing's text, or "" if this badge is not paired."""
        buf = bytearray(_PAIRING_BYTES)
        try:
            n = self.nvs.get_blob("pairing", buf)
        except OSError:
            return ""
        return str(bytes(buf[:n]), "utf-8")

    def settings(self):
        """Return the text of the house's settings, "{}" if it has none. Raises ValueError for what is no text."""
        try:
            with open("/settings.json") as file:
                return file.read(_SETTINGS_MOST)
        except OSError:
            return "{}"
        except UnicodeError:
            raise ValueError("settings.json is no text")

    def rekey(self, keys):
        """Keep the 32 bytes of `keys`, which from now on stand instead of the pairing's."""
        self.page.bytes("keys", keys)

    def reserve(self):
        """Reserve the next block of counters in flash and return its first; the block has COUNTER_BLOCK of them.

        Raises OSError when there is none to be had: none is left, or the counter was lost.
        """
        start = self.nvs.get_i32("counter")
        if not 0 <= start <= _COUNTERS - COUNTER_BLOCK:
            raise OSError(_NOT_FOUND)
        self.page.number("counter", start + COUNTER_BLOCK)
        return start

    def lose(self):
        """The counter in flash is older than what was sent: reserve nothing more until this badge is paired again."""
        self.page.number("counter", -1)

    def unused(self):
        """Return whether no counter has been reserved since the pairing, so that no frame was ever sent under it."""
        try:
            return self.nvs.get_i32("counter") == 0
        except OSError:
            return False

    def save(self, saved, n):
        """Write `saved[:n]`, the alarm."""
        self._alarm.save(saved, n)

    def load(self, saved):
        """Read the alarm into `saved`; return its length, 0 if there is none."""
        return self._alarm.load(saved)

    def ledger(self, most):
        """Return the Record for `most` bytes of airtime; made when asked for, since a badge without LoRa needs none."""
        return Record(self.nvs, _LEDGER, most, self.page)
