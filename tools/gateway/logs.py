"""How does the gateway say what happens to it? By logging, a logger for each module, with levels; one line each.

    text    2026-11-30 01:02:03 WARNING gateway.jobs.broker: no connection to the broker …
    json    {"time", "level", "module", "message", "error"}: for those who gather logs

Under systemd's journal the time is its own, and the level stands in front as it wants it (sd-daemon(3)). No key, no
password and no address of a person is ever logged.
"""

import datetime
import json
import logging
import os

LEVELS = ("debug", "info", "warning", "error")
_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


class Lines(logging.Formatter):
    """Writes one record. as_json; journal: systemd gathers what is written."""

    def __init__(self, as_json: bool = False, journal: bool = False):
        super().__init__()
        self._json, self._journal = as_json, journal

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, or the lines: an error of ours has a traceback."""
        when = datetime.datetime.fromtimestamp(record.created).astimezone()
        module = record.name.removeprefix("tools.")
        error = self.formatException(record.exc_info) if record.exc_info and record.exc_info[0] else ""
        if self._json:
            said = {"time": when.isoformat(timespec="milliseconds"), "level": record.levelname.lower(),
                    "module": module, "message": record.getMessage()}
            return json.dumps(said | ({"error": error} if error else {}), ensure_ascii=False)
        text = f"{record.levelname} {module}: {record.getMessage()}" + (f"\n{error}" if error else "")
        if self._journal:
            return "\n".join(f"<{_PRIORITY.get(record.levelno, 6)}>{line}" for line in text.split("\n"))
        return f"{when:%Y-%m-%d %H:%M:%S} {text}"


def begin(level: str = "info", as_json: bool = False) -> None:
    """Let all that is logged in this process go to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines(as_json, journal="JOURNAL_STREAM" in os.environ and not as_json))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    logging.getLogger("asyncio").setLevel(logging.WARNING)
