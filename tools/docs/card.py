"""What does the wearer's card look like? One page of A5 as HTML, with no script and nothing from elsewhere.

Left of each line is time, to one scale for presses and for what is felt; right of it is what it means.
"""

from collections.abc import Sequence
from html import escape

from firmware.codes import KIND_POSITION, KIND_STRUGGLE, KIND_TORN
from firmware.limits import MASH_MS, PRESS_GAP_MS
from firmware.settings import read_settings
from tools.docs.bars import MM_PER_S, bars
from tools.docs.card_style import CSS
from tools.docs.card_words import CARD, DOES, GESTURES, LOUD, NEVERS, PLACE
from tools.docs.facts import causes, presses, rhythm_numbers, spans
from tools.docs.sentences import GROUPS, OWN, felt, kinds
from tools.docs.table_words import Unnamed, said


# settings that a card tells of
_WEARERS = ("pre_alarm_ms", "check_in_ask_ms", "single_calls", "clip", "position", "struggle")


class Card:
    """A card in `language` (da, en) for a badge with these settings. Raises Unnamed for what has no words.

    hold_ms, gap_ms, mash_ms: the gestures' times. loud: {part: whether always}, as firmware/audible.py reads it. alarm:
    settings of firmware.alarm.alarm.Alarm. single_calls: one press calls, so none answers a colleague.
    clip: it has one. position, struggle: a lost attitude, a struggle is heeded. place: index in settings.PLACES
    """

    def __init__(self, language: str, hold_ms: int, gap_ms: int, mash_ms: int, loud: dict[str, bool] | None = None,
                 single_calls: bool = False, clip: bool = False, position: bool = True,
                 struggle: bool = False, place: int = 1, **alarm: int) -> None:
        self._language = language
        self._words = CARD[language]
        self._times = {"hold": self._seconds(hold_ms), "gap": self._seconds(gap_ms), "mash": self._seconds(mash_ms)}
        self._hold_ms = hold_ms
        self._loud = loud or {}
        self._single = single_calls
        self._place = place
        absent = [KIND_TORN] * (not clip) + [KIND_POSITION] * (not position) + [KIND_STRUGGLE] * (not struggle)
        self._causes = [(kind, ms) for kind, ms in causes(**alarm) if kind not in absent]
        self._felt = felt()
        for number in rhythm_numbers():
            said(self._felt, number, "pattern")

    def _seconds(self, ms: int) -> str:
        return f"{ms / 1000:g}".replace(".", self._words["comma"])

    def _text(self, name: str) -> str:
        return escape(self._words[name].format(**self._times))

    def _which(self, name: str) -> str:
        single = f"{name}_single"
        return single if self._single and single in self._words else name

    def _bars(self, lengths: Sequence[int], kind: str) -> str:
        return bars(lengths, kind, self._words["short"], self._words["long"])

    def _row(self, kind: str, drawn: str, title: str, text: str) -> str:
        return f'<div class="row {kind}">{drawn}<p><b>{escape(title)}</b> {escape(text)}</p></div>'

    def presses(self) -> str:
        """Return the part about gestures: one, two, and three presses or a hold; or those where one press calls."""
        drawn = [self._bars(presses(count), "down") for count in ((1, 1, 2) if self._single else (1, 2, 3))]
        drawn[2] += f"<i>{self._text('or')}</i>{self._bars([self._hold_ms], 'down')}"
        panels = []
        for drawing, (done, meant, text) in zip(drawn, GESTURES[self._language][self._single], strict=True):
            panel = f"<div><p class=drawn>{drawing}</p><p>{escape(done)}</p><p><b>{escape(meant)}</b></p>"
            panels.append(f"{panel}<p class=note>{escape(text.format(**self._times))}</p></div>")
        scale = f'<span class="scale"><i style="width:{MM_PER_S}mm"></i>{self._text("second")}</span>'
        return f'<section class="presses"><h2>{self._text("press")}{scale}</h2>{"".join(panels)}</section>'

    def felt(self) -> str:
        """Return the part about rhythms: all that the firmware has, by group, and large those of one's own alarm."""
        parts: list[str] = []
        for group in GROUPS:
            head = "" if parts else self._text("felt")
            parts.append(f'<div class="row head"><h2>{head}</h2><h3>{self._text(self._which(group))}</h3></div>')
            for number, (whose, texts) in self._felt.items():
                if whose == group:
                    drawn = self._bars(spans(number), "felt-bar")
                    parts.append(self._row("large" if group == OWN else "", drawn, *texts[self._language]))
        return f'<section class="felt">{"".join(parts)}<p class=note>{self._text("news")}</p></section>'

    def itself(self) -> str:
        """Return sentences about what the badge calls for by itself, one for each time that it asks first."""
        names = kinds()
        whens: dict[int, list[str]] = {}
        for kind, asks_ms in self._causes:
            cause = said(names, kind, "kind")[self._language][1]
            if not cause:
                raise Unnamed(f"the kind with number {kind} has no cause in tools/docs/sentences.py")
            whens.setdefault(asks_ms, []).append(cause)
        found = []
        for asks_ms, causes_of in whens.items():
            *most, last = (f"{self._words['when']} {cause}" for cause in causes_of)
            when = f"{', '.join(most)}, {self._words['or']} {last}" if most else last
            form = self._words["asks" if asks_ms else "at_once"]
            found.append(form.format(when=when, seconds=self._seconds(asks_ms)))
        return " ".join(found)

    def loud(self) -> list[str]:
        """Return sentences about when the badge sounds and lights up, one for each way that the house has chosen."""
        said, does = LOUD[self._language], DOES[self._language]
        ways: dict[str, list[str]] = {"calls": [], "always": []}
        for part, always in self._loud.items():
            ways["always" if always else "calls"].append(does[part])
        join = f" {self._words['and']} "
        return [said[way].format(does=join.join(each)) for way, each in ways.items() if each] or [said["never"]]

    def html(self) -> str:
        """Return the whole page."""
        made = {"{loud}": self.loud(), "{place}": [PLACE[self._language][self._place > 0]]}
        lines = [line for text in NEVERS[self._language] for line in made.get(text, [text])]
        nevers = "".join(f"<li>{escape(text)}</li>" for text in lines)
        left = f"<h2>{self._text('then')}</h2><p>{self._text('then_text')}</p>"
        itself = f"<section class=itself><b>{self._text('itself')}.</b> {escape(self.itself())}</section>"
        right = f"<h2>{self._text('never')}</h2><ul>{nevers}</ul>"
        return "\n".join((
            f'<!DOCTYPE html>\n<html lang="{self._language}"><head><meta charset="utf-8">',
            f"<title>Kald: {self._text('title')}</title><style>{CSS}</style></head><body>",
            f"<header><h1>{self._text('title')}</h1><p>Kald · {self._text('for')}</p></header>",
            self.presses(),
            self.felt(),
            itself,
            f'<section class="two"><div>{left}</div><div>{right}</div></section>',
            f"<footer><p>{self._text('office')}:</p><p>{self._text('help')}:</p></footer>",
            "</body></html>\n",
        ))


def page(language: str, settings: str) -> str:
    """Return the card in `language` for badges with the text of a settings.json. Raises ValueError, Unnamed."""
    chosen = read_settings(settings)
    times = {"hold_ms": chosen["hold_ms"], "gap_ms": PRESS_GAP_MS, "mash_ms": MASH_MS}
    told = {name: chosen[name] for name in _WEARERS}
    return Card(language, **times, loud=chosen.get("loud"), place=chosen.get("place", 1), **told).html()
