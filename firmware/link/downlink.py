"""How does a gateway write what a badge reads, and read a badge's SIGHTING (frame.py)? No badge loads this."""

from firmware.link.frame import (
    ACK, CALL, GROUP_CALL, KEY, ORDER, ORDER_AGAIN, SIGHTING, STAND_DOWN, STEP, UP_HEAD, expected, put16, put32,
)
from firmware.link.sighting import LEVEL_TOP_DBM

OWN = 0  # which key: the badge's own two
_SEEN_BITS = 22  # of one observation


def _down(buf, type, device, gateway, counter, heard):
    buf[0] = type
    put16(buf, 1, device)
    buf[3] = gateway
    put32(buf, 4, counter)
    put32(buf, 8, heard)


def ack(buf, device, gateway, counter, status):
    """Write an ACK of the uplink `counter`; return its unsealed length."""
    buf[0] = ACK
    put16(buf, 1, device)
    buf[3] = gateway
    put16(buf, 4, counter)
    buf[6] = status
    return 7


def step(buf, device, gateway, counter, heard, alarm_id, step, responder):
    """Write a STEP; return its unsealed length."""
    _down(buf, STEP, device, gateway, counter, heard)
    put32(buf, 12, alarm_id)
    buf[16] = step
    put16(buf, 17, responder)
    return 19


def call(buf, device, gateway, counter, heard, caller, alarm_id, kind):
    """Write a CALL; return its unsealed length."""
    _down(buf, CALL, device, gateway, counter, heard)
    put16(buf, 12, caller)
    put32(buf, 14, alarm_id)
    buf[18] = kind
    return 19


def stand_down(buf, device, gateway, counter, heard, caller, alarm_id):
    """Write a STAND_DOWN; return its unsealed length."""
    _down(buf, STAND_DOWN, device, gateway, counter, heard)
    put16(buf, 12, caller)
    put32(buf, 14, alarm_id)
    return 18


def order(buf, device, gateway, counter, heard, order, value):
    """Write an ORDER; return its unsealed length."""
    _down(buf, ORDER, device, gateway, counter, heard)
    buf[12] = order
    put16(buf, 13, value)
    return 15


def order_again(buf, device, gateway, counter, heard, which, value, since):
    """Write an ORDER_AGAIN, whose first copy was sent `since` counters ago; return its unsealed length."""
    order(buf, device, gateway, counter, heard, which, value)
    buf[0] = ORDER_AGAIN
    buf[15] = since >> 16
    put16(buf, 16, since & 0xFFFF)
    return 18


def key(buf, device, gateway, counter, heard, which, secret):
    """Write a KEY with the 16 bytes of `secret`; return its unsealed length."""
    _down(buf, KEY, device, gateway, counter, heard)
    put16(buf, 12, which)
    buf[14:30] = secret
    return 30


def group_call(buf, number, gateway, counter, caller, alarm_id, kind):
    """Write a GROUP_CALL to all who have the group's key `number`; return its unsealed length."""
    buf[0] = GROUP_CALL
    put16(buf, 1, number)
    buf[3] = gateway
    put32(buf, 4, counter)
    put16(buf, 8, caller)
    put32(buf, 10, alarm_id)
    buf[14] = kind
    return 15


def seen(n):
    """Return how many observations a SIGHTING of `n` unsealed bytes has, 0 for a length that none has."""
    count = (n - UP_HEAD) * 8 // _SEEN_BITS
    whole = n == UP_HEAD + (count * _SEEN_BITS + 7) // 8
    return count if whole and 0 < count and n <= expected(SIGHTING) else 0


def fits(type, n):
    """Return whether a frame of this type may have `n` unsealed bytes."""
    return seen(n) > 0 if type == SIGHTING else n == expected(type) > 0


def observations(buf, n):
    """Return [(hash, dBm)] of the opened SIGHTING `buf[:n]`, strongest first as the badge has put them."""
    count = seen(n)
    bits = int.from_bytes(bytes(buf[UP_HEAD:n]), "big") >> (8 * (n - UP_HEAD) - _SEEN_BITS * count)
    found = []
    for i in range(count):
        one = bits >> _SEEN_BITS * (count - 1 - i)
        if one >> 6 & 0xFFFF:
            found.append((one >> 6 & 0xFFFF, LEVEL_TOP_DBM - (one & 0x3F)))
    return found
