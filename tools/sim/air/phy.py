"""How does a LoRa frame look from outside: how long are its parts, how weak may it be, what may lie over it?

Times after the SX1261/2 data sheet, 6.1.4, in a form of its own: the product has another one, and a test compares them.
Weakest signal: SX1276 data sheet table 13 (SNR limits per SF) over thermal noise and a noise figure of 6 dB. Of two
frames of one SF the stronger by 6 dB survives; another SF disturbs when it is 16 dB stronger (both after Croce et al.,
IEEE Communications Letters 22(4), 2018, rounded). Five symbols of the preamble make a receiver lock (Bor et al., "Do
LoRa low-power wide-area networks scale?", MSWiM 2016).
"""

from math import log

CAPTURE_DB = 6
OTHER_SF_DB = -16
DETECT_SYMBOLS = 5
NOISE_FIGURE_DB = 6
_SNR_LIMIT_DB = {7: -7.5, 8: -10, 9: -12.5, 10: -15, 11: -17.5, 12: -20}


def decibel(ratio: float) -> float:
    """Return a ratio of powers in dB."""
    return 10 * log(ratio) / log(10)


def noise_dbm(bw_hz: int) -> float:
    """Return the noise that a receiver has in `bw_hz`, dBm: -117 at 125 kHz."""
    return -174 + decibel(bw_hz) + NOISE_FIGURE_DB


def weakest_dbm(sf: int, bw_hz: int) -> float:
    """Return the weakest signal that is still read, dBm: -124.5 at SF7 and 125 kHz."""
    return noise_dbm(bw_hz) + _SNR_LIMIT_DB[sf]


def symbol_us(sf: int, bw_hz: int) -> int:
    """Return how long a symbol lasts, us, a whole number at the bandwidths that are used."""
    return (1000000 << sf) // bw_hz


class Shape:
    """How a frame of `n` bytes is sent. coding: 1 .. 4 for 4/5 .. 4/8. Raises ValueError for an SF outside 7 .. 12.

    preamble_us, header_us, airtime_us: how far into the frame its preamble (without the 4.25 symbols of sync word
    and start), its header block and it itself end.
    """

    def __init__(self, n: int, sf: int, bw_hz: int = 125000, preamble: int = 8, coding: int = 1, header: bool = True,
                 crc: bool = True, ldro: bool | None = None) -> None:
        if sf not in _SNR_LIMIT_DB:
            raise ValueError("SF 7 to 12 are simulated")
        quarter_us = (250000 << sf) / bw_hz
        slow = symbol_us(sf, bw_hz) > 16000 if ldro is None else ldro
        self.sf = sf
        self.bw_hz = bw_hz
        self.header = header
        self.crc = crc
        self.symbol_us = symbol_us(sf, bw_hz)
        bits = 8 * n + (16 if crc else 0) + (20 if header else 0) - 4 * (sf - 2)
        blocks = 0
        while bits > 0:
            blocks += 1
            bits -= 4 * (sf - 2 if slow else sf)
        self.preamble_us = int(4 * preamble * quarter_us)
        self.header_us = int((4 * (preamble + 8) + 17) * quarter_us)
        self.airtime_us = int((4 * (preamble + 8 + blocks * (4 + coding)) + 17) * quarter_us)


class Dice:
    """The same chances from one seed on every Python (xorshift, 32 bits; Marsaglia 2003)."""

    def __init__(self, seed: int) -> None:
        self._x = (seed * 2654435761 + 88172645) & 0xFFFFFFFF or 1

    def below(self, n: int) -> int:
        """Return a number from 0 to n - 1."""
        x = self._x
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self._x = x
        return x % n
