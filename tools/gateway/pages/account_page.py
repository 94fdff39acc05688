"""Which files do sign-in and the list of people consist of? Their scripts put what they show in as text."""

import json
from html import escape

from tools.gateway.pages.account_words import WORDS

_SAID = "account-words.js"
# browsers ask for the last four without a cookie
_OF_ALL = ("login.js", "people.js", "account.css", "kald.webmanifest", "icon.svg", "icon192.png", "icon512.png")

_HEAD = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{heading}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="account.css"></head>
<body><main><h1>{heading}</h1>
"""
_FOOT = """<p id="said" role="status"></p><p><a href="?lang={other_lang}" lang="{other_lang}">{other}</a></p></main>
<script src="account-words.js?lang={lang}"></script><script src="{script}"></script></body></html>
"""
_LOGIN = """<p>{hint}</p><form id="sign" data-code="{code_first}">
<label>{name} <input id="name" maxlength="40" autocomplete="username" required></label>
<label class="code" hidden>{code} <input id="code" maxlength="40" autocomplete="one-time-code"></label>
<label><span id="which">{password}</span>
<input id="password" type="password" maxlength="200" autocomplete="current-password"></label>
<button id="go">{sign_in}</button> <button id="other" type="button">{have_code}</button></form>
"""
_PEOPLE = """<p><a href="/">{board}</a> <button id="out">{sign_out}</button></p>
<ul id="people"></ul><h2 id="making">{add}</h2>
<form id="add"><label>{name} <input id="name" maxlength="40" required></label>
<label>{role} <select id="role"></select></label>
<label>{device} <input id="device" type="number" min="1" max="65533"></label><button>{add}</button></form>
<p id="code" role="status"></p>
"""


def lang(*asked: str | None) -> str:
    """Return the first of the languages asked for that is spoken here; Danish if none is."""
    return next((one for one in asked if one in WORDS), "da")


def is_file(path: str) -> bool:
    """Return whether sign-in needs the file at `path`: anybody may have it."""
    return path.lstrip("/") in (_SAID, *_OF_ALL)


def file(name: str, spoken: str) -> tuple[bytes, str, str] | None:
    """Return (bytes, content type, charset) of the words of these pages, None for any other file."""
    made = f"const words = {json.dumps(WORDS[spoken])};\n".encode(), "text/javascript", "utf-8"
    return made if name == _SAID else None


def _whole(body: str, spoken: str, heading: str, script: str, **more: str) -> str:
    said = {key: escape(word) for key, word in WORDS[spoken].items()} | more
    said |= {"lang": spoken, "other_lang": "en" if spoken == "da" else "da", "heading": said[heading], "script": script}
    return (_HEAD + body + _FOOT).format(**said)


def login(spoken: str, closed: bool) -> str:
    """Return the page of sign-in; not closed: nobody has an account yet."""
    hint = WORDS[spoken]["screen_hint" if closed else "first"]
    return _whole(_LOGIN, spoken, "title", "login.js", hint=escape(hint), code_first="" if closed else "1")


def people(spoken: str) -> str:
    """Return the page on which accounts are made."""
    return _whole(_PEOPLE, spoken, "people_title", "people.js")
