"""What does each rhythm feel like? A drawing of all of them to one scale, in one language, from the firmware's data."""

from tools.docs.card_words import CARD
from tools.docs.facts import spans
from tools.docs.sentences import GROUPS, felt
from tools.docs.sheet import Sheet

_PX_PER_S = 110
_ROW = 34
_BARS = 330
_WIDTH = 760


def drawing(language: str) -> str:
    """Return the drawing in `language` (da, en) as SVG text."""
    sheet = Sheet(_WIDTH, "sans-serif")
    known, y = felt(), 26
    for group in GROUPS:
        sheet.text(10, y, CARD[language][group], 13, "#0b6b4f", more='font-weight="bold"')
        y += 12
        for number, (whose, texts) in known.items():
            if whose != group:
                continue
            at = 10.0
            for i, span in enumerate(spans(number)):
                if i % 2 == 0:
                    sheet.box(at, y + 6, span * _PX_PER_S / 1000, 18, "#222", more='rx="3"')
                at += span * _PX_PER_S / 1000
            title, text = texts[language]
            sheet.text(_BARS, y + 14, title, 14, more='font-weight="bold"')
            sheet.text(_BARS, y + 30, text, 12, "#444")
            y += _ROW + 6
        y += 22
    sheet.line(10, y - 10, 10 + _PX_PER_S, y - 10, "#444", 2)
    sheet.text(18 + _PX_PER_S, y - 6, CARD[language]["second"], 12, "#444")
    return sheet.svg(y + 8)
