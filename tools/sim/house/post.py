"""Where does a bridge stand in the house? The real bridge hallway on a simulated radio, and its cable to the gateway.

The hallway's tasks are not run by asyncio: their rounds are called when something has happened, on its grid of 5 ms.
The cable has the time that 40 bytes take at 115,200 baud; its gateway's end has pyserial's face.
"""

from firmware.board.lora import LOOKING, RESTING, SENDING
from firmware.board.radio import Radio
from firmware.bridge import Bridge

from .air import HouseRadio, Modem
from .wearer import CHANNEL, Pocket, Sleeper

TURN_US = 5_000
CABLE_US = 4_000


class Post(Sleeper):
    """One bridge. `path`: the name of its port. arrived(): called when bytes reach the gateway's end."""

    def __init__(self, air, number, x_m, y_m, arrived, channel=CHANNEL):
        super().__init__(air.clock, TURN_US, 1700 * number)
        self.path = f"/dev/ttyUSB{number}"
        self.radio = HouseRadio(air, x_m, y_m)
        air.ears.add(self.radio)
        pocket = Pocket()

        def make(khz, sf, dbm):
            return Modem(self.radio, khz, sf, self.wake, dbm)

        self.lora = Radio(make, pocket, channel, pocket, pocket)
        self.bridge = Bridge(self, {"number": number, "lora": channel}, self.lora, self)
        self.memory = self
        self.dips = 0
        self._arrived = arrived
        self._to_bridge = bytearray()
        self._to_gateway = bytearray()
        self.wake()

    def turn(self):
        """Do a round of each task."""
        now = self.now()
        self.bridge.turn_line(now)
        self.bridge.turn_mind(now)
        self.bridge.turn_air(now)
        if self.lora.state == RESTING:
            self.wake_in(5)
        elif self.lora.state == LOOKING or self.lora.state == SENDING:
            self.wake_in(200)  # the modem wakes it before
        else:
            self.wake_in(100 if self.bridge.waiting() else 1000)

    # The cable, from the bridge's side

    def raw(self, on):
        """Be a console, or not."""

    def read(self, buf):
        """Give the bridge what has come."""
        n = min(len(buf), len(self._to_bridge))
        buf[:n] = self._to_bridge[:n]
        del self._to_bridge[:n]
        if self._to_bridge:
            self.wake_in(5)
        return n

    def write(self, buf, n):
        """Carry bytes to the gateway."""
        self.clock.at(self.clock.now_us + CABLE_US, self._up, bytes(buf[:n]))
        return True

    def _up(self, data):
        self._to_gateway += data
        self._arrived()

    def _down(self, data):
        self._to_bridge += data
        self.wake()

    def port(self):
        """Return the gateway's end."""
        return _Port(self)


class _Port:
    def __init__(self, post):
        self._post = post

    def read(self, n):
        data = bytes(self._post._to_gateway[:n])
        del self._post._to_gateway[:n]
        return data

    def write(self, data):
        self._post.clock.at(self._post.clock.now_us + CABLE_US, self._post._down, bytes(data))
        return len(data)

    def close(self):
        pass
