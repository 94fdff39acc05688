"""Is the time on air what others say it is, in numbers small enough for the badge?"""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.link import airtime
from lens import Lens, Overflow

# Semtech's SX1261 LoRa Calculator, as micropython-lib's lora/tests/test_time_on_air.py quotes it for the SX1262:
# (SF, coding 1..4, preamble, bytes, explicit header, CRC) -> ms at 125 kHz. Facts only, no code.
CALCULATED = (
    (8, 2, 8, 1, True, True, 53.760),
    (8, 2, 8, 3, True, True, 66.048),
    (8, 2, 8, 3, True, False, 53.760),
    (8, 2, 8, 5, True, False, 66.048),
    (8, 2, 8, 253, True, True, 827.904),
    (8, 2, 12, 5, False, True, 61.952),
    (8, 2, 12, 10, False, True, 86.528),
    (8, 2, 12, 253, False, True, 823.808),
)
# Semtech's formula (docs/background.md, Air): preamble 8, 4/5, explicit header, CRC; rounded as they are there
TABLED = (
    (16, 7, 51.5), (24, 7, 61.7), (16, 8, 93), (24, 8, 113), (16, 9, 165), (24, 9, 206), (16, 10, 330), (24, 10, 371),
    (16, 12, 1320), (24, 12, 1480), (32, 7, 72), (64, 9, 390), (64, 12, 2790),
)


@pytest.mark.parametrize("sf, coding, preamble, n, header, crc, ms", CALCULATED)
def test_semtechs_calculator_agrees(sf, coding, preamble, n, header, crc, ms):
    assert airtime.airtime_us(n, sf, preamble, coding, header, crc) == round(ms * 1000)


@pytest.mark.parametrize("n, sf, ms", TABLED)
def test_the_projects_tables_agree(n, sf, ms):
    assert airtime.airtime_us(n, sf) / 1000 == pytest.approx(ms, rel=0.006)


def test_what_costs_the_same_air():
    assert len({airtime.airtime_us(n, 7) for n in range(16, 20)}) == 1
    assert len({airtime.airtime_us(n, 7) for n in range(23, 27)}) == 1
    assert airtime.airtime_us(27, 7) > airtime.airtime_us(26, 7) > airtime.airtime_us(22, 7)
    assert airtime.airtime_ms(24, 7) == 62 and airtime.airtime_ms(16, 7) == 52


@given(st.integers(0, 255), st.integers(7, 12), st.integers(0, 1100), st.integers(1, 4), st.booleans(), st.booleans())
def test_the_formula_in_floating_point_agrees(n, sf, preamble, coding, header, crc):
    symbol_s = 2**sf / 125000
    ldro = symbol_s > 0.016
    top = 8 * n + 16 * crc - 4 * sf + 8 + 20 * header
    symbols = preamble + 4.25 + 8 + ceil(max(top, 0) / (4 * (sf - 2 * ldro))) * (4 + coding)
    assert airtime.airtime_us(n, sf, preamble, coding, header, crc) == pytest.approx(symbols * symbol_s * 1e6, abs=0.01)


@pytest.mark.parametrize("sf", range(7, 13))
def test_every_number_on_the_way_is_small(sf):
    small = Lens().take("firmware.link.airtime")
    assert small.airtime_us(255, sf, airtime.PREAMBLE_MOST, 4) == airtime.airtime_us(255, sf, airtime.PREAMBLE_MOST, 4)
    with pytest.raises(Overflow):
        small.airtime_us(255, 12, 2 * airtime.PREAMBLE_MOST, 4)
