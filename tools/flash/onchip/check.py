"""What does MicroPython really do on this chip? Runs on it: `kald check`, once for each kind of chip and each version.

The design stands on facts that no simulation proves: what allocates, how long a write to flash holds the chip still,
what a reset keeps, what hangs. Each is tried and measured, and told in one line; the last line is one JSON object. It
needs MicroPython alone, nothing of ours on the chip. With an alarm in progress it does nothing at all. Before each part
its name is told, so that what hangs or aborts is known. Before this text: open_alarm.py, check_parts.py, and PINS, a
board's file as a dict, {} for none.
"""

# ruff: noqa: F821  (the parts are there by then)

import gc
import json
import struct
import sys
import time

try:
    PINS
except NameError:
    PINS = {}

TURNS = 10000
NAPS = 100
WRITES = 40
SERVICE_MS = 600000
MARK = b"kald check"
SLOW_MS = 20  # a write to flash that took as long has erased

found = {}
wrong = []
WRONGS = (OSError, RuntimeError, ValueError, TypeError, AttributeError, ImportError, MemoryError)


def say(part, text, well=True, **numbers):
    """Print one line and keep its numbers. well: whether the design may go on believing what it believes."""
    found[part] = numbers
    if not well:
        wrong.append(part)
    print("%s %s: %s" % ("ok" if well else "not ok", part, text))


def us(work, turns=TURNS):
    """Return nanoseconds that a turn of work(turns) takes."""
    gc.collect()
    began = time.ticks_us()
    work(turns)
    return time.ticks_diff(time.ticks_us(), began) * 1000 // turns


def spread(list_us):
    """Return (median, worst) of a list."""
    ordered = sorted(list_us)
    return ordered[len(ordered) // 2], ordered[-1]


def chip():
    """Tell which chip, which MicroPython, how much memory."""
    import machine

    made = sys.implementation
    free = gc.mem_free() if hasattr(gc, "mem_free") else 0
    whole = free + (gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0)
    heaps = 0
    try:
        import esp32

        heaps = sum([each[1] for each in esp32.idf_heap_info(esp32.HEAP_DATA)])
    except WRONGS:
        pass  # this port does not tell
    version = ".".join([str(each) for each in made.version[:3]])
    text = "MicroPython %s on %s at %d MHz, reset cause %d, heap %d of %d free, %d outside it" % (
        version, getattr(made, "_machine", "?"), machine.freq() // 1000000, machine.reset_cause(), free, whole, heaps)
    say("chip", text, version=version, machine=getattr(made, "_machine", "?"), mhz=machine.freq() // 1000000,
        heap_free=free, heap=whole, idf_free=heaps)


class Small:
    """One method, as the hot path has many."""

    def __init__(self):
        self.kept = 0

    def add(self, number):
        """Do little."""
        self.kept = self.kept + number & 0xFFFF


def _empty(turns):
    for _ in range(turns):
        pass


def _methods(turns):
    small = Small()
    for i in range(turns):
        small.add(i)


def _packs(turns):
    buf = bytearray(8)
    pack = struct.pack_into
    for i in range(turns):
        pack("<HhI", buf, 0, i & 0xFF, -5, 70000)


def loop():
    """Measure what a turn costs, and how late a sleep ends."""
    turn, method, pack = us(_empty), us(_methods), us(_packs)
    late = []
    for _ in range(NAPS):
        began = time.ticks_us()
        time.sleep_ms(2)
        late.append(time.ticks_diff(time.ticks_us(), began) - 2000)
    middle, worst = spread(late)
    gc.collect()
    began = time.ticks_us()
    gc.collect()
    collects = time.ticks_diff(time.ticks_us(), began)
    text = "an empty turn %d ns, a small method %d, a pack %d; a sleep of 2 ms ends %d us late, %d at most; gc %d us"
    say("loop", text % (turn, method, pack, middle, worst, collects), worst < 20000, turn_ns=turn, method_ns=method,
        pack_ns=pack, late_us=middle, late_most_us=worst, gc_us=collects)


def _locked(work):
    import micropython

    gc.collect()
    micropython.heap_lock()
    try:
        work()
    except MemoryError:
        return True
    finally:
        micropython.heap_unlock()
    return False


def alloc():
    """Try what the hot path relies on: what allocates and what does not."""
    buf = bytearray(16)
    view = memoryview(buf)
    small = Small()
    numbers = [1 << 20, 1 << 29, 0]

    def free():
        for i in range(16):
            buf[i] = i
        struct.pack_into("<Hh", buf, 0, 5, -5)
        small.add(3)
        numbers[2] = min(abs(-7), 5) + numbers[0] * 3
        view[3] = 4

    def big():
        numbers[2] = numbers[1] * 2

    def made():
        numbers[2] = small.add

    free()
    facts = {"free": _locked(free), "beyond 30 bits": _locked(big), "a bound method": _locked(made)}
    cipher = None
    try:
        from cryptolib import aes

        cipher = aes(b"k" * 16, 1)
        cipher.encrypt(buf, buf)
        facts["AES in place"] = _locked(lambda: cipher.encrypt(buf, buf))
    except WRONGS:
        facts["AES in place"] = True
    text = ", ".join(["%s %s" % (name, "allocates" if facts[name] else "does not") for name in facts])
    say("alloc", text, not facts["free"], **{name.replace(" ", "_"): facts[name] for name in facts})
    if cipher is not None:
        block = us(lambda turns: [cipher.encrypt(buf, buf) for _ in range(turns)], 200)
        say("aes", "a block in %d ns" % block, block_ns=block)


def nvs():
    """Measure writes to flash, and count the pages that are free."""
    from esp32 import NVS

    store = NVS("kaldcheck")
    took = []
    for i in range(WRITES):
        began = time.ticks_us()
        store.set_blob("try", bytes([i]) * 200)
        store.commit()
        took.append(time.ticks_diff(time.ticks_us(), began))
    back = bytearray(200)
    right = store.get_blob("try", back) == 200 and back[0] == WRITES - 1
    store.erase_key("try")
    store.set_blob("mark", MARK)
    store.commit()
    middle, worst = spread(took)
    erased = len([each for each in took if each >= SLOW_MS * 1000])
    say("NVS", "200 bytes in %d us, %d at most; %d of %d writes erased; read back %s" % (
        middle, worst, erased, WRITES, "right" if right else "wrong"), right, write_us=middle, write_most_us=worst,
        erased=erased)
    pages()


def pages():
    """Look at the heads of NVS's pages: FFFFFFFF is a free one."""
    try:
        from esp32 import Partition

        part = Partition.find(Partition.TYPE_DATA, label="nvs")[0]
        head = bytearray(4)
        count = part.info()[3] // 4096
        free = 0
        for i in range(count):
            part.readblocks(i, head, 0)
            free += bytes(head) == b"\xff\xff\xff\xff"
        text = "%d of %d are free" % (free, count)
        say("NVS pages", text if free else text + ": at its next start the port may erase all, keys included", free > 0,
            free=free, pages=count)
    except WRONGS as error:
        say("NVS pages", "this port does not tell (%s)" % error)


def rtc():
    """Write the memory that a reset must keep; `kald check` looks after one."""
    from machine import RTC

    memory = RTC()
    if memory.memory():
        say("RTC", "holds %d bytes of a badge, and is left alone" % len(memory.memory()), used=len(memory.memory()))
        return
    began = time.ticks_us()
    memory.memory(MARK)
    took = time.ticks_diff(time.ticks_us(), began)
    say("RTC", "written in %d us" % took, memory.memory() == MARK, write_us=took)


def traps():
    """Tell which known traps of the port this version has."""
    version = sys.implementation.version[:2]
    known = (
        (version < (1, 25), "config(channel=) has no effect"),
        (version >= (1, 26), "takes some KB more of memory"),
        (version >= (1, 29), "a held I2C bus may abort: look at the lines first"),
        (True, "WLAN.active() waits in C without a limit: the watchdog runs beside it"),
    )
    told = [text for applies, text in known if applies]
    say("traps", "; ".join(told), version >= (1, 24), known=told)


def main():
    """Try all, one after the other; what raises is told, and the next is tried."""
    if open_alarm():
        print(json.dumps({"ok": False, "wrong": ["an alarm is in progress: nothing was tried"], "facts": {}}))
        return
    import machine

    dog = machine.WDT(timeout=SERVICE_MS)
    for part in (chip, loop, alloc, nvs, rtc, adc, i2c, supply, radio, wake, ble, wifi, traps):
        print("begin %s" % part.__name__)
        dog.feed()
        try:
            part()
        except WRONGS as error:
            say(part.__name__, "%s: %s" % (type(error).__name__, error), False)
    print(json.dumps({"ok": not wrong, "wrong": wrong, "facts": found}))


main()
