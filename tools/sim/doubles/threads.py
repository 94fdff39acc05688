"""What does `_thread` do on a virtual badge? What would stand in C for a while is done when that while is over.

On the chip a thread that stands in C leaves the interpreter to the others. Here it has no thread of its own, since the
unix build has no lock around its interpreter: it waits as a task, and then has its answer at once.
"""

import asyncio

SCAN_MS = 2200
inside = False  # whether a thread runs just now


def start_new_thread(what, words):
    """Begin `what(*words)`."""
    asyncio.create_task(_run(what, words))


async def _run(what, words):
    global inside
    await asyncio.sleep_ms(SCAN_MS)
    inside = True
    try:
        what(*words)
    finally:
        inside = False
