"""How do bridges get their turn in the gateway's loop? Their ports wake it, and time that matters to them is monotonic.

A clock that is set must not silence a bridge, so the Bridges never see the time of day.
"""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from firmware.link import frame
from tools.gateway import lent_ports
from tools.gateway.bridges import Bridges, usb_ports
from tools.gateway.core.rows import Address
from tools.gateway.datagrams import Datagram

WAITING_S = 0.02  # a downlink waits for its turn
LEVELS_MOST = 64  # of thirty badges that call at once two each


def finder(ports: Sequence[str] | None) -> Callable[[], list[str]]:
    """Return what finds the ports named, while they are there; for None, all USB ports that may hold a bridge."""
    if ports is None:
        return usb_ports
    return lambda: [port for port in ports if os.path.exists(port)]


def ours(ports: list[str], folder: Path) -> list[str]:
    """Return those of `ports` that are not lent."""
    lent = lent_ports.lent(folder, time.time())
    return [port for port in ports if os.path.realpath(port) not in lent] if lent else ports


class Cables:
    """The `bridges` of a running loop. ports: see `finder`. arrived(): called when bytes wait at a port.

    folder: the gateway's, where a port may be lent (tools/gateway/lent_ports.py), None without one.
    """

    def __init__(self, ports: Sequence[str] | None, arrived: Callable[[], None], folder: Path | None = None):
        loop = asyncio.get_running_loop()
        find = finder(ports)
        self.bridges = Bridges(
            find=(lambda: ours(find(), folder)) if folder else find, told=ports is not None,
            opened=lambda port: loop.add_reader(port.fileno(), arrived),
            closed=lambda port: loop.remove_reader(port.fileno()),
        )
        self.bridges.heard = self._note
        self._levels: dict[bytes, dict[int, int]] = {}  # of the latest SIGHTINGs: {bridge: dBm}

    def receive(self) -> list[Datagram]:
        """Look after the ports; return [(frame, address)] of what was heard."""
        now_ms = _now_ms()
        self.bridges.tend(now_ms)
        return self.bridges.receive(now_ms)

    def _note(self, one: tuple[int, bytes, int, float]) -> None:
        number, data, rssi_dbm, _ = one
        if data[0] == frame.SIGHTING:
            self._levels.setdefault(data, {})[number] = rssi_dbm
            while len(self._levels) > LEVELS_MOST:
                del self._levels[next(iter(self._levels))]

    def levels(self, data: bytes) -> list[tuple[int, int]]:
        """Return [(bridge, dBm)] of those that have heard this SIGHTING."""
        return sorted(self._levels.get(data, {}).items())

    def send(self, data: bytes, address: Address) -> None:
        """Send through the bridge at `address`, or the one that hears the badge better."""
        self.bridges.send(data, address, _now_ms())

    def rest_s(self, most_s: float) -> float:
        """Return how long the loop may wait for something to arrive, at most `most_s`."""
        return min(most_s, WAITING_S) if self.bridges.waiting() else most_s


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
