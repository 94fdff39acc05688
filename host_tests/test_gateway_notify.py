"""Does a notification reach a listener, and a siren a broker; and does what fails say so without its address?"""

import asyncio
import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from firmware import codes
from gateway_rig import BEGAN_MS, Rig, plan
from tools.gateway import notify
from tools.gateway import server as server_room
from tools.gateway.notify import Means, Wrong


@contextmanager
def listener(status=200):
    """Give (address in Apprise's form, what it was sent): a phone's service on this machine."""
    heard = []

    class Phone(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Phone)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"json://127.0.0.1:{server.server_port}/secret-token", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def packet(stream):
    """Read one MQTT 3.1.1 packet; return (type and flags, body), or None at the end."""
    head = stream.read(1)
    if not head:
        return None
    length, shift = 0, 0
    while True:
        byte = stream.read(1)[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return head[0], stream.read(length)


@contextmanager
def broker(code=0, mute=False):
    """Give (port, [(topic, text, qos, retained)]) of a broker for one client. code: its CONNACK; mute: acks nothing."""
    heard, door = [], socket.create_server(("127.0.0.1", 0))

    def work():
        try:
            client, _ = door.accept()
        except OSError:
            return
        with client, client.makefile("rb") as stream:
            while (got := packet(stream)) is not None:
                type, body = got
                if type >> 4 == 1:
                    client.sendall(bytes((0x20, 2, 0, code)))
                elif type >> 4 == 3 and not mute:
                    n = body[0] << 8 | body[1]
                    heard.append((body[2 : 2 + n].decode(), body[4 + n :].decode(), type >> 1 & 3, type & 1))
                    client.sendall(bytes((0x40, 2)) + body[2 + n : 4 + n])

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield door.getsockname()[1], heard
    finally:
        door.shutdown(socket.SHUT_RDWR)
        door.close()
        thread.join()


def test_a_notification_reaches_a_phone_and_says_no_name(tmp_path, monkeypatch):
    with listener() as (address, heard):
        rig = Rig(tmp_path / "kald.sqlite", "anna", plan=plan({"do": "notify", "after_s": 0, "to": [address]}))
        rig["anna"].alarm(codes.KIND_EMERGENCY)
        monkeypatch.setattr(server_room, "now_ms", lambda: rig.now_ms)

        async def turn():
            server = server_room.Server(rig.store, None)
            server.radio = rig.radio
            rig.radio.prepare()
            server._turn([])
            while server._errands:
                await asyncio.sleep(0.01)

        asyncio.run(turn())
        assert len(heard) == 1 and heard[0]["title"] == "Kald" and "emergency, badge 1" in heard[0]["message"]
        assert "anna" not in json.dumps(heard) and rig.steps() == ["received", "notified"]


def test_one_address_of_two_that_fails_is_a_failure():
    with listener() as (good, heard), listener(500) as (bad, _):
        assert Means().carry_out("notify", json.dumps([good, bad]), "x") == "1 of 2 addresses could not be reached"
        assert len(heard) == 1
        why = Means().carry_out("notify", json.dumps(["nonsense://x/secret-token"]), "x")
        assert why == "1 of 1 addresses could not be reached"


def test_a_siren_is_published_retained_with_the_brokers_word():
    with broker() as (port, heard):
        means = Means(f"mqtt://house@127.0.0.1:{port}", "open sesame")
        assert means.carry_out("siren", '"kald/siren"', '{"on": true}') == ""
    assert heard == [("kald/siren", '{"on": true}', 1, 1)]


def test_a_broker_that_is_gone_refuses_or_is_mute_is_said_so(monkeypatch):
    monkeypatch.setattr(notify, "_MQTT_S", 1)
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert "cannot be reached" in Means(f"mqtt://127.0.0.1:{port}").carry_out("siren", '"a"', "x")
    with broker(code=5) as (port, _):
        assert "refused" in Means(f"mqtt://127.0.0.1:{port}").carry_out("siren", '"a"', "x")
    with broker(mute=True) as (port, _):
        assert "does not answer" in Means(f"mqtt://127.0.0.1:{port}").carry_out("siren", '"a"', "x")
    assert "no broker" in Means().carry_out("siren", '"a"', "x")


@pytest.mark.parametrize("url", [
    "", "x", "http://h", "mqtt://", "mqtt://h:0", "mqtt://h:99999", "mqtt://u:secret@h", "mqtt://h/x", "mqtt://[::1",
])
def test_a_wrong_broker_is_refused_in_words(url):
    with pytest.raises(Wrong, match="--mqtt must look like") as wrong:
        Means(url or " ")
    assert "secret" not in str(wrong.value)


def test_a_siren_without_a_broker_is_shown_on_the_board(tmp_path):
    siren = plan({"do": "siren", "after_s": 0, "topic": "kald/siren"})
    rig = Rig(tmp_path / "kald.sqlite", "anna", plan=siren)
    rig["anna"].alarm(codes.KIND_FALL)
    for _ in range(60):
        rig.run(1)
        for row in rig.radio.errands(rig.now_ms):
            why = Means().carry_out(row.does, row.target, row.text)
            rig.radio.errand_done(row.id, why, rig.now_ms)
    assert rig.now_ms - BEGAN_MS == 60_000 and rig.alarm()["plan"][0]["state"] == "failed"
