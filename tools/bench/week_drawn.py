"""What does a simulated week look like? Heap, flash, charge and watchdog over the same hours, as one drawing (SVG).

It is to be read in grey as well: what lies side by side differs in lightness, lines differ in their dashes, and each
has its name at its end. The pale bands are the shifts.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate

from firmware.app import WATCHDOG_MS
from tools.bench import week_days
from tools.bench.week import DAY_H, Lived
from tools.docs.sheet import Sheet

WIDTH, LEFT, RIGHT = 1280, 84, 250
TOP, STRIP, PANEL, GAP = 84, 34, 118, 50
SHIFT_H = 8  # tools/sim/scripts/days.py: from the day's first minute
INK, SOFT, RULE, BAND, BOUND = "#1d2733", "#5d6875", "#dfe3e8", "#f1f4f7", "#b3261e"
LAYERS = ("#163a63", "#6f9ac8", "#c3d6ea", "#9a4a12", "#e6a766", "#4f6b2f", "#b9cc95")
REST = "#8a8f96"
SMALL = 0.01  # a part that took less of the charge is drawn with the others of its kind
LABEL_PX = 14  # between two names at the end of lines

Down = Callable[[float], float]  # where, from the top, a value of a panel is
End = tuple[float, str, str]  # of a line: y, words, colour


class Panels:
    """The drawing of `lived` (tools/bench/week.py), panel under panel."""

    def __init__(self, lived: Lived) -> None:
        self.lived = lived
        self.last_h = len(lived.hours) - 1
        self.sheet = Sheet(WIDTH, "Helvetica, Arial, sans-serif")
        self.top = TOP + STRIP + GAP

    def across(self, hour: float) -> float:
        """Return where `hour` is."""
        return LEFT + (WIDTH - LEFT - RIGHT) * hour / self.last_h

    def panel(self, title: str, high: float) -> Down:
        """Begin a panel from 0 to `high`; return where a value of it is."""
        top = self.top
        self.top += PANEL + GAP
        self.bands(top, PANEL)
        self.sheet.text(LEFT, top - 12, title, 13, INK, more='font-weight="bold"')
        step = nice(high / 5)
        for n in range(int(high / step) + 1):
            y = top + PANEL * (1 - n * step / high)
            self.sheet.line(LEFT, y, WIDTH - RIGHT, y, SOFT if n == 0 else RULE)
            self.sheet.text(LEFT - 8, y + 4, f"{n * step:,g}", 11, SOFT, "end")
        return lambda value: top + PANEL * (1 - min(max(value, 0), high) / high)

    def bands(self, top: float, height: float) -> None:
        """Draw the shifts, from `top` down."""
        for day in range(self.lived.days):
            x = self.across(day * DAY_H)
            self.sheet.box(x, top, self.across(day * DAY_H + SHIFT_H) - x, height, BAND)

    def curve(self, values: Sequence[float], down: Down, colour: str = INK, width: float = 1.8,
              dashes: str = "") -> None:
        """Draw a value for each hour."""
        self.sheet.curve([(self.across(hour), down(v)) for hour, v in enumerate(values)], colour, width, dashes)

    def names(self, ends: list[End]) -> None:
        """Write `ends`, each at its line or as near as there is room."""
        ends = sorted(ends, key=lambda end: end[0])
        places = apart([end[0] for end in ends], LABEL_PX)
        x = WIDTH - RIGHT
        for (y, words, colour), place in zip(ends, places):
            self.sheet.curve([(x + 3, y), (x + 8, y), (x + 16, place), (x + 20, place)], SOFT, 1)
            at = x + 24
            if colour != INK:
                self.sheet.box(at, place - 5, 10, 10, colour)
                at += 15
            self.sheet.text(at, place + 4, words, 12, INK)

    def bound(self, points: Sequence[tuple[int, float]], down: Down, words: str) -> None:
        """Draw what must not be exceeded, [(hour, value)], with its name above its beginning."""
        self.sheet.curve([(self.across(hour), down(value)) for hour, value in points], BOUND, 1.2, "6 4")
        hour, value = points[0]
        self.sheet.text(self.across(hour) + 6, down(value) + 14, words, 11, BOUND)


def apart(places: Sequence[float], least: float) -> list[float]:
    """Return `places`, in rising order, moved as little as leaves `least` between any two."""
    groups: list[tuple[float, int]] = []  # of places that touch: their middle, how many
    for place in places:
        groups.append((place, 1))
        while len(groups) > 1 and groups[-1][0] - groups[-2][0] < least * (groups[-1][1] + groups[-2][1]) / 2:
            middle, many = groups.pop()
            before, few = groups[-1]
            groups[-1] = ((middle * many + before * few) / (many + few), many + few)
    return [middle + least * (n - (many - 1) / 2) for middle, many in groups for n in range(many)]


def nice(step: float) -> float:
    """Return the least of 1, 2, 5, 10, 20 ... that is not below `step` (more than 0)."""
    ten = 1.0
    while ten * 10 <= step:
        ten *= 10
    while ten > step:
        ten /= 10
    return next(n * ten for n in (1, 2, 5, 10) if n * ten >= step)


def draw(lived: Lived) -> str:
    """Return the drawing as SVG text."""
    panels = Panels(lived)
    _head(panels)
    _heap(panels)
    _growth(panels)
    _flash(panels)
    _charge(panels)
    _watchdog(panels)
    return panels.sheet.svg(_hours(panels))


def _head(panels: Panels) -> None:
    lived, sheet = panels.lived, panels.sheet
    radio = {"wifi": "Wi-Fi", "lora": "LoRa", "both": "Wi-Fi and LoRa"}[lived.radio]
    days = "A day" if lived.days == 1 else f"{lived.days} days"
    sheet.text(LEFT, 32, f"{days} of one badge on {radio}", 20, INK, more='font-weight="bold"')
    wrong = week_days.troubles(lived)
    told = wrong[0] if wrong else "all within bounds"
    if len(wrong) > 1:
        told += f", and {len(wrong) - 1} more, which the table says"
    sheet.text(LEFT, 54, f"The real firmware on a {lived.bits}-bit MicroPython in virtual time, heap of "
               f"{lived.heap_kb * lived.bits // 32} KB. {told[0].upper() + told[1:]}.", 13,
               BOUND if wrong else SOFT)
    panels.bands(TOP, STRIP)
    sheet.line(LEFT, TOP + STRIP, WIDTH - RIGHT, TOP + STRIP, SOFT)
    for day in range(lived.days):
        sheet.text(panels.across(day * DAY_H) + 4, TOP + 12, f"shift {day + 1}", 11, SOFT)
    base = TOP + STRIP
    for hour in range(1, panels.last_h + 1):
        done = week_days.between(lived, hour - 1, hour)
        x = panels.across(hour - 1)  # what happened within the hour stands at its beginning
        if done.get("alarms"):
            _alarm(sheet, x, base - 3)
        if done.get("tests"):
            _test(sheet, x, base - 3)
    beside = WIDTH - RIGHT + 29
    _alarm(sheet, beside, TOP + 12)
    sheet.text(beside + 10, TOP + 12, "an alarm, by hand", 12)
    _test(sheet, beside, TOP + 30)
    sheet.text(beside + 10, TOP + 30, "the shift's test", 12)


def _alarm(sheet: Sheet, x: float, y: float) -> None:
    sheet.area([(x - 4.5, y), (x + 4.5, y), (x, y - 9)], INK)


def _test(sheet: Sheet, x: float, y: float) -> None:
    sheet.box(x - 3.5, y - 7, 7, 7, "white", INK)


def _heap(panels: Panels) -> None:
    hours = panels.lived.hours
    down = panels.panel("Heap after a collection, KB", 1.15 * max(max(h["taken"], h["free"]) for h in hours) / 1024)
    ends = []
    for name, words, width, dashes in (("taken", "taken", 2.2, ""), ("free", "free", 1.6, "7 4"),
                                       ("largest", "free in one piece", 1.6, "2 3")):
        values = [hour[name] / 1024 for hour in hours]
        panels.curve(values, down, INK, width, dashes)
        ends.append((down(values[-1]), f"{words}, {values[-1]:.1f}", INK))
    panels.names(ends)


def _growth(panels: Panels) -> None:
    hours, words_long = panels.lived.hours, panels.lived.bits // 32
    grown = [hour["taken"] - hours[0]["taken"] for hour in hours]
    first, later = week_days.SETTLED_MOST * words_long, grown[DAY_H] + week_days.GROWTH_MOST * words_long
    down = panels.panel("Heap taken, bytes more than two seconds after the start", 1.1 * max(first, later, *grown))
    bound = [(0, first), (DAY_H, first)]
    if panels.lived.days > 1:
        bound += [(DAY_H, later), (panels.last_h, later)]
    panels.bound(bound, down, "allowed")
    panels.curve(grown, down, INK, 2.2)
    panels.names([(down(grown[-1]), f"{grown[-1]:,} bytes", INK)])


def _flash(panels: Panels) -> None:
    hours = panels.lived.hours
    entries = [hour.get("entries", 0) for hour in hours]
    erases = [hour.get("erases", 0) for hour in hours]
    down = panels.panel("Flash written, NVS entries of 32 bytes; a stroke for each page erased", 1.1 * entries[-1])
    for hour, (before, after) in enumerate(zip([0, *erases], erases)):
        for n in range(after - before):
            x = panels.across(hour) + 3 * n
            panels.sheet.line(x, down(0), x, down(0) - 12, INK, 1.6)
    panels.curve(entries, down, INK, 2.2)
    panels.names([(down(entries[-1]), f"{entries[-1]:,} entries", INK),
                  (down(0) - 6, f"{erases[-1]} erases", INK)])


def _charge(panels: Panels) -> None:
    lived = panels.lived
    each = [week_days.parts(lived, hour, hour + 1) for hour in range(panels.last_h)]
    total = sum(sum(hour.values()) for hour in each)
    sums = {part: list(accumulate((hour[part] for hour in each), initial=0.0)) for part in each[0]}
    large = [part for part in sums if sums[part][-1] >= SMALL * total]
    small = [part for part in sums if 0 < sums[part][-1] < SMALL * total]
    layers = [(part, sums[part], LAYERS[n % len(LAYERS)]) for n, part in enumerate(large)]
    if small:
        layers.append((", ".join(small), [sum(values) for values in zip(*(sums[part] for part in small))], REST))
    down = panels.panel(f"Charge taken from the cell, mAh by part ({week_days.BOARD})", 1.08 * total)
    floor = [0.0] * (panels.last_h + 1)
    ends = []
    for name, values, colour in layers:
        roof = [low + value for low, value in zip(floor, values)]
        forth = [(panels.across(hour), down(value)) for hour, value in enumerate(roof)]
        back = [(panels.across(hour), down(value)) for hour, value in reversed(list(enumerate(floor)))]
        panels.sheet.area(forth + back, colour, "white")
        ends.append((down((floor[-1] + roof[-1]) / 2), f"{name}, {values[-1]:,.1f}", colour))
        floor = roof
    panels.names(ends)


def _watchdog(panels: Panels) -> None:
    gaps = [hour["gap_ms"] for hour in panels.lived.hours]
    most = week_days.GAP_MOST_MS
    down = panels.panel("Watchdog, the longest wait for a meal in each hour, ms", 1.1 * max(most, *gaps))
    for hour in range(1, len(gaps)):
        x = panels.across(hour - 1)
        width = panels.across(hour) - x
        panels.sheet.box(x + 0.15 * width, down(gaps[hour]), 0.7 * width, down(0) - down(gaps[hour]), LAYERS[1])
    panels.bound([(0, most), (panels.last_h, most)], down, f"allowed; at {WATCHDOG_MS:,} ms it resets the badge")
    longest = max(gaps)
    panels.names([(down(gaps[-1]), f"{longest:,} ms at most", INK),
                  (down(0), f"{panels.lived.hours[-1]['fed']:,} meals", INK)])


def _hours(panels: Panels) -> float:
    """Write the hours under the last panel; return the drawing's height."""
    base = panels.top - GAP
    every = DAY_H if panels.lived.days > 2 else 4 * panels.lived.days
    for hour in range(0, panels.last_h + 1, every):
        x = panels.across(hour)
        panels.sheet.line(x, base, x, base + 5, SOFT)
        panels.sheet.text(x, base + 19, f"{hour} h" if hour else "0", 11, SOFT, "middle")
    note = "Where nothing is due, virtual time goes in steps of up to 640 ms. What drivers and radio package take of "
    panels.sheet.text(LEFT, base + 46, note + "the heap is not in it: `kald bench` has both.", 11, SOFT)
    return base + 62
