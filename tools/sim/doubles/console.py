"""How does the cable of a virtual badge learn that byte 3 is no Ctrl-C now? `micropython`, with a kbd_intr that tells.

The unix build would end the whole process at the next Ctrl-C; a board takes it as any byte.
"""

import micropython as real
from simlink import link


class Micropython:
    """The module, but for one function."""

    def kbd_intr(self, char):
        """Choose which byte interrupts, -1 for none."""
        link.tell("raw %d" % (char < 0))

    def __getattr__(self, name):
        return getattr(real, name)
