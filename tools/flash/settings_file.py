"""What does a house's settings file say? JSON or TOML, as any editor writes it; text for a badge comes out.

    hold_ms = 1000          # TOML: comments are allowed
    light = "calls"
"""

import json
import tomllib
from pathlib import Path


def read(path: Path) -> str:
    """Return the settings of `path` as the JSON text that a badge reads. Raises OSError, and ValueError in words.

    A file called .toml is TOML, any other JSON. A byte order mark, which some editors put first, is no part of either.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not written in UTF-8: save it as UTF-8 and try again") from error
    if path.suffix.lower() != ".toml":
        return text
    try:
        return json.dumps(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path.name} is no TOML: {error}") from error
