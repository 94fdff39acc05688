"""Does all that waits in the gateway wait on when its machine's clock is set, and is nobody called silent for it?"""

import pytest
from gateway_rig import badges, on_file, plan

from firmware import codes
from firmware.link import frame
from tools.gateway.clock import Clock

HOUR_MS = 3_600_000


rig = on_file("anna", "bo", plan=plan(badges(0), again_s=60))


def set_clock(rig, by_ms):
    rig.now += by_ms
    rig.radio.clock_set(by_ms, rig.now_ms)


@pytest.mark.parametrize("hours", [-30, -1, 1, 30])
def test_a_call_goes_on_and_nobody_who_answers_is_late(rig, hours):
    rig["bo"].deaf = True
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    rig.run(10)
    assert rig.alarm()["step"] == codes.STEP_RECEIVED
    set_clock(rig, hours * HOUR_MS)
    rig.run(15)
    assert rig.alarm()["step"] == codes.STEP_RECEIVED, "too soon"
    rig["bo"].deaf = False
    rig.run(7)
    assert rig["bo"].got(frame.CALL) and rig.alarm()["step"] == codes.STEP_UNANSWERED
    assert not {"lost", "found"} & set(rig.steps())
    assert not rig.facts()


@pytest.mark.parametrize("hours", [-30, -1, 1, 30])
def test_a_silent_badge_is_noticed_as_soon_as_ever_and_no_sooner(rig, hours):
    rig.run(60)
    rig["bo"].on = False
    rig.run(60)
    set_clock(rig, hours * HOUR_MS)
    rig.run(110)
    assert not rig.facts()
    rig.run(12)
    assert [(trouble["name"], trouble["fault"]) for trouble in rig.facts()] == [("bo", "silent")]


@pytest.mark.parametrize("hours", [-30, -1, 0, 1, 30])
def test_a_badge_that_forgot_is_told_again_and_a_question_that_is_over_ends(rig, hours):
    rig["anna"].alarm(codes.KIND_EMERGENCY, refresh=False)
    rig["bo"].alarm(codes.KIND_FALL, what=codes.WHAT_PRE_ALARM, refresh=False)
    rig.act("take", 1)
    rig.run(5)
    assert rig["anna"].steps() == [codes.STEP_TAKEN]
    set_clock(rig, hours * HOUR_MS)
    rig["anna"].alarm(codes.KIND_EMERGENCY, passed=codes.CALLING)  # her power was cut, and with it went what she knew
    rig.run(125)
    assert rig["anna"].steps()[1:] and set(rig["anna"].steps()) == {codes.STEP_TAKEN}
    assert {alarm["name"]: alarm["step"] for alarm in rig.store.alarms()}["bo"] == codes.STEP_CLOSED


def test_a_gateway_that_begins_behind_its_own_past_waits_no_longer_than_it_would_have(rig):
    rig["bo"].deaf = True
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    rig.run(1)
    rig.restart()
    rig.now -= HOUR_MS
    rig.radio.began(rig.now_ms)
    rig["bo"].deaf = False
    rig.run(35)
    assert rig["bo"].got(frame.CALL) and rig.alarm()["step"] == codes.STEP_UNANSWERED


@pytest.mark.parametrize("hours", [-30, -1, 1, 30])
def test_who_has_lost_her_power_is_told_anew_that_somebody_comes(rig, hours):
    anna = rig["anna"]
    anna.alarm(codes.KIND_EMERGENCY)
    assert rig["bo"].answer(anna)
    rig.run(10)
    set_clock(rig, hours * HOUR_MS)
    rig.run(2)
    told = len(anna.got(frame.STEP))
    anna.send(frame.alarm, 50, codes.KIND_EMERGENCY, codes.WHAT_RAISED, 0, 12, codes.RECEIVED, 12)
    rig.run(1)
    assert len(anna.got(frame.STEP)) == told + 1


def test_only_what_is_set_moves_and_only_once():
    wall, steady = [5_000_000_000_000], [7_000_000_000]
    clock = Clock(lambda: wall[0], lambda: steady[0])
    for step in range(100):
        steady[0] += 3_600_000_000_000
        wall[0] += 3_600_000_000_000 + step
        assert clock.set_by_ms() == 0
    wall[0] -= HOUR_MS * 1_000_000
    assert -HOUR_MS <= clock.set_by_ms() <= -HOUR_MS + 1
    clock.kept(clock.set_by_ms())
    assert clock.set_by_ms() == 0
    wall[0] += 2_000_000_000
    assert clock.set_by_ms() == 2000


async def test_the_server_moves_what_waits_before_it_looks_at_anything_else(rig, monkeypatch):
    server = rig.server(monkeypatch=monkeypatch)
    server._clock = Clock(lambda: rig.now * 1_000_000, lambda: 0)
    moved = []
    monkeypatch.setattr(rig.radio, "clock_set", lambda by_ms, now_ms: moved.append((by_ms, now_ms)))
    server._turn([])
    rig.now -= HOUR_MS
    server._turn([])
    server._turn([])
    rig.now += HOUR_MS
    assert server.act("off", 1, {"by": "office"})
    assert moved == [(-HOUR_MS, rig.now_ms - HOUR_MS), (HOUR_MS, rig.now_ms)]
