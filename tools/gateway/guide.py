"""What does a guide on working alone ask, and what can this house answer from what it knows? The rest is for a talk.

Questions for staff and for leaders, in our own words (docs/guide.md has the list). Where the gateway knows
something, it answers as of this moment; where it cannot know, it says so, and when the house last talked about it. Of
alarms the last DAYS are counted, practice apart; who has practised in PRACTISED_DAYS has practised.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select

from firmware import codes
from tools.gateway import duty, incidents, overview, plans, wearers
from tools.gateway.deadlines import UNANSWERED_MS
from tools.gateway.jobs import trials
from tools.gateway.tables import ALARMS, BADGES, GUIDE_TALKS, TESTS, TRIALS, VISITS

DAYS, PRACTISED_DAYS, TESTS_DAYS = 90, 365, 30
NAMES_MOST = 12
UNHEARD_MS = 10_000  # so long after the press a wearer feels that nobody has it
_ASKED_MS = 45_000  # at most so long is a wearer asked first, where the alarm is not a press
_PRESSED = (codes.KIND_ASSIST, codes.KIND_EMERGENCY, codes.KIND_TORN)
_DAY_MS = 86_400_000

STAFF = ("reach", "episode", "within_call", "agreed", "risk", "tried", "worn", "come_back", "called", "leave", "unseen",
         "said")
LEADERS = ("assessed", "never_alone", "who_comes", "always", "new", "equipment", "could_not", "agreement", "red",
           "times", "after", "learned", "outside")
QUESTIONS = (*STAFF, *LEADERS)


@dataclass(frozen=True)
class Answer:
    """What the house knows. well: None where there is nothing to judge. says: key of a sentence, with its figures.

    names: of whom or what it is true, the first NAMES_MOST of `count`.
    """

    well: bool | None
    says: str
    count: int = 0
    names: tuple[str, ...] = ()
    more: dict[str, Any] = field(default_factory=dict)


class House(NamedTuple):
    """What the answers are made from, read once. Names of badges are those of their wearers."""

    badges: list[Any]  # rows of badges that are not shut out
    plan: dict[str, Any]
    unset: list[dict[str, Any]]
    visits: list[Any]  # the open ones, with name, team, device
    alarms: list[Any]  # raised in the last DAYS, practice apart
    practised: set[tuple[int, str]]  # pairing and name: nobody inherits it with a badge
    missed: int  # tests, in TESTS_DAYS
    overdue: int  # alarms after which something should have been done by now
    failing: list[str]  # where in the plan nobody is reached, as of the last trial
    now_ms: int

    def on_duty(self) -> list[Any]:
        """Return the badges that are on duty and heard."""
        return [row for row in self.badges if row.mode in duty.ON_DUTY and not row.silent]


def read(db: Connection, badges: Iterable[Any], has_broker: bool, now_ms: int) -> House:
    """Read the house. badges: rows of all that are not shut out."""
    plan, since_ms = plans.house(db), now_ms - DAYS * _DAY_MS
    raised = (ALARMS.c.phase == codes.WHAT_RAISED) & ~ALARMS.c.practice & (ALARMS.c.since_ms >= since_ms)
    visits = select(VISITS, BADGES.c.name, BADGES.c.team, BADGES.c.device).join(
        BADGES, BADGES.c.pairing == VISITS.c.pairing).where(VISITS.c.ended_ms.is_(None))
    practised = {who for who, kinds in wearers.practised(db, wearers.called_now(db)).items()
                 if max(kinds.values()) >= now_ms - PRACTISED_DAYS * _DAY_MS}
    missed = select(func.count()).select_from(TESTS).where(
        TESTS.c.missed & (TESTS.c.at_ms >= now_ms - TESTS_DAYS * _DAY_MS))
    tried, bad = trials.of(plan), db.execute(select(TRIALS.c.key).where((TRIALS.c.why != "") & (TRIALS.c.tries > 1)))
    rows = sorted(badges, key=lambda row: row.device)
    return House(
        badges=rows, plan=plan, unset=overview.unset(plan, has_broker, {row.team for row in rows}),
        visits=list(db.execute(visits)), alarms=list(db.execute(select(ALARMS).where(raised))),
        practised=practised, missed=db.execute(missed).scalar_one(),
        overdue=incidents.overdue(db, now_ms),
        failing=sorted(tried[key].where for key in bad.scalars() if key in tried), now_ms=now_ms)


def answers(house: House) -> dict[str, Answer | None]:
    """Return {question: what the house knows}; None: nothing, it is to be talked of."""
    return {question: _LIVE[question](house) if question in _LIVE else None for question in QUESTIONS}


def _some(says: str, names: Iterable[str], **more: Any) -> Answer:
    found = list(names)
    return Answer(not found, says if found else f"{says}_none", len(found), tuple(found[:NAMES_MOST]), more)


def _tested(house: House) -> Answer:
    on = house.on_duty()
    if not on:
        return Answer(None, "nobody_on_duty")
    return _some("untested", (row.name for row in on if not duty.tested(row)), all=len(on))


def _alone(house: House) -> Answer:
    if not house.on_duty():
        return Answer(None, "nobody_on_duty")
    return _some("alone", (row.name for row in house.badges if row.alone))


def _unheard(alarm: Any) -> bool:
    late_ms = UNHEARD_MS if alarm.kind in _PRESSED else UNHEARD_MS + _ASKED_MS
    return alarm.received_ms is not None and alarm.received_ms - alarm.since_ms > late_ms


def _unanswered(alarm: Any, now_ms: int) -> bool:
    until_ms = alarm.taken_ms or alarm.closed_ms or now_ms
    return alarm.received_ms is not None and until_ms - alarm.received_ms >= UNANSWERED_MS


def _could_not(house: House) -> Answer:
    unheard = [row for row in house.alarms if _unheard(row)]
    unanswered = [row for row in house.alarms if _unanswered(row, house.now_ms)]
    count = len({row.id for row in (*unheard, *unanswered)})
    more = {"all": len(house.alarms), "unheard": len(unheard), "unanswered": len(unanswered)}
    return Answer(not count if house.alarms else None, "could_not" if house.alarms else "no_alarms", count, (), more)


def _agreed(house: House) -> Answer:
    without = (part["name"] for part in house.plan["plans"] if not part.get("agreement", "").strip())
    return _some("no_agreement", without)


def _red(house: House) -> Answer:
    red = [visit for visit in house.visits if visit.colour == codes.RED]
    if not red:
        return Answer(None, "no_red_visit")
    without = (visit.name for visit in red if not plans.choose(
        house.plan, visit.team, visit.device, codes.KIND_EMERGENCY, codes.RED)["agreement"].strip())
    return _some("red_without", without, all=len(red))


def _never_alone(house: House) -> Answer:
    if not house.plan.get("rules", {}).get("red_not_alone"):
        return Answer(None, "rule_off")
    alone = {row.pairing for row in house.badges if row.alone}
    return _some("rule_red", (visit.name for visit in house.visits
                              if visit.colour == codes.RED and visit.pairing in alone))


def _practised(house: House) -> Answer:
    return _some("not_practised", (row.name for row in house.badges if (row.pairing, row.name) not in house.practised),
                 all=len(house.badges))


def _worn(house: House) -> Answer:
    faulty = (row.name for row in house.badges
              if (row.mode in duty.ON_DUTY or row.silent) and overview.wrong(row))
    return _some("faulty", faulty)


def _come_back(house: House) -> Answer:
    late = (visit.name for visit in house.visits if visit.until_ms is not None and visit.until_ms <= house.now_ms)
    minutes = {colour: seconds // 60 for colour, seconds in house.plan["check_in_s"].items()}
    return _some("overdue", late, all=len(house.visits), **minutes)


def _who_comes(house: House) -> Answer:
    unset = [f"{one['plan']}, {one['step']}. {one['does']}" for one in house.unset]
    return _some("reaches_nobody", dict.fromkeys([*unset, *house.failing]))


def _equipment(house: House) -> Answer:
    dead = [row.name for row in house.badges if overview.health(row, overview.wrong(row)) == overview.DEAD]
    return Answer(not dead and not house.missed, "equipment", house.missed, tuple(dead[:NAMES_MOST]),
                  {"dead": len(dead)})


def _times(house: House) -> Answer:
    if not house.alarms:
        return Answer(None, "no_alarms")
    never = [row for row in house.alarms if row.taken_ms is None]
    taken = sorted(row.taken_ms - row.received_ms for row in house.alarms if row.taken_ms and row.received_ms)
    if not taken:
        return Answer(False, "times_never", len(never), (), {"all": len(house.alarms)})
    more = {"all": len(house.alarms), "median": taken[(len(taken) - 1) // 2] // 1000}
    return Answer(not never, "times", len(never), (), more)


def _learned(house: House) -> Answer:
    over = [row for row in house.alarms if row.closed_ms is not None]
    unsaid = sum(row.outcome == "not said" for row in over)
    return Answer(not unsaid if over else None, "unsaid" if over else "no_alarms", unsaid, (), {"all": len(over)})


def _after(house: House) -> Answer:
    return Answer(not house.overdue, "follow_up", house.overdue)


_LIVE: dict[str, Callable[[House], Answer]] = {
    "reach": _tested, "episode": _could_not, "within_call": _alone, "agreed": _agreed, "risk": _red,
    "tried": _practised, "worn": _worn, "come_back": _come_back, "called": _times, "said": _learned,
    "never_alone": _never_alone, "who_comes": _who_comes, "always": _alone, "new": _practised,
    "equipment": _equipment, "could_not": _could_not, "agreement": _agreed, "red": _red, "times": _times,
    "after": _after, "learned": _learned,
}


def talked(db: Connection) -> dict[str, tuple[int, str]]:
    """Return {question: (when, Unix ms, and who wrote it down)} of the last time that the house talked about it."""
    rows = db.execute(select(GUIDE_TALKS).order_by(GUIDE_TALKS.c.id)).all()
    return {row.question: (row.at_ms, row.who) for row in rows}


def talk(db: Connection, question: str, who: str, now_ms: int) -> None:
    """`who` says that the house has talked about one of QUESTIONS today."""
    db.execute(insert(GUIDE_TALKS).values(question=question, at_ms=now_ms, who=who))
