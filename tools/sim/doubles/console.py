"""What would MicroPython's unix build do otherwise than a board? `micropython`, `os`, `gc`, but for one function each.

The unix build would end the whole process at the next Ctrl-C, where a board can take it as any byte; and it renames
each file below a mounted folder to itself. Its Ctrl-C leaves whatever runs at once, a collection too, and the heap is
locked for ever; a board's waits for the next bytecode (py/scheduler.c, mp_sched_keyboard_interrupt).
"""

import gc as real_gc
import os as real_os

import micropython as real
from simlink import link


class Micropython:
    """The module, but for one function."""

    def kbd_intr(self, char):
        """Choose which byte interrupts, -1 for none."""
        link.tell("raw %d" % (char < 0))

    def __getattr__(self, name):
        return getattr(real, name)


class Gc:
    """The module, but for one function: in a wide heap nothing is collected that nobody has asked for."""

    def threshold(self, count):
        """Leave it: a collection every few KB is where a Ctrl-C would come."""

    def __getattr__(self, name):
        return getattr(real_gc, name)


class Os:
    """The module, but for one function."""

    def rename(self, old, new):
        """Rename `old` to `new`, paths on the badge, where nobody leaves '/'."""
        flash = link.base + "/flash/"
        link.folder.rename(flash + old.lstrip("/"), flash + new.lstrip("/"))

    def __getattr__(self, name):
        return getattr(real_os, name)
