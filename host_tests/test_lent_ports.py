"""Does a running gateway lend a port for as long as it is wanted, and open none that is somebody else's?"""

import json
import os

import pytest
from test_bridges import desk  # noqa: F401  desk is a fixture

from tools.flash.cable import Refusal
from tools.gateway import lent_ports
from tools.gateway.bridges import STRANGE_MS, Bridges
from tools.gateway.cables import ours

NOW_S = 1000.0


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "kald.sqlite").touch()
    return tmp_path


def free(port):
    """Find that a port can be had."""


def test_a_port_is_lent_while_it_is_borrowed_and_then_the_gateway_s_again(folder):
    port = str(folder / "ttyUSB0")
    link = folder / "badge"
    link.symlink_to(port)
    with lent_ports.borrowed(folder, str(link), free):
        assert ours([port, "other"], folder) == ["other"]
        with lent_ports.borrowed(folder, "other", free):
            assert ours([port, "other"], folder) == []
        assert ours([port, "other"], folder) == ["other"]
    assert ours([port, "other"], folder) == [port, "other"] and not (folder / lent_ports.NAME).exists()


@pytest.mark.parametrize("ends", [Refusal("x"), KeyboardInterrupt()])
def test_whatever_ends_it_the_port_is_given_back(folder, ends):
    with pytest.raises(type(ends)):
        with lent_ports.borrowed(folder, "port", free):
            raise ends
    assert not (folder / lent_ports.NAME).exists()


@pytest.mark.parametrize(("text", "lends"), [
    ("", False), ("{", False), ("[]", False), ('{"port": "x"}', False), (json.dumps({"port": NOW_S - 1}), False),
    (json.dumps({"port": NOW_S + 1e9}), False), (json.dumps({"port": NOW_S + 60}), True),
])
def test_a_word_that_is_over_broken_or_for_ever_lends_nothing(folder, text, lends):
    (folder / lent_ports.NAME).write_text(text)
    assert lent_ports.lent(folder, NOW_S) == ({"port"} if lends else set())


def test_it_waits_until_the_gateway_has_let_go_but_not_for_another_program(folder):
    tries = []

    def busy(port):
        tries.append(lent_ports.lent(folder, 0) is not None)
        if len(tries) < 3:
            raise Refusal(f"{port} is in use by another program: close it and try again")

    with lent_ports.borrowed(folder, "port", busy):
        assert len(tries) == 3

    def held(port):
        raise Refusal(f"{port} is in use by another program: close it and try again")

    with pytest.raises(Refusal, match="in use"):
        with lent_ports.borrowed(folder, "port", held, given_s=0.3):
            pass
    with pytest.raises(Refusal, match="in use"):
        with lent_ports.borrowed(folder / "nowhere", "port", held):
            pass
    assert not (folder / lent_ports.NAME).exists()


def test_what_is_no_folder_of_a_gateway_is_not_written_into(tmp_path):
    with lent_ports.borrowed(tmp_path, "port", free):
        assert os.listdir(tmp_path) == []


class Mute:
    """A port behind which nobody answers."""

    def read(self, most):
        return b""

    def write(self, data):
        return len(data)

    def close(self):
        pass


@pytest.mark.parametrize(("told", "least", "most"), [(False, 2, 9), (True, 45, 70)])
def test_a_port_where_no_bridge_ever_answered_is_held_for_seconds_of_an_hour(told, least, most):
    held, there = [], ["stranger"]
    bridges = Bridges(find=lambda: there, open=lambda path: held.append(path) or Mute(), told=told)
    for now_ms in range(0, 3_600_000, 500):
        bridges.tend(now_ms)
    assert least <= len(held) <= most
    there.clear()
    bridges.tend(3_600_000)
    bridges.tend(3_601_000)
    there.append("stranger")
    bridges.tend(3_602_000)
    bridges.tend(3_603_000)
    assert held[-1] == "stranger" and bridges.facts(), "what is plugged in anew is asked anew"
    assert STRANGE_MS[-1] == 600_000


def test_a_bridge_whose_port_is_lent_is_told_goodbye_and_comes_back(desk):  # noqa: F811
    one = desk(31)
    one.turn(1000)
    assert one.numbers() == [31]
    find = one.bridges._find
    one.bridges._find = list
    one.turn(1000)
    assert one.numbers() == []
    one.bridges._find = find
    for _ in range(4):
        one.turn(1000)
    assert one.numbers() == [31]
