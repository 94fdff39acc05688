"""Does a badge whose bridge is gone reach another one on another channel, and come back, within each band's law?"""

import json
import types

import pytest
from board_rig import metal
from radio_rig import TIME, Place, air_in_our_time

from firmware.board import modem
from firmware.link import region
from firmware.link.ledger import SLOT_MS, SLOTS
from firmware.link.outbox import ALARM_RANK, Outbox
from firmware.settings import read_pairing
from test_settings import BRIDGE, GOOD
from tools.gateway.bridges import slower_ms
from tools.sim.house.house import House, most_in_an_hour_permille, report

FIRST = {"khz": 869525, "sf": 7}
THEN = {"khz": 868300, "sf": 9}
FRAME = bytes(range(24))
TEN_MINUTES_MS = 600_000


class Badge:
    """A badge's radio with two channels over several lives, and one ear on each channel."""

    def __init__(self, found, load, kind):
        self.metal = found
        self.load = load
        found.nvs["counter"] = 0
        self.air = air_in_our_time(seed=1)
        self.place = Place(self.air, kind)
        self.ears = [Place(self.air, "sx1262", 30, sf=channel["sf"]) for channel in (FIRST, THEN)]
        for ear, channel in zip(self.ears, (FIRST, THEN), strict=True):
            ear.modem = ear.settled()
            ear.modem.configure({"freq_khz": channel["khz"]})
            ear.modem.start_recv(continuous=True)
        self.pins = types.SimpleNamespace(LORA=kind)

    def begin(self, lora=None):
        """Start a life, with both channels if none is named."""
        memory = self.load("firmware.board.boot_history").BootHistory
        memory().booted()
        self.store = self.load("firmware.board.nvs").NvsStore()

        def build(pins, khz, sf, dbm):
            made = self.place.settled()
            made.configure({"freq_khz": khz, "sf": sf, "output_power": dbm})
            made.sf = sf
            return made

        modem.build = build  # until the fixture ends: a modem that failed is built anew
        radio = self.load("firmware.board.radio").radio
        self.radio = radio(self.pins, lora or {**FIRST, "then": THEN}, memory(), self.store)
        self.run(50)
        self.metal.nvs["counter"] = 256
        return self.radio

    def run(self, ms):
        for _ in range(ms // 10):
            self.radio.tend(TIME.ticks_ms())
            TIME.sleep_ms(10)

    def send(self, tries=0, is_alarm=True):
        """Ask and send as the app does; return on which channel it was heard, 0 or 1, None if it was not sent."""
        for _ in range(20):  # while it is cured, since nobody answers
            if self.radio.ready(27, is_alarm, TIME.ticks_ms(), tries):
                break
            self.run(10)
        else:
            return None
        assert self.radio.send(FRAME, len(FRAME), is_alarm)
        self.run(600)
        heard = [i for i, ear in enumerate(self.ears) if ear.modem.poll_recv() is not True]
        assert len(heard) == 1
        return heard[0]

    def say(self, i):
        """Send from the ear on channel `i`; return whether the badge heard it."""
        ear = self.ears[i].modem
        ear.standby()
        ear.prepare_send(bytes([0x10, 9, 9]) + bytes(12))
        ear.start_send()
        buf = bytearray(64)
        got = 0
        for _ in range(40):
            self.radio.tend(TIME.ticks_ms())
            got = got or self.radio.receive(buf)
            TIME.sleep_ms(10)
        ear.poll_send()
        ear.start_recv(continuous=True)
        return got == 15


@pytest.fixture(params=["sx1262", "sx1276"])
def badge(request, monkeypatch):
    monkeypatch.setattr(modem, "build", modem.build)  # which it replaces
    with metal({}, more={"firmware.board.modem": modem}) as (found, load):
        yield Badge(found, load, request.param)


def test_after_three_unheard_tries_the_next_three_go_to_the_other_bridge_and_are_answered_there(badge):
    badge.begin()
    assert [badge.send(tries) for tries in range(9)] == [0, 0, 0, 1, 1, 1, 0, 0, 0]
    assert badge.say(0) and not badge.say(1)
    assert [badge.send(tries) for tries in (9, 10)] == [1, 1]
    assert badge.say(1) and not badge.say(0)
    assert [badge.send(tries) for tries in (0, 1, 2)] == [1, 1, 1]  # what comes next goes where the answer came from
    badge.place.clean()


def test_asking_again_for_the_same_try_turns_nothing(badge):
    badge.begin()
    for tries in range(3):
        badge.send(tries)
    assert [badge.radio.ready(27, True, TIME.ticks_ms(), 3) for _ in range(5)] == [True] * 5
    assert badge.send(3) == 1


def test_a_heartbeat_goes_back_after_ten_minutes_and_an_alarm_does_not(badge):
    badge.begin()
    for tries in range(4):
        badge.send(tries)
    badge.run(TEN_MINUTES_MS - 10_000)
    assert badge.send(0, is_alarm=False) == 1
    badge.run(10_000)
    assert badge.send(0) == 1 and badge.send(1, is_alarm=False) == 1
    assert badge.send(0, is_alarm=False) == 0


def test_it_dozes_where_it_is_and_wakes_for_a_long_preamble_there(badge):
    badge.begin()
    for tries in range(4):
        badge.send(tries)
    badge.radio.doze(True)
    badge.run(3000)
    badge.ears[1].modem.standby()
    badge.ears[1].modem.configure({"preamble_len": badge.radio.call_preamble()})
    badge.ears[1].modem.prepare_send(FRAME)
    badge.ears[1].modem.start_send()
    buf = bytearray(64)
    heard = 0
    for _ in range(200):
        badge.radio.tend(TIME.ticks_ms())
        heard = heard or badge.radio.receive(buf)
        TIME.sleep_ms(10)
    assert heard == len(FRAME)


def test_each_band_has_its_own_account_and_the_law_of_one_sends_a_frame_over_the_other(badge):
    badge.begin()
    now = TIME.ticks_ms()
    ledger = badge.radio._ledger
    for tries in range(4):
        badge.send(tries)
    spent = [ledger.spent_ms(band, TIME.ticks_ms()) for band in (region.P, region.M)]
    assert spent[0] == 3 * 62 and spent[1] == 206
    ledger.spend(region.M, region.budget_ms(region.M), now)
    assert badge.send(1) == 0 and not badge.radio.missing(TIME.ticks_ms())
    ledger.spend(region.P, region.budget_ms(region.P), now)
    badge.run(50)
    assert badge.send(2) is None and badge.radio.missing(TIME.ticks_ms())
    assert badge.radio.wait_ms(24, True, now) <= SLOT_MS * SLOTS


def test_a_turn_to_a_band_that_is_spent_is_not_made(badge):
    badge.begin()
    badge.radio._ledger.spend(region.M, region.budget_ms(region.M), TIME.ticks_ms())
    assert [badge.send(tries) for tries in range(7)] == [0] * 7


def test_a_reset_keeps_both_accounts_and_begins_on_the_first_channel(badge):
    badge.begin()
    for tries in range(4):
        badge.send(tries)
    badge.begin()
    now = TIME.ticks_ms()
    assert badge.radio._ledger.spent_ms(region.P, now) == pytest.approx(186, abs=8)
    assert badge.radio._ledger.spent_ms(region.M, now) == pytest.approx(206, abs=8)
    assert badge.send(0) == 0
    badge.metal.rtc = b""  # a power cut: the pledges in flash stand for what was sent
    badge.begin()
    assert badge.radio._ledger.spent_ms(region.P, now) >= 248 and badge.radio._ledger.spent_ms(region.M, now) >= 206
    assert badge.send(0) == 0


def test_a_badge_that_is_given_a_second_channel_goes_on_with_the_first_at_once(badge):
    badge.begin(FIRST)
    badge.send(0)
    badge.begin()
    assert [badge.send(tries) for tries in range(5)] == [0] * 5  # of the other band nobody knows what was sent there
    assert badge.radio._ledger.left_ms(region.M, TIME.ticks_ms()) == 0 and not badge.radio.missing(TIME.ticks_ms())


def test_a_chip_that_dies_on_the_other_channel_is_built_anew_there(badge):
    badge.begin()
    for tries in range(4):
        badge.send(tries)
    made = []
    build = badge.radio._make

    def again():
        made.append(badge.radio._sf)
        return build()

    badge.radio._make = again
    badge.place.chip.fail = "silent"
    badge.run(20_000)
    badge.place.chip.fail = None
    badge.run(70_000)
    assert made[-1] == 9 and badge.radio._modem.sf == 9 and badge.send(4) == 1


def test_who_names_no_second_channel_loads_nothing_of_it(badge):
    assert type(badge.begin(FIRST)).__name__ == "Radio" and type(badge.begin()).__name__ == "FallbackChannel"


@pytest.mark.parametrize("then, word", [
    (FIRST, "another channel"), ({"khz": 869300, "sf": 9}, "khz"), ({"khz": 868300, "sf": 6}, "sf"), ([], "then must"),
    ({"khz": 868300}, "then must"), (5, "then must"), ({**THEN, "then": THEN}, "then must"),
])
def test_a_wrong_second_channel_is_named(then, word):
    with pytest.raises(ValueError, match=word):
        read_pairing(json.dumps({**GOOD, "lora": {**FIRST, "then": then}}))


def test_a_badge_may_have_a_second_channel_and_a_bridge_may_not():
    assert read_pairing(json.dumps({**GOOD, "lora": {**FIRST, "then": THEN}}))["lora"]["then"] == THEN
    with pytest.raises(ValueError, match="one channel only"):
        read_pairing(json.dumps({**BRIDGE, "lora": {**FIRST, "then": THEN}}))


def test_an_alarm_that_is_tried_for_hours_goes_on_changing_channels():
    box = Outbox()
    slot = box.put(ALARM_RANK, 1, 5, 0, 0, 0)
    seen = []
    for counter in range(600):
        seen.append(box.tries[slot])
        box.sent(slot, counter, 0)
    turns = [i for i in range(1, 600) if seen[i] >= 3 and seen[i] % 3 == 0]
    assert max(turns[i + 1] - turns[i] for i in range(len(turns) - 1)) == 3 and len(turns) > 195


@pytest.mark.parametrize("sf, ms", [(7, 0), (9, 289), (12, 2842), (0, 0), (255, 2842)])
def test_a_slower_bridge_is_given_longer_for_a_downlink_and_what_the_badge_says_to_it(sf, ms):
    assert slower_ms(sf) == ms


class FarHouse(House):
    """A house whose first bridge hears nobody from `gone()` on."""

    def gone(self, db=200):
        for wearer in self.wearers.values():
            self.air.attenuate(wearer.radio, self.posts[0].radio, db)


def test_when_the_first_bridge_goes_deaf_alarms_arrive_through_the_second_and_calls_too(tmp_path):
    house = FarHouse(tmp_path, 4, bridges=2, seed=6, then={"khz": 869525, "sf": 9})
    try:
        house.clock.run(house.clock.now_us + 400_000_000)
        assert all(wearer.board.routes[0]._away_at < 0 for wearer in house.wearers.values())
        house.gone()
        house._press()  # nobody has noticed yet
        house.clock.run(house.clock.now_us + 900_000_000)
        [alarm] = house.alarms
        assert alarm.seen["disk"] <= 3000 and alarm.seen["felt received"] <= 3500
        assert all(wearer.board.routes[0]._away_at >= 0 for wearer in house.wearers.values())
        house._press()
        house.clock.run(house.clock.now_us + 200_000_000)
        assert house.alarms[1].seen["disk"] <= 500 and len(house.alarms[1].called) == 3
        house.gone(60)  # it hears again
        house.clock.run(house.clock.now_us + 1_000_000_000)
        assert all(wearer.board.routes[0]._away_at < 0 for wearer in house.wearers.values())
        assert report(house)["on_disk"] == 2 and house.radio.refused == {}
        for radio in house.air.radios:
            assert most_in_an_hour_permille(radio.sent) <= 100
    finally:
        house.close()
