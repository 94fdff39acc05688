"""Where one way carries a badge's frames and nothing back, does the other way's copy get the answers, and no more?"""

import pytest
from sqlalchemy.exc import OperationalError

from firmware import codes
from firmware.badge import Badge
from firmware.feedback import patterns as feel
from firmware.link import frame
from firmware.trace import FELT
from gateway_rig import BEGAN_MS, Rig, forget_alarms
from tools.gateway import ack_cache
from tools.gateway.core import frames
from tools.gateway.radio import Radio
from tools.gateway.store import Unavailable, open_store
from tools.gateway.tables import BADGES, META

NET, LORA, LORA_2 = ("127.0.0.1", 1), ("bridge", 3), ("bridge", 4)


@pytest.fixture
def rig(tmp_path):
    """A gateway on which anna has been heard, whose answers are caught and go nowhere."""
    rig = Rig(tmp_path / "kald.sqlite", "anna")
    rig.sealed, rig.out = [], []

    def carry(datagrams):
        rig.sealed += [data for data, _ in datagrams]
        rig.radio.prepare()
        rig.out = rig.radio.receive(datagrams, rig.now_ms)

    rig.carry = carry
    return rig


def acks(rig, *datagrams, after_ms=0):
    """Bring copies; return [(ack, address)]."""
    rig.now += after_ms
    rig.carry(list(datagrams))
    return [(data, address) for data, address in rig.out if data[0] == frame.ACK]


def everything(rig):
    with rig.store.engine.connect() as db:
        rows = {table.name: db.execute(table.select()).mappings().all() for table in META.sorted_tables}
    rows["gateways"] = [{**row, "turns": 0, "next_counter": 0} for row in rows["gateways"]]
    return rows


def test_the_copy_over_the_other_kind_of_way_gets_the_same_bytes_and_changes_nothing(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY, refresh=False)
    [(first, _)] = [(data, to) for data, to in rig.out if data[0] == frame.ACK]
    sealed = rig.sealed[-1]
    before = everything(rig)
    assert acks(rig, (sealed, LORA), after_ms=120) == [(first, LORA)]
    assert everything(rig) == before and rig.radio.refused == {}


def test_it_gets_it_once_and_not_beside_another_bridge(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY, refresh=False)
    sealed = rig.sealed[-1]
    assert acks(rig, (sealed, NET)) == [], "the network has had it"
    assert len(acks(rig, (sealed, LORA), (sealed, LORA_2), (sealed, LORA), after_ms=100)) == 1
    assert acks(rig, (sealed, LORA_2), (sealed, NET), (sealed, ("10.0.0.9", 5))) == []
    assert rig.radio.refused == {"replay": 6}


def test_both_copies_in_one_transaction_are_acked_each_on_its_way(rig):
    rig.up = False
    rig["anna"].alarm(codes.KIND_EMERGENCY, refresh=False)
    sealed = rig.sealed.pop()
    rig = again(rig)
    (one, there), (other, here) = acks(rig, (sealed, NET), (sealed, LORA))
    assert one == other and (there, here) == (NET, LORA) and len(rig.store.alarms()) == 1


def again(rig):
    """Begin the gateway anew, on a database from before the last frame; return the rig."""
    with rig.store.engine.begin() as db:
        forget_alarms(db)
        db.execute(BADGES.update().values(uplink_counter=101, replay_window="1"))
    rig.radio = Radio(rig.store)
    return rig


@pytest.mark.parametrize("after_ms, count", [(ack_cache.SPAN_MS, 1), (ack_cache.SPAN_MS + 1, 0), (-1, 0)])
def test_a_copy_that_comes_late_or_from_the_future_gets_none(rig, after_ms, count):
    rig["anna"].beat()
    assert len(acks(rig, (rig.sealed[-1], LORA), after_ms=after_ms)) == count


def test_one_bit_less_is_no_copy(rig):
    rig["anna"].beat()
    sealed = rig.sealed[-1]
    for at in range(len(sealed)):
        forged = sealed[:at] + bytes((sealed[at] ^ 1,)) + sealed[at + 1 :]
        assert acks(rig, (forged, LORA)) == []
    assert acks(rig, (sealed[:-1], LORA), (sealed + b"\0", LORA)) == []


def test_what_was_refused_or_has_no_ack_gets_none(rig):
    anna = rig["anna"]
    anna.alarm(15)
    assert rig.radio.refused == {"content": 1} and acks(rig, (rig.sealed[-1], LORA)) == []
    rig.act("test", 1)
    anna.send(frame.told, rig.store.number, 1)
    assert acks(rig, (rig.sealed[-1], LORA)) == [], "LoRa carries no ack of a TOLD, and so no second one"


def test_no_more_than_the_last_few_frames_are_known(rig):
    for _ in range(ack_cache.FRAMES + 1):
        rig["anna"].beat()
    late = rig.sealed[-ack_cache.FRAMES - 1 :]
    found = [len(acks(rig, (sealed, LORA))) for sealed in late]
    assert found == [0] + [1] * ack_cache.FRAMES


def test_what_a_failed_disk_has_not_stored_is_not_acked_by_its_copy(rig, monkeypatch):
    stored = frames._alarm

    def full(*given):
        stored(*given)
        raise OperationalError("disk", {}, Exception("full"))

    monkeypatch.setattr(frames, "_alarm", full)
    with pytest.raises(OperationalError):
        rig["anna"].alarm(codes.KIND_EMERGENCY, refresh=False)
    monkeypatch.setattr(frames, "_alarm", stored)
    sealed = rig.sealed[-1]
    [(ack, to)] = acks(rig, (sealed, LORA))
    assert to == LORA and len(rig.store.alarms()) == 1, "it was the first that was stored"
    assert acks(rig, (sealed, NET)) == [(ack, NET)]


def test_a_commit_that_fails_after_the_frame_was_taken_leaves_nothing_to_say_again(rig, monkeypatch):
    def full(*_):
        raise Unavailable("full")

    monkeypatch.setattr(rig.radio._disk, "save", full)
    with pytest.raises(Unavailable):
        rig["anna"].alarm(codes.KIND_EMERGENCY, refresh=False)
    monkeypatch.undo()
    rig["anna"].beat()
    assert rig.store.alarms() == []
    assert rig.radio._copies.again(1, rig.sealed[-2], LORA, rig.now_ms) is None


def test_after_a_restart_a_copy_is_refused_as_before(rig):
    rig["anna"].beat()
    rig.store.close()
    rig.store = open_store(rig.path)
    rig.radio = Radio(rig.store)
    assert acks(rig, (rig.sealed[-1], LORA)) == [] and rig.radio.refused == {"replay": 1}


class OneWay:
    """A real badge on two ways: the network carries all it says and nothing back; LoRa all, 120 ms later, both ways."""

    def __init__(self, path, lora=True):
        self.lora, self.now = lora, 0
        self.store = open_store(path)
        self.radio = Radio(self.store)
        row = self.store.pair("anna")
        self.badge = Badge(row.device, row.uplink_key, row.downlink_key, 0)
        self.badge.counter.grant(1000, 100_000)
        self.under_way = []

    def run(self, ms, pressed=0):
        for _ in range(ms // 20):
            self.now += 20
            self.badge.button(pressed, self.now)
            self.badge.samples((0, 0, 1000), 1, self.now)
            self.badge.tick(self.now)
            buf = bytearray(frame.FRAME_BYTES_MAX)
            n = self.badge.next_frame(buf, self.now)
            come = [(data, LORA) for at, data in self.under_way if at <= self.now]
            self.under_way = [one for one in self.under_way if one[0] > self.now]
            if n:
                come.append((bytes(buf[:n]), NET))
                self.under_way += [(self.now + 120, bytes(buf[:n]))] if self.lora else []
            if come or not self.now % 100:
                self.radio.prepare()
                self._hand(self.radio.receive(come, BEGAN_MS + self.now))

    def _hand(self, out):
        for data, (kind, *_) in out:
            if kind == "bridge":
                buf = bytearray(80)
                buf[: len(data)] = data
                self.badge.frame(buf, len(data), self.now)

    def felt(self):
        trace = self.badge.trace
        return [trace.value[i % 64] for i in range(max(0, trace.count - 64), trace.count) if trace.code[i % 64] == FELT]


def test_a_badge_whose_network_is_deaf_is_received_taken_and_closed_over_lora(tmp_path):
    one = OneWay(tmp_path / "kald.sqlite")
    one.run(2000)
    one.run(1000, pressed=1)
    one.run(1000)
    assert one.badge.alarm.state == codes.RECEIVED and one.felt()[-1] == feel.RECEIVED
    assert len(one.store.alarms()) == 1
    one.radio.act("take", 1, {"by": "bo"}, BEGAN_MS + one.now)
    one.run(6000)
    assert one.badge.alarm.state == codes.TAKEN
    one.radio.close(1, "bo", BEGAN_MS + one.now)
    one.run(6000)
    assert one.badge.alarm.state == codes.SAFE
    one.run(400_000)
    assert not one.badge.faults & codes.FAULT_NO_GATEWAY


def test_without_lora_it_is_told_that_nobody_answers(tmp_path):
    one = OneWay(tmp_path / "kald.sqlite", lora=False)
    one.run(2000)
    one.run(1000, pressed=1)
    one.run(160_000)
    assert one.badge.alarm.state == codes.CALLING and one.badge.faults & codes.FAULT_NO_GATEWAY
    assert len(one.store.alarms()) == 1, "though it is on the disk"
