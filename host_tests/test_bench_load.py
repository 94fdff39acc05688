"""Does the gateway under load store, answer and refuse as it should, and is the bench's own MQTT that of the broker?"""

import pytest

from tools.bench import load, mqtt_peer
from tools.cli import bench


@pytest.fixture(scope="module")
def found():
    return load.measure(seconds=1.5)


@pytest.mark.long
def test_a_gateway_process_loses_nothing_and_forged_frames_cost_no_commit(found):
    assert found["load"]["stored_per_s"] > 0 and found["load"]["alarms"] > 0 == found["load"]["lost"]
    assert found["forged"]["alarms"] > 0 == found["forged"]["commits_for_forged"]


@pytest.mark.long
def test_peers_are_measured_where_they_are_and_missed_in_words(found):
    assert set(found["peers"]) == {mqtt_peer.NAME, "postgresql"}
    assert (found["ratio"] is None) == (mqtt_peer.found() is None)
    assert (found["shared"] is None) == (found["peers"]["postgresql"] is None)
    if found["shared"]:
        assert found["shared"]["stored_per_s"] > 0 < found["shared"]["alarms"] and found["shared"]["lost"] == 0
    if found["ratio"] is not None:
        assert found["peers"][mqtt_peer.NAME]["lost"] == 0 < found["ratio"]
    without = {**found, "peers": dict.fromkeys(found["peers"]), "ratio": None, "shared": None}
    assert load.table(without).count("not on this machine") == 3 and "none" in load.table(without).splitlines()[-1]


@pytest.mark.long
def test_the_command_prints_a_table_or_one_object(found, monkeypatch, capsys):
    import json

    monkeypatch.setattr(load, "measure", lambda seconds: found)
    assert bench.main(["--gateway", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == found
    assert bench.main(["--gateway"]) == 0
    assert "ratio to Mosquitto" in capsys.readouterr().out


@pytest.mark.parametrize("cut", [1, 2, 3, 1000])
def test_messages_are_found_however_they_are_cut(cut):
    client = mqtt_peer.Client.__new__(mqtt_peer.Client)
    client._left = b""
    sent = [(b"down", None, b"x" * length) for length in (0, 5, 120, 200)] + [(b"up/7", 9, b"y")]
    wire = mqtt_peer._packet(0x40, b"\0\1")
    for topic, number, payload in sent:
        middle = b"" if number is None else number.to_bytes(2, "big")
        wire += mqtt_peer._packet(0x30 if number is None else 0x32, mqtt_peer._text(topic.decode()) + middle + payload)
    got = []
    for at in range(0, len(wire), cut):
        got += client.take(wire[at : at + cut])
    assert got == sent
