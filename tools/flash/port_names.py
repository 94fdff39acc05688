"""Which names does MicroPython 1.24 for the ESP32 offer? The facts are in micropython_names.txt; this reads them."""

from pathlib import Path

FACTS = Path(__file__).with_name("micropython_names.txt")


def offered() -> dict[str, set[str]]:
    """Return {module or type: names}, as `machine`, `machine.Pin`, `str`."""
    found: dict[str, set[str]] = {}
    last = ""
    for line in FACTS.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        if not line.startswith(" "):
            last, _, line = line.partition(":")
            found[last] = set()
        found[last].update(line.split())
    return found
