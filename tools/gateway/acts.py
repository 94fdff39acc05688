"""What may people do, at the board, the command line, or by a wish from the badge? Checked here, done in the rooms.

An act has a verb, the number of an alarm or a badge, and what was given with it, a JSON object that may hold anything.
What is not right is refused in a sentence and changes nothing.
"""

import unicodedata

from firmware import codes
from tools.gateway import duty, keys, lending, people, records, rules, updates, visits
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
_COLOUR_NUMBERS = {name: number for number, name in COLOURS.items() if number}


class Wrong(ValueError):
    """What was not right: a key of the refusals in tools/gateway/pages/board_words.py, and what belongs into it."""

    def __init__(self, refusal, **more):
        super().__init__(refusal, more)
        self.refusal, self.more = refusal, more

    def __str__(self):
        return WORDS["en"][f"no_{self.refusal}"].format(**self.more)


def text(given, key, most, lines=False):
    """Return the stripped text under `key`. Raises Wrong unless it is 1 to `most` letters that can be printed."""
    value = given.get(key)
    if isinstance(value, str):
        shown = value.replace("\n", "") if lines else value
        if 1 <= len(value.strip()) <= most and shown.isprintable():
            return value.strip()
    raise Wrong("text" if lines else "name", key=key, most=most)


def number(given, key, least, most, default=None):
    """Return the whole number under `key`, `default` if there is none. Raises Wrong unless it lies within."""
    value = given.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Wrong("number", key=key, least=least, most=most)
    return value


def choice(given, key, known, default=None):
    """Return the word under `key`. Raises Wrong unless it is one of `known`."""
    value = given.get(key, default)
    if not isinstance(value, str) or value not in known:
        raise Wrong("choice", key=key, known=", ".join(known))
    return value


def _take(at, row, by, _given):
    return people.take(at, row, by)


def _close(at, row, by, given):
    return people.close(at, row, by, choice(given, "outcome", people.OUTCOMES, "not said"))


def _arrived(at, row, by, _given):
    return people.arrive(at, row, by)


def _withdraw(at, row, by, given):
    return people.withdraw(at, row, text(given, "who", NAME_MOST) if "who" in given else by, by)


def _unneeded(at, row, by, _given):
    return people.unneeded(at, row, by)


def _note(at, row, by, given):
    return records.write(at, row, by, text(given, "text", NOTE_MOST, lines=True))


def _check(at, row, by, given):
    return records.check(at, row, by, number(given, "item", 1, 2**31 - 1), number(given, "done", 0, 1))


def _until(given):
    return None if given.get("due_ms") is None else number(given, "due_ms", 0, _TIME_MOST)


def _to_do(at, row, by, given):
    return records.add(at, row, by, text(given, "text", ITEM_MOST), _until(given))


def _due(at, row, by, given):
    return records.due(at, row, by, number(given, "item", 1, 2**31 - 1), _until(given))


def _owner(at, row, by, given):
    return records.own(at, row, by, text(given, "who", NAME_MOST) if given.get("who") else "")


def _follow(at, row, by, given):
    return records.follow(at, row, by, number(given, "done", 0, 1))


def _outcome(at, row, by, given):
    return records.judge(at, row, by, choice(given, "outcome", people.OUTCOMES))


def _visit(at, badge, by, given):
    colour = _COLOUR_NUMBERS[choice(given, "colour", _COLOUR_NUMBERS)]
    if rules.refuses(at, badge, colour):
        raise Wrong("red_alone")
    visits.start(at, badge, colour, number(given, "minutes", 0, visits.MINUTES_MOST, 0), by,
                 text(given, "place", PLACE_MOST) if given.get("place") else None)
    return True


def _prolong(at, badge, by, given):
    return visits.prolong(at, badge, number(given, "minutes", 1, visits.MINUTES_MOST), by)


def _end(at, badge, by, _given):
    return visits.end(at, badge, by)


def _pause(at, badge, by, given):
    duty.pause(at, badge, number(given, "minutes", 1, duty.PAUSE_MINUTES_MOST), by)
    return True


def _resume(at, badge, by, _given):
    duty.pause(at, badge, 0, by)
    return True


def _off(at, badge, by, _given):
    visits.end(at, badge, by)
    duty.off(at, badge, 1, by)
    return True


def _on(at, badge, by, _given):
    duty.off(at, badge, 0, by)
    return True


def _practice(at, badge, by, given):
    duty.practice(at, badge, number(given, "minutes", 0, duty.PRACTICE_MINUTES_MOST), by)
    return True


def _test(at, badge, by, _given):
    duty.test(at, badge, by)
    return True


def _name(at, badge, given):
    """Return the name that was given, as it is kept. Raises Wrong if another badge of the house has it."""
    name = " ".join(unicodedata.normalize("NFC", text(given, "name", NAME_MOST)).split())
    if lending.taken(at, badge, name):
        raise Wrong("name_used", name=name)
    return name


def _rename(at, badge, by, given):
    return lending.rename(at, badge, _name(at, badge, given), by, bool(number(given, "same", 0, 1, 0)))


def _group(at, badge, by, given):
    team = text(given, "group", GROUP_MOST)
    if team in ("own", "all"):  # plans use these
        raise Wrong("group_name", name=team)
    return lending.regroup(at, badge, team, by)


def _lend(at, badge, by, given):
    until_ms = number(given, "until_ms", 0, _TIME_MOST)
    return lending.lend(at, badge, _name(at, badge, given), until_ms, by)


def _back(at, badge, by, _given):
    return lending.give_back(at, badge, by)


def _replace(at, badge, by, given):
    return lending.replace(at, badge, at.badges.one("device", number(given, "with", 1, 65_533)), by)


def _introduced(at, badge, by, given):
    duty.note(at, badge.pairing, "introduced", by, f"{badge.name}: {text(given, 'text', ITEM_MOST)}")
    return True


def _rekey(at, badge, by, _given):
    done = keys.renew(at, badge)
    if done:
        duty.note(at, badge.pairing, "new_keys", by)
    return done


def _revoke(at, badge, by, _given):
    return keys.revoke(at, badge, by)


def _update(at, badge, by, given):
    return updates.add(at, badge, number(given, "version", 1, 0xFFF), number(given, "at_work", 0, 1, 0), by)


def _keep(at, badge, _by, _given):
    return updates.stop(at, badge)


ON_ALARMS = {"take": _take, "close": _close, "arrived": _arrived, "withdraw": _withdraw, "unneeded": _unneeded,
             "note": _note, "check": _check, "outcome": _outcome, "to_do": _to_do, "due": _due, "owner": _owner,
             "follow": _follow}
ON_BADGES = {"visit": _visit, "prolong": _prolong, "end": _end, "pause": _pause, "resume": _resume, "off": _off,
             "on": _on, "practice": _practice, "test": _test, "rekey": _rekey, "revoke": _revoke, "rename": _rename,
             "group": _group, "lend": _lend, "back": _back, "replace": _replace, "introduced": _introduced,
             "update": _update, "keep": _keep}


def act(at, verb, number, given):
    """Do `verb` to the alarm with row `number`, or to the badge `number`; return whether it could be done.

    given: what json.loads gave, {"by": who does it, ...}. Raises Wrong.
    """
    if not isinstance(given, dict):
        raise Wrong("json")
    by = text(given, "by", NAME_MOST)
    if verb in ON_ALARMS:
        row = people.get(at, number)
        return row is not None and ON_ALARMS[verb](at, row, by, given)
    badge = at.badges.one("device", number)
    if badge is not None and badge.revoked_ms is not None:
        return False
    return badge is not None and ON_BADGES[verb](at, badge, by, given)


def can_wish(what, value):
    """Return whether a wearer can wish for `what` (an ORDER_ word) with `value`."""
    return what in _WISHES and (what != codes.ORDER_OFF or value <= 1)


def wish(at, badge, what, value):
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
    elif what == codes.ORDER_OFF:
        if value:
            visits.end(at, badge, by)
        duty.off(at, badge, value, by)
    elif what == codes.ORDER_PRACTICE:
        duty.practice(at, badge, value, by)
    else:
        duty.test(at, badge, by)
    return True
