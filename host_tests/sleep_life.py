"""Does the real hallway sleep, and does a press get through all the same? Runs the real app.py on MicroPython.

Time idles ahead, over the board of tools/sim/scripts/fake_board.py, whose chip sleeps. Prints facts; test_app_sleep.py
reads them. Arguments: folders for sys.path.
"""

import sys

sys.path[:0] = sys.argv[1:]

from firmware.codes import FAULT_NOT_WORN, FAULT_SENSOR_SILENT, STEP_CLOSED  # noqa: E402
from firmware.link import frame  # noqa: E402
from tools.sim.scripts import fake_board  # noqa: E402
from tools.sim.scripts.fake_board import Board, Naps, clock  # noqa: E402

SETTINGS = {"heartbeat_ms": 300000}


class Sleeper(Board):
    """A LoRa badge: it sleeps. `reads`: when the sensor was asked; `sees`: whether the button's interrupt comes."""

    def __init__(self, sees=True):
        super().__init__(answer_ms=150)
        self.sleep = Naps(self)
        self.reads = []
        self.turns = 0
        self.on_charger = False
        self.sees = sees

    def level(self):
        self.turns += 1
        return super().level()

    def charging(self):
        return self.on_charger

    def read(self, block):
        self.reads.append(clock.now)
        return super().read(block)

    def press(self, ms, hold):
        """Press in `ms`, for `hold` ms."""

        def down():
            self.pressed = 1
            self.touched = self.sees

        clock.after(ms, down)
        clock.after(ms + hold, lambda: setattr(self, "pressed", 0))


def run(board, ms):
    return fake_board.run(board, ms, settings=SETTINGS)[0]


def alarms(board, since):
    return [t - since for t, type, _ in board.sent if type == frame.ALARM and t >= since]


# ten minutes in which nothing happens
board = Sleeper()
app = run(board, 600000)
gaps = [later - earlier for earlier, later in zip(board.reads, board.reads[1:])]
asleep = board.sleep
print("quiet_permille", asleep.slept_ms * 1000 // 600000, "naps", asleep.sleeps, "gap", max(gaps), "fed", board.fed)
print("turns", board.turns, "beats", [type for _, type, _ in board.sent].count(frame.HEARTBEAT), "faults",
      app.badge.faults & ~0x2000)
print("awake_first_ms", min([t for t, gap in zip(board.reads, gaps) if gap >= 400]) - board.reads[0])

# presses out of sleep, at many phases: a hold, two presses, a short one that answers nothing
waits = []
for turn in range(30):
    board = Sleeper(turn & 1)
    at = 36000 + 37 * turn  # it has slept for some seconds
    edge = clock.now + at + (800 if turn % 2 else 300)
    if turn % 2:
        board.press(at, 1000)
    else:
        board.press(at, 120)
        board.press(at + 300, 120)
    run(board, 40000)
    sent = alarms(board, edge - 60)
    waits.append(sent[0] - 60 if sent else 99999)
print("press_most_ms", max(waits), "least", min(waits))

# while an alarm is open the chip sleeps too, and what the gateway says wakes it
board = Sleeper()
board.press(60000, 1000)
naps = []
clock.after(70000, lambda: naps.append(board.sleep.sleeps))
clock.after(90000, lambda: naps.append(board.sleep.sleeps))
apps = []
closing = clock.now + 90000
clock.after(90000, lambda: board.tell_step(1, apps[0].badge.alarm.alarm_id, STEP_CLOSED))
app, why = fake_board.run(board, 120000, apps.append, SETTINGS)
felt = [t for t, level in board.levels if level and t > closing][0] - closing
print("open_naps", naps[1] - naps[0], "closed", app.badge.alarm.state == 0, "closed_felt_ms", felt)

# on its charger it stays awake, for the technician and the wearer
board = Sleeper()
clock.after(100000, lambda: setattr(board, "on_charger", True))
marks = []
clock.after(115000, lambda: marks.append(board.sleep.sleeps))
run(board, 150000)
print("charging_naps", board.sleep.sleeps - marks[0], "before", marks[0] > 20)

# a press that begins and ends while nobody looks: the interrupt has seen it, or nobody has
for sees in (True, False):
    board = Sleeper(sees)
    board.sleep = None
    apps = []

    def stall(board=board):
        board.touched = board.sees
        clock.now += 90

    board.press(20300, 100)
    clock.after(20000, stall)
    app = fake_board.run(board, 25000, apps.append, SETTINGS)[0]
    print("hidden_seen" if sees else "hidden_unseen", len(alarms(board, board.reads[0])) > 0)

# a glitch is no press
board = Sleeper()
board.sleep = None
for ms in range(5000, 20000, 173):
    clock.after(ms, lambda: setattr(board, "touched", True))
app = run(board, 21000)
print("glitches", len(alarms(board, board.reads[0])), "trace", app.badge.press.down, app.badge.press.idle())

# a loop of 20 ms, and 10 while something is under way
board = Sleeper()
board.sleep = None
marks = []
for ms in (10000, 20000, 21000, 22000):
    clock.after(ms, lambda: marks.append(board.turns))
board.press(20500, 2000)
run(board, 23000)
print("calm_turns", marks[1] - marks[0], "busy_turns", marks[3] - marks[2])


# it lies somewhere: after ten minutes it sleeps long, but not once it is touched or pressed, or its sensor is silent
def touch():
    board.touched_at = clock.now
    board.stirred = True  # as the sensor's next read tells


class Lying(Sleeper):
    touched_at = 0

    def read(self, block):
        if self.stirred and self.reads and self.reads[-1] > self.touched_at:
            self.stirred = False
        return super().read(block) if self.sensor else self.silent()

    def silent(self):
        self.reads.append(clock.now)
        return 0


board = Lying()
marks = []
begin = clock.now
clock.after(700000, lambda: marks.append(board.sleep.sleeps))
clock.after(1000000, lambda: marks.append(board.sleep.sleeps))
clock.after(1000000, touch)
apps = []
clock.after(1010000, lambda: marks.append(apps[0].badge.faults & FAULT_NOT_WORN))
app = fake_board.run(board, 1030000, apps.append, SETTINGS)[0]
lain = [t for t in board.reads if begin + 700000 < t < begin + 1000000]
awake = [t for t in board.reads if t > begin + 1002000]
print("lying_naps", marks[1] - marks[0], "lying_gap", max([b - a for a, b in zip(lain, lain[1:])]))
print("touched_gap", max([b - a for a, b in zip(awake, awake[1:])]), "worn_again", marks[2] == 0)

board = Lying()
edge = clock.now + 700000 + 800
board.press(700000, 1000)
run(board, 715000)
print("lying_press_ms", alarms(board, edge - 60)[0] - 60)

board = Lying()
told = []
apps = []


def listen():
    if apps[0].badge.faults & FAULT_SENSOR_SILENT and not told:
        told.append(clock.now)
    clock.after(50, listen)


silent_at = clock.now + 700000
clock.after(700000, lambda: setattr(board, "sensor", False))
clock.after(700000, listen)
fake_board.run(board, 715000, apps.append, SETTINGS)
print("silent_told_ms", told[0] - silent_at)
