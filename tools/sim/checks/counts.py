"""How many hands were read as they were meant? Meaning by reading, and emergencies by style."""

from collections.abc import Iterable
from typing import TypedDict

from tools.sim.checks.hands import ASSIST, EMERGENCY, KEYS_MS, MEANINGS, NOTHING, STYLES, Hand
from tools.sim.checks.reader import SURE_MS, decided_ms, read

Read = dict[str, dict[str, int]]  # meant, read: how many hands


class Counted(TypedDict):
    """What `kald hands --json` prints. emergencies_missed: the hands' numbers.

    late_ms: from the moment an emergency was beyond doubt to its reading, negative if read before.
    """

    count: int
    seed: int
    poll_ms: int
    read: Read
    styles: dict[str, Read]
    emergencies_missed: list[int]
    late_ms: dict[str, int] | None
    keys: dict[str, int]


def count(hands: int, seed: int, poll_ms: int = 10) -> Counted:
    """Read `hands` hands of `seed`."""
    table = {meant: dict.fromkeys(MEANINGS, 0) for meant in MEANINGS}
    styles: dict[str, Read] = {}
    late: list[int] = []
    missed: list[int] = []
    for number in range(hands):
        hand = Hand(seed, number)
        got = read(hand, poll_ms)
        table[hand.meaning][got.meaning] += 1
        row = styles.setdefault(hand.style, {}).setdefault(hand.meaning, dict.fromkeys(MEANINGS, 0))
        row[got.meaning] += 1
        if hand.meaning == EMERGENCY and got.meaning != EMERGENCY:
            missed.append(number)
        elif hand.meaning == EMERGENCY:
            decided = decided_ms(hand.spans, open_ms=SURE_MS)
            if decided is not None and got.at_ms is not None:
                late.append(got.at_ms - decided)
    late.sort()
    keys = table[NOTHING]
    return {
        "count": hands, "seed": seed, "poll_ms": poll_ms, "read": table, "styles": styles,
        "emergencies_missed": missed,
        "late_ms": {"p50": late[len(late) // 2], "p99": late[len(late) * 99 // 100], "max": late[-1]} if late else None,
        "keys": {"handlings": sum(keys.values()), "handling_ms": KEYS_MS, "emergencies": keys[EMERGENCY],
                 "assists": keys[ASSIST]},
    }


def _row(name: str, numbers: Iterable[object]) -> str:
    return f"{name:30}" + "".join(f"{number or '-':>11}" for number in numbers)


def table(found: Counted) -> str:
    """Return what `count` found as lines to read."""
    lines = [f"{found['count']} hands, seed {found['seed']}, button read every {found['poll_ms']} ms", ""]
    lines += [_row("meant \\ read", MEANINGS)]
    lines += [_row(meant, found["read"][meant].values()) for meant in MEANINGS]
    lines += ["", _row("by style", MEANINGS)]
    for style in STYLES:
        for meant, row in found["styles"].get(style, {}).items():
            lines.append(_row(f"{style}: {meant}", row.values()))
    missed, late, keys = found["emergencies_missed"], found["late_ms"], found["keys"]
    lines += ["", f"emergencies meant and not read: {len(missed)}" + (f"  (hands {missed[:10]} ...)" if missed else "")]
    if late:
        lines.append(f"read after it was beyond doubt: half within {late['p50']} ms, all within {late['max']} ms")
    lines.append(f"keys in a pocket, {keys['handlings']} handlings of {keys['handling_ms'] // 1000} s: "
                 f"{keys['emergencies']} emergencies, {keys['assists']} assists")
    return "\n".join(lines)
