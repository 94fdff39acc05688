"""Are the bands the law's, and does a channel have to fit into one?"""

import pytest

from firmware.link import region


@pytest.mark.parametrize(
    "khz, band",
    [
        (863100, region.K), (866000, region.L), (868100, region.M), (868300, region.M), (868500, region.M),
        (868900, region.N), (869525, region.P), (869463, region.P), (869850, region.Q),
        (868650, -1),  # alarms of 25 kHz
        (869225, -1),  # social alarms
        (869462, -1), (869588, -1),  # half a kHz over the edge of P
        (865000, -1),  # across K and L
        (868562, -1), (862000, -1), (870000, -1), (433000, -1),
    ],
)
def test_the_band_of_a_channel(khz, band):
    assert region.band_of(khz) == band


def test_an_hours_budget():
    assert region.budget_ms(region.P) == 360000  # 10 % of an hour
    assert region.budget_ms(region.M) == region.budget_ms(region.Q) == 36000
    assert region.budget_ms(region.K) == 3600
    assert region.band_of(region.ALARM_KHZ) == region.P


def test_power_is_the_laws_or_the_radios():
    assert region.power_dbm(region.P, 2, 22) == 22  # 27 dBm e.r.p. is more than an SX1262 has
    assert region.power_dbm(region.M, 2, 22) == 14
    assert region.power_dbm(region.M, 5, 22) == 11
    assert region.power_dbm(region.M, -3, 22) == 19  # a poor antenna may be made up for
    erp_dbm = region.power_dbm(region.M, 2, 22) + 2 - 2.15
    assert erp_dbm <= 14


def test_bands_do_not_overlap():
    for band in range(1, len(region.LOW_KHZ)):
        assert region.HIGH_KHZ[band - 1] <= region.LOW_KHZ[band] < region.HIGH_KHZ[band]
    assert len(region.LOW_KHZ) == len(region.HIGH_KHZ) == len(region.ERP_DBM) == len(region.DUTY_PERMILLE)
