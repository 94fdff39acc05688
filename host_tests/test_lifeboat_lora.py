"""Does the smallest alarm find the bridge that hears it, on simulated chips in one air, and say only what is true?"""

from itertools import pairwise

import pytest
from board_rig import metal
from radio_rig import TIME
from test_fallback_channel import FIRST, Badge

from firmware.board import modem
from firmware.codes import FAULT_LIFEBOAT
from firmware.feedback import patterns as feel
from firmware.lifeboat import Lifeboat
from firmware.limits import REFRESH_MS
from firmware.link import frame
from firmware.link.seal import Seal
from firmware.ticks import since
from tools.sim import sealed

DEVICE, UP, DOWN = 7, bytes(range(16)), bytes(range(16, 32))


class Board:
    """As much of a board as the lifeboat asks for: a button, a motor, counters, and nothing that was kept."""

    def __init__(self, routes):
        self.button = self.motor = self.memory = self.store = self
        self.routes = routes
        self.crashes = self.pressed = self.gave_way = self.failed = 0
        self.touched = False
        self.counter = 1000
        self.runs = 0
        self.felt = []  # when the motor began to run

    def now(self):
        return TIME.ticks_ms()

    def level(self, motor=None):
        if motor is None:
            return self.pressed
        if motor and not self.runs:
            self.felt.append(self.now())
        self.runs = motor
        return True

    def wants_boat(self):
        return False

    trouble = wants_boat

    def load(self, saved):
        return 0

    def save(self, saved, n):
        pass

    def reserve(self):
        self.counter += 256
        return self.counter - 256


class Boat(Badge):
    """A lifeboat and, behind each of the two ears, a gateway that may be silent."""

    def __init__(self, found, load, kind):
        super().__init__(found, load, kind)
        self.answers = [True, True]
        self.heard = []  # (when, on which channel, unsealed bytes)
        self.due = []  # (when, on which channel, sealed ack)
        self.acks = []
        self.talking = None

    def launch(self, lora=None):
        """Begin."""
        self.board = Board((self.begin(lora),))
        self.boat = Lifeboat(self.board, {"device": DEVICE, "up": UP, "down": DOWN})
        self.felt = []  # (when, what), of the alarm
        play = self.boat._player.play
        self.boat._player.play = lambda pattern, now: (self.felt.append((now, pattern)), play(pattern, now))

    def told(self, pattern=feel.RECEIVED):
        """Return when a pattern was felt."""
        return [at for at, what in self.felt if what == pattern]

    # The world

    def live(self, ms, pressed=0):
        """Let time pass."""
        self.board.pressed = pressed
        for _ in range(ms // 10):
            self.boat.turn(TIME.ticks_ms())
            for i in range(2):
                self._ear(i)
            TIME.sleep_ms(10)

    def _ear(self, i):
        ear = self.ears[i].modem
        if self.due and self.due[0][1] == i and self.due[0][0] <= TIME.ticks_ms():
            ear.standby()
            ear.prepare_send(self.due.pop(0)[2])
            ear.start_send()
            self.talking = i
            return
        if self.talking == i:
            if ear.poll_send() is True:
                return
            self.talking = None
            ear.start_recv(continuous=True)
        got = ear.poll_recv()
        if got is True or got is False or got is None:
            return
        ear.start_recv(continuous=True)
        plain = sealed.opened_up(Seal(UP), got)
        assert plain
        self.heard.append((TIME.ticks_ms(), i, plain))
        if self.answers[i]:
            self.acks.append(sealed.ack(Seal(DOWN), DEVICE, 1, frame.get30(plain, 3)))
            self.due.append((TIME.ticks_ms() + 20, i, self.acks[-1]))

    def on(self, type):
        """Return on which channel each frame of a type was heard, in order."""
        return [i for _, i, plain in self.heard if plain[0] == type]

    def play(self, i, recorded):
        """Have somebody play a recorded frame on channel `i`."""
        self.due.append((TIME.ticks_ms(), i, recorded))


@pytest.fixture(params=["sx1262", "sx1276"])
def boat(request, monkeypatch):
    monkeypatch.setattr(modem, "build", modem.build)  # which the badge replaces
    with metal({}, more={"firmware.board.modem": modem}) as (found, load):
        yield Boat(found, load, request.param)


def test_three_unheard_alarms_go_over_to_the_second_bridge_and_are_felt_as_received_from_there(boat):
    boat.launch()
    boat.answers = [False, True]
    boat.live(1000)
    pressed = TIME.ticks_ms()
    boat.live(1000, pressed=1)
    boat.live(9000)
    assert boat.on(frame.ALARM)[:3] == [0, 0, 1], "the heartbeat before had no answer either"
    assert len(boat.told()) == 1 and since(pressed, boat.told()[0]) < 8000
    boat.live(3 * REFRESH_MS)
    assert set(boat.on(frame.ALARM)[2:]) == {1}, "it stays where it was heard"
    assert len(boat.told()) == 1
    boat.place.clean()


def test_a_heartbeat_that_nobody_answers_goes_over_too_so_that_the_office_knows(boat):
    boat.launch()
    boat.answers = [False, True]
    boat.live(1_000_000)
    beats = boat.on(frame.HEARTBEAT)
    assert beats[:3] == [0, 0, 0] and set(beats[3:]) == {1} and len(beats) >= 16, "and it stays"
    assert all(frame.get16(plain, 9) == FAULT_LIFEBOAT for _, _, plain in boat.heard)
    boat.live(1000, pressed=1)
    boat.live(3000)
    assert boat.on(frame.ALARM) == [1] and len(boat.told()) == 1, "at once, since the heartbeats have shown the way"


def test_with_a_first_bridge_that_answers_it_never_leaves_and_with_none_it_goes_on_changing(boat):
    boat.launch()
    boat.live(300_000)
    boat.live(1000, pressed=1)
    boat.live(60_000)
    assert set(boat.on(frame.HEARTBEAT) + boat.on(frame.ALARM)) == {0}
    boat.heard, boat.answers = [], [False, False]
    boat.live(1000, pressed=1)  # called again, and so told every two seconds
    boat.live(90_000)
    where = [i for _, i, _ in boat.heard]
    assert len(where) > 30 and all(i == n // 3 % 2 for n, i in enumerate(where[:12]))
    # then the slower one's band, a tenth as wide, gives less: neither is left alone for a minute
    for channel in (0, 1):
        times = [at for at, i, _ in boat.heard if i == channel]
        assert max(since(one, later) for one, later in pairwise(times)) < 60_000
    boat.place.clean()


def test_an_ack_that_is_played_back_holds_it_on_no_channel_and_is_not_felt(boat):
    boat.launch()
    boat.live(2000)
    [old] = boat.acks
    boat.answers = [False, False]
    boat.live(1000, pressed=1)
    for _ in range(12):
        boat.play(0, old)
        boat.live(1500)
    assert {0, 1} == set(boat.on(frame.ALARM)) and boat.told() == []
    boat.answers = [True, True]
    boat.live(8000)
    assert len(boat.told()) == 1 == len(boat.told(feel.UNHEARD))


def test_who_has_one_channel_stays_on_it(boat):
    boat.launch(FIRST)
    boat.answers = [False, False]
    boat.live(1000, pressed=1)
    boat.live(20_000)
    assert set(boat.on(frame.ALARM)) == {0} and len(boat.on(frame.ALARM)) >= 8
