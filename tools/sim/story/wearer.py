"""Who wears a badge whose hallway is the real one? As Person, with app.py or lifeboat.py between metal and Badge.

Tasks run in the badge's own time, `local`, which a nap or a self-test takes ahead of the story's; what happens to the
wearer happens later than that. A reset keeps RTC memory, a power cut keeps flash.

Turns of the tasks in which nothing can happen are skipped: until the next edge of the button or the motor, a frame, or
what the outbox waits for. Each task goes on then at the turn at which it would have looked next.

Time may be thin: all tasks go on together then, nothing that waits is looked at again within _THIN_LEAST_MS, and while
a badge at rest only waits for its next heartbeat all have one turn in _THIN_MS; what its sensor's FIFO holds then is
all that is seen of its body. What is due by the clock alone may be as late.
"""

import heapq
import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from firmware.alarm.alarm import Alarm
from firmware.badge import Badge
from firmware.board.lora import HEARING, LOOKING, SENDING
from firmware.codes import NO_VISIT, SAFE
from firmware.ticks import since
from tools.sim.ears import Ears, Looking
from tools.sim.story import machine
from tools.sim.story.board import Board, Button, Luck
from tools.sim.story.modem import Modem
from tools.sim.story.person import Pairing, Person

if TYPE_CHECKING:
    from firmware.app import App
    from firmware.board.radio import Radio
    from firmware.lifeboat import Lifeboat

_WATCHDOG_MS = 8000
_TURN_MS = 10
_BOOT_MS = 1200
_BOAT_MS = 100
_DARK_MS = 1 << 40
_SKIP_MOST_MS = 500  # the sensor's FIFO holds as much, and a badge that naps looks in as often
_HAND_KEPT_MS = 5000  # for as long a press that is over is remembered
_MAILBOX = 6  # datagrams that lwIP keeps for a socket, as ESP-IDF sets it (DEFAULT_UDP_RECVMBOX_SIZE)
_ROUND_MS = 20  # within as long each task but `mind` has had its turn
_THIN_MS, _THIN_LEAST_MS = 30_000, 200
_SENSE, _FEEL = 0, 2  # in the order in which app.py begins them


def _works(task: machine.Task, number: int) -> bool:
    """Return whether a task of the app is at work: one that rests from an error would pass another on to nobody."""
    # the first is guarded in the coroutine that began the others
    guard = getattr(task, "cr_await", None) if number == _SENSE else task
    return hasattr(getattr(guard, "cr_await", None), "cr_await")


class Wearer(Person):
    """As Person. sf: the spreading factor of its LoRa, 0 for Wi-Fi. `boots`: (ms, cause) of each start.

    air: frames over LoRa, (ms, for how long, type).

    thin: whether time is. It never naps then. wakes: its radio calls `rouse` when it has done something.
    """

    thin = wakes = False
    board: Board

    def __init__(self, name: str, pairing: Pairing, began: int, draw: random.Random, sf: int = 0) -> None:
        super().__init__(name, pairing.device, began, draw)
        self.luck = Luck()
        self.local = 0
        self.lora = sf
        self.air: list[tuple[int, int, int]] = []
        self.chip = machine.Chip(lambda: self.local)
        self.chip.build = self._build
        self.chip.stall = self._stalls
        machine.pair(self.chip, pairing, sf)
        self.button = Button(self)
        self.boots: list[tuple[int, int]] = []
        self.in_test: Callable[[int], None] | None = None  # what is called as the sensor begins to test itself
        self.on_charger = False
        self.numb = False  # nothing is sure to be felt
        self.heals_ms = 0  # when its radio heard again
        self.lost_way = ""  # "up": what it sends is lost; "down": what is sent to it
        self.held_until_ms = 0  # until then somebody keeps off the air whatever it sends
        self._stumbles = -1  # the task that meets an error at its next turn
        self.started: Callable[[Wearer], None] = lambda person: None  # is told that it has started
        self.stumbled: Callable[[Wearer, int], None] = lambda person, number: None  # and that a task has met an error
        # is told that the power went at a write to flash, and whether that takes any
        self.when_cut: Callable[[Wearer, bool], None] = lambda person, kept: None
        self.app: App | None = None
        self.boat: Lifeboat | None = None
        self._tasks: list[tuple[int, int, machine.Task, int, int]] = []  # (due, turn, task, how often, number) of each
        self._turns = 0
        self._skips_ms = 0  # until then nothing happens
        self._skipped = False  # turns of `sense`
        self._busy_ms = 0  # when something last did
        self._starts_ms: int | None = None  # when a badge that restarts is up again
        self.boot(0)

    # Start and end

    def _stalls(self) -> None:
        if self.luck.stall_ms and self.awake and self.app:
            self.board.stalled()

    def _build(self, bare: bool) -> Board:
        self.board = Board(self, bare)
        return self.board

    def lora_of(self, board: Board) -> "Radio | None":
        """Return the LoRa of `board`, which is being made; None if it has Wi-Fi."""
        if not self.lora:
            return None
        return machine.radio(lambda khz, sf, dbm: Modem(board, sf), {"khz": machine.KHZ, "sf": self.lora}, board)

    def boot(self, now: int, cause: int | None = None) -> None:
        """Start the badge; its memory is what `off` has left."""
        if self.boots:
            self._began = -now % (1 << 30)
        self.local = now
        if cause is not None:
            self.chip.cause = cause
        self._busy_ms, self._stumbles = now, -1
        self.boots.append((now, self.chip.cause))
        self._tasks, self.app, self.boat = [], None, None
        self._skips_ms, self._skipped = 0, False
        self.button.touched = False
        self.chip.full = False  # or it could reserve no counters, and must be silent
        try:
            self.app, self.boat, self.board = machine.start(self.chip)
        except (machine.Reset, machine.PowerCut) as why:
            self._ended(why)
            return
        self.badge = self.app.badge if self.app else None
        machine.tasks.begun.clear()
        if self.app:
            if self.luck.beacons:
                ears = Ears(self.board.now, self.board.rest)  # which it never does: it hears beacons alone
                ears.beacons = self.luck.beacons
                self.board.nearby = Looking(self.app.badge, ears, None, True)
            self.app.run()
        elif self.boat:
            machine.tasks.begun.append(self._lifeboat(self.boat))
        self._begin()
        self._counted = 0
        self.awake = True
        self._starts_ms = None
        self.started(self)

    def alarm(self) -> Alarm | None:
        """Return her alarm, which her badge has, or its lifeboat; None where neither has ever run."""
        return self.badge.alarm if self.badge else self.boat._alarm if self.boat else None

    def state(self) -> int:
        """Return the state of her alarm."""
        alarm = self.alarm()
        return alarm.state if alarm else SAFE

    def _begin(self) -> None:
        for task in machine.tasks.begun:
            self._turns += 1
            heapq.heappush(self._tasks, (self.local, self._turns, task, _TURN_MS, len(self._tasks)))
        machine.tasks.begun.clear()

    async def _lifeboat(self, boat: "Lifeboat") -> None:
        while True:
            boat.turn(self.board.now())
            self.board.feed()
            # nothing happens on its wire or its air: so long looks may be further apart
            busy = self.board.motor_on or self.board.mail.waiting or not self.idle(self.local, 1500)
            edge_ms = self.button.next_ms(self.local) - self.local
            await machine.tasks.sleep_ms(_TURN_MS if busy else max(_TURN_MS, min(_BOAT_MS, edge_ms - 40)))

    def off(self, now: int, cut: bool = False) -> None:
        """Let the badge be without power; cut: for so long that RTC memory forgets."""
        self.moved(now, 0)
        self.awake = False
        for _, _, task, _, _ in self._tasks:
            task.close()
        self._tasks = []
        self._skips_ms = 0
        self._starts_ms = None
        if cut:
            self.chip.rtc = b""
        self.chip.cause = machine.POWER_ON if cut else machine.HARD

    def reset(self, now: int, cause: int) -> None:
        """The chip starts again by itself."""
        self.off(now)
        self.chip.cause = cause
        self._starts_ms = now + _BOOT_MS

    def _ended(self, why: BaseException) -> None:
        if isinstance(why, machine.PowerCut):
            kept = not self.chip.full
            self.off(self.local, cut=True)
            self.when_cut(self, kept)
            self._starts_ms = self.local + 2 * _BOOT_MS
        else:
            self.reset(self.local, machine.HARD)

    # Hand and body

    def press(self, at_ms: int, down_ms: int, up_ms: int = 0, times: int = 1,
              slips: Sequence[tuple[int, int]] = ()) -> int:
        """Press `times`; slips: (ms after each press-down, for how long) at which the contact opens."""
        at_ms = max(at_ms, self.local + 1)
        self.rouse(at_ms)
        begins = super().press(at_ms, down_ms, up_ms, times)
        for i in range(times):
            from_ms = at_ms + i * (down_ms + up_ms)
            until_ms = from_ms + down_ms
            for after_ms, open_ms in slips:
                self.button.closed.append((from_ms, at_ms + i * (down_ms + up_ms) + after_ms))
                from_ms = at_ms + i * (down_ms + up_ms) + after_ms + open_ms
            self.button.closed.append((from_ms, until_ms))
        return begins

    def hold(self, at_ms: int) -> int:
        """As Person's."""
        at_ms = max(at_ms, self.local + 1)
        self.rouse(at_ms)
        edge_ms = super().hold(at_ms)
        self.button.closed.append(self._presses[-1])
        return edge_ms

    def strike(self, edges: Sequence[int]) -> None:
        """Let `edges` (ms) come on the button's wire, and no press."""
        self.button.noise += edges
        self.rouse(edges[0])

    def stumble(self, number: int) -> None:
        """Let a task of app.py meet an error of ours at its next turn, unless a hand is on the button."""
        if self.app and self.awake and self.idle(self.local, 2000):
            self._stumbles = number

    def moves(self, from_ms: int, until_ms: int) -> bool:
        """Return whether the body moves, or is pushed about, at any time in between, so that its sensor feels it."""
        if not self.luck.measures or self.luck.frozen:
            return False
        return self.fights_ms > from_ms or not self._lies[0] <= from_ms < until_ms <= self._lies[1]

    # Time

    def next_ms(self) -> int:
        """Return when it next has something to do."""
        if not self.awake:
            return self._starts_ms if self._starts_ms is not None else _DARK_MS
        return max(self.local, self._tasks[0][0])

    def live(self, now: int) -> None:
        """Let the badge live until `now`."""
        if not self.awake:
            if self._starts_ms is not None and now >= self._starts_ms:
                self.boot(now)
            return
        machine.chip = self.chip
        if self._presses:
            self._presses = [(down, up) for down, up in self._presses if up + _HAND_KEPT_MS > now]
        self.button.forget(self.local - _HAND_KEPT_MS)
        tasks = self._tasks
        if self.board.mail.waiting:
            self._busy_ms = self.local
        try:
            while self.awake and tasks[0][0] <= now and self.local <= now:
                due, _, task, ms, number = heapq.heappop(tasks)
                if due > self.local:
                    self.local = due
                if number == _SENSE and self._skipped and self.badge:
                    self._skipped = False
                    self.badge.press.looked(self.clock(due - ms))
                if number == self._stumbles and _works(task, number):
                    self._stumbles = -1
                    self.stumbled(self, number)
                    ms = task.throw(machine.Stumbled())
                else:
                    ms = task.send(None)
                self._turns += 1
                heapq.heappush(tasks, (self.local + ms, self._turns, task, ms, number))
                if machine.tasks.begun:
                    self._begin()
        except (machine.Reset, machine.PowerCut) as why:
            self._ended(why)
            return
        self.board.spun()
        if self.local - self.board.fed_ms > _WATCHDOG_MS:
            self.reset(now, machine.WATCHDOG)
        elif self.luck.crash_every_ms and now - self.boots[-1][0] >= self.luck.crash_every_ms:
            self.reset(now, machine.HARD)  # a panic: the chip calls it so
        elif self.app:
            self._skip(self.app, self.app.badge)

    def _skip(self, app: "App", badge: Badge) -> None:
        """Skip what the tasks would look at in vain, once all have had a turn since anything happened."""
        local, mail, radio = self.local, self.board.mail, self.board.lora
        idle = badge.press.idle() and badge._function.idle() and not badge.alarm.unsent
        if mail.waiting or mail.sent or app._unkept or not idle:
            self._busy_ms = local
            return
        until_ms = self._skips_ms
        if local >= until_ms:
            ms = self._rests_ms(badge) if self.thin else _SKIP_MOST_MS
            early = local - self._busy_ms < _ROUND_MS
            if early and not self.thin or self._tasks[0][0] <= local or not self.button.rests(local):
                return
            if radio and not (radio.up() or self.wakes and radio.state in (LOOKING, SENDING)):
                return
            if radio or self.linked:
                ms = badge.outbox.rest_ms(self.clock(local), ms)
            if self.thin and (ms or not early):  # what is due after a whole round, no route has taken
                ms = max(ms, _THIN_LEAST_MS)
            until_ms = min(local + ms, self.button.next_ms(local))
            if until_ms - local < _ROUND_MS:
                return
            self._busy_ms = self._skips_ms = until_ms
            self._skipped = True
            if self.thin:  # all tasks go on together then, and so the watchdog is fed
                self.board.fed_ms = until_ms
                self._tasks = [(until_ms, turn, task, ms, number) for _, turn, task, ms, number in self._tasks]
        motor_ms = until_ms
        if badge.player.playing:
            motor_ms = min(until_ms, local + since(self.clock(local), badge.player._due_at))
        for i, (due, turn, task, ms, number) in enumerate(self._tasks):
            from_ms = motor_ms if number == _FEEL else until_ms
            if due < from_ms:
                self._tasks[i] = (due - (due - from_ms) // ms * ms, turn, task, ms, number)
        heapq.heapify(self._tasks)

    def _rests_ms(self, badge: Badge) -> int:
        now = self.clock(self.local)
        waits = max(badge.outbox.rank) or max(badge.calls.kind) or badge.shift.test.stage or badge.player.playing
        if waits or badge.alarm.state != SAFE or badge.shift.visit.colour != NO_VISIT or self._stirring:
            return _SKIP_MOST_MS
        radio = self.board.lora
        if radio and radio.state == HEARING and radio._modem and radio._modem.can_doze:  # it would doze
            return _SKIP_MOST_MS
        return max(_SKIP_MOST_MS, min(_THIN_MS, badge._interval_ms - since(badge._heartbeat_at, now)))

    def rouse(self, at_ms: int) -> None:
        """Skip nothing that is later than `at_ms`."""
        at_ms = max(at_ms, self.local + 1)
        if self._skips_ms > at_ms:
            self._busy_ms = self._skips_ms = at_ms
            for i, (due, turn, task, ms, number) in enumerate(self._tasks):
                if due >= at_ms + ms:
                    self._tasks[i] = (due - (due - at_ms) // ms * ms, turn, task, ms, number)
            heapq.heapify(self._tasks)

    def uplinks(self) -> list[bytes]:
        """Return the frames that it has sent since."""
        if not self.awake:
            return []
        sent, self.board.mail.sent = self.board.mail.sent, []
        return sent

    def hear(self, data: bytes, now: int) -> bool:
        """A frame arrives; return whether there is room for it. The network's stack drops what is newest."""
        if not self.lora and len(self.board.mail.waiting) >= _MAILBOX:
            return False
        self.board.mail.waiting.append(data)
        self.rouse(now)
        return True
