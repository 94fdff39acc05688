"""What does a hallway ask of a board and of its routes? The faces that the metal and every stand-in for it must have.

firmware/app.py, bridge.py and lifeboat.py are handed a board, and call nothing of it but what stands here.
host_tests/test_faces.py holds the real classes and the stand-ins against it: all members, and the same arity.
"""

from array import array
from collections.abc import Callable, Sequence
from typing import Protocol


class Button(Protocol):
    """The button, the clip and the function button."""

    def level(self) -> int:
        """Return 1 while it is pressed, or the clip is closed."""


class Motor(Protocol):
    """What the wearer feels."""

    def level(self, level: int) -> bool:
        """Run at `level`, 0 to 255; return whether it could be told."""


class Accel(Protocol):
    """The accelerometer. watches: it can wake the chip; lying: it is to; stirred: it has."""

    watches: bool
    lying: bool
    stirred: bool

    def read(self, block: "array[int]") -> int:
        """Put the samples that wait into `block`, mg, x, y and z by turns; return how many samples. Raises OSError."""

    def self_test(self, rest: Callable[[int], None]) -> bool:
        """Return whether it measures what it should; rest(ms) waits."""


class Sleep(Protocol):
    """What puts the chip to sleep."""

    def nap(self, ms: int, lying: bool = False) -> bool:
        """Sleep for `ms` at most; return whether it slept. lying: until the sensor feels a movement, too."""


class Battery(Protocol):
    """The cell."""

    def percent(self) -> int:
        """Return 0 to 100."""

    def charging(self) -> bool:
        """Return whether it is on its charger."""


class Route(Protocol):
    """A way to a gateway. metered: whether the law counts what it sends."""

    metered: bool

    def up(self) -> bool:
        """Return whether it can carry frames by now."""

    def linked(self) -> bool:
        """Return whether there is somebody at the other end, as far as it knows."""

    def tend(self, now: int) -> None:
        """Do what is due at `now`, ms of the badge's clock."""

    def ready(self, n: int, is_alarm: bool, now: int, tries: int = 0) -> bool:
        """Return whether a frame of `n` bytes may go now; tries: how often it has gone."""

    def busy_ms(self, n: int) -> int:
        """Return how long no answer can be heard after a frame of `n` bytes has gone, ms."""

    def send(self, buf: bytearray, n: int, is_alarm: bool = False) -> bool:
        """Send `buf[:n]`; return whether it is on its way."""

    def receive(self, buf: bytearray) -> int:
        """Put a frame that has come into `buf`; return its bytes, 0 for none."""

    def answered(self) -> None:
        """Hear that what has just come was an answer that opened."""

    def doze(self, on: bool) -> None:
        """Listen by turns from now on, or all the time."""


class Nearby(Protocol):
    """What looks around."""

    def tend(self, now: int) -> None:
        """Look around where that is due at `now`, ms of the badge's clock."""


class Board(Protocol):
    """A board. clip, function, sleep, nearby: None where it has none."""

    button: Button
    motor: Motor
    accel: Accel
    battery: Battery
    clip: Button | None
    function: Button | None
    routes: Sequence[Route]
    store: object
    memory: object
    sleep: Sleep | None
    nearby: Nearby | None

    def now(self) -> int:
        """Return the badge's clock, ms, 0 .. 2^30 - 1."""

    def rest(self, ms: int) -> None:
        """Do nothing for `ms`."""

    def trouble(self) -> bool:
        """Return whether a part gives no answer."""

    def no_lora(self, now: int) -> bool:
        """Return whether there should be LoRa, and is none."""

    def watch(self, ms: int) -> None:
        """Reset the chip unless `feed` is called every `ms`."""

    def feed(self) -> None:
        """Tell the watchdog that all is well."""

    def reset(self) -> None:
        """Start again."""
