"""What does a house's settings file say? JSON or TOML, as any editor writes it; text for a badge comes out.

    hold_ms = 1000          # TOML: comments are allowed
    light = "calls"

    [night]                 # a profile, for the badges that are paired with --profile night: what differs from above
    pre_alarm_ms = 20000
"""

import json
import tomllib
from pathlib import Path
from typing import Any

_TOO_MUCH = "{} is no settings file: it nests deeper, or has a longer number, than any setting"


class _Twice(ValueError):
    """A file that contradicts itself."""


def profiles(path: Path) -> list[str]:
    """Return the names of the profiles in `path`. Raises OSError, and ValueError in words."""
    return [name for name, value in _loaded(path).items() if isinstance(value, dict)] if _is_toml(path) else []


def read(path: Path, profile: str | None = None) -> str:
    """Return the settings of `path` as the JSON text that a badge reads. Raises OSError, and ValueError in words.

    A file called .toml is TOML, any other JSON. A byte order mark, which some editors put first, is no part of either.
    profile: the table of a TOML file that comes over what stands above all tables.
    """
    if not _is_toml(path):
        if profile is not None:
            raise ValueError(f"{path.name} has no profiles: only a file called .toml may have them")
        text = _text(path)
        try:
            json.loads(text, object_pairs_hook=lambda pairs: _once(path, [name for name, _ in pairs]))
        except RecursionError as error:
            raise ValueError(_TOO_MUCH.format(path.name)) from error
        except _Twice:
            raise
        except ValueError:
            pass  # whoever reads it as a badge does says what it is
        return text
    found = _loaded(path)
    chosen = {name: value for name, value in found.items() if not isinstance(value, dict)}
    if profile is not None:
        known = profiles(path)
        if profile not in known:
            raise ValueError(f"{path.name} has no profile {profile}; it has {', '.join(known) or 'none'}")
        chosen |= found[profile]
    return json.dumps(chosen, default=str)  # of dates, which no setting is


def _once(path: Path, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:  # TOML forbids it; JSON would forget the first without a word
            raise _Twice(f"{path.name} says {name} twice")


def _is_toml(path: Path) -> bool:
    return path.suffix.lower() == ".toml"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not written in UTF-8: save it as UTF-8 and try again") from error


def _loaded(path: Path) -> dict[str, Any]:
    text = _text(path)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path.name} is no TOML: {error}") from error
    except (ValueError, RecursionError) as error:  # of Python's, in words that nobody wants
        raise ValueError(_TOO_MUCH.format(path.name)) from error
