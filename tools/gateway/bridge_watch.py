"""Which bridges does the house have, and what is wrong with each? A bridge that once answered is missed when it goes.
"""

import json
from collections.abc import Callable, Iterable

from sqlalchemy import Connection, select

from firmware.board.lora import DOWN
from firmware.bridge import ABSENT
from firmware.link.region import band_of, budget_ms
from tools.gateway import troubles
from tools.gateway.bridges import Fact
from tools.gateway.core.rows import BRIDGE, Bridge
from tools.gateway.core.transaction import Transaction
from tools.gateway.tables import BRIDGES

FAULTS = ("bridge_gone", "bridge_no_radio", "bridge_deaf", "duty_spent")
GONE_MS = 10_000  # a cable that is moved to another socket is back within as long
DEAF_MS = 900_000  # by then it has calibrated its radio many times, and made it anew (firmware/board/lora.py)
NO_RADIO_MS = 10_000  # a chip that does not answer is tried again after 0.5 s, then 1 s
SHARE_PERMILLE = 300  # below this, only alarms go (firmware/link/ledger.py)
ENOUGH_PERMILLE = 350  # so that the alarm does not come and go with every frame


class BridgeWatch:
    """Watches the bridges of one gateway; keeps in mind since when something has looked wrong."""

    def __init__(self) -> None:
        self._since: dict[tuple[int, str], int] = {}  # (number, fault): ms
        self._heard: dict[int, int | None] = {}  # number: how many frames, as it said last

    def look(self, at: Transaction, facts: Iterable[Fact], own: int | None = None,
             missed: Callable[[Bridge], bool] = lambda row: True) -> None:
        """Take what Bridges.facts() says now; raise and clear technical alarms.

        own: this gateway's number. missed(row): whether it is for this gateway to miss the bridge of this row.
        """
        there = {fact["number"]: fact for fact in facts if fact["number"] is not None}
        for number in there:
            if number not in at.bridges.rows:
                at.bridges.add(number=number, since_ms=at.now_ms, gateway=own)
            at.bridges.put(number, gateway=own)
        known = {row.number for row in at.bridges.rows.values() if missed(row)}
        for number in there.keys() | known:
            fact = there.get(number)
            self._mark(at, number, "bridge_gone", fact is None, GONE_MS)
            if fact:
                self._mark(at, number, "bridge_no_radio", not has_radio(fact), NO_RADIO_MS)
                quiet = fact.get("heard") == self._heard.get(number)
                self._heard[number] = fact.get("heard")
                self._mark(at, number, "bridge_deaf", quiet and _missed(at, number), DEAF_MS)
                left = left_permille(fact)
                if left is not None and (left < SHARE_PERMILLE or left >= ENOUGH_PERMILLE):
                    self._mark(at, number, "duty_spent", left < SHARE_PERMILLE, 0)

    def _mark(self, at: Transaction, number: int, fault: str, wrong: bool, patience_ms: int) -> None:
        if wrong:
            since_ms = self._since.setdefault((number, fault), max(at.began_ms, at.now_ms))
            if at.now_ms - since_ms >= patience_ms:
                troubles.mark(at, troubles.OWN, fault, True, number)
        else:
            self._since.pop((number, fault), None)
            troubles.mark(at, troubles.OWN, fault, False, number)


def _missed(at: Transaction, number: int) -> bool:
    # Silent at once are all who were heard here last: it is rather the bridge that hears nobody.
    here = at.badges.by("bridge", json.dumps([BRIDGE, number]))
    silent = [badge.silent for badge in here if badge.revoked_ms is None]
    return bool(silent) and all(silent)


def has_radio(fact: Fact) -> bool:
    """Return whether the bridge of this fact has a LoRa chip that answers."""
    return fact["state"] not in (DOWN, ABSENT)


def left_permille(fact: Fact) -> int | None:
    """Return how much of the hour's lawful airtime the bridge has left, permille; None without a radio."""
    band = band_of(fact["khz"])
    if band < 0 or not has_radio(fact):
        return None
    return fact["left_s"] * 1_000_000 // budget_ms(band)


def board(db: Connection, facts: Iterable[Fact]) -> list[Fact]:
    """Return what the board shows of each bridge: [{"number", "there", "radio", "left", "rssi_dbm"}]."""
    there = {fact["number"]: fact for fact in facts if fact["number"] is not None}
    numbers = sorted({*db.execute(select(BRIDGES.c.number)).scalars(), *there})
    return [_shown(number, there.get(number)) for number in numbers]


def _shown(number: int, fact: Fact | None) -> Fact:
    shown = {"number": number, "there": fact is not None, "radio": False, "left": None, "rssi_dbm": None}
    if fact:
        heard = has_radio(fact) and fact["rssi_dbm"]
        shown |= {"radio": has_radio(fact), "left": left_permille(fact), "rssi_dbm": heard or None}
    return shown


def forget(at: Transaction, number: int) -> bool:
    """The house has no bridge `number` any more; return whether it had."""
    for fault in FAULTS:
        troubles.mark(at, troubles.OWN, fault, False, number)
    had = at.bridges.get(number) is not None
    if had:
        at.bridges.drop(number)
    return had
