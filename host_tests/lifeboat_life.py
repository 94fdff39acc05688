"""Do the same hands do the same with the app and with the lifeboat? Both real hallways, on MicroPython, in idle time.

Prints facts; host_tests/test_lifeboat.py reads them. Of what is felt only what the lifeboat promises is compared.
"""

import sys

sys.path[:0] = sys.argv[1:]

from firmware.alarm.alarm import Alarm  # noqa: E402
from firmware.codes import (  # noqa: E402
    ACKED, EMERGENCY_ASKED, FELL, STEP_CLOSED, STEP_TAKEN, STEP_UNANSWERED, TAKE_TOLD, UNANSWERED_TOLD,
)
from firmware.feedback import patterns as feel  # noqa: E402
from firmware.feedback.player import Player  # noqa: E402
from firmware.lifeboat import Lifeboat  # noqa: E402
from firmware.link import frame  # noqa: E402
from firmware.link.seal import Seal  # noqa: E402
from tools.sim.scripts import fake_board  # noqa: E402
from tools.sim.scripts.fake_board import PAIRING, UP, Stop, clock, stop  # noqa: E402
from tools.sim.sealed import opened_up  # noqa: E402

BEGIN_MS = 10000
TOLD_MS = 60  # a look at the button, and one at the air
FELT_MS = 160  # the app looks at the time every 100 ms
RETRY_MS = 2000
OF_ONE_S_OWN = (feel.RECEIVED, feel.UNHEARD, feel.UNANSWERED, feel.TAKEN, feel.CLOSED)

felt: list = []
play = Player.play


def note(self, pattern, now):
    """Note what begins to be felt."""
    felt.append((clock.now, pattern))
    play(self, pattern, now)


Player.play = note


class Motor:
    """A motor that remembers nothing: an hour of it is long."""

    def level(self, level):
        """Say that it was told."""
        return True


class Board(fake_board.Board):
    """A board whose frames are opened; `answers` is whether a gateway does. report: told frames are kept, too."""

    def __init__(self, answers=True):
        super().__init__(20)
        self.motor = Motor()
        self.plain = []  # (when, alarm id, kind and what, revision)
        self.heartbeats = []
        self.told = []  # downlink counters
        self.knew = []  # the state that the last frame of an alarm has told
        self.words = 0
        self.tape = []  # what a gateway has said
        self.answers = answers
        self.seal = Seal(UP)

    def send(self, buf, n, is_alarm=False, calls=False):
        """Open the frame, and answer it if somebody does."""
        opened = opened_up(self.seal, buf[:n])
        if opened[0] == frame.ALARM:
            self.plain.append((clock.now, frame.get30(opened, 7), opened[11], opened[12] >> 4))
            self.knew = [frame.get16(opened, 13)]
        elif opened[0] == frame.HEARTBEAT:
            self.heartbeats.append((clock.now, opened[7], frame.get16(opened, 9)))
        elif opened[0] == frame.TOLD:
            self.told.append((opened[7], frame.get30(opened, 8)))
        if self.answers:
            return super().send(buf, n, is_alarm, calls)
        self.sent.append((clock.now, buf[0], 0))
        return True

    def step(self, step):
        """Have the gateway say a step of the last alarm."""
        self.words += 1
        self.tell_step(self.words, self.plain[-1][1], step)
        self.tape.append(self.back[-1][1])

    said = property(None, step)

    def again(self, number):
        """Play back what the gateway said as its word `number`."""
        self.back.append((clock.now, self.tape[number]))

    played = property(None, again)

    def tells(self, began):
        """Return [(when, kind and what, revision)] of each that says something new."""
        said = []
        for at, _, kind, revision in self.plain:
            if not said or (kind, revision) != said[-1][1:]:
                said.append((at - began, kind, revision))
        return said


def spans(*ms):
    """Return a hand that presses, lets go, presses ... for `ms` each."""
    hand = []
    at = 0
    for i, long in enumerate(ms):
        hand.append((at, "pressed", 1 - i % 2))
        at += long
    return hand + [(at, "pressed", 0)]


def launch(board, ms, boat, settings=None):
    """Run the lifeboat or the app on `board` for `ms`."""
    clock.story.clear()
    if not boat:
        for at, name, value in board.hand:
            clock.after(at, lambda name=name, value=value: setattr(board, name, value))
        return fake_board.run(board, ms, None, settings)
    settings = settings or {}
    stop(ms)
    for at, name, value in board.hand:
        clock.after(at, lambda name=name, value=value: setattr(board, name, value))
    try:
        Lifeboat(board, PAIRING, settings.get("hold_ms", 800), settings.get("single_calls", False)).run()
    except Stop as why:
        return why


def live(hand, ms, boat, settings, answers):
    """Return what is told and felt when `hand` begins after ten seconds."""
    board = Board(answers)
    began = clock.now + BEGIN_MS
    board.hand = [(BEGIN_MS + at, name, value) for at, name, value in hand]
    del felt[:]
    launch(board, BEGIN_MS + ms, boat, settings)
    lately = [at for at, _, _, _ in board.plain if at > clock.now - 25000]
    told = [board.told, bool(lately), board.knew]
    return board.tells(began), [(at - began, what) for at, what in felt if what in OF_ONE_S_OWN], told


def alike(one, other, most_ms):
    """Return whether two lists of (when, what ...) say the same at the same time, to `most_ms`."""
    if len(one) != len(other):
        return False
    for i in range(len(one)):
        if abs(one[i][0] - other[i][0]) > most_ms or one[i][1:] != other[i][1:]:
            return False
    return True


COMES = [(6000, "said", STEP_TAKEN)]
HANDS = (
    ("a hold", spans(1000), 40000, None, True),
    ("a hold that nobody hears", spans(1000), 100000, None, False),
    ("two presses", spans(120, 200, 120), 40000, None, True),
    ("three presses", spans(120, 200, 120, 200, 120), 40000, None, True),
    ("two presses, then three", spans(120, 200, 120, 3000, 120, 200, 120, 200, 120), 40000, None, True),
    ("a hold, then two presses", spans(1000, 5000, 120, 200, 120), 40000, None, True),
    ("an edge that the level no longer shows", [(0, "touched", True)], 20000, {"single_calls": True}, True),
    ("one press", spans(150), 20000, None, True),
    ("one press, where it calls", spans(150), 20000, {"single_calls": True}, True),
    ("a short hold, where it is one", spans(500), 20000, {"hold_ms": 400}, True),
    ("a short hold, where it is none", spans(500), 20000, {"hold_ms": 1900}, True),
    ("a hold before the gateway is back", spans(1000) + [(20000, "answers", True)], 60000, None, False),
    ("a second one while unheard", spans(1000, 4000, 1000) + [(20000, "answers", True)], 60000, None, False),
    ("nobody comes", spans(1000), 130000, None, True),
    ("somebody comes, and it is closed", spans(1000) + COMES + [(15000, "said", STEP_CLOSED)], 60000, None, True),
    ("who came does not", spans(1000) + COMES + [(12000, "said", STEP_UNANSWERED)], 60000, None, True),
    ("it is closed, and begins anew", spans(1000, 9000, 1000) + [(6000, "said", STEP_CLOSED)], 60000, None, True),
    ("a second one after somebody comes", spans(1000, 9000, 1000) + COMES, 60000, None, True),
    ("a second one when the gateway has gone", spans(1000, 9000, 1000) + [(5000, "answers", False)], 90000, None, True),
)

for name, hand, ms, settings, answers in HANDS:
    app = live(hand, ms, False, settings, answers)
    boat = live(hand, ms, True, settings, answers)
    late_ms = RETRY_MS if [True for _, what, _ in hand if what == "answers"] else 0
    same = alike(app[0], boat[0], TOLD_MS) and alike(app[1], boat[1], FELT_MS + late_ms) and app[2] == boat[2]
    print("same" if same else "differs", name, len(boat[0]), "told", len(boat[1]), "felt")
    if not same:
        print(app, boat)


def kept(events, practice=False):
    """Return a board whose RTC memory has an alarm to which `events` have happened, and nobody who answers."""
    board = Board(False)
    board.hand = []
    alarm = Alarm()
    for event in events:
        alarm.on(event, board.now(), board.now(), practice)
    board.rtc = bytearray(32)
    alarm.save(board.rtc, board.now())
    return board


for name, events in (("received", ()), ("nobody", (UNANSWERED_TOLD,)), ("comes", (TAKE_TOLD,))):
    for spent in (False, True):
        both = []
        for boat in (False, True):
            board = kept((EMERGENCY_ASKED, ACKED) + events)
            if spent:
                board.rtc, board.store = b"", kept((EMERGENCY_ASKED, ACKED) + events)
            del felt[:]
            launch(board, 15000, boat)
            both.append([what for at, what in felt if what in OF_ONE_S_OWN])
        print("resumed", name, spent, both[0] == both[1], both[1])

board = kept((EMERGENCY_ASKED,), True)
launch(board, 3000, True)
print("practice", [hex(kind) for _, _, kind, _ in board.plain])
launch(board, 100, False)
print("practice_in_the_app", [hex(kind) for _, _, kind, _ in board.plain[-1:]])
board.hand = spans(1000)
launch(board, 3000, True)
print("real_again", hex(board.plain[-1][2]))

board = kept((FELL,))
launch(board, 3000, True)
print("question", [(hex(kind), revision) for _, _, kind, revision in board.plain])

board = Board(False)
board.hand = spans(1000)
launch(board, 900, True)
first = board.plain[:]
board.hand = []
launch(board, 100, True)
print("one_id", len(first), len({alarm_id for _, alarm_id, _, _ in board.plain}))

for gave_way in (0, 2):
    board = Board()
    board.failed = 4
    board.gave_way = gave_way
    board.hand = []
    began = clock.now
    why = launch(board, 3600000, True)
    beats = [fault for _, _, fault in board.heartbeats]
    print("gives_way", str(why), (clock.now - began) // 1000, board.failed, board.gave_way, beats and min(beats))

board = Board(False)
board.failed = 4
board.hand = spans(1000) + [(400000, "answers", True)]
began = clock.now
why = launch(board, 3600000, True)
print("gives_way_when_heard", str(why), (clock.now - began) // 1000)

board = Board()
board.hand = []
del felt[:]
launch(board, 1200000, True)
print("trouble_felt", len([at for at, what in felt if what == feel.TROUBLE]))

# What a gateway says is believed once, in its order, and after this life began.
board = Board()
board.hand = spans(1000) + [(4000, "said", STEP_TAKEN)]
launch(board, 6000, True)
board.hand = [(2000, "played", 0), (3000, "said", STEP_UNANSWERED), (4000, "said", STEP_TAKEN),
              (6000, "said", STEP_UNANSWERED), (8000, "played", 2)]
del felt[:]
launch(board, 11000, True)
print("played_back", [what for at, what in felt if what in OF_ONE_S_OWN], [counter for _, counter in board.told])
