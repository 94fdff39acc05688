"""What does a file hold that has a password in it, however it was saved?"""

import codecs
from pathlib import Path

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Unreadable(ValueError):
    """A sentence that says why the file cannot be used."""


def read(path: Path) -> str:
    """Return the one line in the file at `path`, without the mark that Windows puts before it. Raises Unreadable."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot read the password file {path}: {error.strerror}") from error
    coding = next((coding for mark, coding in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(coding).rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise Unreadable(f"cannot read the password file {path}: it is no text in UTF-8 or UTF-16") from error
    if not text.isprintable():
        raise Unreadable(f"the password file {path} has more than one line, or signs in it that nobody can type")
    return text
