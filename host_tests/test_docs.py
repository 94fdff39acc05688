"""Is what the documents point at there? Links, commands and their options, files, examples of settings and plans."""

import functools
import importlib
import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from firmware import limits
from firmware.link.seal import TAG_BYTES
from firmware.settings import read_settings
from tools import kald
from tools.gateway import ack_cache, deadlines, duty, plans
from tools.gateway.core import frames

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("lib/*.md"),
                 *ROOT.glob("tools/**/*.md"))
)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
_COMMAND = re.compile(r"(?:tools/kald\.py|`kald|^ +kald) ([a-z]+)((?: [^`\n]*)?)", re.M)
_FILE = re.compile(r"`((?:firmware|tools|lib|host_tests|docs|\.ci)/[\w./-]+\.\w+)`")


_S = 1000
_NUMBERS = (  # document, words around a number, what the number is in the code
    ("README.md", "a hold of {} s", limits.HOLD_MS / _S),
    ("docs/wearer.md", "presses within {} s", limits.MASH_MS / _S),
    ("docs/wearer.md", "a hold of {} s", limits.HOLD_MS / _S),
    ("docs/wearer.md", "the badge calls after {} s", limits.PRE_ALARM_MS / _S),
    ("docs/wearer.md", "({} s for a check-in)", limits.CHECK_IN_PRE_ALARM_MS / _S),
    ("docs/wearer.md", "comes {} s after", limits.UNANSWERED_MS / _S),
    ("docs/wearer.md", "and once in {} h", limits.READY_MS / 3600 / _S),
    ("docs/da/wearer.md", "tryk inden for {} s", limits.MASH_MS / _S),
    ("docs/da/wearer.md", "eller hold nede i {} s", limits.HOLD_MS / _S),
    ("docs/da/wearer.md", "Ellers kalder den efter {} s", limits.PRE_ALARM_MS / _S),
    ("docs/da/wearer.md", "kommer {} s efter", limits.UNANSWERED_MS / _S),
    ("docs/hardware.md", "Below {} % it is a fault", limits.BATTERY_LOW),
    ("docs/hardware.md", "above {} % it is well", limits.BATTERY_WELL),
    ("docs/security.md", "a check-in after {} min", limits.FOLLOW_UP_MS / 60 / _S),
    ("docs/security.md", "tag of {} bytes", TAG_BYTES),
    ("docs/protocol.md", "in flash, {} at a time", limits.COUNTER_BLOCK),
    ("docs/protocol.md", "replay window** of {} counters", frames.WINDOW),
    ("docs/protocol.md", "and every {} s while the alarm is open", limits.REFRESH_MS / _S),
    ("docs/protocol.md", "battery and fault bits. Every {} s on Wi-Fi", limits.HEARTBEAT_MS / _S),
    ("docs/protocol.md", "on Wi-Fi, {} s on LoRa", limits.METERED_BEAT_MS / _S),
    ("docs/protocol.md", "tries again: after {} s", limits.RETRY_FIRST_MS / _S),
    ("docs/protocol.md", "of way and within {} s", ack_cache.SPAN_MS / _S),
    ("docs/manager.md", "for {} minutes: the plan goes on", plans.ARRIVE_S / 60),
    ("docs/manager.md", "silent for {} heartbeats", duty.BEATS),
    ("docs/operator.md", "silent for {} heartbeats", duty.BEATS),
    ("docs/glossary.md", "nobody has taken it for {} s", deadlines.UNANSWERED_MS / _S),
)
_WORDS = {"two": 2, "three": 3}


@functools.cache
def text(document):
    return (ROOT / document).read_text(encoding="utf-8")


def anchors(document):
    """Return the anchors of a document's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", text(document), flags=re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def links(document):
    """Return the targets of all links and pictures in a document that lead into this repository."""
    found = [one or other for one, other in _LINK.findall(text(document))]
    return [target for target in found if not re.match(r"[a-z]+:", target)]


@functools.cache
def options(command):
    """Return all options that a command's --help names."""
    parsed = importlib.import_module(f"tools.cli.{command}")
    said = []
    with pytest.raises(SystemExit), pytest.MonkeyPatch.context() as patch:
        patch.setattr("argparse.ArgumentParser.print_help", lambda parser, file=None: said.append(parser.format_help()))
        parsed.main(["--help"])
    return set(re.findall(r"--[a-z][\w-]*", said[0]))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document):
    broken = []
    for target in links(document):
        path, _, anchor = target.partition("#")
        place = ((ROOT / document).parent / unquote(path)).resolve() if path else ROOT / document
        if not place.exists() or not place.is_relative_to(ROOT):
            broken.append(target)
        elif anchor and anchor not in anchors(place.relative_to(ROOT).as_posix()):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_and_option_exists(document):
    known = kald.commands()
    for command, rest in _COMMAND.findall(text(document)):
        assert command in known, command
        if command != "test":
            asked = set(re.findall(r"(?<!\S)--[a-z][\w-]*", rest.split("  ")[0]))
            assert asked <= options(command), f"kald {command} has no {asked - options(command)}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_is_named_is_there(document):
    if document != "CHANGELOG.md":  # which tells of what was, too
        assert not [path for path in _FILE.findall(text(document)) if not (ROOT / path).exists() and "NAME" not in path]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_example_of_settings_and_plans_is_right(document):
    for example in re.findall(r"```json\n(.*?)```", text(document), re.S):
        given = json.loads(example)
        plans.check(given) if "plans" in given else read_settings(example)


@pytest.mark.parametrize("document, words, number", _NUMBERS)
def test_a_number_in_a_document_is_that_of_the_code(document, words, number):
    before, after = (re.escape(part).replace("\\ ", r"\s+") for part in words.split("{}"))
    found = re.search(rf"{before}([\d.,]+|{'|'.join(_WORDS)}){after}", text(document))
    assert found, f"{document} does not say: {words}"
    assert float(_WORDS.get(found[1], found[1].replace(",", "."))) == number


def test_every_document_is_reached_from_the_readme_and_every_command_is_told_of():
    reached, left = set(), ["README.md"]
    while left:
        document = left.pop()
        reached.add(document)
        for target in links(document):
            path = ((ROOT / document).parent / target.partition("#")[0]).resolve()
            inner = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else ""
            if inner in DOCUMENTS and inner not in reached:
                left.append(inner)
    assert not {one for one in DOCUMENTS if one.startswith("docs/")} - reached
    told = {command for document in DOCUMENTS for command, _ in _COMMAND.findall(text(document))}
    assert not set(kald.commands()) - told


def test_the_wearer_reads_as_much_in_danish_as_in_english():
    shape = [[line[: line.index(" ")] for line in text(document).splitlines() if re.match(r"#+ |\d\. |\* |\| ", line)]
             for document in ("docs/wearer.md", "docs/da/wearer.md")]
    assert shape[0] == shape[1]


def test_the_readme_is_read_in_five_minutes():
    words = re.sub(r"```.*?```|<[^>]*>|https?:\S+", "", text("README.md"), flags=re.S).split()
    assert len(words) < 1100  # some 220 a minute


def test_the_case_keeps_seats_off_the_button_and_lets_a_glove_find_it():
    said = {name: [float(one) for one in numbers.split(",")] for name, numbers in re.findall(
        r"^(\w+) = \[([\d., ]+)\];", text("docs/case/badge.scad"), re.M)}
    assert said["collar"][1] - said["cap"][1] == 0.5 and said["cap"][0] == 16 and said["collar"][0] > said["cap"][0] + 4
    assert "half a millimetre higher than the cap" in text("docs/hardware.md").replace("\n", " ").replace("  ", " ")
