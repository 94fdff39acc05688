"""Does the gateway read every kind, practice, test, wish and answer rightly, and tell orders until they are heard?"""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware import codes
from firmware.link import frame
from gateway_rig import Rig, on_file
from tools.gateway.plans import KINDS
from tools.gateway.tables import META


rig = on_file("anna", "bo", "carla")


def everything(rig):
    """Return all rows of all tables, but for what each frame moves anyway: counters, and when badges were heard."""
    moving = {"uplink_counter", "replay_window", "heard_ms", "address", "silent"}
    with rig.store.engine.connect() as db:
        rows = {table.name: db.execute(table.select()).mappings().all() for table in META.sorted_tables}
    return {name: [{k: v for k, v in row.items() if k not in moving} for row in found] for name, found in rows.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_calls_and_is_closed_by_a_person_only(rig, kind):
    assert rig["anna"].alarm(kind)
    assert rig["bo"].got(frame.CALL) == [(1, 50, kind)] == rig["carla"].got(frame.CALL)
    rig.run(3600)
    assert rig.alarm()["step"] != codes.STEP_CLOSED and rig.alarm()["kind"] == kind
    assert rig.act("close", 1, outcome="real") and rig.alarm()["outcome"] == "real"
    assert rig["anna"].steps()[-1] == codes.STEP_CLOSED
    assert rig["bo"].got(frame.STAND_DOWN) == [(1, 50)] == rig["carla"].got(frame.STAND_DOWN)


@pytest.mark.parametrize("route, acked", [(None, True), (("bridge", 2), False)])  # the rig goes by the second half
def test_over_a_bridge_all_but_a_told_is_acked(rig, route, acked):
    bo = rig["bo"]
    bo.route = route
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    assert bo.got(frame.CALL) == [(1, 50, codes.KIND_EMERGENCY)]
    told = bo._counter  # the fake has said it when the call came
    assert (told in bo.acked) == acked
    rig.run(10)
    assert bo.got(frame.CALL) == [(1, 50, codes.KIND_EMERGENCY)]  # it was heard all the same
    assert bo.answer(rig["anna"]) and bo.beat()


def test_practice_is_felt_in_every_step_and_calls_nobody(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY, what=codes.WHAT_RAISED | codes.WHAT_PRACTICE)
    rig.run(4)
    assert rig["anna"].steps() == []
    rig.run(1)
    assert rig["anna"].steps() == [codes.STEP_TAKEN]
    rig.run(5)
    assert rig["anna"].steps() == [codes.STEP_TAKEN, codes.STEP_CLOSED]
    rig["anna"].refreshing = None
    rig.run(600)
    assert rig.alarm()["practice"] and rig.steps() == ["received", "taken", "closed"]
    assert rig["bo"].heard == [] == rig["carla"].heard and rig.do_jobs() == []


def test_a_repeated_emergency_in_practice_is_real_and_stays_so(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY, what=codes.WHAT_PRACTICE)
    rig["anna"].alarm(codes.KIND_EMERGENCY, what=codes.WHAT_RAISED, revision=1)
    assert not rig.alarm()["practice"] and len(rig["bo"].got(frame.CALL)) == 1
    rig["anna"].alarm(codes.KIND_EMERGENCY, what=codes.WHAT_PRACTICE, revision=2)
    rig.run(60)
    assert not rig.alarm()["practice"] and rig.alarm()["step"] == codes.STEP_UNANSWERED


def test_a_test_is_kept_and_is_never_an_alarm(rig):
    assert rig["anna"].alarm(codes.KIND_TEST, passed=codes.PASSED_ALL)
    assert rig.store.alarms() == [] and rig["bo"].heard == []
    assert rig.badge("anna")["tested_ms"] == rig.now_ms and rig.badge("bo")["tested_ms"] is None
    assert rig["bo"].alarm(codes.KIND_TEST, passed=codes.PASSED_SENSOR) and rig.badge("bo")["tested_ms"] is None
    rig["bo"].alarm(codes.KIND_TEST, passed=codes.PASSED_ALL, revision=1)
    assert rig.badge("bo")["tested_ms"] == rig.now_ms
    assert not rig["bo"].alarm(codes.KIND_TEST, passed=8) and rig.radio.refused == {"content": 1}


@pytest.mark.parametrize("what", [3, 4, 5, 7, 11, 12, 15])
def test_words_that_do_not_exist_are_refused_whole(rig, what):
    before = everything(rig)
    assert not rig["anna"].alarm(codes.KIND_FALL, what=what)
    for kind in (0, *range(codes.KINDS, 16)):
        assert not rig["anna"].alarm(kind)
    for order, value in ((0, 1), (codes.ORDER_ALONE, 1), (7, 0), (255, 3), (codes.ORDER_OFF, 2)):
        assert not rig["anna"].wish(order, value)
    assert not rig["bo"].answer(rig["anna"], 51)
    assert everything(rig) == before


def test_a_wish_is_ordered_once_and_recorded(rig):
    assert rig["anna"].wish(codes.ORDER_VISIT, codes.RED << 14)
    challenged = (codes.ORDER_NOTHING, 0)  # or it could have been wished for long ago
    assert rig["anna"].got(frame.ORDER) == [challenged, (codes.ORDER_VISIT, codes.RED << 14 | 300)]
    assert rig["anna"].wish(codes.ORDER_VISIT, codes.RED << 14)  # its ack was lost
    assert len(rig["anna"].got(frame.ORDER)) == 2
    rig.run(11)
    rig["anna"].wish(codes.ORDER_VISIT, 0)
    assert rig["anna"].got(frame.ORDER)[-1] == (codes.ORDER_VISIT, 0) and rig.badge("anna")["visit"] is None
    for order, value, told in (
        (codes.ORDER_PAUSE, 10, 10), (codes.ORDER_PAUSE, 60000, 120), (codes.ORDER_OFF, 1, 1), (codes.ORDER_OFF, 0, 0),
        (codes.ORDER_PRACTICE, 500, 10), (codes.ORDER_PRACTICE, 0, 0), (codes.ORDER_TEST, 7, 0),
    ):
        assert rig["anna"].wish(order, value) and rig["anna"].got(frame.ORDER)[-1] == (order, told)
    wished = [row for row in everything(rig)["acts"] if row["act"] == "wished"]
    assert len(wished) == 9 and {row["who"] for row in wished} == {"anna (badge)"}


def test_an_order_is_repeated_until_it_is_heard_and_a_newer_one_replaces_it(rig):
    anna = rig["anna"]
    anna.deaf = True
    rig.act("pause", 1, minutes=10)
    rig.run(5)
    rig.act("pause", 1, minutes=20)
    rig.act("test", 1)
    assert sorted(rig.badge("anna")["waiting"]) == ["pause", "test"]
    anna.deaf = False
    rig.run(5)
    assert sorted(anna.got(frame.ORDER)) == [(codes.ORDER_PAUSE, 20), (codes.ORDER_TEST, 0)]
    assert rig.badge("anna")["waiting"] == []
    rig.run(60)
    assert len(anna.got(frame.ORDER)) == 2


def test_an_order_that_nobody_hears_is_given_up(rig):
    rig["anna"].deaf = True
    rig.act("practice", 1, minutes=5)
    rig.run(599)
    assert rig.badge("anna")["waiting"] != []
    rig["anna"].on = False
    rig.run(2)
    rig["anna"].deaf, rig["anna"].on = False, True
    rig.run(60)
    assert [order for order in rig["anna"].got(frame.ORDER) if order == (codes.ORDER_PRACTICE, 5)] == []


def test_a_second_answer_stands_by_and_takes_over(rig):
    anna, bo, carla = rig["anna"], rig["bo"], rig["carla"]
    anna.alarm(codes.KIND_EMERGENCY)
    bo.answer(anna)
    bo.answer(anna)  # its ack was lost
    carla.answer(anna)
    assert rig.alarm()["taken_by"] == "bo" and [one["who"] for one in rig.alarm()["coming"]] == ["bo", "carla"]
    assert rig.steps() == ["received", "called", "called", "answered", "taken", "answered", "second"]
    assert not rig.act("withdraw", 1, by="nobody") and rig.act("withdraw", 1, who="bo")
    assert rig.alarm()["taken_by"] == "carla" and anna.got(frame.STEP)[-1] == (50, codes.STEP_TAKEN, carla.device)
    assert rig.act("withdraw", 1, by="carla")
    assert rig.alarm()["step"] == codes.STEP_UNANSWERED and rig.alarm()["taken_by"] is None
    assert anna.steps() == [codes.STEP_TAKEN, codes.STEP_TAKEN, codes.STEP_UNANSWERED]
    bo.answer(anna)
    assert rig.alarm()["taken_by"] == "bo" and anna.steps()[-1] == codes.STEP_TAKEN


def test_a_cancelled_question_stands_down_whom_it_called(rig):
    rig["anna"].alarm(codes.KIND_FALL, what=codes.WHAT_PRE_ALARM, refresh=False)
    rig["anna"].on = False
    rig.run(74)
    assert "lost" not in rig.steps()
    rig.run(2)
    assert "lost" in rig.steps() and rig["bo"].got(frame.CALL)
    rig["anna"].on = True
    rig["anna"].alarm(codes.KIND_FALL, what=codes.WHAT_CANCELLED, revision=1, refresh=False)
    assert rig.alarm()["step"] == codes.STEP_CLOSED and rig["bo"].got(frame.STAND_DOWN) == [(1, 50)]


@pytest.mark.parametrize(("state", "what", "over"), [
    (codes.SAFE, codes.WHAT_PRE_ALARM, True),
    (codes.RELIEVED, codes.WHAT_PRE_ALARM, True),
    (codes.WARNED, codes.WHAT_PRE_ALARM, False),
    (codes.SAFE, codes.WHAT_RAISED, False),  # only a person closes what calls
])
def test_a_question_is_over_when_heartbeats_say_so_though_another_gateway_alone_has_heard_its_end(
        rig, state, what, over):
    anna = rig["anna"]
    anna.alarm(codes.KIND_FALL, what=what, refresh=False)
    rig.run(40)
    anna.state = codes.SAFE
    anna.beat()  # it may have been on its way since before it was asked
    assert rig.alarm()["step"] != codes.STEP_CLOSED
    anna.state = state
    rig.run(120)
    assert (rig.alarm()["step"] == codes.STEP_CLOSED) == over == ("cancelled" in rig.steps())
    assert "lost" not in rig.steps()
    anna.alarm(codes.KIND_FALL, revision=2)
    assert rig.alarm()["step"] == codes.STEP_RECEIVED


def test_a_heartbeat_from_before_a_question_that_comes_long_after_it_ends_nothing_and_changes_nothing(rig):
    anna = rig["anna"]
    late = anna.sealed(frame.heartbeat, codes.NO_VISIT << 6 | codes.MODE_OFF << 3 | codes.SAFE, 9, 0)
    anna.alarm(codes.KIND_FALL, what=codes.WHAT_PRE_ALARM, refresh=False)
    anna.on = False
    rig.run(50)
    anna.send(frame.able, codes.VERSION, 0)  # so that it is not lost
    rig.run(30)
    before = rig.badge("anna")
    rig.carry([late])  # somebody has held it back
    after = rig.badge("anna")
    assert rig.alarm()["step"] != codes.STEP_CLOSED and "cancelled" not in rig.steps()
    assert [after[key] for key in ("mode", "battery")] == [before[key] for key in ("mode", "battery")]


PLACE = (bytearray(b"\1\2"), bytearray((20,)), 1)
OF_NOW = {  # what a frame says of now, and what must not move when it comes late: a table, and a column
    "answer": (frame.answer, (2, 50), "responders", "who"),
    "wish": (frame.wish, (codes.ORDER_PAUSE, 60), "badges", "until_ms"),
    "able": (frame.able, (1, 0), "badges", "abilities"),
    "sighting": (frame.sighting, PLACE, "sightings", "heard"),
}


@pytest.mark.parametrize("what, hears", [(what, True) for what in OF_NOW] + [("answer", False), ("wish", False)])
def test_what_somebody_has_kept_off_the_air_says_nothing_of_now_when_it_is_let_through(rig, what, hears):
    anna, bo = rig["anna"], rig["bo"]
    writer, said, table, column = OF_NOW[what]

    def stands():
        return [row[column] for row in everything(rig)[table]]

    (anna if what == "sighting" else bo).alarm(codes.KIND_EMERGENCY)
    held = anna.sealed(writer, *said)
    anna.on = hears  # else nothing of her is heard meanwhile: the frame is the newest when it comes
    rig.run(600)
    before, heard = stands(), rig.badge("anna")["heard_ms"]
    rig.carry([held])
    rig.run(5)
    assert stands() == before and (rig.badge("anna")["heard_ms"] == heard or not hears)
    anna.on = True
    rig.run(6)
    if what in ("answer", "wish"):  # said now it counts, as soon as she has said that she is there
        assert any(anna.send(writer, *said) for _ in range(2))
        assert stands() != before


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from([1, 2, 3, 4, 5]), st.binary(min_size=9, max_size=9)), max_size=12))
def test_any_sealed_content_is_taken_or_refused_and_never_raises(tmp_path_factory, said):
    """A badge that has gone mad holds the right keys, and may say anything."""
    rig = Rig(tmp_path_factory.mktemp("h") / "kald.sqlite", "anna", "bo")
    for type, body in said:
        def write(buf, device, counter):
            n = frame.expected(type)
            buf[0] = type
            frame.put16(buf, 1, device)
            frame.put32(buf, 3, counter)
            buf[frame.UP_HEAD : n] = body[: n - frame.UP_HEAD]
            return n

        before, refused = everything(rig), sum(rig.radio.refused.values())
        acked = rig["anna"].send(write)
        if not acked:
            assert sum(rig.radio.refused.values()) == refused + 1 and everything(rig) == before
        rig.run(2)
    json.dumps([rig.store.alarms(), rig.store.badges()])
