"""How does the gateway speak with the house's MQTT broker? Over one connection, which it keeps, and makes anew.

aiomqtt is asyncio's own, so nothing here waits in a thread but the opening of a connection. What is published waits for
the broker's word (QoS 1) and no longer than it may; while there is no connection it waits for one. Last will and first
word are the retained topic BASE/state: online, or offline. Whoever is there and hears "offline", the last will of
another gateway of the house or of an own connection that was lost, says that it is not.
"""

import asyncio
import contextlib
import logging
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import aiomqtt

from tools.gateway.jobs import reasons

_LOG = logging.getLogger(__name__)
PORTS = {"mqtt": 1883, "mqtts": 8883}
CONNECT_S = 10
KEEPALIVE_S = 15
PAUSES_S = (0.5, 1, 2, 5, 10, 30)  # between tries to connect
STOP_S = 0.5
_QUEUE_MOST = 1000  # messages that wait to be read; what comes beyond is dropped
_RETAINED_QOS = 1


class Wrong(ValueError):
    """A sentence that says what is not right about the broker's address."""


class Place(NamedTuple):
    """Where the broker is. tls: mqtts://."""

    host: str
    port: int
    user: str | None
    tls: bool


def place(url: str) -> Place:
    """Return what `url` names: mqtt[s]://[user@]host[:port], with %40 for an @ in the user's name. Raises Wrong."""
    try:
        parts = urlsplit(url)
        port = PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme not in PORTS or not parts.hostname or not port or parts.password or parts.path not in ("", "/"):
        raise Wrong("--mqtt must look like mqtt://host, mqtts://host:8883 or mqtt://user@host, with %40 for an @ in a "
                    "user's name; a password has a file")
    user = unquote(parts.username) if parts.username else None
    return Place(parts.hostname, port, user, parts.scheme == "mqtts")


class Broker:
    """One broker. `why`: why there is no connection, "" while there is one.

    base: what the gateway's own topics begin with. joined: awaited with each new connection. heard(topic, payload,
    retained): given every message of the topics in `listens`.
    """

    def __init__(self, where: Place, password: str | None = None, context: ssl.SSLContext | None = None,
                 base: str = "kald"):
        self.where, self.base = where, base
        self._password, self._context, self._state = password, context, f"{base}/state"
        self.why = "the gateway has just begun"
        self._gone_at: float | None = time.monotonic()
        self.joined: list[Callable[[], Awaitable[None]]] = []
        self.heard: Callable[[str, bytes, bool], Awaitable[None]] | None = None
        self.listens: tuple[str, ...] = ()
        self._client: aiomqtt.Client | None = None
        self._there = asyncio.Event()
        self._leaving = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Connect, and stay connected."""
        self._task = asyncio.create_task(self._stay())

    async def stop(self) -> None:
        """Say good-bye and leave, within STOP_S for either."""
        self._leaving = True
        if self._client is not None:
            with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
                async with asyncio.timeout(STOP_S):
                    await self._client.publish(self._state, "offline", qos=1, retain=True)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=STOP_S)

    def gone_s(self) -> float:
        """Return for how long there has been no connection, s; 0 while there is one."""
        return 0 if self._gone_at is None else time.monotonic() - self._gone_at

    async def publish(self, topic: str, text: str, retain: bool = True, limit_s: float = CONNECT_S) -> str:
        """Publish, and wait for the broker's word; return "" or why it has not given it within `limit_s`."""
        try:
            async with asyncio.timeout(limit_s):
                await self._there.wait()
                if (client := self._client) is None:
                    return f"the broker: {self.why}"
                await client.publish(topic, text, qos=_RETAINED_QOS, retain=retain, timeout=limit_s)
                return ""
        except TimeoutError:
            return f"the broker: {self.why or reasons.MUTE}"
        except (aiomqtt.MqttError, ValueError) as error:  # ValueError: paho's, for a topic that is none
            return f"the broker: {reasons.why(error)}"

    async def _stay(self) -> None:
        tries = 0
        while True:
            try:
                async with self._made() as client:
                    tries = 0
                    await self._begin(client)
                    async for message in client.messages:
                        if message.topic.value == self._state:
                            await self._contradict(client, message)
                        elif self.heard is not None and isinstance(message.payload, bytes):
                            await _guarded(self.heard(message.topic.value, message.payload, message.retain))
            except (aiomqtt.MqttError, OSError, TimeoutError) as error:
                why = reasons.why(error)
            except Exception as error:  # of ours, or of a library's over what somebody has published: begin anew
                _LOG.exception("the connection to the broker ended on an error")
                why = reasons.why(error)
            else:
                why = reasons.MUTE
            finally:
                self._client = None
                self._there.clear()
                self._gone_at = self._gone_at or time.monotonic()
            if why != self.why:
                _LOG.warning("no connection to the broker %s:%s: %s", self.where.host, self.where.port, why)
            self.why = why
            await asyncio.sleep(PAUSES_S[min(tries, len(PAUSES_S) - 1)])
            tries += 1

    def _made(self) -> aiomqtt.Client:
        context = self._context or reasons.context() if self.where.tls else None
        return aiomqtt.Client(
            self.where.host, self.where.port, username=self.where.user, password=self._password, tls_context=context,
            timeout=CONNECT_S, keepalive=KEEPALIVE_S, max_queued_incoming_messages=_QUEUE_MOST, logger=_quiet(),
            will=aiomqtt.Will(self._state, "offline", qos=1, retain=True),
        )

    async def _contradict(self, client: aiomqtt.Client, message: aiomqtt.Message) -> None:
        if message.payload == b"offline" and not message.retain and not self._leaving:
            await client.publish(self._state, "online", qos=1, retain=True)

    async def _begin(self, client: aiomqtt.Client) -> None:
        for topic in (*self.listens, self._state):
            await client.subscribe(topic, qos=1)
        await client.publish(self._state, "online", qos=1, retain=True)
        self._client, self.why, self._gone_at = client, "", None
        self._there.set()
        _LOG.info("connected to the broker %s:%s", self.where.host, self.where.port)
        for told in self.joined:
            await _guarded(told())


async def _guarded(doing: Awaitable[None]) -> None:
    """Await what a listener does; an error of ours there ends no connection."""
    try:
        await doing
    except Exception:
        _LOG.exception("an error of ours about what the broker has said")


def _quiet() -> logging.Logger:
    """Return a logger for aiomqtt and paho, whose own words are not ours."""
    logger = logging.getLogger("mqtt")
    logger.setLevel(logging.CRITICAL)
    return logger
