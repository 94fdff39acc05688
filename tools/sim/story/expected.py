"""What must be true by when? L2: what a scene has broken must be on the board, or mended, within its limit."""


from collections.abc import Callable
from dataclasses import dataclass

from tools.sim.story.promises import Promises
from tools.sim.story.wearer import Wearer
from tools.sim.story.world import World

Holds = Callable[[], object]


@dataclass(eq=False)
class _Claim:
    person: Wearer
    at_ms: int
    within_ms: int
    holds: Holds
    sentence: str
    whole: bool
    unless: Holds
    rests: Holds


class Expected:
    """Looks at a World, and breaks promises in its Promises."""

    def __init__(self, world: World, promises: Promises) -> None:
        self._world, self._promises = world, promises
        self._claims: list[_Claim] = []

    def fault(self, person: Wearer, at_ms: int, within_ms: int, *faults: str, unless: Holds = lambda: False,
              rests: Holds = lambda: False) -> None:
        """One of `faults` must be on the board within as long a time of a whole way, twice as long of a bad one.

        unless: it is well again; what breaks after that is another fault. rests: what runs now cannot know of it.
        """
        names = ", ".join(repr(fault) for fault in faults)
        question = ("SELECT 1 FROM troubles t JOIN badges b ON b.pairing = t.pairing WHERE b.device = ? "
                    f"AND (t.id > ? OR t.until_ms IS NULL) AND t.fault IN ({names})")
        newest = self._world.ask("SELECT coalesce(max(id), 0) FROM troubles")[0][0]
        within_ms *= 2 if self._world.air.bad or person.lora else 1
        self.that(person, at_ms, within_ms, lambda: self._world.ask(question, person.device, newest),
                  f"{person.name}'s badge has a fault ({names}), and the board says nothing", True, unless, rests)

    def that(self, person: Wearer, at_ms: int, within_ms: int, holds: Holds, sentence: str, whole: bool = True,
             unless: Holds = lambda: False, rests: Holds = lambda: False) -> None:
        """`holds()` must be true within as long a time, of a whole way if `whole`, `unless` something comes between."""
        self._claims.append(_Claim(person, at_ms, within_ms, holds, sentence, whole, unless, rests))

    def look(self) -> None:
        """See what is due."""
        now = self._world.now
        for claim in list(self._claims):
            person, at_ms = claim.person, claim.at_ms
            if now > at_ms and claim.unless():
                self._claims.remove(claim)
                continue
            if claim.rests() or claim.whole and person.awake and person.board.mute():
                claim.at_ms = now  # the law lets nothing but alarms go, perhaps thanks to a thief: no whole way
                continue
            healed = self._world.healed_since(person) if claim.whole else at_ms
            if healed is None or now - max(healed, at_ms) < claim.within_ms:
                continue
            self._claims.remove(claim)
            if self._promises.forgiven_ms >= at_ms:
                continue  # the board was put back to what it knew before
            self._promises.looked_at["L2"] += 1
            if not claim.holds():
                self._promises.break_("L2", now, claim.sentence)
