"""Do a thousand reconnects leave sockets or heap behind, on real MicroPython? Prints what is left.

Arguments: folders for sys.path.
"""

import gc
import sys

sys.path[:0] = sys.argv[1:]

import wifi_rig  # noqa: E402
from wifi_rig import begin, house, run  # noqa: E402

wifi = begin()
run(wifi, 20000, 1000)


def lose(times):
    """Lose the access point `times` times, for a while each."""
    for turn in range(times):
        house.there = False
        run(wifi, 1000 + turn % 3 * 2000, 500, 50)
        house.there = True
        run(wifi, 14000, 1000, 50)
        del house.tries[:], house.configs[:], house.got[:]
    gc.collect()
    return gc.mem_alloc()


first = lose(50)
last = lose(1000)
run(wifi, 20000, 1000)
print("grown", last - first, "sockets", house.sockets, "most", house.sockets_most, "wrong", len(house.wrong))
print("joined", wifi.up(), "module", wifi_rig.PAIRING["device"])
