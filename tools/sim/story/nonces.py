"""Is no nonce used twice? S3: whoever hears two frames under one nonce and one key can read both, and forge others.

Who speaks, to or from whom, and under which counter stands in the head of each frame, and makes its nonce.
"""

from collections.abc import Sequence

from firmware.link import frame
from tools.gateway.datagrams import Datagram
from tools.sim.story.listener import Listener
from tools.sim.story.promises import Promises
from tools.sim.story.wearer import Wearer
from tools.sim.story.world import World

_STREAMS = {frame.ACK: frame.STREAM_ACK, frame.GROUP_CALL: frame.STREAM_GROUP}


class Nonces(Listener):
    """Breaks promises in the Promises of its World."""

    def __init__(self, world: World, promises: Promises) -> None:
        self._world, self._promises = world, promises
        self._frames: dict[tuple[int, bytes], bytes] = {}
        # of uplinks, by badge and their low half, which is all that an ack says of them
        self._counters: dict[tuple[bytes, bytes], set[bytes]] = {}

    def sent(self, person: Wearer, data: bytes) -> None:
        """A badge has sent a frame."""
        self._once((frame.STREAM_UP, data[1:7]), data, f"{person.name}'s badge")

    def heard(self, uplinks: Sequence[Datagram]) -> None:
        """Gateways get datagrams."""
        for data, _ in uplinks:
            self._counters.setdefault((data[1:3], data[5:7]), set()).add(data[3:5])

    def spoken(self, data: bytes) -> None:
        """A gateway has sent a frame."""
        stream = _STREAMS.get(data[0], frame.STREAM_DOWN)
        if stream == frame.STREAM_ACK and len(self._counters[data[1:3], data[4:6]]) > 1:
            return  # a thief counts elsewhere
        self._once((stream, data[1 : 6 if stream == frame.STREAM_ACK else 8]), data, "a gateway")

    def _once(self, key: tuple[int, bytes], data: bytes, who: str) -> None:
        if self._frames.setdefault(key, data) != data:
            self._promises.break_("S3", self._world.now, f"{who} has used a counter twice, for type {data[0]}")
