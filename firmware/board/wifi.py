"""How does a sealed frame travel over Wi-Fi, and who owns the connection?

One owner: `tend` connects, notices a loss, and starts again after a pause that grows. A socket that failed is closed
and made anew. A send that the network refuses is a False, never an exception.
"""

import select
import socket

from firmware.ticks import due
from micropython import const
from network import WLAN

_TRY_MS = const(8000)  # an access point that answers does so within 3 s; DHCP may take as long again
_PAUSE_FIRST_MS = const(500)
_PAUSE_MOST_MS = const(15000)
_IDLE = const(0)
_TRYING = const(1)
_JOINED = const(2)


class Wifi:
    """UDP to one gateway. host: a numeric address or a name; port: 1..65535."""

    metered = False  # nobody counts what it sends

    def __init__(self, ssid, password, host, port):
        self._ssid = ssid
        self._password = password
        self._host = host
        self._port = port
        self._wlan = WLAN(WLAN.IF_STA)
        self._socket = None
        self._poll = select.poll()
        self._broken = False
        self._state = _IDLE
        self._at = -1  # when the present state is given up; -1: at once
        self._pause_ms = _PAUSE_FIRST_MS
        self.failures = 0

    def up(self):
        """Return whether a frame can be sent now."""
        return self._socket is not None

    def linked(self):
        """Return whether there is a connection."""
        return self._socket is not None

    def ready(self, n, is_alarm, now):
        """Return whether a frame could be sent at once."""
        return self._socket is not None

    def busy_ms(self, n):
        """Return how long a frame keeps the gateway from being heard: not at all."""
        return 0

    def doze(self, wanted):
        """Choose low-power listening."""

    def tend(self, now):
        """Look after the connection; quick, call it often."""
        if self._wlan.isconnected():
            if self._state != _JOINED:
                self._state = _JOINED
                self._at = -1
            if self._broken:
                self._broken = False
                self._at = (now + _PAUSE_FIRST_MS) & 0x3FFFFFFF
            elif self._socket is None and (self._at < 0 or due(self._at, now)):
                self._open(now)
            return
        if self._state == _JOINED:
            self._close()
            self._state = _IDLE
            self._at = -1
        if self._at >= 0 and not due(self._at, now):
            return
        if self._state == _TRYING:
            self._fail(now)
        else:
            self._join(now)

    def send(self, buf, n, is_alarm=False, calls=False):
        """Send `buf[:n]`; return whether the network took it."""
        if self._socket is None:
            return False
        try:
            self._socket.send(memoryview(buf)[:n])
        except OSError:
            self._close()
            self._broken = True  # a new socket, but not at once
            self.failures += 1
            return False
        return True

    def receive(self, buf):
        """Read one datagram into `buf`; return its length, 0 for none."""
        if self._socket is None:
            return 0
        try:
            for _ in self._poll.ipoll(0):  # allocates nothing while the air is quiet
                data = self._socket.recv(len(buf))  # not readinto, which joins datagrams that wait
                buf[: len(data)] = data
                return len(data)
        except OSError:  # a gateway that is just starting refuses; the socket is still good
            self.failures += 1
        return 0

    def _join(self, now):
        try:
            self._wlan.active(True)
            self._wlan.disconnect()
            self._wlan.connect(self._ssid, self._password or None)
        except OSError:
            self._fail(now)
            return
        self._state = _TRYING
        self._at = (now + _TRY_MS) & 0x3FFFFFFF

    def _fail(self, now):
        self.failures += 1
        self._state = _IDLE
        self._at = (now + self._pause_ms) & 0x3FFFFFFF
        self._pause_ms = min(2 * self._pause_ms, _PAUSE_MOST_MS)

    def _open(self, now):
        made = None
        try:
            address = socket.getaddrinfo(self._host, self._port)[0][-1]
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            made.connect(address)
            made.setblocking(False)
        except OSError:
            if made is not None:
                made.close()
            self.failures += 1
            self._at = (now + _PAUSE_FIRST_MS) & 0x3FFFFFFF
            return
        self._poll.register(made, select.POLLIN)
        self._socket = made
        self._pause_ms = _PAUSE_FIRST_MS
        self._at = -1

    def _close(self):
        if self._socket is not None:
            self._poll.unregister(self._socket)
            self._socket.close()
            self._socket = None
