"""Do the core's rows stand for the tables, does what failed leave nothing, and are seals those of the badge?"""

import pytest
from gateway_rig import Rig
from hypothesis import example, given, settings
from hypothesis import strategies as st

from firmware import codes
from firmware.link import downlink, frame
from firmware.link.seal import NONCE_BYTES, Seal
from tools.gateway import plans, tables
from tools.gateway.core import memory
from tools.gateway.disk import Disk
from tools.gateway.sealing import Seals
from tools.gateway.store import Refusal, open_store


def test_what_the_core_does_not_know_of_is_for_pages_alone():
    others = {"settings", "gateways", "floor_plans", "accounts", "sessions", "account_events", "guide_talks",
              "house_events"}
    assert set(tables.META.tables) - set(memory.KINDS) == others


ROOMS = ("ack_cache", "acts", "alarms", "deadlines", "device_checks", "downlinks", "duty", "escalation", "group_calls",
         "house_time", "keys", "lending", "people", "places/estimate", "places/sightings", "places/wording",
         "responders", "restore_guard", "rules", "spared", "troubles",
         "unknown_badges", "updates", "visits")


def test_the_core_knows_no_disk_network_or_clock():
    import ast
    from pathlib import Path

    core = Path(memory.__file__).parent
    for path in (*core.glob("*.py"), *[core.parent / f"{room}.py" for room in ROOMS]):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [name.name for name in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            roots = {name.split(".")[0] for name in names}
            assert not roots & {"sqlalchemy", "sqlite3", "socket", "time", "asyncio", "os", "serial", "aiohttp"}, path
            hall = ("bridges", "cables", "datagrams", "disk", "radio", "server", "store", "tables", "web")
            assert not set(names) & {f"tools.gateway.{room}" for room in hall}, path


COLUMN = st.sampled_from(["status", "due_ms", "revision", "taken_by"])
CHANGE = st.tuples(st.sampled_from(["add", "put", "drop"]), st.integers(1, 5), COLUMN, st.integers(1, 4))


def state(house):
    table = house.alarms
    indexes = {index: some for index, (_, _, some) in table._indexes.items()}
    found = {index: {value: set(keys) for value, keys in some.items()} for index, some in indexes.items()}
    return dict(table.rows), table.next, found


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(CHANGE, max_size=8), st.lists(CHANGE, max_size=8))
def test_what_is_undone_was_never_done(before, after):
    house = memory.House()

    def change(kind, key, column, value):
        table = house.alarms
        if kind == "add":
            table.add(pairing=value, alarm_id=key, kind=1, phase=0, revision=0, status=1)
        elif key in table.rows:
            table.drop(key) if kind == "drop" else table.put(key, **{column: value})

    for one in before:
        change(*one)
    house.settle()
    was = state(house)
    for one in after:
        change(*one)
    house.undo()
    assert state(house) == was and not house.dirty()
    for index, (_, of, found) in house.alarms._indexes.items():
        for row in house.alarms.rows.values():
            assert (of(row) is None) or row[0] in found[of(row)], index


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(1, 3), COLUMN, st.one_of(st.none(), st.integers(1, 4))), max_size=20), st.data())
def test_what_is_in_memory_is_what_is_on_the_disk(tmp_path_factory, changes, data):
    path = tmp_path_factory.mktemp("h") / "kald.sqlite"
    store = open_store(path)
    for name in NAMES:
        store.pair(name)
    disk, house = Disk(path), memory.House()
    disk.load(house)
    for alarm in range(1, 4):
        house.alarms.add(pairing=alarm, alarm_id=alarm, kind=1, phase=0, revision=0, status=1)
    for key, column, value in changes:
        if value is not None or column in ("due_ms", "taken_by"):
            value = str(value) if column == "taken_by" and value is not None else value
            house.alarms.put(key, **{column: value})
        if data.draw(st.booleans()):
            disk.save(house)
            house.settle()
    disk.save(house)
    assert everything(store)["alarms"] == list(house.alarms)
    disk.close()
    store.close()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.binary(min_size=16, max_size=16), st.integers(0, 65_535), st.integers(0, frame.COUNTER_END),
       st.integers(1, 255), st.integers(0, 255), st.integers(0, 255))
def test_seals_are_those_of_the_badge(key, device, counter, number, byte, flip):
    seals, badge, nonce = Seals(), Seal(key), bytearray(NONCE_BYTES)
    buf = bytearray(frame.FRAME_BYTES_MAX)
    n = frame.heartbeat(buf, device, counter, byte, 80, 3)
    plain = bytes(buf[:n])
    frame.nonce(nonce, frame.STREAM_UP, device, 0, counter)
    sealed = bytes(buf[: badge.close(nonce, buf, frame.UP_HEAD, n)])
    assert seals.open(key, device, counter, sealed) == plain
    wrong = bytearray(sealed)
    wrong[flip % len(sealed)] ^= 1 + flip % 255
    assert seals.open(key, device, counter, bytes(wrong)) is None
    ack = bytearray(seals.ack(key, device, number, counter, byte))
    frame.nonce(nonce, frame.STREAM_ACK, device, number, counter)
    assert badge.open(nonce, ack, frame.ACK_HEAD, len(ack)) == 7 and ack[6] == byte
    assert (frame.get16(ack, 1), ack[3], frame.get16(ack, 4)) == (device, number, counter & 0xFFFF)
    buf = bytearray(frame.FRAME_BYTES_MAX)
    n = downlink.order(buf, device, number, counter, 7, byte, 9)
    down = bytearray(seals.down(key, frame.STREAM_DOWN, device, number, counter, bytes(buf[:n])))
    frame.nonce(nonce, frame.STREAM_DOWN, device, number, counter)
    assert badge.open(nonce, down, frame.DOWN_HEAD, len(down)) == n and down[:n] == buf[:n]


def everything(store):
    with store.engine.connect() as db:
        return {name: [kind._make(row) for row in db.execute(tables.META.tables[name].select())]
                for name, kind in memory.KINDS.items()}


NAMES = ("anna", "bo", "carla")
WHO = st.sampled_from(NAMES)
STORY = st.lists(st.one_of(
    st.tuples(st.just("alarm"), WHO, st.sampled_from([codes.KIND_FALL, codes.KIND_ASSIST, codes.KIND_EMERGENCY])),
    st.tuples(st.just("again"), WHO, st.integers(0, 2)),
    st.tuples(st.just("answer"), WHO, WHO),
    st.tuples(st.just("deaf"), WHO, st.booleans()),
    st.tuples(st.just("on"), WHO, st.booleans()),
    st.tuples(st.just("test"), WHO, st.just(0)),
    st.tuples(st.just("wish"), WHO, st.integers(0, 5)),
    st.tuples(st.just("act"), st.sampled_from(["take", "arrived", "withdraw", "close", "unneeded"]), st.integers(1, 4)),
    st.tuples(st.just("order"), st.sampled_from(["pause", "resume", "off", "on", "visit", "end"]), st.integers(1, 3)),
    st.tuples(st.just("wait"), st.sampled_from([1, 40, 130]), st.just(0)),
    st.tuples(st.just("restart"), st.just(0), st.just(0)),
), max_size=14)


def tell(rig, alarms, kind, first, second):
    """Let one thing happen."""
    if kind == "alarm":
        alarms[first] = alarms.get(first, 50) + 1
        rig[first].alarm(second, alarm_id=alarms[first])
    elif kind == "again" and first in alarms:
        rig[first].alarm(codes.KIND_EMERGENCY, alarm_id=max(51, alarms[first] - second), revision=second)
    elif kind == "answer":
        rig[first].answer(rig[second], alarms.get(second, 50))
    elif kind in ("deaf", "on"):
        setattr(rig[first], kind, second)
    elif kind == "test":
        rig[first].alarm(codes.KIND_TEST, alarm_id=900, passed=codes.PASSED_ALL)
    elif kind == "wish":
        rig[first].wish(codes.ORDER_PAUSE, second)
    elif kind == "act":
        rig.act(first, second)
    elif kind == "order":
        more = {"pause": {"minutes": 2}, "visit": {"colour": "red"}}.get(first, {})
        rig.act(first, second, **more)
    elif kind == "wait":
        rig.run(first)
    elif kind == "restart":
        rig.restart()


@settings(max_examples=25, deadline=None, derandomize=True)
@given(STORY)
@example([("order", "visit", 1), ("alarm", "anna", codes.KIND_EMERGENCY), ("answer", "bo", "anna"), ("test", "bo", 0),
          ("deaf", "carla", True), ("wish", "carla", 5), ("order", "pause", 2), ("wait", 40, 0), ("restart", 0, 0),
          ("deaf", "carla", False), ("act", "close", 1), ("order", "end", 1), ("wait", 130, 0)])
def test_what_a_gateway_decides_by_is_what_it_would_read_from_the_disk_whenever_it_begins_anew(tmp_path_factory, story):
    rig = Rig(tmp_path_factory.mktemp("h") / "kald.sqlite", *NAMES)
    alarms = {}
    for one in story:
        tell(rig, alarms, *one)
        rig.run(2)
        rig.radio._house.trim()
        kept, fresh, disk = everything(rig.store), memory.House(), rig.store.disk()
        disk.load(fresh)
        disk.close()
        for name, table in rig.radio._house.tables.items():
            assert {row[0]: row for row in kept[name]}.items() >= table.rows.items(), name
            assert table.rows == fresh.tables[name].rows and table.next == fresh.tables[name].next, name
    rig.store.close()


def test_what_is_refused_costs_no_commit(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna")
    saved = []
    save = rig.radio._disk.save
    rig.radio._disk.save = lambda *given: (saved.append(1), save(*given))[1]
    true = rig["anna"].sealed(frame.heartbeat, codes.MODE_READY << 3, 80, 0)
    forged = [(true[0][:-1] + bytes([true[0][-1] ^ 1]), true[1])] * 50
    strange = [(true[0][:1] + b"\xf0\x00" + true[0][3:], true[1])] * 50
    for some in (forged, strange, [(b"", true[1])], [(true[0][:-3], true[1])]):
        assert rig.radio.hear(some, rig.now_ms) == [] and not saved
    assert len(rig.radio.hear([true], rig.now_ms)) == 1 and len(saved) == 1
    assert rig.radio.hear([true] * 50, rig.now_ms) == [] and len(saved) == 1


def test_what_a_command_writes_beside_a_gateway_is_known_at_its_next_turn(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna")
    beside = open_store(tmp_path / "kald.sqlite")
    row = beside.pair("bo")
    fake = type(rig["anna"])(rig, row)
    rig.fakes["bo"] = fake
    assert fake.beat()
    with beside.engine.begin() as db:
        plans.put(db, {**plans.DEFAULT, "check_in_s": {"green": 1200, "yellow": 700, "red": 200}})
    rig.act("visit", row.device, colour="red")
    assert fake.got(frame.ORDER)[-1] == (codes.ORDER_VISIT, codes.RED << 14 | 200)
    assert rig["anna"].beat() and rig.store.badges()[0]["heard_ms"] == rig.now_ms


def test_a_folder_has_one_gateway(tmp_path):
    first, second = open_store(tmp_path / "kald.sqlite"), open_store(tmp_path / "kald.sqlite")
    first.serve()
    with pytest.raises(Refusal, match="another gateway"):
        second.serve()
    first.close()
    assert second.serve() is False
