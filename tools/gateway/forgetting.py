"""How does one person go out of the house's papers, when she asks for it (GDPR, article 17)?

What happened stays, and is nobody's: alarms, times and figures are as they were, and where her name stood stands a
dash. Her account goes, with its sessions and what was done to it. A badge that she wears is handed on or shut out
first, and an open alarm of hers, or one to which she comes, is closed first: whoever acts must know whom it is about.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Column, Connection, Table, delete, or_, select, update

from tools.gateway import accounts, house_events, lending
from tools.gateway.store import Refusal
from tools.gateway.tables import (
    ACCOUNT_EVENTS, ACCOUNTS, ACTS, ALARMS, BADGES, CHECKS, DOWNLINKS, EVENTS, GUIDE_TALKS, HOUSE_EVENTS, NOTES,
    RESPONDERS, SESSIONS, UPDATES, VISITS,
)

NOBODY = "–"
_NAMED = {  # columns that are a name,
    BADGES: ("name", "own_name"), ALARMS: ("wearer", "taken_by", "unneeded_by", "owner", "followed_by"),
    RESPONDERS: ("who",), ACCOUNTS: ("name",),
}
_SAID = {  # and those that are one, or have it in them
    EVENTS: ("who", "detail"), NOTES: ("who", "text"), CHECKS: ("done_by", "item"), ACTS: ("who", "detail"),
    VISITS: ("began_by", "ended_by", "place"), UPDATES: ("ordered_by",), DOWNLINKS: ("ordered_by",),
    ACCOUNT_EVENTS: ("who", "detail"), GUIDE_TALKS: ("who",), HOUSE_EVENTS: ("who", "detail"),
}


def forget(db: Connection, now_ms: int, name: str, by: str) -> int:
    """Take the person called `name` out of the house; return how many rows said it. Raises Refusal."""
    if db.dialect.name == "sqlite":
        db.exec_driver_sql("PRAGMA secure_delete=ON")
    there = select(BADGES).where(BADGES.c.revoked_ms.is_(None))
    held = {accounts.login(each): row.device for row in db.execute(there) for each in (row.name, row.own_name or "")}
    mine = _called(db, accounts.login(name), held)
    if accounts.login(name) in held:
        raise Refusal(f"{name} has badge {held[accounts.login(name)]}: hand it on or shut it out first")
    _closed(db, mine, name)
    known = {name, *(each for table, columns in _NAMED.items() for each in _values(db, table, columns))}
    called = select(ACTS.c.detail).where(ACTS.c.act.in_(("renamed", lending.NEW_NAME, "lent")))
    known |= {each for detail in db.execute(called).scalars() for each in detail.split(lending.ARROW) if each}
    names = "|".join(re.escape(each) for each in sorted(known, key=len, reverse=True))  # Bo is no part of Bo Hansen
    account = accounts.find(db, name)
    if account is not None:
        try:
            accounts.disable(db, now_ms, account.id, by)
        except accounts.Refused:
            raise Refusal(f"{name} is the last administrator: make another one first") from None
        for table in (SESSIONS, ACCOUNT_EVENTS):
            db.execute(delete(table).where(table.c.account == account.id))
        db.execute(delete(ACCOUNTS).where(ACCOUNTS.c.id == account.id))
    word = re.compile(rf"(?<!\w)(?:{names})(?!\w)")

    def plain(text: str) -> str:
        if accounts.login(text) in mine:
            return NOBODY
        return word.sub(lambda found: NOBODY if accounts.login(found[0]) in mine else found[0], text)

    rows = int(account is not None)
    for table, columns in (_NAMED | _SAID).items():
        rows += _put(db, table, columns, plain)
    if not rows:
        raise Refusal(f"nobody is called {name} here")
    house_events.note(db, now_ms, by, "forgotten")
    return rows


def _called(db: Connection, name: str, held: dict[str, int]) -> set[str]:
    """Return `name`, and what the same person was called before, unless that is somebody else's by now."""
    mine = {name}
    asked = select(ACTS.c.detail).where(ACTS.c.act == lending.NEW_NAME).order_by(ACTS.c.id.desc())
    for detail in db.execute(asked).scalars():
        before, _, after = (accounts.login(part) for part in detail.partition(lending.ARROW))
        if after in mine and before not in held and accounts.find(db, before) is None:
            mine.add(before)
    return mine


def _closed(db: Connection, mine: set[str], name: str) -> None:
    found = select(ALARMS, RESPONDERS.c.who).outerjoin(RESPONDERS, RESPONDERS.c.alarm == ALARMS.c.id).where(
        ALARMS.c.closed_ms.is_(None), or_(ALARMS.c.wearer.is_not(None), RESPONDERS.c.who.is_not(None)))
    for row in db.execute(found):
        if mine & {accounts.login(each) for each in (row.wearer, row.who, row.unneeded_by) if each}:
            raise Refusal(f"alarm {row.id} is open, and {name} is in it: close it first")


def _values(db: Connection, table: Table, columns: tuple[str, ...]) -> Iterator[str]:
    for column in columns:
        yield from (one for one in db.execute(select(table.c[column]).distinct()).scalars() if one)


def _put(db: Connection, table: Table, columns: tuple[str, ...], plain: Callable[[str], str]) -> int:
    rows = 0
    for column in columns:
        of: Column[Any] = table.c[column]
        for text in {*_values(db, table, (column,))}:
            if (other := plain(text)) != text:
                rows += db.execute(update(table).where(of == text).values({column: other})).rowcount
    return rows
