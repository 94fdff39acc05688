"""How does the page of a house's places look? Floor by floor: its plan with what stands on it, and a form for each.

Each form is one act of tools/gateway/places_web.py, named by data-verb; places.js carries it through the door.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from html import escape
from typing import Any
from urllib.parse import urlencode

from tools.gateway.house_events import Line
from tools.gateway.pages.sheet import SAID, Words, foot, head, table, when
from tools.gateway.pages.words import WORDS
from tools.gateway.places.learning import FLOOR_MOST, NAME_MOST, WAY_MOST
from tools.gateway.places.survey import height

_METRES = 'type="number" step="any" min="0" max="1000" data-kind="number"'


def page(places: Sequence[Mapping[str, Any]], plans: Mapping[str, tuple[float, float]], changes: Iterable[Line],
         lang: str, zone: tzinfo | None = None) -> str:
    """Return the page. places: rows of PLACES with "learnt", how often, and "was"; plans: {floor: (wide, high), m}."""
    words = WORDS[lang]
    found = head(lang, words["places"], zone) + f"<p>{escape(words['places_hint'])}</p>"
    found += f'<p><button id="me">{escape(words["who_are_you"])}</button></p>{SAID}'
    for floor in sorted({*plans, *[one["floor"] for one in places]}, key=height):
        here = [one for one in places if one["floor"] == floor]
        found += f"<h2>{escape(words['floor'].format(floor=floor))}</h2>"
        found += _plan(floor, here, plans.get(floor), words, lang)
        found += "".join(_place(one, plans.get(floor), words, lang) for one in here)
    found += f"<h2>{escape(words['place_new'])}</h2>{_form({}, words)}"
    found += _upload("", None, words, _field("floor", "place_floor", words, most=FLOOR_MOST))
    lines = [(when(line.at_ms, zone), line.who, words.get(f"verb_{line.event}", line.event), line.detail)
             for line in changes]
    return found + table(lines) + foot(lang, "places.js")


def _field(name: str, label: str, words: Words, value: object = "", most: int = 0, more: str = "required") -> str:
    most_of = f' maxlength="{most}"' if most else ""
    shown = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return (f'<label>{escape(words[label])} <input name="{name}" autocomplete="off" value="{escape(shown)}"{most_of} '
            f'{more}></label> ')


def _button(key: str, words: Words, whose: str) -> str:
    name = f' aria-label="{escape(words[key])}: {escape(whose)}"' if whose else ""
    return f"<button{name}>{escape(words[key])}</button>"


def _form(one: Mapping[str, Any], words: Words) -> str:
    hidden = f'<input type="hidden" name="place" value="{one["id"]}" data-kind="number">' if one else ""
    return (
        f'<form data-verb="place" data-was="{one.get("was", "")}">{hidden}'
        + _field("name", "place_name", words, one.get("name", ""), NAME_MOST)
        + _field("floor", "place_floor", words, one.get("floor", ""), FLOOR_MOST)
        + _field("area", "place_area", words, one.get("area", ""), FLOOR_MOST, "")
        + _field("directions", "place_way", words, one.get("directions", ""), WAY_MOST, "")
        + _field("x", "place_x", words, one.get("x_m"), 0, _METRES)
        + _field("y", "place_y", words, one.get("y_m"), 0, _METRES)
        + _button("place_save", words, one.get("name", "")) + "</form>")


def _little(verb: str, button: str, sure: str, words: Words, whose: str, hidden: str) -> str:
    return (f'<form data-verb="{verb}" data-sure="{escape(words[sure])}">{hidden}'
            f"{_button(button, words, whose)}</form>")


def _image(floor: str, alt: str, lang: str, more: str = "", **asked: object) -> str:
    query = escape(urlencode({"floor": floor, "lang": lang, **asked}))
    return f'<img class="floor" src="/floor.svg?{query}" alt="{escape(alt)}" loading="lazy"{more}>'


def _plan(floor: str, here: Sequence[Mapping[str, Any]], size: tuple[float, float] | None, words: Words,
          lang: str) -> str:
    if size is None:
        return f"<p>{escape(words['no_floor_plan'])}</p>" + _upload(floor, size, words)
    names = ", ".join(one["name"] for one in here if one["x_m"] is not None) or words["nobody"]
    hidden = f'<input type="hidden" name="floor" value="{escape(floor)}">'
    away = _little("no_floor_plan", "plan_away", "plan_sure", words, floor, hidden)
    return f"<p>{_image(floor, words['plan_of'].format(floor=floor, places=names), lang)}</p>" + _upload(
        floor, size, words) + away


def _upload(floor: str, size: tuple[float, float] | None, words: Words, asked: str = "") -> str:
    wide, high = size or ("", "")
    hidden = asked or f'<input type="hidden" name="floor" value="{escape(floor)}">'
    return (
        f"<details><summary>{escape(words['plan_floor'])} {escape(floor)}</summary>"
        f'<form data-verb="floor_plan">{hidden}<label>{escape(words["plan_file"])} <input type="file" name="image" '
        'accept=".png,.svg" required></label> '
        + _field("wide", "plan_wide", words, wide, 0, f"{_METRES} required")
        + _field("high", "plan_high", words, high, 0, f"{_METRES} required")
        + _button("plan_upload", words, floor) + "</form></details>")


def _place(one: Mapping[str, Any], size: tuple[float, float] | None, words: Words, lang: str) -> str:
    learnt = words["place_learnt"].format(n=one["learnt"]) if one["learnt"] else words["place_unlearnt"]
    said = " · ".join(filter(None, (one["area"], one["directions"], learnt)))
    pick = ""
    if size is not None:
        more = f' data-wide="{size[0]:g}" data-high="{size[1]:g}"'
        spot = {} if one["x_m"] is None else {"x": f"{one['x_m']:g}", "y": f"{one['y_m']:g}"}
        pick = f"<p>{escape(words['pick'])}</p>{_image(one['floor'], words['pick'], lang, more, **spot)}"
    hidden = f'<input type="hidden" name="place" value="{one["id"]}" data-kind="number">'
    forget = _little("forget_place", "place_forget", "forget_sure", words, one["name"], hidden) if one["learnt"] else ""
    remove = _little("no_place", "place_remove", "place_sure", words, one["name"], hidden)
    return (f'<details id="place{one["id"]}"><summary><strong>{escape(one["name"])}</strong> · {escape(said)}</summary>'
            f"{_form(one, words)}{pick}{forget}{remove}</details>")
