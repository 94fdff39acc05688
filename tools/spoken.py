"""In which language does the command line answer? Danish where --lang or the terminal says so, else English.

The code speaks English; danish.txt has each of its sentences and, on the next line, the same in Danish. {} stands for
what differs, in the same order in both; \\n is a new line. What is not there stays English: a test tells.
"""

import os
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

LANGUAGES = ("da", "en")
CATALOGUE = Path(__file__).with_name("danish.txt")


def usual() -> str:
    """Return the language of the terminal."""
    return "da" if (os.environ.get("LC_ALL") or os.environ.get("LANG", "")).startswith("da") else "en"


_spoken = [usual()]  # of this process, since it has one terminal


def language() -> str:
    """Return the language that is spoken now: da, or en."""
    return _spoken[0]


def listen(words: Sequence[str]) -> None:
    """Speak from now on as the words of a command line ask for by --lang, else as the terminal does."""
    given = [after for word, after in zip(words, [*words[1:], ""]) if word == "--lang"]
    given += [word.removeprefix("--lang=") for word in words if word.startswith("--lang=")]
    _spoken[0] = next((word for word in given if word in LANGUAGES), usual())


@cache
def catalogue() -> dict[str, str]:
    """Return {English: Danish}."""
    lines = CATALOGUE.read_text(encoding="utf-8").replace("\\n", "\0").split("\n")
    return {english.replace("\0", "\n"): danish.replace("\0", "\n") for english, danish in zip(lines[::3], lines[1::3])}


@cache
def _forms() -> list[tuple[re.Pattern[str], str]]:
    """Return what has something in it that differs, the longest first: (what it looks like, the Danish)."""
    forms = sorted((text for text in catalogue() if "{}" in text), key=len, reverse=True)
    return [(re.compile("(.*?)".join(map(re.escape, text.split("{}"))), re.DOTALL), catalogue()[text])
            for text in forms]


def said(text: str) -> str:
    """Return `text`, a sentence of the code, in the language that is spoken."""
    if language() == "en":
        return text
    if text in catalogue():
        return catalogue()[text]
    for looks, danish in _forms():
        found = looks.fullmatch(text)
        if found:
            return danish.format(*[said(part) if " " in part else part for part in found.groups()])  # a reason, too
    return text


def tell(text: str) -> None:
    """Print a sentence of the code in that language, at once."""
    print(said(text), flush=True)


class Sentence(Exception):
    """What a person at the command line is told, in the language that is spoken."""

    def __str__(self) -> str:
        return said(super().__str__())
