"""Where is the gateway, when the pairing has its name and not its address? Asked for without waiting.

The port's getaddrinfo returns when it knows: 7 s for each name server that is silent (lwIP, src/core/dns.c: four tries,
after 1, 1, 2 and 3 s), 5 s for a name under .local (ports/esp32/modsocket.c). Meanwhile no press is seen, and with two
such servers the watchdog comes first. So one datagram asks (RFC 1035, 4.1), and each call of `look` sees whether the
answer is there. A name under .local is asked of the whole house (RFC 6762, 6.7: whoever asks from another port than
5353 is answered alone, with the question repeated). After three questions in vain there is a pause, which grows.
"""

import socket

from firmware.ticks import after, due, since
from micropython import const

_ASK_MS = const(1000)
_ASKED_MOST = const(3)
_PAUSE_FIRST_MS = const(500)
_PAUSE_MOST_MS = const(8000)
_ANSWER_BYTES = const(512)  # RFC 1035, 4.2.1
_HEAD = const(12)
_SERVER_PORT = const(53)
_HOUSE = ("224.0.0.251", 5353)


class Resolver:
    """Looks for `host`, a name of labels with 1 to 63 letters."""

    def __init__(self, host):
        query = bytearray(b"\0\0\1\0\0\1\0\0\0\0\0\0")
        for label in host.split("."):
            query.append(len(label))
            query += label.encode()
        query += b"\0\0\1\0\1"
        self._query = query
        self._local = host.endswith(".local")
        self._last = ""
        self._socket = None
        self._asked = 0
        self._pause_ms = 0  # from `_at` on, where nobody has answered
        self._at = 0

    def look(self, server, now):
        """Return the address; "" while nobody has said it, and that of last time when nobody does in 3 s.

        server: address of the name server. Call it every 100 ms or so while it returns "".
        """
        try:
            return self._look(server, now)
        except OSError:  # not even asked: no socket, no way there
            return self._end(now)

    def close(self):
        """Look no further."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _look(self, server, now):
        if self._socket is None:
            if self._pause_ms and 0 <= since(self._at, now) < self._pause_ms:
                return self._last
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
            self._asked = 0
        elif not due(self._at, now):
            return self._hear()
        if self._asked == _ASKED_MOST:
            return self._end(now)
        self._asked += 1
        self._at = after(now, _ASK_MS)
        self._query[0] = now >> 8 & 0xFF  # an answer to an earlier question is none
        self._query[1] = now & 0xFF
        host, port = _HOUSE if self._local else (server, _SERVER_PORT)
        self._socket.sendto(self._query, socket.getaddrinfo(host, port)[0][-1])
        return ""

    def _end(self, now):
        self.close()
        self._pause_ms = min(2 * self._pause_ms or _PAUSE_FIRST_MS, _PAUSE_MOST_MS)
        self._at = now
        return self._last

    def _hear(self):
        try:
            data = self._socket.recv(_ANSWER_BYTES)
        except OSError:  # nothing yet
            return ""
        found = address_in(data, self._query)
        if found:
            self._last = found
            self._pause_ms = 0
            self.close()
        return found


def address_in(data, query):
    """Return the first address that `data` gives in answer to `query`, "" for none. Any bytes are safe."""
    at = len(query)
    if len(data) < at or data[2] & 0x80 == 0 or data[3] & 0x0F:
        return ""
    for i in range(at):
        if data[i] != query[i] and (i < 2 or i >= _HEAD):
            return ""
    for _ in range(data[6] << 8 | data[7]):
        at = _past_name(data, at)
        if at + 10 > len(data):
            return ""
        size = data[at + 8] << 8 | data[at + 9]
        is_address = data[at + 1] == 1 and not data[at] and data[at + 3] == 1 and not data[at + 2] & 0x7F
        at += 10
        if is_address and size == 4 and at + 4 <= len(data):
            return "%d.%d.%d.%d" % (data[at], data[at + 1], data[at + 2], data[at + 3])
        at += size
    return ""


def _past_name(data, at):
    # labels until an empty one, or until a pointer
    while at < len(data) and data[at]:
        if data[at] & 0xC0:
            return at + 2
        at += 1 + data[at]
    return at + 1
