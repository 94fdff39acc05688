"""How is an alarm told in sentences, and what does its record offer to the days after? Parts of the record's page."""

from collections.abc import Mapping
from datetime import tzinfo
from html import escape
from typing import Any

from tools.gateway.pages.sheet import Words, day, item, kind_name, person, when
from tools.gateway.places import wording

_LATE_S = 10  # a call that took longer to be heard was unheard for the wearer
Record = Mapping[str, Any]


def _after(from_ms: int, to_ms: int, words: Words) -> str:
    seconds = max(0, to_ms - from_ms) // 1000
    return words["after_s"].format(n=seconds) if seconds < 120 else words["after_min"].format(n=seconds // 60)


def sentences(record: Record, words: Words, lang: str, zone: tzinfo | None = None) -> list[str]:
    """Return what happened, a sentence each, in order of time; whom one round has called stand in one."""
    told: list[str] = []
    called = ""
    began_ms = record["received_ms"] or record["since_ms"]
    for line in record["events"]:
        step, who, detail = line["step"], line["who"], line["detail"]
        if f"story_{step}" not in words:
            continue
        said = {"at": when(line["at_ms"], zone)[11:], "after": _after(began_ms, line["at_ms"], words), "kind": "",
                "outcome": words.get(detail, detail)}
        if step in ("received", "pre_alarm", "cancelled"):
            who, _, kind = who.rpartition(": ")
            said["kind"] = kind_name(kind, words)
        if step == "called" and told and called:
            told[-1] = f"{called}, {who}."
        else:
            told.append(words[f"story_{step}"].format(who=person(who, words), **said))
        called = told[-1].removesuffix(".") if step == "called" else ""
        if step == "received" and line["at_ms"] == record["received_ms"]:
            late_ms = record["received_ms"] - record["since_ms"]
            if late_ms > _LATE_S * 1000:
                told.append(words["story_late"].format(after=_after(0, late_ms, words)))
    for row in record["sightings"][-1:]:
        told.append(words["story_place"].format(place=wording.say(wording.read(row["finding"]), lang)))
    return told


def story(record: Record, words: Words, lang: str, zone: tzinfo | None = None) -> str:
    """Return the record's first layer."""
    said = "".join(f"<li>{escape(each)}</li>" for each in sentences(record, words, lang, zone))
    return f'<h2>{escape(words["story"])}</h2><ul class="story">{said}</ul>'


def section(record: Record, raw: Words, zone: tzinfo | None = None, now_ms: int = 0) -> str:
    """Return the record's list of what is to be done: ticks, days, owner; "" for practice, which leaves nothing.

    now_ms: what was due before is overdue.
    """
    if record["practice"]:
        return ""
    words = {key: escape(word) for key, word in raw.items()}
    items = "".join(_item(check, raw, zone, now_ms) for check in record["checks"])
    found = f'<h2>{words["checks"]}</h2><ul class="checks">{items}</ul>'
    if record["closed_ms"] is None:
        return found + f'<p>{words["no_checks"]}</p>'
    owner = escape(record["owner"] or raw["no_owner"])
    found += f'<p>{words["owner"]}: <strong>{owner}</strong></p>'
    if record["followed_ms"]:
        by = escape(person(record["followed_by"] or "", raw))
        found += f'<p><strong>{words["followed_at"]}: {when(record["followed_ms"], zone)} {by}</strong></p>'
    verb, done = ("unfollow", 0) if record["followed_ms"] else ("followed", 1)
    return found + (
        f'<div class="screen"><p><label>{words["owner"]} <input id="owner" maxlength="40" '
        f'value="{escape(record["owner"] or "")}"></label> <button id="set_owner">{words["set_owner"]}</button></p>'
        f'<p><label>{words["to_do"]} <input id="to_do" maxlength="200"></label> '
        f'<label>{words["due_by"]} <input id="to_do_due" type="date"></label> '
        f'<button id="add_to_do">{words["add"]}</button></p>'
        f'<p><button id="follow" data-done="{done}">{words[verb]}</button></p></div>')


def _item(check: Record, words: Words, zone: tzinfo | None, now_ms: int) -> str:
    text = escape(item(check["item"], words))
    done, late = check["done_ms"], check["due_ms"] and check["due_ms"] < now_ms
    said = f" · {escape(check['done_by'])}, {when(done, zone)}" if done else ""
    if not done and check["due_ms"]:
        said = f" · {escape(words['due_by'])} {day(check['due_ms'] - 1, zone)}"  # a day is due until its end
        said += f" <strong>{escape(words['overdue'])}</strong>" if late else ""
    name = escape(f"{words['set_due']}: {item(check['item'], words)}")
    date = "" if done else (f'<input class="screen" type="date" data-due="{check["id"]}" aria-label="{name}" '
                            f'value="{day(check["due_ms"] and check["due_ms"] - 1, zone)}">')
    box = f'<input type="checkbox" data-item="{check["id"]}"{" checked" if done else ""}>'
    return f"<li><label>{box} {text}{said}</label> {date}</li>"
