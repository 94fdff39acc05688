"""How does the gateway write keys, and what a group's key seals? The badge only reads it, and never loads this."""

from firmware.link.frame import GROUP_CALL, KEY, _down, put16, put32

OWN = 0  # which key: the badge's own two


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
