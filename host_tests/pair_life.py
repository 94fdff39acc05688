"""Lives of badges from one tree with a gateway from another: pair_life.py BADGES GATEWAY SEED.. CAUSE..

The story is that of the badges' tree. Prints one JSON line for each life: cause, seed, what it broke, how much was
looked at.
"""

import json
import sys
import tempfile
from importlib import import_module
from pathlib import Path

_HOST = ("tools/host", "lib")
_OURS = ("tools", "firmware")


def on_path(tree):
    """Let imports come from `tree`; modules of another that are there already stay with who has them."""
    for name in [name for name in sys.modules if name.split(".")[0] in _OURS]:
        del sys.modules[name]
    sys.path[:0] = [tree, *(f"{tree}/{folder}" for folder in _HOST)]


def gateway_of(tree):
    """Return (open_store, Radio) of `tree`, and leave no other trace of it."""
    before, path = dict(sys.modules), list(sys.path)
    on_path(tree)
    store, radio = import_module("tools.gateway.store"), import_module("tools.gateway.radio")
    sys.path[:] = path
    for name in [name for name in sys.modules if name.split(".")[0] in _OURS]:
        del sys.modules[name]
    sys.modules.update({name: module for name, module in before.items() if name.split(".")[0] in _OURS})

    class Radio(radio.Radio):
        def receive(self, datagrams, now_ms):
            self.prepare()  # which the story of an older tree does not
            return super().receive(datagrams, now_ms)

    if not hasattr(store.Store, "close"):
        store.Store.close = lambda self: self.engine.dispose()
    return store.open_store, Radio


def story_of(tree, open_store, radio):
    """Return the class Day of `tree`, whose gateway is another's."""
    on_path(tree)
    place = "tools.sim.story" if Path(tree, "tools/sim/story").is_dir() else "tools.story"
    world, day = import_module(f"{place}.world"), import_module(f"{place}.day")
    world.open_store = day.open_store = open_store
    world.Radio = radio
    return day.Day


def live(day_of, seed, cause):
    with tempfile.TemporaryDirectory() as folder:
        day = day_of(seed, Path(folder), scenes=1, causes=(cause,), troubles=("none",), habits=())
        day.live()
        day.world.close()
    seen = sum(day.promises.looked_at.values())
    print(json.dumps({"cause": cause, "seed": seed, "broken": day.promises.broken, "seen": seen}), flush=True)


badges, gateway, *words = sys.argv[1:]
open_store, radio = gateway_of(gateway)
day_of = story_of(badges, open_store, radio)
for cause in [word for word in words if not word.isdigit()]:
    for seed in [int(word) for word in words if word.isdigit()]:
        live(day_of, seed, cause)
