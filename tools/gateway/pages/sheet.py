"""What do all pages that are made here have in common? Head, tables, times; every text from elsewhere is escaped."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from html import escape

from tools.gateway.pages.words import WORDS
from tools.gateway.plans import ITEMS, KINDS

Words = Mapping[str, str]
_KINDS = {name: number for number, name in KINDS.items()}
_STEP = re.compile(r"(.*), (\d+)\. (\w+)( \d+/\d+)?")
_HEAD = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/paper.css"></head>
<body{zone}><header><nav aria-label="{back}"><a href="/?lang={lang}">{back}</a></nav></header><main><h1>{title}</h1>
"""
_FOOT = """</main><script src="/words.js?lang={lang}"></script><script src="/door.js"></script>
<script src="/{script}"></script></body></html>
"""
# where a page says what became of an act, and who acts while nobody has an account
SAID = '<p id="refused" role="alert" hidden></p><p id="done" role="status"></p>'


def refusal(lang: str, said: str) -> str:
    """Return the page that says why nothing else is shown, with the way back to the board."""
    return head(lang, said) + "</main></body></html>\n"


def when(ms: int | None, zone: tzinfo | None = None) -> str:
    """Return Unix ms as the house writes a time, to the second; "" for none."""
    return datetime.fromtimestamp(ms / 1000, zone).strftime("%Y-%m-%d %H:%M:%S") if ms else ""


def day(ms: int | None, zone: tzinfo | None = None) -> str:
    """Return the day of Unix ms; "" for none."""
    return when(ms, zone)[:10]


def head(lang: str, title: str, zone: tzinfo | None = None) -> str:
    """Return the beginning of a page, up to its heading. zone: by which times that are typed on it go."""
    name = f' data-zone="{escape(str(zone))}"' if zone else ""
    return _HEAD.format(lang=lang, title=escape(title), back=escape(WORDS[lang]["back"]), zone=name)


def foot(lang: str, script: str) -> str:
    """Return the end of a page on which people act by `script`."""
    return _FOOT.format(lang=lang, script=script)


def table(rows: Iterable[Sequence[object]], heads: Sequence[str] = ()) -> str:
    """Return a table of texts, all of them escaped."""
    top = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    cells = [[escape(str(cell)) for cell in row] for row in rows]
    if not heads:  # what a row is about stands first
        cells = [[f'<th scope="row">{row[0]}</th>', *row[1:]] for row in cells]
    body = "".join("<tr>" + "".join(cell if cell.startswith("<th ") else f"<td>{cell}</td>" for cell in row) + "</tr>"
                   for row in cells)
    return f"<table{'' if heads else ' class=pairs'}>{f'<tr>{top}</tr>' if top else ''}{body}</table>\n"


def kind_name(name: str, words: Words) -> str:
    """Return the name of a kind of alarm in the reader's language; what is none stays as it stands."""
    return words[f"kind_{_KINDS[name]}"] if name in _KINDS else name


def item(text: str, words: Words) -> str:
    """Return an item of a checklist: the list that every house begins with is ours to translate, its own is not."""
    return words[text] if text in ITEMS else text


def plan_name(name: str, words: Words) -> str:
    """Return a plan's name: those that every house begins with are ours to translate."""
    return words.get(f"plan {name}", name)


def unreached(where: str, words: Words) -> str:
    """Return a step of a plan, as tools/gateway/jobs/trials.py names it, in the reader's language; else `where`."""
    found = _STEP.fullmatch(where)
    if found is None:
        return plan_name(where, words)
    name, step, does, place = found.groups()
    return f"{plan_name(name, words)}, {step}. {words.get(f'does_{does}', does)}{place or ''}"


def person(name: str, words: Words) -> str:
    """Return a name; what acts by itself is no person, and has a name in the reader's language."""
    return words.get(f"by_{name}", name)
