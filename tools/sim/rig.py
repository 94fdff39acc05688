"""How does a test or a proof hold a badge against a gateway that it controls? One in-process pair, in virtual time."""

import math

from firmware.badge import Badge
from firmware.codes import STEP_CLOSED
from firmware.link import downlink, frame
from firmware.link.seal import Seal
from firmware.ticks import after
from tools.sim import sealed

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Callable

UP = bytes(range(16))
DOWN = bytes(range(16, 32))
DEVICE = 7
GATEWAY = 1
HOLD = 900  # ms


class Rig:
    """A badge whose frames land in `heard` as (type, unsealed bytes); `acking` decides whether they are answered."""

    def __init__(self, now: int = 0, granted: int | None = 1000, **settings: object) -> None:
        self.now = now
        self.badge = Badge(DEVICE, UP, DOWN, now, **settings)
        if granted is not None:
            self.badge.counter.grant(granted, granted + 100000)
        self.heard: list[tuple[int, bytes]] = []
        self.acking = True
        self.linked = True
        self.newest = 0
        self.motor: list[tuple[int, int]] = []
        self._level = 0
        self._counter = 500
        self._up = Seal(UP)
        self._down = Seal(DOWN)
        self._still = 0
        self.attitude = (0, 0, 1000)  # mg

    def run(self, ms: int, step: int = 10, pressed: int = 0) -> None:
        """Let `ms` pass, standing still."""
        for _ in range(ms // step):
            self.now = after(self.now, step)
            self.badge.button(pressed, self.now)
            self._still += step
            if self._still >= 20:
                self._still = 0
                x, y, z = self.attitude
                self.badge.samples((x, y, z), 1, self.now)
            self.badge.tick(self.now)
            self.deliver()
            level = self.badge.motor(self.now)
            if level != self._level:
                self._level = level
                self.motor.append((self.now, level))

    def walk(self, seconds: int) -> None:
        """Let the wearer walk upright, as far as a sensor is concerned: a step each 0.54 s, and some shaking."""
        stands = self.attitude
        for turn in range(50 * seconds):
            rise = round(260 * math.sin(2 * math.pi * turn / 27))
            x, y, z = (mg + mg * rise // 1000 for mg in stands)
            self.attitude = (x, y, z + (40 if turn % 2 else -40))
            self.run(20)
        self.attitude = stands

    def press(self, *spans: int) -> None:
        """Press and let go, alternately, for `spans` ms each."""
        for i, span in enumerate(spans):
            self.run(span, pressed=1 - i % 2)

    def deliver(self) -> None:
        """Move what the badge sends to the gateway, and its acks back."""
        while self.linked:
            buf = bytearray(frame.FRAME_BYTES_MAX)
            n = self.badge.next_frame(buf, self.now)
            if not n:
                return
            type, counter = buf[0], frame.get30(buf, 3)
            plain = sealed.opened_up(self._up, buf[:n])
            assert plain
            assert counter > self.newest, "a counter was used twice"
            self.newest = counter
            self.heard.append((type, plain))
            if self.acking:
                self.hand(self.ack(counter))

    def waits(self, type: int) -> bool:
        """Return whether something of this type waits to be told."""
        box = self.badge.outbox
        return any([rank and kind == type for rank, kind in zip(box.rank, box.type)])

    def ack(self, counter: int, status: int = 0) -> bytes:
        """Return a sealed ack."""
        return sealed.ack(self._down, DEVICE, GATEWAY, counter, status)

    def down(self, writer: "Callable[..., int]", *fields: object, heard: int | None = None, counter: int | None = None,
             gateway: int = GATEWAY) -> bytes:
        """Return a sealed downlink made by `writer` of firmware.link.frame."""
        heard = self.newest if heard is None else heard
        return sealed.down(self._down, writer, DEVICE, gateway, self._count(counter), heard, *fields)

    def group_call(self, number: int, key: bytes, *fields: object, counter: int | None = None,
                   gateway: int = GATEWAY) -> bytes:
        """Return a sealed call to the group whose key number `number` is `key`."""
        counter = self._count(counter)
        return sealed.down(Seal(key), downlink.group_call, number, gateway, counter, *fields, stream=frame.STREAM_GROUP)

    def _count(self, counter: int | None) -> int:
        self._counter += counter is None
        return self._counter if counter is None else counter

    def order(self, order: int, value: int = 0) -> None:
        """Let the board order something."""
        if not self.newest:
            self.run(20)  # a gateway orders nothing before it has heard a badge
        self.hand(self.down(downlink.order, order, value))

    def beats(self) -> list[tuple[int, int, int]]:
        """Return [(colour, mode, state)] of all heartbeats heard."""
        return [(b[7] >> 6, b[7] >> 3 & 7, b[7] & 7) for type, b in self.heard if type == frame.HEARTBEAT]

    def hand(self, data: bytes) -> None:
        """Give the badge bytes from the air."""
        buf = bytearray(80)
        buf[: len(data)] = data
        self.badge.frame(buf, len(data), self.now)

    def alarms(self) -> list[tuple[int, int, int, int]]:
        """Return [(alarm id, kind, what, revision)] of all alarm frames heard."""
        return [
            (frame.get30(b, 7), b[11] >> 4, b[11] & 15, b[12] >> 4) for type, b in self.heard if type == frame.ALARM
        ]

    def knew(self) -> list[int]:
        """Return the states in which all alarm frames heard say that the wearer's alarm is."""
        return [frame.get16(b, 13) for type, b in self.heard if type == frame.ALARM]

    def ages(self) -> list[int]:
        """Return the ages in s of all alarm frames heard."""
        return [b[15] for type, b in self.heard if type == frame.ALARM]

    def felt(self) -> list[int]:
        """Return the patterns felt so far, in order."""
        from firmware.trace import FELT

        trace = self.badge.trace
        first = max(0, trace.count - len(trace.code))
        return [trace.value[i % 64] for i in range(first, trace.count) if trace.code[i % 64] == FELT]


def mash(rig: Rig) -> None:
    """Press three times: an emergency."""
    rig.press(100, 100, 100, 100, 100)


def close(rig: Rig) -> None:
    """Have the gateway close the open alarm."""
    rig.hand(rig.down(downlink.step, rig.badge.alarm.alarm_id, STEP_CLOSED, 0))


def seen(rig: Rig, event: int) -> None:
    """Have the body, the clip or the clock say `event`."""
    rig.badge._seen(event, rig.now, rig.now)
