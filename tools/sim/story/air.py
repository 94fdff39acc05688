"""What becomes of a datagram on its way? Lost, delayed, repeated, damaged, overtaken: as the day's rates say."""

import heapq
import random
from collections.abc import Callable

from firmware.link import frame
from tools.gateway.bridges import Turns
from tools.gateway.core.rows import Address
from tools.gateway.datagrams import Datagram

_LATE_MS = 9000
_HELD_S = 3600
_KEPT = 200  # datagrams that whoever listens remembers
_OFTEN = frame.ALARM, frame.ACK, frame.HEARTBEAT
To = tuple[str | None, int]  # a gateway's host, None for the gateway itself; and the number of the badge


class Air:
    """Carries bytes in virtual time. draw: the day's. loss, repeat, damage, late: shares from 0 to 1.

    recorded: the last that were sent, for whoever would play them back. held: the share that somebody keeps off the
    air, and lets through seconds to an hour later. picky: the share of each fate for all but the commonest frames.
    bad: a way through it is not sure. tell(what became of it, bytes, number of its badge): is called for each datagram
    that does not just arrive.
    """

    def __init__(self, draw: random.Random, loss: float, repeat: float, damage: float) -> None:
        self._draw = draw
        self._loss = loss
        self._repeat = repeat
        self._damage = damage
        self.late = self.held = self.picky = 0.0
        self.bad = bool(loss or damage)
        self._flying: list[tuple[int, int, bytes, To]] = []
        self._count = 0
        self.recorded: list[tuple[bytes, To]] = []
        self.tell: Callable[[str, bytes, int], None] = lambda fate, data, number: None

    def send(self, data: bytes, to: To, now: int) -> None:
        """Send `data` to `to` at `now` (ms); it may arrive never, once, or twice, late, and not as it was."""
        self.recorded = [*self.recorded[-_KEPT:], (data, to)]
        loss, repeat, damage, late, held = self._loss, self._repeat, self._damage, self.late, self.held
        if self.picky and data[0] not in _OFTEN:
            loss, repeat, damage, late, held = (self.picky,) * 5
        copies = 2 if self._draw.random() < repeat else 1
        if copies > 1:
            self.tell("doubled", data, to[1])
        for _ in range(copies):
            if self._draw.random() < loss:
                self.tell("lost", data, to[1])
                continue
            sent = bytearray(data)
            if self._draw.random() < damage:
                sent[self._draw.randrange(len(sent))] ^= 1 << self._draw.randrange(8)
                self.tell("damaged", data, to[1])
            delay_ms = self._draw.randint(3, 90)
            if late and self._draw.random() < late:
                delay_ms = self._draw.randint(500, _LATE_MS)
                self.tell("late", data, to[1])
            if held and self._draw.random() < held:
                delay_ms = int(1000 * _HELD_S ** self._draw.random())
                self.tell("held", data, to[1])
            self.put(bytes(sent), to, now + delay_ms)

    def forge(self, data: bytes, to: To, at_ms: int) -> None:
        """Let what somebody else has made, or plays back, arrive at `to` at `at_ms`."""
        self.tell("forged", data, to[1])
        self.put(data, to, at_ms)

    def put(self, data: bytes, to: To, at_ms: int) -> None:
        """Let `data` arrive at `to` at `at_ms`, as it is."""
        self._count += 1
        heapq.heappush(self._flying, (at_ms, self._count, data, to))

    def arrived(self, now: int) -> list[tuple[bytes, To]]:
        """Return what has arrived by `now`, and forget them."""
        found = []
        while self._flying and self._flying[0][0] <= now:
            _, _, data, to = heapq.heappop(self._flying)
            found.append((data, to))
        return found

    def next_ms(self) -> int:
        """Return when the next datagram arrives; far away for none."""
        return self._flying[0][0] if self._flying else 1 << 40


class Paced:
    """What a bridge has still to say, one downlink at a time, as tools/gateway/bridges.py has it; acks do not wait."""

    def __init__(self) -> None:
        self._turns: Turns[Datagram] = Turns()
        self._free_ms = 0

    def put(self, data: bytes, to: Address) -> None:
        """Let `data` wait for its turn."""
        self._turns.end(data, to[1:])
        self._turns.put(data, to[1:], (data, to))

    def next_ms(self) -> int:
        """Return when the next turn is; far away for none."""
        return self._free_ms if self._turns else 1 << 40

    def take(self, now: int, pace_ms: Callable[[Address], int]) -> Datagram:
        """Return what has its turn now; the next is pace_ms(to) later."""
        data, to = self._turns.take()
        self._free_ms = now + pace_ms(to)
        return data, to
