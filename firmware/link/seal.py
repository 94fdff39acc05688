"""How is a frame made so that nobody without the key can read, forge or change it?

AES-128-CCM in the form of RFC 3610 with an 8-byte tag (M = 8) and a 2-byte length (L = 2), so a nonce has 13 bytes.
MicroPython's cryptolib offers AES in ECB and CBC on the ESP32, but neither CTR nor CCM nor GCM: CCM needs only the
block cipher's forward direction, so it is built here on ECB. The result is checked against the vectors of the RFC and
against the `cryptography` package.

    frame before sealing   head (read by anyone, authenticated) | body
    frame after sealing    head                                 | body, encrypted | tag, 8 bytes

A nonce must never be used twice under one key. Making them so is the caller's duty; here they are just 13 bytes.
"""

from cryptolib import aes
from micropython import const

TAG_BYTES = const(8)
NONCE_BYTES = const(13)
KEY_BYTES = const(16)

_ECB = const(1)
_BLOCK = const(16)
# RFC 3610 2.2: flags = 64 * (head present) + 8 * ((M - 2) / 2) + (L - 1)
_FLAGS_MAC_HEAD = const(64 + 8 * 3 + 1)
_FLAGS_MAC_BARE = const(8 * 3 + 1)
_FLAGS_STREAM = const(1)

# Of whichever seal is at work: none is ever interrupted by another, and RAM is scarce.
_NONCE = bytearray(_BLOCK)
_STREAM = bytearray(_BLOCK)
_MAC = bytearray(_BLOCK)


class Seal:
    """Seals and opens frames in place under one 16-byte `key`. Raises ValueError for a key of another length."""

    def __init__(self, key):
        if len(key) != KEY_BYTES:
            raise ValueError("a key has 16 bytes")
        self._aes = aes(key, _ECB)

    def close(self, nonce, frame, head, length):
        """Seal `frame[:length]`, whose first `head` bytes stay readable, and return the sealed length.

        nonce: 13 bytes, never used before under this key. frame: bytearray with room for 8 bytes after `length`.
        """
        self._check(nonce, frame, head, length)
        self._block(nonce, 0)
        for i in range(TAG_BYTES):
            frame[length + i] = _MAC[i] ^ _STREAM[i]
        self._crypt(nonce, frame, head, length)
        return length + TAG_BYTES

    def derive(self, buf, at):
        """Return the key that follows this one, made from the 16 secret bytes of `buf` from `at`."""
        key = bytearray(KEY_BYTES)
        self._aes.encrypt(bytes(buf[at : at + KEY_BYTES]), key)
        return bytes(key)

    def open(self, nonce, frame, head, length):
        """Open `frame[:length]` in place; return the length without the tag, or -1 if it is not ours.

        A refused frame's bytes are of no use afterwards and must not be read.
        """
        end = length - TAG_BYTES
        if end < head:
            return -1
        self._crypt(nonce, frame, head, end)
        self._check(nonce, frame, head, end)
        self._block(nonce, 0)
        wrong = 0
        for i in range(TAG_BYTES):  # every byte is compared, so that the time taken tells nothing
            wrong |= frame[end + i] ^ _MAC[i] ^ _STREAM[i]
        return -1 if wrong else end

    def _block(self, nonce, counter):
        # RFC 3610 2.3: A_i = flags | nonce | i, and S_i = E(A_i)
        block = _NONCE
        block[0] = _FLAGS_STREAM
        for i in range(NONCE_BYTES):
            block[1 + i] = nonce[i]
        block[14] = counter >> 8
        block[15] = counter & 0xFF
        self._aes.encrypt(block, _STREAM)

    def _crypt(self, nonce, frame, head, end):
        counter = 0
        for at in range(head, end, _BLOCK):
            counter += 1
            self._block(nonce, counter)
            for i in range(min(_BLOCK, end - at)):
                frame[at + i] ^= _STREAM[i]

    def _check(self, nonce, frame, head, end):
        # RFC 3610 2.2: CBC-MAC over B_0 | length of head | head, padded | body, padded
        mac = _MAC
        mac[0] = _FLAGS_MAC_HEAD if head else _FLAGS_MAC_BARE
        for i in range(NONCE_BYTES):
            mac[1 + i] = nonce[i]
        mac[14] = (end - head) >> 8
        mac[15] = (end - head) & 0xFF
        self._next()
        if head:
            mac[0] ^= head >> 8
            mac[1] ^= head & 0xFF
            self._add(frame, 0, head, 2)
        self._add(frame, head, end, 0)

    def _add(self, frame, at, end, place):
        mac = _MAC
        while at < end:
            mac[place] ^= frame[at]
            at += 1
            place += 1
            if place == _BLOCK:
                self._next()
                place = 0
        if place:
            self._next()

    def _next(self):
        # Not in place: the unix builds take an output buffer without allocating, in place they do not.
        self._aes.encrypt(_MAC, _STREAM)
        for i in range(_BLOCK):
            _MAC[i] = _STREAM[i]
