"""Does every command say what it does, with examples that hold, and does it end as commands end on every system?"""

import argparse
import importlib
import json
import errno
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest
import serial

from tools import kald
from tools.cli import _help, completion
from tools.flash import cable
from tools.flash.cable import Refusal
from waits import HANGS_S

COMMANDS = sorted(path.stem for path in kald.COMMAND_FILES.glob("[a-z]*.py"))
TECHNICIAN = ("bridge", "card", "check", "config", "flash", "monitor", "pair", "range", "selftest", "unpair")


def helped(command, capsys):
    with pytest.raises(SystemExit) as end:
        importlib.import_module(f"tools.cli.{command}").main(["-h"])
    assert end.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_description_examples_and_what_its_exit_code_means(command, capsys):
    said = helped(command, capsys)
    assert set(COMMANDS) == set(_help.EXAMPLES) >= set(_help.CODES)
    source = (kald.COMMAND_FILES / f"{command}.py").read_text(encoding="utf-8")
    ends = re.search(r"return (0 if .* else )?1\b(?! \+)", source)
    assert not ends or command in _help.CODES, "what else than 0 and 2 it ends with is said"
    assert f"usage: kald {command} " in said and "for example" in said and "exit code: 0 done" in said
    assert len(said.split("\n\n")[1]) > 15, "a description"
    assert all(len(line) <= 130 for line in said.splitlines())


class Parsed(Exception):
    """All words were understood."""


@pytest.mark.parametrize("command, words", [(name, words) for name in COMMANDS for words, _ in _help.EXAMPLES[name]])
def test_every_example_is_one_that_the_command_understands(command, words, monkeypatch, tmp_path):
    whole, known = argparse.ArgumentParser.parse_args, argparse.ArgumentParser.parse_known_args

    def parsed(parser, *given, **more):
        whole(parser, *given, **more)
        raise Parsed

    def partly(parser, *given, **more):
        if parser.prog.count(" ") > 1 and "install" in parser.prog:
            known(parser, *given, **more)
            raise Parsed
        return known(parser, *given, **more)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parsed)
    monkeypatch.setattr(argparse.ArgumentParser, "parse_known_args", partly)
    with pytest.raises(Parsed):
        importlib.import_module(f"tools.cli.{command}").main(shlex.split(words))


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_command_does_not_know_ends_with_2_and_one_sentence(command, capsys):
    with pytest.raises(SystemExit) as end:
        importlib.import_module(f"tools.cli.{command}").main(["--no-such-word"])
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert end.value.code == 2 and said.startswith(f"kald {command}") and "error: " in said


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"config", "gateway"}))
def test_the_tab_key_knows_the_words_of_each_command(command, capsys):
    usage = helped(command, capsys).split("\n\n")[0]
    assert set(re.findall(r"--[a-z][\w-]*", usage)) <= {*completion.options(command)}


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash here to press the tab key of")
@pytest.mark.parametrize("typed, offers", [(["flas"], ["flash"]), (["flash", "--ins"], ["--install"]),
                                           (["take", "--b"], ["--by"]), (["config", "che"], [])])
def test_bash_completes_what_was_begun(typed, offers, capsys):
    assert completion.main(["bash"]) == 0
    press = f'COMP_WORDS=(kald {" ".join(typed)}); COMP_CWORD={len(typed)}; _kald; echo "${{COMPREPLY[@]}}"'
    words = ["bash", "-c", capsys.readouterr().out + press]
    run = subprocess.run(words, capture_output=True, text=True, timeout=HANGS_S)
    assert run.stdout.split() == offers, run.stderr


@pytest.mark.parametrize("words", [
    "gateway --port", "gateway --web", "demo --web", "take 1 --by x --web", "fleet --web", "range --places --web"])
@pytest.mark.parametrize("number", ["65536", "-1", "9" * 5000, "", "8080x"])
def test_a_port_that_is_none_is_refused_where_the_system_would_take_another_number(words, number, capsys):
    command, *more = words.split()
    with pytest.raises(SystemExit, match="2"):
        importlib.import_module(f"tools.cli.{command}").main([*more, number])
    assert f"a port is a number from 0 to 65535, not {number}" in capsys.readouterr().err or number == "-1"


@pytest.mark.parametrize("words", ["export", "close --by x", "keys renew --by x", "account add Eva wearer --badge"])
def test_a_number_that_nothing_counts_to_is_refused(words, capsys):
    command, *more = words.split()
    with pytest.raises(SystemExit, match="2"):
        importlib.import_module(f"tools.cli.{command}").main([*more, "9" * 20])
    assert "invalid int value" in capsys.readouterr().err


def test_ctrl_c_is_one_line_and_130_whatever_a_command_does(monkeypatch, capsys):
    def stopped(words):
        raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "tools.cli.endless", SimpleNamespace(main=stopped))
    monkeypatch.setattr(sys, "argv", ["-c", "endless"])
    monkeypatch.setattr(signal, "signal", lambda *given: None)  # this process is pytest's
    with pytest.raises(SystemExit) as end:
        exec(kald._START, {})
    assert end.value.code == 130 and capsys.readouterr().err == "kald: stopped\n"
    monkeypatch.setattr(kald, "main", stopped)
    with pytest.raises(SystemExit) as end:
        kald.command()
    assert end.value.code == 130 and len(capsys.readouterr().err.splitlines()) == 1


ENDLESS = """
import sys, threading, types
def main(words):
    threading.Thread(target=threading.Event().wait).start()
    print("runs", flush=True)
    threading.Event().wait()
sys.modules["tools.cli.endless"] = types.SimpleNamespace(main=main)
"""


@pytest.mark.skipif(os.name == "nt", reason="NOT RUN on Windows, where nobody can press Ctrl-C for another program")
def test_ctrl_c_pressed_again_and_again_is_one_line_still():
    words = [sys.executable, "-c", ENDLESS + kald._START, "endless"]
    run = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=lambda:
                           signal.signal(signal.SIGINT, signal.default_int_handler))
    assert run.stdout.readline() == "runs\n"
    run.send_signal(signal.SIGINT)
    assert run.stderr.readline() == "kald: stopped\n"
    run.send_signal(signal.SIGINT)
    assert run.wait(HANGS_S) in (-signal.SIGINT, 130) and run.communicate() == ("", "")


SAYS = ENDLESS[:ENDLESS.index("    threading")] + """    print("Søren →")
sys.modules["tools.cli.says"] = types.SimpleNamespace(main=main)
"""


@pytest.mark.parametrize("words, says", [
    (["-c", SAYS + kald._START, "says"], "S?ren ?"), ([kald.__file__, "-h", "--lang", "da"], "kald flash")])
@pytest.mark.parametrize("letters", ["ascii", "cp1252"])
def test_a_terminal_that_lacks_a_letter_gets_all_others(words, says, letters):
    run = subprocess.run([sys.executable, *words], capture_output=True, env={**os.environ, "PYTHONIOENCODING": letters})
    said = run.stdout.decode(letters)
    assert run.returncode == 0 and says in said.replace("ø", "?"), (said, run.stderr)


class OperationalError(Exception):
    """As SQLAlchemy has it."""

    orig = "database or disk is full"


@pytest.mark.parametrize("error, says", [
    (OSError(errno.ENOSPC, "No space left on device", "/tmp/x"), "No space left on device (/tmp/x)"),
    (OSError(errno.EROFS, "Read-only file system"), "Read-only file system"),
    (OSError(errno.ENAMETOOLONG, "File name too long", "x"), "File name too long (x)"),
    (OSError(errno.EIO, "I/O"), None),
    (OperationalError(), "database or disk is full"), (KeyError("x"), None),
])
def test_a_machine_that_refuses_is_one_line_and_2_whatever_a_command_does(monkeypatch, capsys, error, says):
    def fails(words):
        raise error

    monkeypatch.setitem(sys.modules, "tools.cli.endless", SimpleNamespace(main=fails))
    monkeypatch.setattr(sys, "argv", ["-c", "endless"])
    with pytest.raises(SystemExit if says else type(error)) as end:
        exec(kald._START, {})
    if says:
        assert end.value.code == 2
        assert re.fullmatch(f"kald endless: .* refuses: {re.escape(says)}\n", capsys.readouterr().err)


_ELSEWHERE = """
import importlib, sys
import serial, serial.tools.list_ports, mpremote.main, mpremote.transport_serial, aiohttp, sqlalchemy, tempfile, pathlib
import asyncio, getpass
MISSING = ("termios", "fcntl", "pty", "tty", "pwd", "grp", "resource")
for name in MISSING:
    sys.modules[name] = None
for command in sys.argv[1:]:
    importlib.import_module("tools.cli." + command)
"""


def test_a_technician_s_commands_need_nothing_that_windows_lacks():
    path = ":".join(str(kald.ROOT / each) for each in ("", "tools/host", "lib"))
    run = subprocess.run([sys.executable, "-c", _ELSEWHERE, *TECHNICIAN], capture_output=True, text=True,
                         timeout=HANGS_S, env={"PYTHONPATH": path})
    assert run.returncode == 0, run.stderr[-800:]


PORTS = [SimpleNamespace(device="COM3", vid=0x10C4), SimpleNamespace(device="COM1", vid=None)]


@pytest.mark.parametrize("port, raises, says", [
    ("COM3", None, ""), ("com3", None, ""), ("COM4", None, "there is no port COM4: is the cable plugged in?"),
    ("COM3", serial.SerialException("could not open port 'COM3': PermissionError(13, 'Access is denied.', None, 5)"),
     "COM3 is in use by another program"),
    ("COM3", serial.SerialException("could not open port 'COM3': OSError(22, 'A device is not functioning')"),
     "COM3 is not a serial port that works"),
])
def test_windows_names_its_ports_without_files(port, raises, says, monkeypatch):
    def opened(name, exclusive):
        if raises:
            raise raises
        return SimpleNamespace(close=lambda: None)

    monkeypatch.setattr(cable, "WINDOWS", True)
    monkeypatch.setattr(cable.list_ports, "comports", lambda: PORTS)
    monkeypatch.setattr(cable.serial, "Serial", opened)
    assert cable.find() == "COM3"
    if says:
        with pytest.raises(Refusal, match=re.escape(says)):
            cable.check(port)
    else:
        cable.check(port)


def test_macos_names_the_busy_port_as_linux_does(tmp_path, monkeypatch):
    port = tmp_path / "cu.usbserial-110"
    port.touch()

    def busy(name, exclusive):
        raise serial.SerialException(16, f"could not open port {name}: [Errno 16] Resource busy: '{name}'")

    monkeypatch.setattr(cable.serial, "Serial", busy)
    with pytest.raises(Refusal, match="is in use by another program"):
        cable.check(str(port))


def test_a_machine_reads_the_boards_as_one_object(capsys):
    from tools.cli import boards

    assert boards.main(["--json", "devkit"]) == 0
    found = json.loads(capsys.readouterr().out)["boards"]
    assert list(found) == ["devkit"] and found["devkit"]["BUTTON"] == 33 and found["devkit"]["wrong"] == []
