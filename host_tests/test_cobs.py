"""Do messages come through a cable whole, whatever they hold and whatever lies between them?"""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lived import ROOT, lived

from firmware.crc import crc16
from firmware.link import cobs

MESSAGE = st.binary(min_size=1, max_size=cobs.BYTES_MOST)
SHORT = st.binary(min_size=1, max_size=cobs.MESSAGE_BYTES)
CALM = settings(derandomize=True, deadline=None, max_examples=300)


def written(message):
    out = bytearray(len(message) + cobs.WRITTEN_MORE)
    n = cobs.write(out, bytearray(message), len(message))
    return bytes(out[:n])


def read(stream, room=cobs.BYTES_MOST + 2, reader=None):
    buf = bytearray(room)
    reader = reader or cobs.Reader(buf)
    reader._buf = buf
    found = []
    for byte in stream:
        n = reader.take(byte)
        if n:
            found.append(bytes(buf[:n]))
    return found, reader


def plain_cobs(data):
    """COBS in another hand: cut at the zeros, each piece with its length in front (pieces stay under 254)."""
    return b"".join(bytes([len(piece) + 1]) + piece for piece in data.split(b"\0"))


@CALM
@given(MESSAGE)
@example(b"\0" * cobs.BYTES_MOST)
@example(bytes([255]) * cobs.BYTES_MOST)
@example(b"\0")
def test_what_is_written_is_read_and_holds_no_zero_inside(message):
    stream = written(message)
    assert stream[0] == stream[-1] == 0 and 0 not in stream[1:-1]
    found, reader = read(stream)
    assert found == [message] and (reader.good, reader.bad) == (1, 0)


@CALM
@given(st.binary(min_size=1, max_size=200))
def test_it_is_the_cobs_of_the_paper(message):
    crc = crc16(message, 0, len(message))
    assert written(message)[1:-1] == plain_cobs(message + bytes([crc >> 8, crc & 255]))


@CALM
@given(st.lists(SHORT, min_size=1, max_size=6), st.lists(st.binary(max_size=120), min_size=7, max_size=7))
def test_noise_between_messages_costs_no_message(messages, noise):
    stream = b"".join(hiss + written(message) for hiss, message in zip(noise, messages)) + noise[-1]
    found, reader = read(stream, cobs.MESSAGE_BYTES + 2)
    assert found == messages and reader.good == len(messages)
    pieces = [piece for hiss in noise[: len(messages)] for piece in hiss.split(b"\0") if piece]
    tail = [piece for piece in noise[-1].split(b"\0")[:-1] if piece] if len(messages) < 7 else []
    assert reader.bad == len(pieces) + len(tail)


@CALM
@given(SHORT, st.integers(0, 85), st.integers(1, 255))
def test_a_byte_that_changed_gives_no_wrong_message(message, at, flip):
    stream = bytearray(written(message) + written(b"after"))
    stream[1 + at % (len(written(message)) - 2)] ^= flip
    found, reader = read(stream)
    assert found[-1] == b"after" and all(part in (message, b"after") for part in found) and reader.bad >= 1


@CALM
@given(st.binary(max_size=600))
def test_any_bytes_are_safe(stream):
    found, reader = read(stream, 40)
    assert all(1 <= len(part) <= 38 for part in found) and reader.good == len(found)


@CALM
@given(SHORT, st.integers(0, 90))
def test_half_a_message_and_an_unplugged_cable_spoil_only_themselves(message, cut):
    stream = written(message)
    half = stream[: cut % len(stream)]
    found, _ = read(half + written(b"again"))
    assert found in ([b"again"], [message, b"again"]) and (len(found) == 1 or half == stream[:-1])


def test_a_message_too_long_for_the_lent_buffer_is_bad_and_overruns_nothing():
    found, reader = read(written(b"x" * 60) + written(b"short"), room=20)
    assert found == [b"short"] and reader.bad == 1


@pytest.mark.parametrize("end", [b"\0", b"\x01\0"])
def test_a_full_block_of_another_writer_is_read(end):
    # 254 bytes and no zero: code 0xFF, after which no zero is meant; our own writer stops before it
    data = bytes(range(1, 253))
    crc = crc16(data, 0, 252)
    assert crc >> 8 and crc & 255
    assert read(b"\0\xff" + data + bytes([crc >> 8, crc & 255]) + end, 300)[0] == [data]


def test_ask_holds_no_ctrl_c():
    assert 3 not in written(bytes([cobs.ASK]))


LOCKED = """
import sys
sys.path[:0] = sys.argv[1:]
import micropython
from firmware.link import cobs
buf = bytearray(range(80))
out = bytearray(80 + cobs.WRITTEN_MORE)
back = bytearray(82)
reader = cobs.Reader(back)


def turns():
    got = 0
    for turn in range(200):
        n = cobs.write(out, buf, 1 + turn % 80)
        for i in range(n):
            got += 1 if reader.take(out[i] ^ (8 if i == 5 and turn % 7 == 0 else 0)) else 0
    return got


got = 0
micropython.heap_lock()
got = turns()
micropython.heap_unlock()
print(got, reader.good, reader.bad > 20)
"""


def test_both_directions_allocate_nothing(either, tmp_path):
    script = tmp_path / "locked.py"
    script.write_text(LOCKED)
    got, good, bad = lived(either, script, ROOT).split()
    assert got == good and int(got) >= 160 and bad == "True"
