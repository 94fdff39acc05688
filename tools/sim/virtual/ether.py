"""How do several virtual badges share one LoRa channel? Their SX1262s stand here, in one air, and each badge's SPI and
pins come over a socket.

A chip is surroundings, as the button is: what the firmware clocks in and reads goes to it in a datagram and waits for
the answer, so a chip's time is the machine's, and all chips have the same. One thread serves all, so nothing is shared.

    to a chip    who 1 | what 1: t transfer, n NSS, r reset, b BUSY, d DIO1 | bytes, or the level
    back         who 1 | bytes, or the level
"""

import socket
import threading
import time

from tools.sim.air.channel import Air, Radio
from tools.sim.air.clock import Clock
from tools.sim.chips.spi import SimSPI
from tools.sim.chips.sx1262 import SimSX1262

_ROOM = 1024
_TURN_S = 0.2


def _now_us() -> int:
    return time.monotonic_ns() // 1000


class Ether:
    """One LoRa channel. `air`: tools/sim/air, whose chances and losses may be set; hold `lock` meanwhile."""

    def __init__(self) -> None:
        self.air = Air(Clock(_now_us))
        self.lock = threading.Lock()
        self.chips: list[SimSX1262] = []
        self._buses: list[SimSPI] = []
        self._running = True
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(_TURN_S)
        self._thread = threading.Thread(target=self._work, name="ether", daemon=True)
        self._thread.start()

    def place(self, x_m: float = 0, y_m: float = 0) -> str:
        """Put a chip at this place; return what VirtualBadge wants as `ether`: "PORT NUMBER"."""
        with self.lock:
            chip = SimSX1262(self.air.clock, Radio(self.air, x_m, y_m))
            self.chips.append(chip)
            self._buses.append(SimSPI(chip))
            return f"{self._socket.getsockname()[1]} {len(self.chips) - 1}"

    def close(self) -> None:
        """End."""
        self._running = False
        self._thread.join()
        self._socket.close()

    def _work(self) -> None:
        while self._running:
            try:
                data, address = self._socket.recvfrom(_ROOM)
            except TimeoutError:
                continue
            with self.lock:
                self._socket.sendto(data[:1] + self._do(data[0], data[1:2], data[2:]), address)

    def _do(self, number: int, what: bytes, rest: bytes) -> bytes:
        chip = self.chips[number]
        if what == b"t":
            answer = bytearray(rest)
            self._buses[number].write_readinto(rest, answer)
            return bytes(answer)
        if what == b"n":
            chip.nss.value(rest[0])
        elif what == b"r":
            chip.reset.value(rest[0])
        elif what == b"b":
            return bytes((chip.is_busy(),))
        elif what == b"d":
            return bytes((chip.int1(),))
        return b"\0"
