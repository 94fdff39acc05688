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
from array import array

from firmware.board.lora import HEARING, LOOKING, SENDING
from firmware.codes import NO_VISIT, SAFE
from firmware.limits import SAMPLE_MS
from firmware.ticks import since
from tools.sim.body import push_mg
from tools.sim.story import machine
from tools.sim.story.board import Board, Button, Way, fair
from tools.sim.story.modem import Modem
from tools.sim.story.person import RING, Person

_WATCHDOG_MS = 8000
_TURN_MS = 10
_BOOT_MS = 1200
_BOAT_MS = 100
_DARK_MS = 1 << 40
_SKIP_MOST_MS = 500  # the sensor's FIFO holds as much, and a badge that naps looks in as often
_HAND_KEPT_MS = 5000  # for as long a press that is over is remembered
_MAILBOX = 6  # datagrams that lwIP keeps for a socket, as ESP-IDF sets it (DEFAULT_UDP_RECVMBOX_SIZE)
_RINGS_MS = 300  # for as long the sensor still feels a run of the motor that is over
_ROUND_MS = 20  # within as long each task but `mind` has had its turn
_THIN_MS, _THIN_LEAST_MS = 30_000, 200
_SENSE, _FEEL = 0, 2  # in the order in which app.py begins them


def _works(task, number):
    """Return whether a task of the app is at work: one that rests from an error would pass another on to nobody."""
    guard = task.cr_await if number == _SENSE else task  # the first is guarded in the coroutine that began the others
    return hasattr(getattr(guard, "cr_await", None), "cr_await")


class Wearer(Person):
    """As Person. sf: the spreading factor of its LoRa, 0 for Wi-Fi. `boots`: (ms, cause) of each start.

    thin: whether time is. It never naps then. wakes: its radio calls `rouse` when it has done something.
    """

    thin = wakes = False

    def __init__(self, name, row, began, draw, sf=0):
        self.luck = fair()
        self.local = 0
        self.sf = self.lora = sf
        self.chip = machine.Chip(lambda: self.local)
        self.chip.air = []
        self.chip.build = self._build
        self.chip.stall = self._stalls
        machine.pair(self.chip, row, sf)
        self.button = Button(self)
        self.boots = []
        self.in_test = None  # what is called as the sensor begins to test itself
        self.on_charger = False
        self.numb = False  # nothing is sure to be felt
        self.heals_ms = 0  # when its radio heard again
        self.fights_ms = 0  # until when it is pushed about
        self.held_until_ms = 0  # until then somebody keeps off the air whatever it sends
        self.ran_ms = self._run_ms = 0  # the longest run of the motor; since when it runs
        self.quivers_mg = 0  # by so much the sensor feels it, to and fro
        self._runs = []  # (since when, until when) it ran, for as long as the sensor may feel it
        self._stumbles = -1  # the task that meets an error at its next turn
        self.tell = lambda person, what, *words: None  # that it has started, or that a task has met an error
        self.when_cut = lambda person, kept: None  # is told that the power went at a write to flash, if that takes any
        self.app = self.boat = None
        self._tasks = []
        self._turns = 0
        self._skips_ms = 0  # until then nothing happens
        self._skipped = False  # turns of `sense`
        self._busy_ms = 0  # when something last did
        self._starts_ms = None  # when a badge that restarts is up again
        self._orders = []
        super().__init__(name, row, began, draw)

    # Start and end

    def _stalls(self):
        if self.luck.stall_ms and self.awake and self.app:
            self.board.stalled()

    def _build(self, bare):
        self.board = Board(self, self, self.chip, bare)
        return self.board

    def route(self, board):
        """Return the way that `board`, which is being made, has to the gateway."""
        if self.sf:
            return machine.radio(lambda khz, sf, dbm: Modem(board, sf), {"khz": machine.KHZ, "sf": self.sf}, board)
        return Way(board)

    def boot(self, now, cause=None):
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
            found, self.board = machine.start(self.chip)
        except (machine.Reset, machine.PowerCut) as why:
            self._ended(why)
            return
        if hasattr(found, "badge"):
            self.app, self.badge = found, found.badge
            machine.tasks.begun.clear()
            found.run()
            self._begin(machine.tasks.begun)
        else:
            self.boat, self.badge = found, None
            self._begin([self._lifeboat()])
        self._counted = 0
        self.awake = True
        self._starts_ms = None
        self.tell(self, "started")

    def _begin(self, tasks):
        for task in tasks:
            self._turns += 1
            heapq.heappush(self._tasks, (self.local, self._turns, task, _TURN_MS, len(self._tasks)))
        tasks.clear()

    def _lifeboat(self):
        while True:
            self.boat.turn(self.board.now())
            self.board.feed()
            # nothing happens on its wire or its air: so long looks may be further apart
            busy = self.board.motor_on or self.board.mail.waiting or not self.idle(self.local, 1500)
            yield _TURN_MS if busy else max(_TURN_MS, min(_BOAT_MS, self.button.next_ms(self.local) - self.local - 40))

    def off(self, now, cut=False):
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

    def reset(self, now, cause):
        """The chip starts again by itself."""
        self.off(now)
        self.chip.cause = cause
        self._starts_ms = now + _BOOT_MS

    def _ended(self, why):
        if isinstance(why, machine.PowerCut):
            kept = not self.chip.full
            self.off(self.local, cut=True)
            self.when_cut(self, kept)
            self._starts_ms = self.local + 2 * _BOOT_MS
        else:
            self.reset(self.local, machine.HARD)

    # Hand and body

    def press(self, at_ms, down_ms, up_ms=0, times=1, slips=()):
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

    def hold(self, at_ms):
        """As Person's."""
        at_ms = max(at_ms, self.local + 1)
        self.rouse(at_ms)
        edge_ms = super().hold(at_ms)
        self.button.closed.append(self._presses[-1])
        return edge_ms

    def strike(self, edges):
        """Let `edges` (ms) come on the button's wire, and no press."""
        self.button.noise += edges
        self.rouse(edges[0])

    def stumble(self, number):
        """Let a task of app.py meet an error of ours at its next turn, unless a hand is on the button."""
        if self.app and self.awake and self.idle(self.local, 2000):
            self._stumbles = number

    def samples(self, block, count, now):
        """Fill `block` with the last `count` samples up to `now`."""
        for i in range(count):
            at_ms = now - (count - 1 - i) * SAMPLE_MS
            if self._stirring:
                self._body.milli_g(at_ms, self._place)
                block[3 * i : 3 * i + 3] = array("h", self._place)
            elif self.still:
                block[3 * i : 3 * i + 3] = array("h", self.still)
            else:
                turn = at_ms // SAMPLE_MS % RING * 3
                block[3 * i : 3 * i + 3] = self._ring[turn : turn + 3]
        if self._stirring and now >= self._rise_ms:
            self._stirring = False
        if self.quivers_mg and (self._runs or self._run_ms):
            self._quiver(block, count, now)
        if now < self.fights_ms:
            for i in range(3 * count):
                block[i] += push_mg(self.device, now - (count - 1 - i // 3) * SAMPLE_MS, i % 3)

    def moves(self, from_ms, until_ms):
        """Return whether the body moves, or is pushed about, at any time in between, so that its sensor feels it."""
        if not self.luck.measures or self.luck.frozen:
            return False
        return self.fights_ms > from_ms or not self._lies[0] <= from_ms < until_ms <= self._lies[1]

    def _quiver(self, block, count, now):
        self._runs = [run for run in self._runs if run[1] + _RINGS_MS > now - count * SAMPLE_MS]
        runs = self._runs + [(self._run_ms, now)] * (self._run_ms > 0)
        for i in range(count):
            at_ms = now - (count - 1 - i) * SAMPLE_MS
            if any(from_ms <= at_ms < until_ms + _RINGS_MS for from_ms, until_ms in runs):
                by = self.quivers_mg if at_ms // SAMPLE_MS % 2 else -self.quivers_mg
                block[3 * i] += by
                block[3 * i + 1] -= by
                block[3 * i + 2] += by

    def moved(self, now, level):
        """The motor runs at `level`."""
        if not level and self._run_ms:
            self.ran_ms = max(self.ran_ms, now - self._run_ms)
            self._runs.append((self._run_ms, now))
        self._run_ms = (self._run_ms or now) if level else 0
        self._feeling.level(now, level)

    # Time

    def next_ms(self):
        """Return when it next has something to do."""
        if not self.awake:
            return self._starts_ms if self._starts_ms is not None else _DARK_MS
        return max(self.local, self._tasks[0][0])

    def live(self, now):
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
                if number == _SENSE and self._skipped:
                    self._skipped = False
                    self.badge.press.looked(self.clock(due - ms))
                if number == self._stumbles and _works(task, number):
                    self._stumbles = -1
                    self.tell(self, "stumbled", number)
                    ms = task.throw(machine.Stumbled())
                else:
                    ms = task.send(None)
                self._turns += 1
                heapq.heappush(tasks, (self.local + ms, self._turns, task, ms, number))
                if machine.tasks.begun:
                    self._begin(machine.tasks.begun)
        except (machine.Reset, machine.PowerCut) as why:
            self._ended(why)
            return
        self.board.spun()
        if self.local - self.board.fed_ms > _WATCHDOG_MS:
            self.reset(now, machine.WATCHDOG)
        elif self.luck.crash_every_ms and now - self.boots[-1][0] >= self.luck.crash_every_ms:
            self.reset(now, machine.HARD)  # a panic: the chip calls it so
        elif self.app:
            self._skip()

    def _skip(self):
        """Skip what the tasks would look at in vain, once all have had a turn since anything happened."""
        badge, local, mail = self.badge, self.local, self.board.mail
        idle = badge.press.idle() and badge._function.idle() and not badge.alarm.unsent
        if mail.waiting or mail.sent or self.app._unkept or not idle:
            self._busy_ms = local
            return
        until_ms = self._skips_ms
        if local >= until_ms:
            ms = self._rests_ms() if self.thin else _SKIP_MOST_MS
            early = local - self._busy_ms < _ROUND_MS
            if early and not self.thin or self._tasks[0][0] <= local or not self.button.rests(local):
                return
            if self.lora and not self._radio_rests():
                return
            if self.lora or self.linked:
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

    def _rests_ms(self):
        badge, now = self.badge, self.clock(self.local)
        waits = max(badge.outbox.rank) or max(badge.calls.kind) or badge.shift.test.stage or badge.player.playing
        if waits or badge.alarm.state != SAFE or badge.shift.visit.colour != NO_VISIT or self._stirring:
            return _SKIP_MOST_MS
        if self.lora and self._would_doze():
            return _SKIP_MOST_MS
        return max(_SKIP_MOST_MS, min(_THIN_MS, badge._interval_ms - since(badge._heartbeat_at, now)))

    def _would_doze(self):
        radio = self.board.routes[0]
        return radio.state == HEARING and radio._modem.can_doze

    def _radio_rests(self):
        radio = self.board.routes[0]
        return radio.up() or self.wakes and radio.state in (LOOKING, SENDING)

    def rouse(self, at_ms):
        """Skip nothing that is later than `at_ms`."""
        at_ms = max(at_ms, self.local + 1)
        if self._skips_ms > at_ms:
            self._busy_ms = self._skips_ms = at_ms
            for i, (due, turn, task, ms, number) in enumerate(self._tasks):
                if due >= at_ms + ms:
                    self._tasks[i] = (due - (due - at_ms) // ms * ms, turn, task, ms, number)
            heapq.heapify(self._tasks)

    def uplinks(self, now):
        """Return the frames that it has sent since."""
        if not self.awake:
            return []
        sent, self.board.mail.sent = self.board.mail.sent, []
        return sent

    def hear(self, data, now):
        """A frame arrives; return whether there is room for it. The network's stack drops what is newest."""
        if not self.lora and len(self.board.mail.waiting) >= _MAILBOX:
            return False
        self.board.mail.waiting.append(data)
        self.rouse(now)
        return True
