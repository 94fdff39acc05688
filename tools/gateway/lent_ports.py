"""How does a technician's command borrow a port from a gateway that runs, and give it back?

By a word in the gateway's folder, lent.json: {port: until, Unix s}. The gateway looks each second, takes leave of what
is lent, and asks there again when the word is gone or its time is over; so a command that was killed keeps nothing.
Whoever may write into the folder may do so, as with the database beside it.
"""

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

NAME = "lent.json"
LENT_S = 900.0  # the longest that a flash with its self-test takes, and more
GIVEN_S = 8.0  # the gateway looks each second, and may be busy
_LOOK_S = 0.2


def is_house(folder: Path) -> bool:
    """Return whether it is a gateway's folder: of a house of its own, or of one that shares its database."""
    return any((folder / name).exists() for name in ("kald.sqlite", "kald.line"))


def _read(folder: Path) -> dict[str, float]:
    try:
        words = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return {port: until + 0 for port, until in words.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def lent(folder: Path, now_s: float) -> set[str]:
    """Return the ports that are lent, as the system calls them. What cannot be read lends nothing."""
    return {port for port, until in _read(folder).items() if now_s < until <= now_s + LENT_S}


def _say(folder: Path, port: str, until: float | None) -> None:
    kept = {name: end for name, end in _read(folder).items() if name != port and time.time() < end}
    if until is not None:
        kept[port] = until
    whole = folder / f"{NAME}.{os.getpid()}"
    if kept:
        whole.write_text(json.dumps(kept), encoding="utf-8")
        whole.replace(folder / NAME)
    else:
        (folder / NAME).unlink(missing_ok=True)


@contextlib.contextmanager
def borrowed(folder: Path, port: str, check: Callable[[str], None], given_s: float = GIVEN_S) -> Iterator[None]:
    """Borrow `port` from the gateway whose folder it is, if it is one, and give it back at the end.

    check(port): raises where the port cannot be had, as it still may after `given_s`.
    """
    real = os.path.realpath(port)
    asked = False
    try:
        if is_house(folder):
            with contextlib.suppress(OSError):  # a folder of somebody else: then it is as if there were none
                _say(folder, real, time.time() + LENT_S)
                asked = True
        until = time.monotonic() + (given_s if asked else 0)
        while True:
            try:
                check(port)
                break
            except Exception as error:
                if "in use" not in str(error) or time.monotonic() >= until:
                    raise
                time.sleep(_LOOK_S)
        yield
    finally:
        if asked:
            with contextlib.suppress(OSError):
                _say(folder, real, None)
