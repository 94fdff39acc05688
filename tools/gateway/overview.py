"""What must be seen at one look, however many badges there are, and what is the worst that is wrong with a badge?

Health is one word, the worst that is true: dead (its wearer cannot be reached, or cannot call), doubtful, untested
(nobody has tried it in this shift, or it was never heard), well. A badge off duty is not blamed for lying on a table.
"""

from collections.abc import Iterable
from typing import Any

from firmware import codes
from tools.gateway import duty, plans, troubles

NAMES_MOST = 12  # of each list on the board's strip
DEAD, DOUBTFUL, UNTESTED, WELL = "dead", "doubtful", "untested", "well"
_DEADLY = ("silent", "part_silent", "button_stuck")
_WORST = (  # what takes most from the wearer first; a fault that is not named here stands behind them
    *_DEADLY, "lifeboat", "no_gateway", "sensor_silent", "sensor_stuck", "sensor_wrong", "storage", "queue_lost",
    "crashed", "no_lora", "battery_low", "not_worn", "memory_low",
)
_UNTESTED = (None, codes.MODE_NOT_READY, codes.MODE_TESTING)
Row = Any  # a row of BADGES, from memory or from a query: with mode, faults, silent, name, alone


def wrong(badge: Row) -> list[str]:
    """Return the names of what is wrong with a badge, the worst first."""
    found = ["silent"] if badge.silent else []
    for n in range(16):
        if badge.faults >> n & 1:
            found.append(troubles.FAULTS.get(1 << n, f"fault_{1 << n:#06x}"))
    if badge.mode not in duty.ON_DUTY and "not_worn" in found:
        found.remove("not_worn")
    return sorted(found, key=lambda name: _WORST.index(name) if name in _WORST else len(_WORST))


def health(badge: Row, faults: list[str]) -> str:
    """Return DEAD, DOUBTFUL, UNTESTED or WELL. faults: what wrong() has returned of it."""
    if faults:
        return DEAD if faults[0] in _DEADLY else DOUBTFUL
    return UNTESTED if badge.mode in _UNTESTED else WELL


def glance(badges: Iterable[Row]) -> dict[str, dict[str, Any]]:
    """Return {"alone", "dead", "doubtful", "untested": {"count", "names"}} of all badges of a house.

    names: of the first of them, in the order of their numbers.
    """
    names: dict[str, list[tuple[int, str]]] = {"alone": [], DEAD: [], DOUBTFUL: [], UNTESTED: []}
    for badge in badges:
        if badge.alone:
            names["alone"].append((badge.device, badge.name))
        if badge.silent or badge.faults or badge.mode in _UNTESTED:
            word = health(badge, wrong(badge))
            if word != WELL:
                names[word].append((badge.device, badge.name))
    return {word: {"count": len(some), "names": [name for _, name in sorted(some)[:NAMES_MOST]]}
            for word, some in names.items()}


def unset(plan: dict[str, Any], has_broker: bool, groups: Iterable[str]) -> list[dict[str, Any]]:
    """Return the steps of the house's plan that nobody has set up: [{"plan", "step", "does"}].

    has_broker: whether this gateway knows a broker, without which no siren sounds. groups: those that badges are in; a
    step for another calls nobody. A step number counts from 1.
    """
    found, known = [], {*map(plans.group_key, groups)}
    for part in plan["plans"]:
        for number, step in enumerate(part["steps"], 1):
            group = step.get("group", "own")
            if group not in ("own", "all") and plans.group_key(group) not in known or not set_up(step, has_broker):
                found.append({"plan": part["name"], "step": number, "does": step["do"]})
    return found


def set_up(step: dict[str, Any], has_broker: bool) -> bool:
    """Return whether a step of a plan has what it takes to reach anybody. has_broker: as for `unset`."""
    return step["do"] == "badges" or bool(plans.targets(step)) and (has_broker or step["do"] != "siren")


def fits(badge: Row, words: str) -> bool:
    """Return whether a badge's name or group has `words` in it, or its number is that."""
    wanted = words.casefold().strip()
    return wanted in badge.name.casefold() or wanted in badge.team.casefold() or wanted == str(badge.device)


def search(badges: Iterable[Row], words: str, most: int) -> list[int]:
    """Return the numbers of up to `most` badges that fit `words`."""
    return sorted(badge.device for badge in badges if fits(badge, words))[:most]
