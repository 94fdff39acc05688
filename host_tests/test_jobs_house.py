"""Does the broker know what the board knows, without a name, and nothing that is over; and who may act through it?"""

import asyncio
import json

import aiomqtt
import pytest

from far_ends import Mosquitto
from firmware import codes
from gateway_rig import Rig, badges, plan
from test_jobs import work
from tools.cli import gateway as command
from tools.gateway import acts, board
from tools.gateway.jobs import house, topics
from tools.gateway.jobs.broker import Broker, place
from tools.gateway.jobs.orders import ACTS, BYTES_MOST, Orders
from tools.gateway.jobs.workers import Ways
from waits import HANGS_S, comes

CODE = "a code of the house"


def facts(rig):
    with rig.store.engine.connect() as db:
        return {"alarms": board.alarms(db), "troubles": board.troubles(db)}


def state(rig, base="kald"):
    shown = facts(rig)
    kinds = topics.calling(shown)
    with rig.radio.moment(rig.now_ms) as at:
        found = {f"{base}/badge/{row.device}": topics.badge(row, kinds) for row in at.badges}
    return topics.state(shown, base) | found


def told(rig):
    return {topic: json.loads(text) for topic, text in state(rig).items()}


def test_an_alarm_stands_there_with_its_step_until_it_is_closed_and_names_nobody(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo", plan=plan(badges(0)))
    assert told(rig)["kald/house"] == {"alarm": "OFF", "open": 0, "unanswered": 0, "kind": "none", "badges": [],
                                       "troubles": 0, "faults": []}
    rig["anna"].alarm(codes.KIND_FALL)
    for what, step in ((lambda: None, "received"), (lambda: rig.run(30), "unanswered"),
                       (lambda: rig["bo"].answer(rig["anna"]), "taken")):
        what()
        alarm = told(rig)["kald/alarm/1"]
        assert (alarm["badge"], alarm["kind"], alarm["step"]) == (1, "fall", step)
    assert told(rig)["kald/badge/1"]["alarm"] == "ON" and told(rig)["kald/house"]["badges"] == [1]
    everything = json.dumps(told(rig)) + topics.found("kald", None) + topics.found("kald", 1)
    assert "anna" not in everything and '"bo"' not in everything
    rig.act("close", 1)
    assert "kald/alarm/1" not in told(rig) and told(rig)["kald/badge/1"]["alarm"] == "OFF"


def test_practice_and_a_question_are_no_alarm_of_the_house(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo", plan=plan(badges(0)))
    rig["anna"].alarm(codes.KIND_FALL, what=codes.WHAT_PRE_ALARM)
    rig["bo"].alarm(codes.KIND_EMERGENCY, what=codes.WHAT_RAISED | codes.WHAT_PRACTICE)
    assert told(rig)["kald/house"]["alarm"] == "OFF" and told(rig)["kald/alarm/1"]["step"] == "asked"
    assert told(rig)["kald/alarm/2"]["practice"] is True


def test_what_home_assistant_is_told_has_what_it_asks_for(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo")
    there = state(rig, "hus/kald")
    found = {topics.place("hus/kald", "homeassistant", number): topics.found("hus/kald", number)
             for number in (None, 1, 2)}
    assert set(found) == {f"homeassistant/device/hus_kald{tail}/config" for tail in ("", "_badge_1", "_badge_2")}
    ids = []
    for topic, text in found.items():
        said = json.loads(text)
        assert topics.ours(topic, "hus/kald", "homeassistant") and said["availability_topic"] == "hus/kald/state"
        assert said["device"]["identifiers"] and said["origin"]["name"]
        for part in said["components"].values():
            ids.append(part["unique_id"])
            field = part["value_template"].removeprefix("{{ value_json.").removesuffix(" }}")
            value = json.loads(there[said["state_topic"]])[field]
            assert value in ("ON", "OFF") if part["platform"] == "binary_sensor" else part["platform"] == "sensor"
    assert len(ids) == len(set(ids)) == 17


@pytest.mark.parametrize("topic", ["kald/house", "kald/command", "homeassistant/device/other/config", "kald/badge/x",
                                   "kaldx/badge/1", "homeassistant/device/kald_badge_1x/config"])
def test_what_others_have_said_is_not_taken_back(topic):
    assert not topics.ours(topic, "kald", "homeassistant")


def test_a_broker_is_told_everything_and_loses_what_a_gateway_before_has_left(tmp_path, monkeypatch):
    rig = Rig(tmp_path / "kald.sqlite", "anna", plan=plan(badges(0)))
    monkeypatch.setattr(house, "LOOK_S", 0.05)
    left = ("kald/alarm/77", "kald/badge/9", "homeassistant/device/kald_badge_9/config")
    with Mosquitto(tmp_path) as there:

        async def stands():
            found = {}
            async with aiomqtt.Client("127.0.0.1", there.port) as client:
                await client.subscribe("#", qos=1)
                await client.publish("all/said", qos=1)  # what stands comes before
                async for message in client.messages:
                    if message.topic.value == "all/said":
                        return found
                    found[message.topic.value] = message.payload.decode()

        async def leave():
            async with aiomqtt.Client("127.0.0.1", there.port) as client:
                for topic in left:
                    await client.publish(topic, "old", qos=1, retain=True)

        async def story(server):
            rig["anna"].alarm(codes.KIND_FALL, refresh=False)
            await comes(lambda: "kald/alarm/1" in server.jobs._house._told)
            found = await stands()
            async with asyncio.timeout(HANGS_S):
                while set(left) & set(found):
                    found = await stands()
            assert found["kald/state"] == "online"
            assert json.loads(found["kald/alarm/1"])["kind"] == "fall"
            assert "homeassistant/device/kald_badge_1/config" in found
            async with aiomqtt.Client("127.0.0.1", there.port) as client:
                await client.subscribe("kald/command/answer", qos=1)
                order = {"code": CODE, "act": "take", "alarm": 1, "by": "Bo", "id": 5}
                await client.publish("kald/command", json.dumps(order), qos=1)
                async with asyncio.timeout(HANGS_S):
                    async for message in client.messages:
                        assert json.loads(message.payload) == {"id": 5, "ok": True, "why": ""}
                        break
            assert rig.alarm()["taken_by"] == "Bo"
            rig.act("close", 1)
            await comes(lambda: "kald/alarm/1" not in server.jobs._house._told)
            assert "kald/alarm/1" not in await stands()

        asyncio.run(leave())
        broker = Broker(place(f"mqtt://127.0.0.1:{there.port}"))
        work(rig, monkeypatch, story, Ways(broker, settings=house.Settings(code=CODE)))


async def test_of_many_badges_each_is_told_once_and_then_what_has_changed_alone(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", *[f"b{i}" for i in range(320)], plan=plan(badges(0)))
    said = []

    class Heard:
        why, base, joined = "", "kald", []

        async def publish(self, topic, text, retain=True, limit_s=0):
            said.append((topic, text))
            return ""

    def rows():
        with rig.radio.moment(rig.now_ms) as at:
            return list(at.badges)

    told = house.House(Heard(), house.Settings(), lambda: facts(rig), rows, None)
    await told._publish()
    assert len(said) == 2 * 321 == len({topic for topic, _ in said})
    said.clear()
    rig["b7"].beat()
    await told._publish()
    assert said == [], "that a badge was heard is nobody's business"
    rig["b7"].beat(faults=codes.FAULT_BATTERY_LOW)
    rig["b9"].alarm(codes.KIND_TORN)
    await told._publish()
    assert {"kald/house", "kald/badge/8", "kald/badge/10", "kald/alarm/1"} <= {topic for topic, _ in said}
    assert all(text for _, text in said), "nothing is taken back"


async def test_of_several_gateways_who_leads_speaks_and_obeys_and_the_next_one_knows_what_stands_there(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", plan=plan(badges(0)))
    retained, done, leader = {}, [], [0]

    class Wire:
        """One end of a broker: what one publishes both hear."""

        why, base = "", "kald"

        def __init__(self):
            self.joined = []

        async def publish(self, topic, text, retain=True, limit_s=0):
            if retain:
                retained[topic] = text
            for wire in wires:
                await wire.heard(topic, text.encode(), False)
            return ""

    wires = [Wire(), Wire()]

    def rows():
        with rig.radio.moment(rig.now_ms) as at:
            return list(at.badges)

    def one(number, wire):
        def act(verb, _alarm, _given):
            done.append((number, verb))
            return True

        return house.House(wire, house.Settings(code=CODE), lambda: facts(rig), rows, act, lambda: leader[0] == number)
    both = [one(number, wire) for number, wire in enumerate(wires)]
    rig["anna"].alarm(codes.KIND_FALL, refresh=False)
    for led in (0, 1):
        leader[0] = led
        for each in both:
            await each._publish()
        for wire in wires:
            await wire.heard("kald/command", order(), False)
        assert done[led:] == [(led, "take")]
        assert bool(retained["kald/alarm/1"]) is (led == 0)
        assert json.loads(retained["kald/house"])["open"] == 1 - led
        rig.act("close", 1)  # and the first dies before it could take the alarm back


def ordered(*messages):
    """Let Orders hear (payload, retained) each; return ([(verb, alarm)] that were done, the answers)."""
    done, said = [], []

    def act(verb, alarm, given):
        if not given.get("by"):
            raise acts.Wrong("name", key="by", most=40)
        done.append((verb, alarm))
        return alarm == 1

    async def answer(text):
        said.append(json.loads(text))

    async def story():
        orders = Orders(CODE, act, answer)
        for payload, retained in messages:
            await orders.heard(payload, retained)

    asyncio.run(story())
    return done, said


def order(**more):
    return json.dumps({"code": CODE, "act": "take", "alarm": 1, "by": "Bo", **more}).encode()


@pytest.mark.parametrize("payload, retained, says", [
    (order(), True, "retained"), (order(act="close"), False, "must be one of"), (order(act=[1]), False, "must be one"),
    (order(alarm="1"), False, "number"), (order(alarm=True), False, "number"),
    (order(alarm=0), False, "number"),
    (order(alarm=2), False, "no such alarm"), (order(by=""), False, "name must have 1 to 40"),
    (order(alarm=2**40), False, "number"),
])
def test_a_command_that_is_not_right_is_refused_in_words(payload, retained, says):
    (answer,) = ordered((payload, retained))[1]
    assert not answer["ok"] and says in answer["why"]


@pytest.mark.parametrize("payload", [
    b"", b"{}", b"[]", b"nonsense", b"\xff", order(code="a code of the Mouse"), order(code=None), order(code=[CODE]),
    order(code="\ud800"), b"[" * 5000, order(by="x" * BYTES_MOST),
])
def test_without_the_code_nothing_is_done_said_or_heard_for_a_while(payload):
    assert ordered((payload, False), (order(), False)) == ([], [])


def test_with_the_code_people_may_come_but_no_alarm_is_closed():
    assert ordered((order(), False)) == ([("take", 1)], [{"id": None, "ok": True, "why": ""}])
    assert "close" not in ACTS


@pytest.mark.parametrize("words, says", [
    (["--mqtt", "mqtt://10.0.0.2", "--mqtt-commands", "LONG"], "wants mqtts://"),
    (["--mqtt", "mqtts://10.0.0.2", "--mqtt-commands", "SHORT"], "16 letters"),
    (["--mqtt", "mqtt://u:secret@h"], "--mqtt must look like"), (["--mqtt", "mqtt://h", "--mqtt-base", "a/#"], "topic"),
    (["--mqtt", "mqtt://h", "--mqtt-password-file", "NONE"], "cannot read"),
    (["--mqtt", "mqtt://h", "--mqtt-password-file", "LONG"], "wants a user"),
    (["--ca-file", "NONE"], "cannot read"), (["--ca-file", "LONG"], "no certificate"),
])
def test_a_gateway_whose_ways_out_are_not_right_does_not_start_and_says_why(tmp_path, capsys, words, says):
    files = {name: tmp_path / name for name in ("LONG", "SHORT", "NONE")}
    files["LONG"].write_text(CODE)
    files["SHORT"].write_text("short")
    assert command.main(["--data", str(tmp_path), *[str(files.get(word, word)) for word in words]]) == 2
    said = capsys.readouterr().err
    assert says in said and said.count("\n") == 1 and "secret" not in said
