"""How does a gateway begin that runs as a house's own does: as a process, on this machine alone?"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RUN = "import sys; from tools.cli import gateway; sys.exit(gateway.main(sys.argv[1:]))"
_HANGS_S = 300  # on a machine that is busy an end takes half a minute
_READY = re.compile(r"UDP port (\d+), the board at https?://[^/]*:(\d+)/")


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port of 127.0.0.1 that nobody has now."""
    with socket.socket(type=kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class NotReady(Exception):
    """This gateway has ended before it was ready; its reason stands on stderr."""


class GatewayProcess:
    """A gateway on the folder `data`, which listens. words: more for it; without --bridge it looks for none.

    udp, web: its ports, 0 for any. run: the Python that it runs. more: for subprocess. Raises NotReady.
    """

    def __init__(self, data: Path, *words: object, udp: int = 0, web: int = 0, run: str = RUN, **more: Any) -> None:
        self.udp, self.web = udp, web
        self._words = ["--data", data, "--host", "127.0.0.1", *words]
        if "--bridge" not in words:
            self._words += ["--bridge", "none"]  # what is plugged into this machine is none of ours
        self._run, self._more = run, more
        self.begin()

    def begin(self) -> None:
        """Begin it, again on the ports that it had; return when it listens."""
        path = os.pathsep.join(str(ROOT / part) for part in ("", "tools/host", "lib"))
        words = [str(word) for word in (*self._words, "--port", self.udp, "--web", self.web)]
        self.process = subprocess.Popen([sys.executable, "-P", "-c", self._run, *words], stdout=subprocess.PIPE,
                                        text=True, env={**os.environ, "PYTHONPATH": path}, **self._more)
        assert self.process.stdout is not None  # it is a pipe
        ready = _READY.search(self.process.stdout.readline())
        if ready is None:
            self.end()
            raise NotReady
        self.udp, self.web = int(ready[1]), int(ready[2])

    def end(self, how: int = signal.SIGTERM) -> float:
        """End it if it has not ended, with SIGKILL in the middle of whatever it does; return how long that took, s."""
        began = time.perf_counter()
        self.process.send_signal(how)
        try:
            self.process.wait(_HANGS_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()
        return time.perf_counter() - began
