"""How are many badges flashed at once? Each in a thread of its own, side by side, and a table of all at the end."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import PurePath

from tools.flash.cable import Refusal
from tools.spoken import said

AT_ONCE = 8  # a hub's worth; the compiler runs for each


@dataclass
class Row:
    """What became of the board at `port`. code: 0 all is well, 1 a part is not, 2 refused. says: its lines."""

    port: str
    code: int = 2
    says: list[str] = field(default_factory=list)

    @property
    def last(self) -> str:
        """The line that tells what became of it."""
        return self.says[-1] if self.says else ""


def flashed(ports: Sequence[str], one: Callable[[str, Callable[[str], None], Callable[[str], None]], int],
            hear: Callable[[str], None]) -> list[Row]:
    """Run one(port, say, hear) for all ports; return their rows. hear(line) is told how far all are.

    Ctrl-C begins no other, and ends each that is under way at the next thing that it has to tell.
    """
    rows = [Row(port) for port in ports]
    far = dict.fromkeys(ports, "begins")
    lock = threading.Lock()
    stopped = threading.Event()

    def tell(port: str, line: str) -> None:
        if stopped.is_set():
            raise Refusal("it was stopped before it was done")
        with lock:
            far[port] = line
            hear("; ".join(f"{PurePath(each).name}: {said(how)}" for each, how in far.items()))

    def work(row: Row) -> None:
        try:
            row.code = one(row.port, row.says.append, lambda line: tell(row.port, line))
            tell(row.port, "done" if row.code == 0 else "not done")
        except (Refusal, OSError) as error:
            row.says.append(str(error))
            with contextlib.suppress(Refusal):
                tell(row.port, "not done")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            for job in [pool.submit(work, row) for row in rows]:
                job.result()
        except KeyboardInterrupt:
            stopped.set()
            pool.shutdown(cancel_futures=True)
            raise
    return rows


def table(rows: Sequence[Row]) -> str:
    """Return the rows for a person."""
    words = [said("ok"), said("not well"), said("refused")]
    wide, long = max(len(row.port) for row in rows), max(map(len, words))
    lines = [f"{row.port:{wide}}  {words[row.code]:{long}}  {said(row.last)}" for row in rows]
    good = sum(row.code == 0 for row in rows)
    return "\n".join([*lines, said(f"{good} of {len(rows)} are well")])
