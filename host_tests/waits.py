"""How does a test wait? For a state and never for a time: a machine that is busy takes longer, and proves no less."""

import asyncio
import time

HANGS_S = 900  # ends what hangs; on a machine that is busy a life of half a minute takes several


def until(true):
    """Wait until `true()`, and return what it gave."""
    end = time.monotonic() + HANGS_S
    while not (given := true()):
        assert time.monotonic() < end, "this does not come about"
        time.sleep(0.02)
    return given


async def comes(true):
    """Wait until `true()`, and return what it gave; others of this loop have their turns."""
    async with asyncio.timeout(HANGS_S):
        while not (given := true()):
            await asyncio.sleep(0.01)
    return given


class _Turn:
    def __await__(self):
        yield


async def others_turn(_ms):
    """Stand for MicroPython's sleep_ms where time is none of the loop's: the others have their turns."""
    await _Turn()
