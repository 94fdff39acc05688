"""Which files does a page consist of? The board is static; its script puts the facts in as text, never as markup."""

import json
from html import escape
from pathlib import Path

from tools.gateway.pages.words import WORDS

HERE = Path(__file__).parent
TYPES = {"css": "text/css", "js": "text/javascript"}
FILES = ("board.css", "paper.css", "door.js", "board.js", "sound.js", "record.js")

_HTML = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="board.css"></head>
<body><header><h1>{title}</h1><label>{who} <input id="who" maxlength="40" autocomplete="name"></label>
<label><input id="sound" type="checkbox"> {sound}</label> <a href="?lang={other_lang}">{other}</a></header>
<p id="lost" hidden>{lost_gateway}</p><p id="refused" role="alert" hidden></p>
<main id="alarms" aria-live="assertive"></main>
<section id="troubles" aria-live="polite"></section>
<h2>{badges}</h2><ul id="badges"></ul>
<section id="crashes"></section><footer><a id="month" href="month">{month}</a></footer>
<script src="words.js?lang={lang}"></script><script src="door.js"></script>
<script src="board.js"></script><script src="sound.js"></script></body></html>
"""


def html(lang):
    """Return the board in `lang`."""
    words = {key: escape(word) for key, word in WORDS[lang].items()}
    return _HTML.format(lang=lang, other_lang="en" if lang == "da" else "da", **words)


def file(name, lang):
    """Return (text, content type) of a file of the pages, or None."""
    if name == "words.js":
        return f"const lang = {json.dumps(lang)}; const words = {json.dumps(WORDS[lang])};\n", TYPES["js"]
    if name not in FILES:
        return None
    return (HERE / name).read_text(encoding="utf-8"), TYPES[name.rsplit(".", 1)[1]]
