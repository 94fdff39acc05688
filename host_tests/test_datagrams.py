"""Is nothing that arrives left in the kernel, does an alarm pass all else, and does the gateway stop when told to?"""

import asyncio
import socket
from types import SimpleNamespace

import pytest
from gateway_rig import Rig

from firmware import codes
from firmware.link import frame
from tools.gateway import server as server_room
from tools.gateway.datagrams import (
    BATCH_MOST, REFUSED_AT_ONCE, REFUSED_PER_S, SOURCES_MOST, WAITING_MOST, Network, Queue, Sources, misshapen,
)
from waits import HANGS_S

WIFI = ("127.0.0.1", 9)
BEAT = bytes([frame.HEARTBEAT]) + bytes(18)
ALARM = bytes([frame.ALARM]) + bytes(23)


def test_all_that_has_arrived_is_taken_out_at_once_and_what_is_too_long_stays_too_long():
    network = Network("127.0.0.1", 0)
    sent = [BEAT, b"", bytes([frame.HEARTBEAT]) + bytes(2000)] * 40
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for data in sent:
            sender.sendto(data, ("127.0.0.1", network.port))
        got = network.receive()
    assert [misshapen(data) for data, _ in got] == ["", "type", "length"] * 40 and not network.receive()
    network.close()


def test_what_cannot_be_sent_is_counted_and_harms_nothing():
    network = Network("127.0.0.1", 0)
    wrong = [(bytes(70_000), ("127.0.0.1", 9)), *((b"x", to) for to in (("127.0.0.1", 0), ("127.\0.0.1", 9),
                                                                       ("1" * 300, 9), ("127.0.0.1", 70_000)))]
    for data, address in wrong:
        network.send(data, address)
    assert network.unreachable == len(wrong)
    network.close()


@pytest.mark.parametrize("host", ("localhost", "127.0.0.q", "127.0.1", "2130706433", "", "<broadcast>", "::1"))
def test_nothing_is_sent_to_what_is_no_numeric_address_so_no_flipped_bit_is_a_question_to_the_dns(host, monkeypatch):
    network, sent = Network("127.0.0.1", 0), []
    whole = network._socket
    doubled = SimpleNamespace(family=whole.family, sendto=lambda *what: sent.append(what))
    monkeypatch.setattr(network, "_socket", doubled)
    network.send(b"x", (host, 9))
    assert not sent and network.unreachable == 1
    network.send(b"x", WIFI)
    assert sent == [(b"x", WIFI)]
    whole.close()


def test_a_batch_takes_a_few_ms_of_work_however_slow_the_machine(tmp_path, monkeypatch):
    rig, worked_s, frame_s, sizes = Rig(tmp_path / "kald.sqlite", "anna"), [0.0], 0, []
    monkeypatch.setattr(server_room.time, "thread_time", lambda: worked_s[0])

    def hear(batch, _now_ms):
        sizes.append(len(batch))
        worked_s[0] += frame_s * len(batch)
        return []

    async def story():
        nonlocal frame_s
        server = server_room.Server(rig.store, Network("127.0.0.1", 0), ports=[])
        monkeypatch.setattr(server.radio, "hear", hear)
        for frame_s, least, most in ((0, 500, 500), (0.0001, 49, 62), (0.1, 8, 8), (0, 500, 500)):  # 8: each commits
            for _ in range(25):
                server._waiting.add([(BEAT, WIFI)] * BATCH_MOST)
                server._turn(server._waiting.batch(server._most))
            assert least <= sizes[-1] <= most
        server.network.close()
        await server.close()

    asyncio.run(story())


def test_urgent_frames_pass_all_others_and_a_flood_hides_none():
    refused = []
    queue = Queue(refused.append)
    queue.add([(BEAT, WIFI)] * (WAITING_MOST + 5) + [(ALARM, WIFI), (bytes([frame.ALARM]), WIFI)])
    assert refused == ["too many"] * 5 + ["length"]
    assert queue.batch() == [(ALARM, WIFI)]
    assert queue.batch() == [(BEAT, WIFI)] * BATCH_MOST and len(queue) == WAITING_MOST - BATCH_MOST


def test_who_was_only_ever_refused_is_dropped_unread_and_who_was_believed_once_never():
    sources, dropped = Sources(), []
    for i in range(1000):
        if not sources.may_ask(WIFI, 1000 + i):
            dropped.append(i)
        else:
            sources.refused(WIFI, 1000 + i)
    assert dropped[0] == REFUSED_AT_ONCE and 1000 - len(dropped) <= REFUSED_AT_ONCE + 2 * REFUSED_PER_S
    assert sources.may_ask(("127.0.0.1", 10), 2000), "another port is another source"
    assert sources.may_ask(WIFI, 3000), "and each may ask again"
    for known in (WIFI, ("bridge", 1)):
        sources.believed(known)
        for i in range(1000):
            sources.refused(known, 3000)
            assert sources.may_ask(known, 3000)
    for port in range(SOURCES_MOST + 5):
        sources.refused(("10.0.0.1", port), 3000)
    assert len(sources._refused) == SOURCES_MOST


def test_a_true_alarm_is_taken_from_where_forged_ones_came(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna")
    rig["anna"].route = ("10.0.0.7", 1)
    true, route = rig["anna"].sealed(frame.alarm, 50, codes.KIND_EMERGENCY, codes.WHAT_RAISED, 0, 12, 0, 0)
    forged = [(true[:-1] + bytes([true[-1] ^ 1]), route)] * 1000
    rig.radio.prepare()
    assert rig.radio.hear(forged, rig.now_ms) == []
    assert rig.radio.refused == {"seal": REFUSED_AT_ONCE, "too many refused": 1000 - REFUSED_AT_ONCE}
    assert len(rig.radio.hear([(true, route)], rig.now_ms + 1000)) == 1
    assert rig.radio.hear(forged, rig.now_ms + 1001) == [] and rig.radio.refused["too many refused"] == 950


class Flood:
    """A network on which a heartbeat arrives at every look, and an alarm among the first."""

    unreachable = 0

    def __init__(self, rig, server):
        self.rig, self.server, self.sent, self.turns = rig, server, [], 0
        rig.carry = self.said = []

    def receive(self):
        self.turns += 1
        self.server[0].wake()
        fake = self.rig["bo"]
        return [fake.sealed(frame.heartbeat, codes.MODE_READY << 3, 80, 0) for _ in range(20)]

    def send(self, data, address):
        self.sent.append((data, address))


@pytest.mark.parametrize("turns", [1, 2, 3, 10])
async def test_the_order_to_stop_is_heard_however_much_arrives(tmp_path, monkeypatch, turns):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo")
    server = []
    flood = Flood(rig, server)
    server.append(rig.server(flood, monkeypatch=monkeypatch))
    task = asyncio.create_task(server[0].work())
    while flood.turns < turns:
        await asyncio.sleep(0)
    task.cancel()
    before = flood.turns
    await asyncio.wait([task], timeout=HANGS_S)
    assert task.cancelled() and flood.turns <= before + 1 and flood.sent
