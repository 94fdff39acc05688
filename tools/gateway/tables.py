"""Which tables does the gateway keep? The schema, for SQLite and for PostgreSQL.

Times are Unix milliseconds. `alarm` is an alarm's row, `alarm_id` the badge's own number for it; `pairing` is a badge's
row, which a new pairing never shares. Long texts that are data of the house (plans) are JSON, checked before they are
written. What a step, kind, mode or order number means stands in firmware/codes.py.
"""

from sqlalchemy import (
    BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text, UniqueConstraint, text,
)

META = MetaData()


def _time(name, **more):
    return Column(name, BigInteger, **more)


BADGES = Table(
    "badges", META,
    Column("pairing", Integer, primary_key=True),
    Column("device", Integer, unique=True, nullable=False),
    Column("name", String, nullable=False),
    Column("team", String, nullable=False, default="house"),  # the group whose badges call each other
    Column("up", LargeBinary, nullable=False),
    Column("down", LargeBinary, nullable=False),
    Column("newest", BigInteger, nullable=False, default=-1),
    Column("mask", String, nullable=False, default="0"),  # hex; bit n: newest - n has been used
    _time("heard_ms"),
    _time("heartbeat_ms"),
    Column("state", Integer, nullable=False, default=0),
    Column("mode", Integer),  # none before the first heartbeat
    _time("mode_ms"),  # since when
    Column("colour", Integer, nullable=False, default=0),  # as the badge says; the visit is what was ordered
    Column("battery", Integer, nullable=False, default=255),
    Column("faults", Integer, nullable=False, default=0),
    Column("silent", Boolean, nullable=False, default=False),
    Column("alone", Boolean),  # none: not known yet
    _time("until_ms"),  # when the ordered pause or practice is over
    _time("untested_ms"),  # since when on duty without a test
    Column("unverified", Boolean, nullable=False, default=False),  # tools/gateway/restore_guard.py
    Column("address", String),  # JSON: [host, port], or ["bridge", number]
    Column("beat_ms", Integer),  # how far apart it beats; none: as the house does
    Column("secret", LargeBinary),  # of its next keys, while the badge may or may not have them
    _time("revoked_ms"),
    Column("version", Integer),  # of the wire, and what it can (firmware/codes.py); none: it has not said so
    Column("abilities", Integer),
    Column("refused", Text),  # JSON: {order: [why, at_ms]} of the last order of each kind, if the badge refused it
    Column("keyed", Integer),  # number of its group's key; none, 0: tools/gateway/group_calls.py
    _time("tested_ms"),  # when it last passed its whole test
)
# In a town the board shows those first about whom there is something to see, and finds them without reading all.
THERE = text("revoked_ms IS NULL")
NOTABLE = text("revoked_ms IS NULL AND (silent OR alone OR faults <> 0 OR state <> 0)")
Index("badges_there", BADGES.c.device, sqlite_where=THERE, postgresql_where=THERE)
Index("badges_notable", BADGES.c.device, sqlite_where=NOTABLE, postgresql_where=NOTABLE)
GROUP_KEYS = Table(
    "group_keys", META,
    Column("number", Integer, primary_key=True),
    Column("team", String, nullable=False, index=True),
    Column("key", LargeBinary, nullable=False),
    _time("made_ms", nullable=False),
)
ALARMS = Table(
    "alarms", META,
    Column("id", Integer, primary_key=True),
    Column("pairing", Integer, nullable=False),
    Column("alarm_id", BigInteger, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("what", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("said", Integer),  # `what` as the badge said it; the gateway may have raised it since
    Column("content", Integer),  # uplink counter of the first frame that was stored with what stands here
    Column("newest", Integer),  # and of the newest; none: stored by an older version
    Column("practice", Boolean, nullable=False, default=False),
    Column("colour", Integer, nullable=False, default=0),
    _time("since_ms", nullable=False, index=True),
    _time("received_ms"),  # when its first raised revision was stored
    Column("step", Integer, nullable=False),
    Column("plan", Text, nullable=False, default="{}"),  # as it was when the alarm came
    Column("plan_at", Integer, nullable=False, default=0),  # which of its steps comes next
    _time("due_ms", index=True),  # when
    _time("unanswered_ms", index=True),  # when nobody's answer becomes "unanswered"
    Column("taken_by", String),
    _time("taken_ms"),  # first
    _time("arrived_ms"),
    _time("lost_ms", index=True),  # its badge has fallen silent
    Column("unneeded_by", String),  # who says on the wearer's behalf that no help is needed; closes nothing
    _time("closed_ms"),
    Column("outcome", String, nullable=False, default="not said"),
    Column("unverified", Boolean, nullable=False, default=False),  # it may be a recording
    UniqueConstraint("pairing", "alarm_id"),
)
RESPONDERS = Table(
    "responders", META,
    Column("id", Integer, primary_key=True),
    Column("alarm", Integer, nullable=False, index=True),
    Column("revision", Integer, nullable=False),  # people.word(): who comes to an assist says so of no emergency
    Column("who", String, nullable=False),
    Column("device", Integer, nullable=False),  # 0: somebody at the board
    _time("at_ms", nullable=False),
    _time("arrived_ms"),
    _time("withdrew_ms"),
)
EVENTS = Table(
    "events", META,
    Column("id", Integer, primary_key=True),
    _time("at_ms", nullable=False),
    Column("alarm", Integer, nullable=False, index=True),
    Column("step", String, nullable=False),
    Column("who", String, nullable=False),
    Column("detail", String, nullable=False, default=""),
    Column("brief", Boolean, nullable=False, default=True),  # shown on the board; the record shows all
)
ERRANDS = Table(
    "errands", META,
    Column("id", Integer, primary_key=True),
    Column("alarm", Integer, nullable=False, index=True),
    Column("place", Integer, nullable=False),  # of the plan's step
    Column("does", String, nullable=False),  # badges, notify, siren, webhook
    Column("target", Text, nullable=False),  # JSON: an address, topic or URL: secrets of the house; or badges
    Column("text", String, nullable=False),
    Column("state", String, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    _time("at_ms", nullable=False),
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
    Column("device", Integer, nullable=False, index=True),
    Column("alarm", Integer, nullable=False, index=True),  # 0: an order
    Column("type", Integer, nullable=False),
    Column("a", BigInteger, nullable=False),
    Column("b", BigInteger, nullable=False),
    Column("c", BigInteger, nullable=False),
    Column("by", String, nullable=False, default=""),  # who ordered
    _time("made_ms", nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    _time("due_ms", nullable=False),
    Column("counters", Text, nullable=False, default=" "),  # those it was sent under, each between spaces
    Column("told", Boolean, nullable=False, default=False, index=True),  # or no longer worth telling
    _time("told_ms"),  # when the badge said so
)
TESTS = Table(
    "tests", META,
    Column("id", Integer, primary_key=True),
    Column("pairing", Integer, nullable=False, index=True),
    Column("alarm_id", BigInteger),
    Column("revision", Integer, nullable=False, default=0),
    Column("newest", Integer),  # uplink counter of the newest frame that said so
    _time("at_ms", nullable=False, index=True),
    Column("passed", Integer, nullable=False),  # PASSED_ words
    Column("missed", Boolean, nullable=False, default=False),  # it should have been done by then
    UniqueConstraint("pairing", "alarm_id"),
)
TROUBLES = Table(
    "troubles", META,
    Column("id", Integer, primary_key=True),
    Column("pairing", Integer, nullable=False),  # 0: the gateway itself; -n: bridge n
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
    Column("pairing", Integer, nullable=False, index=True),
    _time("at_ms", nullable=False),
    Column("told", LargeBinary, nullable=False),  # a REPORT's bytes between head and tag
)
BRIDGES = Table(
    "bridges", META,
    Column("number", Integer, primary_key=True),
    _time("since_ms", nullable=False),
)
VISITS = Table(
    "visits", META,
    Column("id", Integer, primary_key=True),
    Column("pairing", Integer, nullable=False, index=True),
    Column("colour", Integer, nullable=False),
    _time("began_ms", nullable=False),
    Column("began_by", String, nullable=False),
    _time("until_ms"),  # when it should be over
    _time("ended_ms", index=True),
    Column("ended_by", String),
)
NOTES = Table(
    "notes", META,
    Column("id", Integer, primary_key=True),
    Column("alarm", Integer, nullable=False, index=True),
    _time("at_ms", nullable=False),
    Column("who", String, nullable=False),
    Column("text", Text, nullable=False),
)
CHECKS = Table(
    "checks", META,
    Column("id", Integer, primary_key=True),
    Column("alarm", Integer, nullable=False, index=True),
    Column("item", String, nullable=False),
    _time("done_ms"),
    Column("done_by", String),
)
ACTS = Table(
    "acts", META,
    Column("id", Integer, primary_key=True),
    _time("at_ms", nullable=False, index=True),
    Column("pairing", Integer, nullable=False),
    Column("act", String, nullable=False),
    Column("who", String, nullable=False),
    Column("detail", String, nullable=False, default=""),
)
HOUSE = Table(
    "house", META,
    Column("key", String, primary_key=True),
    Column("value", Text, nullable=False),
)
GATEWAY = Table(
    "gateway", META,
    Column("number", Integer, primary_key=True),
    Column("down_next", BigInteger, nullable=False),
    Column("line", String, nullable=False),  # and the next two: tools/gateway/rollback.py
    Column("turns", BigInteger, nullable=False, default=0),
    Column("retired", Boolean, nullable=False, default=False),
)
