"""What goes over the air, and when? A relay between the badges and the gateway that notes every frame's readable head.

Each badge is given its own socket towards the gateway, so that the gateway sees as many addresses as there are badges.
Nothing is opened or changed: the tap holds no key.
"""

import select
import socket
import threading
from collections.abc import Callable

from firmware.link.frame import get16
from tools.sim.virtual.badge import now_ms

_LOOPBACK = "127.0.0.1"
_FRAME_BYTES_MAX = 2048
_TURN_S = 0.2

Address = tuple[str, int]


class Tap:
    """Relays between `port`, which badges are paired to, and the gateway's `gateway_port`.

    on_frame(t_ms, device, type) is called for every frame that a badge sends, before it goes on.
    """

    def __init__(self, gateway_port: int, on_frame: Callable[[int, int, int], None]) -> None:
        self._gateway = (_LOOPBACK, gateway_port)
        self._on_frame = on_frame
        self._badges = self._open()
        self._onward: dict[Address, socket.socket] = {}  # badge's address: its socket towards the gateway
        self._address: dict[socket.socket, Address] = {}  # and back
        self._running = True
        self._thread = threading.Thread(target=self._work, name="tap", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The UDP port that badges send to."""
        port: int = self._badges.getsockname()[1]
        return port

    def close(self) -> None:
        """Stop relaying."""
        self._running = False
        self._thread.join()
        for each in (self._badges, *self._address):
            each.close()

    def _open(self) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind((_LOOPBACK, 0))
        made.setblocking(False)
        return made

    def _work(self) -> None:
        while self._running:
            ready, _, _ = select.select([self._badges, *self._address], [], [], _TURN_S)
            for each in ready:
                try:
                    data, address = each.recvfrom(_FRAME_BYTES_MAX)
                except OSError:  # the other end was not there for the frame before
                    continue
                if each is self._badges:
                    self._up(data, address)
                else:
                    self._badges.sendto(data, self._address[each])

    def _up(self, data: bytes, address: Address) -> None:
        if len(data) >= 3:
            self._on_frame(now_ms(), get16(data, 1), data[0])
        if address not in self._onward:
            made = self._open()
            self._onward[address] = made
            self._address[made] = address
        self._onward[address].sendto(data, self._gateway)
