"""What is the whole alarm, with no hardware? Read this file first.

    body ─ samples, button ─► detect ─► alarm ─► link ─ next_frame ─► air
    hip  ◄─ motor ─ feedback ◄─ alarm ◄─ link ◄─ frame ─ air

Numbers come in through a handful of doors and go out through three: the next frame to send, the motor's level, and for
how long nothing is due. Time is a parameter, in ms on the badge's clock (firmware/ticks.py). Nothing here asks a clock,
sleeps, or knows a radio. `samples` and `button` allocate nothing.
"""

from firmware.alarm.alarm import NO_ID, SAVED_BYTES, Alarm
from firmware.alarm.calls import Calls
from firmware.detect.fall import FallDetector
from firmware.detect.press import Press
from firmware.feedback import patterns as feel
from firmware.feedback.player import Player
from firmware.limits import (
    BATTERY_LOW, BATTERY_UNKNOWN, CLAMP_MG, HEARTBEAT_MS, HOLD_MS, MOVED_MG, MOVED_MS, NO_GATEWAY_MS, PRE_ALARM_MS,
    SAMPLE_MS, SENSOR_SILENT_MS, STUCK_MS,
)  # fmt: skip
from firmware.link import frame, outbox
from firmware.link.counter import Counter
from firmware.link.inbox import Inbox
from firmware.link.outbox import Outbox
from firmware.link.seal import NONCE_BYTES, Seal
from firmware.ticks import after, due, since
from firmware.trace import ARROW, BELIEVED, FAULT, FELT, GESTURE, REFUSED, SENT, Trace
from firmware.words import (
    ACKED, CALLING, CLOSE_TOLD, FAULT_BATTERY_LOW, FAULT_BUTTON_STUCK, FAULT_CRASHED,
    FAULT_NO_GATEWAY, FAULT_SENSOR_SILENT, FELL, KIND_ASSIST, KIND_EMERGENCY, PRESSED_ALONE, RECEIVED, RELIEVED,
    SAFE, STEP_CLOSED, STEP_TAKEN, STEP_UNANSWERED, TAKE_TOLD, TAKEN, TIMED_OUT, UNANSWERED, UNANSWERED_TOLD, WARNED,
    WHAT_CANCELLED, WHAT_PRE_ALARM, WHAT_RAISED,
)  # fmt: skip
from micropython import const

_ASK_AGAIN_MS = const(3000)  # the pre-alarm is felt again and again until it is decided
_CALL_AGAIN_MS = const(4000)  # so is a colleague's call until it is answered
_REST_MOST_MS = const(1000)


class Badge:
    """One wearer's alarm. device 1..65534; up, down: 16-byte keys of this badge, towards and from the gateway."""

    def __init__(self, device, up, down, now, hold_ms=HOLD_MS, single_calls=False, pre_alarm_ms=PRE_ALARM_MS,
                 heartbeat_ms=HEARTBEAT_MS):  # fmt: skip
        self.device = device
        self.trace = Trace()
        self.counter = Counter()
        self.alarm = Alarm(pre_alarm_ms)
        self.calls = Calls()
        self.outbox = Outbox()
        self.inbox = Inbox(device, down)
        self.player = Player()
        self.press = Press(hold_ms, single_calls)
        self.detector = FallDetector()
        self.faults = 0
        self.unsaved = False  # the alarm has changed: save() now
        self._seal = Seal(up)
        self._nonce = bytearray(NONCE_BYTES)
        self._battery = BATTERY_UNKNOWN
        self._heartbeat_ms = heartbeat_ms
        self._heartbeat_at = now
        self._heard_at = now  # when a gateway last proved to be there
        self._sampled_at = now
        self._felt_at = now
        self._revision_counter = NO_ID  # first frame that told the newest revision in this life
        self._near_x = self._near_y = self._near_z = 0
        self._moved_at = now

    # Doors in

    def sample(self, x, y, z, now):
        """Take one acceleration in mg, 50 a second."""
        x = max(-CLAMP_MG, min(CLAMP_MG, x))
        y = max(-CLAMP_MG, min(CLAMP_MG, y))
        z = max(-CLAMP_MG, min(CLAMP_MG, z))
        self._sampled_at = now
        if abs(x - self._near_x) > MOVED_MG or abs(y - self._near_y) > MOVED_MG or abs(z - self._near_z) > MOVED_MG:
            self._near_x = x
            self._near_y = y
            self._near_z = z
            self._moved_at = now
        if self.detector.sample(x, y, z, now):
            self._event(FELL, now, self.detector.impact_at)

    def samples(self, block, count, now):
        """Take `count` samples x, y, z, x, ... in mg from `block`; the last one was measured at `now`."""
        for i in range(count):
            at = (now - (count - 1 - i) * SAMPLE_MS) & 0x3FFFFFFF
            self.sample(block[3 * i], block[3 * i + 1], block[3 * i + 2], at)

    def button(self, level, now):
        """Take the button's level, 1 while it is pressed, as often as it is read."""
        event = self.press.level(level, now)
        if not event:
            return
        self.trace.note(GESTURE, event, now)
        if event == PRESSED_ALONE:
            self._answer(now)
        else:
            self._event(event, now, self.press.edge_at)

    def frame(self, buf, n, now):
        """Take `n` bytes from the air; `buf` is used up. Any bytes whatever are safe."""
        type = self.inbox.receive(buf, n, self.outbox, self.counter.start)
        if not type:
            self.trace.note(REFUSED, self.inbox.refused, now)
            return
        self.trace.note(BELIEVED, type, now)
        self._heard_at = now
        if type == frame.ACK:
            self._acked(now)
        elif type == frame.STEP:
            if self._step(now):
                self._told(now)
        elif type == frame.CALL:
            self._called(now)
            self._told(now)
        else:
            if self.calls.stand_down(self.inbox.caller, self.inbox.alarm_id):
                self._feel(feel.STOOD_DOWN, now)
            self._told(now)

    def battery(self, percent, now):
        """Take the battery's charge in percent."""
        self._battery = percent
        self.fault(FAULT_BATTERY_LOW, percent < BATTERY_LOW, now)

    def fault(self, bit, on, now):
        """Note that a fault (a FAULT_ word) is there or gone; a change is felt and told."""
        faults = self.faults | bit if on else self.faults & ~bit
        if faults == self.faults:
            return
        worse = faults > self.faults
        self.faults = faults
        self.trace.note(FAULT, faults, now)
        if worse:
            self._feel(feel.TROUBLE, now)
        self._heartbeat(outbox.TECHNICAL_RANK, now)

    def tick(self, now):
        """Let time pass; call it at least every `rest_ms`."""
        before = self.alarm.state
        if self.alarm.tick(now):
            self._arrow(before, TIMED_OUT, now)
        self._post(now)
        self.calls.tick(now)
        self._feel_again(now)
        self.fault(FAULT_BUTTON_STUCK, self.press.down_ms(now) >= STUCK_MS, now)
        self.fault(FAULT_SENSOR_SILENT, since(self._sampled_at, now) >= SENSOR_SILENT_MS, now)
        self.fault(FAULT_NO_GATEWAY, since(self._heard_at, now) >= NO_GATEWAY_MS, now)
        if due(self._heartbeat_at, now):
            self._heartbeat_at = after(now, self._heartbeat_ms)
            self._heartbeat(outbox.HEARTBEAT_RANK, now)

    # Doors out

    def next_frame(self, buf, now):
        """Write the next frame to send into `buf` (frame.FRAME_BYTES_MAX bytes); return its length, 0 for none."""
        slot = self.outbox.next(now)
        if slot < 0:
            return 0
        counter = self.counter.take()
        if counter < 0:
            return 0
        length = self._write(slot, buf, counter, now)
        self.outbox.sent(slot, counter, now)
        frame.nonce(self._nonce, frame.STREAM_UP, self.device, 0, counter)
        self.trace.note(SENT, counter, now)
        return self._seal.close(self._nonce, buf, frame.UP_HEAD, length)

    def motor(self, now):
        """Return the motor's level now, 0 or 255."""
        return self.player.level(now)

    def rest_ms(self, now):
        """Return for how many ms at most nothing is due, unless the button or the air says otherwise."""
        if self.player.playing or self.press.down or self.alarm.unsent:
            return 0
        return self.outbox.rest_ms(now, _REST_MOST_MS)

    def moved(self, now):
        """Return whether the badge has moved within the last minute: somebody wears it."""
        return since(self._moved_at, now) < MOVED_MS

    def save(self, buf, now):
        """Write what must outlive a reset into `buf`; return the number of bytes (16)."""
        self.unsaved = False
        return self.alarm.save(buf, now)

    def load(self, buf, n, now):
        """Go on with a saved alarm; return False, changing nothing, for bytes that are not one."""
        return n == SAVED_BYTES and self.alarm.load(buf, n, now)

    # Inside

    def _event(self, event, now, edge_at):
        before = self.alarm.state
        if self.alarm.on(event, now, edge_at):
            self._arrow(before, event, now)

    def _arrow(self, before, event, now):
        state = self.alarm.state
        self.trace.note(ARROW, before << 4 | state, now)
        if self.alarm.unsent:
            self._revision_counter = NO_ID
        if before != state or self.alarm.unsent:
            self.unsaved = True
        if event == FELL and state == WARNED:
            self._feel(feel.PRE_ALARM, now)
        elif state == RELIEVED:
            self.player.stop(feel.PRE_ALARM)
            self._feel(feel.CANCELLED, now)
        elif state == RECEIVED:
            self.player.stop(feel.DEAF)
            self._feel(feel.HEARD, now)
        elif state == UNANSWERED:
            self._feel(feel.NOBODY, now)
        elif state == TAKEN and before != TAKEN:
            self._feel(feel.COMING, now)
        elif state == CALLING and event == TIMED_OUT and before == CALLING:
            self._feel(feel.DEAF, now)
        elif state == CALLING:
            self.player.stop(feel.PRE_ALARM)
        elif state == SAFE and event == CLOSE_TOLD:
            self._feel(feel.OVER, now)
        self._post(now)

    def _post(self, now):
        alarm = self.alarm
        if not alarm.unsent:
            return
        if alarm.alarm_id == NO_ID:
            alarm.alarm_id = self.counter.take()
            if alarm.alarm_id == NO_ID:
                return
            self.unsaved = True
        rank = outbox.ALARM_RANK
        if alarm.what == WHAT_PRE_ALARM:
            rank = outbox.PRE_ALARM_RANK
        elif alarm.what == WHAT_CANCELLED:
            rank = outbox.REPORT_RANK
        alarm.unsent = False
        self.outbox.put(rank, frame.ALARM, alarm.alarm_id, alarm.kind << 4 | alarm.what, alarm.revision, now)

    def _heartbeat(self, rank, now):
        self.outbox.put(rank, frame.HEARTBEAT, 0, self.alarm.state << 8 | self._battery, self.faults, now)

    def _write(self, slot, buf, counter, now):
        box = self.outbox
        type = box.type[slot]
        a = box.a[slot]
        b = box.b[slot]
        c = box.c[slot]
        if type == frame.ALARM:
            ours = a == self.alarm.alarm_id
            if ours and c == self.alarm.revision and self._revision_counter == NO_ID:
                self._revision_counter = counter
            age_s = self.alarm.age_s(now) if ours else 255
            battery16 = 15 if self._battery == BATTERY_UNKNOWN else self._battery * 14 // 100
            return frame.alarm(buf, self.device, counter, a, b >> 4, b & 0x0F, c, battery16, 0, age_s)
        if type == frame.HEARTBEAT:
            return frame.heartbeat(buf, self.device, counter, b >> 8, b & 0xFF, c)
        if type == frame.ANSWER:
            return frame.answer(buf, self.device, counter, a, b)
        return frame.told(buf, self.device, counter, b, a)

    def _acked(self, now):
        slot = self.outbox.slot_of(self.inbox.counter)
        if slot < 0:
            return
        type = self.outbox.type[slot]
        mine = type == frame.ALARM and self.outbox.a[slot] == self.alarm.alarm_id
        told = self.outbox.c[slot]
        self.outbox.free(slot)
        if mine and told == self.alarm.revision and self.alarm.what == WHAT_RAISED and not self.alarm.unsent:
            self._event(ACKED, now, now)
        elif type == frame.ANSWER:
            self._feel(feel.ANSWERED, now)
        elif type == frame.HEARTBEAT:
            self.fault(FAULT_CRASHED, False, now)

    def _step(self, now):
        box = self.inbox
        alarm = self.alarm
        if box.alarm_id != alarm.alarm_id or not alarm.is_open():
            return True  # an alarm that is over here: the gateway may stop telling
        if alarm.state == CALLING or self._revision_counter == NO_ID or box.heard < self._revision_counter:
            return False  # it speaks of an older revision than the wearer's last word; the gateway will say it again
        if box.step == STEP_TAKEN:
            alarm.responder = box.responder
            self._event(TAKE_TOLD, now, now)
        elif box.step == STEP_UNANSWERED:
            self._event(UNANSWERED_TOLD, now, now)
        elif box.step == STEP_CLOSED:
            self._event(CLOSE_TOLD, now, now)
        return True

    def _called(self, now):
        box = self.inbox
        if self.calls.called(box.caller, box.alarm_id, box.kind, now):
            self._feel_call(box.kind, now)

    def _answer(self, now):
        # A badge that lies on a table answers nobody, and the wearer's own question comes first.
        slot = self.calls.waiting()
        if slot < 0 or self.alarm.state in (WARNED, RELIEVED) or not self.moved(now):
            return
        self.calls.answered[slot] = 1
        self.outbox.put(outbox.ANSWER_RANK, frame.ANSWER, self.calls.caller[slot], self.calls.alarm_id[slot], 0, now)

    def _told(self, now):
        self.outbox.put(outbox.TOLD_RANK, frame.TOLD, self.inbox.counter, self.inbox.gateway, 0, now)

    def _feel(self, pattern, now):
        self.trace.note(FELT, pattern, now)
        self._felt_at = now
        self.player.play(pattern, now)

    def _feel_call(self, kind, now):
        if kind == KIND_EMERGENCY:
            self._feel(feel.CALLED_EMERGENCY, now)
        elif kind == KIND_ASSIST:
            self._feel(feel.CALLED_ASSIST, now)
        else:
            self._feel(feel.CALLED_FALL, now)

    def _feel_again(self, now):
        if self.player.playing:
            return
        if self.alarm.state == WARNED and since(self._felt_at, now) >= _ASK_AGAIN_MS:
            self._feel(feel.PRE_ALARM, now)
        slot = self.calls.waiting()
        if slot >= 0 and since(self._felt_at, now) >= _CALL_AGAIN_MS:
            self._feel_call(self.calls.kind[slot], now)
