"""What is a row of each table? Plain tuples with names, which the rooms read and never change in place.

The columns are those of tools/gateway/tables.py, in its order; a test holds them together. Times are Unix ms.
"""

import json
from functools import lru_cache
from typing import Any, NamedTuple

from firmware.codes import STEP_RECEIVED

BRIDGE = "bridge"  # stands where a badge on Wi-Fi has its host: ("bridge", number)


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
def kept(address: tuple[str, int]) -> str:
    """Return an address, (host, port) or ("bridge", number), as the table has it."""
    return json.dumps(address[:2])


class Badge(NamedTuple):
    """One pairing."""

    pairing: int
    device: int
    name: str
    team: str
    uplink_key: bytes
    downlink_key: bytes
    uplink_counter: int
    replay_window: str
    heard_ms: int | None
    heartbeat_ms: int | None
    state: int
    mode: int | None
    mode_ms: int | None
    colour: int
    battery: int
    faults: int
    silent: bool
    alone: bool | None
    until_ms: int | None
    untested_ms: int | None
    unverified: bool
    address: str | None
    beat_ms: int | None
    next_secret: bytes | None
    revoked_ms: int | None
    version: int | None
    abilities: int | None
    refused: str | None
    group_key: int | None
    tested_ms: int | None
    gateway: int | None
    own_name: str | None
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
    badge_phase: int | None = None
    content_counter: int | None = None
    uplink_counter: int | None = None
    practice: bool = False
    colour: int = 0
    since_ms: int = 0
    received_ms: int | None = None
    status: int = STEP_RECEIVED
    plan: str = "{}"
    plan_step: int = 0
    due_ms: int | None = None
    unanswered_ms: int | None = None
    taken_by: str | None = None
    taken_ms: int | None = None
    arrived_ms: int | None = None
    lost_ms: int | None = None
    unneeded_by: str | None = None
    closed_ms: int | None = None
    outcome: str = "not said"
    unverified: bool = False
    repeats: int = 0
    repeated_ms: int | None = None
    owner: str | None = None
    followed_ms: int | None = None
    followed_by: str | None = None
    wearer: str | None = None


class Responder(NamedTuple):
    """Who has said "I am coming"; device None: at the board."""

    id: int
    alarm: int
    revision: int
    who: str
    device: int | None
    at_ms: int
    arrived_ms: int | None = None
    withdrew_ms: int | None = None


class Event(NamedTuple):
    """One line of an alarm's time line."""

    id: int
    at_ms: int
    alarm: int
    event: str
    who: str
    detail: str = ""
    brief: bool = True


WAITING, DONE, FAILED, OVER = "waiting", "done", "failed", "over"  # states of a job; others: nobody, unset


class NotificationJob(NamedTuple):
    """What a plan's step has done, or is to do outside the house; alarm None: a rule has (rules.py)."""

    id: int
    alarm: int | None
    plan_step: int
    channel: str
    target: str
    text: str
    state: str
    tries: int = 0
    made_ms: int = 0
    due_ms: int | None = None


class JobTrial(NamedTuple):
    """Whether a target of the plan was reached when it was tried last."""

    key: str
    due_ms: int
    tries: int = 0
    why: str = ""
    tried_ms: int | None = None
    reached_ms: int | None = None


class Downlink(NamedTuple):
    """What a badge is to be told."""

    id: int
    device: int
    alarm: int | None
    type: int
    caller: int | None = None
    alarm_id: int | None = None
    status: int | None = None
    responder: int | None = None
    kind: int | None = None
    order_code: int | None = None
    order_value: int | None = None
    key_number: int | None = None
    ordered_by: str = ""
    made_ms: int = 0
    tries: int = 0
    due_ms: int = 0
    counters: str = " "
    settled: bool = False
    delivered_ms: int | None = None
    rounds: int = 0


class DeviceTest(NamedTuple):
    """A test that a badge has passed, or has missed."""

    id: int
    pairing: int
    alarm_id: int | None = None
    revision: int = 0
    uplink_counter: int | None = None
    at_ms: int = 0
    passed: int = 0
    missed: bool = False


class Trouble(NamedTuple):
    """A technical alarm of a badge, of a bridge, or of the gateway itself."""

    id: int
    pairing: int | None
    bridge: int | None
    fault: str
    since_ms: int
    until_ms: int | None = None
    count: int | None = None
    last_ms: int | None = None
    detail: str | None = None


class Crash(NamedTuple):
    """A REPORT."""

    id: int
    pairing: int
    at_ms: int
    report: bytes


class Bridge(NamedTuple):
    """A bridge that the house has."""

    number: int
    since_ms: int
    gateway: int | None = None


class Visit(NamedTuple):
    """A visit, and its colour."""

    id: int
    pairing: int
    colour: int
    began_ms: int
    began_by: str
    until_ms: int | None = None
    ended_ms: int | None = None
    ended_by: str | None = None
    place: str | None = None


class Place(NamedTuple):
    """A place that the house has entered."""

    id: int
    name: str
    floor: str
    area: str = ""
    directions: str = ""
    x_m: float | None = None
    y_m: float | None = None


class Signature(NamedTuple):
    """What was heard at a place."""

    id: int
    place: int
    at_ms: int
    heard: str


class Sighting(NamedTuple):
    """Where a badge was in an alarm, or in a test if `alarm` is None."""

    id: int
    pairing: int
    alarm: int | None
    source: str
    at_ms: int
    heard: str = "[]"
    finding: str = "{}"


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
    due_ms: int


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
    due_ms: int | None = None


class Act(NamedTuple):
    """One line of the audit trail."""

    id: int
    at_ms: int
    pairing: int
    act: str
    who: str
    detail: str = ""


KINDS = {
    "badges": Badge, "group_keys": GroupKey, "alarms": Alarm, "responders": Responder, "events": Event,
    "notification_jobs": NotificationJob, "job_trials": JobTrial, "downlinks": Downlink, "tests": DeviceTest,
    "troubles": Trouble, "crashes": Crash, "bridges": Bridge, "visits": Visit, "places": Place,
    "signatures": Signature, "sightings": Sighting, "updates": Update, "notes": Note, "checks": Check, "acts": Act,
}
