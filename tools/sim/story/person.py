"""Who wears a badge? A hand on its button, a body under it, a hip that feels it, and the memory that a reset keeps.

The body is quiet most of the day: then samples come from a ring of some seconds of walking, at the true rate.
"""

from array import array

from firmware.badge import Badge
from firmware.limits import COUNTER_BLOCK, HOLD_MS, SAMPLE_MS
from firmware.link.frame import FRAME_BYTES_MAX
from firmware.trace import FELT, KEPT
from tools.sim.demo.feeling import Feeling
from tools.sim.body import Body

CIRCLE_MS = 1 << 30
FINE_MS = 20
COARSE_MS = 1000
RING = 600  # samples: twelve seconds
_SAVED_BYTES = 64
_HAND_KEPT_MS = 5000  # for as long a press that is over is remembered
_RISE_MS = 2000


class Person:
    """One wearer in virtual time. row: the gateway's pairing. began: the badge's clock at 0 ms. draw: random.Random."""

    paced = False  # whether it lives at moments of its own only

    def __init__(self, name, row, began, draw):
        self.name = name
        self.device = row.device
        self.linked = True
        self.lora = getattr(self, "lora", 0)
        self.awake = True  # False while the badge restarts
        self.alarm_id = -1  # of the last alarm that was open
        self.still = None  # milli-g, while the body keeps quite still
        self._row = row
        self._draw = draw
        self._began = began
        self._presses = []  # (down ms, up ms)
        self._feeling = Feeling()
        self._body = Body(draw.randrange(1 << 30))
        self._body.play("walking", 0)
        self._stirring = False
        self._rise_ms = 0
        self._place = [0, 0, 0]
        self._ring = self._walking()
        self._saved, self._saved_n = bytearray(_SAVED_BYTES), 0
        self._reserved = 0
        self._counted = 0
        self._sampled_ms = 0
        self.boot(0)

    def clock(self, now):
        """Return the badge's clock at `now`."""
        return (now + self._began) % CIRCLE_MS

    def boot(self, now):
        """Start the badge, or start it again: its clock begins anew, its alarm goes on."""
        if self._reserved:
            self._began = -now % CIRCLE_MS
        self.badge = Badge(self._row.device, self._row.up, self._row.down, self.clock(now))
        self._reserve()
        if self._saved_n:
            self.badge.load(self._saved, self._saved_n, self.clock(now))
        self._counted = 0
        self._sampled_ms = now
        self.awake = True

    def off(self, now):
        """Let the badge be without power."""
        self.awake = False
        self._feeling.level(now, 0)

    def _reserve(self):
        self.badge.counter.grant(self._reserved, self._reserved + COUNTER_BLOCK)
        self._reserved += COUNTER_BLOCK

    def _walking(self):
        body, ring, place = Body(self._draw.randrange(1 << 30)), array("h"), [0, 0, 0]
        body.play("walking", 0)
        for i in range(RING):
            body.milli_g(2000 + i * SAMPLE_MS, place)
            ring.extend(place)
        return ring

    # Body and hand

    def press(self, at_ms, down_ms, up_ms=0, times=1):
        """Press `times`; return when the last press begins."""
        for i in range(times):
            begins = at_ms + i * (down_ms + up_ms)
            self._presses.append((begins, begins + down_ms))
        return begins

    def hold(self, at_ms):
        """Hold the button as long as an emergency needs, and a little longer; return the deciding edge."""
        self._presses.append((at_ms, at_ms + HOLD_MS + 200))
        return at_ms + HOLD_MS

    def fall(self, at_ms, rise_ms):
        """Fall at `at_ms` and stand up again at `rise_ms`."""
        self._body.play("standing", at_ms - 1000)
        self._body.play("fall", at_ms)
        self._body.play("walking", rise_ms)
        self._stirring, self._rise_ms = True, rise_ms + _RISE_MS

    def play(self, activities, until_ms):
        """Do `activities`, [(name, ms)], and walk again from `until_ms` on."""
        for name, at_ms in activities:
            self._body.play(name, at_ms)
        self._body.play("walking", until_ms)
        self._stirring, self._rise_ms = True, until_ms + _RISE_MS

    def idle(self, now, span_ms):
        """Return whether the hand is off the button for `span_ms` before and after `now`."""
        return not any(down - span_ms <= now <= up + span_ms for down, up in self._presses)

    def stirs(self):
        """Return whether the body does something of its own."""
        return self._stirring

    def resting(self, now, span_ms):
        """Return whether neither body, hand nor badge will do anything within `span_ms`."""
        if self._stirring or not self.idle(now, span_ms):
            return False
        if not self.awake:
            return True
        if not self.linked:  # what waits to be sent cannot be
            return not (self.badge.player.playing or self.badge.press.down)
        return self.badge.rest_ms(self.clock(now)) >= span_ms

    # Time

    def next_ms(self, now):
        """Return when it next has something to do."""
        return now + (COARSE_MS if self.resting(now, COARSE_MS) else FINE_MS)

    def uplinks(self, now):
        """Return the frames that it sends now."""
        found = []
        while self.awake and self.linked:
            buf = bytearray(FRAME_BYTES_MAX)
            n = self.badge.next_frame(buf, self.clock(now))
            if not n:
                break
            found.append(bytes(buf[:n]))
        return found

    def hear(self, data, now):
        """A frame arrives."""
        self.badge.frame(bytearray(data) + bytearray(60), len(data), self.clock(now))

    def live(self, now):
        """Let hand, body and badge live until `now`."""
        if not self.awake:
            return
        badge, clock = self.badge, self.clock(now)
        badge.button(int(any(down <= now < up for down, up in self._presses)), clock)
        self._presses = [(down, up) for down, up in self._presses if up + _HAND_KEPT_MS > now]
        self._sample(now)
        badge.tick(clock)
        self._feeling.level(now, badge.motor(clock))
        if badge.counter.low():
            self._reserve()

    def _sample(self, now):
        count = (now - self._sampled_ms) // SAMPLE_MS
        if not count:
            return
        block = array("h")
        for i in range(1, count + 1):
            at_ms = self._sampled_ms + i * SAMPLE_MS
            if self._stirring:
                self._body.milli_g(at_ms, self._place)
                block.extend(self._place)
            else:
                turn = at_ms // SAMPLE_MS % RING * 3
                block.extend(self._ring[turn : turn + 3])
        self._sampled_ms += count * SAMPLE_MS
        self.badge.samples(block, count, self.clock(self._sampled_ms))
        if self._stirring and now >= self._rise_ms:
            self._stirring = False

    def meant(self, now):
        """Save what must outlive a reset, and return the patterns that the badge has meant to be felt since."""
        if not self.awake or self.badge is None:
            return []
        if self.badge.unsaved:
            self._keep(now)
        if self.badge.alarm.is_open():
            self.alarm_id = self.badge.alarm.alarm_id
        trace, found = self.badge.trace, []
        for i in range(max(self._counted, trace.count - KEPT), trace.count):
            if trace.code[i % KEPT] == FELT:
                found.append(trace.value[i % KEPT])
        self._counted = trace.count
        return found

    def _keep(self, now):
        self._saved_n = self.badge.save(self._saved, self.clock(now))

    def felt(self, now):
        """Return [(ms, pattern)] that were really felt, each once it is over."""
        return self._feeling.felt(now)
