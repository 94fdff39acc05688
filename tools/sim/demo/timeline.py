"""What happened, to whom, when? The demo's time line: lines for people, steps for machines."""

import sys
import threading
from collections.abc import Sequence
from typing import TypedDict

from tools.sim.demo.progress import Progress
from tools.sim.virtual.badge import now_ms


class Step(TypedDict):
    """What happened to whom; t_ms since the story began."""

    t_ms: int
    who: str
    step: str
    detail: str


class Result(TypedDict):
    """All that happened, in order; ok: whether all that was wanted did."""

    ok: bool
    steps: list[Step]


class Missing(Exception):
    """A step of the story did not come about."""


class Timeline:
    """What happened so far. `show`: print each step as it is known.

    progress: where the step that is waited for is said.
    """

    def __init__(self, show: bool, progress: Progress | None = None) -> None:
        self.steps: list[Step] = []
        self.progress = progress or Progress()
        self.show = show
        self.start_ms = now_ms()
        self.lock = threading.RLock()  # whoever holds it notes first
        self._changed = threading.Condition(self.lock)

    def start(self) -> None:
        """Begin to count here."""
        self.start_ms = now_ms()

    def note(self, at_ms: int, who: str, step: str, detail: str = "") -> int:
        """Note a step that happened at `at_ms` (as tools.sim.virtual's now_ms counts); return its t_ms."""
        with self._changed:
            t_ms = at_ms - self.start_ms
            self.steps.append({"t_ms": t_ms, "who": who, "step": step, "detail": detail})
            if self.show:
                with self.progress:
                    print(f"{t_ms / 1000:8.3f} s  {who:8} {step:10} {detail}", flush=True)
            self._changed.notify_all()
            return t_ms

    def say(self, text: str) -> None:
        """Tell a person what comes next."""
        if not self.show:
            return self.progress.now(text)
        with self.progress:
            print(f"\n{text}", flush=True)

    def now(self) -> int:
        """Return the present t_ms."""
        return now_ms() - self.start_ms

    def wait(self, who: str, step: str, since_ms: int, within_s: float) -> Step:
        """Return the first step of that name for `who` at or after `since_ms`. Raises Missing if it does not come."""

        def there() -> Step | None:
            for each in self.steps:
                if each["who"] == who and each["step"] == step and each["t_ms"] >= since_ms:
                    return each
            return None

        self.progress.now(f"waiting for: {who} {step}")
        with self._changed:
            found = self._changed.wait_for(there, within_s)
        if not found:
            raise Missing(f"{who}: {step} did not happen within {within_s} s")
        return found

    def result(self, wanted: Sequence[str]) -> Result:
        """Return whether every name of `wanted` was seen, and all steps. Says on stderr what was not."""
        missing = [step for step in wanted if step not in [each["step"] for each in self.steps]]
        for step in missing:
            print(f"kald demo: the step {step} was not seen", file=sys.stderr)
        return {"ok": not missing, "steps": sorted(self.steps, key=lambda each: each["t_ms"])}
