"""What does the real app do over days? Runs firmware/app.py on MicroPython in virtual time, and counts at its doors.

Arguments: days, radio (wifi or lora), "thin" or "all" samples, heartbeat_ms (0: the radio's own), then folders for
sys.path. Prints `name number` lines: what was sent, received, felt, sampled and written, and the heap once a day.

Each day is a working day of eight hours and a night in the locker: the board ends the last shift and begins one, the
shift's test is made, three visits (green, yellow, red) with their check-ins pressed, two alarms (a hold, and a double
press, each taken and closed by the board), one short cut of the link, and a body that bends every ten seconds while it
is worn. At night the badge is off duty and lies still.

Over LoRa the chip sleeps, as the app has it. Over Wi-Fi it is awake, and time is coarse where the badge says that
nothing is due (`calm_ms`): an idle moment lasts as long as `Badge.rest_ms` allows, 640 ms at most, which is what a FIFO
of 32 samples bridges; the tasks run once in it instead of 32 times. It is fine, as asked for by the tasks, around each
act, while the motor runs, while something waits to be sent. With "all", every sample of that time passes through the
door; with "thin" four of 32 do.
"""

import gc
import sys

DAYS = int(sys.argv[1])
RADIO = sys.argv[2]
ALL = sys.argv[3] == "all"
BEAT_MS = int(sys.argv[4])
sys.path[:0] = sys.argv[5:]

gc.collect()
nothing = gc.mem_alloc()

from firmware.app import App  # noqa: E402
from firmware.link import frame  # noqa: E402
from firmware.link.seal import Seal  # noqa: E402

gc.collect()
firmware = gc.mem_alloc()

from tools.bench.badge import hall  # noqa: E402
from tools.bench.badge.hall import Board, Naps, Stop, clock  # noqa: E402

HOUR = 3600000
DAY = 24 * HOUR
COARSE_MS = 640
FINE_MS = 2000  # after each act of the story time is fine for as long
WIFI_ACK_MS = 20
LORA_ACK_MS = 150  # 62 ms of the frame, the gateway's commit, 51 ms of the ack at SF7
THIN = 4

count = {}


def add(name, n=1):
    """Count."""
    count[name] = count.get(name, 0) + n


class Days(Board):
    """A board whose wearer works, and that counts instead of remembering."""

    def __init__(self):
        super().__init__(answer_ms=LORA_ACK_MS if RADIO == "lora" else WIFI_ACK_MS)
        self.app = None
        self.fine_until = clock.now
        self.on_since = 0
        self.worn = True
        self.moves = 0
        self.read_at = clock.now
        self.steps = 0
        self.alarm_id = 0
        self._open = bytearray(frame.FRAME_BYTES_MAX)
        self._up = Seal(hall.UP)
        self._n13 = bytearray(13)
        self.memory = Keeper(self)

    def level(self, motor=None):
        """Return the button's level, or count the motor's time."""
        if motor is None:
            add("wakes")
            return self.pressed
        if motor:
            self.on_since = clock.now
        elif self.on_since:
            add("motor_ms", clock.now - self.on_since)
            self.on_since = 0
        return True

    def read(self, block):
        """Fill `block` with what 50 Hz have brought since the last read; the wearer moves every ten seconds."""
        due = min((clock.now - self.read_at) // 20, 32)
        self.read_at = clock.now
        n = due if ALL else min(due, THIN)
        self.moves += due
        bent = 300 if self.worn and self.moves // 500 & 1 else 0
        for i in range(n):
            block[3 * i] = bent
            block[3 * i + 1] = 0
            block[3 * i + 2] = 1000
        add("samples", due)
        add("passed", n)
        return n

    def send(self, buf, n, *more):
        """Count the frame, and have it acknowledged."""
        type = buf[0]
        counter = frame.get30(buf, 3)
        add("sent_%d" % type)
        if type == frame.ALARM:
            for i in range(n):
                self._open[i] = buf[i]
            frame.nonce(self._n13, frame.STREAM_UP, hall.DEVICE, 0, counter)
            self._up.open(self._n13, self._open, frame.UP_HEAD, n)
            self.alarm_id = frame.get30(self._open, 7)
        if self.sent:
            self.sent[0] = (clock.now, type, counter)  # what tell_step asks for, and no more
        else:
            self.sent.append((clock.now, type, counter))
        answer = bytearray(frame.FRAME_BYTES_MAX)
        sealed = frame.ack(answer, hall.DEVICE, hall.GATEWAY, counter, 0)
        self._answer(answer, frame.STREAM_ACK, counter, frame.ACK_HEAD, sealed)
        return True

    def receive(self, buf):
        """Give the badge the next frame that is there, and count it."""
        n = super().receive(buf)
        if n:
            add("received")
        return n

    def reserve(self):
        """Grant the next block of counters; one write."""
        add("nvs_counter")
        return super().reserve()

    def save(self, saved, n):
        """Keep the alarm in flash; one write."""
        add("nvs_alarm")
        super().save(saved, n)

    def order(self, order, value=0):
        """Let the board order something."""
        self.steps += 1
        answer = bytearray(frame.FRAME_BYTES_MAX)
        n = frame.order(answer, hall.DEVICE, hall.GATEWAY, 100000 + self.steps, self.sent[-1][2], order, value)
        self._answer(answer, frame.STREAM_DOWN, 100000 + self.steps, frame.DOWN_HEAD, n)

    def step(self, step):
        """Let the board tell how far the wearer's own alarm has come."""
        self.steps += 1
        self.tell_step(100000 + self.steps, self.alarm_id, step)


class Keeper:
    """RTC memory, whose writes cost the flash nothing."""

    def __init__(self, board):
        self._board = board
        self.crashes = 0
        self.report = bytearray(14)
        self.boots = 0
        self._kept = bytearray(64)

    def save(self, saved, n):
        """Keep it."""
        add("rtc")
        for i in range(n):
            self._kept[i] = saved[i]

    def load(self, saved):
        """There was a power cut."""
        return 0

    def crashed(self, _reason, _task):
        """Count a crash."""
        add("crashes")

    def well(self):
        """Nothing to forget."""


class Idle:
    """Time, made coarse where the badge allows it; in place of the hall's clock for asyncio."""

    def wait_io_event(self, dt):
        """Let `dt` ms pass, or as many as nothing is due in."""
        dt = max(dt, 0)
        if dt:
            rest = 0 if board.sleep else self.rest()
            if rest > dt:
                dt = rest
                add("calm_ms", dt)
            if app.badge.alarm.is_open():
                add("open_ms", dt)
        clock.now += dt
        while story and clock.now >= story[0][0]:
            board.fine_until = clock.now + FINE_MS
            story.pop(0)[1]()

    def next_ms(self):
        """Return in how many ms the next act is due, a day for none."""
        return max(0, story[0][0] - clock.now) if story else DAY

    def rest(self):
        """Return for how long nothing is due."""
        if clock.now < board.fine_until or board.back or board.pressed:
            return 0
        most = COARSE_MS
        if story:
            most = min(most, max(0, story[0][0] - clock.now))
        return min(most, app.badge.rest_ms(board.now()))


story = []


def at(ms, act):
    """Do `act` in `ms`."""
    story.append((clock.now + ms, act))


def press(ms, hold=150):
    """Press the button in `ms`."""
    at(ms, down)
    at(ms + hold, up)


def down():
    """Press."""
    board.pressed = 1


def up():
    """Let go."""
    board.pressed = 0


def wear():
    """Put the badge on."""
    board.worn = True


def doff():
    """Lay the badge into the locker."""
    board.worn = False


def cut():
    """Lose the link."""
    board.linked_up = False


def heal():
    """Get the link back."""
    board.linked_up = True


def plan():
    """Write the next day's story."""
    from firmware.words import (
        GREEN, NO_VISIT, ORDER_OFF, ORDER_TEST, ORDER_VISIT, RED, STEP_CLOSED, STEP_TAKEN, YELLOW,
    )  # fmt: skip

    order = lambda kind, value=0: lambda: board.order(kind, value)  # noqa: E731
    step = lambda word: lambda: board.step(word)  # noqa: E731
    at(10000, wear)
    at(11000, order(ORDER_OFF, 0))
    at(20000, order(ORDER_TEST))
    press(24000)
    for hour, colour, every_s, checks in ((1, GREEN, 1800, 1), (3, YELLOW, 900, 3), (5, RED, 300, 6)):
        begin = hour * HOUR
        at(begin, order(ORDER_VISIT, colour << 14 | every_s))
        for i in range(checks):
            press(begin + (i + 1) * every_s * 1000 - 30000)  # reminded, she presses
        at(begin + checks * every_s * 1000 + 1000, order(ORDER_VISIT, NO_VISIT))
    for hour, double in ((2, False), (6, True)):
        begin = hour * HOUR
        if double:
            press(begin)
            press(begin + 400)
        else:
            press(begin, 1000)
        at(begin + 20000, step(STEP_TAKEN))
        at(begin + 200000, step(STEP_CLOSED))
    at(4 * HOUR, cut)
    at(4 * HOUR + 120000, heal)
    at(8 * HOUR, order(ORDER_OFF, 1))
    at(8 * HOUR + 5000, doff)
    at(DAY - 2000, night)
    story.sort(key=lambda entry: entry[0])


def largest():
    """Return the largest block that can be had, bytes."""
    low, high = 0, gc.mem_free()
    while high - low > 64:
        middle = (low + high) // 2
        try:
            tried = bytearray(middle)
            low = middle
        except MemoryError:
            high = middle
        tried = None
    return low


def settled():
    """Look at the heap two seconds after the start, and plan the first day."""
    gc.collect()
    print("start_taken %d" % (gc.mem_alloc() - ours))
    print("start_largest %d" % largest())
    plan()


days_done = [0]


def night():
    """Look at the heap; end, or plan another day."""
    days_done[0] += 1
    gc.collect()
    print("day_%d_taken %d" % (days_done[0], gc.mem_alloc() - ours))
    print("day_%d_free %d" % (days_done[0], gc.mem_free()))
    print("day_%d_largest %d" % (days_done[0], largest()))
    if days_done[0] >= DAYS:
        raise Stop("end")
    plan()


import asyncio.core  # noqa: E402

gc.collect()
doubles = gc.mem_alloc() - firmware
before = gc.mem_alloc()
idle = Idle()
board = Days()
if RADIO == "lora":
    board.sleep = Naps(board, idle)
gc.collect()
ours = nothing + doubles + gc.mem_alloc() - before  # what this script and the board that remembers have taken
settings = {"heartbeat_ms": BEAT_MS or (300000 if RADIO == "lora" else 60000)}
app = App(board, hall.PAIRING, settings)
began = clock.now
asyncio.core._io_queue = idle
asyncio.core._task_queue = asyncio.core.TaskQueue()
at(2000, settled)
try:
    app.run()
except Stop as why:
    print("ended_%s 1" % why)
add("fed", board.fed)
if board.sleep:
    add("slept_ms", board.sleep.slept_ms)
    add("sleeps", board.sleep.sleeps)
print("ms %d" % (clock.now - began))
print("state %d" % app.badge.alarm.state)
print("mode %d" % app.badge.shift.mode())
print("lost %d" % app.badge.outbox.lost)
print("faults %d" % app.badge.faults)
for name in count:
    print(name, count[name])
