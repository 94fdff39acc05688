"""Who has said "I am coming", and is she counted? L1: over a whole way, an alarm that was answered is soon taken."""

from collections.abc import Callable
from typing import NamedTuple

from firmware.badge import Badge
from firmware.codes import SAFE, STEP_CLOSED, STEP_TAKEN
from firmware.limits import COMES_MS, MOVED_MS
from firmware.link import frame
from firmware.ticks import since
from tools.sim.story.rows import Alarm
from tools.sim.story.wearer import Wearer
from tools.sim.story.world import World

_COUNTED_MS = 40_000  # over a whole way that loses nothing; one that was in vain is sent again after 30 s
_SLOW_MS = 60_000  # over any other
_GIVEN_UP_MS = 240_000  # an answer that nobody has heard for as long is let go, and that is felt
_ROUND_MS = 3000  # so soon after the press, what else calls may be what it answered
_JUST_MS = 6000
_RESTARTED_MS = 5500
Call = tuple[int, int]  # the caller's badge, and the alarm's number there


class _Answer(NamedTuple):
    person: Wearer
    call: Call
    revision: int
    at_ms: int


class Answers:
    """Answers of one press to one call each, until each is counted, or need not be. break_(promise, sentence)."""

    def __init__(self, world: World, break_: Callable[[str, str], None]) -> None:
        self._world, self._break = world, break_
        self._open: list[_Answer] = []

    def add(self, person: Wearer, call: Call, revision: int, at_ms: int) -> None:
        """A wearer presses for a `call`, as it was at `at_ms`."""
        if person.badge and not _others_call(person.badge, person.board.now(), call):  # else she may answer that one
            self._open.append(_Answer(person, call, revision, at_ms))

    def look(self, now: int) -> None:
        """See which answers are counted, and which should be."""
        for answer in list(self._open):
            person, call, _, at_ms = answer
            row, healed = self._world.row(*call), self._world.healed_since(person)
            if row is None or self._settled(answer, row, now):
                self._open.remove(answer)
            elif healed is not None and now - max(healed, at_ms) > (_SLOW_MS if self._slow(person) else _COUNTED_MS):
                self._open.remove(answer)
                self._break("L1", f"{person.name} has said 'I am coming', and {row.name}'s alarm is not taken")

    def _settled(self, answer: _Answer, row: Alarm, now: int) -> bool:
        person, call, revision, at_ms = answer
        badge = person.badge
        if row.step in (STEP_CLOSED, STEP_TAKEN) or row.revision != revision or not badge or person.state() != SAFE:
            return True
        twin = self._world.was_doubled
        counted = twin and twin.row(*call)
        if counted and counted.step == STEP_TAKEN:
            return True  # by a second gateway, while the first was down: its ack ended the answer
        # who presses as another calls, a thief perhaps, may answer that one
        newest = self._world.rows()[:1]  # none, where a second gateway alone has heard of it
        if now - at_ms < _ROUND_MS and (
                newest and row.id != newest[0].id or _others_call(badge, person.board.now(), call)):
            return True
        box = badge.outbox
        waits = frame.ANSWER in [type for type, rank in zip(box.type, box.rank) if rank]
        given_up = now - at_ms > _GIVEN_UP_MS and not waits
        lost = 0 < person.boots[-1][0] - at_ms < _RESTARTED_MS  # it restarted before the press was one
        lies = not person.moves(at_ms - MOVED_MS, at_ms + COMES_MS)  # and her badge tells nobody that she comes
        return given_up or lost or lies

    def _slow(self, person: Wearer) -> bool:
        world = self._world
        return bool(world.crowded() or world.air.bad or world.air.late or person.lora or person.luck.stall_ms)


def _others_call(badge: Badge, clock: int, call: Call) -> bool:
    # whether a call waits on `badge`, whose clock that is, beside that one, or has just been answered
    calls = badge.calls
    waits = [i for i, kind in enumerate(calls.kind)
             if kind and (not calls.answered[i] or since(calls._at[i], clock) < _JUST_MS)]
    return any((calls.caller[i], calls.alarm_id[i]) != call for i in waits)
