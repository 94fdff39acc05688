"""What does one gateway do about its jobs at each turn? Rows go to the workers, and what became of them goes back.

The server calls `turn`; everything that takes time goes on beside it. A disk that is full ends nothing: what was told
is written down as soon as that is possible, and nobody is told twice meanwhile.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from tools.gateway import troubles
from tools.gateway.core.rows import Badge
from tools.gateway.core.transaction import Transaction
from tools.gateway.jobs import rows, trials
from tools.gateway.jobs.workers import Ways, Workers
from tools.gateway.store import BROKEN

if TYPE_CHECKING:
    from tools.gateway.server import Server

TRIALS_S = 2  # how often is looked for what is to be tried
BROKER_GONE_S = 60  # a broker that restarts is back within as long


class Desk:
    """The jobs of one gateway, which is a tools.gateway.server.Server. now_ms(): Unix ms."""

    def __init__(self, ways: Ways | None, server: "Server", now_ms: Callable[[], int]):
        self.ways = ways or Ways()
        self._server, self._now_ms = server, now_ms
        self._house: Any = None  # a House, where there is a broker that is told
        self.workers = Workers(self.ways, self._waits, self._done)
        self._trials_at = 0.0
        self._warming: asyncio.Task[None] | None = None
        self._broker_gone: bool | None = None  # not written down yet

    def turn(self) -> None:
        """Begin what is due, and what is to be tried."""
        self.workers.take(self._server.radio.waiting_jobs(self._now_ms()))
        if self._server.radio.leads() and time.monotonic() >= self._trials_at:
            self._trials_at = time.monotonic() + TRIALS_S
            with self._moment() as at:
                new = trials.due(at)
                self._look_at_broker(at)
                if self._warming is None and any(one.does == "notify" for one in trials.of(at.house.plan).values()):
                    self._warming = asyncio.create_task(self.ways.warm())
            self.workers.attempt(new, self._quiet, self._tried)

    def _look_at_broker(self, at: Transaction) -> None:
        if self.ways.broker is not None:
            gone = self.ways.broker.gone_s() > BROKER_GONE_S
            if gone != self._broker_gone:
                troubles.mark(at, troubles.OWN, "broker_gone", gone)
                self._broker_gone = gone

    def start(self) -> None:
        """Connect to the broker, and tell it the truth about sirens each time that it is there."""
        if self.ways.broker is not None:
            self.ways.broker.joined.append(self._take_sirens_back)
        if self.ways.settings is not None:
            from tools.gateway.jobs.house import House  # wants aiomqtt, which a house without a broker need not load

            self._house = House(self.ways.broker, self.ways.settings, self._server.shown, self.badges,
                                self._server.act, self._server.radio.leads)
            self._house.start()
        self.ways.start()

    async def stop(self) -> None:
        """Let go of all that is under way, and leave the broker."""
        await self.workers.stop()
        if self._warming is not None:
            await asyncio.gather(self._warming, return_exceptions=True)  # what it has begun is ended with the rest
        if self._house is not None:
            await self._house.stop()
        await self.ways.stop()

    def badges(self) -> list[Badge]:
        """Return the rows of all badges that are paired."""
        with self._moment() as at:
            return [row for row in at.badges.rows.values() if row.revoked_ms is None]

    def sirens(self) -> dict[str, str]:
        """Return {topic: what is to be retained there} of all sirens."""
        with self._moment() as at:
            return rows.sirens(at)

    async def _take_sirens_back(self) -> None:
        await self.workers.restore(self.sirens)

    def _moment(self) -> AbstractContextManager[Transaction]:
        return self._server.radio.moment(self._now_ms())

    def _waits(self, number: int) -> bool:
        try:
            with self._moment() as at:
                return self._server.radio.leads() and rows.waits(at, number)  # else whoever leads now does it
        except BROKEN:
            return True  # a disk that gives nothing silences no siren

    def _quiet(self, _key: str) -> bool:
        with self._moment() as at:
            return self._server.radio.leads() and trials.quiet(at)

    async def _done(self, number: int, why: str) -> None:
        await self._written(lambda: self._server.radio.job_done(number, why, self._now_ms()))

    async def _tried(self, key: str, why: str) -> None:
        def write() -> None:
            with self._moment() as at:
                trials.done(at, key, why)

        await self._written(write)

    async def _written(self, write: Callable[[], None]) -> None:
        while True:
            try:
                return write()
            except BROKEN:
                self._server.cannot_write()
                await asyncio.sleep(1)
