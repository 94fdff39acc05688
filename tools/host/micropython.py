"""Which names of MicroPython's `micropython` module does the hardware-free firmware need on CPython?"""


def const(value):
    """Return `value`; MicroPython's compiler folds it, CPython just keeps it."""
    return value
