"""Which tables does the gateway keep? The schema, for SQLite and for PostgreSQL.

A column that ends in _ms is a time, Unix milliseconds (UTC), or says how many milliseconds. `alarm` is an alarm's row,
`alarm_id` the badge's own number for it; `pairing` is a badge's row, which a new pairing never shares, and `device` the
number that it has on the air. A code stands under its name (enumerations.py), and the database refuses any other. Long
texts that are data of the house (plans) are JSON, checked before they are written.

What the core decides by is told in core/rows.py, row by row, and here is only what a database wants to know beside. A
change takes a step in migrations/versions, by which a house that is there is taken along: docs/contributing.md.
"""

from types import NoneType
from typing import Any, get_args, get_type_hints

from sqlalchemy import (
    BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, MetaData, String, Table, Text, UniqueConstraint,
    func, text,
)

from firmware.codes import KIND_EMERGENCY, NO_VISIT, STEP_RECEIVED, WHAT_RAISED
from tools.gateway.columns import Key, code as _code, row as _row, time as _time, within as _within, word as _word
from tools.gateway.core.memory import KINDS as KINDS_OF_ROWS
from tools.gateway.enumerations import (
    CHANNELS, COLOURS, DOWNLINKS as DOWNLINK_TYPES, JOB_STATES, KINDS, MODES, ORDERS, OUTCOMES, PHASES, ROLES, SOURCES,
    STATES, STATUSES, UPDATE_STATES,
)

# Each constraint has a name of its own, by which a migration finds it.
META = MetaData(naming_convention={
    "ix": "ix_%(column_0_label)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
})
_BADGE, _DEVICE, _ALARM = "badges.pairing", "badges.device", "alarms.id"
_PLAIN = {int: Integer, str: String, bool: Boolean, float: Float, bytes: LargeBinary}


def _stored(name: str, *beside: Column[Any] | UniqueConstraint, **types: Any) -> Table:
    """Return the table of a kind of row of the core: a column for each of its fields, with the type and the default
    that this has there. beside: columns of which more is to be said; types: of columns whose type is another.
    """
    kind, more = KINDS_OF_ROWS[name], {one.name: one for one in beside if isinstance(one, Column)}
    columns = []
    for place, (field, hint) in enumerate(get_type_hints(kind).items()):
        plain = next((each for each in get_args(hint) if each is not NoneType), hint)
        type = types.get(field, BigInteger if field.endswith("_ms") else _PLAIN[plain])
        column = more.pop(field, None)
        if column is None:
            column = Column(field, type, primary_key=not place, default=kind._field_defaults.get(field))
        column.nullable = NoneType in get_args(hint)
        columns.append(column)
    assert not more, f"{name} has no {', '.join(more)}"
    return Table(name, META, *columns, *[one for one in beside if not isinstance(one, Column)])


GATEWAYS = Table(
    "gateways", META,
    _within("number", 1, 255, primary_key=True),  # as a sender: it stands in each nonce
    Column("next_counter", BigInteger, nullable=False),  # of downlinks; below it all may have been used
    Column("line", String, nullable=False),  # and the next two: tools/gateway/rollback.py
    Column("turns", BigInteger, nullable=False, default=0),
    Column("retired", Boolean, nullable=False, default=False),
    Column("name", String, nullable=False, default="", server_default=""),  # machine and folder of who had it last
)
BADGES = _stored(
    "badges", _within("device", 1, 65_533, unique=True), Column("team", String, default="house"),
    Column("uplink_key", Key), Column("downlink_key", Key), Column("uplink_counter", BigInteger, default=-1),
    Column("replay_window", String, default="0"), _code("state", STATES, default=0), _code("mode", MODES),
    _code("colour", COLOURS, default=0), _within("battery", 0, 255, default=255),
    _within("faults", 0, 65_535, default=0), Column("silent", Boolean, default=False),
    Column("unverified", Boolean, default=False), Column("next_secret", Key), Column("refused", Text),
    _row("gateway", "gateways.number"), beat_ms=Integer,
)
# In a town the board shows those first about whom there is something to see, and finds them without reading all.
THERE = text("revoked_ms IS NULL")
NOTABLE = text("revoked_ms IS NULL AND (silent OR alone OR faults <> 0 OR state <> 'safe')")
Index("badges_there", BADGES.c.device, sqlite_where=THERE, postgresql_where=THERE)
Index("badges_notable", BADGES.c.device, sqlite_where=NOTABLE, postgresql_where=NOTABLE)
GROUP_KEYS = _stored("group_keys", Column("team", String, index=True), Column("key", Key))
ALARMS = _stored(
    "alarms", _row("pairing", _BADGE), _code("kind", KINDS, KIND_EMERGENCY), _code("phase", PHASES, WHAT_RAISED),
    _within("revision", 0, 15), _code("badge_phase", PHASES), _code("colour", COLOURS, NO_VISIT, default=0),
    _time("since_ms", index=True), _code("status", STATUSES, STEP_RECEIVED), Column("plan", Text, default="{}"),
    _time("due_ms", index=True), _time("unanswered_ms", index=True), _time("lost_ms", index=True),
    _word("outcome", OUTCOMES, default="not said"), Column("repeats", Integer, default=0, server_default="0"),
    UniqueConstraint("pairing", "alarm_id"), alarm_id=BigInteger,
)
WEARER = func.coalesce(ALARMS.c.wearer, BADGES.c.name)  # who wore the badge when it began
RESPONDERS = _stored("responders", _row("alarm", _ALARM, index=True), _row("device", _DEVICE))
EVENTS = _stored("events", _row("alarm", _ALARM, index=True))
NOTIFICATION_JOBS = _stored(
    "notification_jobs", _row("alarm", _ALARM, index=True), _word("channel", CHANNELS), _word("state", JOB_STATES),
    target=Text,
)
TRIALS = _stored("job_trials")
DOWNLINKS = _stored(
    "downlinks", _row("device", _DEVICE, index=True), _row("alarm", _ALARM, index=True),
    _code("type", DOWNLINK_TYPES), _code("status", STATUSES), _code("kind", KINDS), _code("order_code", ORDERS),
    Column("counters", Text, default=" "), Column("settled", Boolean, default=False, index=True),
    Column("rounds", Integer, default=0, server_default="0"), alarm_id=BigInteger,
)
TESTS = _stored(
    "tests", _row("pairing", _BADGE, index=True), _time("at_ms", index=True), _within("passed", 0, 65_535),
    UniqueConstraint("pairing", "alarm_id"), alarm_id=BigInteger,
)
TROUBLES = _stored("troubles", _row("pairing", _BADGE), _time("until_ms", index=True))
CRASHES = _stored("crashes", _row("pairing", _BADGE, index=True))
BRIDGES = _stored("bridges", _row("gateway", "gateways.number"))
VISITS = _stored(
    "visits", _row("pairing", _BADGE, index=True), _code("colour", COLOURS), _time("ended_ms", index=True))
PLACES = _stored("places", Column("name", String, unique=True))
SIGNATURES = _stored("signatures", _row("place", "places.id", index=True), heard=Text)  # what is heard at a place
SIGHTINGS = _stored(  # where a badge was while an alarm or a test of it was open, and never else
    "sightings", _row("pairing", _BADGE, index=True), _row("alarm", _ALARM, index=True), _word("source", SOURCES),
    Column("heard", Text, default="[]"), finding=Text,
)
UPDATES = _stored(  # tools/gateway/updates.py
    "updates", _row("pairing", _BADGE, index=True), _within("version", 1, 0xFFF), _word("state", UPDATE_STATES))
NOTES = _stored("notes", _row("alarm", _ALARM, index=True), text=Text)
CHECKS = _stored("checks", _row("alarm", _ALARM, index=True))
ACTS = _stored("acts", _time("at_ms", index=True), _row("pairing", _BADGE))
FLOOR_PLANS = Table(  # only the pages read them
    "floor_plans", META,
    Column("floor", String, primary_key=True),
    _word("kind", ("image/png", "image/svg+xml"), nullable=False),
    Column("wide_m", Float, nullable=False),  # so much of the house it shows
    Column("high_m", Float, nullable=False),
    Column("image", LargeBinary, nullable=False),
)
SETTINGS = Table(
    "settings", META,
    Column("key", String, primary_key=True),
    Column("value", Text, nullable=False),
)
ACCOUNTS = Table(
    "accounts", META,
    Column("id", Integer, primary_key=True), Column("name", String, nullable=False),
    Column("login", String, nullable=False, unique=True),  # the name, as all its spellings are compared
    _word("role", ROLES, nullable=False),
    Column("device", Integer),  # number of the own badge, if there is one
    Column("password", String),  # what argon2id made of it; none: not chosen yet
    Column("invitation", String),  # SHA-256 of the code that lets its person choose one
    _time("invitation_ms"),  # until when
    _time("made_ms", nullable=False),
    _time("disabled_ms"),
)
SESSIONS = Table(
    "sessions", META,
    Column("secret", String, primary_key=True),  # SHA-256 of what the browser holds
    _row("account", "accounts.id", nullable=False, index=True),
    Column("csrf", String, nullable=False),  # what its posts must show
    _time("until_ms", nullable=False),
)
ACCOUNT_EVENTS = Table(
    "account_events", META,
    Column("id", Integer, primary_key=True), _time("at_ms", nullable=False),
    _row("account", "accounts.id", nullable=False, index=True),
    Column("who", String, nullable=False),
    Column("event", String, nullable=False),
    Column("detail", String, nullable=False, default=""),
)
GUIDE_TALKS = Table(  # when the house last talked about a question of the guide: only its page reads it
    "guide_talks", META,
    Column("id", Integer, primary_key=True),
    Column("question", String, nullable=False),  # of tools/gateway/guide.py
    _time("at_ms", nullable=False),
    Column("who", String, nullable=False),
)
HOUSE_EVENTS = Table(  # who has changed what of the house: only the pages read it
    "house_events", META,
    Column("id", Integer, primary_key=True),
    _time("at_ms", nullable=False),
    Column("who", String, nullable=False),
    Column("event", String, nullable=False),
    Column("detail", String, nullable=False, default=""),
)
