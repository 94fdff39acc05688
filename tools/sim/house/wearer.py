"""How does one badge live in a house whose air is LoRa? One of the lives (tools/sim/story/wearer.py), its time thin.

Its time moves with the house's clock: a turn where one of its tasks has something to do, or its radio had.
"""

import json
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from firmware.badge import Badge
from firmware.codes import RECEIVED, SAFE, TAKEN
from firmware.link import region
from firmware.link.frame import HEARTBEAT
from tools.sim.air.channel import Radio
from tools.sim.building import Body
from tools.sim.ears import Ears, Looking
from tools.sim.story import machine, wearer
from tools.sim.story.board import Board
from tools.sim.story.person import Pairing

from .modem import Modem

if TYPE_CHECKING:
    from sqlalchemy import Row

    from firmware.board.radio import Radio as LoraRadio
    from tools.sim.air.channel import Air

Channel = dict[str, Any]  # as in a pairing
CHANNEL: Channel = {"khz": region.ALARM_KHZ, "sf": 7}
_BEGAN = 2**30 - 3000  # its clock, three seconds before the wrap
_LONGEST = 29  # bytes of the longest uplink, for asking the ledger


class Wearer(wearer.Wearer):
    """row: a pairing of the Store. seen: called as seen(wearer, what), "felt received", "felt taken", "felt call".

    channel: as in a pairing, "then" included. dozes: it listens in windows when it waits for nothing. grouped: it asks
    for its group's key. body: of tools/sim/building.py, whose beacons the badge hears.
    """

    thin = wakes = True
    badge: Badge  # nothing here is a reason to start again, and so for a lifeboat

    def __init__(self, air: "Air", row: "Row[Any]", x_m: float, y_m: float, phase_us: int, channel: Channel = CHANNEL,
                 heartbeat_ms: int = 300_000, seen: "Callable[[Wearer, str], None] | None" = None, dozes: bool = False,
                 grouped: bool = False, body: Body | None = None) -> None:
        self.pairing = row.pairing
        self.radio = Radio(air, x_m, y_m)
        self.put_off = 0  # how often the law made something wait
        self.given_up = 0  # heartbeats after their last try
        self.frames: dict[int, int] = {}  # sent, by type
        self._clock = air.clock
        self._base_us = air.clock.now_us + phase_us
        self._event: int | None = None
        self._at_us = 0
        self._channel, self._dozes, self._grouped = channel, dozes, grouped
        self._settings = json.dumps({"heartbeat_ms": heartbeat_ms})
        self._hears = body
        self._seen = seen or (lambda wearer, what: None)
        self._was = SAFE, False  # the state of its alarm, and whether somebody calls
        self._waits = False
        keys = Pairing(row.device, row.uplink_key, row.downlink_key)
        super().__init__(f"wearer {row.device}", keys, _BEGAN, random.Random(row.device), channel["sf"])
        self._arrange()

    def boot(self, now: int, cause: int | None = None) -> None:
        """As the lives', but once: nothing here is a reason to start again."""
        if self.boots:
            raise RuntimeError(f"{self.name} has started again: {self.chip.cause}")
        self.chip.settings = self._settings
        super().boot(now, cause)
        if not self._grouped:
            self.badge.inbox.wants_group = 0
        if self._hears:
            ears = Ears(lambda: self.clock(self.local), lambda ms: None)
            ears.beacons = self._hears.beacons
            self.board.nearby = Looking(self.badge, ears, None, True)

    def lora_of(self, board: Board) -> "LoraRadio":
        """Return the LoRa of `board`, over the house's air."""
        self.lora_radio = machine.radio(lambda khz, sf, dbm: Modem(self.radio, khz, sf, self, dbm, self._dozes),
                                   self._channel, board)
        return self.lora_radio

    def push(self, ms: int) -> None:
        """Press the button for `ms` from now on."""
        self.press(self._ms(), ms)
        self._arrange()

    def safe(self) -> bool:
        """Return whether no alarm of this wearer is open."""
        return self.badge.alarm.state == SAFE

    # Of its modem

    def wake(self) -> None:
        """The radio has done something."""
        self.rouse(self._ms())
        self._arrange()

    def sends(self, payload: bytes) -> None:
        """The radio begins to send."""
        type, box = payload[0], self.badge.outbox
        self.frames[type] = self.frames.get(type, 0) + 1
        if type == HEARTBEAT:
            self.given_up += not any(rank and of == HEARTBEAT for rank, of in zip(box.rank, box.type))

    # Time

    def _ms(self) -> int:
        return (self._clock.now_us - self._base_us) // 1000

    def _arrange(self) -> None:
        at_us = self._base_us + 1000 * self.next_ms()
        if self._event is None or at_us != self._at_us:
            self._clock.cancel(self._event)
            self._at_us = at_us
            self._event = self._clock.at(at_us, self._turn)

    def _turn(self) -> None:
        self._event = None
        self.live(self._ms())
        self._notice()
        self._arrange()

    def _notice(self) -> None:
        badge, was = self.badge, self._was
        self._was = state, called = badge.alarm.state, badge.calls.waiting() >= 0
        if state != was[0] and state in (RECEIVED, TAKEN):
            self._seen(self, "felt received" if state == RECEIVED else "felt taken")
        if called and not was[1]:
            self._seen(self, "felt call")
        waits = max(badge.outbox.rank) > 0 and self.lora_radio.wait_ms(_LONGEST, False, self.board.now()) > 0
        self.put_off += waits and not self._waits
        self._waits = waits
