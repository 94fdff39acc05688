"""Which board does a badge of the story have? One more board, with the face of firmware/board/build.py's.

Its parts do what the body, the hand and bad luck do to them, in the badge's own time, which a nap takes ahead of the
story's.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from firmware.limits import SAMPLE_MS
from firmware.link.airtime import airtime_ms
from tools.sim.route import BLOCK_MS, NAP_LEAST_MS, Route, given
from tools.sim.story import machine
from tools.sim.story.modem import Mail

if TYPE_CHECKING:
    from array import array

    from tools.sim.building import Beacon
    from tools.sim.story.wearer import Wearer

_FIFO = 32
_BEAT_BYTES = 19  # of a heartbeat
_ANSWER_MS = 200  # so long after a frame the chip stays awake for its answer
_TEST_TURNS = 45
_TURN_MS = 10


class Contact:
    """A line that is high while it is closed."""

    def __init__(self, closed: bool) -> None:
        self.closed = closed

    def level(self) -> int:
        """Return 1 while it is closed."""
        return int(self.closed)


class Luck:
    """What befalls a badge's parts: nothing bad, as long as nobody says so."""

    def __init__(self) -> None:
        self.measures = True  # the sensor gives samples
        self.percent: Callable[[int], int] = lambda now: 80
        self.charging = False
        self.frozen = False  # the samples are the same for ever
        self.motor = True  # its chip answers
        self.clip: Contact | None = None  # where badges have clips
        self.function: Contact | None = None  # where they have a function button
        self.beacons: list[Beacon] = []  # that it hears; where badges look around at all
        self.loses = 0  # of so many beats the motor loses one: not two in any pattern that says little
        self.stall_ms = 0  # so long takes a write to flash
        self.deaf = ""  # what would make the radio hear again: "calibrate" or "rebuild"
        self.battery_error: Exception | None = None  # what measuring it raises
        self.crash_every_ms = 0  # the badge crashes so long after each start


class Button:
    """A contact: closed in `closed`, [(from, until)] of the story's time; `noise`: edges of the wire with none."""

    silent = False

    def __init__(self, person: "Wearer") -> None:
        self._person = person
        self.touched = False
        self.closed: list[tuple[int, int]] = []
        self.noise: list[int] = []
        self._seen_ms = 0

    def level(self) -> int:
        """Return 1 while it is closed; an edge since the last look is noted, as the interrupt would."""
        now, since_ms = self._person.local, self._seen_ms
        self._seen_ms = now
        level = 0
        for down, up in self.closed:
            if since_ms < down <= now:
                self.touched = True
            if down <= now < up:
                level = 1
        for edge_ms in self.noise:
            if since_ms < edge_ms <= now:
                self.touched = True
        return level

    def rests(self, now: int) -> bool:
        """Return whether it is open, and was so at the last look, with no edge since."""
        edges = [edge for span in self.closed for edge in span] + self.noise
        return not any(down <= now < up for down, up in self.closed) and not any(
            self._seen_ms < edge <= now for edge in edges)

    def forget(self, until_ms: int) -> None:
        """Forget what was over by then."""
        if self.closed:
            self.closed = [span for span in self.closed if span[1] > until_ms]
        if self.noise:
            self.noise = [edge for edge in self.noise if edge > until_ms]

    def next_ms(self, now: int) -> int:
        """Return when something happens next on this wire, ms; far away for never."""
        edges = [edge for span in self.closed for edge in span if edge > now]
        return min(edges + [edge for edge in self.noise if edge > now], default=1 << 40)


class Way(Route):
    """Wi-Fi: a route that is there while the wearer is within reach."""

    def __init__(self, board: "Board") -> None:
        self._board = board

    def linked(self) -> bool:
        """Return whether the wearer is within reach."""
        return self._board.linked()

    def send(self, buf: bytearray, n: int, is_alarm: bool = False, calls: bool = False) -> bool:
        """Take `buf[:n]`."""
        if not self._board.linked():
            return False
        mail = self._board.mail
        mail.sent_ms = self._board.person.local
        mail.sent.append(bytes(buf[:n]))
        return True

    def receive(self, buf: bytearray) -> int:
        """Give the badge the next frame that is there."""
        waiting = self._board.mail.waiting
        return given(waiting.pop(0), buf) if waiting else 0


class Board:
    """The board of the badge of `person`, in whose local time it is. bare: for a lifeboat."""

    radio = None
    loud: object = None
    nearby: object = None
    wants_radio = False
    watches = True

    def __init__(self, person: "Wearer", bare: bool) -> None:
        self.person = person
        self.luck = person.luck
        self.memory, self.store = machine.parts(bare)
        self.button = person.button
        self.clip, self.function = self.luck.clip, self.luck.function
        person.chip.uv[machine.CELL] = self._cell_uv
        self._cell = machine.battery()
        self.motor = self.accel = self.battery = self
        self.sleep = None if person.thin else self
        self.mail = Mail()
        self.lora = person.lora_of(self)
        self.routes = (self.lora or Way(self),)
        self.lying = self.stirred = False
        self._sampled_ms = person.local
        self.motor_on = False
        self.lasts_ms = 0  # set before each run of the motor, which then ends by itself; 0: it does not
        self._ends_ms = self._beats = 0
        self.fed_ms = person.local

    def now(self) -> int:
        """Return the badge's clock."""
        return self.person.clock(self.person.local)

    def linked(self) -> bool:
        """Return whether the wearer is within reach."""
        return self.person.linked

    def watch(self, ms: int) -> None:
        """The watchdog is looked after by the hallway."""

    def feed(self) -> None:
        """Tell the watchdog that all is well."""
        self.fed_ms = self.person.local

    def reset(self) -> None:
        """Start again."""
        raise machine.Reset

    def rest(self, ms: int) -> None:
        """Do nothing for `ms`."""
        self.person.local += ms

    def trouble(self) -> bool:
        """Return whether a chip behind button or motor is silent."""
        return not self.luck.motor

    def no_lora(self, now: int) -> bool:
        """Return whether LoRa is wanted and missing."""
        return False

    def mute(self) -> bool:
        """Return whether the law lets it say nothing but alarms now."""
        if not self.lora:
            return False
        ms = airtime_ms(_BEAT_BYTES, self.person.lora)
        return bool(self.lora._ledger.wait_ms(self.lora._band, ms, False, self.now()) > 0)

    # Motor, battery, sensor, sleep

    def level(self, level: int) -> bool:
        """Run the motor; return whether it took that."""
        local, self.motor_on = self.person.local, level > 0
        if not self.luck.motor:
            self.person.moved(local, 0)
            return False
        self._ends_ms = local + self.lasts_ms
        self._beats += level > 0
        if self.luck.loses and self._beats % self.luck.loses == 0:
            level = 0
        self.person.moved(local, level)
        return True

    def stalled(self) -> None:
        """Let the loop stand still, as long as a write to flash takes."""
        self.person.local += self.luck.stall_ms
        self.spun()

    def spun(self) -> None:
        """End the motor's run if it has lasted as long as it was to: nobody need tell it."""
        if self.motor_on and self.lasts_ms and self._ends_ms <= self.person.local:
            self.motor_on = False
            self.person.moved(self._ends_ms, 0)

    def percent(self) -> int:
        """Return the charge."""
        return int(self._cell.percent())

    def _cell_uv(self) -> int:
        if self.luck.battery_error:
            raise self.luck.battery_error
        empty_mv, full_mv = machine.CELL_MV
        return (empty_mv * 100 + (full_mv - empty_mv) * self.luck.percent(self.person.local)) * 10

    def charging(self) -> bool:
        """Return whether it is on its charger."""
        return self.luck.charging

    def read(self, block: "array[int]") -> int:
        """Fill `block` with what the body has done since."""
        count = min((self.person.local - self._sampled_ms) // SAMPLE_MS, _FIFO)
        self._sampled_ms = self.person.local
        if not self.luck.measures:
            return 0
        if self.luck.frozen:
            block[: 3 * count] = block[:3] * count
        else:
            self.person.samples(block, count, self.person.local)
        return count

    def self_test(self, rest: Callable[[int], None]) -> bool:
        """Test the sensor, which takes its time."""
        if self.person.in_test:
            self.person.in_test(self.person.local)
        for _ in range(_TEST_TURNS):
            rest(_TURN_MS)
        self._sampled_ms = self.person.local
        return self.luck.measures and not self.luck.frozen

    def nap(self, ms: int, lying: bool = False) -> bool:
        """Sleep: the badge's own time goes ahead, to the next thing that would wake the chip."""
        person, mail, local = self.person, self.mail, self.person.local
        if ms < NAP_LEAST_MS or self.button.level() or mail.waiting:
            return False
        if self.lora and not self.lora.up():
            return False  # it sends, or is about to
        ms = min(ms, BLOCK_MS)
        if local - mail.sent_ms < _ANSWER_MS:
            ms = min(ms, NAP_LEAST_MS)
        person.local = max(local + 1, min(local + ms, self.button.next_ms(local)))
        return True
