"""What does the real app do over days? Runs firmware/app.py on MicroPython in virtual time, and counts at its doors.

Arguments: days, radio (wifi, lora or both), "thin" or "all" samples, heartbeat_ms (0: the radio's own), then folders
for sys.path. Prints `name number` lines: what was sent, received, felt, sampled and written, and the heap once a day;
and each hour a line of the same in pairs that begins with `hour`: all since the start, the watchdog's gap of that hour.

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

from firmware.codes import KIND_TEST, WHAT_MASK, WHAT_RAISED  # noqa: E402
from firmware.link import downlink, frame  # noqa: E402
from firmware.link.seal import Seal  # noqa: E402

gc.collect()
firmware = gc.mem_alloc()

from tools.sim.route import given  # noqa: E402
from tools.sim.scripts import fake_board  # noqa: E402
from tools.sim.scripts.duty_limited import ACK_MS, Air  # noqa: E402
from tools.sim.scripts.fake_board import Board, Naps, Stop, clock  # noqa: E402
from tools.sim.scripts.fake_memory import Flash, Keeper, add, count, expect  # noqa: E402

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable

    from tools.sim.scripts.fake_board import Act

HOUR = 3600000
DAY = 24 * HOUR
COARSE_MS = 640
FINE_MS = 2000  # after each act of the story time is fine for as long
WIFI_ACK_MS = 20
THIN = 4


class Motor:
    """A motor whose time is counted."""

    def __init__(self) -> None:
        self._on_since = 0

    def level(self, level: int) -> bool:
        """Count how long it ran."""
        if level:
            self._on_since = clock.now
        elif self._on_since:
            add("motor_ms", clock.now - self._on_since)
            self._on_since = 0
        return True


class Days(Board):
    """A board whose wearer works, and that counts instead of remembering."""

    store: Flash
    sleep: Naps | None

    def __init__(self) -> None:
        super().__init__(answer_ms=ACK_MS if RADIO == "lora" else WIFI_ACK_MS)
        self.fine_until = clock.now
        self.worn = True
        self.bent = 0
        self.read_at = clock.now
        self.steps = 0
        self.alarm_id = 0
        self._open = bytearray(frame.FRAME_BYTES_MAX)
        self._up = Seal(fake_board.UP)
        self._n13 = bytearray(13)
        self.motor = Motor()
        self.memory = Keeper()
        self.store = Flash(self)
        self.fed_at = clock.now
        self.gap_ms = 0  # the longest between two meals of the watchdog, since the last look
        self.raised = 0  # the last alarm that was counted
        self.faults = 0
        self.air = Air(self, RADIO == "lora") if RADIO != "wifi" else None
        if self.air:
            self.routes = (self.air,) if RADIO == "lora" else (self, self.air)

    def level(self) -> int:
        """Return the button's level, and count the look."""
        add("wakes")
        return self.pressed

    def read(self, block: "array[int]") -> int:
        """Fill `block` with what 50 Hz have brought since the last read; the wearer moves every ten seconds."""
        due = min((clock.now - self.read_at) // 20, 32)
        self.read_at = clock.now
        n = due if ALL else min(due, THIN)
        bent = 300 if self.worn and clock.now // 10000 & 1 else 0
        self.stirred = self.lying and bent != self.bent
        self.bent = bent
        for i in range(n):
            block[3 * i] = bent
            block[3 * i + 1] = 0
            block[3 * i + 2] = 1000
        add("samples", due)
        add("passed", n)
        return n

    def percent(self) -> int:
        """Count the looks at the battery, with which the heap is collected."""
        add("looks")
        return super().percent()

    def self_test(self, rest: "Callable[[int], None]") -> bool:
        """Count it."""
        add("self_tests")
        return True

    def send(self, buf: bytearray, n: int, is_alarm: bool = False, calls: bool = False) -> bool:
        """Count the frame, and have it acknowledged."""
        self.carry(buf, n, self.back, WIFI_ACK_MS, "sent_%d")
        return True

    def carry(self, buf: bytearray, n: int, back: "list[tuple[int, bytes | bytearray]]", ack_ms: int,
              name: str) -> None:
        """Count the frame under `name`, and lay its ack into `back`, to be read after `ack_ms`."""
        type = buf[0]
        counter = frame.get30(buf, 3)
        add(name % type)
        if type == frame.ALARM:
            self.look_into(buf, n, counter)
        if self.sent:
            self.sent[0] = (clock.now, type, counter)  # what tell_step asks for, and no more
        else:
            self.sent.append((clock.now, type, counter))
        answer = bytearray(frame.FRAME_BYTES_MAX)
        sealed = downlink.ack(answer, fake_board.DEVICE, fake_board.GATEWAY, counter, 0)
        self._answer(answer, frame.STREAM_ACK, counter, frame.ACK_HEAD, sealed)
        back.append((clock.now + ack_ms, self.back.pop()[1]))

    def look_into(self, buf: bytearray, n: int, counter: int) -> None:
        """Open an alarm, and count it if it is a new one."""
        for i in range(n):
            self._open[i] = buf[i]
        frame.nonce(self._n13, frame.STREAM_UP, fake_board.DEVICE, 0, counter)
        self._up.open(self._n13, self._open, frame.UP_HEAD, n)
        self.alarm_id = frame.get30(self._open, 7)
        if self._open[11] & WHAT_MASK == WHAT_RAISED and self.alarm_id != self.raised:
            self.raised = self.alarm_id
            add("tests" if self._open[11] >> 4 == KIND_TEST else "alarms")

    def receive(self, buf: bytearray) -> int:
        """Give the badge the next frame that is there, and count it."""
        return self.take(self.back, buf) if self.linked_up else 0

    def take(self, back: "list[tuple[int, bytes | bytearray]]", buf: bytearray) -> int:
        """Fill `buf` with the next frame of `back` that is there; return its length."""
        if not back or back[0][0] > clock.now:
            return 0
        add("received")
        return given(back.pop(0)[1], buf)

    def feed(self) -> None:
        """Feed the watchdog; count what the badge reports as wrong since."""
        self.gap_ms = max(self.gap_ms, clock.now - self.fed_at)
        self.fed_at = clock.now
        self.fed += 1
        new = app.badge.faults & ~self.faults
        self.faults = app.badge.faults
        for bit in range(16):
            if new >> bit & 1:
                add("cause_%d" % bit)

    def order(self, order: int, value: int = 0) -> None:
        """Let the board order something."""
        self.steps += 1
        answer = bytearray(frame.FRAME_BYTES_MAX)
        head = (answer, fake_board.DEVICE, fake_board.GATEWAY, 100000 + self.steps, self.sent[-1][2])
        n = downlink.order(*head, order, value)
        self._answer(answer, frame.STREAM_DOWN, 100000 + self.steps, frame.DOWN_HEAD, n)

    def step(self, step: int) -> None:
        """Let the board tell how far the wearer's own alarm has come."""
        self.steps += 1
        self.tell_step(100000 + self.steps, self.alarm_id, step)


class Idle:
    """Time, made coarse where the badge allows it; in place of the hall's clock for asyncio.

    acted: how many acts of the story are over. day_at: when this day began.
    """

    acted = 0
    day_at = 0

    def wait_io_event(self, dt: int) -> None:
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
        while self.next_ms() <= 0:
            board.fine_until = clock.now + FINE_MS
            self.acted += 1
            story[self.acted - 1][1]()
        if clock.now - began >= hours[0] * HOUR > 0:
            look()

    def next_ms(self) -> int:
        """Return in how many ms the next act is due, a day for none."""
        return max(0, self.day_at + story[self.acted][0] - clock.now)

    def rest(self) -> int:
        """Return for how long nothing is due."""
        if clock.now < board.fine_until or board.back or board.pressed or board.air and board.air.back:
            return 0
        return min(COARSE_MS, self.next_ms(), app.badge.rest_ms(board.now()))


story: list[tuple[int, Act]] = []  # of one day, told again each day, and so of the same size in the heap at any time


def at(ms: int, act: "Act") -> None:
    """Do `act` when the day is `ms` old."""
    story.append((ms, act))


def put(name: str, value: object) -> "Act":
    """Return what sets this of the board."""
    return lambda: setattr(board, name, value)


def press(ms: int, hold: int = 150) -> None:
    """Press the button when the day is `ms` old."""
    at(ms, put("pressed", 1))
    at(ms + hold, put("pressed", 0))


def plan() -> None:
    """Write the story of a day."""
    from firmware.codes import (
        GREEN, NO_VISIT, ORDER_OFF, ORDER_TEST, ORDER_VISIT, RED, STEP_CLOSED, STEP_TAKEN, YELLOW,
    )

    order = lambda kind, value=0: lambda: board.order(kind, value)  # noqa: E731
    step = lambda word: lambda: board.step(word)  # noqa: E731
    at(2000, settled)
    at(12000, put("worn", True))
    at(13000, order(ORDER_OFF, 0))
    at(22000, order(ORDER_TEST))
    press(26000)
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
    at(4 * HOUR, put("linked_up", False))
    at(4 * HOUR + 120000, put("linked_up", True))
    at(8 * HOUR, order(ORDER_OFF, 1))
    at(8 * HOUR + 5000, put("worn", False))
    at(DAY, night)
    story.sort(key=lambda entry: entry[0])


def largest() -> int:
    """Return the largest block that can be had, bytes.

    A list gives its block back when it is cleared. One that is only let go may be kept by the collector, which takes
    any word that is left somewhere for an address.
    """
    word = 4 if sys.maxsize < 1 << 32 else 8
    low, high = 0, gc.mem_free()
    while high - low > 64:
        middle = (low + high) // 2
        try:
            tried = [None] * (middle // word)
            tried.clear()
            low = middle
        except MemoryError:
            high = middle
        tried = None
    return low


def look() -> None:
    """Look at the heap after a collection, and print it with all that was counted."""
    gc.collect()
    print("hour", hours[0], "ms", clock.now - began, "taken", gc.mem_alloc() - ours, end="")
    print("", "free", gc.mem_free(), "largest", largest(), end="")
    print("", "fed", board.fed, "gap_ms", max(board.gap_ms, clock.now - board.fed_at), end="")
    if board.sleep:
        print("", "slept_ms", board.sleep.slept_ms, "sleeps", board.sleep.sleeps, end="")
    for name in count:
        print("", name, count[name], end="")
    print()
    hours[0] += 1
    board.gap_ms = 0


def settled() -> None:
    """Look at the heap two seconds after the start."""
    if days_done[0]:
        return
    gc.collect()
    print("start_taken %d" % (gc.mem_alloc() - ours))
    print("start_largest %d" % largest())
    look()


days_done = [0]
hours = [0]  # which look at the heap comes next


def night() -> None:
    """Look at the heap; end, or begin another day."""
    days_done[0] += 1
    gc.collect()
    print("day_%d_taken %d" % (days_done[0], gc.mem_alloc() - ours))
    print("day_%d_free %d" % (days_done[0], gc.mem_free()))
    print("day_%d_largest %d" % (days_done[0], largest()))
    look()
    if days_done[0] >= DAYS:
        raise Stop("end")
    idle.day_at = clock.now
    idle.acted = 0


import asyncio.core  # noqa: E402

gc.collect()
doubles = gc.mem_alloc() - firmware
before = gc.mem_alloc()
idle = Idle()
expect(RADIO)
board = Days()
if RADIO == "lora":
    board.sleep = Naps(board, idle)
plan()
began = idle.day_at = clock.now
gc.collect()
ours = nothing + doubles + gc.mem_alloc() - before  # what this script and the board that remembers have taken
settings = {"heartbeat_ms": BEAT_MS or (300000 if RADIO == "lora" else 60000)}
app = fake_board.app_on(board, settings)
asyncio.core._io_queue = idle
asyncio.core._task_queue = asyncio.core.TaskQueue()
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
