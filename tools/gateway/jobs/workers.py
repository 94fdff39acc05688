"""Who carries out the jobs that wait, so that none waits for another and none takes for ever?

Each channel (a notification's address, a siren's topic, a webhook's URL) has its own few hands. An attempt ends after
LIMIT_S, whatever the other end does. When the gateway stops, what was under way still waits in the database.
"""

import asyncio
import json
import logging
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from tools.gateway.jobs import reasons, webhook
from tools.gateway.jobs.post import Post

_LOG = logging.getLogger(__name__)
LIMIT_S = {"notify": 20.0, "siren": 8.0, "webhook": 10.0}  # a mail server may greylist for seconds; a broker is near
HANDS = {"notify": 4, "siren": 1, "webhook": 4}  # a siren's on and off keep their order
_SLACK_S = 5  # so long after its limit a worker believes nobody else's clock
NO_BROKER = "no broker: start the gateway with --mqtt"


class Ways:
    """What this gateway can reach. broker: a tools.gateway.jobs.broker.Broker, or None.

    settings: of what the broker is told about the house (house.py), None for nothing.
    ca_file: a CA to believe beside those of this machine. Raises OSError and ValueError for one that is none.
    """

    def __init__(self, broker: Any = None, ca_file: Path | None = None, limit_s: dict[str, float] | None = None,
                 settings: Any = None):
        self.broker, self.settings = broker, settings
        self._context: ssl.SSLContext | None = reasons.context(ca_file) if ca_file else None
        self._post = Post(ca_file)
        self._limit_s = {**LIMIT_S, **(limit_s or {})}

    async def send(self, does: str, target: str, text: str) -> str:
        """Do a job ("notify", "siren", "webhook"; `target` is JSON) within its limit; return "" or why it failed."""
        limit_s = self._limit_s[does]
        try:
            async with asyncio.timeout(limit_s + _SLACK_S):
                return await self._send(does, json.loads(target), text, limit_s)
        except TimeoutError:
            return f"no answer within {limit_s} s"

    async def _send(self, does: str, target: Any, text: str, limit_s: float) -> str:
        if does == "notify":
            addresses = target if isinstance(target, list) else [target]  # a list: left by an older version
            said = await asyncio.gather(*[self._post.send(address, text, limit_s) for address in addresses])
            return "; ".join(sorted({why for why in said if why}))
        if does == "webhook":
            try:
                async with asyncio.timeout(limit_s):
                    return await webhook.post(target, text, self._context)
            except TimeoutError:
                return f"no answer within {limit_s} s"
        if self.broker is None:
            return NO_BROKER
        return await self.broker.publish(target, text, limit_s=limit_s)

    def start(self) -> None:
        """Connect to the broker, and stay connected."""
        if self.broker is not None:
            self.broker.start()

    async def warm(self) -> None:
        """Be ready to send notifications, before an alarm wants it."""
        await self._post.ready()

    async def stop(self) -> None:
        """Leave the broker, and end what still hangs."""
        await asyncio.gather(self._post.stop(), *([self.broker.stop()] if self.broker is not None else []))


class Workers:
    """Carries out jobs. ways: a Ways. waits(number), done(number, why): of a row, the latter is awaited."""

    def __init__(self, ways: Any, waits: Callable[[int], bool], done: Callable[[int, str], Awaitable[None]]):
        self._ways, self._waits, self._done = ways, waits, done
        self._hands: dict[tuple[str, str], asyncio.Semaphore] = {}
        self.under_way: dict[Any, asyncio.Task[None]] = {}
        self.counts: Counter[tuple[str, str]] = Counter()  # tries, by what was done and how it ended

    def take(self, rows: Iterable[Any]) -> None:
        """Begin the rows that are not under way yet; returns at once."""
        for row in rows:
            if row.id not in self.under_way:
                doing = self._carry(row.id, row.channel, row.target, row.text, self._waits, self._done)
                self.under_way[row.id] = asyncio.create_task(doing)

    def attempt(self, trials: Iterable[Any], quiet: Callable[[str], bool],
                done: Callable[[str, str], Awaitable[None]]) -> None:
        """Begin the trials (trials.py) that are not under way yet. quiet(key): whether one may still be made."""
        for one in trials:
            if one.key not in self.under_way:
                doing = self._carry(one.key, one.does, one.target, one.text, quiet, done)
                self.under_way[one.key] = asyncio.create_task(doing)

    async def _carry(self, number: Any, does: str, target: str, text: str, waits: Callable[[Any], bool],
                     done: Callable[[Any, str], Awaitable[None]]) -> None:
        hands = self._hands.setdefault((does, target), asyncio.Semaphore(HANDS[does]))
        try:
            async with hands:
                if not waits(number):
                    return
                try:
                    why = await self._ways.send(does, target, text)
                except Exception as error:  # it has reached nobody, and is tried again as such
                    _LOG.exception("a job failed on an error of ours")
                    why = type(error).__name__
                self.counts[does, "failed" if why else "done"] += 1
                if why:
                    _LOG.warning("%s in vain: %s", does, why)
                await done(number, why)
        finally:
            del self.under_way[number]

    async def restore(self, truth: Callable[[], dict[str, str]]) -> None:
        """Publish what truth() says of each siren's topic, between the jobs that do so: a broker keeps old words."""
        for topic in truth():
            hands = self._hands.setdefault(("siren", json.dumps(topic)), asyncio.Semaphore(HANDS["siren"]))
            async with hands:
                why = await self._ways.send("siren", json.dumps(topic), truth()[topic])
            if why:
                _LOG.warning("a siren's state could not be published: %s", why)

    async def stop(self) -> None:
        """Let go of all that is under way: it waits in the database."""
        tasks = list(self.under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
