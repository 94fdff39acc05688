"""Which role may see and do what? One table, which the doors of the page and the operator's handbook both go by.

Roles: a wearer sees and orders only what concerns the own badge; a colleague sees the board and answers alarms; a
manager runs the house; a technician looks after badges and reads no record; an administrator may do all. A screen is no
person: it hangs on a wall, and whoever acts at it touches the own name first.
"""

from tools.gateway import acts
from tools.gateway.enumerations import ROLES

WEARER, COLLEAGUE, MANAGER = "wearer", "colleague", "manager"
TECHNICIAN, ADMINISTRATOR, SCREEN = "technician", "administrator", "screen"

_ANSWERS = frozenset(("take", "arrived", "withdraw", "unneeded", "close"))
_WRITES = frozenset(("note", "check", "outcome"))
_ON_DUTY = frozenset(("visit", "prolong", "end", "pause", "resume", "off", "on", "test"))
_OF_BADGES = frozenset(("practice", "off", "on", "test", "rekey", "revoke", "update", "keep"))
_ALL_ALARMS, _ALL_BADGES = frozenset(acts.ON_ALARMS), frozenset(acts.ON_BADGES)

ON_ALARMS: dict[str, frozenset[str]] = {
    WEARER: frozenset(("note",)),
    COLLEAGUE: _ANSWERS | _WRITES,
    MANAGER: _ALL_ALARMS,
    TECHNICIAN: frozenset(),
    ADMINISTRATOR: _ALL_ALARMS,
    SCREEN: _ANSWERS,
}
ON_BADGES: dict[str, frozenset[str]] = {
    WEARER: _ON_DUTY,
    COLLEAGUE: _ON_DUTY | {"practice"},
    MANAGER: _ALL_BADGES,
    TECHNICIAN: _OF_BADGES,
    ADMINISTRATOR: _ALL_BADGES,
    SCREEN: _ON_DUTY,
}
TALKS = frozenset((COLLEAGUE, MANAGER, ADMINISTRATOR))  # write down that the house has talked about a question
BOARD = frozenset(ROLES) - {WEARER}  # the whole of it
RECORDS = frozenset((WEARER, COLLEAGUE, MANAGER, ADMINISTRATOR))  # a wearer: of the own alarms
MONTHS = frozenset((MANAGER, ADMINISTRATOR))
INCIDENTS = frozenset((MANAGER, ADMINISTRATOR))  # what is left to do after all alarms
PLANS = frozenset((MANAGER, ADMINISTRATOR))  # they hold addresses, which may be secrets of the house
PLACES = frozenset((MANAGER, ADMINISTRATOR))
FLEET = frozenset((MANAGER, TECHNICIAN, ADMINISTRATOR))
PEOPLE = frozenset((MANAGER, ADMINISTRATOR))
# Whom may they make, and shut out? Nobody above themselves.
MAKES: dict[str, frozenset[str]] = {
    MANAGER: frozenset((WEARER, COLLEAGUE, SCREEN)),
    ADMINISTRATOR: frozenset(ROLES),
}
_DAY_MS = 86_400_000
# A phone that must be unlocked, signed in and searched for the board helps nobody who lies on the floor; who can shut
# badges out, or read the whole house, signs in each day.
SESSION_MS = {
    WEARER: 30 * _DAY_MS, COLLEAGUE: 30 * _DAY_MS, SCREEN: 400 * _DAY_MS,
    MANAGER: _DAY_MS // 2, TECHNICIAN: _DAY_MS // 2, ADMINISTRATOR: _DAY_MS // 2,
}


def may(role: str, what: str, verb: str) -> bool:
    """Return whether `role` may do `verb` to alarms, badges or the guide (`what`); a wearer only to the own."""
    if what == "guide":
        return role in TALKS
    return verb in (ON_ALARMS if what == "alarms" else ON_BADGES).get(role, frozenset())
