"""What does the real hallway do with hands and keys at the worst moment? Runs app.py on MicroPython; prints facts.

Hands during the sensor's self-test, tasks that never come round, keys that flash does not take. In idle time, over the
board of tools/sim/scripts/fake_board.py; host_tests/test_app_hand.py reads them.
"""

import asyncio
import sys

sys.path[:0] = sys.argv[1:]

from firmware.link import frame  # noqa: E402
from tools.sim.scripts import fake_board  # noqa: E402
from tools.sim.scripts.fake_board import Board, clock  # noqa: E402

TURNS = 36  # of 10 ms: the longest test of a driver in lib/


class Testing(Board):
    """A sensor that lies still, and whose test takes its time. spans: ms closed, open ... from `first_ms` into it."""

    def __init__(self, first_ms, spans):
        super().__init__()
        self.edges = []
        for i in range(len(spans) + 1):
            self.edges.append((first_ms + sum(spans[:i]), 1 - i % 2))
        self.tests = []  # whether each was left to its end

    def self_test(self, rest):
        """Take 0.36 s; let the hand come the first time."""
        if not self.tests:
            self.began = clock.now
            for ms, level in self.edges:
                clock.after(ms, lambda level=level: self.press(level))
        self.tests.append(False)
        for _ in range(TURNS):
            rest(10)
        self.tests[-1] = True
        return True

    def press(self, level):
        """Close or open the contact; its interrupt tells of a closing."""
        self.pressed = level
        self.touched = self.touched or bool(level)


def alarms(board):
    """Return when alarm frames were sent, from the beginning of the first test."""
    return [t - board.began for t, type, _ in board.sent if type == frame.ALARM]


for name, first, spans in (
    ("hold", 20, (900,)), ("two", 30, (90, 90, 90)), ("three", 20, (80, 70, 80, 70, 80)),
    ("reaching_out", 200, (80, 80, 240)), ("over_the_end", 330, (90, 100, 90)), ("before_the_end", 300, (80, 80, 80)),
    ("one", 100, (120,)),
):
    clock.story.clear()
    board = Testing(first, spans)
    app, why = fake_board.run(board, 75000)
    sent = alarms(board)
    print(name, "kind", app.badge.alarm.kind, "first_ms", sent[0] if sent else -1, "tests", len(board.tests),
          "left_whole", board.tests.count(True), board.tests[-1], "faults", app.badge.faults)


# a task that never says that it is alive, one after the other
async def stuck(i):
    """Never come round."""
    while True:
        await asyncio.sleep_ms(1000)


for task in ("_sense", "_talk", "_feel", "_keep"):
    clock.story.clear()
    board = Board()
    fake_board.run(board, 20000, lambda app, task=task: setattr(app, task, stuck))
    print("stuck" + task, board.fed)
board = Board()
fake_board.run(board, 20000)
print("none_stuck", board.fed)


class Keys:
    """A store for keys that refuses as long as `fails`, and `told` of what came when."""

    def __init__(self, board, fails):
        self.reserve = board.reserve
        self.load = board.load
        self.fails = fails
        self.told = []

    def ahead(self):
        """Erase nothing."""

    def save(self, saved, n):
        """Keep nothing."""

    def rekey(self, keys):
        """Take the keys, or refuse."""
        if self.fails:
            raise OSError(5)
        self.told.append("flash")


for name, fails in (("refused", True), ("taken", False)):
    clock.story.clear()
    board = Board()
    board.store = store = Keys(board, fails)
    used = []

    def come(app):
        """Let new keys arrive after a second, and watch who uses them when."""
        uplink = app.badge.uplink
        rekey = uplink.rekey

        def note(inbox, now):
            store.told.append("used")
            rekey(inbox, now)

        uplink.rekey = note
        clock.after(1000, lambda: setattr(uplink, "keys", bytes(range(40, 72))))

    app, why = fake_board.run(board, 5000, come)
    print("keys_" + name, ",".join(store.told) or "none", "waiting", bool(app.badge.uplink.keys), "faults",
          app.badge.faults & 16)
