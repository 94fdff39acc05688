"""How many frames does a gateway process store in a second, and how soon does it answer an alarm meanwhile?

Badges over UDP with 200 frames outstanding, and an alarm every 100 ms between them; then an alarm every 100 ms under
forged frames. Beside it, in the same run and on the same disk, what a house would take instead: Mosquitto with a
subscriber that stores (mqtt_peer.py), and PostgreSQL by its own pgbench, one transaction for each frame. Neither is
installed by this; what is not on the machine is said so.
"""

import importlib.util
import multiprocessing
import os
import re
import secrets
import select
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol, TypedDict

from sqlalchemy import insert, select as select_rows

from firmware import codes
from firmware.link import frame
from firmware.link.seal import TAG_BYTES
from tools.bench import cluster, mqtt_peer
from tools.bench.pythons import ROOT
from tools.gateway import plans
from tools.gateway.sealing import AESCCM, NONCE
from tools.gateway.store import open_at, open_store
from tools.gateway.tables import BADGES
from tools.sim.gateway_process import GatewayProcess, free_port

OUTSTANDING = 200
CALLERS = 20  # badges that raise alarms; the others beat
FORGED_PER_S = 10_000
_LOST_S = 3
_ALARM_S = 0.1
_SQL = """\\set b random(1, 200)
UPDATE badges SET newest = newest + 1, heard_ms = 1, battery = 90 WHERE device = :b;
"""

Acked = tuple[int, int]  # device, low half of the counter


class Figures(TypedDict, total=False):
    """What was seen of one of them; times of acks in ms, None where there was no alarm."""

    stored_per_s: int
    lost: int
    alarms: int
    alarm_ack_ms_p50: float | None
    alarm_ack_ms_p99: float | None
    us_of_cpu_per_frame: int
    commits_for_forged: int


class There(Protocol):
    """What badges can speak to: a gateway, or what a house would take instead."""

    name: str
    pids: list[int | None]

    def fileno(self) -> int:
        """Return what can be waited on."""

    def send(self, sealed: bytes) -> None:
        """Send a badge's frame."""

    def acks(self) -> list[Acked]:
        """Return what was acked since."""


class Found(TypedDict, total=False):
    """All that was measured. ratio: to Mosquitto. busy: the machine's load average. shared: over PostgreSQL."""

    busy: float
    load: Figures
    shared: Figures | None
    forged: Figures
    stopped_s: float
    peers: dict[str, Figures | None]
    ratio: float | None


class Badge:
    """One badge's voice, sealed by OpenSSL, so that the bench is not what is measured."""

    def __init__(self, device: int, up: bytes) -> None:
        self.device, self.counter = device, 0
        self._seal = AESCCM(up, tag_length=TAG_BYTES)

    def frame(self, write: Callable[..., int], *fields: int) -> bytes:
        """Return a sealed frame."""
        self.counter += 1
        buf = bytearray(frame.FRAME_BYTES_MAX)
        length = write(buf, self.device, self.counter, *fields)
        head = bytes(buf[: frame.UP_HEAD])
        nonce = NONCE.pack(frame.STREAM_UP, self.device, 0, self.counter)
        return head + self._seal.encrypt(nonce, bytes(buf[frame.UP_HEAD : length]), head)

    def beat(self) -> bytes:
        """Return a heartbeat."""
        return self.frame(frame.heartbeat, codes.MODE_READY << 3, 90, 0)

    def alarm(self) -> bytes:
        """Return an alarm that is raised."""
        return self.frame(frame.alarm, self.counter + 1, codes.KIND_EMERGENCY, codes.WHAT_RAISED, 0, 14, 0, 0)


class Gateway(GatewayProcess):
    """A gateway process on `folder`. url: of the PostgreSQL that it shares with others, None for a file."""

    name = "kald gateway"

    def __init__(self, folder: Path, url: str | None = None) -> None:
        words = ["--store", url] if url else []
        super().__init__(folder, *words, stderr=subprocess.DEVNULL)
        self.pids: list[int | None] = [self.process.pid]
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.connect(("127.0.0.1", self.udp))
        self._socket.setblocking(False)

    def fileno(self) -> int:
        """Return what can be waited on."""
        return self._socket.fileno()

    def send(self, sealed: bytes) -> None:
        """Send a badge's frame."""
        try:
            self._socket.send(sealed)
        except OSError:
            return  # it is lost, as on any network

    def acks(self) -> list[Acked]:
        """Return what was acked since."""
        out: list[Acked] = []
        while True:
            try:
                data = self._socket.recv(100)
            except OSError:
                return out
            if data[0] == frame.ACK:
                out.append((frame.get16(data, 1), frame.get16(data, 4)))

    def end(self, how: int = signal.SIGTERM) -> float:
        """End it, and nobody asks it any more; return how long that took, s."""
        self._socket.close()
        return super().end(how)


def _cpu_s(pids: Iterable[int | None]) -> float:
    if not Path("/proc/self/stat").exists():
        return 0.0
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _share(times: Sequence[float], share: float) -> float | None:
    ordered = sorted(times)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else None


def run(there: There, badges: Sequence[Badge], seconds: float, outstanding: int = OUTSTANDING) -> Figures:
    """Let `badges` speak to `there` for `seconds`; return the figures."""
    _until_it_answers(there, badges[0])
    waiting: dict[Acked, float] = {}
    took: list[float] = []
    asked: tuple[Acked, float] | None = None
    stored = lost = turn = 0
    began, cpu_s = time.perf_counter(), _cpu_s(there.pids)
    next_alarm = began + _ALARM_S
    while (now := time.perf_counter()) < began + seconds:
        while len(waiting) < outstanding:
            badge = badges[CALLERS + turn % (len(badges) - CALLERS)]
            turn += 1
            there.send(badge.beat())
            waiting[badge.device, badge.counter & 0xFFFF] = now
        if asked is None and now >= next_alarm:
            badge = badges[len(took) % CALLERS]
            there.send(badge.alarm())
            asked, next_alarm = ((badge.device, badge.counter & 0xFFFF), now), now + _ALARM_S
        select.select([there], [], [], 0.02)
        now = time.perf_counter()
        for key in there.acks():
            if asked and key == asked[0]:
                took.append(1000 * (now - asked[1]))
                asked = None
            elif waiting.pop(key, None):
                stored += 1
        if asked and now - asked[1] > _LOST_S:
            took.append(1000 * _LOST_S)
            asked = None
        late = [key for key, at in waiting.items() if now - at > _LOST_S] if len(waiting) >= outstanding else []
        lost += len(late)
        for key in late:
            del waiting[key]
    spent = time.perf_counter() - began
    used = _cpu_s(there.pids) - cpu_s
    return {"stored_per_s": round(stored / spent), "lost": lost, "alarms": len(took),
            "alarm_ack_ms_p50": _share(took, 0.5), "alarm_ack_ms_p99": _share(took, 0.99),
            "us_of_cpu_per_frame": round(1e6 * used / max(stored, 1))}


def _until_it_answers(there: There, badge: Badge) -> None:
    for _ in range(200):
        there.send(badge.beat())
        time.sleep(0.05)
        if there.acks():
            return
    raise RuntimeError(f"{there.name} answers nothing")


def _forge(port: int, seconds: float) -> None:
    """Send FORGED_PER_S alarms of badges that there are, under keys that there are not."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", port))
        began, sent = time.perf_counter(), 0
        while (gone := time.perf_counter() - began) < seconds:
            for _ in range(20):
                device, counter = 1 + sent % 200, 1_000_000 + sent
                head = bytes([frame.ALARM]) + device.to_bytes(2, "big") + counter.to_bytes(4, "big")
                sent += 1
                try:
                    sender.send(head + os.urandom(17))
                except OSError:
                    continue
            time.sleep(max(0.0, sent / FORGED_PER_S - gone))


def _turns(folder: Path) -> int:
    with open_store(folder / "kald.sqlite").engine.connect() as db:
        return db.exec_driver_sql("SELECT turns FROM gateways WHERE NOT retired").scalar_one()


def flood(there: Gateway, folder: Path, badges: Sequence[Badge], seconds: float) -> Figures:
    """Return how soon alarms are acked under forged frames, and how many commits these have cost."""
    before = _turns(folder)
    forging = multiprocessing.Process(target=_forge, args=(there.udp, seconds), daemon=True)
    forging.start()
    found = run(there, badges, seconds, outstanding=0)
    forging.join()
    commits = max(0, _turns(folder) - before - found["alarms"] - 1)  # one heartbeat came first
    return {"alarms": found["alarms"], "alarm_ack_ms_p50": found["alarm_ack_ms_p50"],
            "alarm_ack_ms_p99": found["alarm_ack_ms_p99"], "commits_for_forged": commits}


def postgres(folder: Path, seconds: float) -> tuple[int | None, Figures | None]:
    """Return how many updates PostgreSQL commits in a second for 50 clients, and what a gateway does over it.

    folder: the gateway's. None each where it is not on this machine, or its driver is not installed.
    """
    programs = cluster.tools()
    if programs is None:
        return None, None
    with cluster.made(programs) as server:
        script = server.folder / "frame.sql"
        script.write_text(_SQL)
        server.sql("CREATE TABLE badges (device int PRIMARY KEY, newest bigint, heard_ms bigint, battery int); "
                   "INSERT INTO badges SELECT n, 0, 0, 0 FROM generate_series(1, 200) n")
        said = server.do("pgbench", "-h", server.folder, "-U", "postgres", "-n", "-c", "50", "-j", "2", "-T",
                         int(seconds), "-f", script, "postgres")
        tps = re.search(r"tps = ([\d.]+)", said)
        shared = None
        if importlib.util.find_spec("psycopg"):
            server.sql("DROP TABLE badges")
            badges, _ = house(folder, OUTSTANDING + CALLERS, server.url)
            there = Gateway(folder, server.url)
            try:
                shared = run(there, badges, seconds)
            finally:
                there.end()
        return round(float(tps[1])) if tps else None, shared


def house(folder: Path, count: int, url: str | None = None) -> tuple[list[Badge], dict[int, bytes]]:
    """Make a gateway's database in `folder`, or at `url`, with `count` badges; return them, and {device: key}."""
    store = open_at(folder, url, make=True)
    rows = [{"device": 1 + i, "name": f"wearer {i}", "uplink_key": secrets.token_bytes(16),
             "downlink_key": secrets.token_bytes(16)} for i in range(count)]
    with store.engine.begin() as db:
        db.execute(insert(BADGES), rows)
        quiet = {"name": "all", "steps": [{"do": "notify", "after_s": 600, "to": []}]}
        plans.put(db, {**plans.DEFAULT, "again_s": 3600, "plans": [quiet]})
        keys = {row.device: row.uplink_key for row in db.execute(select_rows(BADGES)).all()}
    store.close()
    return [Badge(device, up) for device, up in keys.items()], keys


def measure(seconds: float = 5) -> Found:
    """Return all figures; None for a peer that is not on this machine."""
    (ROOT / ".build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="load-", dir=ROOT / ".build") as made:
        Path(made).chmod(0o755)
        folders = {name: Path(made) / name for name in ("kald", "mosquitto", "shared")}
        for folder in folders.values():
            folder.mkdir()
        badges, keys = house(folders["kald"], OUTSTANDING + CALLERS)
        there = Gateway(folders["kald"])
        peers: dict[str, Figures | None] = {mqtt_peer.NAME: None}
        try:
            found: Found = {"busy": round(os.getloadavg()[0], 1), "load": run(there, badges, seconds)}
            if mqtt_peer.found():
                peer = mqtt_peer.Peer(folders["mosquitto"], keys, free_port())
                try:
                    peers[peer.name] = run(peer, badges, seconds)
                finally:
                    peer.close()
            found["forged"] = flood(there, folders["kald"], badges, seconds)
        finally:
            stopped_s = there.end()
        found["stopped_s"] = round(stopped_s, 2)
        per_s, found["shared"] = postgres(folders["shared"], seconds)
        peers["postgresql"] = {"stored_per_s": per_s} if per_s else None
    found["peers"] = peers
    beside = peers[mqtt_peer.NAME]
    found["ratio"] = round(found["load"]["stored_per_s"] / beside["stored_per_s"], 2) if beside else None
    return found


def _said(figures: Figures) -> str:
    return ", ".join(f"{key} {value}" for key, value in figures.items())


def table(found: Found) -> str:
    """Return the figures as text."""
    lines = [f"load average {found['busy']}; {OUTSTANDING} frames outstanding, an alarm every {1000 * _ALARM_S:.0f} ms"]
    for name, figures in ((Gateway.name, found["load"]), ("the same over PostgreSQL", found["shared"]),
                          *found["peers"].items()):
        lines.append(f"{name:26}{'not on this machine' if figures is None else _said(figures)}")
    lines.append(f"{f'{FORGED_PER_S} forged/s':26}{_said(found['forged'])}")
    lines.append(f"ratio to Mosquitto        {'none' if found['ratio'] is None else found['ratio']}; "
                 f"stopped in {found['stopped_s']} s")
    return "\n".join(lines)
