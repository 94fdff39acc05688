"""How long does a LoRa frame stay in the air? Whole microseconds, exact to the formula of the data sheet.

Semtech SX1261/2 data sheet, section 6.1.4 "LoRa time-on-air"; the SX1276 data sheet, section 4.1.1.7, says the same in
other words. At 125 kHz a symbol lasts 2^SF / 125000 s = 8 * 2^SF us, so a quarter of one is a whole number, and so
is every time on air. No number on the way reaches 2^30, and nothing is allocated.

    symbols = preamble + 4.25 + 8 + ceil(max(8 n + 16 crc - 4 SF + 8 + 20 header, 0) / (4 (SF - 2 ldro))) * (4 + CR)

Only 125 kHz is asked for here: band P is 250 kHz wide, and 125 leave its edges alone.
"""

from micropython import const

PREAMBLE = const(8)

_LDRO_FROM_SF = const(11)  # low data rate optimisation is due from symbols of 16 ms on


def airtime_us(n, sf, preamble=PREAMBLE):
    """Return the time on air of `n` bytes (0 .. 255), us. sf: 7 .. 12. preamble: programmed symbols, 32,000 at most.

    As our radios are set: CR is 1 (4/5), with header and CRC, and low data rate optimisation from SF11 on.
    """
    per_block = 4 * (sf - 2 if sf >= _LDRO_FROM_SF else sf)
    blocks = (8 * n - 4 * sf + 44 + per_block - 1) // per_block
    return (4 * (preamble + 8 + 5 * blocks) + 17) * (2 << sf)


def airtime_ms(n, sf):
    """Return the time on air of one of our frames, ms, rounded up: what the law counts is never less."""
    return (airtime_us(n, sf) + 999) // 1000
