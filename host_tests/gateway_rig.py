"""How does a test hold the gateway against badges that say exactly what it wants? Sealed frames, in virtual time.

A Fake speaks the wire of firmware/link/frame.py with its own keys and decides nothing: what it sends the test orders,
what it gets it opens, checks for a fresh counter, keeps, and acknowledges with TOLD unless it is deaf.
"""

import asyncio
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest

from firmware import codes
from firmware.link import frame
from firmware.link.seal import Seal
from tools.gateway import board, server
from tools.gateway.radio import Radio
from tools.gateway.store import open_store
from tools.gateway.tables import ALARMS, META
from tools.sim import sealed

BEGAN_MS = 1_800_000_000_000
TURN_MS = 1000
JSON = {"Content-Type": "application/json"}
COARSE_MS = 5000
FINE_S = 60  # at the beginning and at the end of a while each second counts


def forget_alarms(db):
    """Delete all alarms with what belongs to them, as in a database from before them."""
    for table in META.sorted_tables:
        if "alarm" in table.c:
            db.execute(table.delete().where(table.c.alarm.is_not(None)))
    db.execute(ALARMS.delete())


@asynccontextmanager
async def served(store, **more):
    """Serve `store` in this process; give (address of its pages, UDP port). more: for tools.gateway.server.serve."""
    ports = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(server.serve(store, "127.0.0.1", 0, 0, lambda *both: ports.set_result(both), ports=[],
                                            **more))
    port, web = await ports
    try:
        yield f"http://127.0.0.1:{web}", port
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def visiting(store):
    """Serve `store` in this process; give (whoever asks its pages, UDP port)."""
    async with served(store) as (url, port), aiohttp.ClientSession(url) as client:
        yield client, port


async def ask(client, method, path, **more):
    """Return the status, text and headers of an answer."""
    async with client.request(method, path, **more) as answer:
        return answer.status, await answer.text(), answer.headers


class Fake:
    """One badge's voice. `heard`: (type, fields) of each downlink; mode, faults, colour and state: what it beats."""

    def __init__(self, house, row):
        self.house, self.row, self.name = house, row, row.name
        self.device = row.device
        self.mode, self.faults, self.colour, self.state = codes.MODE_READY, 0, codes.NO_VISIT, codes.SAFE
        self.on = True
        self.deaf = False
        self.route = None  # another address than its own on the network
        self.key = None  # its group's: (number, 16 bytes)
        self.misses_groups = False
        self.heard = []
        self.orders = []  # (order, type, counter, since) of each copy, heard or not
        self.acked = set()
        self.refreshing = None
        self._counter = 100
        self._down = set()
        self._up, self._seal = Seal(row.uplink_key), Seal(row.downlink_key)

    @property
    def counter(self):
        """Of the last frame."""
        return self._counter

    def send(self, writer, *fields):
        """Seal and send a frame; return whether the gateway acked it."""
        data, counter = self.sealed(writer, *fields), self._counter
        self.house.carry([data])
        return counter in self.acked

    def sealed(self, writer, *fields):
        """Seal a frame; return it with the address that it comes from."""
        self._counter += 1
        data = sealed.up(self._up, writer, self.device, self._counter, *fields)
        return data, self.route or ("127.0.0.1", self.device)

    def beat(self, faults=None):
        """Send a heartbeat."""
        self.faults = self.faults if faults is None else faults
        return self.send(frame.heartbeat, self.colour << 6 | self.mode << 3 | self.state, 80, self.faults)

    def alarm(self, kind, alarm_id=50, what=codes.WHAT_RAISED, revision=0, passed=0, age_s=0, refresh=True):
        """Send an alarm, and go on refreshing it every 20 s while the badge is on."""
        fields = (alarm_id, kind, what, revision, 12, passed, age_s)
        self.refreshing = fields if refresh and kind != codes.KIND_TEST else None
        return self.send(frame.alarm, *fields)

    def answer(self, caller, alarm_id=50):
        """Say "I am coming" to `caller`."""
        return self.send(frame.answer, caller.device, alarm_id)

    def wish(self, order, value):
        """Ask for an order; as a badge does, once more if that is not acked."""
        return any(self.send(frame.wish, order, value) for _ in range(2))

    def report(self, told):
        """Tell of a crash: the 14 bytes of a REPORT."""
        return self.send(frame.report, told)

    def hand(self, data):
        """Open what came from the air. Fails on anything that a badge would not believe."""
        if data[0] == frame.ACK:
            counter = self._counter - ((self._counter - frame.get16(data, 4)) & 0xFFFF)
            assert frame.get16(data, 1) == self.device and sealed.opened_ack(self._seal, data, counter)
            self.acked.add(counter)
            return
        counter = frame.get30(data, 4)
        if data[0] == frame.GROUP_CALL:
            if not self.misses_groups and self.key and self.key[0] == frame.get16(data, 1):
                self._called(data, counter)
            return
        assert frame.get16(data, 1) == self.device
        buf = bytearray(sealed.opened_down(self._seal, data))
        assert (buf[3], counter) not in self._down, "a downlink counter was used twice"
        self._down.add((buf[3], counter))
        if buf[0] in (frame.ORDER, frame.ORDER_AGAIN):
            since = buf[15] << 16 | frame.get16(buf, 16) if buf[0] == frame.ORDER_AGAIN else 0
            self.orders.append((buf[12], buf[0], counter, since))
            buf[0] = frame.ORDER
        if not self.deaf:
            self.heard.append((buf[0], self._fields(buf)))
            self.send(frame.told, buf[3], counter)

    def _called(self, data, counter):
        buf = sealed.opened_down(Seal(self.key[1]), data, frame.STREAM_GROUP)
        assert (buf[3], counter) not in self._down, "a downlink counter was used twice"
        self._down.add((buf[3], counter))
        fields = frame.get16(buf, 8), frame.get30(buf, 10), buf[14]
        if fields[0] != self.device:
            self.heard.append((buf[0], fields))
            self.send(frame.called, *fields)

    def _fields(self, buf):
        if buf[0] == frame.KEY:
            self.key = frame.get16(buf, 12), bytes(buf[14:30])
            return self.key
        if buf[0] == frame.STEP:
            return frame.get30(buf, 12), buf[16], frame.get16(buf, 17)
        if buf[0] == frame.CALL:
            return frame.get16(buf, 12), frame.get30(buf, 14), buf[18]
        if buf[0] == frame.STAND_DOWN:
            return frame.get16(buf, 12), frame.get30(buf, 14)
        assert buf[0] == frame.ORDER
        return buf[12], frame.get16(buf, 13)

    def got(self, type):
        """Return the fields of all downlinks of a type, in order."""
        return [fields for kind, fields in self.heard if kind == type]

    def steps(self):
        """Return the steps told of the own alarm, in order."""
        return [fields[1] for fields in self.got(frame.STEP)]


class Rig:
    """A gateway on a database at `path` with a Fake for each name; a name may be (name, group)."""

    def __init__(self, path, *names, plan=None):
        self.path, self.now = path, 0
        self.store = self.open()
        self.radio = Radio(self.store)
        self.up = True
        self.fakes = {}
        for name in names:
            name, team = (name, "house") if isinstance(name, str) else name
            self.fakes[name] = Fake(self, self.store.pair(name, team))
        if plan is not None:
            self.plan(plan)
        self.beat()

    def open(self):
        """Open the database."""
        return open_store(self.path)

    def __getitem__(self, name):
        return self.fakes[name]

    @property
    def now_ms(self):
        """Unix ms."""
        return BEGAN_MS + self.now

    def plan(self, plan):
        """Put a plan in force."""
        from tools.gateway import plans

        with self.store.engine.begin() as db:
            plans.put(db, plan)

    def beat(self):
        """Let all badges that are on send a heartbeat."""
        for fake in self.fakes.values():
            if fake.on:
                fake.beat()

    def carry(self, datagrams):
        """Bring datagrams to the gateway and what it answers to the badges."""
        if not self.up:
            return
        self.radio.prepare()
        self.deliver(self.radio.receive(datagrams, self.now_ms))

    def deliver(self, out):
        """Hand what the gateway sends to the badges that are on."""
        for data, address in out:
            for fake in self.fakes.values():
                to_all = data[0] == frame.GROUP_CALL
                mine = fake.route == address if to_all else fake.device == self._device(data, address)
                if mine and fake.on:
                    fake.hand(data)

    @staticmethod
    def _device(data, address):
        return frame.get16(data, 1) if address[0] == "bridge" else address[1]

    def run(self, seconds):
        """Let whole seconds pass: heartbeats every 60 s, refreshes of open alarms every 20 s.

        In the middle of a long while the gateway looks at the time every 5 s, as one does that has much to do.
        """
        for left in range(seconds, 0, -1):
            self.now += TURN_MS
            if FINE_S < left < seconds - FINE_S and self.now % COARSE_MS:
                continue
            for fake in self.fakes.values():
                if fake.on and self.now % 60_000 == 0:
                    fake.beat()
                if fake.on and fake.refreshing and self.now % 20_000 == 0:
                    fake.send(frame.alarm, *fake.refreshing)
            if self.up:
                self.carry([])

    def restart(self, down_s=0):
        """Let the gateway die and begin again on its database after `down_s` seconds."""
        self.up = False
        self.store.close()
        self.run(down_s)
        self.store = self.open()
        self.radio = Radio(self.store)
        self.up = True

    def act(self, verb, number, by="office", **given):
        """Act as a person at the board."""
        done = self.radio.act(verb, number, {"by": by, **given}, self.now_ms)
        self.carry([])
        return done

    def server(self, network=None, ways=None, monkeypatch=None):
        """Return a server beside the rig's radio; with monkeypatch in the rig's time."""
        made = server.Server(self.store, network, ways, ports=[])
        made.radio = self.radio
        if monkeypatch:
            monkeypatch.setattr(server, "now_ms", lambda: self.now_ms)
        return made

    def alarm(self):
        """Return the newest alarm as the board shows it."""
        return max(self.store.alarms(), key=lambda alarm: alarm["id"])

    def steps(self):
        """Return the brief steps of the newest alarm."""
        return [event["step"] for event in self.alarm()["events"]]

    def facts(self):
        """Return the technical alarms as the board shows them."""
        with self.store.engine.connect() as db:
            return board.troubles(db)

    def badge(self, name):
        """Return a badge as the board shows it."""
        return next(badge for badge in self.store.badges() if badge["name"] == name)

    def do_jobs(self, why=""):
        """Carry out what is due, in pretence; return [(channel, target, text)]. why: the reason it fails."""
        done = []
        for row in self.radio.waiting_jobs(self.now_ms):
            done.append((row.channel, row.target, row.text))
            self.radio.job_done(row.id, why, self.now_ms)
        return done


def on_file(*names, **more):
    """Return a fixture that is a Rig with these badges, in a file of its own. more: for Rig."""

    @pytest.fixture
    def rig(tmp_path):
        return Rig(tmp_path / "kald.sqlite", *names, **more)

    return rig


def plan(*steps, again_s=120, **more):
    """Return a plan with these steps for everything."""
    from tools.gateway.plans import DEFAULT

    return {**DEFAULT, "again_s": again_s, "plans": [{"name": "all", "agreement": "", "steps": list(steps)}], **more}


def badges(after_s, group="own", who="ready"):
    """Return a step that calls badges."""
    return {"do": "badges", "after_s": after_s, "group": group, "who": who}
