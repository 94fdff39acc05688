"""What do all pages that are made here have in common? Head, tables, times; every text from elsewhere is escaped."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from html import escape

from tools.gateway.pages.words import WORDS
from tools.gateway.plans import ITEMS

Words = Mapping[str, str]
_HEAD = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/paper.css"></head>
<body><header><nav aria-label="{back}"><a href="/?lang={lang}">{back}</a></nav></header><main><h1>{title}</h1>
"""
_FOOT = """</main><script src="/words.js?lang={lang}"></script><script src="/door.js"></script>
<script src="/{script}"></script></body></html>
"""
# where a page says what became of an act, and who acts while nobody has an account
SAID = '<p id="refused" role="alert" hidden></p><p id="done" role="status"></p>'


def when(ms: int | None, zone: tzinfo | None = None) -> str:
    """Return Unix ms as the house writes a time, to the second; "" for none."""
    return datetime.fromtimestamp(ms / 1000, zone).strftime("%Y-%m-%d %H:%M:%S") if ms else ""


def day(ms: int | None, zone: tzinfo | None = None) -> str:
    """Return the day of Unix ms; "" for none."""
    return when(ms, zone)[:10]


def head(lang: str, title: str) -> str:
    """Return the beginning of a page, up to its heading."""
    return _HEAD.format(lang=lang, title=escape(title), back=escape(WORDS[lang]["back"]))


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


def item(text: str, words: Words) -> str:
    """Return an item of a checklist: the list that every house begins with is ours to translate, its own is not."""
    return words[text] if text in ITEMS else text


def person(name: str, words: Words) -> str:
    """Return a name; what acts by itself is no person, and has a name in the reader's language."""
    return words.get(f"by_{name}", name)
