"""Where in a text does each drawing stand? Between two marker comments that name it; all else is left as it is."""

import re

END = "<!-- kald draw: end -->"
_BLOCK = re.compile(r"<!-- kald draw: (begin (\w+); written by `kald draw`, do not edit|end) -->")


class Unmarked(Exception):
    """The text has not exactly one pair of markers, begin before end, for each drawing."""


def begin(name: str) -> str:
    """Return the comment that stands before drawing `name`."""
    return f"<!-- kald draw: begin {name}; written by `kald draw`, do not edit -->"


def renewed(text: str, drawings: dict[str, str]) -> str:
    """Return `text` with the `drawings` {name: Markdown} between their markers. Raises Unmarked."""
    marks = list(_BLOCK.finditer(text))
    names = [mark[2] for mark in marks[::2]]
    if sorted(map(str, names)) != sorted(drawings) or any(mark[2] for mark in marks[1::2]) or len(marks) % 2:
        raise Unmarked(f"the markers of kald draw must stand in it once each, begin before end: {', '.join(drawings)}")
    done, at = [], 0
    for first, last in zip(marks[::2], marks[1::2], strict=True):
        done += [text[at : first.end()], "\n", drawings[first[2]], "\n"]
        at = last.start()
    return "".join(done) + text[at:]
