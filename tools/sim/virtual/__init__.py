"""The virtual badge: a real MicroPython process over simulated parts, with a serial port."""

from tools.sim.virtual.badge import VirtualBadge
from tools.sim.virtual.bare import BareBoard

__all__ = ["BareBoard", "VirtualBadge"]
