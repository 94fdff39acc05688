"""What does a second gateway do that somebody starts on a copy of the first one's disk, beside it?

It hears all that the first hears, and answers. It must find out by itself that it is another, or both would seal under
one number.
"""

import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from tools.gateway.datagrams import Datagram
from tools.gateway.radio import Radio
from tools.gateway.rollback import NAME
from tools.gateway.store import open_store
from tools.sim.story import rows


class Twin:
    """Runs in `folder`. copy: a database; marker: the file beside it, or None if that was not copied."""

    def __init__(self, folder: Path, copy: Path, marker: Path | None, unix_ms: int) -> None:
        folder.mkdir()
        shutil.copy(copy, folder / "kald.sqlite")
        if marker:
            shutil.copy(marker, folder / NAME)
        self._store = open_store(folder / "kald.sqlite")
        self._store.serve()
        self._radio = Radio(self._store)
        self._radio.began(unix_ms)
        self._reads = sqlite3.connect(folder / "kald.sqlite")

    def receive(self, uplinks: Sequence[Datagram], unix_ms: int) -> list[Datagram]:
        """Return what it sends."""
        self._radio.prepare()
        return self._radio.receive(uplinks, unix_ms)

    def row(self, device: int, alarm_id: int) -> rows.Alarm | None:
        """Return an alarm on its disk, or None."""
        found = rows.alarms(self._reads, "WHERE b.device = ? AND a.alarm_id = ?", device, alarm_id)
        return found[0] if found else None

    def stop(self) -> None:
        """Stop it; its disk can still be read."""
        self._store.close()

    def close(self) -> None:
        """Let go of its disk."""
        self._reads.close()
