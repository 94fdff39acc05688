"""What does the office see? The facts of the board, as JSON can hold them, without keys and addresses."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, select

from firmware.codes import (
    KIND_ASSIST, KIND_EMERGENCY, KIND_TORN, STEP_CLOSED, WHAT_RAISED, WHY_TORN, WHY_UNKNOWN,
)
from firmware.link import frame
from tools.gateway import duty, overview, plans
from tools.gateway.columns import readable
from tools.gateway.core.rows import DONE, FAILED, OVER, WAITING, Plan, loaded
from tools.gateway.places import floor_plan, sightings
from tools.gateway.plans import COLOURS
from tools.gateway.tables import (
    ALARMS, BADGES, DOWNLINKS, EVENTS, NOTABLE, NOTIFICATION_JOBS, RESPONDERS, SIGHTINGS, THERE, TROUBLES, VISITS,
    WEARER,
)

Fact = dict[str, Any]  # one alarm, badge, trouble, ...
BADGES_SHOWN = 300  # a page of more is no overview, and nothing for a phone
ALARMS_SHOWN = 50  # more only if more are open: no limit hides one
TROUBLES_SHOWN = 20  # that are over
REFUSED_SHOWN_MS = 3_600_000  # an order that a badge refused, unless there is a newer one of its kind
PARTLY = "partly"  # state of a step some of whose addresses have failed
QUESTION, ASSIST, AUTOMATIC, EMERGENCY = 1, 2, 3, 4  # how grave an alarm is
WHYS = range(WHY_UNKNOWN, WHY_TORN + 1)
_ALARM = ("id", "alarm_id", "kind", "revision", "practice", "since_ms", "received_ms", "taken_by", "taken_ms",
          "arrived_ms", "lost_ms", "unneeded_by", "unverified", "closed_ms", "outcome", "due_ms")
_BADGE = ("device", "name", "team", "heard_ms", "state", "mode", "mode_ms", "battery", "faults", "silent", "alone",
          "until_ms", "version", "tested_ms", "own_name", "lent_until_ms")
_TROUBLE = ("bridge", "fault", "since_ms", "until_ms", "count", "last_ms", "detail")


def text(facts: object) -> str:
    """Return facts as JSON; bytes, which a bit that flips on the disk makes of a text, as that text."""
    return json.dumps(facts, default=lambda odd: readable(odd) if isinstance(odd, bytes) else str(odd))


def alarms(db: Connection, has_broker: bool = True) -> list[Fact]:
    """Return the open alarms and the latest of the others: of the open ones the gravest first, practice last.

    Among equals the newest comes first. Whether it is taken moves none: a button must not slip away under a finger.
    place: where its wearer is while it is open, or None where that is not known. has_broker: as for overview.unset.
    """
    found = (
        select(*(ALARMS.c[name] for name in _ALARM), ALARMS.c.phase.label("what"), ALARMS.c.status.label("step"),
               ALARMS.c.content_counter, ALARMS.c.colour, ALARMS.c.plan, ALARMS.c.plan_step,
               WEARER.label("name"), BADGES.c.device, BADGES.c.team)
        .join(BADGES, BADGES.c.pairing == ALARMS.c.pairing)
    )
    left = found.where(ALARMS.c.status != STEP_CLOSED).order_by(ALARMS.c.id.desc())
    over = found.where(ALARMS.c.status == STEP_CLOSED).order_by(ALARMS.c.id.desc())
    shown = [dict(row) for row in db.execute(left).mappings()]
    shown.sort(key=lambda row: (row["practice"], -gravity(row["kind"], row["what"])))
    shown += [dict(row) for row in db.execute(over.limit(max(0, ALARMS_SHOWN - len(shown)))).mappings()]
    numbers = [alarm["id"] for alarm in shown]
    events = _by_alarm(db, select(EVENTS).where(EVENTS.c.alarm.in_(numbers) & EVENTS.c.brief).order_by(EVENTS.c.id))
    jobs = NOTIFICATION_JOBS.c
    done = _by_alarm(db, select(NOTIFICATION_JOBS).where(jobs.alarm.in_(numbers)).order_by(jobs.id))
    come = _by_alarm(db, select(RESPONDERS).where(RESPONDERS.c.alarm.in_(numbers)).order_by(RESPONDERS.c.id))
    still = [alarm["id"] for alarm in shown if alarm["step"] != STEP_CLOSED]  # then a place is the record's alone
    seen = _by_alarm(db, select(SIGHTINGS).where(SIGHTINGS.c.alarm.in_(still)).order_by(SIGHTINGS.c.id))
    planned = floor_plan.floors(db) if seen else ()
    for alarm in shown:
        mine, content = alarm["id"], alarm.pop("content_counter")
        word = alarm["revision"] if content is None else content
        alarm["events"] = [{"at_ms": line["at_ms"], "step": line["event"], "who": line["who"]}
                           for line in events.get(mine, ())]
        alarm["coming"] = [
            {"who": one["who"], "arrived": one["arrived_ms"] is not None} for one in come.get(mine, ())
            if one["withdrew_ms"] is None and one["revision"] == word
        ]
        alarm["gravity"] = gravity(alarm["kind"], alarm["what"])
        alarm["place"] = where = sightings.fact(seen.get(mine, ()))
        if where:
            where["plan"] = where.get("x") is not None and where["floor"] in planned
        plan = plans.begun(alarm.pop("plan")) or {}
        alarm["colour"] = COLOURS.get(alarm["colour"], "none")
        alarm["agreement"] = plan.get("agreement", "")
        alarm["plan"] = _plan(plan, alarm.pop("plan_step"), done.get(mine, ()), alarm["due_ms"], has_broker)
    return shown


def gravity(kind: int, what: int) -> int:
    """Return how grave an alarm is. Who was torn at is as badly off as who has called."""
    if what != WHAT_RAISED:
        return QUESTION
    return {KIND_ASSIST: ASSIST, KIND_EMERGENCY: EMERGENCY, KIND_TORN: EMERGENCY}.get(kind, AUTOMATIC)


def _by_alarm(db: Connection, found: Select[*tuple[Any, ...]]) -> dict[int, list[RowMapping]]:
    lines: dict[int, list[RowMapping]] = {}
    for line in db.execute(found).mappings():
        lines.setdefault(line["alarm"], []).append(line)
    return lines


def _plan(plan: Plan, next_at: int, left: Sequence[RowMapping], due_ms: int | None, has_broker: bool) -> list[Fact]:
    """Return the plan's steps as [{"does", "state", "at_ms", "again_ms"}], without addresses.

    One that reaches nobody says so; again_ms: when one that was done is due in the next round, else None.
    """
    steps = []
    for place, step in enumerate(plan.get("steps", ())):
        done = [one for one in left if one["plan_step"] == place and one["state"] != OVER]
        at_ms = max((one["made_ms"] for one in done), default=None)
        state = _state([one["state"] for one in done if one["made_ms"] == at_ms])
        again_ms = due_ms if state and place == next_at else None
        if not state and not overview.set_up(step, has_broker):
            state = "unset"
        elif not state and place == next_at and due_ms is not None:
            state, at_ms = "next", due_ms
        steps.append({"does": step["do"], "state": state, "at_ms": at_ms, "again_ms": again_ms})
    return steps


def _state(states: Sequence[str]) -> str:
    """Return what the states of a step's jobs come to: some of its addresses may have been reached, and others not."""
    told = set(states)
    if told == {DONE, FAILED}:
        return PARTLY
    return next((state for state in (WAITING, FAILED) if state in told), states[-1] if states else "")


def badges(db: Connection, only: Iterable[int] | None = None) -> list[Fact]:
    """Return the badges: their duty, visit, last test, and the orders that they have not heard yet, or have refused.

    Of more than BADGES_SHOWN those first about whom there is something to see; in order of their numbers. only: the
    numbers of those that are asked for. wrong, health: tools/gateway/overview.py.
    """
    numbers = select(BADGES.c.device).order_by(BADGES.c.device).limit(BADGES_SHOWN)
    first = only if only is not None else dict.fromkeys(
        (*db.execute(numbers.where(NOTABLE)).scalars(), *db.execute(numbers.where(THERE)).scalars()))
    names = ("pairing", "refused", *_BADGE)
    found = select(*(BADGES.c[name] for name in names)).where(BADGES.c.device.in_(list(first)[:BADGES_SHOWN]))
    rows = db.execute(found.order_by(BADGES.c.device)).all()
    shown = [dict(zip(names, row)) for row in rows]
    open_visits = db.execute(select(VISITS).where(VISITS.c.ended_ms.is_(None))).mappings()
    visits = {visit["pairing"]: visit for visit in open_visits}
    waiting: dict[int, list[str]] = {}
    for device, what in db.execute(select(DOWNLINKS.c.device, DOWNLINKS.c.order_code).where(
        ~DOWNLINKS.c.settled & (DOWNLINKS.c.type == frame.ORDER) & DOWNLINKS.c.order_code.in_(duty.ORDERS)
    )):
        waiting.setdefault(device, []).append(duty.ORDERS[what])
    for badge, row in zip(shown, rows):
        pairing = badge.pop("pairing")
        badge["wrong"] = overview.wrong(row)
        badge["health"] = overview.health(row, badge["wrong"])
        badge["refused"] = _refused(loaded(badge["refused"], {}), badge["heard_ms"] or 0)
        badge["mode"] = duty.MODES.get(badge["mode"])
        badge["waiting"] = waiting.get(badge["device"], [])
        visit = visits.get(pairing)
        badge["visit"] = visit and {"colour": COLOURS.get(visit["colour"], "none"), "began_ms": visit["began_ms"],
                                    "until_ms": visit["until_ms"], "by": visit["began_by"]}
    return shown


def badges_left(db: Connection) -> int:
    """Return how many badges are not shown."""
    return max(0, db.execute(select(func.count()).select_from(BADGES).where(THERE)).scalar_one() - BADGES_SHOWN)


def _refused(said: dict[str, list[int]], heard_ms: int) -> list[Fact]:
    return [
        {"order": duty.ORDERS[int(order)], "why": why if why in WHYS else 0, "at_ms": at_ms}
        for order, (why, at_ms) in said.items()
        if order.isdecimal() and int(order) in duty.ORDERS and at_ms > heard_ms - REFUSED_SHOWN_MS
    ]


def troubles(db: Connection) -> list[Fact]:
    """Return the technical alarms: those that stand, and the latest that are over.

    name: the badge's, "" for the gateway's own and for those of a bridge; bridge: its number, else None. count, last_ms
    and detail, the numbers of badges: of what this database does not know, else None.
    """
    found = (
        select(*(TROUBLES.c[name] for name in _TROUBLE), BADGES.c.name)
        .join(BADGES, BADGES.c.pairing == TROUBLES.c.pairing, isouter=True)
    )
    stand = db.execute(found.where(TROUBLES.c.until_ms.is_(None)).order_by(TROUBLES.c.id.desc())).mappings()
    over = found.where(TROUBLES.c.until_ms.is_not(None)).order_by(TROUBLES.c.id.desc()).limit(TROUBLES_SHOWN)
    return [_trouble(dict(row)) for row in (*stand, *db.execute(over).mappings())]


def _trouble(row: Fact) -> Fact:
    return {**row, "name": row["name"] or ""}
