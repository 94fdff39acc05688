"""Which Bluetooth beacons are around? Loaded only where board file and settings say so.

The stack is started with the badge, when a stall harms nobody, and listens only when it is asked to, and half of the
time, since Wi-Fi has the other half of the radio. It calls from a task of its own. An iBeacon or an Eddystone is known
by what it says of itself, any other by its address, if that lasts: telephones change theirs every few minutes.
"""

from bluetooth import BLE
from firmware.link.sighting import KIND_BLE, KIND_EDDYSTONE, KIND_IBEACON
from micropython import const

_RESULT = const(5)  # _IRQ_SCAN_RESULT
_EVERY_US = const(100000)
_WINDOW_US = const(50000)
_IBEACON = b"\xff\x4c\x00\x02\x15"  # the kind of field, Apple, iBeacon, 21 bytes
_EDDYSTONE = b"\x16\xaa\xfe"  # service data of Eddystone
_UID = const(0)


def known(lasts, address, data):
    """Return (kind, the bytes it is known by) of an advertisement, or None. lasts: whether the address does."""
    at = 0
    while at + 1 < len(data):
        end = at + 1 + data[at]
        field = bytes(data[at + 1 : end])
        if field[:5] == _IBEACON and len(field) >= 25:
            return KIND_IBEACON, field[5:25]
        if field[:3] == _EDDYSTONE:
            return (KIND_EDDYSTONE, field[5:21]) if len(field) >= 21 and field[3] == _UID else None
        at = max(end, at + 1)
    return (KIND_BLE, address) if lasts else None


class Beacons:
    """The Bluetooth receiver. Raises OSError where it cannot be had."""

    def __init__(self):
        self._ble = BLE()
        self._ble.active(True)
        self._ble.irq(self._hear)
        self._seen = None

    def listen(self, seen, ms):
        """Let `seen` hear for `ms` what is around; return whether it does."""
        self._seen = seen
        self._ble.gap_scan(ms, _EVERY_US, _WINDOW_US)
        return True

    def _hear(self, event, data):
        if event == _RESULT:
            kind, address, _, dbm, said = data
            found = known(not kind or kind == 1 and address[0] >> 6 == 3, address, said)  # public, or random and static
            if found:
                self._seen.hear(found[0], found[1], dbm)
