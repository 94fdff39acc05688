"""How does a test build a whole board with nothing but simulated chips? Over tools/sim/metal.py, in memory.

`metal(chips)` puts its machine and esp32, and a time that only the test moves, in place of the port's for the modules
of firmware/board, which are loaded anew; chips: {scl: {address: chip}}.
"""

import contextlib
import importlib
import sys
import time
import types

from tools.sim.metal import Metal, esp32, machine


def _time(metal):
    def sleep_ms(ms):
        metal.now += ms

    return {"ticks_ms": lambda: metal.now, "sleep_ms": sleep_ms, "sleep_us": lambda us: None}


def module(name, names):
    """Return a module that holds `names`."""
    made = types.ModuleType(name)
    vars(made).update(names)
    return made


def _forget():
    for name in [key for key in sys.modules if key.startswith("firmware.board.") and ".boards" not in key]:
        del sys.modules[name]


@contextlib.contextmanager
def metal(chips, s3=False, more=()):
    """Give (Metal, import_module), with machine, time, esp32 and `more` ({name: module}) in place."""
    found = Metal(chips, s3, 5000)
    places = {
        "machine": module("machine", machine(found)), "time": module("time", {**vars(time), **_time(found)}),
        "esp32": module("esp32", esp32(found)), **dict(more),
    }
    before = dict(sys.modules)
    _forget()
    sys.modules.update(places)
    try:
        yield found, importlib.import_module
    finally:
        _forget()
        for name in places:
            sys.modules.pop(name, None)
        sys.modules.update({name: kept for name, kept in before.items() if name in places or "firmware.board." in name})
