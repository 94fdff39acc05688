"""Does the hallway carry a press from the metal to the air in time? Runs the real app.py on MicroPython.

Time idles ahead. The board is a double with the face of firmware/board/build.py. Prints
facts; host_tests/test_app.py reads them.
"""

import sys

sys.path[:0] = sys.argv[1:]

import asyncio.core  # noqa: E402
import time  # noqa: E402

from rig import DEVICE, DOWN, GATEWAY, UP  # noqa: E402

from firmware.app import App  # noqa: E402
from firmware.lifeboat import Lifeboat  # noqa: E402
from firmware.link import frame  # noqa: E402
from firmware.link.seal import Seal  # noqa: E402


class Stop(BaseException):
    """The end of the story, or a reset."""


class Clock:
    """Time that only passes while everybody sleeps.

    It starts at the real one: asyncio's own C code reads that for tasks that are due at once, and they would otherwise
    lie ahead.
    """

    now = time.ticks_ms()

    def wait_io_event(self, dt):
        self.now += max(dt, 0)
        for at, act in tuple(story):
            if self.now >= at:
                story.remove((at, act))
                act()


clock = Clock()
BEGAN = clock.now
story = []
asyncio.core.ticks = lambda: clock.now
asyncio.core._io_queue = clock


class Board:
    """Parts that remember; also its own button, motor, accel, battery, route, store and memory."""

    def __init__(self):
        self.button = self.motor = self.accel = self.battery = self.store = self.memory = self
        self.routes = (self,)
        self.pressed = 0
        self.levels = []
        self.fed = 0
        self.watched = 0
        self.linked = True
        self.sensor = True
        self.failing = 0
        self.sent = []
        self.back = []
        self.rtc = b""
        self.flash = b""
        self.flash_fails = False
        self.counter = 0
        self.crashes = 0
        self.boots = 1

    def now(self):
        return (clock.now - BEGAN + 2**30 - 3000) & 0x3FFFFFFF

    def level(self, motor=None):
        if motor is None:
            return self.pressed
        self.levels.append((clock.now, motor))

    def read(self, block):
        if self.failing:
            self.failing -= 1
            raise ValueError("an error of ours")
        if not self.sensor:
            return -1
        for i in range(5):
            block[3 * i] = block[3 * i + 1] = 0
            block[3 * i + 2] = 1000
        return 5

    def percent(self):
        return 80

    def watch(self, timeout_ms):
        self.watched = timeout_ms

    def feed(self):
        self.fed += 1

    def reset(self):
        raise Stop("reset")

    def rest(self, ms):
        clock.wait_io_event(ms)

    def tend(self, now):
        pass

    def up(self):
        return self.linked

    def send(self, buf, n):
        counter = frame.get30(buf, 3)
        self.sent.append((clock.now, buf[0], counter))
        answer = bytearray(40)
        nonce = bytearray(13)
        frame.nonce(nonce, frame.STREAM_ACK, DEVICE, GATEWAY, counter)
        length = frame.ack(answer, DEVICE, GATEWAY, counter, 0)
        self.back.append(answer[: Seal(DOWN).close(nonce, answer, frame.ACK_HEAD, length)])
        return True

    def receive(self, buf):
        if not self.back or not self.linked:
            return 0
        frame_bytes = self.back.pop(0)
        buf[: len(frame_bytes)] = frame_bytes
        return len(frame_bytes)

    def reserve(self):
        if self.flash_fails:
            raise OSError(5)
        self.counter += 256
        return self.counter - 256

    def save(self, saved, n):
        if self.flash_fails:
            raise OSError(5)
        self.rtc = self.flash = bytes(saved[:n])

    def load(self, saved):
        saved[: len(self.rtc)] = self.rtc
        return len(self.rtc)

    def crashed(self):
        self.crashes += 1

    def well(self):
        self.boots = 0


PAIRING = {"device": DEVICE, "up": UP, "down": DOWN}


def at(ms, board, name, value):
    """Set an attribute of the board `ms` from now."""
    story.append((clock.now + ms, lambda: setattr(board, name, value)))


def stop(ms):
    """End the run `ms` from now."""

    def end():
        raise Stop("end")

    story.append((clock.now + ms, end))


def run(board, ms):
    """Run the app for `ms`; return it."""
    app = App(board, PAIRING, {})
    stop(ms)
    asyncio.core._task_queue = asyncio.core.TaskQueue()
    try:
        app.run()
    except Stop as why:
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
print("state", app.badge.alarm.state, "saved", len(board.rtc), "fed", board.fed > 200, "boots", board.boots)
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
print("crashes", board.crashes, "alarm_all_the_same", len(alarms(board, edge)) > 0, "faults", app.badge.faults)

board = Board()
board.flash_fails = True
app = run(board, 2000)
board.flash_fails = False
print("no_counter_no_frame", len(board.sent), "faults", app.badge.faults)

board = Board()
board.failing = 10**6
app = run(board, 60000)
print("crashes", board.crashes)

board = Board()
edge = clock.now + 1000
at(1000, board, "pressed", 1)
at(2000, board, "pressed", 0)
stop(30000)
try:
    Lifeboat(board, PAIRING).run()
except Stop:
    print("lifeboat_to_frame_ms", alarms(board, edge)[0], "alarms", len(alarms(board, edge)), "fed", board.fed > 2000)
