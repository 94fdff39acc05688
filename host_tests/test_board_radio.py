"""Does a badge know after any end of its life how much it may still send, and does it say so when LoRa is missing?"""

import types

import pytest
from board_rig import metal
from radio_rig import TIME, Place, air_in_our_time

from firmware.board import modem
from firmware.bridge import Bridge
from firmware.link import cobs, frame, region
from firmware.link.ledger import PLEDGE_MS
from firmware.link.outbox import ALARM_RANK, Outbox

CHANNEL = {"khz": 869525, "sf": 7}
PINS = types.SimpleNamespace(LORA="sx1262")
FRAME = bytes(range(24))
HOUR_MS = 3600000


class Badge:
    """One badge's radio over several lives; its RTC memory and NVS are `metal`'s."""

    def __init__(self, found, load, kind="sx1262"):
        self.metal = found
        self.load = load
        found.nvs["counter"] = 0
        self.air = air_in_our_time(seed=1)
        self.place = Place(self.air, kind)
        self.other = Place(self.air, kind, 30).settled()
        self.powers = []
        self.pins = types.SimpleNamespace(LORA=kind)

    def begin(self, channel=None):
        """Start a life: boot.py's count, the board's memory and store, a radio that has come up."""
        memory = self.load("firmware.board.boot_history").BootHistory
        memory().booted()

        def make(khz, sf, dbm):
            self.powers.append(dbm)
            made = self.place.make()
            made.configure({"output_power": dbm})
            return made

        self.memory = memory()
        self.store = self.load("firmware.board.nvs").NvsStore()
        radio = self.load("firmware.board.radio").Radio
        self.radio = radio(make, self.pins, channel or CHANNEL, self.memory, self.store, self.memory.dips > 0)
        self.run(50)
        return self.radio

    def run(self, ms):
        for _ in range(ms // 10):
            self.radio.tend(TIME.ticks_ms())
            TIME.sleep_ms(10)

    def send(self, times=1, is_alarm=False):
        """Return how many of `times` frames were taken and left the chip."""
        self.metal.nvs["counter"] = 256  # no frame goes without one
        before = self.radio.sent
        for _ in range(times):
            self.radio.send(FRAME, len(FRAME), is_alarm)
            self.run(150)
        return self.radio.sent - before

    def spent(self):
        return self.radio._ledger.spent_ms(region.P, TIME.ticks_ms())


@pytest.fixture(params=["sx1262", "sx1276"])
def badge(request):
    # `machine` stays radio_rig's for modem.py, which is loaded once; memory, store and radio get the metal's
    with metal({}, more={"firmware.board.modem": modem}) as (found, load):
        yield Badge(found, load, request.param)


def test_a_fresh_pairing_may_send_at_once(badge):
    radio = badge.begin()
    assert radio.linked() and radio.ready(24, True, TIME.ticks_ms()) and not radio.missing(TIME.ticks_ms())
    assert badge.send(3) == 3 and badge.spent() == 3 * 62


def test_a_reset_keeps_the_account_exactly(badge):
    badge.begin()
    assert badge.send(10) == 10
    badge.begin()
    assert badge.spent() == pytest.approx(10 * 62, abs=8) and badge.send() == 1


def test_a_power_cut_never_makes_the_account_smaller(badge):
    badge.begin()
    sent = badge.send(40)
    assert sent == 40
    badge.metal.rtc = b""
    badge.begin()
    assert sent * 62 <= badge.spent() <= sent * 62 + PLEDGE_MS + 12_000 + 62 and badge.send() == 1


def test_a_power_cut_before_the_first_frame_is_no_silence(badge):
    badge.begin()
    badge.metal.nvs["counter"] = 256  # reserved by the app; then the power fails
    badge.metal.rtc = b""
    assert badge.begin().ready(24, False, TIME.ticks_ms())


def test_a_record_that_is_gone_means_an_hour_of_silence_and_a_technical_alarm(badge):
    badge.begin()
    badge.send()
    badge.metal.rtc = b""
    for key in ("ledger_a", "ledger_b"):
        badge.metal.nvs.pop(key, None)
    radio = badge.begin()
    assert not radio.ready(24, True, TIME.ticks_ms()) and radio.missing(TIME.ticks_ms())
    assert badge.send(5, is_alarm=True) == 0


def test_corrupt_records_are_not_a_fresh_pairing(badge):
    badge.begin()
    badge.metal.rtc = b""
    for key in ("ledger_a", "ledger_b"):
        if key in badge.metal.nvs:
            badge.metal.nvs[key] = bytes(len(badge.metal.nvs[key]))
    assert badge.begin().missing(TIME.ticks_ms()) and badge.metal.nvs["counter"] == 0


def test_another_band_knows_nothing_of_this_ones_hour(badge):
    badge.begin()
    assert badge.begin({"khz": 868300, "sf": 7}).missing(TIME.ticks_ms())


def test_flash_that_fails_stops_all_but_alarms_and_says_so(badge):
    radio = badge.begin()

    def fails(*_):
        raise OSError(5)

    radio._saved.save = fails
    sent = badge.send(60)
    assert 16 <= sent <= PLEDGE_MS // 62 and radio.missing(TIME.ticks_ms())
    assert badge.send(60, is_alarm=True) == 60 and badge.send() == 0
    del radio._saved.save
    badge.run(11000)
    assert not radio.missing(TIME.ticks_ms()) and badge.send(5) == 5


def test_a_chip_that_is_gone_is_missing_after_its_second_failure_and_found_again(badge):
    radio = badge.begin()
    badge.place.chip.fail = "silent"
    badge.run(20000)
    assert radio.missing(TIME.ticks_ms()) and not radio.linked() and radio.busy_ms(24) == 0
    badge.place.chip.fail = None
    badge.run(70000)
    assert not radio.missing(TIME.ticks_ms()) and badge.send() == 1


def test_no_other_frame_is_due_before_an_ack_could_have_come(badge):
    assert badge.begin().busy_ms(24) == 62 + 47


def test_a_dip_of_the_supply_makes_the_radio_careful(badge):
    badge.begin()
    badge.metal.cause = 3
    badge.begin()
    assert badge.powers[-1] == {"sx1262": 22, "sx1276": 17}[badge.place.kind]
    badge.metal.cause = 1  # power-on, and yet the record is there
    badge.begin()
    assert badge.powers[-1] == 10


def test_without_the_package_a_board_comes_up_and_says_that_lora_is_missing():
    with metal({}, more={"firmware.board.modem": None}) as (_, load):
        memory = load("firmware.board.rtc_memory").RtcMemory()
        store = load("firmware.board.nvs").NvsStore()
        assert load("firmware.board.radio").radio(PINS, CHANNEL, memory, store) is None


def answered(badge, device=(1, 2), believed=True):
    """Let the bridge answer the last frame; the badge hears it. believed: the seal is right, says the hallway."""
    badge.other.prepare_send(bytes([0x10, *device]) + bytes(12))
    badge.other.start_send()
    buf = bytearray(64)
    got = 0
    for _ in range(15):
        badge.radio.tend(TIME.ticks_ms())
        got = got or badge.radio.receive(buf)
        TIME.sleep_ms(10)
    assert got == 15
    if believed:
        badge.radio.answered()


def test_power_goes_down_in_steps_with_every_answer_and_up_at_once_without_one(badge):
    most = {"sx1262": 22, "sx1276": 17}[badge.place.kind]
    badge.begin()
    powers = []
    for _ in range(8):
        badge.send()
        powers.append(badge.place.chip.power_dbm())
        answered(badge)
    assert powers[1:] == [max(2, most - 3 * i) for i in range(1, 8)]
    badge.send(is_alarm=True)
    assert badge.place.chip.power_dbm() == most
    badge.send()  # the alarm had no answer
    assert badge.place.chip.power_dbm() == most
    answered(badge)
    badge.send()
    assert badge.place.chip.power_dbm() == 2
    answered(badge, believed=False)  # somebody else's, or forged
    badge.send()
    assert badge.place.chip.power_dbm() == most


@pytest.mark.parametrize("type", frame.UNACKED)
def test_a_frame_that_gets_no_ack_was_not_sent_in_vain(badge, type):
    radio = badge.begin()
    for _ in range(8):
        badge.send()
        answered(badge)
    for _ in range(6):
        assert radio.send(bytes([type]) + bytes(19), 20)
        badge.run(250)
        # how strong a SIGHTING is at a bridge tells where the badge is, so no other power comes in between
        most = {"sx1262": 22, "sx1276": 17}[badge.place.kind]
        assert badge.place.chip.power_dbm() == (most if type == frame.SIGHTING else 2)
    assert radio.ready(20, False, TIME.ticks_ms())  # no cure comes before
    badge.send()
    assert badge.place.chip.power_dbm() == 2 and len(badge.powers) == 1


def test_a_weak_link_keeps_its_power(badge):
    badge.begin()
    badge.air.attenuate(badge.place.radio, badge.air.radios[1], 130)  # 14 dBm arrive 8 dB above the weakest
    for _ in range(6):
        badge.send()
        answered(badge)
    badge.send()
    assert badge.place.chip.power_dbm() == {"sx1262": 22, "sx1276": 17}[badge.place.kind]


def test_a_radio_that_sends_downlinks_saves_no_power(badge):
    badge.begin()
    badge.metal.nvs["counter"] = 256
    for _ in range(4):
        badge.radio.send(bytes([0x10, 1, 2]) + bytes(12), 15)
        badge.run(150)
        answered(badge, believed=False)  # another bridge's
    assert badge.radio._dbm == badge.radio._most_dbm == badge.radio._set_dbm


class Alarm:
    """An open alarm that nobody answers, tried as the outbox and the law's pace have it. `tried`: when, ms."""

    def __init__(self, badge):
        self.badge = badge
        badge.metal.nvs["counter"] = 256
        self.box = Outbox()
        self.slot = self.box.put(ALARM_RANK, 1, 1, 0, 0, TIME.ticks_ms())
        self.tried = []

    def goes_on(self, ms, until=lambda: False):
        """Go on for `ms`, or until something has happened; return after how many ms that was."""
        radio, box = self.badge.radio, self.box
        for spent in range(0, ms, 10):
            now = TIME.ticks_ms()
            radio.tend(now)
            if box.next(now) >= 0:
                if not radio.ready(24, True, now, box.tries[self.slot]):
                    box.wait(self.slot, now)
                elif radio.send(FRAME, 24, True):
                    self.tried.append(now)
                    box.sent(self.slot, len(self.tried), now)
                    box.hold(self.slot, radio.busy_ms(24))
            TIME.sleep_ms(10)
            if until():
                return spent + 10
        return ms


@pytest.mark.parametrize("sf", [7, 12])
@pytest.mark.parametrize("fail", ["agc", "latched"])
def test_a_radio_that_is_deafened_in_an_open_alarm_hears_again_within_a_minute_whenever_it_happens(badge, fail, sf):
    badge.place.sf = badge.other.sf = sf
    radio = badge.begin({"khz": 869525, "sf": sf})
    alarm = Alarm(badge)
    cured = lambda: badge.place.chip.fail is None  # noqa: E731
    for quiet_ms in (0, 7000, 40_000, 90_000, 400_000):
        alarm.goes_on(quiet_ms)
        badge.place.chip.fail = fail
        # a minute, and a try at the pace that the law leaves, before which the radio is made anew
        assert alarm.goes_on(200_000, cured) <= 60_000 + 25_000, quiet_ms
    assert not radio.failures


@pytest.mark.parametrize("sf", [7, 12])
def test_a_gateway_that_is_away_costs_no_try_for_the_radio_s_sake_and_makes_it_anew_once_a_minute_at_most(badge, sf):
    badge.place.sf = badge.other.sf = sf
    tried = []
    for cures in (True, False):
        radio = badge.begin({"khz": 869525, "sf": sf})
        made, alarm = len(badge.powers), Alarm(badge)
        if not cures:
            radio.cure = lambda is_alarm, now: False
        alarm.goes_on(900_000)
        tried.append(len(alarm.tried))
        assert len(badge.powers) - made <= (16 if cures else 0)
    assert tried[0] >= tried[1] - 2  # each time a hundredth of a second, before a try


def test_nothing_keeps_the_first_frame_of_an_alarm(badge):
    radio = badge.begin()
    badge.send()
    answered(badge)
    badge.send(times=20)
    assert radio.ready(24, True, TIME.ticks_ms()) and not radio.ready(24, False, TIME.ticks_ms())


def test_a_badge_that_never_had_an_answer_leaves_its_receiver_alone_until_it_calls(badge):
    radio = badge.begin()
    for _ in range(20):
        while not radio.ready(24, False, TIME.ticks_ms(), 1):
            badge.run(10)
        badge.send()
    assert len(badge.powers) == 1 and radio._vain == 4


def test_a_bridge_that_nobody_answers_calibrates_and_is_made_anew_before_its_next_frames(badge):
    radio = badge.begin()
    badge.metal.nvs["counter"] = 256
    line = types.SimpleNamespace(read=lambda buf: 0, write=lambda buf, n: True)
    board = types.SimpleNamespace(now=TIME.ticks_ms)
    bridge = Bridge(board, {"number": 1, "lora": CHANNEL}, radio, line)
    made = len(badge.powers)
    for fail, within_ms in (("agc", 15_000), ("latched", 40_000), ("latched", 80_000)):
        badge.place.chip.fail = fail
        for spent in range(0, within_ms, 10):
            if spent % 2000 == 0:
                bridge._in[0], bridge._in[1] = cobs.SEND, cobs.URGENT
                bridge._take(2 + 24, TIME.ticks_ms())
            bridge.turn_air(TIME.ticks_ms())
            TIME.sleep_ms(10)
        assert badge.place.chip.fail is None and not radio.failures, fail
    assert radio.sent > 60 and len(badge.powers) - made <= 4


def test_two_frames_that_are_due_together_do_not_drown_each_other_s_acks(badge):
    radio = badge.begin()
    badge.send()
    waits = {(False, 0): 0, (False, 1): 0, (True, 1): 0}
    assert radio.up() and radio.ready(24, True, TIME.ticks_ms())  # a new alarm talks over everything
    for _ in range(40):
        for is_alarm, tries in waits:
            waits[is_alarm, tries] += 10 * (not radio.ready(24, is_alarm, TIME.ticks_ms(), tries))
        badge.run(10)
    assert all(60 <= ms < 250 for ms in waits.values())
