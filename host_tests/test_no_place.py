"""Is nobody's place anywhere without an alarm or a test of hers? All that a house keeps, says and shows is read."""

import asyncio
import json
import re
import sqlite3
from contextlib import closing

import pytest
from gateway_rig import Rig, badges, plan, served
from sqlalchemy import select
from test_sightings import learn, sight
from test_sign_in import Browser, made

from firmware import codes
from tools.gateway import accounts, backup
from tools.gateway import server as server_module
from tools.gateway.jobs import topics
from tools.gateway.tables import META

SECRET = ("Room 1", "Cellar", "[1001,", "[2001,", "by the back stairs")
ENTERED = ("places", "signatures")  # what the house itself has written down; /places shows it
ENTERED_AT = ("/places", "/floor.svg")
NOTIFY = {"do": "notify", "after_s": 0, "to": ["ntfys://ntfy.example/kald"], "place": "en", "lang": "en"}


@pytest.fixture
def rig(tmp_path, monkeypatch):
    weak = accounts.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(accounts, "_HASHER", weak)
    monkeypatch.setattr(accounts, "NOBODY", weak.hash("nobody"))
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo", plan=plan(badges(0), NOTIFY))
    learn(rig.store)
    rig.frames, deliver = [], rig.deliver
    rig.deliver = lambda out: (rig.frames.extend(out), deliver(out))
    return rig


def rows(rig):
    """Return all rows but what the house has entered."""
    with rig.store.engine.connect() as db:
        return "\n".join(repr(db.execute(select(table)).all()) for name, table in META.tables.items()
                         if name not in ENTERED)


def carried_away(folder):
    """Return what a backup holds, and what else lies in the folder."""
    with closing(sqlite3.connect(":memory:")) as copy:
        copy.deserialize(backup.snapshot(folder))
        names = [name for name, in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert set(ENTERED) < set(names)
        text = "\n".join(repr(copy.execute(f"SELECT * FROM {name}").fetchall()) for name in names
                         if name not in ENTERED)
    beside = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("kald.sqlite")]
    return "\n".join([text, *(path.read_text(errors="replace") for path in beside)])


def published(rig):
    """Return what a broker is told where the house has chosen that places are."""
    facts = {"alarms": rig.store.alarms(), "troubles": rig.facts()}
    with rig.store.engine.connect() as db:
        kept = db.execute(select(META.tables["badges"])).all()
    told = [topics.state(facts, "kald", places=True), topics.found("kald", None)]
    return json.dumps([*told, *(topics.badge(row, topics.calling(facts)) for row in kept),
                       *(topics.found("kald", row.device) for row in kept)])


def shown(rig, monkeypatch):
    """Return {path: text} of all pages, streams, files and figures that an administrator gets."""
    real, apps = server_module.pages.application, []
    monkeypatch.setattr(server_module.pages, "application", lambda *a, **k: apps.append(real(*a, **k)) or apps[-1])
    made(rig.store, "Inge", "administrator")

    async def walk():
        found = {}
        async with served(rig.store) as (url, _), Browser(url) as one:
            assert (await one.sign_in("Inge"))[0] == 200
            routes = {route.resource.canonical for route in apps[0].router.routes() if route.method == "GET"}
            for path in sorted(routes - {*ENTERED_AT}):
                asked = re.sub(r"{[^{}]*}", "1", path.replace("{month}", "2027-01").replace("{year}", "2027")
                               .replace("{name}", "board.js")) + "?lang=en"
                async with one.session.get(asked, allow_redirects=False) as answer:
                    whole = answer.content.readany() if path == "/events" else answer.read()
                    found[path] = (await whole).decode(errors="replace")
        return found

    return asyncio.run(walk())


def read(rig, folder, monkeypatch, caplog):
    """Return {where: all the text that is there}, in the order of ALL."""
    jobs = "\n".join(text for *_, text in rig.do_jobs())
    found = {"rows": rows(rig), "board": json.dumps([rig.store.alarms(), rig.store.badges(), rig.facts()]),
             "broker": published(rig), "notifications": jobs, "backup": carried_away(folder),
             "frames": "".join(data.decode("latin-1") for data, _ in rig.frames)}
    pages = shown(rig, monkeypatch)
    found |= {"metrics": pages.pop("/metrics"), "pages": "\n".join(pages.values()), "log": caplog.text}
    assert len(pages) > 15 and "kald_" in found["metrics"] and "Anna" not in found["log"]
    return found


def told(found):
    """Return where a place is told, sorted."""
    return sorted(where for where, text in found.items() if any(word in text for word in SECRET))


def test_a_day_without_her_alarm_or_test_leaves_her_place_nowhere(rig, tmp_path, monkeypatch, caplog):
    rig.act("visit", rig["anna"].device, colour="red", minutes=30, place="Room 12")
    for where in (1, 2, 3):
        sight(rig, where)
        rig["anna"].wish(codes.ORDER_PAUSE, 5)
        rig.run(600)
    rig.act("end", rig["anna"].device)
    sight(rig, 1)
    rig["bo"].alarm(codes.KIND_ASSIST)
    rig.run(5)
    rig["anna"].answer(rig["bo"])
    sight(rig, 2)
    rig.run(5)
    assert rig.alarm()["coming"], "who comes is known, and not from where"
    assert rig.radio.refused["no alarm"] == 5
    assert told(read(rig, tmp_path, monkeypatch, caplog)) == []


def test_with_an_alarm_it_is_told_where_people_look_and_never_in_figures_frames_or_logs(
        rig, tmp_path, monkeypatch, caplog):
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    sight(rig, 1)
    rig.run(5)
    found = read(rig, tmp_path, monkeypatch, caplog)
    assert told(found) == ["backup", "board", "broker", "pages", "rows"]
