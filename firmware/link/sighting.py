"""What does the badge hear around it, by which a gateway that knows the house finds the place?

An access point or a beacon travels as sixteen bits of its address: enough to tell those of one house apart, of no use
to find it on a map of the world. The bits are the same at both ends, so what a house enters is turned into them, too.
"""

from array import array

from firmware.crc import crc16
from firmware.limits import SEEN_MOST
from micropython import const

KIND_WIFI = const(1)  # address: the six bytes of the BSSID
KIND_BLE = const(2)  # the six bytes of the address, as people write it
KIND_IBEACON = const(3)  # uuid 16 | major 2 | minor 2
KIND_EDDYSTONE = const(4)  # of the UID frame: namespace 10 | instance 6

_LEAST_DBM = const(-120)
LEVEL_TOP_DBM = const(-37)
_LEVELS = const(64)


def address_hash(kind, address):
    """Return 1 .. 65535 for bytes that a KIND_ word says how to read."""
    named = bytearray(len(address) + 1)
    named[0] = kind
    named[1:] = address
    return crc16(named, 0, len(named)) or 1


def level(dbm):
    """Return 0 .. 63 for a strength in dBm, the weaker the higher; -37 and above is 0, -100 and below 63."""
    return min(max(LEVEL_TOP_DBM - dbm, 0), _LEVELS - 1)


class Seen:
    """The strongest of what was heard: the first `count` of `hashes` and `levels`, strongest first."""

    def __init__(self):
        self.hashes = array("H", bytes(2 * SEEN_MOST))
        self.levels = bytearray(SEEN_MOST)
        self.count = 0

    def hear(self, kind, address, dbm):
        """Take one of them in, if it is among the strongest; of what is heard twice the stronger word counts."""
        new = level(dbm)
        if not _LEAST_DBM <= dbm < 0 or self.count == SEEN_MOST and new >= self.levels[SEEN_MOST - 1]:
            return  # no receiver of ours measures that, or it is not worth its hash
        hash = address_hash(kind, address)
        at = 0
        while at < self.count and self.hashes[at] != hash:
            at += 1
        if at < self.count and self.levels[at] <= new:
            return
        if at == SEEN_MOST:
            at -= 1
        elif at == self.count:
            self.count += 1
        while at and self.levels[at - 1] > new:
            self.hashes[at] = self.hashes[at - 1]
            self.levels[at] = self.levels[at - 1]
            at -= 1
        self.hashes[at] = hash
        self.levels[at] = new
