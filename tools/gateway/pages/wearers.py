"""How does the page of badges and their wearers look? Who has not practised; and for each badge what can be done to it.

Each form is an act of tools/gateway/acts.py, named by data-verb; wearers.js carries it through the door.
"""

from collections.abc import Sequence
from datetime import tzinfo
from html import escape

from tools.gateway.groups import HOUSE
from tools.gateway.overview import fits
from tools.gateway.pages.sheet import SAID, Words, day, foot, head, kind_name, table, when
from tools.gateway.pages.words import WORDS
from tools.gateway.wearers import Wearer

SHOWN_MOST = 100  # badges that can be changed on one page; a search finds the others


def page(wearers: Sequence[Wearer], lang: str, zone: tzinfo | None = None, find: str = "") -> str:
    """Return the page. find: only badges in whose name, group or number this is can be changed on it."""
    words = WORDS[lang]
    found = head(lang, words["wearers"], zone) + f"<h2>{escape(words['who_has_not'])}</h2>"
    for key, missing in (("not_practised", [one for one in wearers if not one.practised]),
                         ("not_introduced", [one for one in wearers if one.introduced is None])):
        names = ", ".join(one.name for one in missing) or words["nobody"]
        found += f"<p>{escape(words[key])} <strong>{escape(names)}</strong></p>"
    found += table([(one.name, _introduced(one, zone), _practised(one, words, zone)) for one in wearers],
                   [words["wearer"], words["introduced"], words["practised_kinds"]])
    shown = [one for one in wearers if fits(one, find)]
    spares = "".join(f'<option value="{one.device}">{escape(one.name)}</option>' for one in wearers[:SHOWN_MOST])
    groups = "".join(f'<option value="{escape(team)}">' for team in sorted({one.team for one in wearers}))
    found += (f'<p><button id="me">{escape(words["who_are_you"])}</button></p>{SAID}<h2>{escape(words["badges"])}</h2>'
              f'<datalist id="teams">{groups}</datalist><datalist id="spares">{spares}</datalist>'
              f'<p><label>{escape(words["find"])} <input id="find" type="search" maxlength="40" autocomplete="off" '
              f'value="{escape(find)}"></label></p>')
    found += "".join(_badge(one, words, zone) for one in shown[:SHOWN_MOST])
    if not shown or len(shown) > SHOWN_MOST:
        left = words["wearers_left"].format(n=len(shown) - SHOWN_MOST)
        found += f"<p>{escape(left if shown else words['found_none'])}</p>"
    return found + foot(lang, "wearers.js")


def _introduced(one: Wearer, zone: tzinfo | None) -> str:
    if one.introduced is None:
        return "–"
    return f"{day(one.introduced.at_ms, zone)}, {one.introduced.who}: {one.introduced.text}"


def _practised(one: Wearer, words: Words, zone: tzinfo | None) -> str:
    kinds = sorted(one.practised.items())
    return "\n".join(f"{kind_name(kind, words)} {day(at_ms, zone)}" for kind, at_ms in kinds) or "–"


def _badge(one: Wearer, words: Words, zone: tzinfo | None) -> str:
    said = {key: escape(word) for key, word in words.items()}
    team = words["team_house"] if one.team == HOUSE else one.team
    state = [words["number"].format(n=one.device), team, words[f"mode_{one.mode or 'null'}"]]
    if one.own_name:
        state.append(words["lent_until"].format(until=when(one.lent_until_ms, zone), own=one.own_name))
    if one.visit:
        state.append(f"{words['visit']}: {words[one.visit]}")

    def form(verb: str, button: str, fields: str = "", sure: str = "") -> str:
        asked = f' data-sure="{said[sure]}"' if sure else ""
        name = f"{said[button]}: {escape(one.name)}"
        return (f'<form data-verb="{verb}" data-number="{one.device}"{asked}>{fields}'
                f'<button aria-label="{name}">{said[button]}</button></form>')

    def field(name: str, label: str, more: str = "") -> str:
        return f'<label>{said[label]} <input name="{name}" autocomplete="off" {more}></label> '

    number = 'type="number" data-kind="number"'
    colours = "".join(f'<option value="{colour}">{said[colour]}</option>' for colour in one.agreements)
    agreed = "".join(f"<li>{said[colour]}: {escape(text) or said['nothing_agreed']}</li>"
                     for colour, text in one.agreements.items())
    until = field("until_ms", "until", 'type="datetime-local" data-kind="until" required')
    forms = form("lend", "lend", field("name", "lend_to", 'maxlength="40" required') + until)
    if one.own_name:
        forms = form("back", "give_back")
    else:
        same = "".join(f'<option value="{value}">{said[key]}</option>' for value, key in (
            ("", "choose"), (1, "same_person"), (0, "other_person")))
        forms += form("rename", "rename", field("name", "new_name", 'maxlength="40" required')
                      + f'<label>{said["who_is_it"]} <select name="same" data-kind="number" required>{same}</select>'
                        '</label> ')
    forms += form("group", "regroup", field("group", "new_group", 'maxlength="60" list="teams" required'))
    forms += form("visit", "start_visit", f'<label>{said["visit"]} <select name="colour">{colours}</select></label> '
                  + field("minutes", "minutes_of", f'{number} min="0" max="720"')
                  + field("place", "visit_place", 'maxlength="60"'))
    forms += f'<p>{said["agreed_for"]}</p><ul>{agreed}</ul>' + (form("end", "end") if one.visit else "")
    forms += form("on", "on") if one.mode == "off" else form("off", "off")
    forms += form("practice", "practise", '<input type="hidden" name="minutes" value="10" data-kind="number">')
    forms += form("introduced", "introduce", field("text", "introduced_to", 'maxlength="200" required'))
    forms += form("replace", "replace", field("with", "replace_with", f'{number} min="1" max="65533" list="spares" '
                  "required"), "replace_sure")
    forms += form("revoke", "revoke", sure="revoke_sure")
    return (f'<details id="badge{one.device}"><summary><strong>{escape(one.name)}</strong> · '
            f'{escape(" · ".join(state))}</summary>{forms}</details>')
