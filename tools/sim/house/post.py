"""Where does a bridge stand in the house? The real bridge hallway on a simulated radio, and its cable to the gateway.

The hallway's tasks are not run by asyncio: their rounds are called when something has happened, on its grid of 5 ms.
The cable has the time that 40 bytes take at 115,200 baud; its gateway's end has pyserial's face.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from firmware.board.lora import LOOKING, RESTING, SENDING
from firmware.board.radio import Radio
from firmware.bridge import Bridge
from tools.sim.air import channel as air_channel
from tools.sim.air.modem import Pocket

from .modem import Modem
from .wearer import CHANNEL, Channel

if TYPE_CHECKING:
    from tools.sim.air.channel import Air

TURN_US = 5_000
CABLE_US = 4_000


class Post:
    """One bridge. `path`: the name of its port. arrived(): called when bytes reach the gateway's end."""

    def __init__(self, air: "Air", number: int, x_m: float, y_m: float, arrived: Callable[[], None],
                 channel: Channel = CHANNEL) -> None:
        self.clock = air.clock
        self._phase_us = 1700 * number
        self._event: int | None = None
        self._at_us = 0
        self.path = f"/dev/ttyUSB{number}"
        self.radio = air_channel.Radio(air, x_m, y_m)
        air.ears.add(self.radio)
        pocket = Pocket()

        def make(khz: int, sf: int, dbm: int) -> Modem:
            return Modem(self.radio, khz, sf, self, dbm)

        self.lora = Radio(make, pocket, channel, pocket, pocket)
        self.bridge = Bridge(self, {"number": number, "lora": channel}, self.lora, self)
        self.memory = self
        self.dips = 0
        self._arrived = arrived
        self._to_bridge = bytearray()
        self._to_gateway = bytearray()
        self.wake()

    def now(self) -> int:
        """Return the time as badges count it, ms; three seconds before the wrap at the beginning."""
        return (self.clock.now_us // 1000 + 2**30 - 3000) & 0x3FFFFFFF

    def sends(self, payload: bytes) -> None:
        """The radio begins to send."""

    def wake(self) -> None:
        """Have a turn soon."""
        self._wake_in(0)

    def _wake_in(self, ms: int) -> None:
        # at the first moment of its grid, or sooner if one is arranged
        at_us = self.clock.now_us + 1000 * ms
        at_us += (self._phase_us - at_us) % TURN_US
        if self._event is None or at_us < self._at_us:
            self.clock.cancel(self._event)
            self._at_us = at_us
            self._event = self.clock.at(at_us, self._turn)

    def _turn(self) -> None:
        # a round of each task
        self._event = None
        now = self.now()
        self.bridge.turn_line(now)
        self.bridge.turn_mind(now)
        self.bridge.turn_air(now)
        if self.lora.state == RESTING:
            self._wake_in(5)
        elif self.lora.state == LOOKING or self.lora.state == SENDING:
            self._wake_in(200)  # the modem wakes it before
        else:
            self._wake_in(100 if self.bridge.waiting() else 1000)

    # The cable, from the bridge's side

    def raw(self, on: bool) -> None:
        """Be a console, or not."""

    def read(self, buf: bytearray) -> int:
        """Give the bridge what has come."""
        n = min(len(buf), len(self._to_bridge))
        buf[:n] = self._to_bridge[:n]
        del self._to_bridge[:n]
        if self._to_bridge:
            self._wake_in(5)
        return n

    def write(self, buf: bytearray, n: int) -> bool:
        """Carry bytes to the gateway."""
        self.clock.at(self.clock.now_us + CABLE_US, self._up, bytes(buf[:n]))
        return True

    def _up(self, data: bytes) -> None:
        self._to_gateway += data
        self._arrived()

    def _down(self, data: bytes) -> None:
        self._to_bridge += data
        self.wake()

    def port(self) -> "_Port":
        """Return the gateway's end."""
        return _Port(self)


class _Port:
    def __init__(self, post: Post) -> None:
        self._post = post

    def read(self, n: int) -> bytes:
        data = bytes(self._post._to_gateway[:n])
        del self._post._to_gateway[:n]
        return data

    def write(self, data: bytes) -> int:
        self._post.clock.at(self._post.clock.now_us + CABLE_US, self._post._down, bytes(data))
        return len(data)

    def close(self) -> None:
        pass
