"""What does the gateway answer to the bytes it gets? Datagrams and time in, datagrams out.

    datagrams ─► open and check ─► one transaction ─► commit ─► acks, calls, steps

All datagrams that have arrived are stored in one commit, and only then are their acks returned: an ack means the alarm
is on disk. Any bytes are safe; what is refused is counted by reason and changes nothing. Downlinks wait in the database
and are repeated under new counters until the badge has TOLD that one of them arrived.
"""

import json

from sqlalchemy import insert, select, update

from firmware.link import frame
from firmware.link.seal import NONCE_BYTES, TAG_BYTES, Seal
from firmware.words import STEP_CLOSED, STEP_RECEIVED, STEP_TAKEN, STEP_UNANSWERED, WHAT_CANCELLED, WHAT_RAISED

from .store import ALARMS, BADGES, DOWN_BLOCK, DOWNLINKS, EVENTS

WINDOW = 64
UNANSWERED_MS = 30_000
PRESENT_MS = 180_000  # three heartbeats: a badge silent for longer is not called
REPEAT_MS = (1000, 1000, 1000, 2000, 5000)
KINDS = {1: "assist", 2: "fall", 3: "emergency"}
_WRITERS = {frame.STEP: frame.step, frame.CALL: frame.call, frame.STAND_DOWN: frame.stand_down}


class Radio:
    """One gateway over a Store. `refused` counts by reason."""

    def __init__(self, store):
        self.store = store
        self.refused = {}
        self._seals = {}
        self._down_next = self._down_end = 0

    def receive(self, datagrams, now_ms):
        """Take [(bytes, address)]; return [(bytes, address)] to send, all of it already on disk."""
        acks = []
        with self.store.engine.begin() as db:
            for data, address in datagrams:
                ack = self._frame(db, bytes(data), address, now_ms)
                if ack:
                    acks.append((ack, address))
        return acks + self.tick(now_ms)

    def tick(self, now_ms):
        """Let time pass; return [(bytes, address)] that are due."""
        out = []
        with self.store.engine.begin() as db:
            late = (ALARMS.c.due_ms.is_not(None)) & (ALARMS.c.due_ms <= now_ms)
            for alarm in db.execute(select(ALARMS).where(late)).all():
                db.execute(update(ALARMS).where(ALARMS.c.id == alarm.id).values(due_ms=None, step=STEP_UNANSWERED))
                self._note(db, now_ms, alarm.id, "unanswered", "gateway")
                self._step(db, alarm, STEP_UNANSWERED, 0, now_ms)
            waiting = ~DOWNLINKS.c.told & (DOWNLINKS.c.due_ms <= now_ms)
            for row in db.execute(select(DOWNLINKS).where(waiting).order_by(DOWNLINKS.c.id)).all():
                sent = self._send(db, row, now_ms)
                if sent:
                    out.append(sent)
        return out

    def take(self, alarm, who, now_ms, device=0):
        """Somebody comes: return whether the alarm with row `alarm` was open and not yet taken."""
        with self.store.engine.begin() as db:
            row = db.execute(select(ALARMS).where(ALARMS.c.id == alarm)).one_or_none()
            return bool(row) and self._take(db, row, who, now_ms, device)

    def close(self, alarm, who, now_ms):
        """A person closes the alarm: return whether it was open."""
        with self.store.engine.begin() as db:
            row = db.execute(select(ALARMS).where(ALARMS.c.id == alarm)).one_or_none()
            if not row or row.step == STEP_CLOSED:
                return False
            db.execute(update(ALARMS).where(ALARMS.c.id == alarm).values(step=STEP_CLOSED, due_ms=None))
            self._note(db, now_ms, alarm, "closed", who)
            called = select(DOWNLINKS).where((DOWNLINKS.c.alarm == alarm) & (DOWNLINKS.c.type == frame.CALL))
            calls = {call.device: call for call in db.execute(called).all()}
            db.execute(update(DOWNLINKS).where(DOWNLINKS.c.alarm == alarm).values(told=True))
            self._step(db, row, STEP_CLOSED, 0, now_ms)
            for device, call in calls.items():
                self._tell(db, device, alarm, frame.STAND_DOWN, call.a, call.b, 0, now_ms)
            return True

    # Frames

    def _refuse(self, reason):
        self.refused[reason] = self.refused.get(reason, 0) + 1

    def _seal(self, badge, direction):
        key = (badge.pairing, direction)
        if key not in self._seals:
            self._seals[key] = Seal(badge.up if direction == "up" else badge.down)
        return self._seals[key]

    def _frame(self, db, data, address, now_ms):
        if not data or data[0] not in (frame.ALARM, frame.HEARTBEAT, frame.ANSWER, frame.TOLD):
            return self._refuse("type")
        if len(data) != frame.expected(data[0]) + TAG_BYTES:
            return self._refuse("length")
        badge = db.execute(select(BADGES).where(BADGES.c.device == frame.get16(data, 1))).one_or_none()
        if badge is None:
            return self._refuse("unknown device")
        counter = frame.get30(data, 3)
        mask = self._window(badge, counter)
        if mask is None:
            return self._refuse("replay")
        buf = bytearray(data)
        nonce = bytearray(NONCE_BYTES)
        frame.nonce(nonce, frame.STREAM_UP, badge.device, 0, counter)
        if self._seal(badge, "up").open(nonce, buf, frame.UP_HEAD, len(buf)) < 0:
            return self._refuse("seal")
        if not self._believe(db, badge, buf, now_ms):
            return self._refuse("content")
        seen = {"newest": max(counter, badge.newest), "mask": f"{mask:x}", "heard_ms": now_ms}
        seen["address"] = json.dumps(list(address[:2]))
        db.execute(update(BADGES).where(BADGES.c.pairing == badge.pairing).values(**seen))
        return self._ack(badge, counter)

    @staticmethod
    def _window(badge, counter):
        if counter < 0:
            return None
        mask = int(badge.mask, 16)
        ahead = counter - badge.newest
        if ahead > 0:
            return (mask << min(ahead, WINDOW) | 1) & (1 << WINDOW) - 1
        if -ahead >= WINDOW or mask >> -ahead & 1:
            return None
        return mask | 1 << -ahead

    def _ack(self, badge, counter):
        buf = bytearray(frame.FRAME_BYTES_MAX)
        nonce = bytearray(NONCE_BYTES)
        length = frame.ack(buf, badge.device, self.store.number, counter, 0)
        frame.nonce(nonce, frame.STREAM_ACK, badge.device, self.store.number, counter)
        return bytes(buf[: self._seal(badge, "down").close(nonce, buf, frame.ACK_HEAD, length)])

    def _believe(self, db, badge, buf, now_ms):
        type = buf[0]
        if type == frame.HEARTBEAT:
            told = {"heartbeat_ms": now_ms, "state": buf[7], "battery": buf[8], "faults": frame.get16(buf, 9)}
            db.execute(update(BADGES).where(BADGES.c.pairing == badge.pairing).values(**told))
            return True
        if type == frame.TOLD:
            mark = f"% {frame.get30(buf, 8)} %"
            arrived = (DOWNLINKS.c.device == badge.device) & DOWNLINKS.c.counters.like(mark)
            db.execute(update(DOWNLINKS).where(arrived).values(told=True))
            return True
        if type == frame.ANSWER:
            return self._answer(db, badge, frame.get16(buf, 7), frame.get30(buf, 9), now_ms)
        kind, what = buf[11] >> 4, buf[11] & 0x0F
        if kind not in KINDS or what > WHAT_CANCELLED:
            return False
        return self._alarm(db, badge, frame.get30(buf, 7), kind, what, buf[12] >> 4, buf[15], now_ms)

    def _answer(self, db, badge, caller, alarm_id, now_ms):
        row = db.execute(
            select(ALARMS).join(BADGES, BADGES.c.pairing == ALARMS.c.pairing)
            .where((BADGES.c.device == caller) & (ALARMS.c.alarm_id == alarm_id))
        ).one_or_none()  # fmt: skip
        if row is None:
            return False
        self._note(db, now_ms, row.id, "answered", badge.name)
        self._take(db, row, badge.name, now_ms, badge.device)
        return True

    # Alarms

    def _alarm(self, db, badge, alarm_id, kind, what, revision, age_s, now_ms):
        if alarm_id < 0:
            return False
        key = (ALARMS.c.pairing == badge.pairing) & (ALARMS.c.alarm_id == alarm_id)
        row = db.execute(select(ALARMS).where(key)).one_or_none()
        news = {"kind": kind, "what": what, "revision": revision, "step": STEP_RECEIVED, "taken_by": None}
        news["due_ms"] = now_ms + UNANSWERED_MS if what == WHAT_RAISED else None
        if row is None:
            since_ms = now_ms - age_s * 1000
            made = insert(ALARMS).values(pairing=badge.pairing, alarm_id=alarm_id, since_ms=since_ms, **news)
            alarm = db.execute(made).inserted_primary_key[0]
        elif 1 <= (revision - row.revision) % 16 <= 7:
            alarm = row.id
            db.execute(update(ALARMS).where(ALARMS.c.id == alarm).values(**news))
            # what was decided about the older revision is no longer told
            db.execute(update(DOWNLINKS).where(DOWNLINKS.c.alarm == alarm).values(told=True))
        else:
            if row.step == STEP_CLOSED and revision == row.revision and what == WHAT_RAISED:
                self._step(db, row, STEP_CLOSED, 0, now_ms)
            return True
        step = ("received", "pre_alarm", "cancelled")[what]
        self._note(db, now_ms, alarm, step, f"{badge.name}: {KINDS[kind]}")
        if what == WHAT_CANCELLED:
            db.execute(update(ALARMS).where(ALARMS.c.id == alarm).values(step=STEP_CLOSED))
        if what == WHAT_RAISED:
            present = (BADGES.c.device != badge.device) & (BADGES.c.heard_ms > now_ms - PRESENT_MS)
            for other in db.execute(select(BADGES).where(present)).all():
                self._tell(db, other.device, alarm, frame.CALL, badge.device, alarm_id, kind, now_ms)
                self._note(db, now_ms, alarm, "called", other.name)
        return True

    def _take(self, db, row, who, now_ms, device):
        if row.step in (STEP_TAKEN, STEP_CLOSED) or row.what != WHAT_RAISED:
            return False
        values = {"step": STEP_TAKEN, "taken_by": who, "due_ms": None}
        db.execute(update(ALARMS).where(ALARMS.c.id == row.id).values(**values))
        self._note(db, now_ms, row.id, "taken", who)
        self._step(db, row, STEP_TAKEN, device, now_ms)
        return True

    def _note(self, db, now_ms, alarm, step, who):
        db.execute(insert(EVENTS).values(at_ms=now_ms, alarm=alarm, step=step, who=who))

    # Downlinks

    def _step(self, db, row, step, responder, now_ms):
        older = (DOWNLINKS.c.alarm == row.id) & (DOWNLINKS.c.type == frame.STEP)
        db.execute(update(DOWNLINKS).where(older).values(told=True))
        device = db.execute(select(BADGES.c.device).where(BADGES.c.pairing == row.pairing)).scalar_one()
        self._tell(db, device, row.id, frame.STEP, row.alarm_id, step, responder, now_ms)

    def _tell(self, db, device, alarm, type, a, b, c, now_ms):
        db.execute(insert(DOWNLINKS).values(device=device, alarm=alarm, type=type, a=a, b=b, c=c, due_ms=now_ms))

    def _send(self, db, row, now_ms):
        pause_ms = REPEAT_MS[min(row.tries, len(REPEAT_MS) - 1)]
        values = {"tries": row.tries + 1, "due_ms": now_ms + pause_ms}
        badge = db.execute(select(BADGES).where(BADGES.c.device == row.device)).one()
        sent = None
        if badge.address and badge.newest >= 0:
            counter = self._down_counter()
            values["counters"] = f"{row.counters}{counter} "
            sent = (self._down(badge, row, counter), tuple(json.loads(badge.address)))
        db.execute(update(DOWNLINKS).where(DOWNLINKS.c.id == row.id).values(**values))
        return sent

    def _down(self, badge, row, counter):
        buf = bytearray(frame.FRAME_BYTES_MAX)
        nonce = bytearray(NONCE_BYTES)
        fields = (row.a, row.b) if row.type == frame.STAND_DOWN else (row.a, row.b, row.c)
        length = _WRITERS[row.type](buf, badge.device, self.store.number, counter, badge.newest, *fields)
        frame.nonce(nonce, frame.STREAM_DOWN, badge.device, self.store.number, counter)
        return bytes(buf[: self._seal(badge, "down").close(nonce, buf, frame.DOWN_HEAD, length)])

    def prepare(self):
        """Reserve downlink counters while no transaction is open; call it before `receive` and `tick`."""
        if self._down_end - self._down_next < DOWN_BLOCK // 2:
            start = self.store.reserve_down()
            if start != self._down_end:
                self._down_next = start
            self._down_end = start + DOWN_BLOCK

    def _down_counter(self):
        if self._down_next >= self._down_end:
            raise RuntimeError("no downlink counters are reserved")
        self._down_next += 1
        return self._down_next - 1
