"""Does the hallway carry a press from the metal to the air in time? Runs the real app.py on MicroPython.

Time idles ahead, over the board of tools/sim/scripts/fake_board.py. Prints facts; host_tests/test_app.py reads them.
"""

import sys

sys.path[:0] = sys.argv[1:]

from firmware.lifeboat import Lifeboat  # noqa: E402
from firmware.link import frame  # noqa: E402
from tools.sim.scripts import fake_board  # noqa: E402
from tools.sim.scripts.fake_board import PAIRING, Board, Stop, clock, stop  # noqa: E402


def at(ms, board, name, value):
    """Set an attribute of the board `ms` from now."""
    clock.after(ms, lambda: setattr(board, name, value))


def run(board, ms):
    """Run the app for `ms`; return it."""
    app, why = fake_board.run(board, ms)
    print("stopped:", why)
    return app


def alarms(board, since):
    """Return the times of alarm frames sent after `since`, from it."""
    return [t - since for t, type, _ in board.sent if type == frame.ALARM and t >= since]


board = Board()
edge = clock.now + 2000
at(2000, board, "pressed", 1)
at(3000, board, "pressed", 0)
app = run(board, 40000)
print("hold_to_frame_ms", alarms(board, edge)[0])
print("hold_to_felt_ms", [t - edge for t, level in board.levels if level and t > edge][0])
print("state", app.badge.alarm.state, "saved", len(board.rtc), "fed", board.fed > 200, "dips", board.dips)
print("heartbeats", [type for _, type, _ in board.sent].count(frame.HEARTBEAT))

after_reset = clock.now
app = run(board, 3000)
print("goes_on_after_ms", alarms(board, after_reset)[0], "state", app.badge.alarm.state)

board = Board()
board.failing = 3
board.sensor = False
edge = clock.now + 1000
at(1000, board, "pressed", 1)
app = run(board, 5000)
print("crashed_in", board.tasks, "after", list(board.report[8:]))
print("crashes", board.reasons, "alarm_all_the_same", len(alarms(board, edge)) > 0, "faults", app.badge.faults)

board = Board()
edge = clock.now + 1200
for ms, level in ((1000, 1), (1100, 0), (1200, 1), (1300, 0)):
    at(ms, board, "pressed", level)
stop(10000)
try:
    Lifeboat(board, PAIRING).run()
except Stop:
    print("lifeboat_assist_to_frame_ms", alarms(board, edge)[0])

board = Board()
board.crashes = 4
stop(70000)
try:
    Lifeboat(board, PAIRING).run()
except Stop:
    print("lifeboat_tells", [type for _, type, _ in board.sent])

board = Board()
board.starving = 3
edge = clock.now + 1000
at(1000, board, "pressed", 1)
app = run(board, 30000)
print("starved", app.badge.faults & 0x80, board.reasons, len(alarms(board, edge)) > 0, "fed", board.fed > 100)

board = Board()
board.crashes = 1
app = run(board, 5000)
print("reports", [type for _, type, _ in board.sent].count(frame.REPORT))
print("told_of_crash", board.crashes, [n for _, type, n in board.sent if type == frame.HEARTBEAT] != [])

board = Board()
board.flash_fails = True
app = run(board, 2000)
board.flash_fails = False
print("no_counter_no_frame", len(board.sent), "faults", app.badge.faults)


class Flash:
    """A store apart from RTC memory, that fails to save while `fails`."""

    def __init__(self, board):
        self.reserve = board.reserve
        self.load = board.load
        self.fails = True
        self.saved = 0

    def ahead(self):
        """Erase nothing."""

    def save(self, saved, n):
        """Keep nothing but the count."""
        if self.fails:
            raise OSError(5)
        self.saved += 1
        self.saved_at = clock.now


for ms, word in ((4000, "unsaved"), (9000, "saved_again")):
    board = Board()
    board.store = Flash(board)
    at(1000, board, "pressed", 1)
    at(5000, board.store, "fails", False)
    app = run(board, ms)
    print(word, app.badge.faults & 0x10, "times", board.store.saved)

board = Board()
board.failing = 10**6
app = run(board, 60000)
print("crashes", len(board.reasons))

board = Board()
edge = clock.now + 1000
at(1000, board, "pressed", 1)
at(2000, board, "pressed", 0)
stop(30000)
try:
    Lifeboat(board, PAIRING).run()
except Stop:
    print("lifeboat_to_frame_ms", alarms(board, edge)[0], "alarms", len(alarms(board, edge)), "fed", board.fed > 2000)

clock.story.clear()  # the end of a run that a reset has ended before
board = Board()
board.store = Flash(board)
at(500, board.store, "fails", False)
edge = clock.now + 1000
at(1000, board, "pressed", 1)
at(1900, board, "pressed", 0)
for ms in (1900, 400):  # before flash has it, and after
    stop(ms)
    try:
        Lifeboat(board, PAIRING).run()
    except Stop:
        print("lifeboat_kept", board.store.saved, "sent", len(alarms(board, edge)))
print("lifeboat_saved_ms", board.store.saved_at - edge)
after_reset = clock.now
app = run(board, 3000)
print("app_goes_on_after_ms", alarms(board, after_reset)[0], "state", app.badge.alarm.state)

board = Board()
board.linked_up = False
board.store = Flash(board)
at(1000, board, "pressed", 1)
app = run(board, 2500)
board.store.fails = False
app = run(board, 1000)
print("reset_before_flash", app.badge.alarm.state, "saved", board.store.saved)


class Worn(Flash):
    """A store that saves, but cannot fill its page."""

    def ahead(self):
        """Fail."""
        raise OSError(5)


board = Board()
board.store = Worn(board)
board.store.fails = False
app = run(board, 10000)
kept = app.badge.trace
print("worn", app.badge.faults & 0x10, "changes", len([i for i in range(min(kept.count, 64)) if kept.code[i] == 7]))


class Full:
    """Memory or store whose `save` finds no room the next `times` that an alarm comes to it."""

    def __init__(self, keeper, times):
        self._keeper = keeper
        self.times = times
        self.saved = 0

    def __getattr__(self, name):
        return getattr(self._keeper, name)

    def save(self, saved, n):
        """Keep it, or find no room."""
        if saved[1] and self.times:
            self.times -= 1
            raise MemoryError
        self.saved += 1 if saved[1] else 0


for name, wait_ms in (("memory", 400), ("store", 800)):  # a task that found no room goes on after 100 ms
    board = Board()
    full = Full(board, 1)
    setattr(board, name, full)
    board.linked_up = False
    at(1000, board, "pressed", 1)
    app = run(board, 1800 + wait_ms)
    print("no_room_in", name, full.times, "saved", full.saved > 0, "flash", name == "store" or len(board.flash) > 0)


class Deaf(Board):
    """A board whose clock skips a week, in which nothing was heard."""

    skip = 0
    dozed = 0

    def now(self):
        """Return badge time."""
        return (super().now() + self.skip) & 0x3FFFFFFF

    def receive(self, buf):
        """Hear nothing after the skip."""
        return 0 if self.skip else super().receive(buf)

    def doze(self, on):
        """Count the turns in which it dozes after the skip."""
        self.dozed += 1 if on and self.skip else 0


board = Deaf()
at(5000, board, "skip", 7 * 86400000)
run(board, 60000)
print("dozes_after_a_week", board.dozed)

board = Board()
board.starving = 10**6
app = run(board, 30000)
print("starving", app.badge.faults & 0x80, board.reasons)


class Full(Flash):
    """A flash that keeps the alarm and has no room for keys."""

    tried = 0

    def save(self, saved, n):
        self.saved += 1

    def rekey(self, keys):
        self.tried += 1
        raise OSError(-0x1105)


clock.story.clear()  # the end of the run before, which a reset has ended
board = Board()
board.store = Full(board)


def new_keys(app):
    """Offer the badge keys every five seconds, as a gateway goes on doing."""
    for after_ms in range(2000, 700000, 5000):
        clock.after(after_ms, lambda: setattr(app.badge.uplink, "keys", bytes(32)))


at(600000, board, "pressed", 1)
clock.after(600790, lambda: setattr(board, "began", board.store.saved))
clock.after(601500, lambda: setattr(board, "before", board.store.saved))
at(602000, board, "pressed", 0)
fake_board.run(board, 700000, new_keys)
print("keys_tried", board.store.tried, "saved", board.store.saved, "alarm_saved_at_once", board.before > board.began)

# keys that are refused once and never offered again: a gateway that was put back does not know them any more
clock.story.clear()
board = Board()
board.store = Full(board)


def once(app):
    """Offer the badge keys two seconds from now."""
    clock.after(2000, lambda: setattr(app.badge.uplink, "keys", bytes(32)))


app, _ = fake_board.run(board, 400000, once)
print("keys_forgotten", board.store.tried, "fault", app.badge.faults & 16, "pause_ms", app._again_ms)
