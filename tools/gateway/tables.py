"""Which tables does the gateway keep? The schema, for SQLite and for PostgreSQL.

A column that ends in _ms is a time, Unix milliseconds (UTC), or says how many milliseconds. `alarm` is an alarm's row,
`alarm_id` the badge's own number for it; `pairing` is a badge's row, which a new pairing never shares, and `device` the
number that it has on the air. A code stands under its name (enumerations.py), and the database refuses any other. Long
texts that are data of the house (plans) are JSON, checked before they are written.

Whoever changes a table here changes its row in core/rows.py and adds a step to migrations/versions, which takes a house
that is there along: docs/contributing.md.
"""

from sqlalchemy import (
    BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, MetaData, String, Table, Text, UniqueConstraint,
    text,
)

from firmware.codes import KIND_EMERGENCY, NO_VISIT, STEP_RECEIVED, WHAT_RAISED
from tools.gateway.columns import Key, code as _code, row as _row, time as _time, within as _within, word as _word
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

GATEWAYS = Table(
    "gateways", META,
    _within("number", 1, 255, primary_key=True),  # as a sender: it stands in each nonce
    Column("next_counter", BigInteger, nullable=False),  # of downlinks; below it all may have been used
    Column("line", String, nullable=False),  # and the next two: tools/gateway/rollback.py
    Column("turns", BigInteger, nullable=False, default=0),
    Column("retired", Boolean, nullable=False, default=False),
    Column("name", String, nullable=False, default="", server_default=""),  # machine and folder of who had it last
)
BADGES = Table(
    "badges", META,
    Column("pairing", Integer, primary_key=True),
    _within("device", 1, 65_533, unique=True, nullable=False),
    Column("name", String, nullable=False),
    Column("team", String, nullable=False, default="house"),  # the group whose badges call each other
    Column("uplink_key", Key, nullable=False),
    Column("downlink_key", Key, nullable=False),
    Column("uplink_counter", BigInteger, nullable=False, default=-1),  # the newest that was heard
    Column("replay_window", String, nullable=False, default="0"),  # hex; bit n: uplink_counter - n has been used
    _time("heard_ms"),
    _time("heartbeat_ms"),
    _code("state", STATES, nullable=False, default=0),
    _code("mode", MODES),  # none before the first heartbeat
    _time("mode_ms"),  # since when
    _code("colour", COLOURS, nullable=False, default=0),  # as the badge says; the visit is what was ordered
    _within("battery", 0, 255, nullable=False, default=255),  # percent; above 100: not known
    _within("faults", 0, 65_535, nullable=False, default=0),  # a bit each: FAULT_ in firmware/codes.py
    Column("silent", Boolean, nullable=False, default=False),
    Column("alone", Boolean),  # none: not known yet
    _time("until_ms"),  # when the ordered pause or practice is over
    _time("untested_ms"),  # since when on duty without a test
    Column("unverified", Boolean, nullable=False, default=False),  # tools/gateway/restore_guard.py
    Column("address", String),  # JSON: [host, port], or ["bridge", number]
    Column("beat_ms", Integer),  # how far apart it beats; none: as the house does
    Column("next_secret", Key),  # of its next keys, while the badge may or may not have them
    _time("revoked_ms"),
    Column("version", Integer),  # of the wire, and what it can (firmware/codes.py); none: it has not said so
    Column("abilities", Integer),
    Column("refused", Text),  # JSON: {order: [why, at_ms]} of the last order of each kind, if the badge refused it
    Column("group_key", Integer),  # the number of the one it holds; none, 0: tools/gateway/group_calls.py
    _time("tested_ms"),  # when it last passed its whole test
    _row("gateway", "gateways.number"),  # who heard it last: through whom it is told; none: not heard yet
    Column("own_name", String),  # while it is lent: whose it is; name is then who wears it
    _time("lent_until_ms"),
)
# In a town the board shows those first about whom there is something to see, and finds them without reading all.
THERE = text("revoked_ms IS NULL")
NOTABLE = text("revoked_ms IS NULL AND (silent OR alone OR faults <> 0 OR state <> 'safe')")
Index("badges_there", BADGES.c.device, sqlite_where=THERE, postgresql_where=THERE)
Index("badges_notable", BADGES.c.device, sqlite_where=NOTABLE, postgresql_where=NOTABLE)
GROUP_KEYS = Table(
    "group_keys", META,
    Column("number", Integer, primary_key=True),
    Column("team", String, nullable=False, index=True),
    Column("key", Key, nullable=False),
    _time("made_ms", nullable=False),
)
ALARMS = Table(
    "alarms", META,
    Column("id", Integer, primary_key=True),
    _row("pairing", _BADGE, nullable=False),
    Column("alarm_id", BigInteger, nullable=False),
    _code("kind", KINDS, KIND_EMERGENCY, nullable=False),
    _code("phase", PHASES, WHAT_RAISED, nullable=False),
    _within("revision", 0, 15, nullable=False),
    _code("badge_phase", PHASES),  # as the badge said it; the gateway may have raised it since
    Column("content_counter", Integer),  # uplink counter of the first frame that was stored with what stands here
    Column("uplink_counter", Integer),  # and of the newest; none: stored by an older version
    Column("practice", Boolean, nullable=False, default=False),
    _code("colour", COLOURS, NO_VISIT, nullable=False, default=0),
    _time("since_ms", nullable=False, index=True),
    _time("received_ms"),  # when its first raised revision was stored
    _code("status", STATUSES, STEP_RECEIVED, nullable=False),
    Column("plan", Text, nullable=False, default="{}"),  # as it was when the alarm came
    Column("plan_step", Integer, nullable=False, default=0),  # which of its steps comes next
    _time("due_ms", index=True),  # when
    _time("unanswered_ms", index=True),  # when nobody's answer becomes "unanswered"
    Column("taken_by", String),
    _time("taken_ms"),  # first
    _time("arrived_ms"),
    _time("lost_ms", index=True),  # its badge has fallen silent
    Column("unneeded_by", String),  # who says on the wearer's behalf that no help is needed; closes nothing
    _time("closed_ms"),
    _word("outcome", OUTCOMES, nullable=False, default="not said"),
    Column("unverified", Boolean, nullable=False, default=False),  # it may be a recording
    Column("repeats", Integer, nullable=False, default=0, server_default="0"),  # frames that said the same once more,
    _time("repeated_ms"),  # and the last of them
    Column("owner", String),  # who sees to what is left to do after it
    _time("followed_ms"),  # when somebody said that all of that is done
    Column("followed_by", String),
    Column("wearer", String),  # whoever wore the badge when it began; none: from before this was kept
    UniqueConstraint("pairing", "alarm_id"),
)
RESPONDERS = Table(
    "responders", META,
    Column("id", Integer, primary_key=True),
    _row("alarm", _ALARM, nullable=False, index=True),
    Column("revision", Integer, nullable=False),  # people.word(): who comes to an assist says so of no emergency
    Column("who", String, nullable=False),
    _row("device", _DEVICE),  # none: somebody at the board
    _time("at_ms", nullable=False),
    _time("arrived_ms"),
    _time("withdrew_ms"),
)
EVENTS = Table(
    "events", META,
    Column("id", Integer, primary_key=True),
    _time("at_ms", nullable=False),
    _row("alarm", _ALARM, nullable=False, index=True),
    Column("event", String, nullable=False),  # tools/gateway/pages/words.py has each in words
    Column("who", String, nullable=False),
    Column("detail", String, nullable=False, default=""),
    Column("brief", Boolean, nullable=False, default=True),  # shown on the board; the record shows all
)
NOTIFICATION_JOBS = Table(
    "notification_jobs", META,
    Column("id", Integer, primary_key=True),
    _row("alarm", _ALARM, index=True),  # none: a rule of the house wants it (rules.py)
    Column("plan_step", Integer, nullable=False),  # -1: what switches a siren off; -2: no step of a plan, a rule
    _word("channel", CHANNELS, nullable=False),
    Column("target", Text, nullable=False),  # JSON: an address, topic or URL: secrets of the house; or badges
    Column("text", String, nullable=False),
    _word("state", JOB_STATES, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    _time("made_ms", nullable=False),
    _time("due_ms"),  # while waiting
)
TRIALS = Table(
    "job_trials", META,
    Column("key", String, primary_key=True),  # of a target: tools/gateway/jobs/trials.py
    _time("due_ms", nullable=False),
    Column("tries", Integer, nullable=False),  # in vain, since it was reached
    Column("why", String, nullable=False),  # "": it was reached, or not tried yet
    _time("tried_ms"),
    _time("reached_ms"),
)
DOWNLINKS = Table(
    "downlinks", META,
    Column("id", Integer, primary_key=True),
    _row("device", _DEVICE, nullable=False, index=True),
    _row("alarm", _ALARM, index=True),  # none: it belongs to no alarm
    _code("type", DOWNLINK_TYPES, nullable=False),
    Column("caller", Integer),  # of a call and a stand-down: the device of who calls
    Column("alarm_id", BigInteger),  # of these and of a step
    _code("status", STATUSES),  # of a step: how far the alarm has come,
    Column("responder", Integer),  # and the device of who comes; 0: somebody without a badge
    _code("kind", KINDS),  # of a call
    _code("order_code", ORDERS),  # of an order,
    Column("order_value", Integer),  # and what it is given
    Column("key_number", Integer),  # of a key: the group's, 0 for the badge's own
    Column("ordered_by", String, nullable=False, default=""),
    _time("made_ms", nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    _time("due_ms", nullable=False),
    Column("counters", Text, nullable=False, default=" "),  # it was sent under, as number.counter, between spaces
    Column("settled", Boolean, nullable=False, default=False, index=True),  # delivered, or no longer worth telling
    _time("delivered_ms"),  # when the badge said so
    Column("rounds", Integer, nullable=False, default=0, server_default="0"),  # how often a plan has called once more
)
TESTS = Table(
    "tests", META,
    Column("id", Integer, primary_key=True),
    _row("pairing", _BADGE, nullable=False, index=True),
    Column("alarm_id", BigInteger),
    Column("revision", Integer, nullable=False, default=0),
    Column("uplink_counter", Integer),  # of the newest frame that said so
    _time("at_ms", nullable=False, index=True),
    _within("passed", 0, 65_535, nullable=False),  # a bit each: PASSED_ in firmware/codes.py
    Column("missed", Boolean, nullable=False, default=False),  # it should have been done by then
    UniqueConstraint("pairing", "alarm_id"),
)
TROUBLES = Table(
    "troubles", META,
    Column("id", Integer, primary_key=True),
    _row("pairing", _BADGE),  # none: of the gateway itself, or of the
    Column("bridge", Integer),  # one with this number
    Column("fault", String, nullable=False),
    _time("since_ms", nullable=False),
    _time("until_ms", index=True),
    Column("count", Integer),  # and the next two: tools/gateway/unknown_badges.py
    _time("last_ms"),
    Column("detail", String),
)
CRASHES = Table(
    "crashes", META,
    Column("id", Integer, primary_key=True),
    _row("pairing", _BADGE, nullable=False, index=True),
    _time("at_ms", nullable=False),
    Column("report", LargeBinary, nullable=False),  # a REPORT's bytes between head and tag
)
BRIDGES = Table(
    "bridges", META,
    Column("number", Integer, primary_key=True),
    _time("since_ms", nullable=False),
    _row("gateway", "gateways.number"),  # who had it last
)
VISITS = Table(
    "visits", META,
    Column("id", Integer, primary_key=True),
    _row("pairing", _BADGE, nullable=False, index=True),
    _code("colour", COLOURS, nullable=False),
    _time("began_ms", nullable=False),
    Column("began_by", String, nullable=False),
    _time("until_ms"),  # when it should be over
    _time("ended_ms", index=True),
    Column("ended_by", String),
    Column("place", String),  # as the visitor has said; gone when the visit is over, unless an alarm has taken it along
)
PLACES = Table(
    "places", META,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("floor", String, nullable=False),  # a number, 0 being the ground floor, or what the house calls it
    Column("area", String, nullable=False, default=""),  # a part of the floor: east
    Column("directions", String, nullable=False, default=""),  # how to get in
    Column("x_m", Float),  # on the floor's plan, from its left and from its top
    Column("y_m", Float),
)
SIGNATURES = Table(  # what is heard at a place
    "signatures", META,
    Column("id", Integer, primary_key=True),
    _row("place", "places.id", nullable=False, index=True),
    _time("at_ms", nullable=False),
    Column("heard", Text, nullable=False),  # JSON: [[hash of kind and address, dBm], ...]
)
SIGHTINGS = Table(  # where a badge was while an alarm or a test of it was open, and never else
    "sightings", META,
    Column("id", Integer, primary_key=True),
    _row("pairing", _BADGE, nullable=False, index=True),
    _row("alarm", _ALARM, index=True),  # none: a test
    _word("source", SOURCES, nullable=False),
    _time("at_ms", nullable=False),  # of the newest that comes to the same place
    Column("heard", Text, nullable=False, default="[]"),
    Column("finding", Text, nullable=False),  # JSON: tools/gateway/places/wording.py
)
FLOOR_PLANS = Table(  # only the pages read them
    "floor_plans", META,
    Column("floor", String, primary_key=True),
    _word("kind", ("image/png", "image/svg+xml"), nullable=False),
    Column("wide_m", Float, nullable=False),  # so much of the house it shows
    Column("high_m", Float, nullable=False),
    Column("image", LargeBinary, nullable=False),
)
UPDATES = Table(  # tools/gateway/updates.py
    "updates", META,
    Column("id", Integer, primary_key=True), _row("pairing", _BADGE, nullable=False, index=True),
    _within("version", 1, 0xFFF, nullable=False), _word("state", UPDATE_STATES, nullable=False),
    Column("why", String, nullable=False), Column("at_work", Boolean, nullable=False),
    Column("ordered_by", String, nullable=False),
    _time("at_ms", nullable=False), _time("due_ms", nullable=False),  # since when, and from when on it may be ordered
)
NOTES = Table(
    "notes", META,
    Column("id", Integer, primary_key=True), _row("alarm", _ALARM, nullable=False, index=True),
    _time("at_ms", nullable=False),
    Column("who", String, nullable=False),
    Column("text", Text, nullable=False),
)
CHECKS = Table(
    "checks", META,
    Column("id", Integer, primary_key=True), _row("alarm", _ALARM, nullable=False, index=True),
    Column("item", String, nullable=False),
    _time("done_ms"),
    Column("done_by", String),
    _time("due_ms"),  # until when; none: whenever
)
ACTS = Table(
    "acts", META,
    Column("id", Integer, primary_key=True), _time("at_ms", nullable=False, index=True),
    _row("pairing", _BADGE, nullable=False),
    Column("act", String, nullable=False),
    Column("who", String, nullable=False),
    Column("detail", String, nullable=False, default=""),
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
