"""How does the machine know that the gateway runs, and begin it again if it hangs? What systemd is told, and its unit.

    READY=1      badges and board are served     WATCHDOG=1   each few turns of the loop     STOPPING=1   at the end

Without systemd nothing is said: the socket that it wants to be told on is named in the environment (sd_notify(3)).
"""

import os
import socket
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WATCHDOG_S = 30
STOP_S = 10  # the gateway needs 2
_UNIT = """\
# Written by `kald gateway install`; written anew by the next.
[Unit]
Description=Kald, the gateway of the house's alarms
Wants=network-online.target
After=network-online.target time-sync.target
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart={command}
WorkingDirectory={here}
User={user}
SupplementaryGroups=dialout
WatchdogSec={watchdog_s}
Restart=always
RestartSec=1
TimeoutStartSec=15min
TimeoutStopSec={stop_s}
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=strict
ReadWritePaths={writes}
StateDirectory=kald-witness
StateDirectoryMode=0700
UMask=0077

[Install]
WantedBy=multi-user.target
"""


class Systemd:
    """Tells systemd how the gateway is, if that began it. surroundings: os.environ."""

    def __init__(self, surroundings: dict[str, str] | None = None):
        there = os.environ if surroundings is None else surroundings
        self._path = there.get("NOTIFY_SOCKET", "")
        mine = there.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self._each_s = int(there.get("WATCHDOG_USEC", "0")) / 1_000_000 / 4 if mine else 0
        self._beat_at = 0.0

    def say(self, text: str) -> None:
        """Tell it; one that is not there is not missed."""
        if not self._path:
            return
        address = "\0" + self._path[1:] if self._path[0] == "@" else self._path
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
                door.setblocking(False)
                door.sendto(text.encode(), address)
        except OSError:
            return  # its queue is full, or it restarts: the next beat comes

    def beat(self) -> None:
        """The loop goes round: say so, as often as it is wanted."""
        now = time.monotonic()
        if self._each_s and now >= self._beat_at:
            self._beat_at = now + self._each_s
            self.say("WATCHDOG=1")


def unit(words: list[str], data: Path, user: str, here: Path) -> str:
    """Return the unit that runs `kald gateway` with `words` in the folder `here`, as `user`."""
    command = [sys.executable if sys.prefix == sys.base_prefix else _base(), str(ROOT / "tools" / "kald.py"), "gateway"]
    return _UNIT.format(
        command=" ".join(_quoted(word) for word in [*command, *words]), here=_escaped(str(here.resolve())), user=user,
        watchdog_s=WATCHDOG_S, stop_s=STOP_S, writes=f"{_quoted(str((here / data).resolve()))} {_quoted(str(ROOT))}",
    )


def _base() -> str:
    """Return the Python outside .venv: kald.py makes that anew where it must."""
    return str(Path(sys.base_prefix) / "bin" / "python3")


def _escaped(word: str) -> str:
    return word.replace("%", "%%")


def _quoted(word: str) -> str:
    escaped = _escaped(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{escaped}"'
