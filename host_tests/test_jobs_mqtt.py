"""Does the gateway speak with a broker of the trade: logins, TLS, a restart of it, and what it remembers?"""

import asyncio
import json

import aiomqtt
import pytest

from far_ends import Mosquitto, certificate, hanging
from tools.gateway.jobs import broker as broker_room
from tools.gateway.jobs import reasons
from tools.gateway.jobs.broker import Broker, Place, Wrong, place
from tools.sim.gateway_process import free_port
from waits import HANGS_S, comes


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(broker_room, "PAUSES_S", (0.05,))
    monkeypatch.setattr(broker_room, "CONNECT_S", 2)


async def published(where, password=None, context=None, topic="kald/siren"):
    """Publish on a new connection; return "" or why there is none."""
    broker = Broker(where, password, context)
    just_begun = broker.why
    broker.start()
    try:
        await comes(lambda: broker.why != just_begun)
        return broker.why or await broker.publish(topic, '{"on": true}', limit_s=HANGS_S)
    finally:
        await broker.stop()


async def retained(port, topic, user=None, password=None):
    async with aiomqtt.Client("127.0.0.1", port, username=user, password=password) as client:
        await client.subscribe(topic, qos=1)
        async with asyncio.timeout(HANGS_S):
            async for message in client.messages:
                return json.loads(message.payload)


async def test_logins_of_any_letters_are_let_in_and_wrong_ones_said_so(tmp_path):
    users = {"kald": "blåbærgrød#1", "kald@house": "p:w/d@x"}
    with Mosquitto(tmp_path, users) as there:
        for url, word, says in (
            ("mqtt://kald@", "blåbærgrød#1", ""), ("mqtt://kald%40house@", "p:w/d@x", ""),
            ("mqtt://kald@house@", "p:w/d@x", ""), ("mqtt://kald@", "nope", "refuses the login"),
            ("mqtt://", None, "refuses the login"),
        ):
            why = await published(place(f"{url}127.0.0.1:{there.port}"), word)
            assert says in why if says else why == "", (url, why)
        assert await retained(there.port, "kald/siren", "kald", "blåbærgrød#1") == {"on": True}


async def test_a_broker_with_a_certificate_of_its_own_is_believed_when_it_is_named(tmp_path):
    pem, key = certificate(tmp_path)
    with Mosquitto(tmp_path, tls=(pem, key)) as there:
        where = place(f"mqtts://127.0.0.1:{there.port}")
        assert reasons.SELF_SIGNED in await published(where)
        assert await published(where, context=reasons.context(pem)) == ""
        why = await published(place(f"mqtt://127.0.0.1:{there.port}"))
        assert why and "secret" not in why


async def test_a_broker_that_restarts_gets_what_came_meanwhile_and_is_told_the_truth_again(tmp_path):
    there = Mosquitto(tmp_path)
    broker, joined = Broker(place(f"mqtt://127.0.0.1:{there.port}")), []

    async def told():
        joined.append(await broker.publish("kald/siren", '{"on": false}'))

    broker.joined.append(told)
    broker.start()
    with there:
        await comes(lambda: joined == [""])
    await comes(lambda: broker.why)
    waiting = asyncio.create_task(broker.publish("kald/siren", '{"on": true}', limit_s=HANGS_S))
    await asyncio.sleep(0)  # it waits now
    with there:
        assert await waiting == "" and broker.why == ""
        await comes(lambda: joined == ["", ""])
        await broker.stop()
        async with aiomqtt.Client("127.0.0.1", there.port) as client:
            await client.subscribe("kald/state", qos=1)
            async with asyncio.timeout(HANGS_S):
                async for message in client.messages:
                    assert message.payload == b"offline" and message.retain
                    return


async def test_the_last_will_of_one_gateway_does_not_speak_for_another_that_lives(tmp_path):
    with Mosquitto(tmp_path) as there:
        one, other = (Broker(place(f"mqtt://127.0.0.1:{there.port}")) for _ in range(2))
        for each in (one, other):
            each.start()
            await comes(lambda: not each.why)
        states = []
        heard = asyncio.create_task(listens(there.port, "kald/state", states))
        await comes(lambda: states == ["online"])
        other._client._client.socket().shutdown(2)  # as of a process that is killed
        other._task.cancel()
        await comes(lambda: states[1:] == ["offline", "online"])
        await one.stop()
        await comes(lambda: states[3:] == ["offline"])
        async with aiomqtt.Client("127.0.0.1", there.port) as client:
            await client.publish("kald/state", "all said", qos=1)
        await comes(lambda: "all said" in states)
        assert states[3:] == ["offline", "all said"], "who leaves does not contradict itself"
        heard.cancel()


async def listens(port, topic, said):
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe(topic, qos=1)
        async for message in client.messages:
            said.append(message.payload.decode())


async def test_no_error_of_ours_about_what_is_said_or_told_ends_the_connection(tmp_path, caplog):
    with Mosquitto(tmp_path) as there:
        broker, heard = Broker(place(f"mqtt://127.0.0.1:{there.port}")), []

        async def fails(*given):
            heard.append(given)
            raise KeyError("ours")

        broker.listens, broker.heard = ("kald/command",), fails
        broker.joined.append(fails)
        broker.start()
        for text in ("one", "two"):
            assert await broker.publish("kald/command", text, retain=False) == ""
        await comes(lambda: len(heard) == 3)
        assert heard[0] == () and heard[2] == ("kald/command", b"two", False) and broker.why == ""
        await broker.stop()
    assert caplog.text.count("KeyError: 'ours'") == 3


async def test_what_ends_a_connection_in_a_way_nobody_knew_is_followed_by_another(tmp_path, monkeypatch):
    with Mosquitto(tmp_path) as there:
        broker, made = Broker(place(f"mqtt://127.0.0.1:{there.port}")), Broker._made

        def fails(self):
            monkeypatch.setattr(Broker, "_made", made)
            raise UnicodeDecodeError("utf-8", b"x", 0, 1, "a topic that somebody has published")

        monkeypatch.setattr(Broker, "_made", fails)
        broker.start()
        assert await broker.publish("kald/siren", "x") == ""
        await broker.stop()


async def test_a_broker_that_is_gone_mute_or_no_broker_is_given_up_in_its_time(monkeypatch):
    gone = Place("127.0.0.1", free_port(), None, False)
    assert reasons.REFUSED in await published(gone) and await Broker(gone).publish("kald/siren", "x", limit_s=0.01)
    monkeypatch.setattr(broker_room, "CONNECT_S", 0.3)
    for drips in (False, True):
        with hanging(drips) as (port, _):
            for tls in (False, True):
                assert await published(Place("127.0.0.1", port, None, tls))


@pytest.mark.parametrize("url", [
    "", "x", "http://h", "mqtt://", "mqtt://h:0", "mqtt://h:99999", "mqtt://u:secret@h", "mqtt://h/x", "mqtt://[::1",
    "mqtts://u:secret@h", "ws://h",
])
def test_a_wrong_broker_is_refused_in_words(url):
    with pytest.raises(Wrong, match="--mqtt must look like") as wrong:
        place(url)
    assert "secret" not in str(wrong.value)


def test_a_broker_is_found_by_its_url():
    assert place("mqtt://h") == Place("h", 1883, None, False)
    assert place("mqtts://kald%40house@h") == Place("h", 8883, "kald@house", True)
