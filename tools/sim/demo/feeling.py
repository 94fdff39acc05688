"""What does a wearer feel? Reads the motor's level over time back into the patterns that the firmware plays.

The motor is all that is looked at: a pattern that the badge meant but did not play is not felt. What shares a rhythm is
read as the first that has it; what it means there, the wearer knows from what has just happened.
"""

from collections.abc import Sequence

from firmware.feedback import patterns
from tools.docs.facts import rhythm_numbers, spans

NAMES = {
    value: name.lower().replace("_", " ")
    for name, value in vars(patterns).items()
    if name.isupper() and isinstance(value, int) and name not in ("NONE", "UNIT_MS")
}
NAMES[patterns.CALLED_FALL] = "called to help"  # whatever for: an emergency has the same rhythm
_SPANS = {number: spans(number) for number in rhythm_numbers()}  # ms on, off, ... on
_APART_MS = 500  # silence that parts two patterns: within one there are 300 at most, between two mostly 800
SLACK_MS = 60  # the firmware looks every 20 ms, and this machine may have other work


class Feeling:
    """Takes motor levels through `level`; `felt` gives (t_ms of its beginning, pattern), once each is over.

    slack_ms: by how much a span may be off; of patterns that fit, the nearest is read.
    """

    def __init__(self, slack_ms: int = SLACK_MS) -> None:
        self._slack_ms = slack_ms
        self._edges: list[int] = []  # times at which the motor went on, off, on, ...

    def level(self, t_ms: int, level: int) -> None:
        """Take the motor's level, 0 to 255, from `t_ms` on."""
        if bool(level) != bool(len(self._edges) % 2):
            self._edges.append(t_ms)

    def felt(self, now_ms: int) -> list[tuple[int, int]]:
        """Return the patterns that are over by `now_ms`, (t_ms, pattern) each, oldest first, and forget them."""
        edges = list(self._edges)
        if not edges or len(edges) % 2:
            return []
        silent_ms = now_ms - edges[-1]
        found: list[tuple[int, int]] = []
        at = 0
        while at < len(edges):
            spans = [later - sooner for sooner, later in zip(edges[at:], edges[at + 1 :])]
            if silent_ms < _APART_MS and all(off < _APART_MS for off in spans[1::2]) or self._grows(spans, silent_ms):
                break
            number = self._read(spans)
            if number:
                found.append((edges[at], number))
            at += len(_SPANS[number]) + 1 if number else 2  # what fits nothing was broken off by what follows
        del self._edges[:at]
        return found

    def _fits(self, spans: Sequence[int], wanted: Sequence[int]) -> bool:
        return all(abs(a - b) <= self._slack_ms + b // 10 for a, b in zip(spans, wanted))

    def _grows(self, spans: Sequence[int], silent_ms: int) -> bool:
        """Return whether `spans`, and silence since, may be the beginning of a longer pattern."""
        n, most = len(spans), 2 * self._slack_ms
        return any(len(w) > n and self._fits(spans, w) and silent_ms < w[n] + most for w in _SPANS.values())

    def _read(self, spans: Sequence[int]) -> int:
        """Return the longest pattern, of these the nearest, that `spans` (ms on, off, ... on) begins with; else 0."""
        best, best_rank = 0, (0, 0)
        for number, wanted in _SPANS.items():
            n = len(wanted)
            over = len(spans) == n or (len(spans) > n and spans[n] >= _APART_MS)
            rank = (n, -sum(abs(a - b) for a, b in zip(spans, wanted)))
            if over and self._fits(spans, wanted) and (not best or rank > best_rank):
                best, best_rank = number, rank
        return best


def drawing(number: int) -> str:
    """Return a pattern as marks, a long or a short one for each time the motor runs."""
    return " ".join("▬" if span >= 250 else "▪" for span in spans(number)[::2])
