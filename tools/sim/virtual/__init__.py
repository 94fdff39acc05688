"""The virtual badge: a real MicroPython process over simulated parts, with a serial port."""

from tools.sim.virtual.badge import VirtualBadge

__all__ = ["VirtualBadge"]
