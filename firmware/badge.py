"""What is the whole alarm, with no hardware? Read this file first.

    body ─ samples, button ─► detect ─► alarm ─► link ─ next_frame ─► air
    hip  ◄─ motor ─ feedback ◄─ alarm ◄─ link ◄─ frame ─ air

Numbers come in through a handful of doors and go out through three: the next frame to send, the motor's level, and for
how long nothing is due. Time is a parameter, in ms on the badge's clock (firmware/ticks.py). Nothing here asks a clock,
sleeps, or knows a radio. `samples` and `button` allocate nothing.
"""

from firmware.alarm import alarm as alarms
from firmware.alarm import shift as shifts
from firmware.alarm.alarm import NO_ID, Alarm
from firmware.alarm.calls import NO_CALL, Calls
from firmware.alarm.hysteresis import OFF_CHARGER, Hysteresis
from firmware.alarm.shift import ASKING, Shift
from firmware.codes import (
    ACKED, CALLING, CHECK_IN_MISSED, EMERGENCY_ASKED, FAULT_BATTERY_LOW, FAULT_BUTTON_STUCK, FAULT_CRASHED,
    FAULT_NOT_WORN, FAULT_NO_GATEWAY, FAULT_QUEUE_LOST, FAULT_SENSOR_SILENT, FAULT_SENSOR_STUCK, FELL, GREEN,
    KIND_CHECK_IN, KIND_TEST, NO_VISIT, ORDER_VISIT, PASSED_ALL, PRESSED, PRESSED_ALONE, RED, RELIEVED, SAFE,
    TIMED_OUT, TORN_OFF, WARNED, WHAT_RAISED,
)
from firmware.detect.body import Body
from firmware.detect.press import Press
from firmware.feedback import patterns as feel
from firmware.feedback.player import OF_STATE, Player, Reminders, hush, in_state, of_arrow, of_call
from firmware.limits import (
    BATTERY_LOW, BATTERY_UNKNOWN, BATTERY_WELL, CHECK_IN_PRE_ALARM_MS, COMES_MS, HEARTBEAT_MS, HOLD_MS,
    LYING_MOST_MS, MOTIONLESS_MS, MOVED_MS, NO_GATEWAY_MS, NOT_WORN_MS, POSITION_MS, PRE_ALARM_MS, REST_MOST_MS,
    RETRY_SAID_MS, RIGHTED_MS, SAMPLE_MS, SENSOR_SILENT_MS, STUCK_MS, TORN_MS,
)
from firmware.link import frame, outbox
from firmware.link.inbox import Inbox
from firmware.link.uplink import NEVER, Uplink
from firmware.ticks import Silence, since
from firmware.trace import ARROW, BELIEVED, FAULT, FELT, GESTURE, REFUSED, SENT, Trace

SAVED_BYTES = alarms.SAVED_BYTES + shifts.SAVED_BYTES
# What is felt when something came of an order, a press, or time? By the word of it, NOTHING to REMIND (shift.py).
_FELT_OF = bytes((feel.NONE, feel.NONE, feel.PRACTISING, feel.ALONE, feel.TOGETHER, feel.CANCELLED, feel.REMINDER))


class Badge:
    """One wearer's alarm. device 1..65534; up, down: 16-byte keys of this badge, towards and from the gateway."""

    def __init__(self, device, up, down, now, hold_ms=HOLD_MS, single_calls=False, pre_alarm_ms=PRE_ALARM_MS,
                 heartbeat_ms=HEARTBEAT_MS, motionless_ms=MOTIONLESS_MS, position=True, clip=False, struggle=False,
                 position_ms=POSITION_MS, torn_ms=TORN_MS, righted_ms=RIGHTED_MS,
                 check_in_ask_ms=CHECK_IN_PRE_ALARM_MS):
        self.trace = Trace()
        self.alarm = Alarm(pre_alarm_ms, check_in_ask_ms)
        self.shift, self.calls = Shift(position), Calls()
        self.uplink = Uplink(device, up)
        self.counter, self.outbox, self.inbox = self.uplink.counter, self.uplink.outbox, Inbox(device, down)
        self.player, self.reminders = Player(), Reminders(now)
        self.press, self._function = Press(hold_ms, single_calls), Press()
        self.body, self.clips = Body(now, motionless_ms, position_ms, righted_ms, struggle), None
        if clip:
            from firmware.detect.clip import Clip  # only who has one pays for it

            self.clips = Clip(now, torn_ms)
        self.faults, self._steady, self.charging = 0, Hysteresis(), False
        self.unsaved = False  # something that must outlive a reset has changed: save() now
        self._battery, self._interval_ms = BATTERY_UNKNOWN, heartbeat_ms
        self.heartbeat_ms, self._heartbeat_at = heartbeat_ms, (now - heartbeat_ms) & 0x3FFFFFFF
        self._gateway = Silence(max(NO_GATEWAY_MS, heartbeat_ms * 5 // 2), now)
        self._sensor, self._test_id, self._test_unsent = Silence(SENSOR_SILENT_MS, now), NO_ID, False
        self._coming, self._coming_at = False, now  # "I am coming", which waits for a movement

    # Doors in

    def samples(self, block, count: int, now: int) -> None:
        """Take `count` samples x, y, z, x, ... in mg, 50 a second, from `block`; the last was measured at `now`."""
        at = 0
        self.body.keen(self.shift.visit.colour == RED)
        while at < count:
            self._sensor.heard(now)
            event = self.body.samples(block, at, count, now)
            at = self.body.taken
            if event:
                self._seen(event, (now - (count - at) * SAMPLE_MS) & 0x3FFFFFFF, self.body.began_at)
        if self.alarm.fallen != (self.body.waiting > 0):
            self.alarm.fallen, self.unsaved = not self.alarm.fallen, True

    def button(self, level: int, now: int) -> None:
        """Take the button's level, 1 while it is pressed, as often as it is read."""
        if level and not self.press.count:  # a gesture answers what is asked as it begins, and may tremble then
            self._coming = False
            kind = self.alarm.kind if self.alarm.state == WARNED else self.shift.asks() and KIND_CHECK_IN
            # where one press calls, a colleague's call asks nothing
            self.calls.meant = NO_CALL if kind or self.press.single_calls else self.calls.waiting()
            self.press.asked = kind or self.calls.meant >= 0
        event = self.press.level(level, now)
        if not event:
            return
        self.trace.note(GESTURE, event, now)
        if event == PRESSED_ALONE:
            self._coming, self._coming_at = True, now
            self._answer(now)
        elif event == PRESSED:
            self._pressed(now)
        else:
            self.shift.test.end()  # whatever was tried, this is real
            duty, mode = self.shift.duty, self.shift.mode()
            practice = duty.emergency() if event == EMERGENCY_ASKED else duty.practising()
            self._event(event, now, self.press.edge_at, practice)
            if duty.mode() != mode:
                self._changed(now)

    def clip(self, open: int, now: int) -> None:
        """Take the clip contact's level, 1 while it is torn open. Heeded where the setting `clip` says there is one."""
        if self.clips and self.clips.level(open, now):
            self._seen(TORN_OFF, now, self.clips.opened_at)

    def function(self, level: int, now: int) -> None:
        """Take the function button's level, where there is one: a press begins or prolongs a visit, a hold ends it."""
        event = self._function.level(level, now)
        if event == PRESSED or event == EMERGENCY_ASKED:
            colour = NO_VISIT if event == EMERGENCY_ASKED else self.shift.visit.colour or GREEN
            self.uplink.wish(ORDER_VISIT, colour << 14, now)

    def frame(self, buf: bytearray, n: int, now: int, beat_ms: int = 0) -> bool:
        """Take any `n` bytes of `buf`, used up; return if they prove a gateway. beat_ms: least between heartbeats."""
        box = self.inbox
        type = box.receive(buf, n, self.outbox, self.counter.start)
        self.trace.note(BELIEVED if type else REFUSED, type or box.refused, now)
        if type == frame.GROUP_CALL:  # whoever has the group's key can say so: it proves no gateway
            self._called(False, now)
        if not type or type == frame.GROUP_CALL:
            return False
        self._interval_ms = max(self.heartbeat_ms, beat_ms)
        self._gateway.most_ms = max(NO_GATEWAY_MS, self._interval_ms * 5 // 2)
        lives = box.heard >= self.uplink.lately  # else it was held back, and proves who lived then
        if lives:
            if self._gateway.heard(now) >= RETRY_SAID_MS:  # as long may wait what was said to nobody meanwhile
                self.outbox.again(now)
            self.reminders.linked(now)
        if type == frame.ACK:
            self._acked(now)
            return lives
        self.counter.heard(box.heard)
        arrived = True  # the gateway is told so; what it is not told of it says again
        if type == frame.STEP:
            arrived = self._step(now)
        elif type == frame.KEY:
            arrived = self.uplink.take_keys(box, buf)
        elif type == frame.ORDER:
            arrived = not box.unsure()
            if arrived and box.new_order(self.uplink.sent_counter):
                self._result(self.shift.order(box.order, box.value, self.alarm.state != SAFE, now), now)
        elif type == frame.CALL or type == frame.STAND_DOWN:
            arrived = not self.calls.overtaken(box)
            if arrived and type == frame.CALL:
                self._called(True, now)
            elif arrived:
                self.uplink.stood_down(box.caller, box.alarm_id)
                if self.calls.stand_down(box.caller, box.alarm_id):
                    self._feel(feel.STOOD_DOWN, now)
        if arrived:
            self.uplink.told(box, type, now, self.shift.why(box.order))
        return lives

    def battery(self, percent: int, now: int, charging: bool = False) -> None:
        """Take the battery's charge in percent, and whether the badge is on its charger."""
        self._battery = percent
        self.uplink.battery16 = 15 if percent == BATTERY_UNKNOWN else percent * 14 // 100
        self.fault(FAULT_BATTERY_LOW, percent < (BATTERY_WELL if self.faults & FAULT_BATTERY_LOW else BATTERY_LOW), now)
        self.charging = not self._steady.steady(OFF_CHARGER, not charging, not self.charging, now)
        self._result(self.shift.charging(self.charging, percent, self.body.still_ms(now), now), now)

    def self_test_wanted(self) -> bool:
        """Return whether the hallway should run the sensor's own self-test now."""
        return self.shift.test.sensor_wanted() or self.body.check.wants_test

    def self_tested(self, passed: bool, now: int) -> None:
        """Take the result of the sensor's own self-test."""
        self.body.check.tested(passed)
        if self.shift.test.sensor_wanted():
            self.shift.test.sensor(passed, now)
            self._feel(feel.TEST_ASK, now)

    def fault(self, bit: int, on, now: int) -> None:
        """Note that a fault (a FAULT_ word) is there or gone; a change is felt and told."""
        on = self._steady.steady(bit, on, self.faults & bit, now)
        faults = self.faults | bit if on else self.faults & ~bit
        if faults == self.faults:
            return
        worse, self.faults = faults > self.faults, faults
        self.trace.note(FAULT, faults, now)
        if worse and bit != FAULT_NOT_WORN:
            self._feel(feel.TROUBLE, now)
        self._beat(outbox.TECHNICAL_RANK, now)

    def tick(self, now: int) -> None:
        """Let time pass; call it at least every `rest_ms`."""
        before = self.alarm.state
        if self.alarm.tick(now):
            self._arrow(before, TIMED_OUT, now)
        self._post(now)
        self.calls.tick(now, self.uplink)
        if self._coming:
            self._answer(now)
        self._result(self.shift.tick(self.alarm.state != SAFE, now, self.alarm.holds_check_in()), now)
        if self._test_unsent:
            self._test_id = self.counter.take()
            if self._test_id != NO_ID:
                self._test_unsent = False
                self.uplink.test(self._test_id, self.shift.test.passed, now)
        if not self.player.playing:
            slot = self.calls.waiting()
            calling = self.calls.kind[slot] if slot >= 0 and not (self._coming or self.alarm.is_open()) else 0
            asking, testing = self.alarm.state == WARNED, self.shift.test.stage == ASKING
            deaf, heard = self.faults & FAULT_NO_GATEWAY, self.alarm.state > CALLING  # before that "unheard" says it
            self._feel(self.reminders.due(heard, now, asking, testing, calling, self.shift.alone, deaf), now)
        self.fault(FAULT_BUTTON_STUCK, self.press.down_ms(now) >= STUCK_MS, now)
        self.fault(FAULT_SENSOR_SILENT, self._sensor.too_long(now), now)
        self.fault(FAULT_NO_GATEWAY, self._gateway.too_long(now), now)
        self.fault(FAULT_SENSOR_STUCK, self.body.check.wrong != 0, now)
        self.fault(FAULT_QUEUE_LOST, self.outbox.lost, now)
        self.fault(FAULT_NOT_WORN, not self.body.moved_within(NOT_WORN_MS, now), now)
        if since(self._heartbeat_at, now) >= self._interval_ms:
            self._heartbeat_at = now
            self._beat(outbox.HEARTBEAT_RANK, now)

    # Doors out

    def next_frame(self, buf: bytearray, now: int) -> int:
        """Write the next frame to send into `buf` (frame.FRAME_BYTES_MAX bytes); return its length, 0 for none."""
        n = self.uplink.next_frame(buf, now, self.alarm.state)
        if n:
            self.trace.note(SENT, self.uplink.sent_counter, now)
        return n

    def motor(self, now: int) -> int:
        """Return the motor's level now, 0 or 255."""
        return self.body.shaken(self.player.level(now), now)

    def rest_ms(self, now: int) -> int:
        """Return for how many ms at most nothing is due, unless the button or the air says otherwise."""
        return self.outbox.rest_ms(now, LYING_MOST_MS if self.lying() else REST_MOST_MS) if self.at_rest() else 0

    def at_rest(self) -> bool:
        """Return whether no hand is on a button, nothing is felt, and no alarm waits to be told."""
        return self.press.idle() and self._function.idle() and not (self.player.playing or self.alarm.unsent)

    def lying(self) -> bool:
        """Return whether the badge lies somewhere, and nobody waits for its clock: then a sensor may watch alone."""
        return self.faults & FAULT_NOT_WORN != 0 and self.alarm.state == SAFE and self.shift.visit.colour == NO_VISIT

    def save(self, buf: bytearray, now: int) -> int:
        """Write what must outlive a reset into `buf` (SAVED_BYTES); return the number of bytes."""
        self.unsaved = False
        self.alarm.save(buf, now)
        self.shift.save(buf, alarms.SAVED_BYTES, now)
        return SAVED_BYTES

    def load(self, buf: bytearray, n: int, now: int, undated: bool = False) -> bool:
        """Go on from a saved record; False, changing nothing, if it is none. undated: nobody knows how old it is."""
        if n != SAVED_BYTES or not self.alarm.load(buf, n, now, undated):
            return False
        self.shift.load(buf, alarms.SAVED_BYTES, now, undated or self.alarm.undated)  # by a power cut, or a lifeboat
        if self.alarm.state > CALLING:  # the reset may have cut it off
            self._feel(OF_STATE[self.alarm.state], now)
        if self.alarm.fallen:
            self._seen(FELL, now, now)
        return True

    # Inside: what happens, and what is told, heard and felt

    def _seen(self, event, now, edge_at):
        heeded = self.shift.heeds(event) and self._event(event, now, edge_at, self.shift.duty.practising())
        self.body.answered(event, heeded, self.alarm.is_open())

    def _event(self, event, now, edge_at, practice=False):
        before = self.alarm.state
        taken = self.alarm.on(event, now, edge_at, practice)
        if taken:
            self._arrow(before, event, now)
        return taken

    def _arrow(self, before, event, now):
        state = self.alarm.state
        self.trace.note(ARROW, before << 4 | state, now)
        if self.alarm.unsent:
            self.uplink.told_counter = NEVER
        self.unsaved = self.unsaved or before != state or self.alarm.unsent
        hush(self.player, state)
        if state == RELIEVED:
            self.shift.denied(self.alarm.kind, self.alarm.practice, now)
        self._feel(of_arrow(before, event, state), now)
        self._post(now)

    def _pressed(self, now):
        # one press means one thing: what is asked first is answered first, and what is asked later not at all
        if self.alarm.state == WARNED and self.press.asked == self.alarm.kind:
            self._event(PRESSED, now, self.press.edge_at)
        elif self.press.asked == KIND_CHECK_IN:
            self._result(self.shift.pressed(now), now)

    def _result(self, word, now):
        if word == shifts.NOTHING:
            return
        if word == shifts.TEST_OVER:
            self._test_unsent = True
        elif word == shifts.CHECK_IN_DUE:
            practice = self.shift.duty.practising() and not self.shift.visit.missed_real
            self._event(CHECK_IN_MISSED, now, now, practice)
        else:
            self._feel(self.reminders.news(_FELT_OF[word], max(self.calls.kind), now), now)
        self._changed(now)

    def _changed(self, now):
        self.unsaved = True
        self._beat(outbox.TECHNICAL_RANK, now)

    def _post(self, now):
        alarm = self.alarm
        if not alarm.unsent:
            return
        if alarm.alarm_id == NO_ID:
            alarm.alarm_id = self.counter.take()
            if alarm.alarm_id == NO_ID:
                return
            self.unsaved = True
        alarm.unsent = False
        self.uplink.alarm(alarm.alarm_id, alarm.kind, alarm.told_what(), alarm.revision, alarm.edge_at, now)

    def _beat(self, rank, now):
        state = self.shift.visit.colour << 6 | self.shift.mode() << 3 | self.alarm.state
        self.uplink.heartbeat(rank, state, self._battery, self.faults | self.inbox.wants_group, now)

    def _acked(self, now):
        slot = self.uplink.acked(self.inbox.counter, self.inbox.status)
        type = self.outbox.type[slot] if slot >= 0 else 0
        if type == frame.ALARM and self.outbox.b[slot] >> 4 == KIND_TEST:
            if self.outbox.a[slot] != self._test_id or not self.shift.test.stage:
                return
            self.shift.test.end()
            passed = self.outbox.c[slot] == PASSED_ALL
            if passed:
                self.shift.duty.tested(now)
            self._feel(feel.READY if passed else feel.TROUBLE, now)
            self._changed(now)
        elif type == frame.ALARM and self.outbox.a[slot] == self.alarm.alarm_id:
            self.alarm.stored = self.alarm.revision  # the box forgets what an older frame told
            if self.alarm.what == WHAT_RAISED:
                self._event(ACKED, now, now)
        elif type == frame.ANSWER:
            self.calls.known(self.outbox.a[slot], self.outbox.b[slot], self.inbox.counter)
            self._feel(feel.ANSWERED, now)
        elif type == frame.HEARTBEAT:
            self.outbox.lost = self.outbox.lost and not self.outbox.c[slot] & FAULT_QUEUE_LOST
            self.fault(FAULT_CRASHED, False, now)

    def _step(self, now):
        box, alarm, told = self.inbox, self.alarm, self.uplink.told_counter
        if not box.newest_step():
            return False  # it was overtaken by what the same gateway said later, and is told no more
        if box.alarm_id != alarm.alarm_id or not alarm.is_open():
            return True  # an alarm that is over here: the gateway may stop telling
        if not NEVER < told <= box.heard or alarm.state == CALLING and alarm.revision != alarm.stored:
            return False  # it speaks of an older revision than the wearer's last word; the gateway will say it again
        event = alarm.told(box.step, box.responder)
        if event:
            alarm.on(ACKED, now, now)  # while it has had one word only, who speaks of it has it on disk
        self._event(event, now, now)
        return True

    def _called(self, sure, now):
        # who needs help herself feels a call when that is over; the group's key calls nobody who is off duty or has
        # laid the badge aside, as nobody calls them one by one
        box, off = self.inbox, self.alarm.is_open()
        if not sure and (off or box.caller == self.uplink.device or self.faults & FAULT_NOT_WORN
                         or not self.shift.duty.watching()):
            return
        if self.calls.called(box.caller, box.alarm_id, box.kind, now, sure, box.heard if sure else NEVER):
            if sure:
                self.uplink.stood_down(box.caller, box.alarm_id)  # an answer on its way was to what it was before
            if not off:
                self._feel(of_call(box.kind), now)
        if not sure and self.calls.find(box.caller, box.alarm_id) >= 0:
            self.uplink.called(box.caller, box.alarm_id, box.kind, now)

    def _answer(self, now):
        # Nobody answers in an alarm or question of her own, or with a badge on a table. Who sat still and comes, moves.
        slot = self.calls.meant
        self._coming = slot >= 0 and self.alarm.state == SAFE and since(self._coming_at, now) < COMES_MS
        if self._coming:  # the motor rests for as long, so that a movement can be seen
            self.player.stop(of_call(self.calls.kind[slot]))
        if self._coming and self.body.moved_within(MOVED_MS, now):
            self.calls.answer(slot, now)
            self.uplink.answer(self.calls.caller[slot], self.calls.alarm_id[slot], now)

    def _feel(self, pattern, now):
        pattern = in_state(pattern, self.alarm.state)
        if pattern != feel.NONE:
            self.trace.note(FELT, pattern, now)
            self.reminders.felt(pattern, now)
            self.player.play(pattern, now)
