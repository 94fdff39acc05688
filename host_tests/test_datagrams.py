"""Is nothing that arrives left in the kernel, does an alarm pass all else, and does the gateway stop when told to?"""

import asyncio
import socket

import pytest
from gateway_rig import Rig

from firmware import codes
from firmware.link import frame
from tools.gateway import server as server_room
from tools.gateway.datagrams import BATCH_MOST, WAITING_MOST, Network, Queue, misshapen

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
    for data, address in ((bytes(70_000), ("127.0.0.1", 9)), (b"x", ("127.0.0.1", 0))):
        network.send(data, address)
    assert network.unreachable == 2
    network.close()


def test_urgent_frames_pass_all_others_and_a_flood_hides_none():
    refused = []
    queue = Queue(refused.append)
    queue.add([(BEAT, WIFI)] * (WAITING_MOST + 5) + [(ALARM, WIFI), (bytes([frame.ALARM]), WIFI)])
    assert refused == ["too many"] * 5 + ["length"]
    assert queue.batch() == [(ALARM, WIFI)]
    assert queue.batch() == [(BEAT, WIFI)] * BATCH_MOST and len(queue) == WAITING_MOST - BATCH_MOST


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
def test_the_order_to_stop_is_heard_however_much_arrives(tmp_path, monkeypatch, turns):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo")
    monkeypatch.setattr(server_room, "now_ms", lambda: rig.now_ms)

    async def story():
        server = []
        flood = Flood(rig, server)
        server.append(server_room.Server(rig.store, flood, ports=[]))
        server[0].radio = rig.radio
        task = asyncio.create_task(server[0].work())
        while flood.turns < turns:
            await asyncio.sleep(0)
        task.cancel()
        before = flood.turns
        await asyncio.wait([task], timeout=5)
        assert task.cancelled() and flood.turns <= before + 1 and flood.sent

    asyncio.run(story())
