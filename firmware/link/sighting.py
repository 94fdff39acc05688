"""What does the badge hear around it, by which a gateway that knows the house finds the place?

An access point or a beacon travels as sixteen bits of its address: enough to tell those of one house apart, of no use
to find it on a map of the world. The bits are the same at both ends, so what a house enters is turned into them, too.
"""

from firmware.crc import crc16
from micropython import const

KIND_WIFI = const(1)  # address: the six bytes of the BSSID
KIND_BLE = const(2)  # the six bytes of the address, as people write it
KIND_IBEACON = const(3)  # uuid 16 | major 2 | minor 2
KIND_EDDYSTONE = const(4)  # of the UID frame: namespace 10 | instance 6
KIND_BRIDGE = const(5)  # no badge says it: the gateway's own word for a bridge that has heard the badge; its number 2

LEVEL_TOP_DBM = const(-37)
LEVELS = const(64)


def address_hash(kind, address):
    """Return 1 .. 65535 for bytes that a KIND_ word says how to read."""
    return crc16(bytes((kind,)) + bytes(address), 0, len(address) + 1) or 1


def level(dbm):
    """Return 0 .. 63 for a strength in dBm, the weaker the higher; -37 and above is 0, -100 and below 63."""
    return min(max(LEVEL_TOP_DBM - dbm, 0), LEVELS - 1)
