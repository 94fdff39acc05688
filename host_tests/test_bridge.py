"""Does the real bridge hallway, on real MicroPython, carry frames both ways, and outlive cable, radio and itself?"""

import os
import pty
import select
import subprocess
import tty

import pytest
from lived import ROOT, lived

from firmware.bridge import ABSENT, Bridge
from firmware.link import cobs
from waits import HANGS_S


@pytest.fixture(scope="module")
def facts(either):
    return lived(either, "bridge_life.py", ROOT).splitlines()


def fact(facts, name):
    return [line[len(name) + 1 :] for line in facts if line.startswith(name + " ")][0]


def test_acks_go_first_then_what_is_urgent_and_calls_wake_dozing_badges(facts):
    order = ((2, True, False), (1, False, False), (4, True, False), (5, True, True), (0, False, False))
    order += ((3, False, False),)
    assert fact(facts, "sent") == str([(b"\x03down%d" % i, alarm, calls) for i, alarm, calls in order])


@pytest.mark.parametrize(("name", "said"), [
    pytest.param("heard", [bytes((cobs.HEARD, 71, 119)) + b"\x00\x03up"], id="a frame goes up with its strength"),
    pytest.param("fed", "True raws [True]", id="the dog is fed, and the console is raw only for a gateway"),
    pytest.param("noise", "end [b'true'] True True", id="noise sends nothing and hides nothing"),
    pytest.param("flood", f"{[b'u%d' % i for i in range(5)]} True True", id="a full queue loses the ordinary, counted"),
    pytest.param("first urgent within", True, id="and holds up no urgent one"),
    pytest.param("pledge", "[b'go'] True 1", id="without a pledge nothing is sent"),
    pytest.param("broken", "reset 6 fed 0", id="a broken task ends in a reset and starves the dog"),
    pytest.param("leaves", f"{[[True, False], [True, False, True], [True, False, True, False], 1]} 0",
                 id="the console comes back at a bye, or 10 s after a gateway that is gone"),
    pytest.param("unplugged", "60 60 early [] raws True True", id="an ack is a promise through any unplugging"),
])
def test_in_the_hallway(facts, name, said):
    assert fact(facts, name) == str(said)


def test_status_says_number_version_and_the_hours_airtime(facts):
    status = eval(fact(facts, "status"))
    assert len(status) == cobs.STATUS_BYTES and status[1] == 2 and status[2:4] == (900).to_bytes(2)
    assert status[17:19] == b"\x00\x03" and status[19:21] == bytes((71, 119))
    assert int.from_bytes(status[21:23]) == 360  # s: 10 % of an hour, in band P
    assert 863000 + int.from_bytes(status[24:26]) == 869525 and status[26] == 7


def test_a_bridge_without_radio_answers_and_says_so(facts):
    status = eval(fact(facts, "no radio").rsplit(" ", 1)[0])
    assert status[2:4] == (900).to_bytes(2) and status[4] == ABSENT and int.from_bytes(status[21:23]) == 0
    assert fact(facts, "no radio").endswith(" 0")


ECHO = """
import sys
sys.path[:0] = sys.argv[1:]
import time
from firmware.board.serial import Serial
line = Serial()
line.raw(True)
buf = bytearray(50)
line.write(b"ready", 5)
end = time.ticks_ms() + 20000
while time.ticks_ms() < end:
    n = line.read(buf)
    if n and buf[0] == 113 and n == 1:
        break
    if n and not line.write(buf, n):
        break
    time.sleep_ms(1)
"""


def received(fd, n):
    got = b""
    while len(got) < n and select.select([fd], [], [], HANGS_S)[0]:
        got += os.read(fd, 4096)
    return got


def test_any_byte_passes_the_consoles_own_stream_both_ways(micropython, tmp_path):
    script = tmp_path / "echo.py"
    script.write_text(ECHO)
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    process = subprocess.Popen([*micropython, str(script), str(ROOT)], stdin=theirs, stdout=theirs)
    try:
        assert received(ours, 5) == b"ready"
        data = bytes(range(256)) * 3
        os.write(ours, data)
        assert received(ours, len(data)) == data
        os.write(ours, b"q")
        assert process.wait(HANGS_S) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize("days", [0, 3, 7, 11])
def test_what_was_put_off_in_a_quiet_house_days_ago_puts_off_nothing_today(days):
    sent = []

    class Air:
        allows = False
        state = 1
        sent = refused = failures = busy = rssi_dbm = snr_quarter_db = 0

        def tend(self, now):
            """Look after nothing."""

        def receive(self, buf):
            return 0

        def up(self):
            return True

        def cure(self, is_alarm, now):
            return False

        def send(self, buf, n, is_alarm=False, calls=False):
            if self.allows:
                sent.append(bytes(buf[:n]))
            return self.allows

    class Desk:
        at = 2**30 - 3000

        def now(self):
            return self.at & 0x3FFFFFFF

    desk, air = Desk(), Air()
    bridge = Bridge(desk, {"number": 1, "lora": {"khz": 869525, "sf": 7}}, air, None)

    def give(frame):
        message = bytes((cobs.SEND, cobs.ALARM_ACKS)) + frame
        bridge._in[: len(message)] = message
        bridge._take(len(message), desk.now())

    give(b"before")
    for _ in range(5000):  # until it is too late for it
        bridge.turn_air(desk.now())
        desk.at += 5
    desk.at += days * 86_400_000
    air.allows = True
    give(b"alarm's ack")
    bridge.turn_air(desk.now())
    assert sent == [b"alarm's ack"]
