"""Does the guide's page answer as the house stands, say what it cannot know, and show names to no wearer?"""

import json
import re
import string
from pathlib import Path

import pytest

from firmware import codes
from gateway_rig import badges, on_file, plan, served
from test_records import EVIL, Texts
from test_sign_in import Browser, house, made, quick
from tools.gateway import guide, permissions
from tools.gateway.pages import guide_page
from tools.gateway.pages.guide_words import WORDS

__all__ = ["quick"]
FILLED = {"all": 3, "count": 2, "unheard": 1, "unanswered": 1, "green": 30, "yellow": 15, "red": 5, "dead": 2,
          "median": 20}


rig = on_file("anna", "bo", ("carla", "east"))


def answers(rig, later_ms=0):
    """Return {question: (well, says, count, names)}."""
    with rig.store.engine.connect() as db:
        found = guide.answers(guide.read(db, rig.radio.badges(), False, rig.now_ms + later_ms))
    return {key: one and (one.well, one.says, one.count, one.names) for key, one in found.items()}


def test_both_languages_ask_and_answer_the_same_and_there_is_a_word_for_each():
    assert set(WORDS["da"]) == set(WORDS["en"])
    for lang, words in WORDS.items():
        assert {f"q_{question}" for question in guide.QUESTIONS} == {key for key in words if key.startswith("q_")}
        for key, text in words.items():
            names = {name for _, name, _, _ in string.Formatter().parse(text) if name}
            assert text and names <= {*FILLED, "names", "day", "who"}, (lang, key)
            other = {name for _, name, _, _ in string.Formatter().parse(WORDS["en"][key]) if name}
            assert names == other, key
    source = guide.__file__
    with open(source, encoding="utf-8") as file:
        said = set(re.findall(r'(?:_some|Answer)\([^"]*?"(\w+)"', file.read()))
    answered = {key[2:].removesuffix("_none") for key in WORDS["en"] if key.startswith("a_")}
    assert answered >= said > {"untested", "times"}


def test_the_list_in_the_docs_says_of_each_question_where_it_is_answered():
    lines = (Path(__file__).parents[1] / "docs" / "guide.md").read_text(encoding="utf-8").splitlines()
    answered = dict(re.findall(r"^\| (.+?\?) \| (.+?) \|$", "\n".join(lines), re.MULTILINE))
    assert list(answered) == [WORDS["en"][f"q_{question}"] for question in guide.QUESTIONS]
    for question in guide.QUESTIONS:
        talk = answered[WORDS["en"][f"q_{question}"]].startswith("a talk")
        assert talk == (question not in guide._LIVE), question


def test_what_cannot_be_known_is_for_a_talk_and_all_else_is_answered(rig):
    found = answers(rig)
    assert list(found) == list(guide.QUESTIONS) and len(set(guide.QUESTIONS)) == len(guide.QUESTIONS)
    talks = {question for question, answer in found.items() if answer is None}
    assert talks == {"leave", "unseen", "assessed", "outside"}


def test_who_is_not_tested_not_worn_alone_or_has_not_practised_is_named(rig):
    found = answers(rig)
    assert found["reach"] == (True, "untested_none", 0, ()) and found["worn"] == (True, "faulty_none", 0, ())
    assert found["tried"] == (False, "not_practised", 3, ("anna", "bo", "carla")) == found["new"]
    rig["bo"].mode = codes.MODE_NOT_READY
    rig["bo"].beat(codes.FAULT_NOT_WORN)
    rig.run(70)
    found = answers(rig)
    assert found["reach"] == (False, "untested", 1, ("bo",)) and found["worn"] == (False, "faulty", 1, ("bo",))
    assert found["within_call"][:3] == (False, "alone", 2) == found["always"][:3]
    rig["anna"].alarm(codes.KIND_EMERGENCY, what=codes.WHAT_RAISED | codes.WHAT_PRACTICE)
    assert answers(rig)["tried"] == (False, "not_practised", 2, ("bo", "carla"))
    assert answers(rig)["could_not"] == (None, "no_alarms", 0, ()), "practice is no alarm"
    for fake in rig.fakes.values():
        fake.mode = codes.MODE_OFF
        fake.beat()
    assert {answers(rig)[key] for key in ("reach", "within_call", "always")} == {(None, "nobody_on_duty", 0, ())}


def test_where_no_alarm_was_ever_taken_nothing_is_said_of_the_others(rig):
    rig["anna"].alarm(codes.KIND_FALL)
    assert answers(rig)["times"] == (False, "times_never", 1, ())
    rig.act("take", 1)
    assert answers(rig)["times"] == (True, "times", 0, ())


def test_who_could_not_reach_help_is_counted_from_unheard_and_unanswered_and_nobody_twice(rig):
    rig["anna"].alarm(codes.KIND_EMERGENCY, 50)  # answered in time
    rig["bo"].answer(rig["anna"])
    rig.act("close", 1, outcome="real")
    rig["anna"].alarm(codes.KIND_EMERGENCY, 51, age_s=40)  # nobody had it for 40 s, and then nobody took it
    rig.run(31)
    rig.act("close", 2)
    rig["anna"].alarm(codes.KIND_FALL, 52, age_s=40)  # the wearer was asked meanwhile
    rig.act("take", 3)
    rig.act("close", 3, outcome="false")
    rig["anna"].alarm(codes.KIND_ASSIST, 53)
    rig.run(31)
    rig.act("take", 4)
    with rig.store.engine.connect() as db:
        answer = guide.answers(guide.read(db, rig.radio.badges(), False, rig.now_ms))["could_not"]
    assert (answer.count, answer.well, answer.more) == (2, False, {"all": 4, "unheard": 1, "unanswered": 2})
    assert answers(rig, 91 * 86_400_000)["could_not"][1] == "no_alarms"
    found = answers(rig)
    assert found["times"] == (False, "times", 1, ()) and found["said"] == (False, "unsaid", 1, ()) == found["learned"]
    assert found["after"] == (True, "follow_up", 0, ())
    assert answers(rig, 73 * 3_600_000)["after"] == (False, "follow_up", 2, ()), "a false alarm wants none"


def test_plans_that_reach_nobody_or_say_nothing_and_red_visits_without_an_agreement_are_named(rig):
    found = answers(rig)
    assert found["who_comes"][0] is False and "assist, 3. notify" in found["who_comes"][3]
    assert found["agreed"] == (False, "no_agreement", 2, ("assist", "everything else")) == found["agreement"]
    assert found["red"] == (None, "no_red_visit", 0, ()) == found["risk"] and found["never_alone"][1] == "rule_off"
    rig.act("visit", 1, colour="red", minutes=1)
    rig.act("visit", 2, colour="green")
    assert answers(rig)["red"] == (False, "red_without", 1, ("anna",))
    rig.plan(plan(badges(0), rules={"red_not_alone": True}))
    assert answers(rig)["never_alone"] == (True, "rule_red_none", 0, ())
    for name in ("bo", "carla"):
        rig[name].mode = codes.MODE_OFF
        rig[name].beat()
    rig.run(60)
    assert answers(rig)["never_alone"] == (False, "rule_red", 1, ("anna",))
    assert answers(rig)["come_back"] == (False, "overdue", 1, ("anna",))
    both = plan(badges(0), {"do": "notify", "after_s": 9, "to": ["ntfys://x.example/a"]})
    both["plans"][0]["agreement"] = "Two go together."
    rig.plan(both)
    found = answers(rig)
    assert found["red"] == (True, "red_without_none", 0, ()) and found["agreed"][0] is True
    assert found["who_comes"] == (True, "reaches_nobody_none", 0, ())
    rig.radio.waiting_jobs(rig.now_ms)
    from tools.gateway.jobs import trials

    with rig.radio.moment(rig.now_ms) as at:
        (one,) = trials.due(at)
        for _ in range(2):
            trials.done(at, one.key, "refused")
    assert answers(rig)["who_comes"] == (False, "reaches_nobody", 1, ("all, 2. notify",))


@pytest.mark.parametrize("lang", WORDS)
def test_any_text_is_shown_as_text_and_names_only_to_who_may_see_them(lang):
    some = guide.Answer(False, "not_practised", 40, (EVIL, "Bo"), {"all": 50})
    found = dict.fromkeys(guide.QUESTIONS, some)
    talked = {"reach": (1_790_000_000_000, EVIL)}
    page = Texts(guide_page.html(found, talked, lang, True, True, True))
    assert page.text.count(EVIL) == len(guide.QUESTIONS) + 1
    assert "img" not in page.tags and "onerror" not in page.attributes
    assert page.text.count(WORDS[lang]["and_more"].format(count=38)) == len(guide.QUESTIONS)
    unnamed = Texts(guide_page.html(found, {}, lang, False, False, False))
    assert EVIL not in unnamed.text and "Bo" not in unnamed.text and "button" not in unnamed.tags
    assert WORDS[lang]["h_leaders"] not in unnamed.text and WORDS[lang]["q_outside"] not in unnamed.text
    for well, mark in ((None, "open"), (True, "well"), (False, "look")):
        answer = guide.Answer(well, "equipment", 2, ("Bo", "Al"), FILLED)
        assert WORDS[lang][mark] in guide_page._answer(answer, lang, True)
    for key in [key for key in WORDS[lang] if key.startswith("a_")]:
        assert "{" not in guide_page.sentence(guide.Answer(None, key[2:], 2, ("Bo",), FILLED), lang)


async def test_each_role_reads_and_writes_what_is_its_own_and_a_talk_stands_with_its_day_and_person(tmp_path):
    store, (anna, _) = house(tmp_path)
    async with served(store) as (url, _), Browser(url) as nobody:
        assert "data-question" in (await nobody.get("/guide"))[1]  # no account yet: at the gateway's own screen
        assert (await nobody.post("/api/guide/reach/talked", {"by": "Bo"}))[0] == 200
    for role in permissions.ROLES:
        made(store, f"the {role}", role, anna if role == "wearer" else None)
    async with served(store) as (url, _):
        for role in permissions.ROLES:
            async with Browser(url) as one:
                assert (await one.get("/guide"))[0] == 303 and (await one.get("/guide.js"))[0] == 303
                assert (await one.sign_in(f"The {role.upper()}"))[0] == 200
                _, text, _ = await one.get("/guide?lang=en")
                assert (WORDS["en"]["h_leaders"] in text) == (role in permissions.MONTHS), role
                assert ("Anna, Bo" in text) == (role != "wearer"), role
                for question, roles in (("reach", permissions.TALKS), ("times", permissions.MONTHS)):
                    status, _, _ = await one.post(f"/api/guide/{question}/talked", {"by": "Mallory"})
                    assert (status == 200) == (role in roles) and status in (200, 403), (role, question, status)
                if role in permissions.TALKS:
                    _, text, _ = await one.get("/guide?lang=en")
                    assert re.search(r"Talked about on \d{4}-\d\d-\d\d, written by", text)
                    for wrong in ("nothing", "reach%2F", ""):
                        assert (await one.post(f"/api/guide/{wrong}/talked", {}))[0] == 404
                    async with one.session.post("/api/guide/agreed/talked", data=b"[",
                                                headers={"Content-Type": "application/json",
                                                         "X-Kald-Csrf": one.csrf}) as answer:
                        assert answer.status == 400
    with store.engine.connect() as db:
        talks = db.exec_driver_sql("SELECT question, who FROM guide_talks").all()
    assert ("reach", "Bo") in talks and "Mallory" not in {who for _, who in talks}
    assert len([who for question, who in talks if question == "reach"]) == 1, "the same talk once"
    assert {who for question, who in talks if question == "times"} <= {"the manager", "the administrator"}


@pytest.mark.parametrize("given", [
    [], None, 7, "x", {}, {"by": ""}, {"by": "\u202e"}, {"by": ["Bo"]}, {"by": "x" * 41}])
async def test_what_names_nobody_writes_nothing(given, tmp_path):
    store, _ = house(tmp_path)
    async with served(store) as (url, _), Browser(url) as one:
        async with one.session.post("/api/guide/reach/talked", data=json.dumps(given),
                                    headers={"Content-Type": "application/json"}) as answer:
            assert answer.status == 400 and await answer.text()
    with store.engine.connect() as db:
        assert not guide.talked(db)
