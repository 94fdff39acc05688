"""What does a badge tell of what it hears around it, when, and in which bytes?"""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lived import ROOT, lived
from test_versions import Meeting
from tools.sim.ears import Ears
from tools.sim.rig import close, mash, seen

from firmware import codes
from firmware.limits import HOLD_MS, PRE_ALARM_MS, SEEN_AGAIN_MS, SEEN_METERED, SEEN_MOST
from firmware.link import downlink, frame, sighting
from firmware.link.seal import TAG_BYTES
from firmware.nearby import Nearby

HASHES = st.integers(0, 0xFFFF)
LEVELS = st.integers(0, 63)


@given(st.lists(st.tuples(HASHES, LEVELS), min_size=1, max_size=SEEN_MOST))
def test_what_is_written_is_read_again_and_an_empty_place_is_none(seen):
    buf = bytearray(b"\xff" * frame.FRAME_BYTES_MAX)
    n = frame.sighting(buf, 1, 2, [one for one, _ in seen], [level for _, level in seen], len(seen))
    assert downlink.seen(n) == len(seen) and downlink.fits(frame.SIGHTING, n)
    assert int.from_bytes(buf[frame.UP_HEAD : n]) & (1 << 8 * (n - frame.UP_HEAD) - 22 * len(seen)) - 1 == 0
    assert downlink.observations(buf, n) == [(one, -37 - level) for one, level in seen if one]


def test_the_number_follows_from_the_length_and_four_cost_the_air_of_an_alarm():
    lengths = {n: downlink.seen(n) for n in range(64) if downlink.seen(n)}
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


# What is heard


def address(number):
    return number.to_bytes(6, "big")


def point(number, dbm, ssid=b"house", channel=6):
    """Return what `WLAN.scan` lists of an access point."""
    return (ssid, address(number), channel, dbm, 3, False)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(-130, 20)), max_size=60))
def test_the_strongest_of_all_are_kept_each_once_at_its_strongest_and_in_order(heard):
    kept = sighting.Seen()
    for number, dbm in heard:
        kept.hear(sighting.KIND_WIFI, address(number), dbm)
    best = {}
    for number, dbm in heard:
        if -120 <= dbm < 0:
            best[number] = min(best.get(number, 99), sighting.level(dbm))
    levels = list(kept.levels[: kept.count])
    assert levels == sorted(best.values())[:SEEN_MOST]
    numbers = {sighting.address_hash(sighting.KIND_WIFI, address(number)): level for number, level in best.items()}
    assert [numbers[one] for one in kept.hashes[: kept.count]] == levels and len(set(kept.hashes)) >= kept.count


IBEACON = bytes((2, 1, 6, 26, 0xFF, 0x4C, 0, 2, 0x15)) + bytes(range(20)) + b"\xc5"
EDDYSTONE = bytes((2, 1, 6, 3, 3, 0xAA, 0xFE, 23, 0x16, 0xAA, 0xFE, 0, 0xE7)) + bytes(range(16)) + bytes(2)
TELEMETRY = bytes((2, 1, 6, 3, 3, 0xAA, 0xFE, 17, 0x16, 0xAA, 0xFE, 0x20)) + bytes(13)
PUBLIC, RANDOM = 0, 1
STATIC, PASSING = bytes.fromhex("c00102030405"), bytes.fromhex("400102030405")
BEACONS = [
    (PUBLIC, STATIC, IBEACON, sighting.KIND_IBEACON, bytes(range(20))),
    (RANDOM, PASSING, IBEACON, sighting.KIND_IBEACON, bytes(range(20))),
    (RANDOM, PASSING, EDDYSTONE, sighting.KIND_EDDYSTONE, bytes(range(16))),
    (PUBLIC, STATIC, TELEMETRY, None, None),
    (PUBLIC, PASSING, b"", sighting.KIND_BLE, PASSING),
    (RANDOM, STATIC, bytes((2, 1, 6)), sighting.KIND_BLE, STATIC),
    (RANDOM, PASSING, bytes((2, 1, 6)), None, None),
    (PUBLIC, STATIC, IBEACON[:20], sighting.KIND_BLE, STATIC),
    (PUBLIC, STATIC, bytes(31), sighting.KIND_BLE, STATIC),
    (PUBLIC, STATIC, b"\xff", sighting.KIND_BLE, STATIC),
]


@pytest.mark.parametrize("case", BEACONS)
def test_a_beacon_is_known_by_what_it_says_or_by_an_address_that_lasts(case):
    kind, of, data, known, by = case
    ears = Ears(lambda: 0, None)
    ears.beacons = [(kind, of, 0, -60, data)]
    scan = ears.scanner(None, True)
    scan.look(True, 0)
    ears.tend()
    assert list(scan.seen.hashes[: scan.seen.count]) == ([sighting.address_hash(known, by)] if known else [])


@given(st.binary(max_size=40))
def test_any_advertisement_at_all_is_read_or_passed_over(data):
    ears = Ears(lambda: 0, None)
    ears.beacons = [(RANDOM, PASSING, 0, -60, data)]
    scan = ears.scanner(None, True)
    scan.look(True, 0)
    ears.tend()
    assert scan.seen.count <= 1


# When it is told


class Walker(Meeting):
    """A badge among access points 1 .. 10, the first the strongest, and a gateway that knows its word."""

    def __init__(self, version=codes.VERSION, wifi=True, beacons=False, met_ms=62_000):
        super().__init__(version)
        self.up = True
        self.ears = Ears(lambda: self.now, self.stall)
        self.ears.points = [point(number, -40 - number) for number in range(1, 11)]
        self.ears.beacons = [(PUBLIC, address(number), 0, -50 - number, b"") for number in range(20, 23)]
        route = SimpleNamespace(up=lambda: self.up) if wifi else None
        self.nearby = Nearby(self.ears.scanner(route, beacons), self.badge)
        self.at = []  # when each SIGHTING came
        self.stood = 0
        self.run(met_ms, step=50)

    def stall(self, ms):
        self.stood += ms

    def deliver(self):
        self.ears.tend()
        self.nearby.tend(self.now)
        super().deliver()
        self.at += [self.now] * (self.count(frame.SIGHTING) - len(self.at))

    def seen(self):
        """Return what each SIGHTING told."""
        return [downlink.observations(plain, len(plain)) for type, plain in self.heard if type == frame.SIGHTING]


def wifi(numbers):
    return [sighting.address_hash(sighting.KIND_WIFI, address(number)) for number in numbers]


def test_an_alarm_tells_the_eight_strongest_within_three_seconds_and_every_ten_until_it_is_closed():
    rig = Walker()
    mash(rig)
    begun = rig.now
    rig.run(40_000)
    assert [one for one, _ in rig.seen()[0]] == wifi(range(1, 9)) and rig.seen()[0][0][1] == -41
    assert rig.at[0] - begun <= 3000 and len(rig.at) == 4
    assert all(abs(later - sooner - SEEN_AGAIN_MS) <= 50 for sooner, later in zip(rig.at, rig.at[1:]))
    close(rig)
    told = len(rig.at)
    rig.run(60_000)
    assert len(rig.at) == told and len(rig.ears.scans) <= told + 1 and not rig.stood


def test_a_badge_that_has_just_started_asks_its_gateway_at_once_and_tells_a_place_as_soon():
    rig = Walker(met_ms=1500)
    mash(rig)
    rig.run(3000)
    assert rig.at and rig.count(frame.ABLE) == 1


def test_where_the_law_counts_bytes_four_are_told():
    rig = Walker()
    mash(rig)
    rig.run(1000)
    rig.badge.uplink.metered = True
    rig.run(2000)
    assert [one for one, _ in rig.seen()[0]] == wifi(range(1, 5))
    assert len([plain for type, plain in rig.heard if type == frame.SIGHTING][0]) + TAG_BYTES == 26


def test_a_question_and_a_test_have_one_scan_at_their_beginning_and_beacons_all_the_time():
    for begin in (lambda rig: seen(rig, codes.FELL), lambda rig: rig.order(codes.ORDER_TEST)):
        rig = Walker(beacons=True)
        begin(rig)
        rig.badge.self_tested(True, rig.now)
        rig.run(min(PRE_ALARM_MS, 20_000) - 1000)
        assert len(rig.ears.scans) == 1 and len(rig.ears.listened) == 2 == len(rig.at)
        assert len(rig.seen()[0]) == 8 and len(rig.seen()[1]) == 3


def test_a_question_that_was_denied_ends_it():
    rig = Walker()
    seen(rig, codes.FELL)
    rig.run(200)
    rig.press(100)
    rig.run(60_000)
    assert rig.badge.alarm.state == codes.SAFE and not rig.at and len(rig.ears.scans) == 1


def test_what_could_not_be_told_while_the_alarm_was_open_is_never_told_after_it():
    rig = Walker()
    mash(rig)
    rig.run(1000)
    rig.linked = False
    rig.run(3000)
    assert rig.waits(frame.SIGHTING)
    close(rig)
    rig.run(20)
    rig.linked = True
    rig.run(30_000)
    assert not rig.at and rig.badge.alarm.state == codes.SAFE


def test_without_alarm_or_test_nothing_is_heard_or_told_whatever_else_happens():
    rig = Walker(beacons=True)
    rig.order(codes.ORDER_VISIT, codes.RED << 14 | 300)
    rig.hand(rig.down(downlink.call, 9, 77, codes.KIND_FALL))
    rig.press(100, 1000)
    rig.badge.fault(codes.FAULT_STORAGE, True, rig.now)
    rig.order(codes.ORDER_PAUSE, 5)
    rig.run(200_000, step=20)
    assert not rig.at and not rig.ears.scans and not rig.ears.listened


def test_an_older_gateway_costs_no_look_and_no_frame_and_one_that_is_renewed_is_told():
    rig = Walker(version=2)
    mash(rig)
    rig.run(120_000, step=20)
    assert not rig.at and not rig.ears.scans
    rig = Walker(version=1)
    mash(rig)
    rig.run(120_000, step=20)
    assert not rig.at and not rig.ears.scans
    rig.version, rig.unknown = codes.VERSION, ()
    rig.run(300_000, step=20)
    assert rig.at


def test_an_alarm_that_nobody_hears_is_not_looked_around_for_and_goes_first():
    rig = Walker()
    rig.acking = False
    mash(rig)
    rig.run(30_000)
    assert not rig.ears.scans and not rig.at
    rig.acking = True
    rig.run(30_000)
    assert rig.at


def test_while_wifi_has_no_network_it_is_left_alone():
    rig = Walker(beacons=True)
    rig.up = False
    mash(rig)
    rig.run(30_000)
    assert not rig.ears.scans and len(rig.at) >= 2 and len(rig.seen()[0]) == 3


BAD = {
    "empty": {"points": []}, "ten thousand": {"points": [point(1 + i, -100 + i % 60) for i in range(10_000)]},
    "hidden": {"points": [point(1, -50, b""), point(2, -60)]}, "equal": {"points": [point(i, -60) for i in range(40)]},
    "out of range": {"points": [point(1, 5), point(2, 0), point(3, -128), point(4, 127), point(5, -70)]},
    "refused": {"error": OSError("Wifi Internal State Error")}, "unknown": {"error": RuntimeError("0x0101")},
    "no memory": {"error": MemoryError()}, "no thread": {"no_thread": OSError("can't create thread")},
    "no room": {"no_thread": MemoryError()},
}
TOLD = {"empty": 0, "ten thousand": 8, "hidden": 2, "equal": 8, "out of range": 1}


@pytest.mark.parametrize("name", BAD)
def test_bad_surroundings_harm_nothing_and_are_tried_again(name):
    rig = Walker()
    for what, value in BAD[name].items():
        setattr(rig.ears, what, value)
    mash(rig)
    rig.run(SEEN_AGAIN_MS + 3000)
    assert [len(one) for one in rig.seen()] == ([TOLD[name]] * 2 if TOLD.get(name) else [])
    rig.ears.error = rig.ears.no_thread = None
    rig.ears.points = [point(1, -50)]
    rig.run(SEEN_AGAIN_MS)
    assert [one for one, _ in rig.seen()[-1]] == wifi([1])


def test_bluetooth_that_cannot_start_is_left_out_where_the_board_is_built():
    ears = Ears(lambda: 0, None)
    ears.no_bluetooth = OSError(19)
    with pytest.raises(OSError):
        ears.scanner(None, True)


def test_to_look_around_delays_no_press_no_frame_and_no_word(either):
    lines = [line.split() for line in lived(either, "nearby_life.py", ROOT).splitlines()]
    assert [line[6] for line in lines] == ["0"] * 2 + ["1"] * 6 + ["2"] * 4
    assert all(int(line[8]) for line in lines[2:])
    for line in lines:  # the loop looks at the button every 10 ms, and at the motor every 20
        assert HOLD_MS <= int(line[2]) <= HOLD_MS + 10 and int(line[4]) <= HOLD_MS + 10 + 40, line
