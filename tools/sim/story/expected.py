"""What must be true by when? L2: what a scene has broken must be on the board, or mended, within its limit."""


class Expected:
    """Looks at a World, and breaks promises in its Promises."""

    def __init__(self, world, promises):
        self._world, self._promises = world, promises
        self._all = []

    def fault(self, person, at_ms, within_ms, *faults, unless=lambda: False):
        """One of `faults` must be on the board within as long a time of a whole way, twice as long of a bad one.

        unless: it is well again; what breaks after that is another fault.
        """
        names = ", ".join(repr(fault) for fault in faults)
        question = ("SELECT 1 FROM troubles t JOIN badges b ON b.pairing = t.pairing WHERE b.device = ? "
                    f"AND (t.id > ? OR t.until_ms IS NULL) AND t.fault IN ({names})")
        newest = self._world.ask("SELECT coalesce(max(id), 0) FROM troubles")[0][0]
        within_ms *= 2 if self._world.air.bad or person.lora else 1
        self.that(person, at_ms, within_ms, lambda: self._world.ask(question, person.device, newest),
                  f"{person.name}'s badge has a fault ({names}), and the board says nothing", unless=unless)

    def that(self, person, at_ms, within_ms, holds, sentence, whole=True, unless=lambda: False):
        """`holds()` must be true within as long a time, of a whole way if `whole`, `unless` something comes between."""
        self._all.append([person, at_ms, within_ms, holds, sentence, whole, unless])

    def look(self):
        """See what is due."""
        now = self._world.now
        for each in list(self._all):
            person, at_ms, within_ms, holds, sentence, whole, unless = each
            if now > at_ms and unless():
                self._all.remove(each)
                continue
            if whole and person.awake and person.board.mute():
                each[1] = now  # the law lets nothing but alarms go, perhaps thanks to a thief: no whole way
                continue
            healed = self._world.healed_since(person) if whole else at_ms
            if healed is None or now - max(healed, at_ms) < within_ms:
                continue
            self._all.remove(each)
            if self._promises.forgiven_ms >= at_ms:
                continue  # the board was put back to what it knew before
            self._promises.looked_at["L2"] += 1
            if not holds():
                self._promises.break_("L2", now, sentence)
