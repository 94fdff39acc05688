"""Is the time on air what others say it is, in numbers small enough for the badge?"""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.link import airtime
from lens import Lens, Overflow

# Semtech's SX1261 LoRa Calculator, as micropython-lib's lora/tests/test_time_on_air.py quotes it for the SX1262: bytes
# and ms at SF8, 125 kHz, preamble 8 and coding 4/6, which takes six symbols for each five of ours. Facts only, no code.
CALCULATED = ((1, 53.760), (3, 66.048), (253, 827.904))
# Semtech's formula (docs/background.md, Air): preamble 8, 4/5, explicit header, CRC; rounded as they are there
TABLED = (
    (16, 7, 51.5), (24, 7, 61.7), (16, 8, 93), (24, 8, 113), (16, 9, 165), (24, 9, 206), (16, 10, 330), (24, 10, 371),
    (16, 12, 1320), (24, 12, 1480), (32, 7, 72), (64, 9, 390), (64, 12, 2790),
)


@pytest.mark.parametrize("n, ms", CALCULATED)
def test_semtechs_calculator_agrees(n, ms):
    head_us = 20.25 * 2048  # preamble, sync word, and the eight symbols that are always there
    assert 6 * (airtime.airtime_us(n, 8) - head_us) == 5 * (round(ms * 1000) - head_us)


@pytest.mark.parametrize("n, sf, ms", TABLED)
def test_the_projects_tables_agree(n, sf, ms):
    assert airtime.airtime_us(n, sf) / 1000 == pytest.approx(ms, rel=0.006)


@given(st.integers(0, 255), st.integers(7, 12), st.integers(0, 1100))
def test_the_formula_in_floating_point_agrees(n, sf, preamble):
    symbol_s = 2**sf / 125000
    ldro = symbol_s > 0.016
    top = 8 * n + 16 - 4 * sf + 8 + 20
    symbols = preamble + 4.25 + 8 + ceil(max(top, 0) / (4 * (sf - 2 * ldro))) * 5
    assert airtime.airtime_us(n, sf, preamble) == pytest.approx(symbols * symbol_s * 1e6, abs=0.01)


@pytest.mark.parametrize("sf", range(7, 13))
def test_every_number_on_the_way_is_small(sf):
    small = Lens().take("firmware.link.airtime")
    assert small.airtime_us(255, sf, 32000) == airtime.airtime_us(255, sf, 32000)
    with pytest.raises(Overflow):
        small.airtime_us(255, 12, 64000)
