"""Do a house's commands answer in the language that was asked for, all of it?"""

import asyncio
import json
import string

import pytest

from firmware import codes
from gateway_rig import Rig, served
from tools.cli import close, keys, notify, plan, report, shift, take, visit, zone
from tools.gateway import house_events, plans
from tools.gateway.pages.command_words import WORDS


def test_both_languages_say_the_same_things_with_the_same_figures():
    assert set(WORDS["da"]) == set(WORDS["en"])
    for key, text in WORDS["en"].items():
        english, danish = [{name for _, name, _, _ in string.Formatter().parse(said) if name}
                           for said in (text, WORDS["da"][key])]
        assert text and english == danish, key


@pytest.mark.parametrize("lang", WORDS)
@pytest.mark.parametrize(("command", "words"), [
    (take.main, ["99"]), (close.main, ["99"]), (visit.main, ["end", "1"]), (keys.main, ["revoke", "99"]),
    (shift.main, ["pause", "1", "--minutes", "999"]),
])
def test_an_act_that_is_refused_says_so_in_that_language(command, words, lang, tmp_path, capsys):
    rig = Rig(tmp_path / "kald.sqlite", "anna")
    more = ["--by", "Eva", "--lang", lang, "--data", str(tmp_path)]

    async def story():
        async with served(rig.store) as (url, _):
            return await asyncio.to_thread(command, [*words, *more, "--web", url.rsplit(":", 1)[1]])

    assert asyncio.run(story()) == 2
    there = capsys.readouterr().err.splitlines()[-1]
    assert ("Det er for sent" in there or "skal være" in there) == (lang == "da"), there
    assert command([*words, *more, "--web", "1"]) == 2
    assert capsys.readouterr().err.strip() == "kald: " + WORDS[lang]["no_gateway"].format(port=1)


@pytest.mark.parametrize(("terminal", "lang"), [("da_DK.UTF-8", "da"), ("C", "en"), ("", "en")])
def test_a_month_a_plan_and_a_trial_are_told_in_the_terminals_language(terminal, lang, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("LANG", terminal)
    monkeypatch.delenv("LC_ALL", raising=False)
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo")
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    rig.run(2)
    rig["bo"].answer(rig["anna"])
    here, words = ["--data", str(tmp_path)], WORDS[lang]
    assert report.main(["--month", "2027-01", *here]) == 0
    told = capsys.readouterr().out
    for key in ("alarms", "taken_median", "untaken", "alone", "practised"):
        assert f"\n{words[key]:22}" in told, (key, told)
    assert ("OVERFALDSALARM" in told) == (lang == "da") and f"2{words['comma']}0 s" in told
    (tmp_path / "plan.json").write_text(json.dumps(plans.DEFAULT))
    assert plan.main(["set", str(tmp_path / "plan.json"), *here]) == 0
    assert capsys.readouterr().out.strip() == words["in_force"].format(count=2)
    assert notify.main(["test", *here]) == 2
    assert words["nobody_named"] in capsys.readouterr().err
    (tmp_path / "plan.json").write_text(json.dumps({**plans.DEFAULT, "again_s": 1}))
    assert plan.main(["set", str(tmp_path / "plan.json"), *here]) == 2
    assert ("skal være et helt tal" in capsys.readouterr().err) == (lang == "da")


@pytest.mark.parametrize("lang", WORDS)
def test_the_houses_zone_is_shown_set_and_refused_at_the_command_line(lang, tmp_path, capsys):
    rig, here = Rig(tmp_path / "kald.sqlite", "anna"), ["--data", str(tmp_path), "--lang", lang]
    for words, code, says in ((["show"], 0, "machine_zone"), (["set", "Europe/Copenhagen"], 0, "Europe/Copenhagen"),
                              (["set", "Nowhere/City"], 2, "no_zone"), (["show"], 0, "Europe/Copenhagen"),
                              (["set", ""], 0, "machine_zone")):
        assert zone.main([*words, *here]) == code
        told = capsys.readouterr()
        assert (told.out or told.err).strip().removeprefix("kald: ") == WORDS[lang].get(says, says)
    with rig.store.engine.connect() as db:
        told = [(line.who, line.detail) for line in house_events.latest(db, ("zone",), 9)]
    assert told == [("command line", ""), ("command line", "Europe/Copenhagen")]
