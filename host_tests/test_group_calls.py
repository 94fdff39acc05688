"""Does the gateway call a group with one frame, and everybody whom that does not reach as before?"""

import json

import pytest
from bridge_ends import FakeBridge
from gateway_rig import Rig, badges, plan

from firmware import codes
from firmware.link import frame
from firmware.link.seal import Seal
from tools.gateway import rollback
from tools.gateway.bridges import Bridges, Turns
from tools.gateway.group_calls import GROUP_MS
from tools.gateway.tables import BADGES, GROUP_KEYS
from tools.sim.sealed import opened_down

NAMES = "anna", "bo", "carla", "dan"
KIND = codes.KIND_EMERGENCY


class Air(Rig):
    """A Rig whose badges are on bridges; `sent`: what the gateway sends: (type, bridge or host)."""

    def __init__(self, path, *names, **more):
        self.sent = []
        super().__init__(path, *(names or NAMES), **more)
        for fake in self.fakes.values():
            fake.route = ("bridge", 31)
            fake.beat(codes.WANTS_GROUP)
            fake.faults = 0

    def deliver(self, out):
        self.sent += [(data[0], address) for data, address in out]
        super().deliver(out)

    def count(self, type):
        return [kind for kind, _ in self.sent].count(type)

    def keyed(self):
        with self.store.engine.connect() as db:
            return {row.name: row.group_key for row in db.execute(BADGES.select()).all()}


@pytest.fixture
def air(tmp_path):
    return Air(tmp_path / "kald.sqlite")


def test_who_asks_gets_the_groups_key_sealed_for_itself_and_who_never_asks_gets_none(tmp_path):
    air = Air(tmp_path / "kald.sqlite", "anna", "bo")
    assert air["anna"].key == air["bo"].key and air["anna"].key[0] == 1 and len(air["anna"].key[1]) == 16
    assert air.keyed() == {"anna": 1, "bo": 1} and air.facts() == []
    rig = Rig(tmp_path / "other.sqlite", "anna", "bo")
    rig.run(130)
    assert rig["anna"].key is None and not rig["anna"].got(frame.KEY)


def test_one_frame_calls_all_and_its_caller_and_nobody_is_called_twice(air):
    air["anna"].alarm(KIND, refresh=False)
    air.run(20)
    assert air.count(frame.GROUP_CALL) == 1 and air.count(frame.CALL) == 0
    for name in NAMES[1:]:
        assert air[name].got(frame.GROUP_CALL) == [(1, 50, KIND)]
    assert [row["step"] for row in air.alarm()["events"]].count("called") == 3
    air["bo"].answer(air["anna"])
    assert air.act("close", 1)
    air.run(2)
    assert all(air[name].got(frame.STAND_DOWN) == [(1, 50)] for name in NAMES[1:])


def test_who_does_not_say_that_it_is_felt_is_called_alone_after_a_while(air):
    air["carla"].misses_groups = True
    air["anna"].alarm(KIND, refresh=False)
    air.run(GROUP_MS // 1000)
    assert not air["carla"].got(frame.CALL)
    air.run(2)
    assert air["carla"].got(frame.CALL) == [(1, 50, KIND)] and air.count(frame.CALL) == 1


def test_on_wifi_each_is_called_alone_and_at_once_and_the_others_together(air):
    air["carla"].route = None
    air["carla"].beat()
    air["anna"].alarm(KIND, refresh=False)
    assert air["carla"].got(frame.CALL) == [(1, 50, KIND)] and not air["carla"].got(frame.GROUP_CALL)
    assert air["bo"].got(frame.GROUP_CALL) == air["dan"].got(frame.GROUP_CALL) == [(1, 50, KIND)]
    assert not air["bo"].got(frame.CALL)


def test_every_bridge_of_the_group_sends_the_same_frame(air):
    air["dan"].route = ("bridge", 32)
    air["dan"].beat()
    air["anna"].alarm(KIND, refresh=False)
    where = [address for kind, address in air.sent if kind == frame.GROUP_CALL]
    assert where == [("bridge", 31), ("bridge", 32)] and air["dan"].got(frame.GROUP_CALL)


def test_two_alarms_at_once_are_two_calls(air):
    air["anna"].alarm(KIND, refresh=False)
    air["bo"].alarm(codes.KIND_FALL, alarm_id=60, refresh=False)
    air.run(10)
    assert air.count(frame.GROUP_CALL) == 2 and air.count(frame.CALL) == 0
    assert air["dan"].got(frame.GROUP_CALL) == [(1, 50, KIND), (2, 60, codes.KIND_FALL)]


def test_an_alarm_that_becomes_graver_calls_the_group_again(air):
    air["anna"].alarm(codes.KIND_ASSIST, refresh=False)
    air["anna"].alarm(KIND, revision=1, refresh=False)
    assert [kind for _, _, kind in air["bo"].got(frame.GROUP_CALL)] == [codes.KIND_ASSIST, KIND]


def test_where_not_all_who_would_feel_it_are_called_each_is_called_alone(tmp_path):
    air = Air(tmp_path / "kald.sqlite", plan=plan(badges(0, who="ready")))
    air["dan"].mode = codes.MODE_NOT_READY  # here, but without a test: it is not called while others are
    air["dan"].beat()
    air["anna"].alarm(KIND, refresh=False)
    assert air.count(frame.GROUP_CALL) == 0 and not air["dan"].got(frame.CALL)
    assert air["bo"].got(frame.CALL) == air["carla"].got(frame.CALL) == [(1, 50, KIND)]


def test_a_stolen_badge_takes_the_groups_key_with_it(air):
    old = air["bo"].key
    assert air.act("revoke", air["bo"].device)
    air["anna"].alarm(KIND, refresh=False)
    assert air.count(frame.GROUP_CALL) == 0 and air["dan"].got(frame.CALL)  # they still have the old key
    air.act("close", 1)
    air.run(61)
    assert air["anna"].key == air["carla"].key == air["dan"].key and air["anna"].key[0] == 2 != old[0]
    assert old[1] != air["anna"].key[1] and air["bo"].key == old and air.keyed()["bo"] is None
    air["anna"].alarm(KIND, alarm_id=70, refresh=False)
    assert air["dan"].got(frame.GROUP_CALL) == [(1, 70, KIND)]


def test_who_is_moved_to_another_group_gets_its_key_and_is_called_by_the_old_one_no_more(air):
    assert air.act("group", air["dan"].device, group="night")
    air["anna"].alarm(KIND, refresh=False)
    assert air.count(frame.GROUP_CALL) == 0, "dan would feel it"
    assert air["bo"].got(frame.CALL) and not air["dan"].got(frame.CALL)
    air.act("close", 1)
    air.run(61)
    assert air["dan"].key[0] == 2 and air["anna"].key[0] == 1
    air["anna"].alarm(KIND, alarm_id=70, refresh=False)
    assert air["bo"].got(frame.GROUP_CALL) == [(1, 70, KIND)] and not air["dan"].got(frame.GROUP_CALL)


def test_a_badge_that_starts_anew_asks_again_and_is_called_alone_until_it_has_the_key(air):
    air["bo"].deaf, air["bo"].key = True, None
    air["bo"].beat(codes.WANTS_GROUP)
    air["anna"].alarm(KIND, refresh=False)
    assert air.keyed()["bo"] == 0 and air["carla"].got(frame.GROUP_CALL)
    air["bo"].deaf = False
    air.run(2)
    assert air["bo"].got(frame.CALL) == [(1, 50, KIND)] and air.keyed()["bo"] == 1


def test_who_feels_what_nobody_sent_is_acked_and_stood_down(air):
    air["bo"].send(frame.called, 1, 99, KIND)
    assert [kind for kind, _ in air.sent[-2:]] == [frame.ACK, frame.STAND_DOWN]  # awake by the ack, it hears the other
    assert air["bo"].got(frame.STAND_DOWN) == [(1, 99)] and air.store.alarms() == []
    air["anna"].alarm(KIND, refresh=False)
    assert not air["bo"].send(frame.called, 1, 50, KIND)  # a true one costs no ack
    air.act("close", 1)
    air.run(2)
    before = len(air["bo"].got(frame.STAND_DOWN))  # over by now
    air["bo"].send(frame.called, 1, 50, KIND)
    assert len(air["bo"].got(frame.STAND_DOWN)) == before + 1


def test_whoever_feels_a_false_call_too_is_called_alone_to_the_true_ones(air):
    air["anna"].alarm(KIND, refresh=False)
    air["anna"].alarm(codes.KIND_FALL, alarm_id=60, refresh=False)
    assert air.count(frame.GROUP_CALL) == 2 and air.count(frame.CALL) == 0
    for _ in range(3):  # a thief's; it costs one call each, however often
        air["bo"].send(frame.called, 77, 99, KIND)
    assert air["bo"].got(frame.CALL) == [(1, 50, KIND), (1, 60, codes.KIND_FALL)]
    assert air.count(frame.CALL) == 2 and air["bo"].got(frame.STAND_DOWN)[-1] == (77, 99)
    air["carla"].answer(air["anna"], 50)
    air["carla"].send(frame.called, 77, 98, KIND)
    assert air["carla"].got(frame.CALL) == [(1, 60, codes.KIND_FALL)], "she has answered the other"
    for alarm in (1, 2):
        air.act("close", alarm)
    air["dan"].send(frame.called, 77, 97, KIND)
    assert not air["dan"].got(frame.CALL)


@pytest.mark.parametrize("said", ["heartbeat", "wifi"])
def test_a_group_call_is_confirmed_alone_where_it_costs_little(air, said):
    air["anna"].alarm(KIND, refresh=False)
    assert air["bo"].got(frame.GROUP_CALL) and not air["bo"].got(frame.CALL)
    if said == "heartbeat":
        air["bo"].beat()
    else:
        air["bo"].route = None
        air["bo"].send(frame.called, 1, 50, KIND)
    assert air["bo"].got(frame.CALL) == [(1, 50, KIND)]
    air["bo"].beat()
    air.run(20)
    assert air["bo"].got(frame.CALL) == [(1, 50, KIND)] and not air["carla"].got(frame.CALL)


def test_who_answers_what_nobody_called_is_stood_down_once_all_open_alarms_must_be_known(air):
    air["bo"].answer(air["anna"], 99)
    assert not air["bo"].got(frame.STAND_DOWN), "the gateway has just begun: it may be told of it in a moment"
    air.run(70)
    assert not air["bo"].answer(air["anna"], 99) and air["bo"].got(frame.STAND_DOWN) == [(1, 99)]


def test_a_forged_kind_does_not_pass_for_the_call(air):
    air["bo"].misses_groups = True
    air["anna"].alarm(KIND, refresh=False)
    air["bo"].send(frame.called, 1, 50, codes.KIND_ASSIST)
    air.run(6)
    assert air["bo"].got(frame.CALL) == [(1, 50, KIND)]


def test_who_was_thought_gone_and_feels_it_is_stood_down_with_the_others(air):
    air["dan"].on = False
    air.run(200)
    air["anna"].alarm(KIND, refresh=False)
    assert air["bo"].got(frame.GROUP_CALL)
    air["dan"].on = True
    air["dan"].send(frame.called, 1, 50, KIND)
    assert not air["dan"].got(frame.CALL)
    air.act("close", 1)
    assert air["dan"].got(frame.STAND_DOWN) == [(1, 50)]


def test_a_restored_gateway_calls_each_alone_until_its_own_key_has_come(tmp_path):
    air = Air(tmp_path / "kald.sqlite")
    with air.store.engine.begin() as db:
        rollback.renew(db)
    air.restart()
    assert set(air.keyed().values()) == {0}
    air.run(121)  # its counter is doubted at first
    assert set(air.keyed().values()) == {1} and air["anna"].key[0] == 1
    air.run(61)
    air["anna"].alarm(KIND, refresh=False)
    assert air["bo"].got(frame.GROUP_CALL) == [(1, 50, KIND)]


def test_no_key_stands_on_the_board_or_goes_out_unsealed(air):
    with air.store.engine.connect() as db:
        key = db.execute(GROUP_KEYS.select()).one().key
    assert key.hex() not in json.dumps([air.store.badges(), air.store.alarms()], default=str)
    assert key == air["anna"].key[1]


class Cabled(Rig):
    """A Rig whose carla is reached over real Bridges, and says no TOLD; `called`: (alarm id, kind) of her calls."""

    def __init__(self, path):
        self.fake = FakeBridge(31)
        self.bridges = Bridges(find=lambda: [self.fake.path])
        super().__init__(path, "anna", "bo", "carla", plan=plan(badges(0)))
        self["carla"].route, self["carla"].deaf = ("bridge", 31), True
        self["carla"].beat()

    def deliver(self, out):
        for each in out:
            if each[1][0] == "bridge":
                self.bridges.send(*each, self.now)

    def run(self, seconds):
        for _ in range(seconds):
            super().run(1)
            for half in (0, 500):
                self.bridges.tend(self.now + half)
                self.fake.serve()
                self.bridges.receive(self.now + half)

    @property
    def called(self):
        seal = Seal(self["carla"].row.downlink_key)
        calls = [opened_down(seal, data) for _, data in self.fake.sends if data[0] == frame.CALL]
        return [(frame.get30(said, 14), said[18]) for said in calls]


@pytest.fixture
def cabled(tmp_path):
    made = Cabled(tmp_path / "kald.sqlite")
    yield made
    made.bridges.close()
    made.fake.unplug()


def test_two_alarms_call_one_badge_in_turn_however_much_faster_than_its_bridge_both_are_repeated(cabled):
    for number, name in enumerate(("anna", "bo"), 1):
        cabled[name].alarm(KIND, alarm_id=number, refresh=False)
    cabled.run(20)
    ids = [alarm_id for alarm_id, _ in cabled.called]
    assert len(ids) >= 4 and ids == ([1, 2] * 20)[: len(ids)]


@pytest.mark.parametrize("over", ["closed", "graver"])
def test_no_call_waits_at_a_bridge_behind_what_is_over_and_nothing_that_is_over_is_called_any_more(cabled, over):
    for number in range(1, 13):
        cabled["anna"].alarm(codes.KIND_ASSIST, alarm_id=number, refresh=False)
    cabled.run(2)
    for number in range(1, 13):
        if over == "closed":
            cabled.act("close", number)
        else:
            cabled["anna"].alarm(KIND, alarm_id=number, revision=1, refresh=False)
    before = len(cabled.called)
    cabled["bo"].alarm(KIND, alarm_id=99, refresh=False)
    cabled.run(4 if over == "closed" else 25)
    assert (99, KIND) in cabled.called[before:] and all(kind == KIND for _, kind in cabled.called[before:])


def test_what_one_badge_is_told_waits_for_one_call_of_a_group_and_not_for_all():
    turns = Turns()
    for counter in range(50):
        call = bytes((frame.GROUP_CALL, 0, 9, 1, 0, 0, 0, counter, 0, 0))
        turns.put(call, (), call)
    step = bytes((frame.STEP, 0, 7, 1, 0, 0, 0, 50, 0, 0))
    turns.put(step, (), step)
    sent = [turns.take() for _ in range(51)]
    assert sent.index(step) == 1 and sorted(sent) == sorted({*sent})
