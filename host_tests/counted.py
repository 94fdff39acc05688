"""How much work is it, told in a way that no busy machine changes? In microseconds: kald bench."""

import gc
import sys


def lines_of(act):
    """Return how many lines of Python act() goes through."""
    count = 0

    def trace(frame, event, _):
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    gc.disable()  # or what others left would be tidied up in here
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
        gc.enable()
    return count
