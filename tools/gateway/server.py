"""How does the gateway stand on the network? UDP and bridges for badges, pages on loopback for people, one loop.

Each turn takes out all that has arrived, stores a batch and answers it: the urgent first, so an alarm waits for one
batch of other things at most. Time is looked at between batches. What stops the gateway, or asks for a page, gets its
turn after each batch too, however much arrives.

A disk that is full or fails ends nothing: what arrives meanwhile is not acknowledged, so badges say it again, and the
board shows the trouble from memory. Nor does an error of ours: it is logged and shown, and whatever else there is to
do is done all the same, the other frames of the same moment too.
"""

import asyncio
import logging
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from aiohttp import web
from sqlalchemy.exc import DatabaseError

from tools.gateway import board, bridge_watch, crashes, house_zone, incidents, overview, plans, ring, web as pages
from tools.gateway.authentication import Way
from tools.gateway.cables import Cables
from tools.gateway.clock import Clock
from tools.gateway.core.rows import BRIDGE
from tools.gateway.datagrams import BATCH_MOST, Datagram, Network, Queue
from tools.gateway.jobs.abandoned import Abandoned
from tools.gateway.jobs.desk import Desk
from tools.gateway.jobs.workers import Ways
from tools.gateway.live import Facts
from tools.gateway.pages.board import VERSION
from tools.gateway.radio import Radio
from tools.gateway.retention import Daily
from tools.gateway.store import BROKEN, Store
from tools.gateway.systemd import Systemd
from tools.gateway.update_files import UpdateServer, UpdateFiles

_log = logging.getLogger(__name__)
TURN_S = 0.1  # deadlines and repeats are looked at as often
FACTS_S = 0.2  # so old may be what the board shows
STORAGE_S = 60
BRIDGES_S = 1
_BATCH_MS = 5  # of work; a batch that takes more is followed by a smaller one. What a disk takes is no work
_BATCH_LEAST = 8
_GLANCE_SHARE = 100  # a look at all badges is followed by so much time without one: in a town it takes milliseconds
_READ_SHARE = 5  # the same of what the board reads: a server that says nothing is asked for seconds
PAGES_S = 1  # so long a page may still ask, or send, when the gateway ends, or has refused it
IDLE_S = 30  # a connection to the page on which nothing is asked, or half of something, is closed
_WRONG_S = 600  # so long after an error of ours the board shows it


def now_ms() -> int:
    """Return Unix milliseconds."""
    return time.time_ns() // 1_000_000


class Server:
    """Carries frames between network, bridges and a Radio; those that arrive together share one commit.

    network: a Network, or what receives and sends as one. ports: of the bridges, None for all that are found. host: at
    which badges fetch an update, None where none may.
    """

    def __init__(self, store: Store, network: Network, ways: Ways | None = None, ports: Sequence[str] | None = None,
                 host: str | None = None):
        self.radio = Radio(store)
        self.store = store
        self.network = network
        self.jobs = Desk(ways, self, self.now_ms)
        self._arrived = asyncio.Event()
        self._waiting = Queue(self.radio.refuse)
        self._most = BATCH_MOST  # in a batch
        self._cables = Cables(ports, self._arrived.set, store.folder)
        self.radio.levels = self._cables.levels
        self._bridges_at = 0.0
        self._numbers: list[int | None] = []  # of the bridges that were there at the last look
        self._broken_ms: int | None = None  # since when nothing can be written
        # the last error of ours, when that kind came first, and until when it is shown
        self._wrong: tuple[str, int, float] = ("", 0, 0)
        self._storage_at = 0.0
        self._facts: tuple[float, Facts] = (0, {})
        self._last: Facts = {"alarms": [], "badges": [], "badges_left": 0, "troubles": [], "crashes": [], "bridges": []}
        self._last |= {"glance": overview.glance(()), "unset": [], "ring": "", "page": VERSION, "overdue": 0}
        self._glance_at = 0.0
        self._text: tuple[Facts, str] = ({}, "")  # the same as JSON
        self._clock = Clock(store.time_ns or time.time_ns)
        self._retention = Daily()
        self._began = False
        self._stopping = False
        self._turned_at = time.monotonic()
        self.systemd = Systemd()
        self._update_server: UpdateServer | None = None
        if host and store.folder:
            self._update_server = UpdateServer(UpdateFiles(store.folder, self._keys), host, network.port)

    def now_ms(self) -> int:
        """Return the house's time, Unix ms."""
        return self.store.time_ns() // 1_000_000 if self.store.time_ns else now_ms()

    def turn_age_s(self) -> float:
        """Return how long ago the loop has last gone round, s."""
        return time.monotonic() - self._turned_at

    def broken(self) -> bool:
        """Return whether the last transaction could not be written."""
        return self._broken_ms is not None

    def wake(self) -> None:
        """Something has arrived, or was done: the next turn is now."""
        self._arrived.set()

    async def work(self) -> None:
        """Store what arrives, then answer, until `stop`."""
        while not self._stopping:
            await self._rest()
            self._do(self._fetch)
            batch = self._waiting.batch(self._most)
            try:
                self._turn(batch)
                self._broken_ms = None
            except BROKEN:  # the rest would only wait for the same lock
                self.cannot_write()
                self._waiting.put_back(batch)  # what of it was stored is known, and changes nothing
                await asyncio.sleep(TURN_S)
            self._turned_at = time.monotonic()
            self.systemd.beat()

    async def _rest(self) -> None:
        """Wait until something arrives or time is to be looked at; let others have their turn in any case.

        Not asyncio.wait_for: when something arrives in the same moment, it swallows the order to stop.
        """
        if self._waiting:
            self._arrived.set()
        timer = asyncio.get_running_loop().call_later(self._cables.rest_s(TURN_S), self._arrived.set)
        try:
            await asyncio.sleep(0)
            await self._arrived.wait()
        finally:
            timer.cancel()
        self._arrived.clear()

    def _pace(self, count: int, took_ms: float) -> None:
        if took_ms > _BATCH_MS:
            self._most = max(int(count * _BATCH_MS / took_ms), _BATCH_LEAST)
        elif count == self._most:
            self._most = min(self._most + self._most // 4, BATCH_MOST)

    def _turn(self, arrived: Sequence[Datagram]) -> None:
        self._do(self._mind_clock)
        self._do(self.radio.prepare)
        began = time.thread_time()
        if not self._do(self._hear, arrived) and len(arrived) > 1:
            for one in arrived:  # what is wrong with one keeps no other from the disk
                self._do(self._hear, [one])
        self._pace(len(arrived), 1000 * (time.thread_time() - began))
        for what in (self._tick, self._look_at_bridges, self.jobs.turn, self._look_at_storage,
                     self._look_at_retention):
            self._do(what)

    def _do(self, what: Callable[..., object], *given: object) -> bool:
        try:
            what(*given)
            return True
        except BROKEN:
            raise
        except Exception as error:
            self._failed(error)
            return False

    def _failed(self, error: Exception) -> None:
        """Log an error of ours, once while it goes on, and let the board show it."""
        last, since_ms, _ = self._wrong
        said = repr(error)
        if said != last:
            _log.error("an error of ours; what else there is to do goes on", exc_info=error)
            since_ms = self.now_ms()
        self._wrong = (said, since_ms, time.monotonic() + _WRONG_S)

    def _mind_clock(self) -> None:
        if not self._began:
            self.radio.began(self.now_ms())
            self._began = True
        by_ms = self._clock.set_by_ms()
        if by_ms:
            self.radio.clock_set(by_ms, self.now_ms())
            self._clock.kept(by_ms)
            self._retention.clock_set()

    def _fetch(self) -> None:
        self._waiting.add(self.network.receive())
        self._waiting.add(self._cables.receive())

    def _hear(self, arrived: Sequence[Datagram]) -> None:
        self._send(self.radio.hear(arrived, self.now_ms()))

    def _tick(self) -> None:
        self._send(self.radio.tick(self.now_ms()))
        if self.radio.busy:  # a town is called in portions: what has arrived goes between them, and nothing else
            self._arrived.set()

    def _send(self, out: Iterable[Datagram]) -> None:
        for data, address in out:
            if address[0] == BRIDGE:
                self._cables.send(data, address)
            else:
                self.network.send(data, address)

    def _look_at_storage(self) -> None:
        if time.monotonic() >= self._storage_at:
            self._storage_at = time.monotonic() + STORAGE_S
            if self.store.path:
                self.radio.storage(shutil.disk_usage(self.store.path).free, self.now_ms())

    def _look_at_retention(self) -> None:
        if self.radio.leads():
            self._retention.look(self.store.engine, self.radio.prune, self.now_ms())

    def _look_at_bridges(self) -> None:
        facts = self._cables.bridges.facts()
        numbers = [fact["number"] for fact in facts]
        if numbers != self._numbers or time.monotonic() >= self._bridges_at:  # who came for a moment is known, too
            self.radio.bridges(facts, self.now_ms())
            if self._update_server is not None:
                self._update_server.look(self.radio.updating())
            self._numbers = numbers
            self._bridges_at = time.monotonic() + BRIDGES_S

    def _keys(self, device: int) -> tuple[bytes, bytes] | None:
        """Return the keys of a badge that may be updated, up and down, or None."""
        found = [badge for badge in self.radio.badges() if badge.device == device and badge.next_secret is None]
        return (found[0].uplink_key, found[0].downlink_key) if found else None

    def cannot_write(self) -> None:
        """The disk takes nothing; the board shows since when."""
        self._broken_ms = self._broken_ms or self.now_ms()

    def facts(self) -> str:
        """Return what the board shows, as JSON, at most FACTS_S old."""
        shown = self.shown()
        if self._text[0] is not shown:
            self._text = shown, board.text(shown)
        return self._text[1]

    def shown(self) -> Facts:
        """Return what the board shows, at most FACTS_S old; the caller changes nothing of it."""
        began = time.monotonic()
        if began >= self._facts[0]:
            facts = self._read()
            wrong_ms = self._wrong[1] if time.monotonic() < self._wrong[2] else None
            for fault, since_ms in (("gateway_error", wrong_ms), ("storage", self._broken_ms)):
                if since_ms:
                    own = {"name": "", "bridge": None, "fault": fault, "since_ms": since_ms, "until_ms": None}
                    own |= {"count": None, "last_ms": None, "detail": self.store.why or None}
                    facts["troubles"].insert(0, own)
            took_s = time.monotonic() - began
            self._facts = (time.monotonic() + max(FACTS_S, _READ_SHARE * took_s), {**facts, "refused": self._refused()})
        return self._facts[1]

    def _read(self) -> Facts:
        """Return the facts of the database; those of the last time if it gives none, and the board says so."""
        try:
            has_broker = self.jobs.ways.broker is not None
            with self.store.engine.connect() as db:
                facts = dict(self._last)
                for part, read in {
                    "alarms": lambda: board.alarms(db, has_broker), "badges": lambda: board.badges(db),
                    "badges_left": lambda: board.badges_left(db), "troubles": lambda: board.troubles(db),
                    "crashes": lambda: crashes.shown(db), "ring": lambda: ring.read(db),
                    "bridges": lambda: bridge_watch.board(db, self._cables.bridges.facts()),
                    "zone": lambda: str(house_zone.read(db) or ""),
                }.items():
                    self._part(facts, part, read)
            if time.monotonic() >= self._glance_at:
                began = time.monotonic()
                self._part(facts, "glance", lambda: overview.glance(self.radio.badges()))
                with self.store.engine.connect() as db:
                    self._part(facts, "overdue", lambda: incidents.overdue(db, self.now_ms()))
                    self._part(facts, "unset", lambda: overview.unset(
                        plans.house(db), has_broker, {badge.team for badge in self.radio.badges()}))
                self._glance_at = time.monotonic() + _GLANCE_SHARE * (time.monotonic() - began)
            self._last = facts
        except (DatabaseError, *BROKEN):
            self.cannot_write()
        return {**self._last, "troubles": list(self._last["troubles"])}

    def _part(self, facts: Facts, part: str, read: Callable[[], Any]) -> None:
        try:
            facts[part] = read()
        except (DatabaseError, *BROKEN):
            raise
        except Exception as error:  # over one row perhaps: the other parts are shown, and that something is wrong
            self._failed(error)

    def warm(self) -> None:
        """Read the facts once: SQLAlchemy makes its statements then, for which an alarm would wait some 20 ms."""
        self._do(self.facts)

    def found(self, words: str, most: int) -> list[board.Fact]:
        """Return up to `most` badges in whose name, group or number `words` are, as the board shows them."""
        with self.store.engine.connect() as db:
            return board.badges(db, overview.search(self.radio.badges(), words, most))

    def _refused(self) -> dict[str, int]:
        refused = {**self.radio.refused, **{f"bridges: {why}": n for why, n in self._cables.bridges.counts.items()}}
        return refused | ({"unreachable": self.network.unreachable} if self.network.unreachable else {})

    def stop(self) -> None:
        """Let `work` end. It is not cancelled, since a wait that ends at that very moment would swallow it."""
        self._stopping = True
        self._arrived.set()

    async def close(self) -> None:
        """Leave the bridges, and whoever was being told something."""
        self._cables.bridges.close()
        if self._update_server is not None:
            self._update_server.close()
        await self.jobs.stop()

    def act(self, verb: str, number: int, given: object) -> bool:
        """Do what a person says (tools/gateway/acts.py); return whether it could be done. Raises acts.Wrong."""
        self._mind_clock()
        done = self.radio.act(verb, number, given, self.now_ms())
        self._facts = (0, {})
        self._arrived.set()
        return done


async def serve(store: Store, host: str, port: int, web_port: int, ready: Callable[[int, int], object],
                ways: Ways | None = None, ports: Sequence[str] | None = None, stopped: asyncio.Event | None = None,
                way: Way = Way(), first: Callable[[str], object] | None = None) -> None:
    """Serve until cancelled, or until `stopped` (an asyncio.Event) is set. ready(udp port, page port) is called once.

    ports: of the bridges, None for all that are found. way: by which people reach the page. first(code) is called if
    nobody has an account, with what makes the first one. Raises OSError for UDP and page ports that are used.
    """
    loop = asyncio.get_running_loop()
    loop.set_default_executor(Abandoned())
    network = Network(host, port)
    server = Server(store, network, ways, ports, host)
    watching = None
    loop.add_reader(network.fileno(), server.wake)
    # what is packed stays packed: a few bytes must not become megabytes before anybody has looked at them
    app = pages.application(server, way)
    runner = web.AppRunner(app, access_log=None, logger=pages.LOG, shutdown_timeout=PAGES_S, keepalive_timeout=IDLE_S,
                           lingering_time=PAGES_S, auto_decompress=False)
    try:
        await runner.setup()
        site = web.TCPSite(runner, way.host, web_port, ssl_context=way.tls)
        await site.start()
        server.jobs.start()
        server.warm()
        ready(network.port, runner.addresses[0][1])
        code = app[pages.GATE].first
        if first is not None and code is not None:
            first(code)
        server.systemd.say("READY=1")
        if stopped is not None:
            watching = asyncio.create_task(_stop(server, stopped))
        await server.work()
    finally:
        server.systemd.say("STOPPING=1")
        if watching is not None:
            watching.cancel()
        await server.close()
        loop.remove_reader(network.fileno())
        network.close()
        await runner.cleanup()


async def _stop(server: Server, stopped: asyncio.Event) -> None:
    await stopped.wait()
    server.stop()
