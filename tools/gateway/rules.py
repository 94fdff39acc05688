"""Which rules does the house let the gateway enforce? None, unless its plan says so under `rules`.

    "rules": {"red_not_alone": true, "within_call": {"to": ["ntfys://ntfy.example/kald"]}, "closed_s": 900}

red_not_alone: no red visit begins at the board while nobody else of the group is within call. The wearer's own button
cannot be answered in words, and a visit protects, so that one begins; it is a technical alarm, as is a red visit whose
colleague leaves. within_call: that nobody is within call of somebody on duty is a technical alarm, and a step of the
plan: `to` is told, once each time. closed_s: an alarm to which somebody has come, and which is not closed in so many
seconds, goes on with its plan (plans.py, people.py).
"""

import json
from typing import Any

from firmware import codes
from tools.gateway import duty, notices, troubles
from tools.gateway.core.rows import WAITING, Badge
from tools.gateway.core.transaction import Transaction

RED_ALONE, NOBODY = "red_alone", "nobody_within_call"
STEP = -2  # in the place of a plan's step: a job of no alarm


def of(at: Transaction) -> dict[str, Any]:
    """Return the rules of the house, {} for none."""
    rules: dict[str, Any] = at.house.plan.get("rules", {})
    return rules


def refuses(at: Transaction, badge: Badge, colour: int) -> bool:
    """Return whether a visit of `colour` must not begin now."""
    if colour != codes.RED or not of(at).get("red_not_alone"):
        return False
    alarmed = duty.alarmed(at)
    others = [at.badges[key] for key in at.badges.keys("team", badge.team) if key != badge.pairing]
    return not any(duty.is_help(at, other, alarmed) for other in others)


def look(at: Transaction) -> None:
    """Raise and clear what time and colleagues have changed; call it after duty.look."""
    rules = of(at)
    alone = at.badges.keys("alone", True)
    red = {visit.pairing for visit in at.visits if visit.ended_ms is None and visit.colour == codes.RED}
    _mark(at, RED_ALONE, red.intersection(alone) if rules.get("red_not_alone") else set())
    for pairing in _mark(at, NOBODY, set(alone) if "within_call" in rules else set()):
        _tell(at, at.badges[pairing], rules["within_call"]["to"])


def _mark(at: Transaction, fault: str, wanted: set[int]) -> list[int]:
    """Let the technical alarm stand for the badges `wanted` and for no other; return those for whom it is new."""
    stands = {row.pairing for row in at.troubles.by("fault", fault)}
    for pairing in stands - wanted:
        troubles.mark(at, pairing, fault, False)
    new = sorted(wanted - stands)
    for pairing in new:
        troubles.mark(at, pairing, fault, True)
    return new


def _tell(at: Transaction, badge: Badge, addresses: list[str]) -> None:
    text = notices.nobody(at.house.plan, badge.device)
    waiting = {(row.target, row.text) for row in at.notification_jobs.by("waiting", True)}
    for address in dict.fromkeys(addresses):
        if (json.dumps(address), text) not in waiting:
            at.notification_jobs.add(
                alarm=None, plan_step=STEP, channel="notify", target=json.dumps(address), text=text, state=WAITING,
                made_ms=at.now_ms, due_ms=at.now_ms)
