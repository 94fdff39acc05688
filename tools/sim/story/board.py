"""Which board does a badge of the story have? One more board, with the face of firmware/board/build.py's.

Its parts do what the body, the hand and bad luck do to them, in the badge's own time, which a nap takes ahead of the
story's. luck: a SimpleNamespace, see `fair`.
"""

from types import SimpleNamespace

from firmware.limits import SAMPLE_MS
from firmware.link.airtime import airtime_ms as airtime_ms_of
from tools.sim.route import BLOCK_MS, NAP_LEAST_MS, Route, given
from tools.sim.story import machine
from tools.sim.story.modem import Mail

_FIFO = 32
_BEAT_BYTES = 19  # of a heartbeat
_ANSWER_MS = 200  # so long after a frame the chip stays awake for its answer
_TEST_TURNS = 45
_TURN_MS = 10


def fair():
    """Return luck that is not bad."""
    return SimpleNamespace(
        measures=True,  # the sensor gives samples
        percent=lambda now: 80,
        charging=False,
        frozen=False,  # and they are the same for ever
        motor=True,  # its chip answers
        clip=None,  # a Contact, where badges have clips
        function=None,  # and one where they have a function button
        loses=0,  # of so many beats the motor loses one: not two in any pattern that says little
        stall_ms=0,  # so long takes a write to flash
        deaf="",  # what would make the radio hear again: "calibrate" or "rebuild"
        battery_error=None,  # what measuring it raises
        crash_every_ms=0,  # the badge crashes so long after each start
    )


class Button:
    """A contact: closed in `closed`, [(from, until)] of the story's time; `noise`: edges of the wire with none."""

    silent = False

    def __init__(self, hallway):
        self._hallway = hallway
        self.touched = False
        self.closed = []
        self.noise = []
        self._seen_ms = 0

    def level(self):
        """Return 1 while it is closed; an edge since the last look is noted, as the interrupt would."""
        now, since_ms = self._hallway.local, self._seen_ms
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

    def rests(self, now):
        """Return whether it is open, and was so at the last look, with no edge since."""
        edges = [edge for span in self.closed for edge in span] + self.noise
        return not any(down <= now < up for down, up in self.closed) and not any(
            self._seen_ms < edge <= now for edge in edges)

    def forget(self, until_ms):
        """Forget what was over by then."""
        if self.closed:
            self.closed = [span for span in self.closed if span[1] > until_ms]
        if self.noise:
            self.noise = [edge for edge in self.noise if edge > until_ms]

    def next_ms(self, now):
        """Return when something happens next on this wire, ms; far away for never."""
        edges = [edge for span in self.closed for edge in span if edge > now]
        return min(edges + [edge for edge in self.noise if edge > now], default=1 << 40)


class Contact:
    """A line that is high while it is closed."""

    def __init__(self, closed):
        self.closed = closed

    def level(self):
        """Return 1 while it is closed."""
        return int(self.closed)


class Way(Route):
    """Wi-Fi: a route that is there while the wearer is within reach."""

    def __init__(self, board):
        self._board = board
        self.linked = self.up = board.linked

    def send(self, buf, n, is_alarm=False, calls=False):
        """Take `buf[:n]`."""
        if not self._board.linked():
            return False
        mail = self._board.mail
        mail.sent_ms = self._board.hallway.local
        mail.sent.append(bytes(buf[:n]))
        return True

    def receive(self, buf):
        """Give the badge the next frame that is there."""
        waiting = self._board.mail.waiting
        return given(waiting.pop(0), buf) if waiting else 0


class Board:
    """hallway: whose board it is, with `local` time, ms. person: body and motor. badge: machine.Chip.

    bare: for a lifeboat.
    """

    radio = None
    loud: object = None
    nearby: object = None
    wants_radio = False
    watches = True

    def __init__(self, hallway, person, badge, bare):
        self.hallway = hallway
        self.person = person
        self.chip = badge
        self.luck = person.luck
        self.memory, self.store = machine.parts(bare)
        self.button = person.button
        self.clip, self.function = self.luck.clip, self.luck.function
        badge.uv[machine.CELL] = self._cell_uv
        self._cell = machine.battery()
        self.motor = self.accel = self.battery = self
        self.sleep = None if person.thin else self
        self.mail = Mail()
        self.routes = (person.route(self),)
        self.lying = self.stirred = False
        self._sampled_ms = hallway.local
        self.motor_on = False
        self.lasts_ms = 0  # set before each run of the motor, which then ends by itself; 0: it does not
        self._ends_ms = self._beats = 0
        self.fed_ms = hallway.local

    def now(self):
        """Return the badge's clock."""
        return self.person.clock(self.hallway.local)

    def linked(self):
        """Return whether the wearer is within reach."""
        return self.person.linked

    def watch(self, ms):
        """The watchdog is looked after by the hallway."""

    def feed(self):
        """Tell the watchdog that all is well."""
        self.fed_ms = self.hallway.local

    def reset(self):
        """Start again."""
        raise machine.Reset

    def rest(self, ms):
        """Do nothing for `ms`."""
        self.hallway.local += ms

    def trouble(self):
        """Return whether a chip behind button or motor is silent."""
        return not self.luck.motor

    def no_lora(self, now):
        """Return whether LoRa is wanted and missing."""
        return False

    def mute(self):
        """Return whether the law lets it say nothing but alarms now."""
        radio = self.routes[0]
        if not self.person.lora:
            return False
        airtime_ms = airtime_ms_of(_BEAT_BYTES, self.person.lora)
        return radio._ledger.wait_ms(radio._band, airtime_ms, False, self.now()) > 0

    # Motor, battery, sensor, sleep

    def level(self, level):
        """Run the motor; return whether it took that."""
        local, self.motor_on = self.hallway.local, level > 0
        if not self.luck.motor:
            self.person.moved(local, 0)
            return False
        self._ends_ms = local + self.lasts_ms
        self._beats += level > 0
        if self.luck.loses and self._beats % self.luck.loses == 0:
            level = 0
        self.person.moved(local, level)
        return True

    def stalled(self):
        """Let the loop stand still, as long as a write to flash takes."""
        self.hallway.local += self.luck.stall_ms
        self.spun()

    def spun(self):
        """End the motor's run if it has lasted as long as it was to: nobody need tell it."""
        if self.motor_on and self.lasts_ms and self._ends_ms <= self.hallway.local:
            self.motor_on = False
            self.person.moved(self._ends_ms, 0)

    def percent(self):
        """Return the charge."""
        return self._cell.percent()

    def _cell_uv(self):
        if self.luck.battery_error:
            raise self.luck.battery_error
        empty_mv, full_mv = machine.CELL_MV
        return (empty_mv * 100 + (full_mv - empty_mv) * self.luck.percent(self.hallway.local)) * 10

    def charging(self):
        """Return whether it is on its charger."""
        return self.luck.charging

    def read(self, block):
        """Fill `block` with what the body has done since."""
        count = min((self.hallway.local - self._sampled_ms) // SAMPLE_MS, _FIFO)
        self._sampled_ms = self.hallway.local
        if not self.luck.measures:
            return 0
        if self.luck.frozen:
            block[: 3 * count] = block[:3] * count
        else:
            self.person.samples(block, count, self.hallway.local)
        return count

    def self_test(self, rest):
        """Test the sensor, which takes its time."""
        if self.person.in_test:
            self.person.in_test(self.hallway.local)
        for _ in range(_TEST_TURNS):
            rest(_TURN_MS)
        self._sampled_ms = self.hallway.local
        return self.luck.measures and not self.luck.frozen

    def nap(self, ms, lying=False):
        """Sleep: the badge's own time goes ahead, to the next thing that would wake the chip."""
        hallway, mail, local = self.hallway, self.mail, self.hallway.local
        if ms < NAP_LEAST_MS or self.button.level() or mail.waiting:
            return False
        if self.person.lora and not self.routes[0].up():
            return False  # it sends, or is about to
        ms = min(ms, BLOCK_MS)
        if local - mail.sent_ms < _ANSWER_MS:
            ms = min(ms, NAP_LEAST_MS)
        hallway.local = max(local + 1, min(local + ms, self.button.next_ms(local)))
        return True
