"""What may a radio do where in the EU868 band? Data, one place for all of it.

Sources: ETSI EN 300 220-2 V3.2.1, table of operational frequency bands in annex B (letters K to Q), which follows
CEPT ERC/REC 70-03 annex 1. Duty cycle: the share of one hour, any hour, that a device transmits within the band
(EN 300 220-1 V3.1.1, section 5.4.2); powers are e.r.p., so against a half-wave dipole, 2.15 dB above isotropic.
Listen before talk does not lift the limit here: for a device without frequency agility the duty cycle applies all the
same (ERC/REC 70-03 annex 1, notes).

Left out on purpose: 868.6 to 868.7, 869.2 to 869.4 and 869.65 to 869.7 MHz are for alarms of 25 kHz and less
(ERC/REC 70-03 annex 7); LoRa at 125 kHz does not fit. A channel across the edge of two bands is in neither.
"""

from micropython import const

K = const(0)
L = const(1)
M = const(2)  # where LoRaWAN's three default channels are
N = const(3)
P = const(4)  # alarms and acks: the power and the time
Q = const(5)

LOW_KHZ = (863000, 865000, 868000, 868700, 869400, 869700)
HIGH_KHZ = (865000, 868000, 868600, 869200, 869650, 870000)
ERP_DBM = (14, 14, 14, 14, 27, 14)  # 25 mW and 500 mW
DUTY_PERMILLE = (1, 10, 10, 1, 100, 10)

LOWEST_KHZ = const(863000)
ALARM_KHZ = const(869525)  # the middle of band P
BANDWIDTH_KHZ = const(125)

_HOUR_S = const(3600)
_DIPOLE_DB = const(2)  # 2.15 dB, rounded towards less power


def band_of(khz):
    """Return the band that holds a whole 125 kHz channel around `khz`, or -1 where we may not send."""
    for band in range(len(LOW_KHZ)):
        # doubled: half a bandwidth is no whole number of kHz
        if 2 * LOW_KHZ[band] <= 2 * khz - BANDWIDTH_KHZ and 2 * khz + BANDWIDTH_KHZ <= 2 * HIGH_KHZ[band]:
            return band
    return -1


def budget_ms(band):
    """Return how long a device may transmit in `band` within any hour, ms."""
    return _HOUR_S * DUTY_PERMILLE[band]  # permille of an hour in ms: the thousands cancel


def power_dbm(band, antenna_dbi, most_dbm):
    """Return the power to set at the radio's pin, dBm: the law's, at most the radio's own `most_dbm`.

    antenna_dbi: gain over isotropic, losses already taken off, rounded up.
    """
    return min(most_dbm, ERP_DBM[band] + _DIPOLE_DB - antenna_dbi)
