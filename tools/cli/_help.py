"""What does `kald COMMAND -h` say? Its description, its words, examples to type, and what its exit code means.

Each command takes its parser from here. Examples are data, so that a test can hold each against the command's own
words; whoever adds a command adds its examples.
"""

import argparse
import codecs
import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, ParamSpec

from tools import spoken
from tools.spoken import said

P = ParamSpec("P")
EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {  # command: (words, what for)
    "account": (("list --data house", "who may sign in"), ("add Eva manager --data house", "a person; prints a code"),
                ("disable Eva --data house", "shut out, at once")),
    "backup": (("house.kald --data house", "the whole house, while it runs"),
               ("house.kald --data house --without-keys", "to look at elsewhere")),
    "bench": (("--quick", "the figures that take seconds"), ("--json", "all of them, for machines")),
    "boards": (("", "each kind of board and its wires"), ("heltec_v3", "one of them")),
    "bridge": (("", "which bridges are on USB, and how they are"),
               ("--update --data house", "this checkout's firmware onto each of them, while the gateway runs"),
               ("--forget 1 --data house", "no longer missed when it is away")),
    "card": (("--lang da --out card.html", "for the wearer, on a sheet of A5"),
             ("--lang en --settings house.toml --profile night", "with this house's times")),
    "check": (("--board heltec_v3 --out report.json", "a new kind of board, or a new MicroPython"),
              ("--json", "a badge that is paired knows its board")),
    "close": (("12 --by Eva --outcome real", "it was one"), ("12 --by Eva --outcome false", "a false alarm")),
    "completion": (("bash", "its output goes to the end of ~/.bashrc"), ("zsh", "the same for ~/.zshrc")),
    "config": (("new --lang en --out house.toml", "every setting, its bounds and its usual value"),
               ("check house.toml", "is it right, every profile of it?"),
               ("diff house.toml --profile night", "what differs on the badge on the cable"),
               ("write house.toml --profile night", "onto that badge, which starts again")),
    "demo": (("", "a house on this machine, and what happens in it"), ("--story shift --keep", "a day, and stay")),
    "draw": (("", "after a change of table, settings or wiring"), ("--check", "is anything old?")),
    "energy": (("", "counts a badge's days anew, for docs/figures.md"),),
    "evaluate": (("--data falls --json", "the shipped classifier over recordings"),
                 ("--places houses", "where a badge is said to be")),
    "export": (("12 --data house --out alarm.html", "the record of an alarm"),
               ("--month 2026-11 --data house", "a month's alarms"), ("--crashes --data house", "what badges died of")),
    "flash": (("", "the one badge on the cable"), ("--image ESP32_GENERIC.bin", "a new board, without MicroPython"),
              ("--install --image images", "whatever is on it: erase, MicroPython, firmware"),
              ("--all --data house", "a tray of them, side by side, and a table")),
    "fleet": (("--data house", "versions, batteries, what each badge needs"),
              ("update --by Kim --data house", "this checkout's firmware onto all on their chargers, one at a time"),
              ("update 3 7 --by Kim --at-work", "onto two of them, also while their wearers are at work"),
              ("keep --by Kim --data house", "who waits for an update keeps what it has")),
    "forget": (("\"Anna Berg\" --data house", "who asks to be taken out"),),
    "gateway": (("--data house", "serves badges and the board"),
                ("--data house --web-host 10.0.0.2 --tls-cert c.pem --tls-key k.pem", "for the whole house"),
                ("install --data house", "by systemd, from each start on")),
    "group": (("--data house", "who is in which"), ("east 3 4 --data house", "badges 3 and 4 call each other")),
    "hands": (("--count 2000", "presses of many hands, and what becomes of them"),),
    "hunt": (("--seeds 100 --hours 1", "a hundred lives"), ("--list", "what a life may meet"),
             ("--defects 2a 7 --seeds 1..300", "do lives find two faults of before?")),
    "keys": (("revoke 3 --by Eva", "it is lost"), ("renew 3 --by Eva", "somebody may have read it")),
    "monitor": (("", "what the badge on the cable says"), ("--seconds 60", "a minute of it")),
    "notify": (("test --data house", "does the plan reach somebody?"),),
    "pair": (("--name Anna --ssid NAME --gateway 10.0.0.2 --data house", "over Wi-Fi"),
             ("--name Bo --lora --data house", "over LoRa, with a bridge"), ("--bridge 1", "a board for the gateway"),
             ("--name Anna --replace --ssid NAME --gateway 10.0.0.2 --data house", "in a lost one's place")),
    "pictures": (("", "after a change of a page; takes Chromium"),),
    "place": (("add Kitchen --floor 0 --data house", "a room"), ("list --data house", "all that is known")),
    "plan": (("show --data house", "who is called, when"), ("set plan.json --data house", "another")),
    "range": (("--csv walk.csv", "how well each frame is heard on a walk"),
              ("--scan", "how busy each lawful channel is, before one is chosen"),
              ("--places --badge 3 --data house", "learn the rooms")),
    "replay": (("recording.csv --out replay.svg", "what the classifier makes of it"),),
    "report": (("--month 2026-11 --data house", "a month in numbers"),),
    "restore": (("house.kald --data house", "into a folder that is empty"),),
    "retention": (("show --data house", "how long what is kept"), ("run --dry-run --data house", "what would go")),
    "ring": (("show --data house", "whom to ring"), ("set \"Reception 12 34\" --data house", "another")),
    "selftest": (("", "every part; asks you to press and to feel"), ("--no-hands --json", "for machines")),
    "shift": (("test 3 --by Eva", "tries everything"), ("practice 3 --by Eva", "calls nobody for ten minutes"),
              ("off 3 --by Eva", "goes home")),
    "story": (("--seed 7", "a life with faults, told"), ("--seed 7 --scenes 2", "its first two")),
    "take": (("12 --by Eva", "I am coming"),),
    "times": (("", "how long presses take, by radio"), ("--json", "for machines")),
    "train": (("--data falls", "grows the fall forest anew"),),
    "unpair": (("--data house", "the badge on the cable belongs to nobody now"),),
    "visit": (("start 3 --colour yellow --minutes 45 --by Anna", "asks every fifteen minutes"),
              ("end 3 --by Anna", "back")),
    "week": (("--days 1 --thin", "a day of a house"), ("--days 7 --out week.svg", "a week, drawn")),
    "zone": (("show --data house", "by which do its days go?"), ("set Europe/Copenhagen --data house", "another")),
}
CODES = {  # what else than 0 and 2 a command may end with
    "boards": "1 a board cannot work", "check": "1 something is not as the design believes",
    "config": "1 diff: they differ", "flash": "1 a part is not well", "selftest": "1 a part is not well",
    "fleet": "1 an update failed",
    "draw": "1 --check: something is old", "demo": "1 a step was not seen", "times": "1 a time is not as promised",
    **dict.fromkeys(("bridge", "range"), "1 no bridge has answered"), "gateway": "1 forget: there is none",
    **dict.fromkeys(("hunt", "story"), "1 a promise was broken"), "hands": "1 an emergency was not read",
    "week": "1 something went wrong in it", "notify": "1 one was not reached",
}
USUAL = "0 done"


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, said("usage: ") if prefix is None else prefix)


def _whole(word: str) -> int:
    if abs(number := int(word)) >> 31:  # no column of a database holds as much
        raise ValueError
    return number


class Parser(argparse.ArgumentParser):
    """A parser that speaks as --lang or the terminal does. command: whose examples stand at the end of its help."""

    command = ""

    def __init__(self, **more: Any):
        super().__init__(**{"formatter_class": _Formatter, **more})
        self.register("type", int, _whole)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, in the language that the words ask for."""
        words = sys.argv[1:] if args is None else list(args)
        if self.command or any(word.startswith("--lang") for word in words):  # else the top one has listened
            spoken.listen(words)
        if not any("--lang" in action.option_strings for action in self._actions):
            self.add_argument("--lang", choices=spoken.LANGUAGES, default=argparse.SUPPRESS,
                              help="of the answer; usually the terminal's own")
        return super().parse_known_args(words, namespace)

    def format_help(self) -> str:
        """Return its help, all of it in that language."""
        self.description = said(self.description or "")
        for action in [each for top in self._actions for each in (top, *getattr(top, "_choices_actions", ()))]:
            if action.help and action.help != argparse.SUPPRESS:
                action.help = said(action.help)
        for group in self._action_groups:
            group.title = said(group.title or "")
        if self.command:
            self.epilog = _examples(self.command)
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        """End with exit code 2, and one sentence."""
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {said('error')}: {said(message)}\n")


def _examples(command: str) -> str:
    examples = EXAMPLES[command]
    wide = min(60, max(len(words) for words, _ in examples)) + 2
    lines = [f"  kald {command} {words:{wide}} {said(what)}" for words, what in examples]
    codes = [USUAL, *([CODES[command]] if command in CODES else []), "2 refused or not begun: it says why"]
    return "\n".join([said("for example"), *lines, said(f"exit code: {', '.join(map(said, codes))}")])


def parser(command: str, does: str | None) -> Parser:
    """Return the parser of `command`. does: its docstring."""
    made = Parser(prog=f"kald {command}", description=does)
    made.command = command
    return made


def house(made: argparse.ArgumentParser) -> None:
    """Let `made` take where the house's database is: --data and --store."""
    made.add_argument("--data", type=Path, default=Path("."), help="folder of kald.sqlite")
    made.add_argument("--store", metavar="URL", help="postgresql://user@host/database that gateways share")


def as_json(given: object, indent: int | None = None) -> str:
    """Return `given` as JSON for standard output: where that is not in UTF-8, in letters that all have."""
    escaped = codecs.lookup(sys.stdout.encoding or "utf-8").name != "utf-8"
    return json.dumps(given, indent=indent, ensure_ascii=escaped)


def refusing(*refusals: type[Exception], name: str = "kald",
             code: int = 2) -> Callable[[Callable[P, int]], Callable[P, int]]:
    """Have a command that raises one of `refusals` end with `code`, and say it in its sentence, after `name`."""

    def refusing_too(does: Callable[P, int]) -> Callable[P, int]:
        @functools.wraps(does)
        def run(*given: P.args, **more: P.kwargs) -> int:
            try:
                return does(*given, **more)
            except refusals as refusal:
                print(f"{name}: {refusal}", file=sys.stderr)
                return code

        return run

    return refusing_too


def alarm(command: str, does: str | None) -> Parser:
    """Return the parser of a command that acts on an alarm."""
    made = parser(command, does)
    made.add_argument("alarm", type=int, help="its number on the board")
    return made
