"""How does a virtual badge reach its gateway? Real UDP, on the loopback only, while the simulated Wi-Fi is joined.

TCP, by which it fetches an update, likewise; while the air is cut nothing comes and nothing goes, and no end is seen.

After the ESP32 port: addresses are (host, port); no network is OSError EHOSTUNREACH; a port that nobody listens on is
not noticed, since lwIP does not hand ICMP errors to UDP sockets. What arrives during a cut is lost.
"""

import io

import usocket
from network import WLAN

AF_INET = 2
SOCK_STREAM = 1
SOCK_DGRAM = 2

_EAGAIN = 11
_EINVAL = 22
_FILENO = 10  # the ioctl by which select finds the real socket
_ECONNREFUSED = 111
_EHOSTUNREACH = 113
_NO_SUCH_NAME = -2

_wlan = WLAN(WLAN.IF_STA)


def getaddrinfo(host, port, af=0, type=0, proto=0, flags=0):
    """Return [(family, kind, 0, "", (address, port))]. Raises OSError for a name the loopback does not know."""
    if host == "localhost":
        host = "127.0.0.1"
    parts = host.split(".")
    if len(parts) != 4 or not all([part.isdigit() and int(part) < 256 for part in parts]):
        raise OSError(_NO_SUCH_NAME)
    return [(AF_INET, type or SOCK_STREAM, 0, "", (host, port))]


def _real(address):
    host, port = address
    if not host.startswith("127."):
        raise OSError(_EHOSTUNREACH)
    return usocket.getaddrinfo(host, port)[0][-1]


class socket(io.IOBase):
    """A UDP socket, or one for TCP that never waits."""

    def __init__(self, af=AF_INET, type=SOCK_STREAM, proto=0):
        if af != AF_INET or type not in (SOCK_DGRAM, SOCK_STREAM):
            raise OSError(_EINVAL)
        self._stream = type == SOCK_STREAM
        kind = usocket.SOCK_STREAM if self._stream else usocket.SOCK_DGRAM
        self._socket = usocket.socket(usocket.AF_INET, kind)

    def connect(self, address):
        """Send to and hear from this address only."""
        self._socket.connect(_real(address))

    def setblocking(self, flag):
        """Wait in `recv`, or not."""
        self._socket.setblocking(flag)

    def send(self, data):
        """Send one datagram; return its length."""
        if not _wlan.isconnected():
            raise OSError(_EHOSTUNREACH)
        try:
            return self._socket.send(data)
        except OSError as error:
            if error.errno != _ECONNREFUSED:
                raise
            # that was the answer to an earlier datagram, and it is used up now
            return self._socket.send(data)

    def recv(self, bufsize):
        """Return one datagram's first `bufsize` bytes, or so many of a stream. Raises OSError EAGAIN if none waits."""
        if self._stream:
            if not _wlan.isconnected():
                raise OSError(_EAGAIN)
            return self._socket.recv(bufsize)
        while True:
            try:
                data = self._socket.recv(bufsize)
            except OSError as error:
                if error.errno != _ECONNREFUSED:
                    raise
                continue
            if _wlan.isconnected():
                return data

    def ioctl(self, request, argument):
        """Answer select's question for the file behind; nothing else is known."""
        return self._socket.fileno() if request == _FILENO else -1

    def close(self):
        """Give the socket back."""
        self._socket.close()
