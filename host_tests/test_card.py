"""Does the wearer's card say what the firmware does, in both languages, on one page that needs nothing else?"""

import json
import re
from html.parser import HTMLParser

import pytest

from firmware.codes import KIND_FALL, KINDS
from firmware.feedback import patterns
from firmware.feedback.player import Player
from firmware.limits import HOLD_MS, MASH_MS, PRESS_GAP_MS
from firmware.settings import PLACES, RANGES, SWITCHES
from tools.cli import card
from tools.docs import bars, facts, sentences
from tools.docs.card import Card
from tools.docs.card_words import CARD, DOES, GESTURES, LOUD, NEVERS, PLACE
from tools.docs.table_words import Unnamed


class Page(HTMLParser):
    """Reads a page: its tags, their attributes, and its text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.text, self.drawn = [], [], "", []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "svg":
            self.drawn.append([])
        if tag == "rect":
            self.drawn[-1].append((int(dict(attrs)["x"]), int(dict(attrs)["width"])))
        elif tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += "" if self.open[-1:] == ["style"] else data


def made(language, capsys, *words):
    assert card.main(["--lang", language, *words]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("language", sentences.LANGUAGES)
def test_the_card_says_truly_whether_a_place_is_ever_told(language, capsys, tmp_path):
    path = tmp_path / "settings.json"
    for place in PLACES:
        path.write_text(json.dumps({"place": place}))
        text = Page(made(language, capsys, "--settings", str(path))).text
        assert [sentence in text for sentence in PLACE[language]] == [place == "never", place != "never"]
    assert PLACE[language][1] in Page(made(language, capsys)).text


@pytest.mark.parametrize("language", sentences.LANGUAGES)
def test_every_pattern_is_drawn_as_the_player_plays_it_and_said_in_words(language, capsys):
    page = Page(made(language, capsys))
    assert page.open == []
    for number in facts.rhythm_numbers():
        player, edges, before = Player(), [], 0
        player.play(number, 0)
        for now in range(0, 6000, patterns.UNIT_MS):
            level = player.level(now)
            if level != before:
                edges.append(now)
                before = level
        played = [(on, off - on) for on, off in zip(edges[::2], edges[1::2], strict=True)]
        assert played in page.drawn
        title, text = sentences.felt()[number][1][language]
        assert f"{title} {text}" in page.text
    assert len(page.drawn) == len(facts.rhythm_numbers()) + 4  # and four for the gestures


def test_sentences_are_there_for_all_that_can_be_felt_and_for_nothing_else():
    assert set(sentences.felt()) == set(facts.rhythm_numbers()), "tools/docs/sentences.py must name every rhythm"
    assert set(sentences.kinds()) == set(range(1, KINDS)), "tools/docs/sentences.py must name every kind"
    own = [number for number, (group, _) in sentences.felt().items() if group == sentences.OWN]
    assert own == [patterns.PRE_ALARM, patterns.RECEIVED, patterns.TAKEN, patterns.UNANSWERED, patterns.UNHEARD]
    for group, texts in sentences.felt().values():
        assert group in sentences.GROUPS and set(texts) == set(sentences.LANGUAGES)
        for title, text in texts.values():
            assert len(f"{title} {text}") <= sentences.TEXT_MOST, f"too long for one line: {title} {text}"
    for language in sentences.LANGUAGES:
        said = [texts[language] for _, texts in sentences.felt().values()]
        assert len(set(said)) == len(said), "two patterns mean the same"


def test_both_languages_say_as_much():
    for table in (CARD, GESTURES, DOES, LOUD, {language: dict(enumerate(NEVERS[language])) for language in NEVERS}):
        danish, english = table["da"], table["en"]
        assert set(danish) == set(english)
        for name in danish:
            braces = [re.findall(r"{\w+}", str(words[name])) for words in (danish, english)]
            assert sorted(braces[0]) == sorted(braces[1])


@pytest.mark.parametrize("language", sentences.LANGUAGES)
def test_the_page_is_a5_and_needs_nothing_from_elsewhere(language, capsys):
    html = made(language, capsys)
    assert "@page { size: A5" in html and "@import" not in html and "url(" not in html
    assert "://" not in html and "{" not in Page(html).text
    for tag, attrs in Page(html).tags:
        assert tag not in ("script", "link", "img", "iframe", "object")
        assert not [name for name in attrs if name in ("src", "href") or name.startswith("on")]
    assert Page(html).tags[0] == ("html", {"lang": language})
    widest = max(bars.width_mm(facts.spans(number)) for number in facts.rhythm_numbers())
    assert widest <= 37, "wider than its column"


def test_times_are_drawn_and_said_as_the_language_does(tmp_path, capsys):
    path = tmp_path / "settings.json"
    path.write_text('{"hold_ms": 1250}')
    usual, ours = Page(made("da", capsys)), Page(made("da", capsys, "--settings", str(path)))
    assert all(f"{ms / 1000:g}".replace(".", ",") in usual.text for ms in (HOLD_MS, PRESS_GAP_MS, MASH_MS))
    assert [(0, HOLD_MS)] in usual.drawn and [(0, 1250)] in ours.drawn


def test_what_is_heard_and_seen_is_said_as_the_house_chose(tmp_path, capsys):
    path = tmp_path / "settings.json"
    for text, said in (
        ("{}", ["never sounds or lights up unless you chose so."]),
        ('{"buzzer": "calls", "light": "calls"}', ["It sounds and lights up only when a colleague calls."]),
        ('{"light": "always"}', ["It lights up whenever it vibrates."]),
        ('{"buzzer": "calls", "light": "always"}', ["sounds only when a colleague", "lights up whenever it vibrates."]),
    ):
        path.write_text(text)
        page = made("en", capsys, "--settings", str(path))
        assert all(each in page for each in said) and ("unless" in page) == (text == "{}"), text


def test_a_house_where_one_press_calls_has_a_card_of_its_own(tmp_path, capsys):
    path = tmp_path / "settings.json"
    path.write_text('{"single_press_calls": true}')
    for language, words in CARD.items():
        page = Page(made(language, capsys, "--settings", str(path)))
        for done, meant, text in GESTURES[language][True]:
            assert f"{done}{meant}{text.format(hold=0.8)}".replace("0.8", f"0{words['comma']}8") in page.text
        assert words["colleague_single"] in page.text and words["colleague"] not in page.text
        assert GESTURES[language][False][2][0] not in page.text


def test_causes_are_what_an_alarm_does():
    found = dict(facts.causes(pre_alarm_ms=12000))
    assert found[KIND_FALL] == 12000 and set(found) <= set(sentences.kinds())
    for kind in found:
        assert all(sentences.kinds()[kind][language][1] for language in sentences.LANGUAGES)


def test_a_pattern_or_a_cause_without_words_is_named(monkeypatch, capsys):
    extra = len(facts.RHYTHMS)
    monkeypatch.setattr(facts, "PATTERNS", (*facts.PATTERNS, b"\x05"))
    monkeypatch.setattr(facts, "RHYTHMS", facts.RHYTHMS + bytes([len(facts.PATTERNS) - 1]))
    assert card.main([]) == 2
    assert f"pattern with number {extra} has no words" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.setattr("tools.docs.card.causes", lambda **_: [(KINDS + 3, 0)])
    with pytest.raises(Unnamed, match=f"kind with number {KINDS + 3}"):
        Card("en", 800, 700, 2000).html()
    monkeypatch.setattr("tools.docs.card.causes", lambda **_: [(1, 0)])
    with pytest.raises(Unnamed, match="kind with number 1 has no cause"):
        Card("en", 800, 700, 2000).html()


def test_several_causes_are_one_sentence_for_each_time(monkeypatch):
    monkeypatch.setattr("tools.docs.card.causes", lambda **_: [(2, 30000), (4, 30000), (7, 0)])
    said = Card("en", 800, 700, 2000).itself()
    asks = "It asks for 30 seconds, then calls, when you fall hard and lie still, or when on a yellow or red visit you "
    assert said == f"{asks}have not moved for long."
    assert Card("en", 800, 700, 2000, clip=True).itself() == f"{said} It calls at once when it is torn off."


# setting: (a value of its own, what the card then says, in English and Danish; "" for what it no longer says)
SAID = {
    "hold_ms": (1250, ("1.25", ""), ("1,25", "")),
    "pre_alarm_ms": (17000, ("17 seconds", "30 seconds"), ("17 sekunder", "30 sekunder")),
    "check_in_ask_ms": (33000, ("33 seconds", "45 seconds"), ("33 sekunder", "45 sekunder")),
    "single_press_calls": (True, ("Any press calls", "Assistance"), ("Ethvert tryk kalder", "To trykAss")),
    "clip": (True, ("torn off", ""), ("revet af", "")),
    "position_alarm": (False, ("", "slump"), ("", "synker sammen")),
    "struggle_alarm": (True, ("struggle for several seconds", ""), ("kæmper mod nogen", "")),
    "buzzer": ("always", ("It sounds", "never sounds"), ("Den lyder, hver", "lyder og lyser aldrig")),
    "light": ("calls", ("It lights up only", "never sounds"), ("Den lyser kun", "lyder og lyser aldrig")),
}


@pytest.mark.parametrize("name", [*RANGES, *SWITCHES, "buzzer", "light"])
def test_each_setting_changes_the_card_as_it_changes_the_badge_or_is_no_business_of_the_wearer(name, tmp_path, capsys):
    path = tmp_path / "settings.json"
    for language, at in (("en", 1), ("da", 2)):
        usual = Page(made(language, capsys)).text
        if name in card.UNSAID:
            path.write_text(json.dumps({name: RANGES[name][1]}))
            assert Page(made(language, capsys, "--settings", str(path))).text == usual
            continue
        value, (said, gone) = SAID[name][0], SAID[name][at]
        path.write_text(json.dumps({name: value}))
        ours = Page(made(language, capsys, "--settings", str(path))).text
        assert ours != usual and said in ours and (not said or said not in usual)
        assert not gone or gone in usual and gone not in ours


def test_a_file_is_written_and_what_cannot_be_is_said_plainly(tmp_path, capsys):
    path = tmp_path / "card.html"
    assert card.main(["--lang", "en", "--out", str(path)]) == 0 and capsys.readouterr().out == ""
    assert path.read_text(encoding="utf-8") == made("en", capsys)
    assert card.main(["--out", str(tmp_path / "nowhere" / "card.html")]) == 2
    settings = tmp_path / "settings.json"
    wrong = {"{": "not JSON", '{"hold_ms": 1}': "hold_ms"}
    for text, said in wrong.items():
        settings.write_text(text)
        assert card.main(["--settings", str(settings)]) == 2 and said in capsys.readouterr().err
    with pytest.raises(SystemExit):
        card.main(["--lang", "xx"])
