"""Lives of badges from one tree with a gateway from another: pair_life.py BADGES GATEWAY SEED.. CAUSE..

The story is that of the badges' tree. Its own look at the gateway's disk goes by views, since tables have got other
names. Prints one JSON line for each life: cause, seed, what it broke, how much was looked at.
"""

import json
import random
import sqlite3
import sys
import tempfile
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parent.parent
_HOST = ("tools/host", "lib")
_OURS = ("tools", "firmware")
_NAMES = {"kind": "kind", "what": "phase", "said": "badge_phase", "step": "status", "newest": "uplink_counter"}
_SAME = "id, pairing, alarm_id, revision, practice, taken_by, closed_ms, due_ms, unanswered_ms"
_EVENT = "id, alarm, at_ms, who, detail, brief"


def ours():
    return [name for name in sys.modules if name.split(".")[0] in _OURS]


def on_path(tree):
    """Let imports come from `tree`; modules of another that are there already stay with who has them."""
    for name in ours():
        del sys.modules[name]
    sys.path[:0] = [str(tree), *(f"{tree}/{folder}" for folder in _HOST)]


def modules_of(tree, *names):
    """Return modules of `tree`, and leave no other trace of it."""
    before, path = dict(sys.modules), list(sys.path)
    on_path(tree)
    found = [import_module(name) for name in names]
    sys.path[:] = path
    for name in ours():
        del sys.modules[name]
    sys.modules.update({name: module for name, module in before.items() if name.split(".")[0] in _OURS})
    return found


def views(db, words, is_older_story):
    """Let `db` show a disk of the other age: columns as the story knows them, codes as numbers or as names."""
    if is_older_story == ("what" in {row[1] for row in db.execute("PRAGMA table_info(alarms)")}):
        return
    said = {"kind": words.KINDS, "what": words.PHASES, "said": words.PHASES, "step": words.STATUSES, "newest": {}}
    columns = [_SAME]
    for old, new in _NAMES.items():
        given, wanted = (new, old) if is_older_story else (old, new)
        pairs = [(name, code) if is_older_story else (code, name) for code, name in said[old].items()]
        cases = " ".join(f"WHEN {one!r} THEN {other!r}" for one, other in pairs)
        columns.append(f"CASE {given} {cases} END AS {wanted}" if cases else f"{given} AS {wanted}")
    event, settled = ("event AS step", "settled AS told") if is_older_story else ("step AS event", "told AS settled")
    db.execute(f"CREATE TEMP VIEW alarms AS SELECT {', '.join(columns)} FROM main.alarms")
    db.execute(f"CREATE TEMP VIEW events AS SELECT {_EVENT}, {event} FROM main.events")
    db.execute(f"CREATE TEMP VIEW downlinks AS SELECT due_ms, {settled} FROM main.downlinks")


def house_of(open_store, plans, names):
    """Return (folder of a database in which `names` are paired, their rows as either age knows them)."""
    folder, draw = tempfile.TemporaryDirectory(), random.Random(1)
    path = Path(folder.name) / "kald.sqlite"
    store = open_store(path)
    devices = [store.pair(name).device for name in names]
    with store.engine.begin() as db:
        house = plans.house(db)
        plans.put(db, {**house, "check_in_s": {**house["check_in_s"], "red": 120}})
    store.close()
    db = sqlite3.connect(path)
    columns = {row[1] for row in db.execute("PRAGMA table_info(badges)")}
    rows = []
    for device in devices:
        up, down = draw.randbytes(16), draw.randbytes(16)
        for column, value in (("up", up), ("down", down), ("uplink_key", up), ("downlink_key", down)):
            if column in columns:
                db.execute(f"UPDATE badges SET {column} = ? WHERE device = ?", (value, device))
        rows.append(SimpleNamespace(device=device, up=up, down=down, uplink_key=up, downlink_key=down))
    db.commit()
    db.close()
    return folder, rows


def gateway_of(tree):
    """Return (open_store, Radio, plans) of `tree`."""
    store, radio, plans = modules_of(tree, "tools.gateway.store", "tools.gateway.radio", "tools.gateway.plans")

    class Radio(radio.Radio):
        def receive(self, datagrams, now_ms):
            self.prepare()  # which the story of an older tree does not
            return super().receive(datagrams, now_ms)

    if not hasattr(store.Store, "close"):
        store.Store.close = lambda self: self.engine.dispose()
    return store.open_store, Radio, plans


def story_of(tree, open_store, radio, plans, words):
    """Return the class Day of `tree`, whose gateway is another's."""
    on_path(tree)
    is_older = not Path(tree, "tools/sim/story").is_dir()
    place = "tools.story" if is_older else "tools.sim.story"
    world, day = import_module(f"{place}.world"), import_module(f"{place}.day")

    def connect(path):
        db = sqlite3.connect(path)
        views(db, words, is_older)
        return db

    folder, rows = house_of(open_store, plans, day.NAMES)
    db = SimpleNamespace(exec_driver_sql=lambda _: SimpleNamespace(fetchall=lambda: rows))
    engine = SimpleNamespace(connect=lambda: nullcontext(db), dispose=lambda: None)
    day._house = (lambda: folder) if is_older else (lambda crowd: (folder, rows))
    day.open_store = lambda path: SimpleNamespace(engine=engine)
    world.open_store, world.Radio = open_store, radio
    world.sqlite3 = SimpleNamespace(connect=connect, Row=sqlite3.Row)
    return day.Day


def live(day_of, seed, cause):
    """Live a life, and tell what became of it."""
    with tempfile.TemporaryDirectory() as folder:
        day = day_of(seed, Path(folder), scenes=1, causes=(cause,), troubles=("none",), habits=())
        day.live()
        day.world.close()
    seen = sum(day.promises.looked_at.values())
    print(json.dumps({"cause": cause, "seed": seed, "broken": day.promises.broken, "seen": seen}), flush=True)


badges, gateway, *words = sys.argv[1:]
(enumerations,) = modules_of(ROOT, "tools.gateway.enumerations")
day_of = story_of(badges, *gateway_of(gateway), enumerations)
for cause in [word for word in words if not word.isdigit()]:
    for seed in [int(word) for word in words if word.isdigit()]:
        live(day_of, seed, cause)
