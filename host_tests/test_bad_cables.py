"""What does each of a technician's commands say where the cable, the port or the badge is not as it should be?

One sentence on stderr and exit code 2, in each situation and from each command, and nothing that a gateway keeps.
"""

import subprocess
from types import SimpleNamespace

import pytest
from serial import SerialException

from tools.cli import check, config, flash, monitor, pair, selftest, unpair
from tools.cli import range as range_command
from tools.flash import cable, image, pairing
from tools.flash import prompt as prompt_file
from tools.flash import selftest as on_cable
from tools.gateway.store import open_store
from tools.gateway.tables import BADGES

PAIR = ["--name", "Anna", "--ssid", "house", "--open", "--gateway", "10.0.0.2"]
COMMANDS = {  # with the words that each wants beside its port
    "flash": (flash, []), "pair": (pair, PAIR), "unpair": (unpair, []), "selftest": (selftest, []),
    "monitor": (monitor, []), "check": (check, ["--board", "devkit"]),
    "config": (config, ["diff", "house.toml"]), "range": (range_command, ["--scan", "--board", "devkit"]),
}


def ports(*names):
    return lambda: [SimpleNamespace(device=name, vid=0x10C4) for name in names]


def failing(error):
    def fails(*given, **named):
        raise error
    return fails


def ended(code, out="", err=""):
    return lambda command, **more: subprocess.CompletedProcess(command, code, out, err)


@pytest.fixture
def typed(tmp_path, monkeypatch, capsys):
    """Return what types a command and gives (exit code, stderr); the house is there, and empty."""
    monkeypatch.chdir(tmp_path)
    store = open_store(tmp_path / "kald.sqlite")
    (tmp_path / "house.toml").write_text("hold_ms = 1000\n")

    def run(name, *more):
        command, words = COMMANDS[name]
        words = [*words, *more, *(["--data", str(tmp_path)] if name != "config" else [])]
        code = command.main(words)
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err and store.badges() == []
        return code, said.err

    yield run
    store.close()


HELD = SerialException("Could not exclusively lock port: [Errno 11] Resource temporarily unavailable")
PORTS = {
    "no badge": (ports(), None, True, "no badge found: plug it in with a USB cable that carries data"),
    "two badges": (ports("COM3", "COM7"), None, True, "there are several serial ports (COM3, COM7): name the badge's"),
    "it has gone": (ports("/dev/gone"), None, True, "there is no port /dev/gone: is the cable plugged in?"),
    "not allowed": (ports("/dev/null"), None, False, "you may not use /dev/null: join the group that owns it"),
    "another program": (ports("/dev/null"), HELD, True, "/dev/null is in use by another program"),
    "no serial port": (ports("/dev/null"), SerialException("[Errno 25] Inappropriate ioctl"), True,
                       "/dev/null is not a serial port that works"),
}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("what", PORTS)
def test_a_port_that_cannot_be_had_is_one_sentence_from_every_command(typed, monkeypatch, what, name):
    there, error, allowed, says = PORTS[what]
    monkeypatch.setattr(cable.list_ports, "comports", there)
    monkeypatch.setattr(cable.serial, "Serial", failing(error))
    monkeypatch.setattr(cable.os, "access", lambda path, how: allowed)
    monkeypatch.setattr("tools.gateway.lent_ports.borrowed.__wrapped__.__defaults__", (0,))  # no gateway gives it back
    code, err = typed(name)
    assert code == 2 and err.startswith(f"kald {name}: {says}") and err.count("\n") == 1


CORRUPT = "The filesystem appears to be corrupted. If you had important data there, you may want to make a snapshot"
ILL = {
    "it says nothing": (failing(subprocess.TimeoutExpired("mpremote", 30)), "stopped answering: press its reset key"),
    "no MicroPython": (ended(1, err="mpremote.transport.TransportError: could not enter raw repl"),
                       "it does not answer as MicroPython does; is MicroPython on it?"),
    "no file system": (ended(1, CORRUPT, "could not enter raw repl"), "does not mount, and nothing of ours can run"),
    "the cable comes out": (ended(1, err="OSError: [Errno 5] Input/output error"), "Input/output error"),
    "no room in its flash": (ended(1, err="OSError: [Errno 28] ENOSPC"), "ENOSPC"),
}


@pytest.mark.parametrize("name", ["pair", "unpair", "check"])
@pytest.mark.parametrize("what", ILL)
def test_a_badge_that_does_not_do_what_it_should_is_one_sentence_with_the_way_out(typed, monkeypatch, what, name):
    run, says = ILL[what]
    monkeypatch.setattr(cable.list_ports, "comports", ports("/dev/null"))
    for module in (pair, unpair, check):
        monkeypatch.setattr(module, "check", lambda port: None)
    monkeypatch.setattr(cable, "overheard", lambda *given: "")
    monkeypatch.setattr(cable.subprocess, "run", run)
    code, err = typed(name)
    assert code == 2 and says in err and err.startswith(f"kald {name}: ")
    assert err.replace("kald pair: warning: an open Wi-Fi; alarms stay sealed, but anybody can disturb it\n", "").count(
        "\n") == 1


def test_a_board_that_babbles_bytes_which_are_no_letters_is_heard_out(tmp_path, monkeypatch):
    babbles = tmp_path / "python"
    babbles.write_text("#!/bin/sh\nprintf '\\377\\376 {\\200\\n[]\\n'\n")
    babbles.chmod(0o700)
    monkeypatch.setattr(cable.sys, "executable", str(babbles))
    monkeypatch.setattr(cable, "overheard", lambda *given: "")
    heard = []
    assert cable.mpremote("port", "exec", "x").split() == ["\ufffd\ufffd", "{\ufffd", "[]"]
    with pytest.raises(cable.Refusal, match="the check did not come to its end on port"):
        on_cable._run("port", "", heard.append, "check")
    assert heard[0].startswith("\ufffd")


TORN = ["(", "{'machine': ", "\ufffd\x00", "[" * 9999, "b a b b l e", "3, 4)"]
ASKS = {"facts": lambda port: image.asked(port), "was": lambda port: pairing.erase(port),
        "status": lambda port: pairing.trouble(port), "lora": lambda port: pairing.lora_trouble(port, LORA)}
LORA = {"board": "heltec_v3", "lora": {"khz": 869525, "sf": 7}}


@pytest.mark.parametrize("word", ASKS)
@pytest.mark.parametrize("torn", TORN)
def test_an_answer_that_comes_torn_is_one_sentence(monkeypatch, word, torn):
    for module in (image, pairing):
        monkeypatch.setattr(module, "mpremote", lambda port, *words, **more: f"noise\n{word} {torn}\n")
    with pytest.raises(cable.Refusal, match="what the badge on port answers cannot be read: another cable or USB port"):
        ASKS[word]("port")


@pytest.mark.parametrize("torn", [b"", b"\xff\xfe", b"(1", b"x\r\n\r\n"])
@pytest.mark.parametrize("fails", [False, True])
def test_a_prompt_that_answers_nothing_or_half_a_word_is_one_sentence(torn, fails):
    line = SimpleNamespace(exec_raw=lambda script, timeout: (b"", torn) if fails and torn else (torn, b""))
    with pytest.raises(cable.Refusal, match="cannot be read|refused: "):
        prompt_file.Prompt("port", line).ask("whose()")


STOPPED = {  # what ends a command after it has stopped the badge to ask it something
    "a name that has a badge": ("pair", [], ""), "a short password": ("pair", ["--password-file", "short"], ""),
    "Ctrl-C at the password": ("pair", ["--password-file", "ctrl-c"], ""),
    "settings that are wrong": ("pair", ["--settings", "wrong.toml"], ""),
    "another chip": ("check", ["--board", "heltec_v3"], "Generic ESP32 module with ESP32"),
    "no kind of board": ("range", ["--board", ""], ""),
}


@pytest.mark.parametrize("what", STOPPED)
def test_whoever_is_refused_or_ends_it_after_the_badge_was_asked_leaves_it_calling(monkeypatch, tmp_path, what):
    name, more, machine = STOPPED[what]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "short").write_text("1234567")
    (tmp_path / "wrong.toml").write_text("hold_ms = 5")
    store = open_store(tmp_path / "kald.sqlite")
    store.pair("Anna")
    with store.engine.begin() as db:
        db.execute(BADGES.update().values(heartbeat_ms=1))
    told = []

    def run(command, **how):
        told.append(command[command.index("connect") + 2 :])
        out = f"machine {machine}\nfacts {{'machine': {machine!r}}}\n"
        return subprocess.CompletedProcess(command, 0, out, "")

    command, words = COMMANDS[name]
    words = [word for word in words if word != "--open"] if "--password-file" in more else words
    monkeypatch.setattr(cable.list_ports, "comports", ports("/dev/null"))
    monkeypatch.setattr(command, "check", lambda port: None)
    monkeypatch.setattr(cable.subprocess, "run", run)
    if "ctrl-c" in more:
        monkeypatch.setattr(pair, "_password", failing(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            command.main([*words, *more, "--data", str(tmp_path)])
    else:
        assert command.main([*words, *more, "--data", str(tmp_path)]) == 2
    store.close()
    assert told[0][0] == "exec" and told[-1] == ["resume", "reset"], "at its prompt it calls nobody for ten minutes"


class Transport:
    """A prompt in virtual time: each answer takes `pace_s`, and at word `ends` somebody presses Ctrl-C."""

    def __init__(self, pace_s=0.0, ends=-1):
        self.pace_s, self.ends, self.now_s, self.words, self.told = pace_s, ends, 0.0, 0, []
        self.serial = SimpleNamespace(write=lambda data: None, close=lambda: None)

    def enter_raw_repl(self, soft_reset, timeout_overall):
        """It is one."""

    def exec_raw(self, script, timeout):
        self.words += 1
        if self.words == self.ends:
            raise KeyboardInterrupt
        assert self.pace_s < timeout, "each answer has its limit"
        self.now_s += self.pace_s
        return b"", b""

    def exec_raw_no_follow(self, script):
        self.told.append(script)

    def close(self):
        """Let go."""


def test_a_copy_over_a_slow_cable_takes_as_long_as_it_takes(monkeypatch):
    line = Transport(pace_s=prompt_file.ANSWER_S - 1)
    monkeypatch.setattr(prompt_file, "SerialTransport", lambda port, timeout: line)
    with prompt_file.opened("port") as prompt:
        prompt.copy("/x", bytes(60_000))
    assert line.now_s > 5 * 180 and len(line.told) == 1


@pytest.mark.parametrize("ends", [1, 2, 7])
def test_ctrl_c_at_any_word_resets_the_badge_which_would_call_nobody_at_its_prompt(monkeypatch, ends):
    line = Transport(ends=ends)
    monkeypatch.setattr(prompt_file, "SerialTransport", lambda port, timeout: line)
    with pytest.raises(KeyboardInterrupt), prompt_file.opened("port") as prompt:
        prompt.copy("/x", bytes(8000))
    assert line.told == ["import machine\nmachine.reset()"]


@pytest.mark.parametrize("pressed", [KeyboardInterrupt, None])
def test_ctrl_c_in_a_self_test_or_a_check_resets_the_badge(monkeypatch, pressed):
    told = []
    monkeypatch.setattr(on_cable, "_run", failing(KeyboardInterrupt()) if pressed else lambda *given: {"ok": True})
    monkeypatch.setattr(on_cable, "mpremote", lambda port, *words, **more: told.append(words))
    if pressed:
        with pytest.raises(KeyboardInterrupt):
            on_cable.run("port", "", print, "check")
    else:
        on_cable.run("port", "", print, "check")
    assert told == [("resume", "reset")]
