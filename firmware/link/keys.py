"""How does the gateway write the frames that carry keys? The badge only reads them, and never loads this."""

from firmware.link.frame import KEY, _down, put16

OWN = 0  # which key: the badge's own two


def key(buf, device, gateway, counter, heard, which, secret):
    """Write a KEY with the 16 bytes of `secret`; return its unsealed length."""
    _down(buf, KEY, device, gateway, counter, heard)
    put16(buf, 12, which)
    buf[14:30] = secret
    return 30
