"""How do datagrams come in from the network, and in which order? The socket is drained, and alarms go first.

The kernel keeps what arrives during a commit; what it has no room for is lost, so it is given room. At each turn
everything is taken out, what can be no frame is counted and dropped at once, and what is left waits in two queues:
alarms and answers, and all else. So a flood of heartbeats, or of rubbish, is never in front of an alarm for longer than
one batch takes.
"""

import logging
import socket
from collections import deque
from collections.abc import Callable, Iterable

from firmware.link import downlink, frame
from firmware.link.seal import TAG_BYTES
from tools.gateway.core.rows import BRIDGE, Address

Datagram = tuple[bytes, Address]

KERNEL_BYTES = 4 << 20  # some five thousand frames; a kernel that allows less says so in the log
WAITING_MOST = 10_000  # datagrams, in each queue
BATCH_MOST = 500
REFUSED_AT_ONCE = 50  # from one source, and then so many in a second
REFUSED_PER_S = 5  # a badge that nobody knows says less
SOURCES_MOST = 10_000
KNOWN_MOST = 200_000  # three for each badge that there may be
TAKEN_MOST = 4096  # at one turn: who sends without end must not keep us from answering
_DATAGRAM_BYTES = 64  # more than any frame has: what is longer is cut, and is still too long
_URGENT = (frame.ALARM, frame.ANSWER)
UPLINKS = (frame.ALARM, frame.HEARTBEAT, frame.ANSWER, frame.TOLD, frame.WISH, frame.CALLED, frame.REPORT,
           frame.ABLE, frame.REFUSED, frame.SIGHTING)
_log = logging.getLogger(__name__)


def misshapen(data: bytes) -> str:
    """Return why `data` can be no frame of a badge, "" if it may be one."""
    if not data or data[0] not in UPLINKS:
        return "type"
    return "" if downlink.fits(data[0], len(data) - TAG_BYTES) else "length"


class Queue:
    """What has come in and was not heard yet. refuse(reason): called for what is dropped."""

    def __init__(self, refuse: Callable[[str], None]):
        self._refuse = refuse
        self._urgent: deque[Datagram] = deque()
        self._other: deque[Datagram] = deque()

    def __len__(self) -> int:
        return len(self._urgent) + len(self._other)

    def add(self, datagrams: Iterable[Datagram]) -> None:
        """Let datagrams wait; those that can be no frame do not."""
        for datagram in datagrams:
            reason = misshapen(datagram[0])
            queue = self._urgent if not reason and datagram[0][0] in _URGENT else self._other
            if reason or len(queue) >= WAITING_MOST:
                self._refuse(reason or "too many")
            else:
                queue.append(datagram)

    def batch(self, most: int = BATCH_MOST) -> list[Datagram]:
        """Take out what is to share the next commit: the urgent alone if there are any, else the others."""
        queue = self._urgent or self._other
        return [queue.popleft() for _ in range(min(most, len(queue)))]

    def put_back(self, batch: list[Datagram]) -> None:
        """Let a batch wait again, in front of all else: it could not be stored just now."""
        for datagram in reversed(batch):
            (self._urgent if datagram[0][0] in _URGENT else self._other).appendleft(datagram)


class Sources:
    """Who has only ever been refused may ask so often, and is then dropped unread. A source is (host, port).

    It spares the gateway work and no more: whoever can send under many addresses is not held by it, and must not matter
    either. Bridges are never dropped: behind one are many badges.
    """

    def __init__(self) -> None:
        self._known: dict[Address, int] = {}  # of those that were believed once
        self._refused: dict[Address, tuple[float, int]] = {}  # how many tokens each had, and when

    def may_ask(self, address: Address, now_ms: int) -> bool:
        """Return whether what comes from there is read."""
        if address not in self._refused:
            return True
        return self._tokens(address, now_ms) >= 1

    def _tokens(self, address: Address, now_ms: int) -> float:
        tokens, then_ms = self._refused.get(address, (REFUSED_AT_ONCE, now_ms))
        return min(REFUSED_AT_ONCE, tokens + max(0, now_ms - then_ms) * REFUSED_PER_S / 1000)

    def refused(self, address: Address, now_ms: int) -> None:
        """What came from there was refused."""
        if address[0] == BRIDGE or address in self._known:
            return
        tokens = self._tokens(address, now_ms)
        while len(self._refused) >= SOURCES_MOST:
            del self._refused[next(iter(self._refused))]
        self._refused[address] = (tokens - 1, now_ms)

    def believed(self, address: Address) -> None:
        """What came from there was sealed by a badge of the house."""
        if address in self._known:
            return
        self._refused.pop(address, None)
        while len(self._known) >= KNOWN_MOST:
            del self._known[next(iter(self._known))]
        self._known[address] = 1


class Network:
    """The UDP port of the badges. Raises OSError when `host` and `port` cannot be had."""

    def __init__(self, host: str, port: int):
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        self._socket = socket.socket(family, kind, protocol)
        try:
            self._socket.setblocking(False)
            self._room()
            self._socket.bind(address)
        except OSError:
            self._socket.close()
            raise
        self.unreachable = 0  # what could not be sent; its repeats wait in the database

    def _room(self) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
        given = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        if given < KERNEL_BYTES:
            _log.info("the kernel keeps %d KB of datagrams, %d were asked for: net.core.rmem_max", given >> 10,
                      KERNEL_BYTES >> 10)

    @property
    def port(self) -> int:
        """The port's number."""
        return self._socket.getsockname()[1]

    def fileno(self) -> int:
        """Return what a loop can wait on."""
        return self._socket.fileno()

    def receive(self) -> list[Datagram]:
        """Take out all that has arrived."""
        taken: list[Datagram] = []
        take = self._socket.recvfrom
        while len(taken) < TAKEN_MOST:
            try:
                taken.append(take(_DATAGRAM_BYTES))
            except BlockingIOError:
                break
            except OSError:  # somebody's refusal of what we sent; the next may be a frame
                self.unreachable += 1
                break
        return taken

    def send(self, data: bytes, address: Address) -> None:
        """Send a datagram; one that cannot be sent is counted, and said again later as any that is lost."""
        try:
            socket.inet_pton(self._socket.family, address[0])  # sendto would ask the DNS for a name, and all would wait
            self._socket.sendto(data, address)
        except (OSError, ValueError, TypeError, OverflowError):  # a bit has flipped in the address, or nobody is there
            self.unreachable += 1

    def close(self) -> None:
        """Let go of the port."""
        self._socket.close()
