"""Who carries numbers between the metal and the badge?

A fixed list of tasks. Each says it is alive once a round, and the watchdog is fed only when all have. An error of ours
in one of them is counted, the alarm is saved, and the task starts again; when that repeats, the chip is reset. A full
heap is no such error: it is collected and told as a fault, and the task starts again. If allocation keeps failing, the
chip is reset, since a fresh heap has no holes.

    sense   button every 10 ms, or 20 while nothing is under way; samples from the sensor's FIFO every 100 ms, or a
            block of half a second after each sleep of the chip; while the badge lies somewhere, what the FIFO holds
            every other second, or as soon as the sensor feels it move
    talk    routes: bytes in, frames out; an alarm goes over all of them, the rest over one that is free, if it answers
    feel    motor level
    keep    saves the alarm to flash, reserves counters
    mind    watchdog, battery, the passing of time
"""

import asyncio
import gc
import sys
from array import array

from firmware.badge import SAVED_BYTES
from firmware.codes import (
    CAUSE_DIP, FAULT_CRASHED, FAULT_MEMORY_LOW, FAULT_NO_LORA, FAULT_PART_SILENT, FAULT_SENSOR_WRONG, FAULT_STORAGE,
    REPORT_FACTS, SAFE, TASK_FEEL, WANTS_GROUP,
)
from firmware.limits import COUNTER_BLOCK, FLASH_AGAIN_MOST_MS, FLASH_AGAIN_MS, METERED_BEAT_MS
from firmware.link.frame import FRAME_BYTES_MAX
from firmware.link.outbox import REPORT_RANK, TOLD_RANK
from firmware.ticks import after, due, since
from micropython import const

WATCHDOG_MS = const(8000)
_TURN_MS = const(10)  # of sense and talk while something is under way
_CALM_MS = const(20)
_SENSOR_MS = const(100)
_MOTOR_MS = const(20)
_KEEP_MS = const(20)
_UNKEPT_TURNS = const(11)  # a power cut may come 300 ms after the hand: debounce, a turn and the write come to that
_MIND_MS = const(100)
_BATTERY_MS = const(10000)
_UNTIDY_MOST = const(6)  # of these without a collection of the heap, on a badge that sleeps: each takes 15 ms
_WELL_MS = const(30000)  # after as long, the dips before no longer count
_FORGIVE_MS = const(3600000)  # and for each hour one failure is forgiven: what panics every 20 min has a run of them
_AWAY_MS = const(1000)
_LINGER_MS = const(3000)  # orders follow an ack within a second or two
_UNHEARD_MOST = const(2)  # frames in a row without an answer: this route cannot be relied on
_FRAME_BYTES = const(29)  # the longest that a badge seals
_HEAP_LOW = const(8192)  # bytes free; joining Wi-Fi and one frame need less than half of it
_STARVED_MS = const(600000)  # so long after an allocation that failed the fault stays: somebody should see it
_STARVED_MOST = const(20)
_CRASHES_MOST = const(5)
_TASKS = const(5)


class _Touched(Exception):
    pass


class App:
    """Runs `badge` on `board` (firmware/board/build.py gives its face)."""

    def __init__(self, board, badge):
        now = board.now()
        self.board = board
        self.badge = badge
        self._alive = bytearray(_TASKS)
        self.unheard = bytearray([_UNHEARD_MOST] * len(board.routes))  # believed only once something came back
        self._saved = bytearray(SAVED_BYTES)
        self._unkept = 0  # turns of `keep` in which flash must be written; it stalls, so frame and gesture go first
        self._again_ms = 0  # how long flash is left alone after it has refused something
        self._refused = False  # and whether that was new keys
        self._crashes = 0
        self._end = 0  # the counter after the block that was reserved last
        self._starved = self._starved_at = 0  # allocations that failed, lately, and when
        self._pause_ms = _TURN_MS
        self._may_nap = False  # it has run well for a while, in which a technician can come in, and is on no charger
        for route in board.routes:
            if route.metered:  # one call to all of the group spares air that the law counts
                badge.inbox.wants_group = WANTS_GROUP
        memory = board.memory
        if badge.load(self._saved, memory.load(self._saved), now):
            self._unkept = _UNKEPT_TURNS if badge.alarm.state != SAFE else 0  # flash may not have it yet
        else:
            badge.load(self._saved, board.store.load(self._saved), now, undated=True)
        if memory.crashes or memory.report[0] & 0x0F == CAUSE_DIP:
            badge.uplink.report = bytes(memory.report)  # its facts go on to be written
        if memory.crashes:
            badge.fault(FAULT_CRASHED, True, now)
        self._reserve(now)

    def run(self):
        """Run until the chip resets. KeyboardInterrupt passes: it is the technician."""
        asyncio.run(self._all())

    async def _all(self):
        self.board.watch(WATCHDOG_MS)
        tasks = (self._sense, self._talk, self._feel, self._keep, self._mind)
        for i in range(1, _TASKS):
            asyncio.create_task(self._guard(tasks[i], i))
        await self._guard(tasks[0], 0)

    async def _guard(self, task, i):
        while True:
            try:
                await task(i)
            except Exception as error:  # ours: recorded, the alarm saved, the task started again
                self._crashed(error, i)
            await asyncio.sleep_ms(_MIND_MS)

    def _crashed(self, error, i):
        now = self.board.now()
        badge = self.badge
        if isinstance(error, MemoryError):
            gc.collect()  # first: what follows may want some bytes itself
            self._starved += 1
            self._starved_at = now
            badge.fault(FAULT_MEMORY_LOW, True, now)
            if self._starved <= _STARVED_MOST:
                return
        sys.print_exception(error)
        self._crashes += 1
        memory = self.board.memory
        badge.trace.last(memory.report, REPORT_FACTS, badge.uplink.minute(now))
        memory.crashed(type(error).__name__, i + 1)
        memory.save(self._saved, badge.save(self._saved, now))
        if self._crashes > _CRASHES_MOST or self._starved > _STARVED_MOST:
            memory.counted()
            self.board.reset()
        badge.uplink.report = memory.report
        if i + 1 == TASK_FEEL:
            badge.player.again(now)
        badge.fault(FAULT_CRASHED, True, now)

    def _reserve(self, now):
        try:
            start = self.board.store.reserve()
            if start < max(self.badge.counter.least, self.badge.alarm.alarm_id + 1):
                self.board.store.lose()  # the flash is older than what this badge has sent
                raise OSError
        except OSError:
            self.badge.fault(FAULT_STORAGE, True, now)
            return False
        if self._end and start != self._end:
            self.board.memory.ordered()
            self.board.reset()  # somebody else has spent from this counter: only a new life is safe
        self.badge.counter.grant(start, start + COUNTER_BLOCK)
        self._end = start + COUNTER_BLOCK
        self.badge.fault(FAULT_STORAGE, False, now)
        return True

    def _write(self, now):
        # RTC memory first: microseconds, and it outlives every reset. Flash follows in `keep`.
        if self.badge.unsaved:
            self._unkept = self._unkept or _UNKEPT_TURNS  # what changes again and again puts no write off
            self._again_ms = 0  # what is new is tried at once
            n = self.badge.save(self._saved, now)
            self.badge.unsaved = True  # until it is: what comes next may find no room in the heap
            self.board.memory.save(self._saved, n)
            self.badge.unsaved = False

    def _look(self, now):
        board = self.board
        badge = self.badge
        badge.button(badge.press.seen(board.button), now)
        if board.clip:
            badge.clip(1 - board.clip.level(), now)
        if board.function:
            badge.function(board.function.level(), now)

    def _rest(self, ms):
        # While the sensor tests itself nothing else runs, so whoever uses the badge ends the test within a look.
        while ms > 0:
            self.board.rest(min(ms, _TURN_MS))
            ms -= _TURN_MS
            self._look(self.board.now())
            if not self.badge.at_rest():
                raise _Touched

    async def _sense(self, i):
        board = self.board
        badge = self.badge
        block = array("h", bytes(2 * 3 * 32))
        read_at = board.now()
        slept = lying = False
        while True:
            now = board.now()
            self._look(now)
            if slept or since(read_at, now) >= _SENSOR_MS:
                slept = False
                read_at = now
                lying = bool(board.sleep and board.accel.watches and badge.lying())
                board.accel.lying = lying
                count = board.accel.read(block)
                lying = lying and count > 0  # or it may have fallen silent, and is asked as often as ever
                badge.fault(FAULT_SENSOR_WRONG, count < 0, now)
                badge.fault(FAULT_PART_SILENT, board.trouble(), now)
                if count > 0:
                    badge.samples(block, count, now)
                if board.accel.stirred:
                    lying = False
                    badge.body.stirred(now)
                badge.tick(now)
            if badge.self_test_wanted() and badge.at_rest():
                try:
                    badge.self_tested(board.accel.self_test(self._rest), board.now())
                except _Touched:
                    read_at = board.now()  # it is made again when the hand has gone
            self._write(now)
            self._alive[i] = 1
            calm = badge.rest_ms(now) >= _CALM_MS
            if calm and self._pause_ms == _CALM_MS and self._may_nap and not self._unkept:
                await asyncio.sleep_ms(0)  # the others have a turn between any two sleeps, and the motor is off by then
                slept = board.sleep.nap(badge.rest_ms(board.now()), lying)
            self._pause_ms = _CALM_MS if calm else _TURN_MS
            if slept:
                badge.press.looked(board.now())
            else:
                await asyncio.sleep_ms(self._pause_ms)

    async def _talk(self, i):
        board = self.board
        badge = self.badge
        buf = bytearray(FRAME_BYTES_MAX * 2)
        linked_at = heard_at = board.now()
        while True:
            now = board.now()
            linked = False
            for r in range(len(board.routes)):
                route = board.routes[r]
                route.tend(now)
                n = route.receive(buf)
                if n:
                    stands_in = route.metered and len(board.routes) > 1 and not self._answered()
                    if badge.frame(buf, n, now, METERED_BEAT_MS if stands_in else 0):
                        route.answered()
                        self.unheard[r] = 0
                        heard_at = now
                if route.linked():
                    linked = True
                else:
                    self.unheard[r] = _UNHEARD_MOST
            if linked:
                if not 0 <= since(linked_at, now) <= _AWAY_MS:  # after half a circle it looks as if still to come
                    badge.outbox.hurry(now)
                linked_at = now
                if board.nearby:
                    board.nearby.tend(now)
                self._tell(buf, now)
            # Acks and stand-downs are short and wake nobody, so a badge that waits for one listens on.
            calm = not max(badge.outbox.rank) and not max(badge.calls.kind)
            doze = calm and not badge.alarm.is_open() and not 0 <= since(heard_at, now) <= _LINGER_MS
            for route in board.routes:
                route.doze(doze)
            self._write(now)
            self._alive[i] = 1
            await asyncio.sleep_ms(self._pause_ms)

    def _answered(self):
        # whether a free route is up and has been heard of late
        routes = self.board.routes
        for r in range(len(routes)):
            if not routes[r].metered and routes[r].up() and self.unheard[r] < _UNHEARD_MOST:
                return True
        return False

    def _tell(self, buf, now):
        # Who has been sent over every route that may be used is acked by the first that gets through.
        box = self.badge.outbox
        slot = box.next(now)
        if slot < 0:
            return
        is_alarm = box.rank[slot] >= REPORT_RANK  # or what else a person has said
        routes = self.board.routes
        answered = self._answered()
        chosen = 0
        self.badge.uplink.metered = False
        tries = box.tries[slot] or box.rank[slot] == TOLD_RANK  # which has one try, and tries no other channel with it
        for r in range(len(routes)):
            wanted = is_alarm or not answered or not routes[r].metered
            if wanted and routes[r].ready(_FRAME_BYTES, is_alarm, now, tries):
                chosen |= 1 << r
                self.badge.uplink.metered |= routes[r].metered
        if not chosen:
            if tries:
                box.wait(slot, now)
            return  # it costs no counter meanwhile
        n = self.badge.next_frame(buf, now)  # of the same slot: nothing has come between
        if not n:
            return
        for r in range(len(routes)):
            if chosen >> r & 1 and routes[r].send(buf, n, is_alarm):
                self.unheard[r] = min(self.unheard[r] + 1, _UNHEARD_MOST)
                box.hold(slot, routes[r].busy_ms(n))

    async def _feel(self, i):
        level = 0
        while True:
            wanted = self.badge.motor(self.board.now())
            if wanted != level:
                # what the motor did not take is asked of it again; it ends a run by itself
                self.board.motor.lasts_ms = self.badge.player.lasts_ms
                level = wanted if self.board.motor.level(wanted) else -1
            self._alive[i] = 1
            await asyncio.sleep_ms(_MOTOR_MS)

    async def _keep(self, i):
        again_at = self.board.now()
        while True:
            now = self.board.now()
            if self._again_ms and not due(again_at, now):
                self.badge.uplink.keys = None  # they are offered again, unless the gateway no longer knows of them
            else:
                if self._refused and since(again_at, now) >= 2 * FLASH_AGAIN_MOST_MS:
                    self._refused, self._unkept = False, _UNKEPT_TURNS  # a gateway that knew them had offered them
                try:
                    self._flash(now)
                except OSError:
                    self._unkept = _UNKEPT_TURNS
                    self._again_ms = min(2 * self._again_ms or FLASH_AGAIN_MS, FLASH_AGAIN_MOST_MS)
                    again_at = after(now, self._again_ms)
                    self.badge.fault(FAULT_STORAGE, True, now)
            self._alive[i] = 1
            await asyncio.sleep_ms(_KEEP_MS)

    def _flash(self, now):
        # Writes what flash must have by now; raises OSError where it refuses.
        badge, store, keys = self.badge, self.board.store, self.badge.uplink.keys
        self._unkept = max(self._unkept - 1, 0)
        told = badge.outbox.next(now) < 0 and badge.press.idle()
        saving = keys or self._unkept == 1 or self._unkept and told
        if saving:
            self._unkept = _UNKEPT_TURNS  # should the heap have no room for it
            store.save(self._saved, badge.save(self._saved, now))
            self._unkept = 0
            if keys:
                self._refused = True
                store.rekey(keys)
                self._refused = False
                badge.uplink.rekey(badge.inbox, now)
        calm = self._pause_ms == _CALM_MS and not self._unkept
        if (saving or calm) and badge.alarm.state == SAFE:
            store.ahead()  # so that no erase falls into a gesture: best while "closed" is felt
        if saving and not self._refused:
            self._again_ms = 0
            badge.fault(FAULT_STORAGE, False, now)
        if badge.counter.low() and not self._reserve(now):
            raise OSError

    async def _mind(self, i):
        board = self.board
        started = battery_at = forgiven_at = board.now()
        faults = untidy = 0
        well = False
        held = charging = board.battery.charging()
        self.badge.battery(board.battery.percent(), started, held)
        while True:
            now = board.now()
            if since(battery_at, now) >= _BATTERY_MS:
                battery_at = now
                was, charging = charging, board.battery.charging()
                if was == charging:  # a loose contact changes nothing
                    held = charging
                self.badge.battery(board.battery.percent(), now, held)
                self._may_nap = board.sleep and well and not charging
                if not board.memory.crashes:
                    # should the watchdog end this life
                    self.badge.trace.last(board.memory.report, REPORT_FACTS, self.badge.uplink.minute(now))
                board.memory.save(self._saved, self.badge.save(self._saved, now))  # check-ins go on from here
                if since(self._starved_at, now) >= _STARVED_MS:
                    self._starved = 0
                untidy += 1
                if not self._may_nap or untidy >= _UNTIDY_MOST:
                    untidy = 0
                    gc.collect()
                    self.badge.fault(FAULT_MEMORY_LOW, self._starved > 0 or gc.mem_free() < _HEAP_LOW, now)
            self.badge.fault(FAULT_NO_LORA, board.no_lora(now), now)
            if self.badge.shift.update:
                board.update(self, now)
            if self.badge.faults != faults:
                faults = self.badge.faults
                print("kald: faults", faults)  # `kald monitor` says what to do
            if board.memory.crashes and not (self.badge.uplink.report or self.badge.faults & FAULT_CRASHED):
                board.memory.told()
            if not well and since(started, now) >= _WELL_MS:
                well = True
                board.memory.well()
            if board.memory.failed and since(forgiven_at, now) >= _FORGIVE_MS:
                forgiven_at = now
                board.memory.forgive()
            self._alive[i] = 1
            if min(self._alive):
                board.feed()
                for task in range(_TASKS):
                    self._alive[task] = 0
            await asyncio.sleep_ms(_MIND_MS)
