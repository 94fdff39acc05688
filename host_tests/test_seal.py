"""Does the seal agree with the RFC and with an independent implementation, and refuse everything else?"""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from hypothesis import given
from hypothesis import strategies as st

from firmware.link.seal import TAG_BYTES, Seal

KEY = bytes(range(0xC0, 0xD0))

# RFC 3610, section 8, packet vectors 1 and 2: nonce, packet (8 bytes of head), sealed packet
VECTORS = [
    (
        "00000003020100a0a1a2a3a4a5",
        bytes(range(0x1F)).hex(),
        "0001020304050607588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0",
    ),
    (
        "00000004030201a0a1a2a3a4a5",
        bytes(range(0x20)).hex(),
        "000102030405060772c91a36e135f8cf291ca894085c87e3cc15c439c9e43a3ba091d56e10400916",
    ),
]


def close(key, nonce, head, body):
    frame = bytearray(head + body + bytes(TAG_BYTES))
    assert Seal(key).close(nonce, frame, len(head), len(head) + len(body)) == len(frame)
    return bytes(frame)


@pytest.mark.parametrize("nonce, packet, sealed", VECTORS)
def test_the_vectors_of_rfc_3610_hold(nonce, packet, sealed):
    nonce, packet = bytes.fromhex(nonce), bytes.fromhex(packet)
    assert close(KEY, nonce, packet[:8], packet[8:]).hex() == sealed


@given(
    st.binary(min_size=16, max_size=16), st.binary(min_size=13, max_size=13), st.binary(max_size=40),
    st.binary(max_size=60),
)
def test_an_independent_implementation_gives_the_same_bytes(key, nonce, head, body):
    assert close(key, nonce, head, body) == head + AESCCM(key, tag_length=8).encrypt(nonce, body, head)


@given(st.binary(min_size=13, max_size=13), st.binary(max_size=20), st.binary(max_size=40))
def test_what_was_closed_opens_to_the_same_bytes(nonce, head, body):
    frame = bytearray(close(KEY, nonce, head, body))
    assert Seal(KEY).open(nonce, frame, len(head), len(frame)) == len(head) + len(body)
    assert frame[: len(head) + len(body)] == head + body


@given(st.binary(min_size=1, max_size=40), st.data())
def test_any_changed_bit_is_refused(body, data):
    nonce, head = bytes(13), b"\x01\x02\x03"
    frame = bytearray(close(KEY, nonce, head, body))
    bit = data.draw(st.integers(0, len(frame) * 8 - 1))
    frame[bit // 8] ^= 1 << bit % 8
    assert Seal(KEY).open(nonce, frame, len(head), len(frame)) == -1


@given(st.binary(max_size=60), st.integers(0, 10))
def test_any_bytes_whatever_are_refused_without_an_exception(noise, head):
    assert Seal(KEY).open(bytes(13), bytearray(noise), head, len(noise)) == -1


def test_a_key_of_another_length_is_refused():
    with pytest.raises(ValueError):
        Seal(bytes(15))
