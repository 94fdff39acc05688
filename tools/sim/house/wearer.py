"""How does one badge live in the house? The real Badge and the real LoRa route, with what firmware/app.py does between.

Turns happen on the app's grid of 10 ms, but only where something may happen: the radio has done something, a timer of
the badge is due, the button is down. A badge at rest is looked at every 30 s; its body moves for a second every five
minutes and before its button goes down, which is what "worn" and "has moved" ask for, and lies in one sample between.
"""

from firmware.badge import Badge
from firmware.board.fallback_channel import FallbackChannel
from firmware.board.lora import HEARING, LOOKING, RESTING, SENDING
from firmware.board.radio import Radio
from firmware.codes import RECEIVED, SAFE, TAKEN, WANTS_GROUP
from firmware.limits import HOLD_MS
from firmware.link import outbox, region
from firmware.link.frame import FRAME_BYTES_MAX, HEARTBEAT
from firmware.nearby import Nearby
from firmware.ticks import since
from tools.sim.ears import Ears

from .air import HouseRadio, Modem

TURN_US = 10_000
IDLE_MS = 30_000
SWAY_US = 300_000_000
AWAKE_MS = 500  # while a pattern is felt
CHANNEL = {"khz": region.ALARM_KHZ, "sf": 7}
PRESS_MS = HOLD_MS + 200
LINGER_MS = 3000  # as firmware/app.py
LONGEST = 29  # bytes of the longest uplink, for asking the ledger


class Sleeper:
    """Something on a grid of turns: `turn` is called at the first grid moment after each `wake` and `wake_in`."""

    def __init__(self, clock, grid_us, phase_us):
        self.clock = clock
        self._grid_us = grid_us
        self._phase_us = phase_us % grid_us
        self._event = None
        self._at_us = 0

    def wake(self):
        """Have a turn soon."""
        self.wake_in(0)

    def wake_in(self, ms):
        """Have a turn in `ms`, or sooner if one is arranged."""
        at_us = self.clock.now_us + 1000 * ms
        at_us += (self._phase_us - at_us) % self._grid_us
        if self._event is None or at_us < self._at_us:
            self.clock.cancel(self._event)
            self._at_us = at_us
            self._event = self.clock.at(at_us, self._turn)

    def _turn(self):
        self._event = None
        self.turn()

    def turn(self):
        """Live for a moment."""
        raise NotImplementedError

    def now(self):
        """Return the time as badges count it, ms; three seconds before the wrap at the beginning."""
        return (self.clock.now_us // 1000 + 2**30 - 3000) & 0x3FFFFFFF


class Pocket:
    """What a badge that has just been paired keeps, for firmware/board/radio.py: RTC memory and flash in one."""

    LORA = "sx1262"

    def ledger(self, most):
        """Return where the pledges are kept."""
        return self

    def load_ledger(self, record):
        """Return the length of the record in RTC memory: none yet."""
        return 0

    def load(self, record):
        """Return the length of the pledge in flash: none yet."""
        return 0

    def unused(self):
        """Return whether no counter was ever reserved."""
        return True

    empty = unused

    def save_ledger(self, record, n):
        """Keep the record in RTC memory."""

    save = save_ledger


class Wearer(Sleeper):
    """row: a pairing of the Store. seen: called as seen(wearer, what), "felt received", "felt taken", "felt call".

    channel: as in a pairing, "then" included. dozes: it listens in windows when it waits for nothing. grouped: it asks
    for its group's key. body: of tools/sim/building.py, whose beacons the badge hears.
    """

    def __init__(self, air, row, x_m, y_m, phase_us, channel=CHANNEL, heartbeat_ms=300_000, seen=None, dozes=False,
                 grouped=False, body=None):
        super().__init__(air.clock, TURN_US, phase_us)
        self.device = row.device
        self.pairing = row.pairing
        self.badge = Badge(row.device, row.uplink_key, row.downlink_key, self.now(), heartbeat_ms=heartbeat_ms)
        self.badge.counter.grant(0, 10_000_000)
        self.badge.inbox.wants_group = WANTS_GROUP if grouped else 0
        self.heartbeat_ms = heartbeat_ms
        self._dozes = dozes
        self._heard_at = self.now()
        self.radio = HouseRadio(air, x_m, y_m)
        pocket = Pocket()

        def make(khz, sf, dbm):
            return Modem(self.radio, khz, sf, self.wake, dbm, dozes)

        self.lora = (FallbackChannel if "then" in channel else Radio)(make, pocket, channel, pocket, pocket)
        self.put_off = 0
        self.given_up = 0  # heartbeats after their last try
        self.frames = {}  # sent, by type
        self._seen = seen or (lambda wearer, what: None)
        self._ears = Ears(self.now, None)
        self._nearby = None
        if body:
            self._ears.beacons = body.beacons
            self._nearby = Nearby(self._ears.scanner(None, True), self.badge)
            self.badge.uplink.metered = True
        self._buf = bytearray(2 * FRAME_BYTES_MAX)
        self._free_at_us = 0  # when the next frame may go
        self._sampled_us = self._swayed_us = 0
        self._pressed_us = self._let_go_us = -1
        self._state = SAFE
        self._called = False
        self.wake()

    def press(self, ms):
        """Press the button for `ms` from now on."""
        self._sway(self.now())
        self._pressed_us = self.clock.now_us
        self._let_go_us = self.clock.now_us + 1000 * ms
        self.wake()

    def safe(self):
        """Return whether no alarm of this wearer is open."""
        return self.badge.alarm.state == SAFE

    def turn(self):
        """Do what the hallway does in a round."""
        now = self.now()
        self.lora.tend(now)
        n = self.lora.receive(self._buf)
        if n:
            if self.badge.frame(self._buf, n, now):
                self.lora.answered()
                self._heard_at = now
        if self.clock.now_us - self._swayed_us >= SWAY_US:
            self._sway(now)
        if self.clock.now_us - self._sampled_us >= 1_000_000:
            self._sampled_us = self.clock.now_us
            self.badge.samples((0, 0, 1000), 1, now)
        if self._pressed_us >= 0:
            self._button(now)
        self.badge.motor(now)
        self.badge.tick(now)
        if self._nearby:
            self._ears.tend()
            self._nearby.tend(now)
        if self.lora.up() and self.clock.now_us >= self._free_at_us:
            self._send(now)
        self._notice()
        if self._dozes:
            self.lora.doze(self._may_doze() and since(self._heard_at, now) > LINGER_MS)
            self.lora.tend(now)
        self._rest(now)

    def _may_doze(self):
        badge = self.badge
        return not any(badge.outbox.rank) and not any(badge.calls.kind) and not badge.alarm.is_open()

    def _sway(self, now):
        self._swayed_us = self.clock.now_us
        for i in range(50):
            self.badge.samples((4 * i, -3 * i, 1000 + i), 1, now)

    def _button(self, now):
        down = self.clock.now_us < self._let_go_us
        self.badge.button(1 if down else 0, now)
        if not down and self.clock.now_us > self._let_go_us + 1_000_000:
            self._pressed_us = -1

    def _send(self, now):
        box = self.badge.outbox
        slot = box.next(now)
        if slot < 0:
            return
        is_alarm = box.rank[slot] >= outbox.REPORT_RANK
        tries = box.tries[slot] or box.rank[slot] == outbox.TOLD_RANK
        if not self.lora.ready(LONGEST, is_alarm, now, tries):
            self.put_off += self.lora.wait_ms(LONGEST, is_alarm, now) > 0  # it may also wait for an ack under way
            if tries:
                box.wait(slot, now)
            else:
                self._free_at_us = self.clock.now_us + 1_000_000
            return
        n = self.badge.next_frame(self._buf, now)
        if n and self._buf[0] == HEARTBEAT and not box.rank[slot]:
            self.given_up += 1
        if n and self.lora.send(self._buf, n, is_alarm):
            box.hold(slot, self.lora.busy_ms(n))
            self.frames[self._buf[0]] = self.frames.get(self._buf[0], 0) + 1

    def _notice(self):
        state = self.badge.alarm.state
        if state != self._state:
            self._state = state
            if state in (RECEIVED, TAKEN):
                self._seen(self, "felt received" if state == RECEIVED else "felt taken")
        called = self.badge.calls.waiting() >= 0
        if called != self._called:
            self._called = called
            if called:
                self._seen(self, "felt call")

    def _rest(self, now):
        badge = self.badge
        state = self.lora.state
        if self._pressed_us >= 0 or state == RESTING:
            self.wake_in(10)
        elif state == LOOKING or state == SENDING:
            self.wake_in(200)  # the modem wakes it before
        elif badge.outbox.next(now) >= 0:
            self.wake_in(max(10, (self._free_at_us - self.clock.now_us) // 1000))
        elif badge.player.playing:
            self.wake_in(max(10, badge.outbox.rest_ms(now, AWAKE_MS)))
        elif self._dozes and state == HEARING and self._may_doze():
            self.wake_in(max(10, LINGER_MS + 100 - since(self._heard_at, now)))
        elif self._idle():
            self.wake_in(max(10, min(IDLE_MS, badge._interval_ms - since(badge._heartbeat_at, now))))
        else:
            self.wake_in(max(10, badge.rest_ms(now)))

    def _idle(self):
        return self.badge.alarm.state == SAFE and not any(self.badge.outbox.rank) and self.badge.calls.waiting() < 0
