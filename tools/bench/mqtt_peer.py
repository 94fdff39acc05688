"""What would the house have of Mosquitto? The broker with QoS 1 on disk, and a subscriber that does a gateway's least.

The subscriber opens the same seal, stores each badge's newest heartbeat and each alarm in SQLite (WAL and
synchronous=FULL) with one commit for all that came together, and only then answers. MQTT 3.1.1 is spoken in a few
lines, since a library in Python would be measured instead of the broker.
"""

import multiprocessing
import shutil
import socket
import sqlite3
import struct
import subprocess
import time
from pathlib import Path

from firmware.link import frame
from tools.gateway.sealing import Seals

NAME = "mosquitto + subscriber"
_CONFIG = """listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_on_changes true
autosave_interval 50
max_inflight_messages 0
max_queued_messages 0
set_tcp_nodelay true
"""

Message = tuple[bytes, int | None, bytes]  # topic, id, payload


def found() -> str | None:
    """Return the path of the broker's program, or None."""
    return shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/sbin")


def _text(text: str) -> bytes:
    return struct.pack(">H", len(text)) + text.encode()


def _packet(head: int, body: bytes) -> bytes:
    length, size = len(body), b""
    while length > 127:
        size += bytes([length & 127 | 128])
        length >>= 7
    return bytes([head]) + size + bytes([length]) + body


class Client:
    """One connection to the broker at `port`. clean: it forgets us when we go."""

    def __init__(self, port: int, name: str, clean: bool, topic: str, qos: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._left = b""
        self.socket.sendall(_packet(0x10, _text("MQTT") + bytes([4, 2 * clean, 0, 0]) + _text(name)))
        self.socket.recv(4)
        self.socket.sendall(_packet(0x82, b"\0\1" + _text(topic) + bytes([qos])))

    def take(self, data: bytes) -> list[Message]:
        """Return the messages that are whole with `data`."""
        data, at = self._left + data, 0
        out: list[Message] = []
        while True:
            length, shift, place = 0, 0, at + 1
            while place < len(data):
                length |= (data[place] & 127) << shift
                shift += 7
                place += 1
                if data[place - 1] < 128:
                    break
            else:
                break
            if len(data) < place + length:
                break
            if data[at] >> 4 == 3:
                out.append(_message(data[at], data[place : place + length]))
            at = place + length
        self._left = data[at:]
        return out


def _message(head: int, body: bytes) -> Message:
    end = 2 + int.from_bytes(body[:2], "big")
    number = int.from_bytes(body[end : end + 2], "big") if head & 6 else None
    return body[2:end], number, body[end + 2 * (number is not None) :]


def _store(port: int, path: Path, keys: dict[int, bytes]) -> None:
    """Subscribe, store and answer, until the broker goes."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE badges (device INTEGER PRIMARY KEY, newest INTEGER, heard_ms INTEGER, state, battery)")
    db.execute("CREATE TABLE alarms (device INTEGER, alarm_id INTEGER, at_ms INTEGER, UNIQUE (device, alarm_id))")
    db.executemany("INSERT INTO badges VALUES (?, -1, 0, 0, 0)", [(device,) for device in keys])
    client, seals = Client(port, "store", False, "up/#", 1), Seals()
    while data := client.socket.recv(1 << 16):
        out = b""
        db.execute("BEGIN IMMEDIATE")
        for _, number, sealed in client.take(data):
            device, counter = frame.get16(sealed, 1), frame.get30(sealed, 3)
            buf, now_ms = seals.open(keys[device], device, counter, sealed), time.time_ns() // 1_000_000
            if buf is None:
                continue  # as a gateway does with what does not open
            fresh = db.execute("UPDATE badges SET newest=?, heard_ms=?, state=?, battery=? WHERE device=? AND newest<?",
                               (counter, now_ms, buf[7], buf[8], device, counter)).rowcount
            if fresh and buf[0] == frame.ALARM:
                db.execute("INSERT OR IGNORE INTO alarms VALUES (?, ?, ?)", (device, frame.get30(buf, 7), now_ms))
            if number is not None:  # what came with QoS 1 wants an answer of the broker's kind, too
                out += _packet(0x40, number.to_bytes(2, "big"))
            out += _packet(0x30, _text("down") + sealed[:7])
        db.execute("COMMIT")
        client.socket.sendall(out)


class Peer:
    """Broker and subscriber in `folder` (a Path), for badges with these keys: {device: key}."""

    name = NAME

    def __init__(self, folder: Path, keys: dict[int, bytes], port: int) -> None:
        broker = found()
        if broker is None:
            raise RuntimeError("mosquitto is not on this machine")
        config = folder / "mosquitto.conf"
        config.write_text(_CONFIG.format(port=port, folder=folder))
        folder.chmod(0o777)  # the broker gives up root's rights
        self._broker = subprocess.Popen([broker, "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _until_open(port)
        self._store = multiprocessing.Process(target=_store, args=(port, folder / "peer.sqlite", keys), daemon=True)
        self._store.start()
        self._client, self._number = Client(port, "badges", True, "down", 0), 0
        self._client.socket.setblocking(False)
        self.pids = [self._broker.pid, self._store.pid]

    def fileno(self) -> int:
        """Return what can be waited on."""
        return self._client.socket.fileno()

    def send(self, sealed: bytes) -> None:
        """Publish a badge's frame."""
        self._number = self._number % 65_000 + 1
        topic = _text(f"up/{frame.get16(sealed, 1)}")
        self._client.socket.setblocking(True)
        self._client.socket.sendall(_packet(0x32, topic + self._number.to_bytes(2, "big") + sealed))
        self._client.socket.setblocking(False)

    def acks(self) -> list[tuple[int, int]]:
        """Return (device, low half of the counter) of what was answered since."""
        try:
            data = self._client.socket.recv(1 << 16)
        except BlockingIOError:
            return []
        return [(frame.get16(head, 1), frame.get16(head, 5)) for _, _, head in self._client.take(data)]

    def close(self) -> None:
        """End both."""
        self._store.terminate()
        self._store.join()
        self._broker.terminate()
        self._broker.wait()


def _until_open(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("mosquitto did not start")
