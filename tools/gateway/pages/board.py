"""Which files does a page consist of? The board is static; its scripts put the facts in as text, never as markup.

No service worker keeps the board for later: a page that is shown while the gateway is gone would be a calm lie.
"""

import hashlib
import json
from html import escape
from pathlib import Path

from tools.gateway.pages.words import WORDS

HERE = Path(__file__).parent
TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "png": "image/png",
         "webmanifest": "application/manifest+json"}
SCRIPTS = ("stream.js", "link.js", "door.js", "board.js", "badges.js", "glance.js", "wall.js", "sound.js")
FILES = ("board.css", "paper.css", "account.css", "guide.css", *SCRIPTS, "record.js", "places.js", "plans.js",
         "wearers.js", "login.js", "people.js", "guide.js", "icon.svg", "icon192.png", "icon512.png")

_HTML = """<!doctype html>
<html lang="{lang}" translate="no" class="plain{wall_class}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="theme-color" content="#b00020">
<link rel="manifest" href="kald.webmanifest?lang={lang}"><link rel="icon" href="icon.svg">
<link rel="apple-touch-icon" href="icon192.png"><link rel="stylesheet" href="board.css"></head>
<body><header id="top"><a class="skip" href="#alarms">{to_alarms}</a>
<noscript><p class="loud">{lost_script} {lost_do}</p></noscript>
<div id="bar"><h1>{title}</h1><span id="clock"></span><button id="me">{who_are_you}</button>
<button id="sound" aria-pressed="false">{sound_off}</button><button id="sound_test">{sound_test}</button>
<a class="turn wall" href="?lang={lang}{other_wall}">{other_view}</a>
<a class="turn" href="?lang={other_lang}{this_wall}" hreflang="{other_lang}" lang="{other_lang}">{other}</a></div>
<div id="lost" role="alert" hidden><strong id="lost_what"></strong> <span id="lost_do"></span></div>
<p id="lost_clock">{lost_for} <span id="lost_for"></span></p>
<nav aria-label="{glance}"><ul id="strip"></ul></nav>
<p id="refused" role="alert" hidden></p><p id="done" role="status"></p></header>
<main><section aria-labelledby="h_alarms"><h2 id="h_alarms">{h_alarms}</h2><p id="none" hidden>{none}</p>
<div id="alarms"></div></section>
<section aria-labelledby="h_badges"><h2 id="h_badges" tabindex="-1">{badges}</h2>
<p id="hunt" hidden><label>{find} <input type="search" id="find" maxlength="40" autocomplete="off"></label></p>
<p><button id="all" hidden>{show_all}</button></p>
<ul id="badges"></ul><p id="left"></p><ul id="bridges"></ul></section>
<section id="troubles" aria-labelledby="h_troubles" hidden><h2 id="h_troubles">{troubles}</h2><ul></ul></section>
<section id="over" aria-labelledby="h_over" hidden><h2 id="h_over">{over_alarms}</h2><ul></ul></section>
<section id="crashes" aria-labelledby="h_crashes" hidden><h2 id="h_crashes">{restarts}</h2><ul></ul></section>
<p id="spoken" class="vh" aria-live="assertive"></p></main>
<footer><a id="month" class="runs" href="month">{month}</a> <a href="guide?lang={lang}">{guide}</a>
<a class="runs" href="incidents?lang={lang}">{incidents}</a> <a class="runs" href="plans?lang={lang}">{plans}</a>
<a class="runs" href="wearers?lang={lang}">{wearers}</a> <a class="runs" href="places?lang={lang}">{places}</a>
<a href="fleet?lang={lang}">{fleet}</a>
<a id="account" href="people?lang={lang}" hidden>{account}</a></footer>
{scripts}</body></html>
"""


def _version() -> str:
    digest = hashlib.sha256(json.dumps([_HTML, WORDS], sort_keys=True).encode())
    for name in FILES:
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()[:16]


def html(lang: str, wall: bool = False) -> str:
    """Return the board in `lang`, as a wall screen if `wall`."""
    words = {key: escape(word) for key, word in WORDS[lang].items()}
    scripts = "".join(f'<script src="{name}"></script>' for name in (f"words.js?lang={lang}", *SCRIPTS))
    more = {"lang": lang, "other_lang": "en" if lang == "da" else "da", "wall_class": " wall" if wall else "",
            "other_view": words["no_wall" if wall else "wall"], "scripts": scripts,
            "this_wall": "&amp;wall" if wall else "", "other_wall": "" if wall else "&amp;wall"}
    return _HTML.format(**{**words, **more})


def manifest(lang: str) -> str:
    """Return what a phone is told that puts the board among its programs."""
    icons = [{"src": f"icon{size}.png", "sizes": f"{size}x{size}", "type": "image/png"} for size in (192, 512)]
    icons.append({"src": "icon.svg", "sizes": "any", "type": "image/svg+xml"})
    return json.dumps({"name": "Kald", "short_name": "Kald", "lang": lang, "id": "/", "start_url": f"/?lang={lang}",
                       "scope": "/", "display": "standalone", "background_color": "#0f1216",
                       "theme_color": "#b00020", "icons": icons})


def file(name: str, lang: str) -> tuple[bytes, str, str | None] | None:
    """Return (bytes, content type, charset) of a file of the pages, or None."""
    if name == "words.js":
        said = {"lang": lang, "words": WORDS[lang], "version": VERSION}
        text = "".join(f"const {key} = {json.dumps(value)};\n" for key, value in said.items())
        return text.encode(), TYPES["js"], "utf-8"
    if name == "kald.webmanifest":
        return manifest(lang).encode(), TYPES["webmanifest"], "utf-8"
    if name not in FILES:
        return None
    kind = name.rsplit(".", 1)[1]
    return (HERE / name).read_bytes(), TYPES[kind], None if kind == "png" else "utf-8"


VERSION = _version()  # a page that knows another one loads itself anew
