"""What do hands do to a button? From a seed: the meaning, the finger, and the contact under it.

    meaning   emergency, assist, yes (cancel, confirm or answer, by what the badge waits for), nothing: keys in a pocket
    finger    spans of closed and open by style: tremor cuts presses up, gloves press long and slip off, grips flicker
    contact   each edge bounces for 1 to 20 ms

A hand follows the wearer's card, however badly: three presses or more with gaps below 0.7 s, or a hold of more than
0.8 s, is an emergency. A press that closes no contact can be read by nobody, so it is not drawn; nor is a pause of more
than 0.7 s within a gesture.

The spans are judgement: no measured set of frightened hands is known to us. A quick finger keeps a push-button down for
about 60 to 100 ms (Kim, Lee and Oulasvirta, "Impact Activation Improves Rapid Button Pressing", CHI 2018); tremor of
fright and cold lies at 4 to 12 Hz.

RELEASE_MS (firmware/limits.py) is the longest that loses none of ten thousand such emergencies, read every 10 ms. A
dropout of 60 ms and a gap of 60 ms between two presses look the same, so no longer one would do:

    RELEASE_MS                                         24     42     52     62
    dropouts that never part a press, up to, ms        20     40     50     60
    emergencies that are missed, of 4499                0      0      3     10
    answers, confirmations, assists read as graver    272    213    148     88

A tremble of less than TREMBLE_MS parts no answer. Before, 21 % of trembling cancels became alarms and 24 % of trembling
"I am coming" one's own; now 3 and 2 %. A mash of three calls at the same moment as ever, asked or not, so a tremble
that parts an answer twice still does (4 of 2,228), for some mashes of three look the same.

Keys that lean on the button hold it as a hand does, and those that knock close it for as long as a quick finger: 572 of
1,232 handlings of 12 s are an emergency. What a hold that must last longer would cost, and presses that must last, of
which a shorter one needs another beside it (tried on the same ten thousand hands):

    as it is: a hold of 0.8 s, presses of any length    keys call in 572 of 1,232    emergencies missed 0 of 4,499
    a hold of 1.2 s; 1.6 s; 2.4 s                                     558; 548; 518                  260; 579; 1,061
    presses of 50 ms; 60; 70; 80                                 532; 503; 473; 454                      0; 1; 8; 16
    a hold of 1.6 s and presses of 60 ms                                        477                              580

No keys are worth a call that is missed, and 50 ms spare 7 of 100 while a mash that begins with a light tap calls later;
so none of these was taken. Of the 572 a hold makes 290 and presses 282; before 163 of them the contact closed four
times and more within 10 s. To believe nothing after such a flurry would spare those, and fail whoever has tried four
times in vain, whom no hand here draws. What helps is the case, and no badge in a pocket (docs/hardware.md): decided.
"""

import random

from firmware.codes import CHECK_IN_MISSED, FELL

EMERGENCY = "emergency"
ASSIST = "assist"
CANCEL = "cancel"
CONFIRM = "confirm"
ANSWER = "answer"
NOTHING = "nothing"
MEANINGS = (EMERGENCY, ASSIST, CANCEL, CONFIRM, ANSWER, NOTHING)

# What does the badge wait for when the hand comes?
IDLE, ASKED, MISSED, DUE, CALLED, OPEN = "idle", "asked", "missed", "due", "called", "open"
ASKS = {ASKED: FELL, MISSED: CHECK_IN_MISSED}  # event that has put the question
_CONTEXTS = {
    EMERGENCY: (IDLE, ASKED, MISSED, DUE, CALLED, OPEN), ASSIST: (IDLE, ASKED, MISSED, DUE, CALLED),
    CANCEL: (ASKED, MISSED), CONFIRM: (DUE,), ANSWER: (CALLED,), NOTHING: (IDLE, ASKED, DUE, CALLED, OPEN),
}

# Keys in a pocket: bumps a second, and how often something leans on the button instead.
KEYS = {"keys, walking": ((0.1, 0.5), 0), "keys, rummaging": ((0.5, 3), 0), "keys, leaning": ((0.1, 1), 0.2)}
# style: spans in ms of one press, of the gap between two, of a hold; holds and presses are drawn alike often
_SPANS: dict[str, tuple[tuple[int, ...], ...]] = {
    "calm": ((80, 220), (100, 350), (900, 2500)),
    "slow": ((250, 700), (250, 650), (1000, 5000)),
    "trembling": ((150, 450), (150, 450), (900, 3000)),
    "gloves": ((200, 740), (150, 650), (900, 4000)),
    "worn contact": ((80, 300), (100, 350), (900, 2500)),
    "mashing": ((60, 160), (60, 150), ()),
    "frantic": ((), (), ()),  # 8 to 11 presses a second, too quick for some contacts to follow
    "one hand": ((), (), (900, 2500)),
}
_HURRIED = ("mashing", "frantic", "one hand")  # only in an emergency
STYLES = (*_SPANS, *KEYS)
SLIP_MS = 100  # a grip that slips and is still the same hold opens the contact for as long at most
BOUNCE_MS = 20
KEYS_MS = 12000  # of one handling
_WRAP = 2**30
_DAY_MS = 86400000
_SHARES = ((EMERGENCY, 45), (ASSIST, 20), (CANCEL, 10), (CONFIRM, 5), (ANSWER, 8), (NOTHING, 12))


Spans = list[int]


class Hand:
    """One hand. spans: ms closed, open, closed ... of the finger; edges: [(ms, level)] of the contact.

    before: (spans, ms ago) of an earlier gesture, or None. start: badge time of the first poll; phase: ms from it to
    the first touch.
    """

    def __init__(self, seed: int, number: int) -> None:
        draw = random.Random(f"{seed}:{number}")
        self.number = number
        meanings, shares = zip(*_SHARES, strict=True)
        self.meaning = draw.choices(meanings, shares)[0]
        self.context = draw.choice(_CONTEXTS[self.meaning])
        self.start = draw.choice((draw.randrange(_WRAP), _WRAP - draw.randrange(1, 4000)))
        self.phase = draw.randrange(10)
        self.before = None
        if draw.random() < 0.1:  # also after days in which the badge's clock has gone more than half its circle
            earlier = draw.choice(([900], [100], [100, 100, 100], [100, 100, 100, 100, 100]))
            self.before = (earlier, draw.choice((2000, draw.randrange(2000, 12 * _DAY_MS))))
        if self.meaning == NOTHING:
            self.style = draw.choice(tuple(KEYS))
            self.spans = _keys(draw, *KEYS[self.style])
        else:
            styles = [style for style in _SPANS if self.meaning == EMERGENCY or style not in _HURRIED]
            self.style = draw.choice(styles)
            self.spans = _finger(draw, self.style, self.meaning)
        self.edges = _contact(draw, self.spans)
        self.length_ms = sum(self.spans)


def _finger(draw: random.Random, style: str, meaning: str) -> Spans:
    down, gap, hold = _SPANS[style]
    if style == "frantic":
        return _frantic(draw)
    if meaning == EMERGENCY and hold and (not down or draw.random() < 0.5):
        spans = [draw.randint(*hold)]
        if style == "gloves" and draw.random() < 0.3:  # slips off, feels it, and holds again
            spans = [draw.randint(100, 600), draw.randint(150, 500), *spans]
    else:
        presses = {EMERGENCY: draw.randint(3, 12 if style == "mashing" else 6), ASSIST: 2}.get(meaning, 1)
        spans = [draw.randint(*down)]
        for _ in range(presses - 1):
            spans += [draw.randint(*gap), draw.randint(*down)]
    if style == "trembling":
        return _cut(draw, spans, draw.randint(80, 250), (10, 70), 0.6)
    if style == "gloves":
        return _cut(draw, spans, draw.randint(150, 400), (20, SLIP_MS), 0.15)
    if style == "worn contact":
        return _cut(draw, spans, draw.randint(20, 60), (1, 15), 0.8)
    if style == "one hand":
        return _cut(draw, spans, draw.randint(300, 700), (5, SLIP_MS), 0.9)
    return spans


def _frantic(draw: random.Random) -> Spans:
    spans = []
    for _ in range(draw.randint(8, 25)):
        period = draw.randint(90, 125)
        closed = period * draw.randint(40, 60) // 100
        spans += [closed, period - closed]
    return spans[:-1]


def _cut(draw: random.Random, spans: Spans, period: int, open_ms: tuple[int, int], share: float) -> Spans:
    """Let the contact open about every `period` ms of pressing, each time with the chance `share`."""
    cut = []
    for i, span in enumerate(spans):
        if i % 2:
            cut.append(span)
            continue
        while span > period + open_ms[1] + 20:
            closed = draw.randint(period * 7 // 10, period)
            opened = draw.randint(*open_ms)
            if draw.random() < share:
                cut += [closed, opened]
                span -= closed + opened
            else:
                cut += [closed, 0]
                span -= closed
        cut.append(span)
    return _joined(cut)


def _joined(spans: Spans) -> Spans:
    """Join spans that are parted by one of no length."""
    joined: Spans = []
    for span in spans:
        if len(joined) > 1 and joined[-1] == 0:
            joined.pop()
            joined[-1] += span
        else:
            joined.append(span)
    return joined


def _keys(draw: random.Random, rates: tuple[float, float], lean: float) -> Spans:
    """Draw KEYS_MS of handling: bumps of any length up to 0.4 s, and with the chance `lean` a long one instead."""
    rate = draw.uniform(*rates)
    spans, left = [], KEYS_MS
    while left > 0:
        span = draw.randint(300, 6000) if draw.random() < lean else min(400, max(2, int(draw.lognormvariate(3.4, 1))))
        gap = max(5, int(draw.expovariate(rate) * 1000))
        spans += [span, gap]
        left -= span + gap
    return spans[:-1]


def _contact(draw: random.Random, spans: Spans) -> list[tuple[int, int]]:
    """Return the edges [(ms, level)] of a contact under a finger with `spans`: each one bounces."""
    edges, t = [], 0
    for i, span in enumerate(spans):
        level = 1 - i % 2
        edges.append((t, level))
        opening = span if i % 2 else spans[i - 1] if i else BOUNCE_MS
        # an opening as short as a bounce is one, and has none of its own
        until = t + (min(draw.randint(1, BOUNCE_MS), span - 1) if opening >= BOUNCE_MS else 0)
        at = t + draw.randint(1, 5)
        while at < until:
            back = at + draw.randint(1, 5)
            if back > until:
                break
            edges += [(at, 1 - level), (back, level)]
            at = back + draw.randint(1, 5)
        t += span
    edges.append((t, 0))
    return edges
