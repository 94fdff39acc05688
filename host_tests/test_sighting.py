"""What does a badge tell of what it hears around it, when, and in which bytes?"""

from hypothesis import given
from hypothesis import strategies as st

from firmware.limits import SEEN_METERED, SEEN_MOST
from firmware.link import downlink, frame, sighting
from firmware.link.seal import TAG_BYTES

HASHES = st.integers(0, 0xFFFF)
LEVELS = st.integers(0, sighting.LEVELS - 1)


@given(st.lists(st.tuples(HASHES, LEVELS), min_size=1, max_size=SEEN_MOST))
def test_what_is_written_is_read_again_and_an_empty_place_is_none(seen):
    buf = bytearray(b"\xff" * frame.FRAME_BYTES_MAX)
    n = frame.sighting(buf, 1, 2, [one for one, _ in seen], [level for _, level in seen], len(seen))
    assert frame.seen(n) == len(seen) and frame.fits(frame.SIGHTING, n)
    assert int.from_bytes(buf[frame.UP_HEAD : n]) & (1 << 8 * (n - frame.UP_HEAD) - 22 * len(seen)) - 1 == 0
    assert downlink.observations(buf, n) == [(one, -37 - level) for one, level in seen if one]


def test_the_number_follows_from_the_length_and_four_cost_the_air_of_an_alarm():
    lengths = {n: frame.seen(n) for n in range(64) if frame.seen(n)}
    assert [n - frame.UP_HEAD for n in lengths] == [3, 6, 9, 11, 14, 17, 20, 22]
    assert list(lengths.values()) == list(range(1, SEEN_MOST + 1))
    assert max(lengths) == frame.expected(frame.SIGHTING)
    assert min(n for n in lengths if lengths[n] == SEEN_METERED) + TAG_BYTES == 26


@given(st.integers(1, 5), st.binary(min_size=1, max_size=20))
def test_an_address_has_one_number_that_is_never_none(kind, address):
    assert 1 <= sighting.address_hash(kind, address) <= 0xFFFF
    assert sighting.address_hash(kind, memoryview(address)) == sighting.address_hash(kind, address)


def test_addresses_of_one_house_have_numbers_of_their_own():
    first = bytes.fromhex("94b40f1ea0")
    numbers = {sighting.address_hash(kind, first + bytes((last,))) for kind in range(1, 5) for last in range(256)}
    assert len(numbers) > 1000
    levels = {5: 0, 0: 0, -36: 0, -37: 0, -38: 1, -99: 62, -100: 63, -101: 63, -999: 63}
    assert {dbm: sighting.level(dbm) for dbm in levels} == levels
