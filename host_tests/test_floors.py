"""Does every file of the firmware import only from the floors below it? Reads the sources; runs nothing.

The table is that of docs/architecture.md: rooms of floor 1 never import each other, and only the metal knows machine.
Each import is read as a dotted path down to the name that is taken, and a rule allows a path and all below it. What the
table does not allow stands in EXCEPTIONS, by file and name, with its reason; one that nobody uses any more fails too.
"""

import ast
from pathlib import Path

import pytest

from firmware import badge_start
from tools.flash.sources import MANIFEST, listed

ROOT = Path(__file__).resolve().parent.parent

GROUND = ("micropython.const",)
FLOOR_0 = ("firmware.codes", "firmware.limits", "firmware.ticks", "firmware.trace", "firmware.crc")
ROOMS = ("firmware.detect", "firmware.alarm", "firmware.link", "firmware.feedback")
FLOOR_2 = ("firmware.badge", "firmware.settings", "firmware.audible", "firmware.nearby")
FLOOR_3 = ("firmware.app", "firmware.bridge", "firmware.lifeboat")
METAL = ("machine", "network", "esp32", "socket", "bluetooth", "time", "select", "_thread")
PLAIN = ("array", "struct", "hashlib", "cryptolib")

# file or folder: what it may import. The first entry that fits is the rule.
FLOORS = {
    "boot.py": ("firmware.board", *FLOOR_3),
    "main.py": (
        "firmware.board.rtc_memory", "firmware.board.boot_history", "firmware.start", "firmware.lifeboat_start",
    ),
    "firmware/start.py": ("firmware.board", "firmware.lifeboat_start", "firmware.badge_start", *FLOOR_3),
    "firmware/badge_start.py": ("firmware.board", *FLOOR_3),
    "firmware/lifeboat_start.py": ("firmware.board", *FLOOR_3),
    **{path.replace(".", "/") + ".py": GROUND for path in FLOOR_0},
    **{path.replace(".", "/") + "/": (*GROUND, *PLAIN, *FLOOR_0, path) for path in ROOMS},
    **{path.replace(".", "/") + ".py": (*GROUND, *FLOOR_0, *ROOMS) for path in FLOOR_2},
    **{path.replace(".", "/") + ".py": (*GROUND, "asyncio", *FLOOR_0, *FLOOR_2) for path in FLOOR_3},
    "firmware/board/": (*GROUND, *METAL, *FLOOR_0, "firmware.board", "LIB"),
    "firmware/__init__.py": (),
    "lib/examples/": ("machine", "time", "array", "LIB"),
    "lib/": (*GROUND, "array", "struct", "errno", "LIB"),
}

EXCEPTIONS = {
    ("firmware/trace.py", "array.array"): "the ring is three arrays, made once",
    ("firmware/settings.py", "firmware.audible.read"): "its own settings: only a house that is loud loads it",
    ("firmware/settings.py", "json"): "a settings file is text; it is read once, before the alarm runs",
    ("firmware/app.py", "array.array"): "the block of samples that it lends the sensor and the badge",
    ("firmware/app.py", "gc"): "a hallway collects and measures the heap; no floor below may",
    ("firmware/app.py", "sys"): "print_exception, for an error of ours",
    ("firmware/app.py", "firmware.link.frame.FRAME_BYTES_MAX"): "the size of the buffer that it lends the badge",
    ("firmware/app.py", "firmware.link.outbox.REPORT_RANK"): "from here on it is an alarm, which goes over every route",
    ("firmware/app.py", "firmware.link.outbox.TOLD_RANK"): "what has one try leads a radio to no other channel",
    ("firmware/board/radio.py", "firmware.link.ledger.Ledger"): "who sends must book, in the lifeboat too",
    ("firmware/board/radio.py", "firmware.link.region.band_of"): "the band that the ledger books in",
    ("firmware/board/radio.py", "firmware.link.region.power_dbm"): "the law's power for that band",
    ("firmware/board/radio.py", "firmware.link.frame.UNACKED"): "a frame that gets no ack was not sent in vain",
    ("firmware/board/radio.py", "firmware.link.frame.SIGHTING"): "a bridge tells its strength, so its power is fixed",
    ("firmware/board/scan.py", "firmware.link.sighting.Seen"): "of ten thousand it hears these are handed over",
    ("firmware/board/scan.py", "firmware.link.sighting.KIND_WIFI"): "what they are called there",
    ("firmware/board/beacons.py", "firmware.link.sighting.KIND_BLE"): "what a beacon is called there",
    ("firmware/board/beacons.py", "firmware.link.sighting.KIND_IBEACON"): "what a beacon is called there",
    ("firmware/board/beacons.py", "firmware.link.sighting.KIND_EDDYSTONE"): "what a beacon is called there",
    ("firmware/board/fallback_channel.py", "firmware.link.airtime.airtime_ms"): "no modem has been asked there",
    ("firmware/board/fallback_channel.py", "firmware.link.ledger.PLEDGE_MS"): "the longest frame that it may get",
    ("firmware/board/fallback_channel.py", "firmware.link.region.band_of"): "the other channel's band",
    # The lifeboat takes the badge's place when the badge cannot run, so it goes past it to the few parts it needs.
    ("firmware/lifeboat.py", "firmware.alarm.alarm.Alarm"): "reads an alarm that was open before",
    ("firmware/lifeboat.py", "firmware.alarm.alarm.NO_ID"): "reads an alarm that was open before",
    ("firmware/lifeboat.py", "array.array"): "counters of the newest frames",
    ("firmware/lifeboat.py", "firmware.detect.press.Press"): "reads the button",
    ("firmware/lifeboat.py", "firmware.feedback.patterns"): "feels as the badge does",
    ("firmware/lifeboat.py", "firmware.feedback.player.OF_STATE"): "feels as the badge does",
    ("firmware/lifeboat.py", "firmware.feedback.player.Reminders"): "feels as the badge does",
    ("firmware/lifeboat.py", "firmware.feedback.player.hush"): "feels as the badge does",
    ("firmware/lifeboat.py", "firmware.feedback.player.of_arrow"): "feels as the badge does",
    ("firmware/lifeboat.py", "firmware.feedback.player.Player"): "feels as the badge does",
    ("firmware/lifeboat.py", "firmware.link.frame"): "writes alarm and heartbeat",
    ("firmware/lifeboat.py", "firmware.link.seal.NONCE_BYTES"): "seals them",
    ("firmware/lifeboat.py", "firmware.link.seal.Seal"): "seals them",
    ("boot.py", "gc"): "what it leaves over must be gone before main.py is compiled",
    ("firmware/badge_start.py", "gc"): "what loading leaves over must be gone before what stays is made",
    ("boot.py", "sys"): "print_exception, for an error of ours",
    ("boot.py", "binascii"): "what was flashed is checked before it is imported",
    ("boot.py", "vfs"): "so is a ROMFS",
    ("boot.py", "os"): "what was flashed is checked before it is imported",
    ("main.py", "gc"): "loading must leave no holes in the heap, whatever is loaded",
    ("main.py", "os"): "whether an update was broken off",
    ("boot.py", "machine"): "the watchdog must wait before anything of ours can fail",
    ("main.py", "sys"): "print_exception, for an error of ours",
    ("main.py", "time"): "the technician's moment, where no board could be made to rest",
    ("main.py", "machine"): "the last resort: a reset needs no board, since making the board may be what failed",
    ("firmware/badge_start.py", "sys"): "modules, which it forgets",
    ("firmware/start.py", "os"): "whether the tree that runs is proven",
    ("firmware/badge_start.py", "os"): "whether the tree that runs is proven",
    ("firmware/lifeboat_start.py", "os"): "whether the tree that runs is proven",
    ("firmware/board/trial.py", "os"): "a proven tree has no /trial any more",
    ("firmware/start.py", "firmware.settings.read_pairing"): "decides whether the app can run, before there is one",
    ("firmware/badge_start.py", "firmware.audible.start"): "puts buzzer and light beside the motor: the app knows one",
    ("firmware/lifeboat_start.py", "firmware.settings.read_pairing"): "decides what there is to seal with",
    ("firmware/lifeboat_start.py", "firmware.settings.read_gestures"): "what a press means in this house",
    ("firmware/badge_start.py", "firmware.badge.Badge"): "makes it before the app is loaded, in its room",
    ("firmware/badge_start.py", "firmware.nearby.Nearby"): "between board and badge; the app knows what it tends",
    ("firmware/start.py", "firmware.settings.read_settings"): "decides whether the app can run, before there is one",
    ("firmware/board/sx1262.py", "lora.sx126x._SX1262"): "micropython-lib's package, by mip (lib/README.md)",
    ("firmware/board/sx1276.py", "lora.sx127x._SX127x"): "micropython-lib's package, by mip (lib/README.md)",
    ("firmware/bridge.py", "sys"): "print_exception, for an error of ours",
    ("firmware/bridge.py", "firmware.link.cobs"): "it has no badge behind it: telling messages apart is its whole work",
    ("firmware/bridge.py", "firmware.link.region.LOWEST_KHZ"): "its status tells its channel",
    ("firmware/board/serial.py", "sys"): "the console's own byte streams",
    ("firmware/board/serial.py", "micropython"): "kbd_intr, or byte 3 of a frame would stop the bridge",
    ("firmware/board/slots.py", "binascii"): "digests, as lists have them",
    ("firmware/board/slots.py", "hashlib"): "a new tree is known by its digests",
    ("firmware/board/slots.py", "os"): "a new tree stands in the file system",
    ("firmware/board/slots.py", "json"): "the pairing holds the keys that a list is sealed with",
    ("firmware/board/slots.py", "sys"): "whether this MicroPython reads the files of a new tree",
    ("firmware/board/update.py", "binascii"): "digests, as lists have them",
    ("firmware/board/update.py", "hashlib"): "of what has come",
    ("firmware/board/update.py", "os"): "it goes into the file system",
    ("firmware/board/update.py", "sys"): "modules, of which it forgets itself",
    ("firmware/badge_start.py", "firmware.codes.ABLE_TREE"): "the version that runs stands in the slot",
    ("firmware/badge_start.py", "firmware.codes.ABLE_UPDATES"): "only a slot and a Wi-Fi can be updated over the air",
    ("firmware/board/build.py", "__import__"): "a board's file is named by the pairing",
    ("firmware/board/sensors.py", "__import__"): "an accelerometer's driver is named by the board's file",
}

HIDDEN = ("__import__", "exec", "eval", "compile", "import_module")


def modules(root):
    """Return the dotted names of all modules and packages of ours under `root`, and those of lib."""
    paths = [path.relative_to(root).with_suffix("") for path in root.glob("firmware/**/*.py")]
    ours = {".".join(path.parts) for path in paths}
    return {name.removesuffix(".__init__") for name in ours}, {path.stem for path in root.glob("lib/*.py")}


def imports(source):
    """Return [(line, dotted path)] of everything that `source` imports, at any depth; a hidden import by its door."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, name.name) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            found += [(node.lineno, f"{module}.{name.name}") for name in node.names]
        elif isinstance(node, (ast.Name, ast.Attribute)):
            name = node.id if isinstance(node, ast.Name) else node.attr
            found += [(node.lineno, name)] if name in HIDDEN else []
    return found


def rule(path):
    """Return what the file at `path` (from the root, with slashes) may import, None for a file on no floor."""
    for place, allowed in FLOORS.items():
        if path == place or (place.endswith("/") and path.startswith(place)):
            return allowed
    return None


def trouble(path, source, lib=()):
    """Return ["path:line: what it must not import"], and the exceptions it makes use of."""
    allowed = rule(path)
    if allowed is None:
        return [f"{path}:1: stands on no floor of the table"], set()
    allowed = [*allowed, *(lib if "LIB" in allowed else ())]
    wrong, used = [], set()
    for line, name in imports(source):
        if (path, name) in EXCEPTIONS:
            used.add((path, name))
        elif not any(name == part or name.startswith(part + ".") for part in allowed):
            wrong.append(f"{path}:{line}: must not import {name}")
    return wrong, used


def test_every_file_keeps_to_its_floor():
    ours, lib = modules(ROOT)
    paths = [ROOT / "boot.py", ROOT / "main.py", *ROOT.glob("firmware/**/*.py"), *ROOT.glob("lib/**/*.py")]
    assert len(paths) > 30 and "firmware.link.frame" in ours
    wrong, used = [], set()
    for path in sorted(paths):
        inner = path.relative_to(ROOT).as_posix()
        if inner == MANIFEST:
            continue  # no badge has it
        said, took = trouble(inner, path.read_text(encoding="utf-8"), lib)
        wrong += said
        used |= took
    assert not wrong, "\n".join(wrong)
    assert used == set(EXCEPTIONS), f"exceptions nobody uses: {set(EXCEPTIONS) - used}"


def test_every_room_and_file_of_the_table_exists():
    ours, _ = modules(ROOT)
    assert set(FLOOR_0 + ROOMS + FLOOR_2) <= ours
    assert set(FLOOR_3) - ours <= {"firmware.bridge"}  # only LoRa needs it


@pytest.mark.parametrize("path, line", [
    ("firmware/detect/fall.py", "from firmware.alarm.table import TABLE"),
    ("firmware/detect/fall.py", "from firmware.detect.press import Press; from firmware import link"),
    ("firmware/alarm/alarm.py", "import firmware.feedback.patterns as feel"),
    ("firmware/link/frame.py", "def late():\n    from firmware.badge import Badge"),
    ("firmware/link/seal.py", "import machine"),
    ("firmware/link/seal.py", "import time"),
    ("firmware/feedback/player.py", "from ..alarm import table"),
    ("firmware/feedback/player.py", "from firmware.limits import X; import asyncio"),
    ("firmware/feedback/player.py", "import firmware"),
    ("firmware/codes.py", "from firmware.limits import HOLD_MS"),
    ("firmware/ticks.py", "import time"),
    ("firmware/ticks.py", "from micropython import heap_lock"),
    ("firmware/badge.py", "from firmware.app import App"),
    ("firmware/badge.py", "import array"),
    ("firmware/badge.py", "exec('import machine')"),
    ("firmware/settings.py", "__import__('machine')"),
    ("firmware/app.py", "from firmware.board.nvs import NvsStore"),
    ("firmware/app.py", "from firmware.link.frame import ACK"),
    ("firmware/app.py", "import machine"),
    ("firmware/lifeboat.py", "from firmware.link.outbox import Outbox"),
    ("firmware/board/wifi.py", "from firmware.link.frame import ACK"),
    ("firmware/board/wifi.py", "import requests"),
    ("main.py", "from firmware.badge import Badge"),
    ("lib/lis3dh.py", "from firmware.limits import CLAMP_MG"),
    ("lib/lis3dh.py", "from machine import I2C"),
    ("firmware/extra.py", "from micropython import const"),
])
def test_a_wrong_import_is_found(path, line):
    assert trouble(path, line, {"lis3dh"})[0]


@pytest.mark.parametrize("path, line", [
    ("firmware/detect/fall.py", "from firmware.detect.press import Press\nfrom firmware.codes import FELL"),
    ("firmware/badge.py", "from firmware.link import frame"),
    ("firmware/board/parts.py", "from lis3dh import LIS3DH\nfrom machine import Pin"),
])
def test_a_right_import_is_not(path, line):
    assert trouble(path, line, {"lis3dh"}) == ([], set())


# What has run, or is another life's, when badge_start.py frees what made the badge: a file, and functions in it.
EARLY = {
    "firmware/start.py": None, "firmware/badge_start.py": None, "firmware/board/build.py": None,
    "firmware/audible.py": ("start",), "firmware/board/sounder.py": ("build",), "firmware/settings.py": None,
    "firmware/bridge.py": None, "firmware/lifeboat.py": None, "firmware/lifeboat_start.py": None,
}
LATE = ("firmware/board/slots.py", "firmware/board/update.py")  # loaded after it, so that nothing of them is freed


def asked_late(sources, anew=badge_start.ANEW):
    """Return (file, what) of each call of what badge_start.py has freed by then. sources: {file: text}."""
    trees = {path: ast.parse(text) for path, text in sources.items()}
    made = {node.name for path, tree in trees.items() if path not in LATE
            for node in ast.walk(tree) if isinstance(node, ast.ClassDef)} - set(anew) | set(badge_start.ONCE)
    found = []

    def look(node, path, inside):
        for child in ast.iter_child_nodes(node):
            function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef))
            if isinstance(child, ast.Call) and not inside & {*badge_start.ONCE, *(EARLY.get(path) or ())}:
                if isinstance(child.func, ast.Name) and child.func.id in made:
                    found.append((path, child.func.id))
                elif isinstance(child.func, ast.Attribute) and child.func.attr in badge_start.ONCE:
                    found.append((path, ast.unparse(child.func)))
            look(child, path, inside | {child.name} if function else inside)

    for path, tree in trees.items():
        if EARLY.get(path, ()) is not None:
            look(tree, path, set())
    return found


def test_what_is_freed_once_a_badge_is_made_nobody_asks_for_later():
    sources = {path: (ROOT / path).read_text() for path in listed(ROOT) if path.startswith("firmware/")}
    # slots.py's is no method, and not freed
    assert asked_late(sources) == [("firmware/board/slots.py", "empty"), ("firmware/board/update.py", "slots.empty")]
    # the check can fail: a class that is made anew, and a method
    assert ("firmware/link/uplink.py", "Seal") in asked_late(sources, ())
    assert ("firmware/x.py", "store.load") in asked_late({**sources, "firmware/x.py": "store.load()"})
