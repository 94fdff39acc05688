"""What is a row of each table? Plain tuples with names, which the rooms read and never change in place.

tools/gateway/tables.py makes the tables of them, column by column. Times are Unix ms.
"""

import json
from functools import lru_cache
from typing import Any, NamedTuple

from firmware.codes import STEP_RECEIVED

BRIDGE = "bridge"  # stands where a badge on Wi-Fi has its host: ("bridge", number)
Address = tuple[str, int, *tuple[int, ...]]
Plan = dict[str, Any]  # the house's, or a part or a step of it (plans.py)


def loaded(text: str | None, otherwise: Any) -> Any:
    """Return the JSON that stands in a column, `otherwise` if it is of another type, or a bit has flipped in it."""
    try:
        found = json.loads(text or "null")
    except (ValueError, TypeError):
        return otherwise
    return found if isinstance(found, type(otherwise)) else otherwise


@lru_cache(1 << 16)
def _way(address: str | None) -> tuple[str, int] | None:
    try:
        where, number = json.loads(address or "[]")
    except (ValueError, TypeError):  # it was not heard yet, or a bit has flipped on the disk
        return None
    return (where, number) if isinstance(where, str) and isinstance(number, int) and 0 <= number < 1 << 16 else None


@lru_cache(1 << 12)
def kept(address: Address) -> str:
    """Return an address, (host, port) or ("bridge", number), as the table has it."""
    return json.dumps(address[:2])


class Badge(NamedTuple):
    """One pairing."""

    pairing: int
    device: int
    name: str
    team: str  # the group whose badges call each other
    uplink_key: bytes
    downlink_key: bytes
    uplink_counter: int  # the newest that was heard
    replay_window: str  # hex; bit n: uplink_counter - n has been used
    heard_ms: int | None
    heartbeat_ms: int | None
    state: int
    mode: int | None  # none before the first heartbeat
    mode_ms: int | None  # since when
    colour: int  # as the badge says; the visit is what was ordered
    battery: int  # percent; above 100: not known
    faults: int  # a bit each: FAULT_ in firmware/codes.py
    silent: bool
    alone: bool | None  # none: not known yet
    until_ms: int | None  # when the ordered pause or practice is over
    untested_ms: int | None  # since when on duty without a test
    unverified: bool  # tools/gateway/restore_guard.py
    address: str | None  # JSON: [host, port], or ["bridge", number]
    beat_ms: int | None  # how far apart it beats; none: as the house does
    next_secret: bytes | None  # of its next keys, while the badge may or may not have them
    revoked_ms: int | None
    version: int | None  # of the wire, and what it can (firmware/codes.py); none: it has not said so
    abilities: int | None
    refused: str | None  # JSON: {order: [why, at_ms]} of the last order of each kind, if the badge refused it
    group_key: int | None  # the number of the one it holds; none, 0: tools/gateway/group_calls.py
    tested_ms: int | None  # when it last passed its whole test
    gateway: int | None  # who heard it last: through whom it is told; none: not heard yet
    own_name: str | None  # while it is lent: whose it is; name is then who wears it
    lent_until_ms: int | None

    @property
    def way(self) -> tuple[str, int] | None:
        """Return where it was heard last: (host, port), or ("bridge", number)."""
        return _way(self.address)

    @property
    def on_bridge(self) -> bool:
        """Return whether it was heard last through a bridge."""
        way = _way(self.address)
        return way is not None and way[0] == BRIDGE


class GroupKey(NamedTuple):
    """What all badges of a group open its calls with."""

    number: int
    team: str
    key: bytes
    made_ms: int


class Alarm(NamedTuple):
    """One alarm of one badge, as it stands."""

    id: int
    pairing: int
    alarm_id: int
    kind: int
    phase: int
    revision: int
    badge_phase: int | None = None  # as the badge said it; the gateway may have raised it since
    content_counter: int | None = None  # uplink counter of the first frame that was stored with what stands here
    uplink_counter: int | None = None  # and of the newest; none: stored by an older version
    practice: bool = False
    colour: int = 0
    since_ms: int = 0
    received_ms: int | None = None  # when its first raised revision was stored
    status: int = STEP_RECEIVED
    plan: str = "{}"  # as it was when the alarm came
    plan_step: int = 0  # which of its steps comes next
    due_ms: int | None = None  # when
    unanswered_ms: int | None = None  # when nobody's answer becomes "unanswered"
    taken_by: str | None = None
    taken_ms: int | None = None  # first
    arrived_ms: int | None = None
    lost_ms: int | None = None  # its badge has fallen silent
    unneeded_by: str | None = None  # who says on the wearer's behalf that no help is needed; closes nothing
    closed_ms: int | None = None
    outcome: str = "not said"
    unverified: bool = False  # it may be a recording
    repeats: int = 0  # frames that said the same once more,
    repeated_ms: int | None = None  # and the last of them
    owner: str | None = None  # who sees to what is left to do after it
    followed_ms: int | None = None  # when somebody said that all of that is done
    followed_by: str | None = None
    wearer: str | None = None  # whoever wore the badge when it began; none: from before this was kept


class Responder(NamedTuple):
    """Who has said "I am coming"; device None: at the board."""

    id: int
    alarm: int
    revision: int  # people.word(): who comes to an assist says so of no emergency
    who: str
    device: int | None  # none: somebody at the board
    at_ms: int
    arrived_ms: int | None = None
    withdrew_ms: int | None = None


class Event(NamedTuple):
    """One line of an alarm's time line."""

    id: int
    at_ms: int
    alarm: int
    event: str  # tools/gateway/pages/words.py has each in words
    who: str
    detail: str = ""
    brief: bool = True  # shown on the board; the record shows all


WAITING, DONE, FAILED, OVER = "waiting", "done", "failed", "over"  # states of a job; others: nobody, unset


class NotificationJob(NamedTuple):
    """What a plan's step has done, or is to do outside the house; alarm None: a rule has (rules.py)."""

    id: int
    alarm: int | None  # none: a rule of the house wants it (rules.py)
    plan_step: int  # -1: what switches a siren off; -2: no step of a plan, a rule
    channel: str
    target: str  # JSON: an address, topic or URL: secrets of the house; or badges
    text: str
    state: str
    tries: int = 0
    made_ms: int = 0
    due_ms: int | None = None  # while waiting


class JobTrial(NamedTuple):
    """Whether a target of the plan was reached when it was tried last."""

    key: str  # of a target: tools/gateway/jobs/trials.py
    due_ms: int
    tries: int = 0  # in vain, since it was reached
    why: str = ""  # "": it was reached, or not tried yet
    tried_ms: int | None = None
    reached_ms: int | None = None


class Downlink(NamedTuple):
    """What a badge is to be told."""

    id: int
    device: int
    alarm: int | None  # none: it belongs to no alarm
    type: int
    caller: int | None = None  # of a call and a stand-down: the device of who calls
    alarm_id: int | None = None  # of these and of a step
    status: int | None = None  # of a step: how far the alarm has come,
    responder: int | None = None  # and the device of who comes; 0: somebody without a badge
    kind: int | None = None  # of a call
    order_code: int | None = None  # of an order,
    order_value: int | None = None  # and what it is given
    key_number: int | None = None  # of a key: the group's, 0 for the badge's own
    ordered_by: str = ""
    made_ms: int = 0
    tries: int = 0
    due_ms: int = 0
    counters: str = " "  # it was sent under, as number.counter, between spaces
    settled: bool = False  # delivered, or no longer worth telling
    delivered_ms: int | None = None  # when the badge said so
    rounds: int = 0  # how often a plan has called once more


class DeviceTest(NamedTuple):
    """A test that a badge has passed, or has missed."""

    id: int
    pairing: int
    alarm_id: int | None = None
    revision: int = 0
    uplink_counter: int | None = None  # of the newest frame that said so
    at_ms: int = 0
    passed: int = 0  # a bit each: PASSED_ in firmware/codes.py
    missed: bool = False  # it should have been done by then


class Trouble(NamedTuple):
    """A technical alarm of a badge, of a bridge, or of the gateway itself."""

    id: int
    pairing: int | None  # none: of the gateway itself, or of the
    bridge: int | None  # one with this number
    fault: str
    since_ms: int
    until_ms: int | None = None
    count: int | None = None  # type: ignore[assignment]  # a tuple has a method of that name
    last_ms: int | None = None
    detail: str | None = None


class Crash(NamedTuple):
    """A REPORT."""

    id: int
    pairing: int
    at_ms: int
    report: bytes  # a REPORT's bytes between head and tag


class Bridge(NamedTuple):
    """A bridge that the house has."""

    number: int
    since_ms: int
    gateway: int | None = None  # who had it last


class Visit(NamedTuple):
    """A visit, and its colour."""

    id: int
    pairing: int
    colour: int
    began_ms: int
    began_by: str
    until_ms: int | None = None  # when it should be over
    ended_ms: int | None = None
    ended_by: str | None = None
    place: str | None = None  # as the visitor has said; gone when the visit is over, unless an alarm has taken it along


class Place(NamedTuple):
    """A place that the house has entered."""

    id: int
    name: str
    floor: str  # a number, 0 being the ground floor, or what the house calls it
    area: str = ""  # a part of the floor: east
    directions: str = ""  # how to get in
    x_m: float | None = None  # on the floor's plan, from its left and from its top
    y_m: float | None = None


class Signature(NamedTuple):
    """What was heard at a place."""

    id: int
    place: int
    at_ms: int
    heard: str  # JSON: [[hash of kind and address, dBm], ...]


class Sighting(NamedTuple):
    """Where a badge was in an alarm, or in a test if `alarm` is None."""

    id: int
    pairing: int
    alarm: int | None  # none: a test
    source: str
    at_ms: int  # of the newest that comes to the same place
    heard: str = "[]"
    finding: str = "{}"  # JSON: tools/gateway/places/wording.py


class Update(NamedTuple):
    """A badge that is to be updated over the air, or was."""

    id: int
    pairing: int
    version: int
    state: str
    why: str
    at_work: bool
    ordered_by: str
    at_ms: int
    due_ms: int  # since when, and from when on it may be ordered


class Note(NamedTuple):
    """What somebody wrote to the record."""

    id: int
    alarm: int
    at_ms: int
    who: str
    text: str


class Check(NamedTuple):
    """An item of a record's checklist."""

    id: int
    alarm: int
    item: str
    done_ms: int | None = None
    done_by: str | None = None
    due_ms: int | None = None  # until when; none: whenever


class Act(NamedTuple):
    """One line of the audit trail."""

    id: int
    at_ms: int
    pairing: int
    act: str
    who: str
    detail: str = ""
