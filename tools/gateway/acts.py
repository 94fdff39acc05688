"""What may people do, at the board, the command line, or by a wish from the badge? Checked here, done in the rooms.

An act has a verb, the number of an alarm or a badge, and what was given with it, a JSON object that may hold anything.
What is not right is refused in a sentence and changes nothing.
"""

from collections.abc import Callable, Collection
from typing import Any

from firmware import codes
from tools.gateway import duty, keys, lending, people, records, rules, updates, visits
from tools.gateway.columns import typed
from tools.gateway.core.rows import Alarm, Badge
from tools.gateway.core.transaction import Transaction
from tools.gateway.enumerations import OUTCOMES
from tools.gateway.lending import plain
from tools.gateway.pages.words import WORDS
from tools.gateway.plans import COLOURS

NAME_MOST = 40
NOTE_MOST = 700
PLACE_MOST = 60
ITEM_MOST = 200
GROUP_MOST = 60
_TIME_MOST = 32_503_680_000_000  # the year 3000
_WISH_AGAIN_MS = 10_000
_WISHES = set(duty.ORDERS) - {codes.ORDER_ALONE, codes.ORDER_UPDATE}
Given = dict[str, Any]
_COLOUR_NUMBERS = {name: number for number, name in COLOURS.items() if number}


class Wrong(ValueError):
    """What was not right: a key of the refusals in tools/gateway/pages/board_words.py, and what belongs into it."""

    def __init__(self, refusal: str, **more: object):
        super().__init__(refusal, more)
        self.refusal, self.more = refusal, more

    def __str__(self) -> str:
        return WORDS["en"][f"no_{self.refusal}"].format(**self.more)


def text(given: Given, key: str, most: int, lines: bool = False) -> str:
    """Return the stripped text under `key`. Raises Wrong unless it is 1 to `most` letters that can be printed."""
    value = given.get(key)
    if isinstance(value, str):
        value = typed(value)
        shown = value.replace("\n", "") if lines else value
        if 1 <= len(value.strip()) <= most and shown.isprintable():
            return value.strip()
    raise Wrong("text" if lines else "name", key=key, most=most)


def number(given: Given, key: str, least: int, most: int, default: int | None = None) -> int:
    """Return the whole number under `key`, `default` if there is none. Raises Wrong unless it lies within."""
    value = given.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Wrong("number", key=key, least=least, most=most)
    return value


def choice(given: Given, key: str, known: Collection[str], default: str | None = None) -> str:
    """Return the word under `key`. Raises Wrong unless it is one of `known`."""
    value = given.get(key, default)
    if not isinstance(value, str) or value not in known:
        raise Wrong("choice", key=key, known=", ".join(known))
    return value


def _item(given: Given) -> int:
    return number(given, "item", 1, 2**31 - 1)


def _until(given: Given) -> int | None:
    return None if given.get("due_ms") is None else number(given, "due_ms", 0, _TIME_MOST)


def _person(at: Transaction, name: str) -> str:
    """Return a name as its badge has it, where only case, blanks or the way to write an å differ: one person is one."""
    name = plain(name)
    wearers = (one.name for one in at.badges.rows.values() if one.revoked_ms is None)
    return next((one for one in wearers if one.casefold() == name.casefold()), name)


def _comes(at: Transaction, row: Alarm, by: str) -> str:
    """Return who comes. Raises Wrong for the wearer herself, who would be told that somebody is on the way."""
    if by == (row.wearer or at.badges[row.pairing].name):
        raise Wrong("own_alarm", name=by)
    return by


def _visit(at: Transaction, badge: Badge, by: str, given: Given) -> bool:
    colour = _COLOUR_NUMBERS[choice(given, "colour", _COLOUR_NUMBERS)]
    if rules.refuses(at, badge, colour):
        raise Wrong("red_alone")
    return visits.start(at, badge, colour, number(given, "minutes", 0, visits.MINUTES_MOST, 0), by,
                        text(given, "place", PLACE_MOST) if given.get("place") else None)


def _off(at: Transaction, badge: Badge, by: str, _given: Given) -> bool:
    visits.end(at, badge, by)
    return duty.order(at, badge, codes.ORDER_OFF, 1, by)


def _name(at: Transaction, badge: Badge, given: Given) -> str:
    """Return the name that was given, as it is kept. Raises Wrong if another badge of the house has it."""
    name = plain(text(given, "name", NAME_MOST))
    if lending.taken(at, badge, name):
        raise Wrong("name_used", name=name)
    return name


def _group(at: Transaction, badge: Badge, by: str, given: Given) -> bool:
    team = text(given, "group", GROUP_MOST)
    if team in ("own", "all"):  # plans use these
        raise Wrong("group_name", name=team)
    return lending.regroup(at, badge, team, by)


ON_ALARMS: dict[str, Callable[[Transaction, Alarm, str, Given], bool]] = {
    "take": lambda at, row, by, given: people.take(at, row, _comes(at, row, by)),
    "close": lambda at, row, by, given: people.close(
        at, row, by, choice(given, "outcome", OUTCOMES, "not said")),
    "arrived": lambda at, row, by, given: people.arrive(at, row, _comes(at, row, by)),
    "withdraw": lambda at, row, by, given: people.withdraw(
        at, row, _person(at, text(given, "who", NAME_MOST)) if "who" in given else by, by),
    "unneeded": lambda at, row, by, given: people.unneeded(at, row, by),
    "note": lambda at, row, by, given: records.write(at, row, by, text(given, "text", NOTE_MOST, lines=True)),
    "check": lambda at, row, by, given: records.check(at, row, by, _item(given), number(given, "done", 0, 1)),
    "outcome": lambda at, row, by, given: records.judge(at, row, by, choice(given, "outcome", OUTCOMES)),
    "to_do": lambda at, row, by, given: records.add(at, row, by, text(given, "text", ITEM_MOST), _until(given)),
    "due": lambda at, row, by, given: records.due(at, row, by, _item(given), _until(given)),
    "owner": lambda at, row, by, given: records.own(
        at, row, by, text(given, "who", NAME_MOST) if given.get("who") else ""),
    "follow": lambda at, row, by, given: records.follow(at, row, by, number(given, "done", 0, 1)),
}
ON_BADGES: dict[str, Callable[[Transaction, Badge, str, Given], bool]] = {
    "visit": _visit,
    "prolong": lambda at, badge, by, given: visits.prolong(
        at, badge, number(given, "minutes", 1, visits.MINUTES_MOST), by),
    "end": lambda at, badge, by, given: visits.end(at, badge, by),
    "pause": lambda at, badge, by, given: duty.pause(
        at, badge, number(given, "minutes", 1, duty.PAUSE_MINUTES_MOST), by),
    "resume": lambda at, badge, by, given: duty.pause(at, badge, 0, by),
    "off": _off,
    "on": lambda at, badge, by, given: duty.order(at, badge, codes.ORDER_OFF, 0, by),
    "practice": lambda at, badge, by, given: duty.practice(
        at, badge, number(given, "minutes", 0, duty.PRACTICE_MINUTES_MOST), by),
    "test": lambda at, badge, by, given: duty.order(at, badge, codes.ORDER_TEST, 0, by),
    "rekey": lambda at, badge, by, given: keys.renew(at, badge, by),
    "revoke": lambda at, badge, by, given: keys.revoke(at, badge, by),
    "rename": lambda at, badge, by, given: lending.rename(
        at, badge, _name(at, badge, given), by, bool(number(given, "same", 0, 1, 0))),
    "group": _group,
    "lend": lambda at, badge, by, given: lending.lend(
        at, badge, _name(at, badge, given), number(given, "until_ms", 0, _TIME_MOST), by),
    "back": lambda at, badge, by, given: lending.give_back(at, badge, by),
    "replace": lambda at, badge, by, given: lending.replace(
        at, badge, at.badges.one("device", number(given, "with", 1, 65_533)), by),
    "introduced": lambda at, badge, by, given: duty.note(
        at, badge.pairing, "introduced", by, f"{badge.name}: {text(given, 'text', ITEM_MOST)}"),
    "update": lambda at, badge, by, given: updates.add(
        at, badge, number(given, "version", 1, 0xFFF), number(given, "at_work", 0, 1, 0), by),
    "keep": lambda at, badge, by, given: updates.stop(at, badge),
}


def act(at: Transaction, verb: str, number: int, given: object) -> bool:
    """Do `verb` to the alarm with row `number`, or to the badge `number`; return whether it could be done.

    given: what json.loads gave, {"by": who does it, ...}. Raises Wrong.
    """
    if not isinstance(given, dict):
        raise Wrong("json")
    by = _person(at, text(given, "by", NAME_MOST))
    if verb in ON_ALARMS:
        row = at.alarms.get(number)
        return row is not None and ON_ALARMS[verb](at, row, by, given)
    badge = at.badges.one("device", number)
    if badge is not None and badge.revoked_ms is not None:
        return False
    return badge is not None and ON_BADGES[verb](at, badge, by, given)


def can_wish(what: int, value: int) -> bool:
    """Return whether a wearer can wish for `what` (an ORDER_ word) with `value`."""
    return what in _WISHES and (what != codes.ORDER_OFF or value <= 1)


def wish(at: Transaction, badge: Badge, what: int, value: int) -> bool:
    """The wearer wishes for what one can wish: order it, and return True.

    A wish that is repeated because its ack was lost is one wish.
    """
    by = f"{badge.name} (badge)"
    said = f"{duty.ORDERS[what]} {value}"
    times = [act.at_ms for act in at.acts.by("wished", (badge.pairing, said))]
    if times and abs(at.now_ms - max(times)) < _WISH_AGAIN_MS:  # the clock may have been set since
        return True
    duty.note(at, badge.pairing, "wished", by, said)
    if what == codes.ORDER_VISIT:
        if value >> 14:
            visits.start(at, badge, value >> 14, 0, by)
        elif not visits.end(at, badge, by):
            duty.order(at, badge, codes.ORDER_VISIT, 0, by)
    elif what == codes.ORDER_PAUSE:
        duty.pause(at, badge, value, by)
    elif what == codes.ORDER_PRACTICE:
        duty.practice(at, badge, value, by)
    else:
        if what == codes.ORDER_OFF and value:
            visits.end(at, badge, by)
        duty.order(at, badge, what, value if what == codes.ORDER_OFF else 0, by)
    return True
