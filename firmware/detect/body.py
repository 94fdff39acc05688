"""What do the samples tell about the body? All detectors behind one call.

    sample ─► fall                                  FELL, some 5 s after the impact; but who lay, and is up, has risen
         └──► second ─┬► steps ─► position          TILTED, after 30 s
                      ├► motionless                 STILL
                      ├► struggle             STRUGGLED, where a house wants it
                      ├► both well again for 10 s   RIGHTED (a normal-status delay: standing up does not cancel at once)
                      └► check                      is the sensor to be believed?

A second in which the badge's own motor ran says nothing: nobody is taken to have moved in it, or to lie otherwise than
before. The next one without decides; what is felt again and again leaves one each time (feedback/player.py).

Who has not been seen to walk, and steps as a fall is found, is given the seconds that steps take to teach which way is
up: from a bed one rises and walks. Who does not step, stops, or did not lie before, is told of.
"""

from array import array

from firmware.codes import FELL, RIGHTED, STILL, STRUGGLED, TILTED
from firmware.detect.fall import FallDetector
from firmware.detect.features import Axes
from firmware.detect.motionless import MOVED, Motionless, STILL as IS_STILL
from firmware.detect.position import Position, Steps, TILTED as IS_TILTED, UPRIGHT
from firmware.detect.window import Plausibility, Window
from firmware.limits import CLAMP_MG, NOT_WORN_MS, POSITION_MS, RIGHTED_MS, SAMPLE_MS
from firmware.ticks import kept, since
from micropython import const

_MASK = const(0x3FFFFFFF)
_STRUGGLE_MS = const(9000)
_RINGS_MS = const(500)  # a motor that was switched off still turns, and what holds it swings
_STIRS = const(3)  # seconds with a movement within RIGHTED_MS: a twitch, a gasp or a nudge is one
_WALKS_S = const(5)  # a fall calls within 45 s: 6 until it is found, a pre-alarm of 30, and these
_WATCHED_MS = const(2500)  # a sensor that watches alone is asked at least as often, while the badge lies


class Body:
    """Takes samples in mg, 50 a second. `began_at` is when what is told began; `check` says what is wrong with it.

    taken: how far in its block `samples` has come. waiting: for how many more seconds a fall waits to be told.
    """

    def __init__(self, now, motionless_ms, position_ms=POSITION_MS, righted_ms=RIGHTED_MS, struggle=False):
        self.began_at = now
        self.check = Plausibility()
        self._fall = FallDetector()
        self._steps = Steps(self._fall)
        self._struggle = None
        if struggle:
            from firmware.detect.struggle import Struggle  # only who chose it pays for it

            self._struggle = Struggle(self._fall)
        self._second = Window()
        self._position = Position(position_ms // 1000)
        self._motionless = Motionless(motionless_ms // 1000)
        self._motionless.moved_at = self._motionless.still_at = now
        self._well_at = now  # from when on both have been well
        self._stirs = 0  # seconds with a movement since `_well_at`
        self._last = Axes()  # where it was in the last second in which the motor rested
        self._shook = self._runs = False  # the motor ran in the last second; it runs
        self._ran_at = self._shaken_from = (now - _WATCHED_MS) & _MASK  # when it ran last, and that run began
        self._asked = 0  # what was told last, TILTED or STILL, and not withdrawn
        self._walked_s = 0  # 2 after a second with steps, and less after others: a walker may miss one
        self._fell_at = self.waiting = 0  # a fall that waits, and for how many more seconds
        self._lay = Axes()  # how they were before it
        self.righted_ms = righted_ms
        self.taken = 0
        self._one = array("h", (0, 0, 0))  # sample, as the window takes them

    def samples(self, block, at, end, now):
        """Take samples from `at` on, before `end`, of x, y, z, x, ... in `block`, up to the first that tells something.

        Return as `sample` does; `taken` is then the number of the first not taken. The last one was measured at `now`.
        """
        fall = self._fall
        second = self._second
        event = 0
        if self._struggle:
            self._struggle.work()
        while at < end and not event:
            quiet = fall.quiet(block, at, min(end, at + second.left()))
            if quiet == at:
                at += 1
                event = self.sample(block[3 * at - 3], block[3 * at - 2], block[3 * at - 1],
                                    (now - (end - at) * SAMPLE_MS) & _MASK)
                continue
            over = second.samples(block, at, quiet)
            at = quiet
            if over:
                event = self._look((now - (end - at) * SAMPLE_MS) & _MASK)
        self.taken = at
        return event

    def sample(self, x, y, z, now):
        """Take one acceleration; return FELL, STILL, TILTED, RIGHTED or 0."""
        if not (-CLAMP_MG <= x <= CLAMP_MG and -CLAMP_MG <= y <= CLAMP_MG and -CLAMP_MG <= z <= CLAMP_MG):
            x = max(-CLAMP_MG, min(CLAMP_MG, x))  # asking is cheaper than clamping, 50 times a second
            y = max(-CLAMP_MG, min(CLAMP_MG, y))
            z = max(-CLAMP_MG, min(CLAMP_MG, z))
        self._fall.believed = not self.check.wrong
        if self._fall.sample(x, y, z, now):
            read = self._fall.features
            if not self._position.rises(read.worn, read.last):
                if not self.waiting:
                    self._fell_at = self._fall.impact_at
                if self._position.known or self.waiting or not self._walked_s:
                    return self._fell()
                self.waiting = _WALKS_S
                self._lay.take(read.worn)
        one = self._one
        one[0] = x
        one[1] = y
        one[2] = z
        return self._look(now) if self._second.samples(one, 0, 1) else 0

    def stirred(self, now):
        """Note that the sensor, which watched alone, has felt a movement; its samples may not tell it."""
        if not self._ran_within(_WATCHED_MS, now):
            self._motionless.moved_at = now

    def shaken(self, level, now):
        """Take the level of the badge's own motor, and return it: what the sensor feels of it is nobody's movement."""
        if level or self._runs:
            if not self._ran_within(_WATCHED_MS, now):
                self._shaken_from = now
            self._runs = level > 0
            self._ran_at = now
        return level

    def keen(self, on):
        """Say whether nobody may be asked later for being upright: in a red visit."""
        self._motionless.keen = on

    def answered(self, event, heeded, open):
        """Note whether `event` led to a question or an alarm; else what lasts is told again. open: an alarm is.

        That may be closed while she lies there.
        """
        if event == STILL and not heeded:
            self._motionless.still = False
        elif event == TILTED and open and not heeded:
            self._position.tilted = False

    def moved_within(self, span_ms, now):
        """Return whether the body has moved in the last `span_ms`."""
        return self.still_ms(now) < span_ms

    def still_ms(self, now):
        """Return for how long the body has not moved, three days at most."""
        self._motionless.moved_at = kept(self._motionless.moved_at, now)
        return since(self._motionless.moved_at, now)

    def _ran_within(self, span_ms, now):
        # samples may be older than the motor's run, and a loop that stood still has not looked at it meanwhile
        return self._runs or -_WATCHED_MS < since(self._ran_at, now) < span_ms

    def _fell(self):
        self.waiting = 0
        self.began_at = self._fell_at
        self._motionless.forget()
        return FELL

    def _look(self, now):
        second, position, motionless = self._second, self._position, self._motionless
        if self.check.second(second):
            return self._fell() if self.waiting else 0
        shook_before = self._shook
        self._shook = since(self._shaken_from, now) >= 0 and self._ran_within(1000 + _RINGS_MS, now)
        if self._shook:
            second.x_span = second.y_span = second.z_span = 0
            if self._last.length():
                second.take(self._last)
        else:
            self._last.take(second)
        steps = self._steps.second(second)
        attitude = position.second(second, now, steps)
        sways = self._steps.sways
        movement = motionless.second(second, now, position.lost, position.known, position.upright, sways)
        self._walked_s = 2 if steps else max(0, self._walked_s - 1)
        if self.waiting:
            self.waiting -= 1
            if position.rises(self._lay, second):
                self.waiting = 0
            elif position.known or not self._walked_s or not self.waiting:
                return self._fell()
        struggles = self._struggle.second(second) if self._struggle else 0
        if position.known and not self.moved_within(NOT_WORN_MS, now):
            position.forget()
        if attitude == IS_TILTED:
            self.began_at = position.tilted_at
            self._asked = TILTED
            return TILTED
        if movement == IS_STILL:
            self.began_at = motionless.still_at
            self._asked = STILL
            self._stirs = 0
            return STILL
        if struggles:
            self.began_at = (now - _STRUGGLE_MS) & _MASK
            return STRUGGLED
        lasts = since(self._well_at, now) >= self.righted_ms
        if attitude == UPRIGHT:
            self._well_at = now
            self._stirs = _STIRS
            return 0
        if self._asked == TILTED and position.lost:
            self._well_at = now  # it was upright for a moment
            lasts = False
        if motionless.still_at == now:
            if movement == MOVED or lasts and self._stirs < _STIRS:
                self._well_at = now
                self._stirs = 0
                lasts = False
            self._stirs += 2 if shook_before else 1
        if not self._asked or position.tilted or motionless.still or not lasts or self._stirs < _STIRS:
            return 0
        self._asked = 0
        return RIGHTED
