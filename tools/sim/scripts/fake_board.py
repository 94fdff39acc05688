"""What does the real hallway (firmware/app.py, lifeboat.py) run on without a board? Parts that remember, in idle time.

For MicroPython: its asyncio is made to read the clock here, which only goes on while everybody sleeps. The board has
the face of firmware/board/build.py; a gateway of one key is behind its route, and acknowledges what it gets.
"""

import asyncio.core
import time

from firmware.app import App
from firmware.badge import Badge
from firmware.link import downlink, frame
from firmware.link.seal import Seal
from tools.sim.route import BLOCK_MS, NAP_LEAST_MS, Route, given

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from tools.sim import faces

    Act = Callable[[], object]

    class Time(Protocol):
        """What lets time pass, and knows in how many ms the next thing happens."""

        def wait_io_event(self, dt: int) -> None: ...
        def next_ms(self) -> int: ...

DEVICE = 7
GATEWAY = 1
UP = bytes(range(16))
DOWN = bytes(range(16, 32))
PAIRING = {"device": DEVICE, "up": UP, "down": DOWN}
BEGIN = 2**30 - 3000  # badge time: three seconds before the wrap
_CIRCLE = time.ticks_add(0, -1)  # 2^30 - 1 where words have 32 bits


class Stop(BaseException):
    """The end of the story, or a reset."""


class Clock:
    """Time that only passes while everybody sleeps, in ms; `story` is [(when, what to do)].

    For asyncio it starts ten minutes after the real one: its own C code reads that for tasks that are due at once, and
    they would otherwise lie ahead, by as much as a busy machine takes. Here it starts at nothing, so that a week of it
    fits a small int of 32 bits.
    """

    def __init__(self) -> None:
        self.now = self.began = 0
        self.real = time.ticks_ms() + 600000
        self.story: list[tuple[int, Act]] = []

    def ticks(self) -> int:
        """Return the time as asyncio counts it, on the circle that this MicroPython's ticks have."""
        return self.now + self.real & _CIRCLE

    def wait_io_event(self, dt: int) -> None:
        """Sleep for `dt` ms, as asyncio's poll of streams would, and let happen what is due then."""
        self.now += max(dt, 0)
        for at, act in tuple(self.story):
            if self.now >= at:
                self.story.remove((at, act))
                act()

    def next_ms(self) -> int:
        """Return in how many ms the next thing happens, a day for nothing."""
        return min([at - self.now for at, _ in self.story] or [86400000])

    def after(self, ms: int, act: "Act") -> None:
        """Do `act` in `ms`."""
        self.story.append((self.now + ms, act))


clock = Clock()
asyncio.core.ticks = clock.ticks
asyncio.core._io_queue = clock


class Naps:
    """Light sleep of `board` (firmware/board/sleep.py): a press ends it, a frame, a block of samples, or its time.

    slept_ms, sleeps: how long in all, and how often.
    """

    def __init__(self, board: "Board", time: "Time | None" = None) -> None:
        self.board = board
        self.time = time or clock
        self.slept_ms = self.sleeps = 0

    def nap(self, ms: int, lying: bool = False) -> bool:
        """Let up to `ms` pass; return whether it did. lying: no block of samples ends it, but a sensor that moves."""
        if ms < NAP_LEAST_MS or self.speaks():
            return False
        until = clock.now + (ms if lying else min(ms, BLOCK_MS))
        began = clock.now
        while clock.now < until and not self.speaks():
            heard = self.board.back[0][0] if self.board.back else until
            self.time.wait_io_event(max(1, min(until - clock.now, heard - clock.now, self.time.next_ms())))
        self.slept_ms += clock.now - began
        self.sleeps += 1
        return True

    def speaks(self) -> bool:
        """Return whether the button or the radio would wake the chip."""
        back = self.board.back
        return bool(self.board.pressed or back and back[0][0] <= clock.now)


class Motor:
    """A motor that notes its level in `levels`, where it changes."""

    def __init__(self, levels: "list[tuple[int, int]]") -> None:
        self._levels = levels

    def level(self, level: int) -> bool:
        """Note it, and say that it was told."""
        if not self._levels or self._levels[-1][1] != level:
            self._levels.append((clock.now, level))
        return True


class Board(Route):
    """Parts that remember; also its own button, accel, battery, route, store and memory.

    answer_ms: after as long an ack of a frame is there to be read. turn: called at each reading of the button.
    """

    def __init__(self, answer_ms: int = 0, turn: "Act | None" = None) -> None:
        self.button: faces.Button = self
        self.levels: list[tuple[int, int]] = []  # of the motor, and from when on
        self.motor: faces.Motor = Motor(self.levels)
        self.accel: faces.Accel = self
        self.battery: faces.Battery = self
        self.store: object = self
        self.memory: object = self
        self.clip: faces.Button | None = None
        self.function: faces.Button | None = None
        self.sleep: faces.Sleep | None = None
        self.nearby: faces.Nearby | None = None
        self.watches = True
        self.lying = self.stirred = False
        self.routes: Sequence[faces.Route] = (self,)
        self.pressed = 0
        self.touched = False
        self.fed = 0
        self.watched = 0
        self.linked_up = True
        self.sensor = True
        self.failing = 0
        self.starving = 0
        self.sent: list[tuple[int, int, int]] = []  # when, type, counter
        self.back: list[tuple[int, bytes | bytearray]] = []  # frames that the badge can read, and from when on
        self.rtc = b""
        self.flash = b""
        self.flash_fails = False
        self.counter = 0
        self.crashes = 0
        self.reasons: list[str] = []
        self.tasks: list[int] = []
        self.report = bytearray(14)
        self.failed = self.gave_way = 0
        self.dips = 1
        self.ended = 0
        self._answer_ms = answer_ms
        self._turn = turn
        self._seal = Seal(DOWN)
        self._nonce = bytearray(13)

    def now(self) -> int:
        """Return badge time."""
        return (clock.now - clock.began + BEGIN) & 0x3FFFFFFF

    def level(self) -> int:
        """Return the button's level."""
        if self._turn:
            self._turn()
        return self.pressed

    def trouble(self) -> bool:
        """Return whether a chip behind button or motor is silent."""
        return False

    def read(self, block: "array[int]") -> int:
        """Fill `block` with five samples of standing still."""
        if self.failing:
            self.failing -= 1
            raise ValueError("an error of ours")
        if self.starving:
            self.starving -= 1
            raise MemoryError
        if not self.sensor:
            return -1
        for i in range(5):
            block[3 * i] = block[3 * i + 1] = 0
            block[3 * i + 2] = 1000
        return 5

    def percent(self) -> int:
        """Return the battery's charge."""
        return 80

    def charging(self) -> bool:
        """Return whether it is on its charger."""
        return False

    def self_test(self, rest: "Callable[[int], None]") -> bool:
        """Return whether the sensor's self-test is right."""
        return self.sensor

    def watch(self, ms: int) -> None:
        """Note the watchdog's time."""
        self.watched = ms

    def feed(self) -> None:
        """Count the watchdog's meals."""
        self.fed += 1

    def reset(self) -> None:
        """End the run."""
        raise Stop("reset")

    def rest(self, ms: int) -> None:
        """Let time pass."""
        clock.wait_io_event(ms)

    def no_lora(self, now: int) -> bool:
        """Return whether LoRa is wanted and missing."""
        return False

    def linked(self) -> bool:
        """Return whether there is a link."""
        return self.linked_up

    def send(self, buf: bytearray, n: int, is_alarm: bool = False, calls: bool = False) -> bool:
        """Note the frame as (when, type, counter) and have it acknowledged."""
        counter = frame.get30(buf, 3)
        self.sent.append((clock.now, buf[0], counter))
        answer = bytearray(frame.FRAME_BYTES_MAX)
        n = downlink.ack(answer, DEVICE, GATEWAY, counter, 0)
        self._answer(answer, frame.STREAM_ACK, counter, frame.ACK_HEAD, n)
        return True

    def tell_step(self, counter: int, alarm_id: int, step: int) -> None:
        """Send a STEP about an alarm down to the badge."""
        answer = bytearray(frame.FRAME_BYTES_MAX)
        n = downlink.step(answer, DEVICE, GATEWAY, counter, self.sent[-1][2], alarm_id, step, 0)
        self._answer(answer, frame.STREAM_DOWN, counter, frame.DOWN_HEAD, n)

    def _answer(self, buf: bytearray, stream: int, counter: int, head: int, n: int) -> None:
        frame.nonce(self._nonce, stream, DEVICE, GATEWAY, counter)
        n = self._seal.close(self._nonce, buf, head, n)
        self.back.append((clock.now + self._answer_ms, buf[:n]))

    def receive(self, buf: bytearray) -> int:
        """Give the badge the next frame that is there."""
        if not self.back or not self.linked_up or self.back[0][0] > clock.now:
            return 0
        return given(self.back.pop(0)[1], buf)

    def reserve(self) -> int:
        """Grant the next block of counters."""
        if self.flash_fails:
            raise OSError(5)
        self.counter += 256
        return self.counter - 256

    def save(self, saved: bytearray, n: int) -> None:
        """Keep the alarm, over a reset and a power cut alike."""
        if self.flash_fails:
            raise OSError(5)
        self.rtc = self.flash = bytes(saved[:n])

    def ahead(self) -> None:
        """Erase nothing ahead of time: this flash takes none."""

    def load(self, saved: bytearray) -> int:
        """Give the alarm back."""
        saved[: len(self.rtc)] = self.rtc
        return len(self.rtc)

    def crashed(self, reason: str, task: int = 0) -> None:
        """Count a crash and note its reason."""
        self.crashes += 1
        self.reasons.append(reason)
        self.tasks.append(task)

    def told(self) -> None:
        """Forget the crashes: a gateway knows."""
        self.crashes = 0

    def well(self) -> None:
        """Forget the dips."""
        self.dips = 0

    def wants_boat(self) -> bool:
        """Return whether the app has failed too often."""
        return self.failed >= 4

    def give_way(self) -> None:
        """Let the app try again."""
        self.failed = 3
        self.gave_way += 1

    def forgive(self) -> None:
        """Forget one failure."""
        self.failed -= 1

    def counted(self) -> None:
        """Note that the failure which ends this life is counted."""
        self.ended = 2

    def ordered(self) -> None:
        """Note that the next life is wanted."""
        self.ended = 1


def stop(ms: int) -> None:
    """End the run in `ms`."""

    def end() -> None:
        raise Stop("end")

    clock.after(ms, end)


def app_on(board: Board, settings: "dict[str, int] | None" = None) -> App:
    """Return the app on `board`, as firmware/start.py makes it."""
    return App(board, Badge(DEVICE, UP, DOWN, board.now(), **(settings or {})))


def run(board: Board, ms: int, act: "Callable[[App], None] | None" = None,
        settings: "dict[str, int] | None" = None) -> "tuple[App, str]":
    """Run the app on `board` for `ms`, after act(app) if there is one; return the app and why it stopped."""
    app = app_on(board, settings)
    stop(ms)
    if act:
        act(app)
    asyncio.core._task_queue = asyncio.core.TaskQueue()
    try:
        app.run()
    except Stop as why:
        return app, str(why)
    raise RuntimeError("the app has returned")
