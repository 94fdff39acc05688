"""Does the command line speak Danish to who asks for it: each -h, wrong word and refusal, and nothing by half?"""

import ast
import importlib
import re
from itertools import chain

import pytest

from test_help import COMMANDS
from tools import kald, spoken
from tools.cli import _help, selftest
from tools.flash import chip, console, faults, pairing, slots
from tools.flash.cable import Refusal
from tools.gateway import backup, ring, store

ROOT = kald.ROOT
CLI, FLASH = sorted((ROOT / "tools/cli").glob("*.py")), sorted((ROOT / "tools/flash").glob("*.py"))
ROOMS = [ROOT / f"tools/gateway/{room}.py" for room in ("backup", "client", "forgetting", "groups", "key_ring",
                                                         "report", "ring", "shared", "store", "transfer")]


ENGLISH = ("check", "evaluate", "train")  # what they say is a developer's
ON_CHIP = ROOT / "tools/flash/onchip/selftest.py"


def branches(node):
    """Return the expressions of which one is said."""
    if isinstance(node, ast.IfExp):
        return branches(node.body) + branches(node.orelse)
    return list(chain(*map(branches, node.values))) if isinstance(node, ast.BoolOp) else [node]


def sentence(node):
    """Return the text that an expression makes, {} for what differs; None for what is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [sentence(node.left), sentence(node.right)]
        return None if parts == [None, None] else "".join(part or "{}" for part in parts)
    return None


def on_chip():
    """Return what a badge says in its self-test, {} for what differs there."""
    tree = ast.parse(ON_CHIP.read_text(encoding="utf-8"))
    named = [node.args[1].value for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) > 2
             and isinstance(node.args[1], ast.Constant) and getattr(node.func, "id", "") == "say"]
    told = [text for text in map(sentence, ast.walk(tree)) if text and " " in text.strip(": ;")]
    documents = {ast.get_docstring(node, clean=False) for node in ast.walk(tree)
                 if isinstance(node, (ast.FunctionDef, ast.Module))}
    texts = {re.sub(r"%0?\d*[dxs]", "{}", text).replace("%%", "%") for text in {*told, *named} - documents}
    return {text for text in texts if re.search("[a-z]{3}", text) and text[:1] != ":" and text[-1] != " "}


def sentences():
    """Return {sentence: where} of what is told to people at the command line."""
    found = {}
    for path in (*CLI, *FLASH, *ROOMS):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            told = [each.value for each in node.keywords if each.arg == "help" and name == "add_argument"]
            if name == "Refusal" or path in CLI and name == "error" or path not in CLI and name == "Wrong":
                told += node.args[:1]
            if path in CLI and name in ("tell", "say") and path.stem not in ENGLISH or name == "hear" and (
                    path.stem != "chip_check"):
                told += branches(node.args[0]) if node.args else []
            if path in CLI and name == "parser":
                told += node.args[1:2]
            found |= {text: path.name for text in map(sentence, told)
                      if text and re.search("[a-z]", text.replace("{}", ""))}
    for what in chain(*_help.EXAMPLES.values()):
        found[what[1]] = "_help.py"
    found |= dict.fromkeys(on_chip(), ON_CHIP.name)
    found[str(backup.Counts(*["{}"] * len(backup.Counts._fields)))] = "backup.py"
    tables = (pairing._TROUBLE, pairing._LORA_TROUBLE, slots.WHYS, faults.ADVICE, dict(console._MEANING),
              dict(chip._WHY))
    found |= {text.replace("{more}", "{}"): "a table" for table in tables for text in table.values()}
    more = (*_help.CODES.values(), *kald.commands().values(), *[what for _, what in kald.EXAMPLES])
    found |= dict.fromkeys(more, "kald")
    return found


def test_every_sentence_of_the_command_line_is_there_in_danish_with_the_same_things_in_it():
    missing = [f"{where}: {text}" for text, where in sentences().items() if text not in spoken.catalogue()]
    assert not missing, "tools/danish.txt lacks:\n" + "\n".join(missing)
    for english, danish in spoken.catalogue().items():
        assert danish and danish.count("{}") == english.count("{}"), english


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_each_command_is_danish_where_that_is_asked_for_and_no_english_is_left(command, capsys):
    for words in (["--lang", "da", "-h"], ["-h", "--lang=da"]):
        with pytest.raises(SystemExit) as end:
            importlib.import_module(f"tools.cli.{command}").main(words)
        told = " ".join(capsys.readouterr().out.split())
        assert end.value.code == 0 and told.startswith(f"brug: kald {command}")
        assert "for eksempel" in told and "exitkode: 0 gjort" in told
        for english, danish in spoken.catalogue().items():
            assert len(english) < 12 or english not in told or english in danish, english


@pytest.mark.parametrize("terminal, lang, says", [
    ("da_DK.UTF-8", [], "ukendte ord: --no-such-word"), ("da_DK.UTF-8", ["--lang", "en"], "unrecognized arguments"),
    ("C", ["--lang", "da"], "ukendte ord"), ("C", [], "unrecognized arguments"),
    ("C", ["--lang", "x"], "invalid choice"),
])
def test_a_wrong_word_is_refused_in_the_language_of_the_terminal_or_that_asked_for(terminal, lang, says, capsys,
                                                                                  monkeypatch):
    monkeypatch.setenv("LANG", terminal)
    monkeypatch.delenv("LC_ALL", raising=False)
    with pytest.raises(SystemExit) as end:
        importlib.import_module("tools.cli.ring").main(["show", "--no-such-word", *lang])
    assert end.value.code == 2 and says in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("refusal, danish", [
    (Refusal("there are several serial ports (COM3, COM4): name the badge's"),
     "der er flere serielle porte (COM3, COM4): nævn brikkens"),
    (store.Refusal("cannot read x y: there is no alarm 7"), "x y kan ikke læses: der er ingen alarm 7"),
    (ring.Wrong("the line must be one of at most 120 letters that can be printed"),
     "linjen skal være på højst 120 tegn, som kan skrives ud"),
    (Refusal("it starts again and again: flash it once more; if that does not help, please send us what kald monitor "
             "prints"),
     "den starter igen og igen: flash den en gang til; hjælper det ikke, send os det, kald monitor skriver"),
    (Refusal("badge 7 has no keys any more, and the house does not miss it. Next: kald pair"),
     "brik 7 har ingen nøgler mere, og huset savner den ikke. Nu: kald pair"),
    (Refusal("what no catalogue knows"), "what no catalogue knows"),
    (Refusal("there is no badge {} {0}"), "der er ingen brik {} {0}"),
])
def test_a_refusal_of_any_room_is_told_in_the_language_that_is_spoken(refusal, danish):
    english = str(refusal)
    spoken.listen(["--lang", "da"])
    assert str(refusal) == danish
    spoken.listen(["--lang", "en"])
    assert str(refusal) == english == refusal.args[0]


@pytest.mark.parametrize("line, danish", [
    ("ok board: devkit, esp32 at 160 MHz, reset cause 1", "ok kort: devkit, esp32 ved 160 MHz, genstartsårsag 1"),
    ("not ok accelerometer: lis3dh at 0x18 does not answer: check its supply and the wires SDA (GPIO 21) and "
     "SCL (GPIO 22)", "ikke ok accelerometer: lis3dh på 0x18 svarer ikke: se efter dens forsyning og ledningerne SDA "
     "(GPIO 21) og SCL (GPIO 22)"),
    ("not ok noise: noise of x, y, z from peak to peak 9, 9, 300 mg: lay the badge down still, and try again",
     "ikke ok støj: støj på x, y, z fra top til top 9, 9, 300 mg: læg brikken stille ned, og prøv igen"),
    ("skip radio: this badge is not paired, so nothing can be sealed; run: kald pair",
     "udeladt radio: denne brik er ikke parret, så intet kan forsegles; kør: kald pair"),
    ("ok Wi-Fi strength: -60 dBm", "ok Wi-Fi's styrke: -60 dBm"), ("what no chip says", "what no chip says"),
    ("All that was tried is well. Not tried: button, motor.",
     "Alt, hvad der blev prøvet, er i orden. Ikke prøvet: knap, motor."),
    ("Not well: noise, battery", "Ikke i orden: støj, batteri"),
    ("the firmware is on the badge at COM3 (as files; an image (firmware/manifest.py) would save 50 KB of heap; it "
     "stays if a gateway answers it within ten minutes, else the one before comes back), and it has started: on devkit "
     "with 90000 bytes free. MicroPython 1.25 on Generic ESP32 module with ESP32. Next: kald selftest, with hands",
     "firmwaren er på brikken ved COM3 (som filer; et image (firmware/manifest.py) ville spare 50 KB hukommelse; den "
     "bliver, hvis en gateway svarer den inden ti minutter, ellers kommer den forrige tilbage), og den er startet: på "
     "devkit med 90000 bytes frie. MicroPython 1.25 på Generic ESP32 module with ESP32. Nu: kald selftest, med hænder"),
])
def test_what_a_badge_says_of_itself_is_told_in_danish(line, danish):
    spoken.listen(["--lang", "da"])
    assert selftest.shown(line) == danish
    spoken.listen(["--lang", "en"])
    assert selftest.shown(line) == line


def test_the_list_of_commands_is_danish_too(capsys):
    assert kald.main(["-h", "--lang", "da"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("brug: ") and "slutter en briks besøg" in told and "for eksempel" in told
    with pytest.raises(SystemExit):
        kald.main(["flas", "--lang", "da"])
    assert capsys.readouterr().err.strip() == "kald: der er ingen kommando flas; mener du flash? kald -h viser dem"


def test_what_stands_behind_a_command_is_danish_too(capsys):
    with pytest.raises(SystemExit) as end:
        importlib.import_module("tools.cli.gateway").main(["forget", "9", "--lang", "da"])
    told = capsys.readouterr().err
    assert end.value.code == 2 and told.startswith("brug: kald gateway forget") and "fejl: " in told
