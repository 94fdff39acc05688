"""Who has an account here, and who is signed in? Names, roles, passwords and sessions, in the gateway's database.

A password is kept as argon2id makes of it; a session and a code that invites somebody only as their SHA-256, so that
whoever reads the database is not signed in by it. Times are Unix milliseconds. What happened to accounts stands in
`account_events`, and is never changed.
"""

import hashlib
import secrets
import unicodedata
from typing import Any, NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, delete, func, insert, select, update

from tools.gateway import lending, permissions, wearers
from tools.gateway.tables import ACCOUNT_EVENTS, ACCOUNTS, ALARMS, BADGES, SESSIONS

NAME_MOST = 40
PASSWORD_LEAST, PASSWORD_MOST = 10, 200
CODE_MS = 7 * 86_400_000  # so long an invitation holds
_CODE_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another
_HASHER = PasswordHasher()
# A name that is not known takes as long as one that is. Of a password that nobody knows, and that opens nothing.
NOBODY = ("$argon2id$v=19$m=65536,t=3,p=4$"
          "SXd2cV/nSg7YghofEVEg2w$jaxkiiWEyGogn/UbwPL4yecP5oMBesXQeyudtdhR1TM")


class Refused(ValueError):
    """What is not right: the key of a sentence (tools/gateway/pages/account_words.py)."""


class Person(NamedTuple):
    """Who is signed in. device: number of the own badge, or None. csrf: what each of their posts must show."""

    account: int
    name: str
    role: str
    device: int | None
    csrf: str


def digest(text: str) -> str:
    """Return the SHA-256 of `text`, hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def login(name: str) -> str:
    """Return what two spellings of one name share: case and the ways to write å do not matter."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def code() -> str:
    """Return a code that a person can copy from paper, 59 bits."""
    letters = "".join(secrets.choice(_CODE_LETTERS) for _ in range(12))
    return "-".join(letters[at:at + 4] for at in (0, 4, 8))


def checked(password: object, name: str) -> str:
    """Return `password` as it is hashed. Raises Refused if it is too short, too long, or the name."""
    if not isinstance(password, str) or len(password) > PASSWORD_MOST:
        raise Refused("password_length")
    said = unicodedata.normalize("NFKC", password)
    if len(said) < PASSWORD_LEAST or len(set(said)) < 4:
        raise Refused("password_length")
    if login(said) == login(name):
        raise Refused("password_is_name")
    try:
        said.encode()
    except UnicodeEncodeError:
        raise Refused("password_length") from None
    return said


def hashed(password: object, name: str) -> str:
    """Return what is kept of `password`; takes some 50 ms. Raises Refused."""
    return _HASHER.hash(checked(password, name))


def right(kept: str | None, password: str) -> bool:
    """Return whether `password` is what `kept` was made of; takes as long where nothing was kept."""
    try:
        said = unicodedata.normalize("NFKC", password[:PASSWORD_MOST + 1])
        return _HASHER.verify(kept or NOBODY, said) and kept is not None
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


def note(db: Connection, now_ms: int, account: int | None, who: str, event: str, detail: str = "") -> None:
    """Write down what happened to an account, and who did it."""
    db.execute(insert(ACCOUNT_EVENTS).values(at_ms=now_ms, account=account, who=who, event=event, detail=detail))


def there_are(db: Connection) -> bool:
    """Return whether anybody has an account: from then on nobody acts without one."""
    return db.execute(select(ACCOUNTS.c.id).limit(1)).first() is not None


def find(db: Connection, name: str) -> Any:
    """Return the row of the account called `name`, or None."""
    if not name.isprintable():
        return None  # half a letter is not even looked for
    return db.execute(select(ACCOUNTS).where(ACCOUNTS.c.login == login(name))).one_or_none()


def everybody(db: Connection) -> list[dict[str, Any]]:
    """Return all accounts by name, without anything secret."""
    rows = db.execute(select(ACCOUNTS).order_by(ACCOUNTS.c.login)).all()
    return [{"number": row.id, "name": row.name, "role": row.role, "device": row.device,
             "disabled": row.disabled_ms is not None, "invited": row.password is None} for row in rows]


def add(db: Connection, now_ms: int, name: object, role: object, by: str, device: object = None) -> tuple[int, str]:
    """Make an account; return (its number, the code that lets its person choose a password). Raises Refused."""
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= NAME_MOST or not name.isprintable():
        raise Refused("name_wrong")
    if role not in permissions.ROLES:
        raise Refused("role_wrong")
    if find(db, name) is not None:
        raise Refused("name_taken")
    if device is not None or role == permissions.WEARER:
        there = select(BADGES.c.device).where(BADGES.c.device == device, BADGES.c.revoked_ms.is_(None))
        if isinstance(device, bool) or not isinstance(device, int) or db.execute(there).first() is None:
            raise Refused("device_wrong")
    shown = unicodedata.normalize("NFC", name.strip())
    row = insert(ACCOUNTS).values(name=shown, login=login(name), role=role, device=device, made_ms=now_ms)
    inserted = db.execute(row).inserted_primary_key
    assert inserted is not None
    account: int = inserted[0]
    note(db, now_ms, account, by, "made", str(role))
    return account, invite(db, now_ms, account, by)


def invite(db: Connection, now_ms: int, account: int, by: str) -> str:
    """Return a new code with which the person may choose a password; the old password and sessions end."""
    made = code()
    db.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account).values(
        password=None, invitation=digest(made), invitation_ms=now_ms + CODE_MS))
    leave(db, account)
    note(db, now_ms, account, by, "invited")
    return made


def invited(db: Connection, now_ms: int, name: str, given: str) -> bool:
    """Return whether the code `given` invites the person called `name`."""
    row = find(db, name)
    there = row is not None and row.invitation is not None and row.disabled_ms is None and now_ms < row.invitation_ms
    return there and secrets.compare_digest(row.invitation, digest(given))


def accept(db: Connection, now_ms: int, name: str, given: str, kept: str) -> int:
    """The person called `name` shows the code `given`: keep the hashed password. Return the account. Raises Refused."""
    if not invited(db, now_ms, name, given):
        raise Refused("code_wrong")
    row = find(db, name)
    db.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == row.id).values(password=kept, invitation=None))
    leave(db, row.id)
    note(db, now_ms, row.id, row.name, "chose_password")
    return int(row.id)


def disable(db: Connection, now_ms: int, account: int, by: str) -> None:
    """Shut the account out, at once. Raises Refused for the last administrator."""
    row = get(db, account)
    if row.role == permissions.ADMINISTRATOR:
        left = select(func.count()).select_from(ACCOUNTS).where(
            ACCOUNTS.c.role == permissions.ADMINISTRATOR, ACCOUNTS.c.disabled_ms.is_(None), ACCOUNTS.c.id != account)
        if not db.execute(left).scalar():
            raise Refused("last_administrator")
    db.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account).values(disabled_ms=now_ms, invitation=None))
    leave(db, account)
    note(db, now_ms, account, by, "disabled")


def enable(db: Connection, now_ms: int, account: int, by: str) -> None:
    """Let the account in again. Raises Refused."""
    get(db, account)
    db.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account).values(disabled_ms=None))
    note(db, now_ms, account, by, "enabled")


def get(db: Connection, account: int) -> Any:
    """Return the row of the account with that number. Raises Refused."""
    row = db.execute(select(ACCOUNTS).where(ACCOUNTS.c.id == account)).one_or_none()
    if row is None:
        raise Refused("no_account")
    return row


def owner(db: Connection, alarm: int, name: str) -> int | None:
    """Return the number of the badge that called the alarm with row number `alarm`, or None.

    None, too, if somebody else than the person called `name`, or whose badge it is now, wore it then.
    """
    found = select(BADGES.c.pairing, BADGES.c.device, BADGES.c.name, BADGES.c.own_name, ALARMS.c.wearer).join(
        ALARMS, ALARMS.c.pairing == BADGES.c.pairing).where(ALARMS.c.id == alarm)
    row = db.execute(found).one_or_none()
    now = row is not None and wearers.called_now(db).get((row.pairing, row.wearer), row.wearer)
    own = row is not None and (now is None or now in (name, row.own_name or row.name))
    return int(row.device) if row is not None and own else None


class Follows(NamedTuple):
    """What becomes of one account when its badge gets another name."""

    account: int
    event: str
    detail: str
    values: dict[str, Any]


def following(db: Connection, device: int, name: object, same: bool) -> list[Follows]:
    """Return what becomes of the accounts to which the badge `device` belongs when it is `name`'s. Raises Refused.

    same: the wearer has another name now, and signs in with it if the account had the old one; else somebody else
    wears it, and who had it sees nothing of it any more.
    """
    before = db.execute(select(BADGES.c.name).where(BADGES.c.device == device, BADGES.c.revoked_ms.is_(None))).scalar()
    if before is None or not isinstance(name, str):
        return []
    rows = db.execute(select(ACCOUNTS).where(ACCOUNTS.c.device == device)).all()
    if not same:
        return [Follows(row.id, "badge", "", {"device": None}) for row in rows]
    shown = lending.plain(name)
    mine = [row for row in rows if row.login == login(before)]
    other = find(db, shown)
    if mine and other is not None and other.id != mine[0].id:
        raise Refused("name_taken")
    return [Follows(row.id, "renamed", shown, {"name": shown, "login": login(shown)}) for row in mine]


def follow(db: Connection, now_ms: int, found: list[Follows], by: str) -> None:
    """Let the accounts follow: what `following` has found."""
    for one in found:
        _put(db, now_ms, one.account, by, one.event, one.detail, **one.values)


def _put(db: Connection, now_ms: int, account: int, by: str, event: str, detail: str, **values: object) -> None:
    db.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account).values(**values))
    note(db, now_ms, account, by, event, detail)


def move(db: Connection, now_ms: int, device: int, other: int, by: str) -> None:
    """Whoever has the badge `device` has the badge `other` from now on."""
    for row in db.execute(select(ACCOUNTS.c.id).where(ACCOUNTS.c.device == device)).all():
        _put(db, now_ms, row.id, by, "badge", str(other), device=other)


def enter(db: Connection, now_ms: int, account: int) -> str:
    """Begin a session of its own; return its secret, which is not kept."""
    row = get(db, account)
    secret = secrets.token_urlsafe(32)
    db.execute(delete(SESSIONS).where(SESSIONS.c.until_ms < now_ms))
    db.execute(insert(SESSIONS).values(
        secret=digest(secret), account=account, csrf=secrets.token_urlsafe(16),
        until_ms=now_ms + permissions.SESSION_MS[row.role]))
    note(db, now_ms, account, row.name, "signed_in")
    return secret


def who(db: Connection, now_ms: int, secret: str) -> Person | None:
    """Return who is signed in by `secret`, or None: not known, over, shut out."""
    row = db.execute(
        select(SESSIONS.c.csrf, SESSIONS.c.until_ms, ACCOUNTS).join(ACCOUNTS, ACCOUNTS.c.id == SESSIONS.c.account)
        .where(SESSIONS.c.secret == digest(secret))
    ).one_or_none()
    if row is None or row.until_ms < now_ms or row.disabled_ms is not None:
        return None
    return Person(row.id, row.name, row.role, row.device, row.csrf)


def leave(db: Connection, account: int, secret: str | None = None) -> None:
    """End the session `secret` of the account, or all of them."""
    ended = delete(SESSIONS).where(SESSIONS.c.account == account)
    db.execute(ended if secret is None else ended.where(SESSIONS.c.secret == digest(secret)))
