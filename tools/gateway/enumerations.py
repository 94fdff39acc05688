"""What are the codes called where people read them? In the database, in the broker's topics, in exports.

The numbers are those of firmware/codes.py and of the wire; the database holds the names and refuses any other.
"""

from collections.abc import Mapping

from firmware import codes
from firmware.link import frame

KINDS = {
    codes.KIND_ASSIST: "assist", codes.KIND_FALL: "fall", codes.KIND_EMERGENCY: "emergency",
    codes.KIND_MOTIONLESS: "motionless", codes.KIND_POSITION: "position", codes.KIND_CHECK_IN: "check_in",
    codes.KIND_TORN: "torn", codes.KIND_STRUGGLE: "struggle",
}
PHASES = {codes.WHAT_RAISED: "raised", codes.WHAT_PRE_ALARM: "pre_alarm", codes.WHAT_CANCELLED: "cancelled"}
STATUSES = {
    codes.STEP_RECEIVED: "received", codes.STEP_TAKEN: "taken", codes.STEP_UNANSWERED: "unanswered",
    codes.STEP_CLOSED: "closed",
}
STATES = {
    codes.SAFE: "safe", codes.WARNED: "warned", codes.RELIEVED: "relieved", codes.CALLING: "calling",
    codes.RECEIVED: "received", codes.UNANSWERED: "unanswered", codes.TAKEN: "taken",
    7: "unknown",  # three bits of a heartbeat: what a newer badge may say
}
MODES = {
    codes.MODE_NOT_READY: "not_ready", codes.MODE_READY: "ready", codes.MODE_PAUSED: "paused",
    codes.MODE_CHARGING: "charging", codes.MODE_OFF: "off", codes.MODE_PRACTICE: "practice",
    codes.MODE_TESTING: "testing", codes.MODE_LIFEBOAT: "lifeboat",
}
COLOURS = {codes.NO_VISIT: "none", codes.GREEN: "green", codes.YELLOW: "yellow", codes.RED: "red"}
ORDERS = {
    codes.ORDER_NOTHING: "nothing", codes.ORDER_VISIT: "visit", codes.ORDER_PAUSE: "pause", codes.ORDER_OFF: "off",
    codes.ORDER_PRACTICE: "practice", codes.ORDER_TEST: "test", codes.ORDER_ALONE: "alone", codes.ORDER_TIME: "time",
    codes.ORDER_UPDATE: "update",
    40: "unknown",  # no badge knows it, and no room orders it: what a badge says of it is tried by it
}
DOWNLINKS = {
    frame.STEP: "step", frame.CALL: "call", frame.STAND_DOWN: "stand_down", frame.ORDER: "order", frame.KEY: "key",
}
OUTCOMES = ("not said", "real", "false", "test")
CHANNELS = ("badges", "notify", "siren", "webhook")
SOURCES = ("measured", "said")  # of a place: by what the badge hears, or by the visitor
ROLES = ("wearer", "colleague", "manager", "technician", "administrator", "screen")  # of accounts
UPDATE_STATES = ("waiting", "ordered", "runs", "done", "failed", "stopped")
JOB_STATES = ("waiting", "done", "failed", "over", "nobody", "unset")


def number(names: Mapping[int, str], name: str) -> int:
    """Return the code that has this name."""
    return next(code for code, each in names.items() if each == name)
