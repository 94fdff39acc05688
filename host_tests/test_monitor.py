"""Does `kald monitor` say in plain words what a badge prints, and never a key, however it is printed?"""

import json
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.cli import monitor
from tools.flash.console import Console, plain
from tools.sim.virtual import VirtualBadge
from waits import until


def test_known_lines_get_their_meaning_and_others_pass():
    said = Console().hear(b"rst:0xf (BROWNOUT_RST),boot:0x13\r\nkald: lifeboat\r\n\r\nhello\r\n")
    assert "supply broke down" in said[0] and "only button and radio" in said[1] and said[2] == "hello"
    assert len(said) == 3


def test_a_line_waits_until_it_is_whole_and_a_flood_does_not_wait_for_ever():
    console = Console()
    assert console.hear(b"kald: life") == [] and "lifeboat" in console.hear(b"boat\n")[0]
    assert console.hear(b"z" * 1000)


KEYS = st.binary(min_size=16, max_size=16)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(KEYS, st.sampled_from(("hex", "json", "repr", "spaced", "colons", "list")), st.text(max_size=20))
def test_no_key_comes_through_in_any_form(key, form, around):
    shown = {
        "hex": key.hex(), "json": json.dumps({"device": 7, "up": key.hex()}), "repr": repr(key),
        "spaced": key.hex(" "), "colons": key.hex(":"), "list": f"up = {list(key)}",
    }[form]
    before = around.replace("\n", "")
    said = " ".join(Console().hear((before + " " + shown + "\n").encode("utf-8", "ignore")))
    for at in range(0, 13):
        four = key[at : at + 4]
        for piece in (four.hex(), four.hex(" "), four.hex(":"), str(list(four))[1:-1], repr(four)[2:-1]):
            assert len(set(four)) < 3 or len(piece) < 8 or piece not in said.replace(before, "")


def test_a_password_is_not_shown():
    assert "secret" not in plain('{"ssid": "house", "password": "secret"}') + plain("password=secret")


@pytest.mark.usefixtures("micropython")
def test_the_console_of_a_badge_is_printed(tmp_path, capsys):
    badge = VirtualBadge(tmp_path, "anna")
    (badge.flash / "main.py").write_text(
        "import time\nwhile True:\n    print('kald: lifeboat')\n    print('up', b'\\x01\\x02\\x03\\x04'*4)\n"
        "    time.sleep_ms(100)\n"
    )
    with badge:
        until(lambda: "lifeboat" in badge.console)
        assert monitor.main([badge.port, "--seconds", "1"]) == 0
        said = capsys.readouterr().out
        assert "only button and radio work" in said and "x02" not in said
        assert badge.boots == 1  # looking does not disturb


@pytest.mark.usefixtures("micropython")
def test_an_unplugged_badge_is_said_plainly(tmp_path, capsys):
    badge = VirtualBadge(tmp_path, "anna").start()
    threading.Timer(1.0, badge.close).start()
    assert monitor.main([badge.port, "--seconds", "6"]) == 2
    assert "is gone" in capsys.readouterr().err
