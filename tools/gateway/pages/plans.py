"""How does the page of the plans look: who is called when, as a picture, and the form in which all of it is edited?

The picture is made here, of the plan in force; the form is made by plans.js, of the same plan as JSON.
"""

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from html import escape
from typing import Any

from tools.gateway.house_events import Line
from tools.gateway.pages.sheet import SAID, Words, foot, head, plan_name, table, when
from tools.gateway.pages.words import WORDS
from tools.gateway.plans import COLOURS, KINDS

_NAMES_MOST, _LETTERS = 4, 20  # and so many letters in the picture, beyond whose edge nobody reads
_LEFT, _WIDE, _SPAN, _ROW, _TOP = 12, 560, 130, 34, 8  # of the picture, px; _SPAN: from first to last


def page(plan: Mapping[str, Any], teams: Mapping[str, list[str]], changes: Iterable[Line], lang: str,
         zone: tzinfo | None = None) -> str:
    """Return the page. teams: {group: names of its badges}."""
    words = WORDS[lang]
    found = head(lang, words["plans"]) + f"<p>{escape(words['plans_hint'])}</p>"
    found += f"<h2>{escape(words['plan_picture'])}</h2>"
    for part in plan["plans"]:
        found += f"<h3>{escape(plan_name(part['name'], words))}</h3>{picture(part, plan['again_s'], teams, words)}"
    kinds = "".join(f'<option value="{name}">{escape(words[f"kind_{number}"])}</option>'
                    for number, name in KINDS.items())
    colours = "".join(f'<option value="{name}">{escape(words["no_visit" if name == "none" else name])}</option>'
                      for name in COLOURS.values())
    found += (f'<h2>{escape(words["plan_edit"])}</h2><form id="plan" hidden></form>'
              f'<select id="kinds" hidden>{kinds}</select><select id="colours" hidden>{colours}</select>'
              f'<p><button id="me">{escape(words["who_are_you"])}</button></p>{SAID}')
    found += (f'<p><label>{escape(words["zone"])} <input id="zone" maxlength="60" value="{escape(str(zone or ""))}">'
              f'</label> <button id="set_zone">{escape(words["set_zone"])}</button></p>')
    lines = [(when(line.at_ms, zone), line.who, ", ".join(plan_name(one, words) for one in line.detail.split(", ")))
             for line in changes]
    return found + table(lines) + foot(lang, "plans.js")


def says(step: Mapping[str, Any], teams: Mapping[str, list[str]], words: Words, letters: int = 10_000) -> str:
    """Return what a step does, in words, with the names of those whom it calls. No address stands there.

    letters: so long the names may be together; of the others their count is told.
    """
    if step["do"] != "badges":
        there = step.get("to") or step.get("topic") or step.get("url")
        count = f" ({len(step['to'])})" if step.get("to") else ""
        return words[f"does_{step['do']}"] + (count if there else f": {words['state_unset'].upper()}")
    who, group = words[f"plan_{step['who']}"], step["group"]
    if group == "own":
        return words["plan_calls"].format(group=words["plan_own"], who=who)
    names = [name for team in teams.values() for name in team] if group == "all" else teams.get(group, [])
    fit = next((n for n in range(min(len(names), _NAMES_MOST), 0, -1) if len(", ".join(names[:n])) <= letters), 0)
    shown = ", ".join([*names[:fit], *([f"+ {len(names) - fit}"] if len(names) > fit else [])])
    said = words["plan_calls"].format(group=words["plan_all"] if group == "all" else group, who=who)
    return f"{said} ({shown or words['plan_nobody']})"


def picture(part: Mapping[str, Any], again_s: int, teams: Mapping[str, list[str]], words: Words) -> str:
    """Return a picture of one plan: a row a step, further right the later it comes; read aloud it is a list."""
    times, at_s = [], 0
    for step in part["steps"]:
        at_s += step["after_s"]
        times.append(at_s)
    told = [f"{words['plan_seconds'].format(n=at)}: {says(step, teams, words)}"
            for at, step in zip(times, part["steps"])]
    told.append(words["plan_then"].format(n=again_s))
    span = max(times[-1] + again_s, 1)
    rows = ""
    drawn = [f"{words['plan_seconds'].format(n=at)}: {says(step, teams, words, _LETTERS)}"
             for at, step in zip(times, part["steps"])] + told[-1:]
    for row, (at, said) in enumerate(zip([*times, times[-1] + again_s], drawn)):
        x, y = _LEFT + at * _SPAN / span, _TOP + row * _ROW
        rows += (f'<line x1="{_LEFT}" y1="{y + 16}" x2="{x:.0f}" y2="{y + 16}"/><circle cx="{x:.0f}" cy="{y + 16}" '
                 f'r="7"/><text x="{x + 14:.0f}" y="{y + 21}">{escape(said)}</text>')
    high = _TOP * 2 + (len(times) + 1) * _ROW
    return (f'<svg class="plan" viewBox="0 0 {_WIDE} {high}" role="img" aria-label="{escape("; ".join(told))}">'
            f'<line x1="{_LEFT}" y1="{_TOP}" x2="{_LEFT}" y2="{high - _TOP}"/>{rows}</svg>')
