"""What still works when nothing else does? Button to radio, in one plain loop.

No detector, no table, no asyncio, no settings: a hold or three presses is an emergency, two are an assist, an alarm
that was open before goes on, and a heartbeat with the fault LIFEBOAT tells the board in the office every minute. Keys
and counters come from NVS, so a broken file system does not silence it. Its alarm goes on after a reset or a power cut,
here or in the app. Without a pairing nothing can be sealed: it only vibrates. Whatever had no answer is counted, so
that a LoRa radio that knows a second bridge tries that after three (firmware/board/second.py).
"""

from firmware.alarm.alarm import NO_ID, Alarm
from firmware.detect.press import Press
from firmware.limits import COUNTER_BLOCK, HEARTBEAT_MS, REFRESH_MS, RETRY_ALARM_MS, RETRY_PATIENT_MS, TRIES_PATIENT
from firmware.link import frame
from firmware.link.seal import NONCE_BYTES, Seal
from firmware.ticks import after, due, kept, since
from firmware.words import (
    ASSIST_ASKED, CALLING, EMERGENCY_ASKED, FAULT_LIFEBOAT, KIND_ASSIST, KIND_EMERGENCY, KIND_NONE, MODE_LIFEBOAT, SAFE,
    WARNED, WHAT_PRACTICE, WHAT_RAISED,
)  # fmt: skip
from micropython import const

_TURN_MS = const(10)
_STATE = MODE_LIFEBOAT << 3  # of a heartbeat; such a badge can call, but not be called
_UNPAIRED_MS = const(20000)
_TICK_MS = const(150)
_KEEP_MS = const(250)  # a power cut may come 300 ms after an alarm; what goes into the air goes first
_SAVED_BYTES = const(32)  # as the app's: what it says beside the alarm is handed on
_REPORTS = (2, 4, 6)  # as which heartbeats why it crashed is told, whether or not they are acked
_FRAME_BYTES = const(24)  # of an alarm; nothing here is longer
_TRIES = const(252)  # of three each; then they are counted from 1 again


class Lifeboat:
    """Runs on `board`. pairing: as firmware/settings.py returns it, or None."""

    def __init__(self, board, pairing):
        self._board = board
        self._device = pairing["device"] if pairing else 0
        self._up = Seal(pairing["up"]) if pairing else None
        self._down = Seal(pairing["down"]) if pairing else None
        self._nonce = bytearray(NONCE_BYTES)
        self._buf = bytearray(2 * frame.FRAME_BYTES_MAX)
        self._press = Press()
        self._next = self._end = 0
        self._alarm_id = NO_ID
        self._revision = 0
        self._kind = KIND_NONE
        self._practice = False
        self._edge_at = board.now()
        self._counter = NO_ID  # of the last alarm frame, until it is acked
        self._beat = NO_ID  # of the last heartbeat, until it is acked
        self._tries = 0  # frames since the last ack
        self._send_at = self._heartbeat_at = self._felt_at = board.now()
        self._heard = False
        self._beats = 0
        self._report = board.memory.report if board.memory.crashes else None
        self._motor_until = board.now()
        self._saved = bytearray(_SAVED_BYTES)
        self._alarm = Alarm()  # as it is kept
        self._keep_at = -1  # when flash is to have it; -1: it does
        self._resume()

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
        asked = self._press.level(board.button.level(), now)
        if asked == EMERGENCY_ASKED:
            self._raise(KIND_EMERGENCY, now)
        elif asked == ASSIST_ASKED:
            self._raise(self._kind or KIND_ASSIST, now)  # an open alarm is graver, and is called again
        for route in board.routes:
            route.tend(now)
            n = route.receive(self._buf)
            if n:
                self._receive(n, now)
        if self._kind and due(self._send_at, now):
            retry_ms = RETRY_ALARM_MS if self._tries < TRIES_PATIENT else RETRY_PATIENT_MS
            self._send_at = after(now, REFRESH_MS if self._heard else retry_ms)
            self._send_alarm(now)
        if self._keep_at >= 0 and due(self._keep_at, now):
            self._keep_in_flash(now)
        if due(self._heartbeat_at, now):
            self._heartbeat_at = after(now, HEARTBEAT_MS)
            self._send_heartbeat(now)
        if not self._up and since(self._felt_at, now) >= _UNPAIRED_MS:
            self._feel(now)
        board.motor.level(0 if due(self._motor_until, now) else 255)

    def _resume(self):
        saved = self._saved
        now = self._board.now()
        alarm = self._alarm
        for keeper in (self._board.memory, self._board.store):
            n = keeper.load(saved)
            if n and alarm.load(saved, n, now):
                break
        if alarm.state >= WARNED and alarm.state != SAFE and (alarm.is_open() or alarm.state == WARNED):
            self._alarm_id = alarm.alarm_id
            # A question that can no longer be asked is answered with a yes.
            self._revision = alarm.revision if alarm.what == WHAT_RAISED else alarm.newer(alarm.revision)
            self._kind = alarm.kind
            self._practice = alarm.practice
            self._edge_at = alarm.edge_at
            self._keep(now)

    def _raise(self, kind, now):
        if self._kind:
            self._revision = self._alarm.newer(self._revision)
        else:
            self._alarm_id = NO_ID
            self._revision = self._alarm.stored = 0
            self._edge_at = self._press.edge_at
        self._kind = kind
        self._practice = False
        self._heard = False
        self._counter = NO_ID
        self._send_at = now
        self._keep(now)

    def _keep(self, now):
        alarm = self._alarm
        alarm.state = CALLING
        alarm.what = WHAT_RAISED
        alarm.kind = self._kind
        alarm.practice = self._practice
        alarm.revision = self._revision
        alarm.alarm_id = self._alarm_id
        alarm.edge_at = self._edge_at
        alarm.deadline = now
        alarm.save(self._saved, now)
        self._board.memory.save(self._saved, _SAVED_BYTES)
        self._keep_at = after(now, _KEEP_MS)

    def _keep_in_flash(self, now):
        try:
            self._board.store.save(self._saved, _SAVED_BYTES)
            self._keep_at = -1
        except OSError:
            self._keep_at = after(now, RETRY_ALARM_MS)

    def _take(self):
        if self._next >= self._end:
            try:
                start = self._board.store.reserve()
                if start <= self._alarm_id:
                    self._board.store.lose()  # the flash is older than what this badge has sent
                    return NO_ID
            except OSError:
                return NO_ID
            self._next = start
            self._end = start + COUNTER_BLOCK
        self._next += 1
        return self._next - 1

    def _send_alarm(self, now):
        if not self._up or not self._is_ready(True, now):
            return
        if self._alarm_id == NO_ID:
            self._alarm_id = self._take()
            self._keep(now)  # or it would be another alarm after a reset
        counter = self._take()
        if self._alarm_id == NO_ID or counter == NO_ID:
            return
        self._counter = counter
        self._edge_at = kept(self._edge_at, now)
        age_s = since(self._edge_at, now) // 1000
        what = WHAT_RAISED | WHAT_PRACTICE if self._practice else WHAT_RAISED
        n = frame.alarm(self._buf, self._device, counter, self._alarm_id, self._kind, what, self._revision, 15,
                        0, age_s)  # fmt: skip
        self._send(counter, n, True, now)

    def _send_heartbeat(self, now):
        if not self._up or not self._is_ready(False, now):
            self._heartbeat_at = after(now, RETRY_ALARM_MS)
            return
        counter = self._take()
        if counter == NO_ID:
            return
        self._beats += 1
        self._beat = counter
        if self._report and self._beats in _REPORTS:
            n = frame.report(self._buf, self._device, counter, self._report)
        else:
            n = frame.heartbeat(self._buf, self._device, counter, _STATE, 255, FAULT_LIFEBOAT)
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
        if sent:
            self._tries = self._tries % _TRIES + 1

    def _receive(self, n, now):
        # Acks alone are read, each once. That of the newest alarm frame is all the truth a lifeboat can tell.
        if n != 15 or self._buf[0] != frame.ACK or frame.get16(self._buf, 1) != self._device:
            return
        if self._is_ack_of(self._counter, n):
            self._counter = NO_ID
            if not self._heard:
                self._heard = True
                self._alarm.stored = self._revision
                self._send_at = after(now, REFRESH_MS)
                self._feel(now)
        elif self._is_ack_of(self._beat, n):
            self._beat = NO_ID
        else:
            return
        self._tries = 0

    def _is_ack_of(self, counter, n):
        buf = self._buf
        if counter == NO_ID or frame.get16(buf, 4) != counter & 0xFFFF:
            return False
        frame.nonce(self._nonce, frame.STREAM_ACK, self._device, buf[3], counter)
        return self._down.open(self._nonce, buf, frame.ACK_HEAD, n) >= 0

    def _feel(self, now):
        self._felt_at = now
        self._motor_until = after(now, _TICK_MS)
