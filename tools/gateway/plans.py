"""Who is called, in what order, after how long? The house's plan: data that a manager edits, checked before it is used.

One JSON object. `plans` are tried in order; the first that fits an alarm's group, badge, kind and visit colour is its
plan, and the last must fit everything, so that no alarm is without one. A step waits `after_s` since the step before
it, and does one thing:

    {"do": "badges", "after_s": 0, "group": "own", "who": "ready"}    group: own, all, or a name; who: ready, or any
    {"do": "notify", "after_s": 30, "to": ["ntfys://ntfy.example/kald"]}       addresses in Apprise's form
        with "place": "da", or "en", it tells where the wearer is, too, in that language; without it no place is told
    with "lang": "da", or "en", it speaks another language than the house
    {"do": "siren", "after_s": 60, "topic": "kald/siren"}                      MQTT, retained: {"on": true, ...}
    {"do": "webhook", "after_s": 0, "url": "https://user:word@house.example/kald"}   a POST of JSON; %40 for an @

After the last step comes the first again, `again_s` later, until somebody takes the alarm. `agreement` is shown with
it: what the house has agreed beforehand. An item of the `checklist` is a text, or {"item": text, "within_h": hours}:
how long after the alarm was closed it is due. These may be left out: `rules`
(tools/gateway/rules.py), `address`, at which people reach the board, for links, and `lang`, the house's language.
"""

import copy
import json
import logging
import unicodedata
from collections.abc import Collection, Iterable, Set
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, insert, select

from tools.gateway.columns import typed
from tools.gateway.core.rows import Plan
from tools.gateway.enumerations import COLOURS, KINDS
from tools.gateway.pages import plan_words
from tools.gateway.places.wording import LANGUAGES
from tools.gateway.tables import SETTINGS

_log = logging.getLogger(__name__)
ARRIVE_S = 180  # taken, but neither arrived nor closed

Where = tuple[Any, ...]  # key of a place, and what belongs into it, which may be a place in turn
_CALLS: list[Plan] = [
    {"do": "badges", "after_s": 0, "group": "own", "who": "ready"},
    {"do": "badges", "after_s": 30, "group": "all", "who": "any"},
    {"do": "notify", "after_s": 30, "to": []},
]
DEFAULT: Plan = {
    "check_in_s": {"green": 1800, "yellow": 900, "red": 300},
    "again_s": 120,
    "plans": [
        {"name": "assist", "kinds": ["assist"], "agreement": "", "steps": _CALLS},
        {"name": "everything else", "agreement": "", "steps": [*_CALLS, {"do": "siren", "after_s": 60, "topic": ""}]},
    ],
    "checklist": [
        {"item": "Talked with the wearer on the same day", "within_h": 24},
        {"item": "Not alone on the first day back", "within_h": 24},
        {"item": "Help or sick leave offered", "within_h": 24},
        {"item": "Reported: to the police, and in EASY if somebody was hurt", "within_h": 72},
        {"item": "Registered as an incident", "within_h": 72},
        {"item": "Working environment representative told", "within_h": 72},
        {"item": "Colleagues told", "within_h": 72},
        {"item": "Gone through with those who were there", "within_h": 168},
        {"item": "Risk assessment and visit colour looked at again", "within_h": 168},
        {"item": "Talked again within a week", "within_h": 168},
    ],
}
ITEMS = tuple(item["item"] for item in DEFAULT["checklist"])
NAMES = tuple(part["name"] for part in DEFAULT["plans"])
_WANTED = {"badges": {"group", "who"}, "notify": {"to"}, "siren": {"topic"}, "webhook": {"url"}}
_FITS = {"groups", "badges", "kinds", "colours"}  # what a part may be for
_MAY_SAY: dict[str, tuple[str, ...]] = {"notify": ("place", "lang"), "webhook": ("lang",)}
DEVICE_MOST = 65_533  # sixteen bits on the wire, of which two numbers are kept back
_PLANS_MOST, _STEPS_MOST, _LIST_MOST, _NAME_MOST, _TEXT_MOST = 50, 12, 30, 60, 1000


class Wrong(ValueError):
    """Where a plan is not right: a sentence of tools/gateway/pages/plan_words.py. str() says it in English.

    where, and what of `more` is a tuple: (key of a place, what belongs into it, which may be a place in turn).
    """

    def __init__(self, key: str, where: Where = (), **more: object):
        super().__init__(key, where, more)
        self.key, self.where, self.more = key, where, more

    def said(self, lang: str) -> str:
        """Return the sentence in `lang`."""
        return plan_words.say(lang, self.key, self.where, self.more)

    def __str__(self) -> str:
        return self.said("en")


def check(plan: Any) -> Plan:
    """Return `plan`, what json.loads gave, if it is right. Raises Wrong."""
    _keys(("plan",), plan, {"check_in_s", "again_s", "plans", "checklist"}, ("rules", "address", "lang"))
    _rules(plan.get("rules", {}))
    _text(("house_address",), plan.get("address", ""), 0, 200)
    if plan.get("address") and not (_right_url(plan["address"]) and not set(plan["address"]) & set("?# ")):
        raise Wrong("house_address")
    _lang(("plan",), plan)
    _keys(("check_in_s",), plan["check_in_s"], {"green", "yellow", "red"}, ())
    for colour, seconds in plan["check_in_s"].items():
        _number(("check_in_of", colour), seconds, 120, 7200)  # a badge believes no shorter one
    _number(("again_s",), plan["again_s"], 30, 3600)
    for item in _list(("checklist",), plan["checklist"]):
        if isinstance(item, dict):
            _keys(("item",), item, {"item", "within_h"}, ())
            _number(("within_h",), item["within_h"], 1, 8760)
            item = item["item"]
        _text(("item",), item, 1, 200)
    each = _list(("plans",), plan["plans"], 1, _PLANS_MOST)
    for number, part in enumerate(each, 1):
        _part(("part", number), part)
    if set(each[-1]) & _FITS:
        raise Wrong("last")
    return plan


def _rules(rules: Any) -> None:
    _keys(("rules",), rules, set(), ("red_not_alone", "within_call", "closed_s"))
    if not isinstance(rules.get("red_not_alone", False), bool):
        raise Wrong("yes_or_no", ("red_not_alone",))
    if "within_call" in rules:
        _keys(("within_call",), rules["within_call"], {"to"}, ())
        _addresses(("within_call",), rules["within_call"]["to"])
    _number(("closed_s",), rules.get("closed_s", 60), 60, 7200)


def _addresses(where: Where, addresses: Any) -> None:
    for address in _list(("to", where), addresses):
        _text(("address", where), address, 1, 500)
        if "://" not in address:
            raise Wrong("no_scheme", where)


def _part(where: Where, part: Any) -> None:
    _keys(where, part, {"name", "steps"}, {*_FITS, "agreement"})
    _text(("name", where), part["name"], 1, _NAME_MOST)
    _text(("agreement", where), part.get("agreement", ""), 0, _TEXT_MOST, lines=True)
    for group in _list(("groups", where), part.get("groups", [])):
        _text(("a_group", where), group, 1, _NAME_MOST)
    for device in _list(("badges", where), part.get("badges", [])):
        _number(("a_badge", where), device, 1, DEVICE_MOST)
    _known(("kinds", where), part.get("kinds", []), KINDS.values())
    _known(("colours", where), part.get("colours", []), COLOURS.values())
    for number, step in enumerate(_list(("steps", where), part["steps"], 1, _STEPS_MOST), 1):
        _step(("step", number, where), step)


def _step(where: Where, step: Any) -> None:
    if not isinstance(step, dict) or step.get("do") not in tuple(_WANTED):
        raise Wrong("do", where)
    does = step["do"]
    _keys(where, step, {"do", "after_s"} | _WANTED[does], _MAY_SAY.get(does, ()))
    _lang(where, step)
    _number(("after_s", where), step["after_s"], 0, 600)
    if does == "badges":
        _text(("group", where), step["group"], 1, _NAME_MOST)
        if step["who"] not in ("ready", "any"):
            raise Wrong("who", where)
    elif does == "notify":
        _addresses(where, step["to"])
        if step.get("place", "da") not in LANGUAGES:
            raise Wrong("place", where, known=", ".join(LANGUAGES))
    elif does == "webhook":
        _text(("url", where), step["url"], 0, 500)
        if step["url"] and not _right_url(step["url"]):
            raise Wrong("url", where)
    else:
        _text(("topic", where), step["topic"], 0, 200)
        if set(step["topic"]) & set("+#"):
            raise Wrong("topic", where)


def _lang(where: Where, given: Plan) -> None:
    if given.get("lang", "da") not in LANGUAGES:
        raise Wrong("lang", where, known=", ".join(LANGUAGES))


def _right_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _keys(where: Where, given: Any, wanted: Set[str], allowed: Iterable[str]) -> None:
    if not isinstance(given, dict):
        raise Wrong("object", where)
    missing, unknown = sorted(wanted - set(given)), sorted(set(given) - wanted - set(allowed))
    if missing:
        raise Wrong("missing", where, keys=", ".join(missing))
    if unknown:
        raise Wrong("unknown", where, keys=", ".join(repr(key[:_NAME_MOST]) for key in unknown))


def _list(where: Where, given: Any, least: int = 0, most: int = _LIST_MOST) -> list[Any]:
    if not isinstance(given, list) or not least <= len(given) <= most:
        raise Wrong("list", where, least=least, most=most)
    return given


def _known(where: Where, given: Any, known: Collection[str]) -> None:
    for word in _list(where, given):
        if word not in list(known):
            raise Wrong("known", where, known=", ".join(known))


def _number(where: Where, given: Any, least: int, most: int) -> None:
    if not isinstance(given, int) or isinstance(given, bool) or not least <= given <= most:
        raise Wrong("number", where, least=least, most=most)


def _text(where: Where, given: Any, least: int, most: int, lines: bool = False) -> None:
    if not isinstance(given, str) or not least <= len(given) <= most:
        raise Wrong("text", where, least=least, most=most)
    if not typed(given.replace("\n", "") if lines else given).isprintable():
        raise Wrong("signs", where)


def read(text: str) -> Plan:
    """Return the plan that `text` holds, checked. Raises Wrong for any text that holds none."""
    try:
        given = json.loads(text, object_pairs_hook=_once)
    except RecursionError as error:
        raise Wrong("deep") from error
    except Wrong:
        raise
    except json.JSONDecodeError as error:
        raise Wrong("no_json", why=error.msg, line=error.lineno) from error
    except ValueError as error:  # a number of thousands of digits
        raise Wrong("huge") from error
    return check(given)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:  # the first would be forgotten without a word
            raise Wrong("twice", name=name)
    return dict(pairs)


def house(db: Connection) -> Plan:
    """Return the plan in force, the caller's own to change."""
    return kept(db.execute(select(SETTINGS.c.value).where(SETTINGS.c.key == "plan")).scalar())


def kept(text: str | None) -> Plan:
    """Return the plan that stands in `text`; DEFAULT for None, and for what cannot be read: somebody must be called."""
    if not text:
        return copy.deepcopy(DEFAULT)
    try:
        plan = json.loads(text)
        seconds = [plan["again_s"], *(plan["check_in_s"][colour] for colour in DEFAULT["check_in_s"])]
        if all(map(_works, plan["plans"])) and not {*plan["plans"][-1]} & _FITS and {int} == {*map(type, seconds)}:
            return {**plan, "checklist": [item for item in plan["checklist"] if _to_do(item)]}
    except (ValueError, TypeError, LookupError, AttributeError):  # a bit has flipped on the disk
        pass
    _log.error("the house's plan cannot be read: the one that comes with Kald is in force until it is set again")
    return copy.deepcopy(DEFAULT)


def begun(text: str) -> Plan | None:
    """Return the part of a plan that an alarm began with, None if that cannot be carried out any more."""
    try:
        part = json.loads(text)
        return part if _works(part) and type(part["again_s"]) is int else None
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def _works(part: Any) -> bool:
    """Return whether the steps of a part can be carried out, whatever else may be wrong with it."""
    return bool(part["steps"]) and all(
        type(step["after_s"]) is int and _WANTED[step["do"]] <= step.keys() for step in part["steps"])


def targets(step: Plan) -> list[str]:
    """Return what a step is to reach outside the house: addresses, a topic, a URL; none where nobody has set it up."""
    found = step.get("to") or [step.get("topic") or step.get("url")]
    return [str(one) for one in found if one]


def _to_do(item: Any) -> bool:
    return isinstance(item, str) or item.keys() >= {"item", "within_h"}


def put(db: Connection, plan: Plan) -> None:
    """Put a checked plan in force; alarms that are open keep the one they began with."""
    db.execute(delete(SETTINGS).where(SETTINGS.c.key == "plan"))
    db.execute(insert(SETTINGS).values(key="plan", value=json.dumps(check(plan), ensure_ascii=False)))


def left_to_do(plan: Plan, now_ms: int) -> list[tuple[str, int | None]]:
    """Return [(text, when it is due or None)] of what is to be done after an alarm that was closed at `now_ms`."""
    return [(item["item"], now_ms + item["within_h"] * 3_600_000) if isinstance(item, dict) else (item, None)
            for item in plan["checklist"]]


def group_key(name: str) -> str:
    """Return what two spellings of one group share: a plan that names it as people write it means that one."""
    key = " ".join(unicodedata.normalize("NFC", name).split()).casefold()
    return "house" if key == "huset" else key  # as Danish pages call the group in which every badge begins


def choose(plan: Plan, group: str, device: int, kind: int, colour: int) -> Plan:
    """Return the part of `plan` for an alarm: {"name", "agreement", "steps", "again_s"}, "closed_s" if it is set."""
    for part in plan["plans"]:
        said = (("badges", device), ("kinds", KINDS.get(kind)), ("colours", COLOURS.get(colour)))
        mine = not part.get("groups") or group_key(group) in [group_key(str(one)) for one in part["groups"]]
        if mine and all(value in part[key] for key, value in said if part.get(key)):
            chosen = {"name": part.get("name", ""), "agreement": part.get("agreement", ""), "steps": part["steps"]}
            closed_s = plan.get("rules", {}).get("closed_s")
            return {**chosen, "again_s": plan["again_s"], **({"closed_s": closed_s} if closed_s else {})}
    raise AssertionError("the last plan fits everything: check() saw to it")
