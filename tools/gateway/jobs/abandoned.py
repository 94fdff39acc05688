"""Who opens connections and looks up names, so that one that hangs does not keep the gateway from ending?

asyncio does both in threads of a pool, and waits for all of them when it ends: a broker's name that no server answers
for, or a port that takes the call and says nothing, held a gateway that was told to stop for minutes. No thread can be
ended; so these are daemons, and nobody waits for them.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class Abandoned(ThreadPoolExecutor):
    """A thread for each call, which ends with the call, or with the process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call `fn` in a thread; return its Future."""
        future: Future[Any] = Future()

        def work() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(fn(*args, **kwargs))
                except BaseException as error:
                    future.set_exception(error)

        threading.Thread(target=work, daemon=True, name="kald-abandoned").start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for nobody."""
