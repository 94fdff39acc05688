"""How does an update leave a badge that calls, whenever it is cut short? It goes into the slot that does not run.

On the badge there is room for two trees, /a and /b. The new one is copied beside the one that runs, compared there with
a list of sizes and digests, and becomes the one that runs by one rename (firmware/board/slots.py, boot.py). On a
badge that is paired it is then on trial until a gateway has acknowledged it, or the tree before comes back by itself
(firmware/board/trial.py). Files that are in the slot already are not copied again.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from firmware import codes
from tools.flash import copy, tree
from tools.flash.cable import Refusal
from tools.flash.constants import Shared
from tools.flash.copy import SLACK_BYTES, build
from tools.flash.prompt import Prompt, opened
from tools.flash.proof import started
from tools.flash.sources import identity

ROOT = Path(__file__).resolve().parent.parent.parent
_SHARED = ROOT / "firmware" / "board" / "slots.py"
_SCRIPTS = [ROOT / "tools" / "flash" / "onchip" / name for name in ("open_alarm.py", "slots.py")]
TRIAL = "on trial"
WHYS = {  # why a badge does not believe a tree
    codes.WHY_SEAL: "the list is not sealed with this badge's key",
    codes.WHY_OLDER: "it was made before what runs; is the clock of whoever made it right?",
    codes.WHY_CHIP: "it is {more}",
    codes.WHY_TORN: "{more} did not arrive whole",
}


Keys = tuple[bytes, bytes]  # of a badge, up and down
KeysOf = Callable[[int, str], Keys]  # of its number and the mark of its key; raises Refusal


class Flashed(NamedTuple):
    """Files in the slot, whether the tree has to prove itself before it stays, and what it says at its start.

    vouched: whether the list is sealed as far as the badge could know by whom: one without a pairing cannot.
    """

    files: int
    trial: bool
    says: str
    vouched: bool


class NoRoom(Refusal):
    """Nothing that runs was changed."""


def scripts() -> str:
    """Return what a badge's prompt is told first."""
    shared = Shared(ROOT).inline(_SHARED.read_text(encoding="utf-8"), "firmware.board.slots")
    return "\n".join([shared, *(path.read_text(encoding="utf-8") for path in _SCRIPTS)])


def flash(root: str | Path, port: str, slack: int = SLACK_BYTES, hear: Callable[[str], None] = lambda line: None,
          keys_of: KeysOf | None = None, in_alarm: bool = False) -> Flashed:
    """Put the firmware of `root` beside the badge's own, and make it run.

    Raises Refusal; what ran before then runs on. slack: bytes that stay free. hear(line) is told of progress. keys_of:
    where the keys of a badge are known; the list is then sealed with them, and a paired badge believes no other, as
    over the air. Without, and before a badge is paired, the cable alone vouches for it. in_alarm: also while an alarm
    is open.
    """
    with opened(port) as prompt:
        begin(prompt, in_alarm)
        keys, vouched = _keys(prompt, keys_of)
        slot = prompt.run("begin()").strip().splitlines()[-1]
        try:
            files, trial = _filled(prompt, Path(root), slot, slack, hear, keys, spare=True)
        except NoRoom:
            files, trial = _filled(prompt, Path(root), slot, slack, hear, keys, spare=False)
        hear("starting")
        return Flashed(files, trial, started(prompt), vouched)


def flash_romfs(root: str | Path, port: str, lora: str = "", keys_of: KeysOf | None = None,
                in_alarm: bool = False) -> bool:
    """Put the firmware of `root` into the ROMFS of the badge at `port`; return whether its list is `vouched`.

    Before anything is written over, the badge believes the list, as `flash` has it do. lora: as copy.build wants it.
    Raises Refusal.
    """
    vouched = True

    def believed(sizes: dict[str, int], digests: dict[str, str]) -> bytes:
        nonlocal vouched
        with opened(port) as prompt:
            begin(prompt, in_alarm)
            keys, vouched = _keys(prompt, keys_of)
            data = _list(prompt, Path(root), sizes, digests, keys)
            prompt.run("folders('next', ())")
            prompt.copy("/next/list", data)
            why, more = prompt.ask(f"print(whole(wrong_list('next', {keys is not None})))")
            if why:
                prompt.run("whole(empty('/next'))")
                raise Refusal(f"{WHYS[why].format(more=more)}: try again with another cable or USB port; the badge "
                              "runs what it had")
            return data

    copy.flash(root, port, lora, believed)
    return vouched


def begin(prompt: Prompt, in_alarm: bool = False) -> None:
    """Tell the badge's prompt `scripts`. Raises Refusal while an alarm is open, unless that is wanted."""
    prompt.run(scripts())
    if not in_alarm and prompt.ask("print(open_alarm())"):
        raise Refusal("an alarm is open on this badge, and nothing was changed: close it at the board first, or "
                      "say --in-alarm; it calls on meanwhile, but not while it is flashed")


def _keys(prompt: Prompt, keys_of: KeysOf | None) -> tuple[Keys | None, bool]:
    """Return the badge's keys, where they are known, and whether its list is `vouched`. Raises Refusal."""
    device, mark = prompt.ask("whose()")
    keys = keys_of(device, mark) if keys_of and device else None
    return keys, keys is not None or not device


def _filled(prompt: Prompt, root: Path, slot: str, slack: int, hear: Callable[[str], None],
            keys: Keys | None, spare: bool) -> tuple[int, bool]:
    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        out = Path(folder)
        digests = build(root, out, spare, slot=slot)
        files = {path: (out / path[1:]).read_bytes() for path in digests}
    sizes = {path: len(data) for path, data in files.items()}
    same = prompt.ask(f"room({slot!r}, {sizes!r}, {slack})")
    if isinstance(same, int):
        raise NoRoom(f"the badge lacks {same} KB of room for a second tree beside the one that runs; that one was not "
                     "changed: remove what is not Kald's (mpremote fs ls, fs rm), or erase it and install MicroPython "
                     "anew")
    wanted = {path: data for path, data in files.items() if same.get(path) != digests[path]}
    parents = {str(parent) for path in wanted for parent in Path(path).parents} - {"/"}
    prompt.run(f"folders({slot!r}, {sorted(parents)!r})")
    left = sum(map(len, wanted.values()))
    for count, (path, data) in enumerate(wanted.items()):
        hear(f"{count} of {len(wanted)} files, {left // 1024} KB left")
        prompt.copy(f"/{slot}{path}", data)
        left -= len(data)
    prompt.copy(f"/{slot}/list", _list(prompt, root, sizes, digests, keys))
    said = prompt.run(f"adopt({slot!r}, {keys is not None})").strip().splitlines()[-1]
    if said.startswith("refused: "):
        why, _, more = said.removeprefix("refused: ").partition(" ")
        raise Refusal(f"{WHYS[int(why)].format(more=more)}: try again with another cable or USB port; the badge runs "
                      "what it had")
    return len(files) - 1, said == TRIAL


def _list(prompt: Prompt, root: Path, sizes: dict[str, int], digests: dict[str, str], keys: Keys | None) -> bytes:
    before = prompt.ask("print(head(running() or ''))")
    made_min = max(int(time.time()) // 60, int(before[2]) if len(before) == 6 else 0)
    return tree.sealed(tree.listed(tree.version(identity(root)), made_min, sizes, digests), keys)
