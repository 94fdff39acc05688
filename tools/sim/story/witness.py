"""Was the rest of what is promised kept? Judged from outside the product, beside promises.py.

    S1  what is acked is what is stored; the newest word of a gateway wins; only a person closes what was once raised
    S2  nothing but a press denies a question; a check-in ends by a press or an alarm; who comes is counted
    S3  what is forged or stolen silences nobody
    S4  the law's hour, and one more try in each minute of an alarm that nobody hears; nothing is repeated without end
    S5  power may fail at any tick: what a badge goes on with afterwards is true
    L2  what is silent, wrong or missing is on the board within its limit, and what is well again is not a lifeboat
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from firmware.alarm.alarm import Alarm, RANKS
from firmware.badge import Badge
from firmware.codes import (
    CALLING, FAULT_NO_GATEWAY, KIND_CHECK_IN, KIND_MOTIONLESS, KIND_POSITION, KIND_TEST, MODE_NOT_READY, MODE_TESTING,
    ORDER_OFF, ORDER_PAUSE, ORDER_PRACTICE, ORDER_TEST, RECEIVED, RELIEVED, SAFE, STEP_CLOSED, STEP_TAKEN, TAKEN,
    WARNED, WHAT_CANCELLED, WHAT_PRE_ALARM, WHAT_RAISED,
)
from firmware.feedback import patterns as feel
from firmware.limits import CALL_SLOTS, NO_GATEWAY_MS, RIGHTED_MS
from firmware.link import frame
from firmware.link.airtime import airtime_ms
from firmware.link.seal import Seal
from tools.gateway.bridges import PACE_MS, slower_ms
from tools.gateway.datagrams import Datagram
from tools.sim.sealed import opened_down, opened_up
from tools.sim.story.answers import Answers, Call
from tools.sim.story.listener import Listener
from tools.sim.story.paces import Paces
from tools.sim.story.promises import Name, Promises
from tools.sim.story.wearer import Wearer
from tools.sim.story.world import World

if TYPE_CHECKING:
    from firmware.lifeboat import Lifeboat

MINUTE_MS = 60_000
RUNS_MOST_MS = 1000  # the longest beat takes half of it
_JUST_MS = 1500  # later it may have been tested
_CALLED_MS = 2000  # after a group call: what is known by then need not be told alone
_NEARLY = 4  # so little above what is believed, a group call may be too old by then: the badge is called alone, ...
_OVERTAKEN_MS = 20_000  # ... within as long at SF7, and as many turns of the bridge
_WINDOW = 16  # counters of a gateway that may overtake one that is still believed
_SAYS_BYTES = 29  # the longest frame of a badge
_HURRY_MS = 700  # a badge may nap as long before it takes what has arrived
_STARTING_MS = 4000
_MODES = (ORDER_PAUSE, ORDER_OFF, ORDER_PRACTICE, ORDER_TEST)
_COMES = "SELECT 1 FROM responders WHERE alarm = ? AND device = ? AND withdrew_ms IS NULL"
_PRESS_MS = 2500  # before a question is denied


class Witness(Listener):
    """Stands beside the Promises of a World, and breaks promises there. keys: by device, (up, down)."""

    def __init__(self, world: World, promises: Promises) -> None:
        self._world, self._promises = world, promises
        self.paces = Paces(world, promises, self._break)
        self.keys: dict[int, tuple[bytes, bytes]] = {}
        self.forged: set[bytes] = set()  # sealed by somebody else under a badge's key
        self.answers = Answers(world, self._break)
        self.strangers: list[int] = []  # ms at which a badge has called that the gateway does not know
        self.hands: dict[str, int] = {}  # by person: ms of the last touch of the button
        self.cuts: dict[str, int] = {}  # by person: ms of the last power cut
        self._acked: dict[Name, tuple[int, int, int, int]] = {}  # counter, kind, what, revision
        self._steps: dict[Name, dict[int, tuple[int, int, int, int]]] = {}  # by gateway: counter, step, revision, ms
        self._genuine: dict[bytes, Call] = {}  # by the bytes of a GROUP_CALL
        self._grouped: list[tuple[int, bool, Wearer, int, int]] = []  # (ms, to be called alone, person, call)
        self._made: dict[bytes, int] = {}  # bytes of a STEP: the revision that it speaks of
        self._spoken: dict[int, int] = {}  # by gateway's number: the highest counter of its downlinks
        self._raised: set[Name] = set()
        self._was: dict[str, int] = {}  # by person: the state of her alarm
        self._asked: dict[str, set[int]] = {}  # by person: the kinds that are among what is asked now
        self._due: dict[str, int] = {}  # by person: ms at which a check-in is missed
        self._followed: dict[str, int] = {}  # by person: ms until which a denied fall must be followed up
        self._taken_ms: dict[str, int] = {}
        self._dark_ms: dict[str, int] = {}  # by person: since when no gateway can be heard
        self._said: set[str] = set()
        self._looked_ms = self._minute_ms = 0

    def _break(self, promise: str, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self._promises.break_(promise, self._world.now, sentence)

    # Frames

    def sent(self, person: Wearer, data: bytes) -> None:
        """A badge has sent a frame."""
        self.paces.sent(person, data)

    def answered(self, uplinks: Sequence[Datagram], out: Sequence[Datagram]) -> None:
        """S1: the gateway has taken `uplinks`; what it acks of them is on its disk by now."""
        acks = {(frame.get16(data, 1), frame.get16(data, 4)) for data, _ in out if data[0] == frame.ACK}
        for data, _ in sorted(uplinks, key=lambda one: one[0][3:7], reverse=True):  # the newest of a batch is stored
            if len(data) > 7 and data[0] == frame.ALARM and (frame.get16(data, 1), frame.get16(data, 5)) in acks:
                self._acks(data)
        for data, _ in out:
            if data[0] == frame.GROUP_CALL and data not in self._genuine:
                (key,) = self._world.ask("SELECT key FROM group_keys WHERE number = ?", frame.get16(data, 1))[0]
                said = opened_down(Seal(key), data, frame.STREAM_GROUP)
                assert said, "a gateway cannot open its own call"
                self._genuine[data] = (frame.get16(said, 8), frame.get30(said, 10))

    def spoken(self, data: bytes) -> None:
        """A gateway has sent a frame."""
        if data[0] != frame.ACK:
            self._spoken[data[3]] = max(self._spoken.get(data[3], 0), frame.get30(data, 4))
        if data[0] == frame.STEP and frame.get16(data, 1) in self.keys:
            self._step_made(data)

    def _acks(self, data: bytes) -> None:
        device = frame.get16(data, 1)
        said = opened_up(Seal(self.keys[device][0]), data) if device in self.keys else None
        if said is None or data in self.forged or said[11] >> 4 == KIND_TEST:
            return
        counter, alarm_id = frame.get30(said, 3), frame.get30(said, 7)
        for person in self._world.people:
            if person.device == device:
                self._promises.named(person, alarm_id)
        word = (counter, said[11] >> 4, said[11] & 3, said[12] >> 4)
        newest = self._acked.get((device, alarm_id), word)
        newest = self._acked[device, alarm_id] = max(newest, word)
        self._promises.looked_at["S1"] += 1
        row = self._world.row(device, alarm_id)
        # a denial, of whatever kind, is stored beside an alarm that a person has closed
        denies = row and newest[2] == row.said == WHAT_CANCELLED and row.what == WHAT_RAISED and row.step == STEP_CLOSED
        stored = row and (newest[1] if denies else row.kind, row.said if denies else row.what, row.revision % 16)
        # one of two gateways has stored what the other has not heard yet; who went back says less than is stored
        later = self._world.was_doubled and row and row.newest > newest[0]
        less = stored and stored[1] <= newest[2] and RANKS[stored[0]] >= RANKS[newest[1]]
        if stored != newest[1:] and not (later or less and (device, alarm_id) in self._promises.went_back):
            self._break("S1", f"a frame of badge {device} was acked, kind, what and revision {newest[1:]}, and the "
                              f"gateway has stored {stored}")

    def _step_made(self, data: bytes) -> None:
        said = opened_down(Seal(self.keys[frame.get16(data, 1)][1]), data)
        row = said and self._world.row(frame.get16(data, 1), frame.get30(said, 12))
        if row:
            self._made[data] = row.revision

    def arrived(self, person: Wearer, data: bytes) -> None:
        """A datagram has come to a badge."""
        badge = person.badge
        genuine = data in self._genuine and badge and not badge.inbox.wants_group
        if badge and genuine and not self._world.crowded():  # more than a badge can hold
            floor = badge.inbox.group_floor(data[3])
            if self._spoken.get(data[3], 0) < floor < frame.COUNTER_END:
                self._break("S3", f"{person.name}'s badge waits for group calls beyond all that a gateway has said")
            overtaken = frame.get30(data, 4) <= floor + _NEARLY
            # of a thief's, whose next one may take the last slot: it takes what comes under its own key only
            full = sum(map(bool, badge.calls.kind)) >= CALL_SLOTS - 1
            alone = overtaken or full or bool(self._world.was_doubled)
            self._grouped.append((self._world.now, alone, person, *self._genuine[data]))
        if data and data[0] in (frame.ORDER, frame.ORDER_AGAIN) and person.name in self.cuts:
            said = opened_down(Seal(self.keys[person.device][1]), data)
            if said and said[12] in _MODES:
                del self.cuts[person.name]  # what it goes on with may be what it is ordered now
        if data not in self._made or frame.get16(data, 1) != person.device:
            return
        said = opened_down(Seal(self.keys[person.device][1]), data)
        if said is None or (self._old(badge, said) if badge else self._old_to_boat(person.boat, said)):
            return
        words = self._steps.setdefault((person.device, frame.get30(said, 12)), {})
        word = (frame.get30(said, 4), said[16], self._made[data], self._world.now)
        words[said[3]] = max(words.get(said[3], word), word)

    @staticmethod
    def _old(badge: Badge, said: bytes) -> bool:
        # Whether a STEP is of before her last word, or before a restart, or so far behind that it could be a recording.
        # Whoever calls heeds none of these until she has an ack: it may be of before her last word, and is said again.
        newest = dict(zip(badge.inbox._gateway, badge.inbox._newest)).get(said[3], 0)
        behind: bool = frame.get30(said, 4) <= newest - _WINDOW
        calls = badge.alarm.state == CALLING and badge.alarm.revision != badge.alarm.stored
        return behind or calls or not 0 <= badge.uplink.told_counter <= frame.get30(said, 8)

    @staticmethod
    def _old_to_boat(boat: "Lifeboat | None", said: bytes) -> bool:
        # whether it is of before all that the lifeboat has said, or it has said nothing of its alarm
        return boat is None or min(boat._start, boat._told) < 0 or frame.get30(said, 8) < max(boat._start, boat._told)

    # Feelings

    def meant(self, person: Wearer, at_ms: int, pattern: int) -> None:
        """S1: the newest word wins. And what the wearer has been asked, or told by the badge itself."""
        if pattern == feel.REMINDER:
            self._due[person.name] = at_ms + MINUTE_MS
            self._followed.pop(person.name, None)
        if pattern in (feel.TAKEN, feel.UNANSWERED) and person.badge:
            self._newest(person, person.badge.alarm.revision, at_ms, pattern)

    def _newest(self, person: Wearer, revision: int, at_ms: int, pattern: int) -> None:
        steps = self._steps.get((person.device, person.alarm_id), {})
        words = [word for word in steps.values() if word[2] % 16 == revision % 16]
        went_back = (person.device, person.alarm_id) in self._promises.went_back
        busy_ms = airtime_ms(_SAYS_BYTES, person.lora) if person.lora else 0  # while it talks it takes nothing
        if went_back or len(words) != 1 or words[0][3] > at_ms - _HURRY_MS - busy_ms:
            return
        if any(0 < at_ms - words[0][3] < _STARTING_MS for at_ms, _ in person.boots):
            return  # it may have come as the power went
        if pattern == feel.UNANSWERED and words[0][1] == STEP_TAKEN:
            self._break("S1", f"{person.name} was told that nobody comes, by an older word than that somebody does")
        if pattern == feel.TAKEN and words[0][1] != STEP_TAKEN:
            self._break("S1", f"{person.name} was told that somebody comes, by an older word than that nobody does")

    def felt(self, person: Wearer, at_ms: int, pattern: int) -> None:
        """What the motor has really played."""
        if pattern == feel.UNHEARD:
            self.paces.felt_unheard(person, at_ms)

    # Looks

    def watch(self) -> None:
        """Look at badges and board after each step of the world."""
        now = self._world.now
        for person in self._world.lived:
            if person.awake and person.badge:
                self._question(person, person.badge.alarm, now)
        if now - self._looked_ms >= 1000:
            self._looked_ms = now
            for person in self._world.people:
                if person.awake:
                    self._second(person, now)
            self._board(now)
            self._group(now)
            self.answers.look(now)
        if now - self._minute_ms >= MINUTE_MS:
            self._minute_ms = now
            for person in self._world.people:
                self.paces.minute(person, now)

    def _question(self, person: Wearer, alarm: Alarm, now: int) -> None:
        state, before = alarm.state, self._was.get(person.name, SAFE)
        self._was[person.name] = state
        if state == WARNED:
            self._asked[person.name] = self._asked.get(person.name, set()) | {alarm.kind}
        if state == before:
            return
        asked = self._asked.get(person.name, set())
        withdrawn = asked <= {KIND_POSITION, KIND_MOTIONLESS} and person.moves(now - RIGHTED_MS, now)
        if before == WARNED and state in (RELIEVED, SAFE):
            pressed = now - self.hands.get(person.name, -_PRESS_MS) < _PRESS_MS
            self._promises.looked_at["S2"] += 1
            if not pressed and not withdrawn:
                what = "check-in" if KIND_CHECK_IN in asked else "question"
                self._break("S2", f"a {what} of {person.name}'s badge ended, and no hand had pressed")
            if pressed and 2 in asked and state == RELIEVED and not alarm.practice:
                self._followed[person.name] = now + 130_000
        if state >= CALLING:
            self._due.pop(person.name, None)
            self._followed.pop(person.name, None)
        if state != WARNED:
            self._asked[person.name] = set()

    def _second(self, person: Wearer, now: int) -> None:
        name = person.name
        self.paces.unheard(person, now, self.hands.get(name, 0))
        if person.ran_ms > RUNS_MOST_MS:
            self._break("S1", f"{name}'s motor has run for {person.ran_ms} ms, which is no pattern")
        if person.badge is None:
            for asked in (self._due, self._followed):
                if name in asked:  # a lifeboat asks nothing, and whoever is out of it at once
                    asked[name] = max(asked[name], now + _STARTING_MS)
            if self.paces.boat(person, now) >= CALLING:
                self._was[name], self._asked[name] = CALLING, set()  # what the app has asked has become an alarm
            return
        self.paces.boats.pop(name, None)
        badge = person.badge
        if person.on_charger and not person.luck.charging and badge.shift.duty.watching():
            self._break("S5", f"{name}'s badge is on its charger, full, and begins a shift")
        if self.hands.get(name, -1) > self._due.get(name, 1 << 40) - MINUTE_MS or not badge.shift.duty.watching():
            self._due.pop(name, None)
            self._followed.pop(name, None)
        if now > self._due.get(name, 1 << 40) + 3000:
            self._due.pop(name)
            if badge.alarm.state == SAFE and badge.shift.visit.colour:
                self._break("S2", f"a check-in of {name} was due, and nothing asks and nothing calls")
        if now > self._followed.get(name, 1 << 40):
            self._followed.pop(name)
            self._break("S2", f"{name} denied a fall, and was never asked again")
        if now > self.cuts.get(name, 1 << 40) and now - self.cuts.pop(name) < _JUST_MS:
            self._promises.looked_at["S5"] += 1
            powered = person.luck.charging or person.on_charger
            if badge.shift.mode() not in (MODE_NOT_READY, MODE_TESTING) and not powered:
                self._break("S5", f"{name}'s badge goes on in mode {badge.shift.mode()} after a power cut")
        row = self._world.row(person.device, badge.alarm.alarm_id)
        taken = row and row.step == STEP_TAKEN and badge.alarm.state in range(RECEIVED, TAKEN)
        healed = self._world.healed_since(person)
        if not taken or healed is None:
            self._taken_ms.pop(name, None)
        elif now - self._taken_ms.setdefault(name, max(now, healed)) > MINUTE_MS:
            self._break("L1", f"{name}'s alarm has been taken for a minute, and she has not been told")
        dark = self._world.up_since is None and not self._world.twin or not person.linked
        if not dark:
            self._dark_ms.pop(name, None)
        elif now - max(self._dark_ms.setdefault(name, now), person.boots[-1][0]) > 2 * NO_GATEWAY_MS:
            self._promises.looked_at["L2"] += 1
            if not badge.faults & FAULT_NO_GATEWAY:
                self._break("L2", f"{name}'s badge has heard no gateway for 5 min, and is content")

    def _board(self, now: int) -> None:
        world = self._world
        for row in world.rows():
            key = (row.device, row.alarm_id)
            if row.said == WHAT_RAISED and not row.practice:
                self._raised.add(key)  # a question that was lost is raised by the gateway, and the wearer may deny it
            closed = row.step == STEP_CLOSED and not row.practice
            if closed and key in self._raised and key not in self._promises.closed_by:
                self._break("S1", f"an alarm of {row.name} is closed, and no person has closed it")
        open_rows = [row.id for row in world.rows() if row.step != STEP_CLOSED]
        if len(open_rows) > 40 and world.radio:
            shown = {fact["id"] for fact in world.alarms()}
            self._promises.looked_at["L2"] += 1
            if not set(open_rows) <= shown:
                self._break("L2", f"of {len(open_rows)} open alarms the board shows {len(shown & set(open_rows))}")
        for at_ms in [at_ms for at_ms in self.strangers if now > at_ms + 30_000 and world.radio]:
            self.strangers.remove(at_ms)
            if world.up_since is None or world.up_since > at_ms:
                continue  # nobody was there to hear it
            self._promises.looked_at["L2"] += 1
            began_ms = world.unix_ms() - now + at_ms
            if not world.ask("SELECT 1 FROM troubles WHERE since_ms >= ? OR last_ms >= ?", began_ms, began_ms):
                self._break("L2", "a badge that the gateway does not know has called, and the board says nothing")

    def _group(self, now: int) -> None:
        for each in list(self._grouped):
            at_ms, alone, person, caller, alarm_id = each
            healed = self._world.healed_since(person)
            if alone:  # by a gateway, which may be dead
                at_ms = max(at_ms, now if healed is None else healed)
            turns_ms = _OVERTAKEN_MS * (PACE_MS + (slower_ms(person.lora) if person.lora else 0)) // PACE_MS
            if now < at_ms + (turns_ms if alone else _CALLED_MS):
                continue
            self._grouped.remove(each)
            row = self._world.row(caller, alarm_id)
            badge = person.badge if person.awake and now - person.boots[-1][0] > 60_000 else None
            if badge is None or caller == person.device or row is None or row.step == STEP_CLOSED:
                continue
            if (caller, alarm_id) in self._promises.closed_by:
                continue  # at one of two gateways, which has stood her down
            if badge.alarm.state != SAFE:
                continue
            if all(badge.calls.kind) or self._world.crowded():
                continue  # more than a badge can hold, a thief's among them: the gateway calls it alone
            if self._world.ask(_COMES, row.id, person.device):
                continue  # who is counted on already, by a word that took long, need not be called
            self._promises.looked_at["S3"] += 1
            if badge.shift.duty.watching() and not badge.inbox.wants_group and badge.calls.find(caller, alarm_id) < 0:
                self._break("S3", f"{person.name}'s badge has heard its group called, and knows nothing of it")

    def put_back(self) -> None:
        """The gateway's disk is an older one: what it acked since is not on it, by a person's hand."""
        self._acked.clear()

    def forget(self, person: Wearer) -> None:
        """The badge of `person` has lost what it was asking."""
        self._was[person.name] = SAFE
        self._asked[person.name] = set()
        person.on_charger = False  # as far as a badge can know that has just got its power, and whose cell is full
        if person.name in self._due:
            self._due[person.name] = self._world.now + 90_000  # it has its visit, and asks anew

    def agree(self) -> bool:
        """Return whether no alarm, or question, is open at the gateway that is not so on its badge."""
        return not any(self._left_open())

    def end(self) -> None:
        """At rest badge and gateway agree."""
        for person in self._left_open():
            self._break("S5", f"an alarm of {person.name} is open at the gateway, and not on her badge")

    def _left_open(self) -> Iterator[Wearer]:
        for person in self._world.people:
            if not (person.awake and person.badge):
                continue
            alarm = person.badge.alarm
            for row in self._world.rows():
                here = alarm.state != SAFE and alarm.alarm_id == row.alarm_id
                here = here or (row.device, row.alarm_id) in self._promises.went_back | self._promises.others
                if row.device != person.device or row.step == STEP_CLOSED or here:
                    continue
                late = self._world.now > self._promises.forgiven_ms + MINUTE_MS
                if late and row.what in (WHAT_RAISED, WHAT_PRE_ALARM):
                    yield person
