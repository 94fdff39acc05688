"""Does every number behind the badge's doors fit thirty bits and a sign, whatever comes in?

Random lives of a badge under the lens (host_tests/lens.py): extreme samples, any ticks with the wrap, any bytes as
frames, true frames with extreme fields, gestures, resets. A life is a list of (act, number, number), so that hypothesis
can shrink it.
"""

import random
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lens import Lens, Overflow

from firmware.codes import ORDER_PRACTICE

LENS = Lens()
RIG = LENS.take("tools.sim.rig")
FRAME = LENS.take("firmware.link.frame")
DOWNLINK = LENS.take("firmware.link.downlink")
TICKS = LENS.take("firmware.ticks")
CRC = LENS.take("firmware.crc")

WRAP = 2**30
LAST = WRAP - 1
EXTREME = (-32768, 32767, -18000, 18000, 0, 1000, -1000, 24564, -24564, 707)
STEP_MS = 20
BLOCK = 256


def far(number):
    """Return a number of 0 .. 2^30 - 1 with a liking for both ends."""
    return (number, LAST - number % 1000, number % 1000, WRAP // 2 + number % 1000)[number % 4] % WRAP


class Life:
    """A badge, its gateway, and what may happen to them. begin: 0 .. 2^30 - 1, badge time at the start."""

    def __init__(self, begin, rig=RIG):
        self._rig = rig
        self._granted = 1000 if begin % 2 else LAST - 4 * BLOCK  # some pairings run out of counters
        self._begin(begin)
        self.acts = (
            self.still, self.pressed, self.bytes, self.step, self.call, self.stand_down, self.thrown, self.fall,
            self.block, self.leap, self.reset, self.odds, self.ack, self.deaf, self.stuck, self.forged,
            self.order, self.parts, self.lies, self.full, self.let_go,
        )

    def _begin(self, now):
        self.rig = self._rig.Rig(now, granted=None, hold_ms=400 + now % 1600, clip=True)
        self._grant()

    def _grant(self):
        if self.rig.badge.counter.low() and self._granted + BLOCK <= LAST:
            self.rig.badge.counter.grant(self._granted, self._granted + BLOCK)
            self._granted += BLOCK

    def act(self, script):
        for number, a, b in script:
            self.acts[number % len(self.acts)](a, b)
            self.rig.run(100, step=STEP_MS)
            self._grant()

    def still(self, a, b):
        self.rig.run(a % 4000, step=STEP_MS)

    def pressed(self, a, b):
        for _ in range(1 + b % 4):
            self.rig.press(30 + a % 1200, 30 + b % 900)
        if a % 3 == 1:
            self.rig.press(100, 30, 100)  # it slips
        elif a % 3 == 2:  # one, or none, and one that a stall hides
            self.rig.press(100, 200 + b % 2 * 1000)
            self.rig.now = TICKS.after(self.rig.now, 90)
            self.rig.badge.press.touched = True
            self.rig.run(100)

    def bytes(self, a, b):
        self.rig.hand(random.Random(a).randbytes(b % 80))

    def forged(self, a, b):
        """A true frame with one byte changed, the counter's first one often, or cut short."""
        ack = self.rig.ack(self.rig.newest)
        true = bytearray(self.rig.down(DOWNLINK.step, self._alarm_id(a), b % 6, 0) if a % 3 else ack)
        true[4 if a % 2 else b % len(true)] ^= 1 + a % 255
        self.rig.hand(bytes(true[: len(true) - (b % 5 == 0)]))
        if a % 5 == 0:
            self.keys(a, b)

    def _alarm_id(self, a):
        return max(self.rig.badge.alarm.alarm_id, 0) if a % 2 else far(a)

    def step(self, a, b):
        self.rig.hand(self.rig.down(DOWNLINK.step, self._alarm_id(a), b % 6, far(b) & 0xFFFF))

    def call(self, a, b):
        for i in range(1 + a % 7):
            self.rig._counter += a % 3  # some were lost on the way, and some of them come late
            counter = (None, far(b), max(0, self.rig._counter - b % 20))[b // 4 % 3]
            self.rig.hand(self.rig.down(DOWNLINK.call, (a + i) & 0xFFFF, self._alarm_id(b), b % 16, counter=counter))
        if a % 3 == 0:
            self.group(a, b)

    def stand_down(self, a, b):
        self.rig.hand(self.rig.down(DOWNLINK.stand_down, a & 0xFFFF, self._alarm_id(b), heard=far(a)))

    def ack(self, a, b):
        self.rig.hand(self.rig.ack(self.rig.newest if a % 3 else far(a), b & 0xFF))

    def thrown(self, a, b):
        chosen = random.Random(a)
        for _ in range(b % 200):
            x, y, z = chosen.choices(EXTREME, k=3) if b % 2 else (chosen.randint(-32768, 32767) for _ in range(3))
            self.rig.now = TICKS.after(self.rig.now, STEP_MS)
            self.rig.badge.samples((x, y, z), 1, self.rig.now)

    def fall(self, a, b):
        """An impact of any strength, then lying still in any attitude."""
        self.thrown(a, 1 + a % 5)
        x, y, z = random.Random(b).choices(EXTREME, k=3)
        for _ in range(400):
            self.rig.now = TICKS.after(self.rig.now, STEP_MS)
            self.rig.badge.samples((x, y, z), 1, self.rig.now)
        self.rig.badge.tick(self.rig.now)

    def let_go(self, a, b):
        """It flies smoothly, hits something, and lies there."""
        self.rig.walk(2)
        there = ((0, 0, 80),) * (6 + a % 30) + ((EXTREME[b % 10], 6000, 3000),) + ((1000, 0, 0),) * 420
        for x, y, z in there:
            self.rig.now = TICKS.after(self.rig.now, STEP_MS)
            self.rig.badge.samples((x, y, z), 1, self.rig.now)
        self.rig.badge.tick(self.rig.now)

    def block(self, a, b):
        chosen = random.Random(a)
        samples = array("h", [chosen.choice(EXTREME) for _ in range(96)])
        self.rig.badge.samples(samples, b % 33, self.rig.now)

    def leap(self, a, b):
        """The chip slept or was held up: time has gone on by up to half a circle."""
        self.rig.now = TICKS.after(self.rig.now, far(b) // 2)
        self.rig.badge.tick(self.rig.now)
        self.rig.badge.rest_ms(self.rig.now)
        self.rig.badge.body.moved_within(60000, self.rig.now)

    def reset(self, a, b):
        """Saved, and loaded by the next life at another time; now and then it is nonsense with a true CRC."""
        if a % 4 == 3:  # new keys, which the next life has not
            self.rig.hand(self.rig.down(DOWNLINK.key, 0, bytes(16)))
        saved = bytearray(32)
        told = bytearray((a % 256, b % 256)) + bytearray(12)
        self.rig.badge.trace.last(told, 6, self.rig.badge.uplink.minute(self.rig.now))
        n = self.rig.badge.save(saved, self.rig.now)
        if a % 3 == 0:
            saved[1:14] = random.Random(b).randbytes(13)
            crc = CRC.crc16(saved, 0, 14)
            saved[14:16] = bytes((crc >> 8, crc & 0xFF))
            saved[16:30] = random.Random(b + 1).randbytes(14)
            crc = CRC.crc16(saved, 16, 30)
            saved[30:32] = bytes((crc >> 8, crc & 0xFF))
        self._begin(far(b))
        self.rig.badge.uplink.report = told if a % 4 == 1 else None
        self.rig.badge.load(saved, n, self.rig.now, undated=b % 2 == 0)

    def odds(self, a, b):
        self.rig.badge.fault(1 << a % 14, b % 2, self.rig.now)
        self.rig.badge.battery(b % 256, self.rig.now)
        self.rig.badge.outbox.hurry(self.rig.now)

    def order(self, a, b):
        """What the board orders: visits, pauses, practice, tests, and what no badge knows."""
        for value in (b & 0xFFFF, b % 12, 3 << 14 | b % 400):
            self.rig.hand(self.rig.down(DOWNLINK.order, a % 9, value))
            self.rig.run(1000, step=STEP_MS)

    def keys(self, a, b):
        """New keys of its own, which are never stored here, or the group's."""
        secret = random.Random(a).randbytes(16)
        self.rig.hand(self.rig.down(DOWNLINK.key, b % 4, secret))
        if b % 4:
            self._group = b % 4, secret

    def group(self, a, b):
        """Calls to the group, in order or not, to itself now and then."""
        self.keys(a, 1 + b % 2)
        for i in range(1 + a % 3):
            counter = (None, far(b), max(0, self.rig._counter - b % 20))[b // 4 % 3]
            fields = (a + i) % 9, self._alarm_id(b), b % 16
            self.rig.hand(self.rig.group_call(*self._group, *fields, counter=counter))

    def parts(self, a, b):
        """Charger, clip, function button and the sensor's own test."""
        badge = self.rig.badge
        badge.battery(50, self.rig.now, charging=bool(a % 2))
        if badge.self_test_wanted():
            badge.self_tested(bool(b % 2), self.rig.now)
        for turn in range(b % 300):
            self.rig.now = TICKS.after(self.rig.now, STEP_MS)
            badge.clip(a // 2 % 2, self.rig.now)
            # held, never touched, or pressed for a quarter of a second
            badge.function((b // 2 % 2, 1 if turn < 12 else 0)[a // 4 % 2], self.rig.now)

    def full(self, a, b):
        """Nothing gets through for a while, and more is to be said than there is room for."""
        self.rig.linked = False
        for i in range(12):
            self.rig.badge.uplink.wish(far(a + i) & 0xFF, far(b) & 0xFFFF, self.rig.now)
        self.rig.run(1000 + a % 4000, step=STEP_MS)
        self.rig.linked = self.rig.acking = True

    def lies(self, a, b):
        """Walks, lies down some way, and may walk on in another attitude."""
        self.rig.walk(8 + a % 3)
        self.rig.attitude = (EXTREME[a % 10] // 18, EXTREME[b % 10] // 18, 300)
        self.rig.run(1000 * (b % 40), step=STEP_MS)
        self.rig.walk(b % 25)
        self.rig.attitude = (0, 0, 1000)
        self.rig.run(1000 * (a % 15), step=STEP_MS)

    def deaf(self, a, b):
        self.rig.linked = bool(a % 2)
        self.rig.acking = bool(b % 2)

    def stuck(self, a, b):
        """Samples whose time stands still."""
        for _ in range(a % 300):
            self.rig.badge.samples((EXTREME[a % 10], EXTREME[b % 10], EXTREME[(a + b) % 10]), 1, self.rig.now)


def seeded(rig, lives):
    """Live `lives` random lives, each from its own number."""
    for seed in range(lives):
        chosen = random.Random(seed)
        life = Life(far(chosen.randrange(WRAP)), rig)
        life.act([tuple(chosen.randrange(WRAP) for _ in range(3)) for _ in range(16)])


def slipped(rig):
    """A badge that slips off the belt in the attitude worn: not quite as light as a thing, and softly."""
    badge = rig.Rig(LAST - 5000)
    for mg, count in ((1000, 400), (240, 12), (3000, 4), (1000, 400)):
        badge.attitude = (0, 0, mg)
        badge.run(20 * count, step=20)


def told_in_vain(rig):
    """More than there is room for is wished, and nobody acks it."""
    badge = rig.Rig(LAST - 5000)
    badge.acking = False
    for number in range(9):
        badge.badge.uplink.wish(number, 0, badge.now)
    badge.run(20_000, step=20)


def practised(rig, downlink):
    """An emergency that is only tried, as it is ordered twice."""
    badge = rig.Rig(LAST - 5000)
    badge.order(ORDER_PRACTICE, 10)
    badge.hand(badge.down(downlink.order_again, ORDER_PRACTICE, 10, 1))
    badge.run(1000, step=20)
    badge.press(100, 100, 100, 100, 100, 2000)


def sighted(frame, sighting):
    """A badge that hears up to eight strong ones around it, of forty that it hears."""
    seen = sighting.Seen()
    for n in range(40):
        seen.hear(sighting.KIND_WIFI, bytes((n % 30, *[255] * 5)), -99 + n % 7 * 9)
    for count in range(9):
        frame.sighting(bytearray(40), 7, LAST, [0xFFFF] * 8, [63] * 8, count)


NUMBER = st.integers(0, LAST)
SCRIPT = st.lists(st.tuples(st.integers(0, 15), NUMBER, NUMBER), max_size=12)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(NUMBER, SCRIPT)
def test_a_whole_life(begin, script):
    Life(far(begin)).act(script)


@settings(max_examples=300, derandomize=True)
@given(NUMBER, NUMBER, st.integers(0, 2**29))
def test_any_ticks(then, now, span):
    for moment in (then, far(then), LAST):
        assert 0 <= TICKS.after(moment, span) <= LAST
        assert -(2**29) <= TICKS.since(moment, far(now)) < 2**29
        TICKS.due(far(now), moment)


@settings(max_examples=300, derandomize=True)
@given(st.binary(max_size=80), st.booleans(), NUMBER)
def test_any_bytes(noise, addressed, begin):
    rig = RIG.Rig(far(begin))
    rig.press(900)
    sealed = bytearray(noise)
    if addressed and len(sealed) > 4:
        sealed[1:3] = RIG.DEVICE.to_bytes(2)
    rig.hand(bytes(sealed))


def test_a_count_of_facts_that_runs_over():
    trace = LENS.take("firmware.trace").Trace()
    trace.count = LAST
    trace.note(1, 2, 3)
    assert trace.count >= len(trace.code) and trace.value[(trace.count - 1) % len(trace.code)] == 2


def test_a_count_of_noise_that_runs_over():
    rig = RIG.Rig()
    rig.badge.inbox.refused = 2**24 - 1
    rig.hand(b"noise")
    assert rig.badge.inbox.refused == 2**24 - 1


def trembled(rig, downlink):
    """A colleague is answered by a finger that lifts for 60 ms."""
    badge = rig.Rig(LAST - 5000)
    badge.walk(2)
    badge.hand(badge.down(downlink.call, 9, 5, 2))
    badge.press(100, 60, 100, 2000)


def fought(rig):
    """Twenty seconds of hard movement without a rhythm, in a house that wants it heeded."""
    dice = random.Random(7)
    fighter = rig.Rig(LAST - 10000, struggle=True)
    for _ in range(1000):
        fighter.now = TICKS.after(fighter.now, STEP_MS)
        fighter.badge.samples([dice.randint(-3000, 3000) for _ in range(3)], 1, fighter.now)


@pytest.mark.long
def test_every_operator_is_reached():
    """Ninety-five in a hundred of every module's: a number nobody computed is a number nobody looked at."""
    lens = Lens()
    rig = lens.take("tools.sim.rig")
    seeded(rig, 200)
    slipped(rig)
    told_in_vain(rig)
    practised(rig, lens.take("firmware.link.downlink"))
    trembled(rig, lens.take("firmware.link.downlink"))
    fought(rig)
    sighted(lens.take("firmware.link.frame"), lens.take("firmware.link.sighting"))
    missed = lens.missed()
    for module in {name for name, _, _ in lens.sites} - {"firmware.link.downlink"}:  # no badge loads that
        count = sum(name == module for name, _, _ in lens.sites)
        here = [site for site in missed if site[0] == module]
        assert len(here) <= count // 20, f"{len(here)} of {count} not reached: {here}"


# The lens itself


@pytest.mark.parametrize("source", [
    "x = 32768\ny = x * x", "x = 2 * 536870912", "x = 1\nx <<= 30",
    "class A: pass\na = A()\na.n = 1073741823\na.n += 1", "a = [1073741823]\na[0] += 1", "x = -1073741823\ny = x - 2",
    "x = -1073741823 - 1\ny = -x", "x = -1073741823 - 1\ny = abs(x)", "x = sum((1073741823, 1))",
    "x = int('1073741824')", "x = (1073741823 + 1) & 0xFF", "def f(a, b): return a + b if b else 0\nf(1073741823, 1)",
    "y = [n * n for n in (1, 40000)]", "x = 0x40000000", "x = 3 / 2", "x = 7 * 1.0", "x = b'a' + b'b'",
    "a = [1]\na[a.index(1)] += 1",
])
def test_the_lens_sees(source):
    with pytest.raises(Overflow):
        Lens().run("seeded", source, {})


def test_the_lens_leaves_results_as_they_are():
    space = {}
    source = "a = [3, 4]\na[1 - 1] += 2 * 5\na[1] <<= 3\nb = -a[0] // 2 % 5 ^ 6\nc = ~b & 0xFF\nd = not b\ne = abs(-7)"
    Lens().run("plain", source, space)
    wanted = {}
    exec(source, wanted)
    assert [space[name] for name in "abcde"] == [wanted[name] for name in "abcde"]


@pytest.mark.parametrize("module, right, wrong", [
    ("firmware.ticks", "return now - _MASK + span_ms - 1 if now > _MASK - span_ms else now + span_ms",
     "return (now + span_ms) & _MASK"),
    ("firmware.link.frame", "    if buf[at] > 0x3F:\n        return -1\n", ""),
    ("firmware.crc", "            crc &= 0xFFFF\n", ""),
])
def test_the_lens_finds_an_overflow_seeded_into_the_real_code(module, right, wrong):
    def change(source):
        assert source.count(right) == 1, f"{module} has another form: seed another fault"
        return source.replace(right, wrong)

    rig = Lens({module: change}).take("tools.sim.rig")
    with pytest.raises(Overflow, match=module):
        seeded(rig, 200)
