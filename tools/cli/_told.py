"""How does a technician's command answer people and machines alike? Line by line, or as one object at its end."""

import json
import sys

from tools import spoken


class Told:
    """What `command` has said so far. as_json: it says nothing before its end. facts: what the object has beside."""

    def __init__(self, command: str, as_json: bool, **facts: object):
        self._command, self._json = command, as_json
        self.facts = facts
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        """Say a line, or keep it for the end."""
        self.lines.append(line)
        if not self._json:
            print(spoken.said(line), flush=True)

    def end(self, code: int, refused: str = "") -> int:
        """Return `code`, the command's exit code, after all is said. refused: the sentence that says why."""
        if refused:
            self.lines.append(refused)
            if not self._json:
                print(f"kald {self._command}: {refused}", file=sys.stderr)
        if self._json:
            print(json.dumps({"code": code, **self.facts, "says": self.lines}, indent=1))
        return code
