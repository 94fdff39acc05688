"""Does whoever looks after the machine see how the gateway is: health, figures, logs, and systemd's watchdog?"""

import asyncio
import json
import logging
import re
import shlex
import socket
from pathlib import Path

import pytest

from firmware import codes
from gateway_rig import Rig, ask, visiting, badges, plan
from tools.cli import gateway as command
from tools.gateway import health, logs, systemd
from tools.gateway.jobs.workers import Ways
from tools.gateway.store import open_store
from waits import HANGS_S

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = re.compile(r'([a-z_]+)(\{[a-z]+="(?:[^"\\]|\\.)*"(?:,[a-z]+="(?:[^"\\]|\\.)*")*\})? (\d[\d.e+]*)')


class Network:
    """Stands for one over which nothing comes in."""

    unreachable = 0


class Gone:
    """Stands for a broker that is not there."""

    why = "it refuses connections"


def server_of(tmp_path, broker=None):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo", plan=plan(badges(0)))

    async def made():
        return rig.server(Network(), Ways(broker))

    return rig, asyncio.run(made())


def wrong(server):
    asked = health.Health(server)
    asyncio.run(asked.probe())
    return asked.wrong()


def test_a_gateway_that_is_well_says_so_and_its_figures_can_be_read(tmp_path):
    async def story():
        async with visiting(open_store(tmp_path / "kald.sqlite")) as (client, _):
            status, text, _ = await ask(client, "GET", "/healthz")
            assert (status, json.loads(text)) == (200, {"ok": True, "wrong": {}})
            status, text, headers = await ask(client, "GET", "/metrics")
            assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert (await ask(client, "GET", "/metrics", headers={"Host": "elsewhere.example"}))[0] == 403
            return text

    names = set()
    for line in asyncio.run(story()).splitlines():
        if line.startswith("# TYPE "):
            names.add(line.split()[2])
        elif not line.startswith("# HELP "):
            assert SAMPLE.fullmatch(line) and SAMPLE.fullmatch(line)[1] in names, line
    assert {"kald_alarms_open", "kald_badges", "kald_store_writable", "kald_turn_age_seconds"} <= names


def test_who_looks_first_waits_for_no_statement_to_be_made(tmp_path):
    store = open_store(tmp_path / "kald.sqlite")

    async def story():
        async with visiting(store) as (client, _):
            made = len(store.engine._compiled_cache)
            assert (await ask(client, "GET", "/api/alarms"))[0] == 200
            assert len(store.engine._compiled_cache) == made

    asyncio.run(story())


def test_an_alarm_and_a_refusal_are_counted(tmp_path):
    rig, server = server_of(tmp_path)
    rig["anna"].alarm(codes.KIND_FALL)
    server.radio.refused['a "reason"\\'] = 3
    text = "".join(health._lines(health.Health(server).figures()))
    assert 'kald_alarms_open{kind="fall"} 1\n' in text and 'kald_alarms_open{kind="torn"} 0\n' in text
    assert 'kald_refused_total{reason="a \\"reason\\"\\\\"} 3\n' in text and "anna" not in text


@pytest.mark.parametrize("part, befell", [
    ("store", lambda server, monkeypatch: server.cannot_write()),
    ("store", lambda server, monkeypatch: monkeypatch.setattr(health, "_written", lambda _: "its disk is full")),
    ("tick", lambda server, monkeypatch: monkeypatch.setattr(server, "_turned_at", server._turned_at - 60)),
    ("bridges", lambda server, monkeypatch: monkeypatch.setattr(server, "shown", lambda: {"troubles": [
        {"bridge": 1, "until_ms": None, "fault": "bridge_gone"}, {"bridge": 2, "until_ms": 5, "fault": "x"},
        {"bridge": None, "until_ms": None, "fault": "x"}]})),
])
def test_what_is_wrong_is_named(tmp_path, monkeypatch, part, befell):
    _, server = server_of(tmp_path)
    assert wrong(server) == {}
    befell(server, monkeypatch)
    assert set(wrong(server)) == {part}


def test_a_broker_that_is_not_there_is_named(tmp_path):
    assert wrong(server_of(tmp_path, Gone())[1]) == {"broker": "it refuses connections"}


def test_a_disk_that_cannot_be_written_to_is_found_and_nothing_is_left_on_one_that_can(tmp_path):
    assert health._written(tmp_path / "kald.sqlite") == "" and list(tmp_path.iterdir()) == []
    assert "cannot be written" in health._written(tmp_path / "gone" / "kald.sqlite")


def test_systemd_hears_that_it_runs_goes_round_and_ends(tmp_path, monkeypatch):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(path)
        ear.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        monkeypatch.setenv("WATCHDOG_USEC", "200000")

        heard = []

        async def story():
            async with visiting(open_store(tmp_path / "kald.sqlite")), asyncio.timeout(HANGS_S):
                while heard.count("WATCHDOG=1") < 2:
                    heard.append((await asyncio.get_running_loop().sock_recv(ear, 99)).decode())

        asyncio.run(story())
        while True:
            try:
                heard.append(ear.recv(99).decode())
            except BlockingIOError:
                break
    beats = heard.count("WATCHDOG=1")
    assert heard[-1] == "STOPPING=1" and heard.count("READY=1") == 1 and 2 <= beats == len(heard) - 2


def test_without_systemd_nothing_is_said_and_no_socket_that_is_gone_is_missed(tmp_path):
    for there in ({}, {"NOTIFY_SOCKET": str(tmp_path / "gone"), "WATCHDOG_USEC": "1"}, {"NOTIFY_SOCKET": "@kald-gone"}):
        told = systemd.Systemd(there)
        told.say("READY=1")
        told.beat()
    assert systemd.Systemd({"WATCHDOG_USEC": "4000000", "WATCHDOG_PID": "1"})._each_s == 0, "another's watchdog"


def test_the_unit_runs_what_was_typed_where_it_was_typed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["--data", "et hus, æøå", "--bridge", "none", "--mqtt", "mqtt://a%40b@host"]
    assert command.main(["install", "--to", str(tmp_path), "--user", "root", *words]) == 0
    text = (tmp_path / "kald.service").read_text(encoding="utf-8")
    parts = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    ran = [word.replace("%%", "%") for word in shlex.split(parts["ExecStart"])]
    assert ran[1:] == [str(ROOT / "tools" / "kald.py"), "gateway", *words] and Path(ran[0]).exists()
    assert text.index("StartLimitIntervalSec") < text.index("[Service]") < text.index("Type="), "where systemd looks"
    assert "a%%40b" in text and parts["Type"] == "notify" and parts["WatchdogSec"] == "30"
    assert parts["WorkingDirectory"] == str(tmp_path) and (tmp_path / "et hus, æøå").is_dir()
    assert shlex.split(parts["ReadWritePaths"])[0] == str(tmp_path / "et hus, æøå")
    assert "systemctl enable" in capsys.readouterr().out


def test_what_cannot_be_installed_says_why(tmp_path, capsys):
    data = ["--data", str(tmp_path / "house")]
    for words in (["--to", str(tmp_path / "gone")], ["--to", str(tmp_path), "--mqtt", "http://x"]):
        assert command.main(["install", "--user", "root", *words, *data]) == 2
    assert capsys.readouterr().err.count("kald: ") == 2
    with pytest.raises(SystemExit):
        command.main(["install", "--nonsense"])


def record(message="x", error=None, level=logging.WARNING):
    info = (type(error), error, None) if error else None
    return logging.LogRecord("tools.gateway.jobs.broker", level, "", 1, message, (), info)


def test_a_log_line_has_its_time_level_and_module():
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d WARNING gateway.jobs.broker: x", logs.Lines().format(record()))
    said = json.loads(logs.Lines(as_json=True).format(record("æ", KeyError("ours"))))
    assert (said["level"], said["module"], said["message"]) == ("warning", "gateway.jobs.broker", "æ")
    assert "KeyError" in said["error"] and "time" in said
    lines = logs.Lines(journal=True).format(record(error=KeyError("ours"), level=logging.ERROR)).split("\n")
    assert len(lines) > 1 and all(line.startswith("<3>") for line in lines)


def test_the_service_prints_nothing():
    allowed = {"tools/gateway/jobs/postman.py", "tools/gateway/client.py"}  # one writes to a pipe, one is a command's
    for path in (ROOT / "tools" / "gateway").rglob("*.py"):
        inner = path.relative_to(ROOT).as_posix()
        assert inner in allowed or not re.search(r"^\s*print\(", path.read_text(encoding="utf-8"), re.M), inner


def test_the_container_has_all_that_a_gateway_imports():
    text = (ROOT / "tools" / "gateway" / "Containerfile").read_text(encoding="utf-8")
    for names in re.findall(r"^COPY (.*) \S+$", text, re.M):
        assert all((ROOT / name).exists() for name in names.split()), names
