"""What shows a gateway that a program runs on its own machine, as its own user? A file that nobody else can read.

It holds the scheme of the page and a secret that is made at each start of the gateway.
"""

import os
import secrets
from pathlib import Path

NAME = "command-line.token"


def make(folder: Path, scheme: str) -> str:
    """Write a new secret into the folder of the database; return it. Raises OSError."""
    token = secrets.token_urlsafe(32)
    path = folder / NAME
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
        file.write(f"{scheme} {token}")
    return token


def read(folder: Path) -> tuple[str, str]:
    """Return (scheme, secret); ("http", "") where there is none, or it is not ours to read."""
    try:
        scheme, token = (folder / NAME).read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return "http", ""
    return scheme, token
