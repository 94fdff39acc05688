"""What chip is at the end of the cable, and what is on it? Asked, and written to, by the maker's esptool.

esptool is run as a program of its own: what it says is read, and what it cannot do is told in a sentence. It resets the
chip into its download mode, which every ESP32 has in its ROM, whatever is on its flash; afterwards it resets it again.
"""

import contextlib
import io
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.flash.cable import Refusal, check
from tools.flash.micropython import BEGINS, TABLE_AT, TABLE_BYTES, Image, partitions

NOTHING, MICROPYTHON, OTHER = "nothing", "MicroPython", "another program"
LOOK_S = 60
WRITE_S = 600  # 2 MB at 115200, where the cable takes no more, and an erase of 16 MB
BACK_S = 5  # a chip with USB of its own is gone from the cable while it resets
BAUD = "460800"
_MAGIC, _SECTOR = 0xE9, 4096
_HEAD_BYTES = TABLE_AT + 2 * _SECTOR  # to the end of the first sector of NVS, which a port writes when it first runs
_PER_CENT = re.compile(r"([0-9.]+)%")
_GONE = "the cable came out: put it back in and say kald flash again, which begins where it must"
_WHY = (  # what esptool says: what it means. The first that fits is told
    (r"secure download mode|[Ff]lash encryption|[Ss]ecure [Bb]oot",
     "it is locked (flash encryption or secure boot) and takes no other program: another board is wanted"),
    (r"MD5|[Hh]ash.*(not match|mismatch)|Digest mismatch",
     "what was written does not read back: another cable or USB port, else its flash is worn out"),
    (r"Failed to connect|No serial data|Wrong boot mode|sync reply|Failed to start stub",
     "it does not go into its download mode: hold its BOOT key (or PRG), press reset, let both go, and try again"),
    (r"doesn't exist|No such file|disconnected|Errno 5|Errno 6|[Ww]rite timeout|reports readiness|No more data",
     _GONE),
)


@dataclass(frozen=True)
class Chip:
    """kind: esp32 or esp32s3. name: the maker's. flash: bytes. holds: NOTHING, MICROPYTHON or OTHER."""

    kind: str
    name: str
    flash: int
    holds: str

    def __str__(self) -> str:
        return f"{self.name} with {self.flash >> 20} MB"


def look(port: str) -> Chip:
    """Return what chip is at `port` and what it holds; it is reset. Raises Refusal."""
    said = _esptool(port, "flash-id")
    named = re.search(r"Chip type:\s*(\S+)", said)
    sized = re.search(r"Detected flash size:\s*([0-9]+)([KM])B", said)
    name = named[1] if named else "an unknown chip"
    found = re.match(r"ESP32(?:-([SCHP][0-9]+))?", name)
    kind = f"esp32{(found[1] or '').lower()}" if found else ""
    if kind not in BEGINS:
        raise Refusal(f"the chip on {port} is an {name}, and no board that Kald knows has one (kald boards)")
    if not sized:
        raise Refusal(f"the {name} on {port} does not say how large its flash is: its flash does not answer")
    flash = int(sized[1]) << (20 if sized[2] == "M" else 10)
    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        out = Path(folder) / "head"
        _esptool(port, "--baud", BAUD, "read-flash", "0", hex(_HEAD_BYTES), str(out))
        head = out.read_bytes()
    return Chip(kind, name, flash, held(head, kind))


def held(head: bytes, kind: str) -> str:
    """Return what a flash holds that begins with `head`: _HEAD_BYTES of it.

    A MicroPython that has never run, as an installing that was cut short leaves it, holds nothing to lose.
    """
    table = partitions(head[TABLE_AT : TABLE_AT + TABLE_BYTES])
    if "vfs" in table:
        begins = table.get("nvs", (0, 0, 0))[1]
        kept = head[begins : begins + _SECTOR] if begins > TABLE_AT else b""
        return NOTHING if kept and not kept.strip(b"\xff") else MICROPYTHON
    return OTHER if table or head[BEGINS[kind]] == _MAGIC else NOTHING


def write(port: str, image: Image, hear: Callable[[str], None] = lambda line: None) -> None:
    """Erase the chip at `port` and write `image`. hear(line) is told of progress. Raises Refusal."""
    size = image.path.stat().st_size

    def heard(per_cent: float) -> None:
        hear(f"{image}: {per_cent:.0f} %, {size * (100 - per_cent) / 100 // 1024:.0f} KB left, then the firmware")

    hear("erasing the chip, then MicroPython, then the firmware")
    _esptool(port, "--baud", BAUD, "write-flash", "--erase-all", hex(BEGINS[image.chip]), str(image.path),
             seconds=WRITE_S, heard=heard)


def _esptool(port: str, *words: str, seconds: float = LOOK_S, heard: Callable[[float], None] | None = None) -> str:
    """Run esptool on `port` and return what it printed; heard(per cent). Raises Refusal."""
    _back(port)
    command = [sys.executable, "-u", "-m", "esptool", "--port", port, *words]
    run = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert isinstance(run.stdout, io.BufferedReader)  # it is a pipe
    ender = threading.Timer(seconds, run.kill)
    ender.start()
    said = ""
    try:
        while data := run.stdout.read1(4096):
            text = data.decode("utf-8", "replace")
            said += text
            found = _PER_CENT.findall(text)
            if found and heard:
                heard(float(found[-1]))
        code = run.wait()
    finally:
        ender.cancel()
        if run.poll() is None:
            run.kill()
            run.wait()
        run.stdout.close()
    if code:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        why = next((meaning for pattern, meaning in _WHY if re.search(pattern, said)),
                   _GONE if code < 0 or not lines else lines[-1])
        raise Refusal(f"the chip on {port} cannot be written: {why}" if heard else
                      f"the chip on {port} cannot be read: {why}")
    return said


def _back(port: str) -> None:
    until = time.monotonic() + BACK_S
    while time.monotonic() < until:
        with contextlib.suppress(Refusal):
            return check(port)
        time.sleep(0.1)
    check(port)
