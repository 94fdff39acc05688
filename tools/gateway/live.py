"""What does an open page hear? All facts once, then what has changed, and a beat every two seconds.

Server-sent events. `whole` holds all facts; `change` what is new since the event before it, under `from`; both have an
id. `beat` holds the gateway's clock. A page that comes back names the last id that it has (`?after=`): it gets what it
lacks, or the whole where that is not known any more, as after a restart.

A beat says that the loop which answers badges goes round. When that stands still there is none, though the page is
still served, and so the page cannot look calm.

A change: {"from": id, "rows": {section: {"order": keys, only if it is another, "rows": those that are new or other}},
"other": {section: as it is now}}. Sections of many rows go by rows: one badge's heartbeat is not sent as three hundred.
"""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from tools.gateway import board

BEAT_S = 2.0
LOOK_S = 0.2
STILL_S = 4.0  # a loop that has not gone round for so long is not vouched for
KEPT = 100  # changes: half a minute of a house in which much happens
KEYS = {"alarms": "id", "badges": "device"}
Facts = dict[str, Any]


def change(before: Facts, after: Facts) -> dict[str, Any]:
    """Return what makes `after` of `before`, without "from"."""
    rows: dict[str, Any] = {}
    for section, key in KEYS.items():
        old, new = before.get(section, []), after.get(section, [])
        if old == new:
            continue
        known = {row[key]: row for row in old}
        part: dict[str, Any] = {"rows": [row for row in new if known.get(row[key]) != row]}
        order = [row[key] for row in new]
        if order != [row[key] for row in old]:
            part["order"] = order
        rows[section] = part
    other = {name: part for name, part in after.items() if name not in KEYS and part != before.get(name)}
    return {"rows": rows, "other": other}


class Live:
    """The streams of one gateway. shown(): its facts; turn_age_s(): how long ago its loop went round; now_ms()."""

    def __init__(self, shown: Callable[[], Facts], turn_age_s: Callable[[], float], now_ms: Callable[[], int]):
        self._shown, self._turn_age_s, self._now_ms = shown, turn_age_s, now_ms
        self._run = secrets.token_hex(4)  # of this gateway's life: an earlier one's numbers mean nothing
        self._number = 0
        self._facts: Facts = {}
        self._whole: tuple[int, str] = (-1, "")
        self._changes: deque[tuple[int, str]] = deque(maxlen=KEPT)  # (number, event)

    def _look(self) -> None:
        facts = self._shown()
        if facts is self._facts or facts == self._facts:
            return
        if self._facts:
            said = board.text({"from": self._id(self._number), **change(self._facts, facts)})
            self._changes.append((self._number + 1, f"event: change\nid: {self._id(self._number + 1)}\n"
                                                    f"data: {said}\n\n"))
        self._number += 1
        self._facts = facts

    def _id(self, number: int) -> str:
        return f"{self._run}-{number}"

    def since(self, last: str) -> tuple[str, str]:
        """Return (the events for a page whose last id is `last`, the id that it then has)."""
        self._look()
        now = self._id(self._number)
        if last == now:
            return "", now
        run, _, number = last.partition("-")
        if run == self._run and number.isascii() and number.isdecimal() and len(number) < 16:
            lacks = [text for each, text in self._changes if each > int(number)]
            if len(lacks) == self._number - int(number):
                return "".join(lacks), now
        if self._whole[0] != self._number:
            self._whole = self._number, f"event: whole\nid: {now}\ndata: {board.text(self._facts)}\n\n"
        return self._whole[1], now

    async def follow(self, last: str, write: Callable[[bytes], Awaitable[None]]) -> None:
        """Tell one page, whose last id is `last`, until `write` raises."""
        beat_at = 0.0
        while True:
            text, last = self.since(last)
            if time.monotonic() >= beat_at and self._turn_age_s() < STILL_S:
                beat_at = time.monotonic() + BEAT_S
                text += f'event: beat\ndata: {{"now_ms": {self._now_ms()}}}\n\n'
            if text:
                await write(text.encode())
            await asyncio.sleep(LOOK_S)
