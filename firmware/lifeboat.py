"""What still works when nothing else does? Button to radio, in one plain loop.

It promises what a hand on the button asks for, as the app does it: a hold or three presses (or one, where a single
press calls) is an emergency, two are an assist, after as long and with the same frames; *received*, *coming*, *nobody*,
*unheard* and *closed* are felt as ever, and the gateway is told that its word has arrived; an alarm that was open goes
on after a reset or a power cut, here or in the app, as practice if it was one; a question that was open is answered
with a yes. A heartbeat with the fault LIFEBOAT tells the board in the office every minute, why the app crashed goes
between the first of them, and the wearer feels *trouble* now and then. Keys and counters come from NVS, so a broken
file system does not silence it.

It does not promise: falls and whatever else the body or the clip does; check-ins, visits, the shift's test; calls from
colleagues, orders and new keys, which the gateway says in vain; practice, beyond an alarm that was one: each press here
is real; buzzer, light, the button's own faults, sleep. Its battery is not told.

Without a pairing nothing can be sealed: it only vibrates. Whatever had no answer is counted, so that a LoRa radio that
knows a second bridge tries that after three (firmware/board/fallback_channel.py). Where it came because the app has
failed, it lets that try again after two minutes of running well, then four, then eight ...
(firmware/board/rtc_memory.py).
"""

from array import array

from firmware.alarm.alarm import NO_ID, Alarm
from firmware.codes import (
    ACKED, ASSIST_ASKED, CALLING, EMERGENCY_ASKED, FAULT_LIFEBOAT, FAULT_PART_SILENT, MODE_LIFEBOAT, SAFE, TIMED_OUT,
    WARNED, WHAT_RAISED,
)
from firmware.detect.press import Press
from firmware.feedback import patterns as feel
from firmware.feedback.player import OF_STATE, Player, Reminders, hush, of_arrow
from firmware.limits import (
    BATTERY_UNKNOWN, COUNTER_BLOCK, FLASH_AGAIN_MOST_MS, FLASH_AGAIN_MS, HEARTBEAT_MS, HOLD_MS, NO_GATEWAY_FELT_MS,
    REFRESH_MS, RETRY_ALARM_MS, RETRY_PATIENT_MS, TRIES_PATIENT,
)
from firmware.link import frame
from firmware.link.seal import NONCE_BYTES, Seal
from firmware.ticks import after, due, kept, since
from micropython import const

_TURN_MS = const(10)
_STATE = MODE_LIFEBOAT << 3  # of a heartbeat; such a badge can call, but not be called
_UNPAIRED_MS = const(20000)
_KEEP_MS = const(250)  # a power cut may come 300 ms after an alarm; what goes into the air goes first
_SAVED_BYTES = const(32)  # as the app's: what it says beside the alarm is handed on
_REPORTS = (2, 4, 6)  # the crash report goes in place of these heartbeats, acked or not
_FRAME_BYTES = const(24)  # of an alarm; nothing here is longer
_ACK_BYTES = const(15)
_STEP_BYTES = const(27)
_TRIES = const(252)  # of three each; then they are counted from 1 again
_SENT_KEPT = const(4)  # frames of which an ack is still believed: at SF12 the next goes before it is there
_GIVE_WAY_MS = const(120000)


class Lifeboat:
    """Runs on `board`. pairing: as firmware/settings.py returns it, or None."""

    def __init__(self, board, pairing, hold_ms=HOLD_MS, single_calls=False):
        now = board.now()
        self._board = board
        self._device = pairing["device"] if pairing else 0
        self._up = Seal(pairing["up"]) if pairing else None
        self._down = Seal(pairing["down"]) if pairing else None
        self._nonce = bytearray(NONCE_BYTES)
        self._buf = bytearray(2 * frame.FRAME_BYTES_MAX)
        self._press = Press(hold_ms, single_calls)
        self._next = self._end = self._least = 0  # counters: see Counter in firmware/link/uplink.py
        self._alarm = Alarm()
        self._sent = array("i", [NO_ID] * _SENT_KEPT)  # the newest frames of this alarm as it is now
        self._beat = NO_ID  # the last heartbeat, until it is acked
        self._tries = 0  # frames since the last ack
        self._start = NO_ID  # the first counter of this life, and that of the newest revision: `heard` proves them
        self._told = NO_ID
        self._gateway = self._down_counter = self._heard = 0  # of the newest STEP
        self._answers = False  # it is to be told that this has arrived
        self._send_at = self._heartbeat_at = now
        self._beats = 0
        self._report = board.memory.report if board.memory.crashes else None
        self._player = Player()
        self._reminders = Reminders(now)
        self._trouble_at = now
        self._saved = bytearray(_SAVED_BYTES)
        self._keep_at = -1  # when flash is to have it; -1: it does
        self._again_ms = self._again_at = 0  # what flash has refused is tried more and more seldom
        self._give_way_at = -1
        if board.memory.wants_boat():
            self._give_way_at = after(now, _GIVE_WAY_MS << board.memory.gave_way)
        self._resume(now)
        self._feel(feel.TROUBLE, now)

    def run(self):
        """Run until the chip resets."""
        self._board.watch(8000)
        while True:
            self.turn(self._board.now())
            self._board.feed()
            self._board.rest(_TURN_MS)

    def turn(self, now):
        """Do one round of the loop."""
        board = self._board
        event = self._press.level(self._press.seen(board.button), now)
        if event == EMERGENCY_ASKED or event == ASSIST_ASKED:
            self._event(event, now, self._press.edge_at)
        for route in board.routes:
            route.tend(now)
            n = route.receive(self._buf)
            if n and self._receive(n, now):
                route.answered()
        self._tick(now)
        if self._alarm.state != SAFE and due(self._send_at, now):
            retry_ms = RETRY_ALARM_MS if self._tries < TRIES_PATIENT else RETRY_PATIENT_MS
            self._send_at = after(now, REFRESH_MS if self._alarm.state > CALLING else retry_ms)
            self._send_alarm(now)
        if self._keep_at >= 0 and due(self._keep_at, now):
            self._keep_in_flash(now)
        if self._answers and self._is_ready(False, now):
            self._send_told(now)
        if due(self._heartbeat_at, now):
            self._heartbeat_at = after(now, HEARTBEAT_MS)
            self._send_heartbeat(now)
        wanted = self._player.level(now)
        board.motor.lasts_ms = self._player.lasts_ms
        board.motor.level(wanted)

    def calm(self):
        """Return whether it may be reset: no gesture is under way, and flash has what it must."""
        return self._press.idle() and self._keep_at < 0

    def _tick(self, now):
        alarm = self._alarm
        alarm.edge_at = kept(alarm.edge_at, now)
        if alarm.state != SAFE and due(alarm.deadline, now):
            self._event(TIMED_OUT, now, alarm.edge_at)
        if self._player.playing:
            return
        self._feel(self._reminders.due(alarm.state > CALLING, now), now)
        if since(self._trouble_at, now) >= (NO_GATEWAY_FELT_MS if self._up else _UNPAIRED_MS):
            self._trouble_at = now
            self._feel(feel.TROUBLE, now)
        if self._give_way_at >= 0 and due(self._give_way_at, now) and self.calm() and alarm.state != CALLING:
            self._board.memory.give_way()
            self._board.reset()

    def _resume(self, now):
        saved = self._saved
        alarm = self._alarm
        for keeper in (self._board.memory, self._board.store):
            if alarm.load(saved, keeper.load(saved), now, keeper is not self._board.memory):
                break
        self._save(now)
        if alarm.state == WARNED:
            self._event(TIMED_OUT, now, alarm.edge_at)  # an unfinished pre-alarm becomes an alarm
        elif alarm.state != SAFE:
            self._keep_at = after(now, _KEEP_MS)  # flash may not have it yet
            if alarm.state > CALLING:
                self._feel(OF_STATE[alarm.state], now)

    def _event(self, event, now, edge_at):
        alarm = self._alarm
        before = alarm.state
        if not alarm.on(event, now, edge_at):
            return
        if alarm.unsent:
            alarm.unsent = False
            self._send_at = now
            self._again_ms = 0  # what is new is tried at once
            self._told = NO_ID
            for i in range(_SENT_KEPT):
                self._sent[i] = NO_ID
        hush(self._player, alarm.state)
        self._feel(of_arrow(before, event, alarm.state), now)
        self._keep(now)

    def _feel(self, pattern, now):
        if pattern != feel.NONE:
            self._reminders.felt(pattern, now)
            self._player.play(pattern, now)

    def _save(self, now):
        self._alarm.save(self._saved, now, True)  # no visit, pause or practice goes on here
        self._board.memory.save(self._saved, _SAVED_BYTES)

    def _keep(self, now):
        self._save(now)
        by = after(now, _KEEP_MS)
        if self._keep_at < 0 or since(by, self._keep_at) > 0:  # an ack puts off no write of its alarm
            self._keep_at = by

    def _keep_in_flash(self, now):
        try:
            self._board.store.save(self._saved, _SAVED_BYTES)
            self._keep_at, self._again_ms = -1, 0
        except OSError:
            self._refused(now)
            self._keep_at = self._again_at

    def _refused(self, now):
        self._again_ms = min(2 * self._again_ms or FLASH_AGAIN_MS, FLASH_AGAIN_MOST_MS)
        self._again_at = after(now, self._again_ms)

    def _take(self, now):
        if self._next >= self._end:
            if self._again_ms and not due(self._again_at, now):
                return NO_ID
            try:
                start = self._board.store.reserve()
                if start < max(self._least, self._alarm.alarm_id + 1):
                    self._board.store.lose()  # the flash is older than what this badge has sent
                    return NO_ID
                self._again_ms = 0
            except OSError:
                self._refused(now)
                return NO_ID
            if self._start == NO_ID:
                self._start = start
            self._next = start
            self._end = start + COUNTER_BLOCK
        self._next += 1
        return self._next - 1

    def _send_alarm(self, now):
        if not self._up or not self._is_ready(True, now):
            return
        alarm = self._alarm
        if alarm.alarm_id == NO_ID:
            alarm.alarm_id = self._take(now)
            if alarm.alarm_id == NO_ID:
                return
            self._keep(now)  # or it would be another alarm after a reset
        counter = self._take(now)
        if counter == NO_ID:
            return
        if self._told == NO_ID:
            self._told = counter
        for i in range(_SENT_KEPT - 1, 0, -1):
            self._sent[i] = self._sent[i - 1]
        self._sent[0] = counter
        age_s = since(alarm.edge_at, now) // 1000
        n = frame.alarm(self._buf, self._device, counter, alarm.alarm_id, alarm.kind, alarm.told_what(), alarm.revision,
                        15, alarm.state, age_s)
        self._send(counter, n, True, now)

    def _send_heartbeat(self, now):
        if not self._up or not self._is_ready(False, now):
            self._heartbeat_at = after(now, RETRY_ALARM_MS)
            return
        counter = self._take(now)
        if counter == NO_ID:
            return
        self._beats += 1
        self._beat = counter
        if self._report and self._beats in _REPORTS:
            n = frame.report(self._buf, self._device, counter, self._report)
        else:
            faults = FAULT_LIFEBOAT | FAULT_PART_SILENT if self._board.trouble() else FAULT_LIFEBOAT
            n = frame.heartbeat(self._buf, self._device, counter, _STATE, BATTERY_UNKNOWN, faults)
        self._send(counter, n, False, now)

    def _send_told(self, now):
        counter = self._take(now)
        if counter != NO_ID:
            self._answers = False  # who misses it says the STEP again
            n = frame.told(self._buf, self._device, counter, self._gateway, self._down_counter)
            self._send(counter, n, False, now)

    def _is_ready(self, is_alarm, now):
        # before a counter is spent: a radio keeps a pace of its own
        for route in self._board.routes:
            if route.ready(_FRAME_BYTES, is_alarm, now, self._tries or 1):
                return True
        return False

    def _send(self, counter, n, is_alarm, now):
        frame.nonce(self._nonce, frame.STREAM_UP, self._device, 0, counter)
        n = self._up.close(self._nonce, self._buf, frame.UP_HEAD, n)
        tries = self._tries or 1  # a first try, of a heartbeat, would look whether the first bridge is back
        sent = False
        for route in self._board.routes:
            if route.ready(n, is_alarm, now, tries) and route.send(self._buf, n, is_alarm):
                sent = True
                if is_alarm and self._alarm.state <= CALLING:  # an ack cannot be heard while talking
                    self._send_at = after(self._send_at, route.busy_ms(n))
        if sent:
            self._tries = self._tries % _TRIES + 1

    def _receive(self, n, now):
        # Acks and STEPs are read, each once.
        if frame.get16(self._buf, 1) != self._device:
            return False
        if n == _STEP_BYTES and self._buf[0] == frame.STEP:
            if not self._is_step(n, now):
                return False
        elif n != _ACK_BYTES or self._buf[0] != frame.ACK:
            return False
        elif self._is_ack_of(self._beat, n):
            self._beat = NO_ID
        elif not self._is_alarm_acked(n, now):
            return False
        self._tries = 0
        self._reminders.linked(now)
        return True

    def _is_step(self, n, now):
        # The rules of firmware/link/inbox.py and of Badge._step, for one gateway at a time.
        buf, alarm, gateway, counter = self._buf, self._alarm, self._buf[3], frame.get30(self._buf, 4)
        if counter < 0 or self._start == NO_ID:
            return False
        frame.nonce(self._nonce, frame.STREAM_DOWN, self._device, gateway, counter)
        if self._down.open(self._nonce, buf, frame.DOWN_HEAD, n) < 0:
            return False
        heard = frame.get30(buf, 8)
        newer = counter > self._down_counter if gateway == self._gateway else heard > self._heard
        if heard < self._start or not newer:
            return False
        self._gateway, self._down_counter, self._heard = gateway, counter, heard
        if heard >= self._next:
            self._next, self._least = self._end, frame.COUNTER_END  # see Counter.heard
        self._answers = True
        if frame.get30(buf, 12) == alarm.alarm_id and alarm.is_open():
            more = alarm.state == CALLING and alarm.revision != alarm.stored
            if more or self._told == NO_ID or heard < self._told:
                self._answers = False  # it speaks of an older revision; the gateway will say it again
            else:
                event = alarm.told(buf[16], frame.get16(buf, 17))
                if event and alarm.on(ACKED, now, now):
                    self._send_at = after(now, REFRESH_MS)
                self._event(event, now, now)
        return True

    def _is_alarm_acked(self, n, now):
        for i in range(_SENT_KEPT):
            if self._is_ack_of(self._sent[i], n):
                self._sent[i] = NO_ID
                self._alarm.stored = self._alarm.revision
                if self._alarm.what == WHAT_RAISED:
                    if self._alarm.state == CALLING:
                        self._send_at = after(now, REFRESH_MS)
                    self._event(ACKED, now, now)
                return True
        return False

    def _is_ack_of(self, counter, n):
        buf = self._buf
        if counter == NO_ID or frame.get16(buf, 4) != counter & 0xFFFF:
            return False
        frame.nonce(self._nonce, frame.STREAM_ACK, self._device, buf[3], counter)
        return self._down.open(self._nonce, buf, frame.ACK_HEAD, n) >= 0
