"""What becomes of a badge of which one file is missing or broken? The real boot.py and main.py, over the least metal.

Arguments: a flash tree as `kald flash` copies it, the folder of the metal, then ways to break a file: missing, cut,
flipped. For each file and each way the badge is started from no power, and again after each reset, as the chip would;
the button is held from the third second of each start on. Prints "file way: who calls, at which start"; "told" where
nobody calls, but the badge tells that it cannot; "silent" where it says nothing; "put aside" where boot.py has made of
a file that is broken one that is missing, before anything asked for it.
"""

import os
import sys

FLASH, METAL = sys.argv[1:3]
WAYS = sys.argv[3:]
STARTS = 7
LIVE_MS = 6000
PRESS_MS = 3000
sys.path[:] = [".frozen", METAL]

import fake_machine  # noqa: E402

ALARM = 1
POWER, HARD = 1, 2
world = {"cause": POWER, "alarms": 0, "told": 0, "began": 0}


class Reset(BaseException):
    """The chip starts anew."""


class Over(BaseException):
    """This start has lived long enough."""


def reset():
    """Start anew."""
    raise Reset


def tick(ms):
    """Let `ms` pass."""
    fake_machine._now[0] += max(ms, 0)
    if fake_machine._now[0] - world["began"] >= LIVE_MS:
        raise Over


def value(self, level=1):
    """Return the level of the button, and of a bus, which is opened before any press."""
    return 0 if fake_machine._now[0] - world["began"] >= PRESS_MS else 1


def send(self, data):
    """Count it; an alarm is the last that is waited for."""
    world["told"] += 1
    if data[0] == ALARM:
        world["alarms"] += 1
        world["began"] = fake_machine._now[0] - LIVE_MS
    return len(data)


fake_machine.Part.value = value
fake_machine.Part.send = send
fake_machine.Module.reset = lambda self: reset()
fake_machine.Module.reset_cause = lambda self: world["cause"]
fake_machine.Module.sleep_ms = lambda self, ms: tick(ms)
fake_machine.Module.wait_io_event = lambda self, ms: tick(ms)
fake_machine.build(FLASH, 0, None)


def run(name):
    """Run one file of the flash as the chip would; return whether it came to its end without an error."""
    try:
        with open("/" + name) as file:
            text = file.read()
    except OSError:
        return True
    try:
        exec(compile(text, name, "exec"), {"__name__": "__main__"})
    except Exception:
        return False  # and the port shows its prompt
    return True


def start(broken):
    """Live once; return "reset", "prompt", "over", or "put aside" where boot.py takes the file `broken` away."""
    sys.path[:] = ["", ".frozen", "/lib"]
    for name in list(sys.modules):
        if name.startswith("firmware") or name in LIBRARY:
            del sys.modules[name]
    sys.modules["asyncio"].core._task_queue = sys.modules["asyncio"].core.TaskQueue()
    world["began"] = fake_machine._now[0]
    world["alarms"] = world["told"] = 0
    try:
        if run("boot.py"):
            if broken and not is_there(broken):
                return "put aside"
            run("main.py")
    except Reset:
        return "reset"
    except Over:
        return "over"
    return "prompt"


def outcome(broken=None):
    """Start as often as it takes; return who calls, at which start. broken: a file that is there, but not whole."""
    fake_machine.Part._kept = b""
    world["cause"] = POWER
    for n in range(1, STARTS + 1):
        how = start(broken)
        if how == "put aside":
            return how
        if world["alarms"]:
            return "%s %d" % ("lifeboat" if "firmware.lifeboat" in sys.modules else "app", n)
        if how != "reset":
            return "told 1" if world["told"] else "silent 1"
        world["cause"] = HARD
    return "silent %d" % STARTS


def is_there(path):
    """Return whether there is such a file."""
    try:
        return os.stat(path)[6] >= 0
    except OSError:
        return False


def walk(folder):
    """Return the paths of all files below `folder`."""
    found = []
    for name, kind, *_ in os.ilistdir(folder or "/"):
        at = folder + "/" + name
        found += walk(at) if kind & 0x4000 else [at[1:]]
    return found


def breaks(path, way, whole):
    """Break a file."""
    if way == "missing":
        os.remove(path)
        return
    half = len(whole) // 2
    broken = whole[:half]
    if way == "flipped":
        broken = whole[:half] + bytes([whole[half] ^ 0x20]) + whole[half + 1 :]
    with open(path, "wb") as file:
        file.write(broken)


FILES = sorted(walk(""))
LIBRARY = [name.split("/")[-1].split(".")[0] for name in FILES if name.startswith("lib/")]
print("nothing broken:", outcome())
for path in FILES:
    with open(path, "rb") as file:
        whole = file.read()
    for way in WAYS:
        breaks(path, way, whole)
        print(path, way + ":", outcome(None if way == "missing" else path))
        with open(path, "wb") as file:
            file.write(whole)
        try:
            os.remove(path + ".bad")
        except OSError:
            pass
print("walked", len(FILES))
