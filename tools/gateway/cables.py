"""How do bridges get their turn in the gateway's loop? Their ports wake it, and time that matters to them is monotonic.

A clock that is set must not silence a bridge, so the Bridges never see the time of day.
"""

import asyncio
import os
import time

from firmware.link import frame
from tools.gateway import lent_ports
from tools.gateway.bridges import Bridges, usb_ports

WAITING_S = 0.02  # a downlink waits for its turn
LEVELS_MOST = 64  # of thirty badges that call at once two each


def finder(ports):
    """Return what finds the ports named, while they are there; for None, all USB ports that may hold a bridge."""
    if ports is None:
        return usb_ports
    return lambda: [port for port in ports if os.path.exists(port)]


def ours(ports, folder):
    """Return those of `ports` that are not lent."""
    lent = lent_ports.lent(folder, time.time())
    return [port for port in ports if os.path.realpath(port) not in lent] if lent else ports


class Cables:
    """The Bridges of a running loop. ports: see `finder`. arrived(): called when bytes wait at a port.

    folder: the gateway's, where a port may be lent (tools/gateway/lent_ports.py), None without one.
    """

    def __init__(self, ports, arrived, folder=None):
        loop = asyncio.get_running_loop()
        find = finder(ports)
        self._bridges = Bridges(
            find=(lambda: ours(find(), folder)) if folder else find, told=ports is not None,
            opened=lambda port: loop.add_reader(port.fileno(), arrived),
            closed=lambda port: loop.remove_reader(port.fileno()),
        )
        self._bridges.heard = self._note
        self._levels = {}  # of the latest SIGHTINGs: {bridge: dBm}

    def receive(self):
        """Look after the ports; return [(frame, address)] of what was heard."""
        now_ms = _now_ms()
        self._bridges.tend(now_ms)
        return self._bridges.receive(now_ms)

    def _note(self, one):
        number, data, rssi_dbm, _ = one
        if data[0] == frame.SIGHTING:
            self._levels.setdefault(data, {})[number] = rssi_dbm
            while len(self._levels) > LEVELS_MOST:
                del self._levels[next(iter(self._levels))]

    def levels(self, data):
        """Return [(bridge, dBm)] of those that have heard this SIGHTING."""
        return sorted(self._levels.get(data, {}).items())

    def send(self, data, address):
        """Send through the bridge at `address`, or the one that hears the badge better."""
        self._bridges.send(data, address, _now_ms())

    def rest_s(self, most_s):
        """Return how long the loop may wait for something to arrive, at most `most_s`."""
        return min(most_s, WAITING_S) if self._bridges.waiting() else most_s

    def facts(self):
        """Return one dict per open port: Bridges.facts."""
        return self._bridges.facts()

    def counts(self):
        """Return what went wrong, by reason."""
        return dict(self._bridges.counts)

    def close(self):
        """Leave all bridges."""
        self._bridges.close()


def _now_ms():
    return time.monotonic_ns() // 1_000_000
