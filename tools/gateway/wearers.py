"""Who wears the badges of this house, and what does whoever runs it want to know of each? For the page alone."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from firmware import codes
from tools.gateway import duty, lending, plans
from tools.gateway.enumerations import COLOURS
from tools.gateway.tables import ACTS, ALARMS, BADGES, EVENTS, VISITS, WEARER


class Introduced(NamedTuple):
    """Who was told how a badge is used, when, by whom, and of what."""

    at_ms: int
    who: str
    text: str


class Wearer(NamedTuple):
    """One badge that is not shut out, and whoever wears it.

    mode: a name of duty.MODES, None before its first heartbeat; visit: a colour's name, or None; agreements: what is
    agreed for an emergency, {colour: text}; practised: {kind: when last, Unix ms}.
    """

    device: int
    name: str
    own_name: str | None
    lent_until_ms: int | None
    team: str
    mode: str | None
    visit: str | None
    agreements: dict[str, str]
    practised: dict[str, int]
    introduced: Introduced | None


def read(db: Connection) -> list[Wearer]:
    """Return all of them, by their names."""
    plan = plans.house(db)
    called = called_now(db)
    now = select(VISITS).where(VISITS.c.ended_ms.is_(None))
    visits = {row.pairing: COLOURS.get(row.colour) for row in db.execute(now)}
    did, introduced = practised(db, called), _introduced(db, called)
    rows = db.execute(select(BADGES).where(BADGES.c.revoked_ms.is_(None))).all()
    return sorted((Wearer(
        row.device, row.name, row.own_name, row.lent_until_ms, row.team, duty.MODES.get(row.mode),
        visits.get(row.pairing), _agreements(plan, row), did.get((row.pairing, row.name), {}),
        introduced.get((row.pairing, row.name)),
    ) for row in rows), key=lambda one: one.name.casefold())


def _agreements(plan: dict[str, Any], row: Any) -> dict[str, str]:
    return {name: plans.choose(plan, row.team, row.device, codes.KIND_EMERGENCY, colour)["agreement"]
            for colour, name in COLOURS.items() if colour}


def called_now(db: Connection) -> dict[tuple[int, str], str]:
    """Return {(pairing, a name of before): the name now} of all who got another name and kept their badge."""
    found: dict[tuple[int, str], str] = {}
    asked = select(ACTS).where(ACTS.c.act.in_(("renamed", lending.NEW_NAME))).order_by(ACTS.c.id)
    for row in db.execute(asked).all():
        before, _, name = row.detail.partition(lending.ARROW)
        if row.act == lending.NEW_NAME:
            found |= {key: name for key, now in found.items() if key[0] == row.pairing and now == before}
            found[row.pairing, before] = name
        found.pop((row.pairing, name), None)  # that is who wears it now
    return found


def practised(db: Connection, called: dict[tuple[int, str], str]) -> dict[tuple[int, str], dict[str, int]]:
    """Return {(pairing, name): {kind: when last, Unix ms}}. called: as called_now returns it."""
    asked = (
        select(ALARMS.c.pairing, WEARER, EVENTS.c.detail, func.max(EVENTS.c.at_ms))
        .join(EVENTS, EVENTS.c.alarm == ALARMS.c.id).join(BADGES, BADGES.c.pairing == ALARMS.c.pairing)
        .where(EVENTS.c.event == "practised").group_by(ALARMS.c.pairing, WEARER, EVENTS.c.detail)
    )
    found: dict[tuple[int, str], dict[str, int]] = {}
    for pairing, who, kind, at_ms in db.execute(asked.order_by(func.max(EVENTS.c.at_ms))).all():
        found.setdefault((pairing, called.get((pairing, who), who)), {})[kind] = at_ms
    return found


def _introduced(db: Connection, called: dict[tuple[int, str], str]) -> dict[tuple[int, str], Introduced]:
    found = {}
    for row in db.execute(select(ACTS).where(ACTS.c.act == "introduced").order_by(ACTS.c.id)).all():
        name, _, text = row.detail.partition(": ")
        found[row.pairing, called.get((row.pairing, name), name)] = Introduced(row.at_ms, row.who, text)
    return found
