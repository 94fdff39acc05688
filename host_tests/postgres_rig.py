"""How does a test get several gateways over one PostgreSQL, of which any may die in the middle of its work?"""

import itertools
import random
import re
from contextlib import contextmanager

from sqlalchemy import select

from gateway_rig import Rig, badges, plan
from tools.gateway import shared, transfer
from tools.gateway.radio import Radio
from tools.gateway.store import open_store
from tools.gateway.tables import GATEWAYS, NOTIFICATION_JOBS

_COUNT = itertools.count(1)
NOTIFY = {"do": "notify", "after_s": 5, "to": ["json://a/"]}


def fresh(server, template=None):
    name = f"house{next(_COUNT)}"
    like = f" TEMPLATE {re.search('house[0-9]+', template)[0]}" if template else ""
    server.sql(f"CREATE DATABASE {name}{like}")
    return server.url.replace("/postgres?", f"/{name}?")


class Several(Rig):
    """Gateways over one database: each frame reaches one or two of them, and any may die in the middle of its work."""

    def __init__(self, url, folder, count, *names, seed=1, **more):
        self.folder, self.dice, self.gateways, self.starts = folder, random.Random(seed), [], 0
        self.dying = 0.0  # of how many transactions' commits the gateway dies just before or after
        super().__init__(url, *names, **more)
        for _ in range(count):
            self.start()

    def open(self):
        return shared.open_shared(self.path)  # a command's, to look at it

    def start(self):
        """Let one more gateway begin."""
        self.starts += 1
        folder = self.folder / f"gateway{self.starts}"
        folder.mkdir()
        store = shared.open_shared(self.path)
        store.serve(folder=folder)
        radio = Radio(store)
        save = radio._disk.save

        def dying(house, turn=False):
            fate = self.dice.random()
            if fate < self.dying / 2:
                raise Died
            done = save(house, turn)
            if fate < self.dying:
                raise Died
            return done

        radio._disk.save = dying
        self.gateways.append(radio)
        return radio

    def kill(self, radio):
        """Let a gateway die as kill -9 does: its connection is gone, and nobody has said good-bye."""
        self.gateways.remove(radio)
        radio._disk._db.pgconn.finish()
        radio.store._marker.close()
        radio.store.engine.dispose()

    def carry(self, datagrams):
        for radio in list(self.gateways):
            some = [one for one in datagrams if len(self.gateways) == 1 or self.dice.random() < 0.6]
            try:
                radio.prepare()
                out = radio.receive(some, self.now_ms)
            except Died:
                self.kill(radio)
                self.start()
            else:
                self.deliver(out)

    def leader(self):
        """Return the gateway that leads."""
        leads, = [radio for radio in self.gateways if radio.leads()]
        return leads

    def act(self, verb, number, by="office", **given):
        done = self.dice.choice(self.gateways).act(verb, number, {"by": by, **given}, self.now_ms)
        self.carry([])
        return done


class Died(BaseException):
    """This gateway is no more."""


@contextmanager
def three(server, folder):
    """Give a house with three gateways, whose badges have been heard."""
    rig = Several(fresh(server), folder, 3, "anna", "bo", plan=plan(badges(0), NOTIFY))
    try:
        rig.beat()
        rig.run(3)
        yield rig
    finally:
        for radio in rig.gateways:
            radio.store.close()
        rig.store.close()


def jobs(rig):
    with rig.store.engine.connect() as db:
        found = db.execute(select(NOTIFICATION_JOBS).where(NOTIFICATION_JOBS.c.channel == "notify")).all()
    return [row.alarm for row in found]


def until_acked(fake, rig, *given, **more):
    """Say it again and again, as a badge does, until a gateway has acked it; return how often that took."""
    for tries in range(1, 60):
        if fake.alarm(*given, **more):
            return tries
        rig.run(1)
    raise AssertionError("nobody acks")


class Over(Rig):
    """A gateway over PostgreSQL with a twin over SQLite: both get the same, and must say the same."""

    def open(self):
        store = shared.open_shared(self.path)
        store.serve(folder=self.folder)
        return store

    def begin(self):
        """Give the gateway its twin, with all that stands in the house."""
        self.sqlite = open_store(self.folder / "twin.sqlite")
        with self.store.engine.connect() as here, self.sqlite.engine.begin() as there:
            there.execute(GATEWAYS.delete())
            transfer.copy(here, there)
        self.restart()

    def restart(self):
        """Both begin anew from what is stored."""
        self.store.close()
        self.store = self.open()
        self.radio, self.twin = Radio(self.store), Radio(self.sqlite)

    def carry(self, datagrams):
        if not hasattr(self, "twin"):
            return super().carry(datagrams)
        for radio in (self.radio, self.twin):
            radio.prepare()
        out = self.radio.receive(datagrams, self.now_ms)
        assert self.twin.receive(datagrams, self.now_ms) == out
        return self.deliver(out)

    def act(self, verb, number, by="office", **given):
        done = [radio.act(verb, number, {"by": by, **given}, self.now_ms) for radio in (self.radio, self.twin)]
        self.carry([])
        assert done[0] == done[1]
