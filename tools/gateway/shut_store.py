"""What stands for a house whose disk or server gives nothing when the gateway begins: full, read-only, damaged, away.

The gateway runs on it as on one that broke under it: it acks nothing, so that badges try on and say so, and the board
and /healthz say why. Whoever serves it looks again and again whether the house can be opened.
"""

import sqlite3
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import create_engine

from tools.gateway.core.storage import Unavailable
from tools.gateway.store import Store


class _Nothing:
    """A Storage that takes nothing and gives nothing."""

    leads = False
    held = staticmethod(nullcontext)

    def __init__(self, why: str):
        self._why = why

    def changed(self, *_given: Any) -> NoReturn:
        """Raise Unavailable."""
        raise Unavailable(self._why)

    load = fetch = save = reserve = prune = stations = changed

    def close(self) -> None:
        """Let go of nothing."""


class ShutStore(Store):
    """A Store that cannot be opened. why: a sentence."""

    path, number = None, 0

    def __init__(self, folder: Path, why: str):
        self._folder, self.why = folder, why
        super().__init__(create_engine("sqlite://", creator=self._refuse))

    def _begin(self) -> None:
        pass

    def _refuse(self) -> NoReturn:
        raise sqlite3.OperationalError(self.why)

    @property
    def folder(self) -> Path:
        """The gateway's own folder."""
        return self._folder

    def disk(self) -> _Nothing:
        """Return what takes nothing."""
        return _Nothing(self.why)
