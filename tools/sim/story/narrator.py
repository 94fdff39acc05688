"""How is it told? One sentence a line, with the time; what was felt in the words of the wearer's card."""

from firmware.feedback.patterns import RHYTHMS
from tools.docs.sentences import felt, kinds
from tools.sim.demo.feeling import drawing
from tools.sim.story.listener import Listener
from tools.sim.story.promises import LATE_MS
from tools.sim.story.rows import Event
from tools.sim.story.wearer import Wearer

_AGAIN_MS = 45_000  # the same feeling within this is not told again
NOTED = {
    "received": "The gateway has {name}'s alarm on disk: {kind}.",
    "pre_alarm": "The gateway has heard that {name}'s badge asks: {kind}?",
    "cancelled": "The gateway has heard that {name} said no.",
    "called": "The gateway calls {who}.",
    "answered": "The gateway has {who}'s answer.",
    "taken": "{name}'s alarm is taken by {who}.",
    "unanswered": "The gateway finds that nobody has answered {name}.",
    "closed": "{name}'s alarm is closed by {who}.",
}


class Narrator(Listener):
    """Keeps sentences; `lines` gives them in the order of time. began_ms: time of day at 0."""

    def __init__(self, began_ms: int) -> None:
        self._began_ms = began_ms
        self._sentences: list[tuple[int, int, str]] = []
        self._last: dict[str, tuple[int, int]] = {}
        self._meant: dict[tuple[str, int], int] = {}
        self._words, self._kinds = felt(), kinds()

    def tell(self, at_ms: int, sentence: str) -> None:
        """Say what happened at `at_ms`."""
        self._sentences.append((at_ms, len(self._sentences), sentence))

    def meant(self, person: Wearer, at_ms: int, pattern: int) -> None:
        """What is meant is told when it is felt; what was never meant so, others have left."""
        self._meant[person.name, RHYTHMS[pattern]] = at_ms

    def felt(self, person: Wearer, at_ms: int, pattern: int) -> None:
        """Tell a feeling, unless it only repeats."""
        last, last_ms = self._last.get(person.name, (0, 0))
        self._last[person.name] = (pattern, at_ms)
        if last == pattern and at_ms - last_ms < _AGAIN_MS:
            return
        title, text = self._words[pattern][1]["en"]
        if at_ms - self._meant.get((person.name, pattern), -LATE_MS) >= LATE_MS:
            title, text = "Not meant so:", "patterns ran together, or one broke another off."
        self.tell(at_ms, f"{person.name} feels {drawing(pattern)}  {title} {text}")

    def noted(self, at_ms: int, event: Event) -> None:
        """Tell what the gateway has written down."""
        form = NOTED.get(event.step, "The gateway notes for {name}: {step}, {who}.")
        kind = self._kinds[event.kind]["en"][0]
        self.tell(at_ms, form.format(name=event.name, kind=kind, who=event.who, step=event.step))

    def lines(self) -> list[str]:
        """Return all sentences with their times of day."""
        found = []
        for at_ms, _, sentence in sorted(self._sentences):
            tenths = (self._began_ms + at_ms) // 100
            hours, minutes, seconds = tenths // 36_000 % 24, tenths // 600 % 60, tenths // 10 % 60
            found.append(f"{hours:02}:{minutes:02}:{seconds:02}.{tenths % 10}  {sentence}")
        return found
