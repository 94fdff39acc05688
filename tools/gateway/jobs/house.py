"""How does the broker come to know what the board knows, and nothing that is over? Changes are published as they come.

With each new connection everything is published, and what the broker retains of ours from before (an alarm of a
gateway that died, a badge of a disk that is gone) is taken back. Of several gateways that share a house the one that
leads speaks and obeys; the others listen to what it says, so that whoever leads next knows what stands there.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tools.gateway.core.rows import Badge
from tools.gateway.jobs import topics
from tools.gateway.jobs.broker import Broker
from tools.gateway.jobs.orders import Orders

_LOG = logging.getLogger(__name__)
LOOK_S = 1
SLICE = 1000
_OLD = "what stood there before"
_FOUND = "found"  # stands for a text that is the same for ever


class Settings(NamedTuple):
    """discovery: Home Assistant's prefix, None for none. code: of commands, None for none. places: told, too."""

    discovery: str | None = "homeassistant"
    code: str | None = None
    places: bool = False


class House:
    """Keeps the broker's topics as the board's facts() and the rows of badges() are. act: of Orders.

    leads(): whether it is for this gateway to do so.
    """

    def __init__(self, broker: Broker, settings: Settings, facts: Callable[[], Mapping[str, Any]],
                 badges: Callable[[], list[Badge]], act: Callable[[str, int, dict[str, Any]], bool],
                 leads: Callable[[], bool] = lambda: True):
        self._broker, self._settings, self._facts, self._badges = broker, settings, facts, badges
        self._leads, self._led = leads, False
        self._rows: dict[int, Badge] = {}  # as they were told last: a row that is the same object has not changed
        self._kinds: dict[int, str] = {}
        self._failed = False
        self._told: dict[str, str] = {}  # what the broker has
        self._task: asyncio.Task[None] | None = None
        base = broker.base
        self._command, self._answer = f"{base}/command", f"{base}/command/answer"
        self._orders = Orders(settings.code, act, self._say) if settings.code else None
        broker.listens = (f"{base}/alarm/+", f"{base}/badge/+",
                          *([f"{settings.discovery}/device/+/config"] if settings.discovery else []),
                          *([self._command] if settings.code else []))
        broker.heard = self._heard
        broker.joined.append(self._anew)

    def start(self) -> None:
        """Publish from now on."""
        self._task = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Publish no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep(self) -> None:
        while True:
            try:
                await self._publish()
                self._failed = False
            except Exception:  # an error of ours, or a disk that cannot be read: the alarms go on, and so does this
                if not self._failed:
                    _LOG.exception("the broker could not be told how the house is")
                self._failed = True
            await asyncio.sleep(LOOK_S)

    async def _publish(self) -> None:
        """Publish what has changed. Between SLICE badges others have their turn: a town has many thousands."""
        if self._broker.why:
            return
        led, self._led = self._led, self._leads()
        if not self._led:
            return
        if not led:  # all of it is said anew, and what another left is taken back
            self._told = dict.fromkeys(self._told, _OLD)
        facts, base, prefix = self._facts(), self._broker.base, self._settings.discovery
        kinds, there = topics.calling(facts), set()
        for topic, text in topics.state(facts, base, self._settings.places).items():
            there.add(topic)
            await self._tell(topic, text)
        if prefix is not None:
            there.add(await self._show(prefix, None))
        moved = {device for device in kinds.keys() | self._kinds.keys() if kinds.get(device) != self._kinds.get(device)}
        self._kinds = kinds
        for place, row in enumerate(self._badges()):
            topic = f"{base}/badge/{row.device}"
            there.add(topic)
            if self._rows.get(row.device) is not row or row.device in moved or topic not in self._told:
                self._rows[row.device] = row
                await self._tell(topic, topics.badge(row, kinds))
            if prefix is not None:
                there.add(await self._show(prefix, row.device))
            if place % SLICE == SLICE - 1:
                await asyncio.sleep(0)
        for topic in self._told.keys() - there:
            if not await self._broker.publish(topic, ""):
                self._told.pop(topic, None)

    async def _show(self, prefix: str, number: int | None) -> str:
        """Let Home Assistant find a badge, or the gateway; return the topic."""
        topic = topics.place(self._broker.base, prefix, number)
        if self._told.get(topic) != _FOUND:
            if not await self._broker.publish(topic, topics.found(self._broker.base, number)):
                self._told[topic] = _FOUND
        return topic

    async def _tell(self, topic: str, text: str) -> None:
        if self._told.get(topic) != text and not await self._broker.publish(topic, text):
            self._told[topic] = text

    async def _anew(self) -> None:
        self._told = {}

    async def _say(self, text: str) -> None:
        await self._broker.publish(self._answer, text, retain=False)

    async def _heard(self, topic: str, payload: bytes, retained: bool) -> None:
        if topic == self._command:
            try:
                if self._orders is not None and self._leads():
                    await self._orders.heard(payload, retained)
            except Exception:  # the sender hears nothing, and asks again; the connection goes on
                _LOG.exception("a command failed on an error of ours")
        elif (retained or not self._led) and topics.ours(topic, self._broker.base, self._settings.discovery):
            if payload:
                self._told.setdefault(topic, _OLD)
            else:
                self._told.pop(topic, None)
