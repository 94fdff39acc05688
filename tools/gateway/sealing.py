"""How does the gateway open and seal some thousand frames a second? The form of firmware/link/seal.py, by OpenSSL.

A test holds both against each other, byte for byte.
"""

import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from firmware.link import frame
from firmware.link.seal import TAG_BYTES

NONCE = struct.Struct(">BHBI5x")
_ACK_HEAD = struct.Struct(">BHBH")
_MOST = 4096  # ciphers that are kept; making one takes a microsecond, and a town has many keys


class Seals:
    """The ciphers of the keys that were used of late."""

    def __init__(self) -> None:
        self._known: dict[bytes, AESCCM] = {}

    def _of(self, key: bytes) -> AESCCM:
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            known = self._known[key] = AESCCM(key, tag_length=TAG_BYTES)
        return known

    def open(self, key: bytes, device: int, counter: int, data: bytes) -> bytes | None:
        """Return the bytes of an uplink without its seal, None if it was not sealed with `key`."""
        head = data[: frame.UP_HEAD]
        try:
            body = self._of(key).decrypt(NONCE.pack(frame.STREAM_UP, device, 0, counter), data[frame.UP_HEAD :], head)
        except InvalidTag:
            return None
        return head + body

    def ack(self, key: bytes, device: int, number: int, counter: int, status: int) -> bytes:
        """Return a sealed ACK of the uplink `counter` from the gateway `number`."""
        head = _ACK_HEAD.pack(frame.ACK, device, number, counter & 0xFFFF)
        nonce = NONCE.pack(frame.STREAM_ACK, device, number, counter)
        return head + self._of(key).encrypt(nonce, bytes((status,)), head)

    def down(self, key: bytes, stream: int, device: int, number: int, counter: int, data: bytes) -> bytes:
        """Return the downlink or group call `data`, sealed. device: or the number of the group's key."""
        head = data[: frame.DOWN_HEAD]
        nonce = NONCE.pack(stream, device, number, counter)
        return head + self._of(key).encrypt(nonce, data[frame.DOWN_HEAD :], head)
