"""Where in the source was it? A badge's traceback has short names and joint files; here they are spoken in full.

It is true of a badge that was flashed from this checkout.
"""

import re

from tools.deploy.sources import Sources

_MOST = 4  # `__init__` of any class says nothing
_PLACE = re.compile(r'File "/?([\w/]+)\.mpy", line \d+, in (\w+)')


class Spoken:
    """Translates a console's lines with the firmware of folder `root`, read when it is needed first."""

    def __init__(self, root):
        self._root = root
        self._names = None

    def line(self, text):
        """Return a traceback's line as the source has it, any other line as it is."""
        found = _PLACE.search(text)
        if not found:
            return text
        known = self._known().get(found[1] + ".py", {}).get(found[2], ())
        return f"{text}   = {' or '.join(known)}" if 0 < len(known) <= _MOST else text

    def _known(self):
        if self._names is None:
            try:
                self._names = Sources(self._root).spoken
            except (OSError, SyntaxError, ValueError):
                self._names = {}  # this checkout is being worked on: lines pass as they are
        return self._names
