"""Does a look at what has changed say of each badge what a look at all of them would say?"""

from collections import Counter

from gateway_rig import Rig
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware import codes
from tools.gateway import duty

NAMES = ("anna", "bo", "carla", "dan", "eva")
MODES = (codes.MODE_READY, codes.MODE_NOT_READY, codes.MODE_OFF, codes.MODE_PAUSED, codes.MODE_CHARGING)
DOES = st.one_of(
    st.tuples(st.just("beat"), st.sampled_from(NAMES), st.sampled_from(MODES)),
    st.tuples(st.just("unworn"), st.sampled_from(NAMES), st.booleans()),
    st.tuples(st.just("on"), st.sampled_from(NAMES), st.booleans()),
    st.tuples(st.just("alarm"), st.sampled_from(NAMES), st.just(0)),
    st.tuples(st.just("close"), st.sampled_from(NAMES), st.just(0)),
    st.tuples(st.just("revoke"), st.sampled_from(NAMES), st.just(0)),
    st.tuples(st.just("wait"), st.just(""), st.sampled_from([1, 61, 200])),
    st.tuples(st.just("restart"), st.just(""), st.sampled_from([0, 200])),
    st.tuples(st.just("clock"), st.just(""), st.sampled_from([-3600, 3600])),
)


def looked(tx, before):
    """Return what each badge would be told about being alone, by a look at all. before: what it was told last."""
    rows = [row for row in tx.badges if row.revoked_ms is None]
    needing = duty.alarmed(tx)
    here = {row.pairing for row in rows if duty.is_help(tx, row)}
    within = Counter(row.team for row in rows if row.pairing in here - needing)
    said = {}
    for row in rows:
        alone = within[row.team] == (row.pairing not in needing) if row.pairing in here else None
        if alone and before.get(row.pairing) is None and tx.now_ms - row.mode_ms < duty.ARRIVING_MS:
            alone = None
        said[row.pairing] = alone
    return said


def do(rig, kind, name, value):
    """Let one thing happen."""
    fake = rig.fakes.get(name)
    if kind == "beat":
        fake.mode = value
        fake.beat()
    elif kind == "unworn":
        fake.faults = codes.FAULT_NOT_WORN if value else 0
        fake.beat()
    elif kind == "on":
        fake.on = value
    elif kind == "alarm":
        fake.alarm(codes.KIND_EMERGENCY, alarm_id=1 + fake.counter)
    elif kind == "close":
        fake.refreshing = None
        for alarm in rig.store.alarms():
            if alarm["name"] == name:
                rig.act("close", alarm["id"])
    elif kind == "revoke":
        rig.act("revoke", fake.device)
    elif kind == "restart":
        rig.restart(value)
    elif kind == "clock":
        rig.now += value * 1000
        rig.radio.clock_set(value * 1000, rig.now_ms)


class Both:
    """The look of the gateway, and beside each the look at all."""

    def __init__(self):
        self.told, self.look, self.times = {}, duty.look, 0

    def __call__(self, tx):
        self.look(tx)
        rows = [row for row in tx.badges if row.revoked_ms is None]
        heard = [row for row in rows if row.heard_ms is not None]
        now = {row.pairing: row.alone for row in rows}
        if all(row.heard_ms >= tx.began_ms for row in heard) or tx.now_ms - tx.began_ms >= duty.BEATS * 60_000:
            self.told = looked(tx, self.told)
            assert now == self.told
        else:
            self.told = now
        assert all(row.silent or duty.heard(tx, row) for row in heard if row.mode != codes.MODE_OFF)
        self.times += 1


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(DOES, max_size=14))
def test_a_look_at_what_has_changed_is_a_look_at_all(tmp_path_factory, story):
    both = Both()
    duty.look = both
    try:
        path = tmp_path_factory.mktemp("h") / "kald.sqlite"
        rig = Rig(path, *[(name, "house" if name != "eva" else "other") for name in NAMES])
        for kind, name, value in story:
            do(rig, kind, name, value)
            rig.run(value if kind == "wait" else 1)
        assert both.times > len(story)
    finally:
        duty.look = both.look
