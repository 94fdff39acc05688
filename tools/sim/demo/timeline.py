"""What happened, to whom, when? The demo's time line: lines for people, steps for machines."""

import sys
import threading

from tools.sim.demo.progress import Progress
from tools.sim.virtual.badge import now_ms


class Missing(Exception):
    """A step of the story did not come about."""


class Timeline:
    """Steps as {"t_ms", "who", "step", "detail"}, t_ms since the story began. `show`: print each as it is known.

    progress: where the step that is waited for is said.
    """

    def __init__(self, show, progress=None):
        self.steps = []
        self.progress = progress or Progress()
        self.show = show
        self.start_ms = now_ms()
        self.lock = threading.RLock()  # whoever holds it notes first
        self._changed = threading.Condition(self.lock)

    def start(self):
        """Begin to count here."""
        self.start_ms = now_ms()

    def note(self, at_ms, who, step, detail=""):
        """Note a step that happened at `at_ms` (as tools.sim.virtual's now_ms counts); return its t_ms."""
        with self._changed:
            t_ms = at_ms - self.start_ms
            self.steps.append({"t_ms": t_ms, "who": who, "step": step, "detail": detail})
            if self.show:
                with self.progress:
                    print(f"{t_ms / 1000:8.3f} s  {who:8} {step:10} {detail}", flush=True)
            self._changed.notify_all()
            return t_ms

    def say(self, text):
        """Tell a person what comes next."""
        if not self.show:
            return self.progress.now(text)
        with self.progress:
            print(f"\n{text}", flush=True)

    def now(self):
        """Return the present t_ms."""
        return now_ms() - self.start_ms

    def wait(self, who, step, since_ms, within_s):
        """Return the first step of that name for `who` at or after `since_ms`. Raises Missing if it does not come."""

        def there():
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

    def result(self, wanted):
        """Return {"ok", "steps"}; ok only if every name of `wanted` was seen. Says on stderr what was not."""
        missing = [step for step in wanted if step not in [each["step"] for each in self.steps]]
        for step in missing:
            print(f"kald demo: the step {step} was not seen", file=sys.stderr)
        return {"ok": not missing, "steps": sorted(self.steps, key=lambda each: each["t_ms"])}
