"""How many heartbeats does the gateway store in a second, and how soon is an alarm on disk and acknowledged?

The real Radio over the real Store, with its synchronous commits, in a folder beside the checkout; no network between.

Here it is held against no peer: there is no process and no network in it. `kald bench --gateway` (load.py) holds a
gateway process against Mosquitto with a subscriber that stores before it answers, and against PostgreSQL.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from firmware.codes import KIND_EMERGENCY, WHAT_RAISED
from firmware.link import frame
from firmware.link.seal import Seal
from tools.bench.pythons import ROOT
from tools.gateway.datagrams import Datagram
from tools.gateway.radio import Radio
from tools.gateway.store import open_store
from tools.sim.sealed import up

BADGES = 50
NO_PEER = "kald bench --gateway: beside what else would have it on disk"
BEGAN_MS = 1_800_000_000_000
_MINUTE_MS = 60_000


class House:
    """A gateway with BADGES badges whose frames are written here."""

    def __init__(self, folder: Path) -> None:
        self.store = open_store(folder / "kald.sqlite")
        self.radio = Radio(self.store)
        self.now_ms = BEGAN_MS
        self._rows = [self.store.pair(f"wearer {i}") for i in range(BADGES)]
        self._seals = [Seal(row.uplink_key) for row in self._rows]
        self._counter = 0

    def uplink(self, i: int, write: Callable[..., int], *fields: int) -> Datagram:
        """Return badge i's frame, written by `write` of firmware.link.frame, sealed, with its address."""
        self._counter += 1
        return up(self._seals[i], write, self._rows[i].device, self._counter, *fields), ("127.0.0.1", i)

    def receive(self, datagrams: list[Datagram]) -> tuple[float, list[Datagram]]:
        """Hand `datagrams` to the gateway as its server does; return the seconds it took and what it answers."""
        self.radio.prepare()
        began = time.perf_counter()
        out = self.radio.receive(datagrams, self.now_ms)
        return time.perf_counter() - began, out

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()


def _acks(out: list[Datagram]) -> int:
    return sum(data[0] == frame.ACK for data, _ in out)


def heartbeats_per_s(house: House, rounds: int) -> float:
    """Return heartbeats stored and acknowledged in a second; one from each badge arrives together, `rounds` times."""
    spent = 0.0
    for _ in range(rounds):
        house.now_ms += _MINUTE_MS
        seconds, out = house.receive([house.uplink(i, frame.heartbeat, 0, 90, 0) for i in range(BADGES)])
        if _acks(out) != BADGES:
            raise RuntimeError("a heartbeat was not acknowledged")
        spent += seconds
    return rounds * BADGES / spent


def alarm_ack_ms(house: House, count: int) -> list[float]:
    """Return the ms from an alarm's arrival to its ack, `count` times; nobody else is within call."""
    took = []
    for n in range(count):
        house.now_ms += 10 * _MINUTE_MS
        datagram = house.uplink(n % BADGES, frame.alarm, 10**6 + n, KIND_EMERGENCY, WHAT_RAISED, 0, 14, 0, 0)
        seconds, out = house.receive([datagram])
        if _acks(out) != 1:
            raise RuntimeError("an alarm was not acknowledged")
        took.append(1000 * seconds)
        _end(house, n % BADGES)
    return took


def _end(house: House, i: int) -> None:
    # Closed, and badge i tells that it knows, so that no downlink waits and is repeated under the next alarm's clock.
    if not house.radio.close(house.store.alarms()[0]["id"], "bench", house.now_ms):
        raise RuntimeError("an alarm was not stored")
    for data, _ in house.receive([])[1]:
        house.receive([house.uplink(i, frame.told, data[3], frame.get30(data, 4))])


def measure(rounds: int, count: int) -> tuple[float, list[float]]:
    """Return (heartbeats a second, [ms of each alarm's ack])."""
    (ROOT / ".build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / ".build") as folder:
        house = House(Path(folder))
        try:
            return heartbeats_per_s(house, rounds), alarm_ack_ms(house, count)
        finally:
            house.close()
