"""How does a record look on paper? Every text from elsewhere is escaped."""

import re
from collections.abc import Sequence
from datetime import tzinfo
from html import escape
from typing import Any

from tools.gateway.enumerations import OUTCOMES
from tools.gateway.groups import HOUSE
from tools.gateway.pages import follow_up
from tools.gateway.pages.sheet import head, item, kind_name, person, table, when
from tools.gateway.pages.words import WORDS
from tools.gateway.places import wording

_FRAME = re.compile(r"(\w+) (\w+), revision (\d+), (\d+) s old")  # as tools/gateway/alarms.py notes it


def record(record: dict[str, Any], lang: str, zone: tzinfo | None = None, now_ms: int = 0) -> str:
    """Return the page of a record (tools.gateway.records.read): printable, with notes and follow-up to write in.

    Three layers: a story in sentences; what was written and what is left to do; all events, also as CSV. now_ms: what
    was to be done before is overdue.
    """
    words = WORDS[lang]
    kind = words[f"kind_{record['kind']}"] + (f" · {words['practice']}" if record["practice"] else "")
    page = head(lang, f"{words['alarm']} {record['id']}: {record['name']}, {kind}", zone)
    colour = "no_visit" if record["colour_name"] == "none" else record["colour_name"]
    facts = [
        (words["since"], when(record["since_ms"], zone)), (words["group"], _team(record["team"], words)),
        (words["colour"], words[colour]), (words["step_2"], person(record["taken_by"] or "", words)),
        (words["step_4"], when(record["closed_ms"], zone)),
        (words["outcome"], words.get(record["outcome"], record["outcome"])),
    ]
    page += follow_up.story(record, words, lang, zone)
    page += table(facts) + _places(record["id"], record["sightings"], words, lang, zone, record["planned"])
    page += follow_up.section(record, words, zone, now_ms)
    page += f"<h2>{escape(words['notes'])}</h2>"
    page += table([(when(note["at_ms"], zone), note["who"], note["text"]) for note in record["notes"]])
    lines: list[Sequence[str]] = []
    day = ""
    for line in record["events"]:
        at, *rest = _line(line, words, zone)
        if at[:10] != day:
            day = at[:10]
            lines.append((day, "", "", ""))
        lines.append((at[11:], *rest))
    page += f"<h2>{escape(words['line'])}</h2><details><summary>{escape(words['all_events'])}</summary>"
    page += table(lines, [words[key] for key in ("at", "step", "person", "detail")]) + "</details>"
    page += f'<p><a href="/record/{record["id"]}.csv">{escape(words["as_csv"])}</a></p>'
    return page + _desk(record, lang)


def _places(alarm: int, rows: Sequence[dict[str, Any]], words: dict[str, str], lang: str, zone: tzinfo | None,
            drawn: bool) -> str:
    """Return where the badge was, each place with the time when it was seen there last; nothing where nobody knows."""
    found = [(row, wording.read(row["finding"])) for row in rows]
    lines = [(when(row["at_ms"], zone), wording.say(one, lang), words.get(f"where_{row['source']}", row["source"]),
              one.directions) for row, one in found]
    if not lines:
        return ""
    plan = f'<p><img class="floor" src="/where/{alarm}.svg?lang={lang}" alt="{escape(lines[-1][1])}"></p>'
    heads = [words["at"], words["where"], words["detail"], ""]
    return f"<h2>{escape(words['where'])}</h2>" + table(lines, heads) + (plan if drawn else "")


def _team(name: str, words: dict[str, str]) -> str:
    return words["team_house"] if name == HOUSE else name


def _line(line: dict[str, Any], words: dict[str, str], zone: tzinfo | None) -> tuple[str, ...]:
    """Return the cells of one event of the time line."""
    who, detail = line["who"], line["detail"]
    if line["step"] in ("received", "pre_alarm", "cancelled"):
        who, _, kind = who.rpartition(": ")
        detail = kind_name(kind, words)
    elif line["step"] == "frame":
        if found := _FRAME.fullmatch(detail):  # else a bit has flipped in it, and it stands as it is
            kind, told, revision, age = found.groups()
            said = {"kind": kind_name(kind, words), "told": words.get(f"ev_{told}", told)}
            detail = words["frame_says"].format(revision=revision, age=age, **said)
    elif line["step"] in ("sent_to_badge", "arrived_at_badge"):
        what, _, tries = detail.removesuffix(" sent").partition(", ")
        detail = words.get(f"down_{what}", what)
        detail += f", {words['sends'].format(tries=tries)}" if tries not in ("", "1") else ""
    elif line["step"] == "withdrew" and detail.startswith("says "):  # as tools/gateway/people.py notes it
        detail = f"{words['said_by']} {person(detail.removeprefix('says '), words)}"
    elif line["step"] in ("checked", "unchecked", "to_do", "due"):
        detail = item(detail, words)
    elif line["step"] in ("called", "called_again"):
        detail = ""  # the revision, by which the gateway knows whom it has called before
    elif line["step"].startswith("plan_"):
        detail = words.get(f"said_{detail}", detail)
    elif line["step"] in ("closed", "judged"):
        detail = words.get(detail, detail)
    else:
        detail = kind_name(detail, words)
    return when(line["at_ms"], zone), words.get(f"ev_{line['step']}", line["step"]), person(who, words), detail


def _desk(record: dict[str, Any], lang: str) -> str:
    """Return what is for the screen only: a name, a note, what it was."""
    words = {key: escape(word) for key, word in WORDS[lang].items()}
    options = "".join(
        f'<option value="{escape(each)}"{" selected" if each == record["outcome"] else ""}>{words[each]}</option>'
        for each in OUTCOMES
    )
    judged = f'<p><label>{words["outcome"]} <select id="outcome">{options}</select></label></p>'
    return (
        f'<section id="desk" data-alarm="{record["id"]}" aria-label="{words["write_note"]}">'
        '<p id="refused" role="alert" hidden></p><p id="done" role="status"></p>'
        f'<p><button id="me">{words["who_are_you"]}</button></p>'
        f'{judged if record["closed_ms"] else ""}'
        f'<p><textarea id="note" maxlength="700" rows="4" aria-label="{words["write_note"]}"></textarea></p>'
        f'<p><button id="save">{words["save"]}</button> <button id="print">{words["print"]}</button></p>'
        f'</section></main><script src="/words.js?lang={lang}"></script><script src="/door.js"></script>'
        '<script src="/record.js"></script></body></html>\n'
    )
