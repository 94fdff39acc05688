"""What does MicroPython really do on this chip? Runs on it: `kald check`, once for each kind of chip and each version.

The design stands on facts that no simulation proves: what allocates, how long a write to flash holds the chip still,
what a reset keeps, what hangs. Each is tried and measured, and told in one line; the last line is one JSON object. It
needs MicroPython alone, nothing of ours on the chip. With an alarm in progress it does nothing at all. PINS before this
text: a board's file as a dict, {} for none. Before each part its name is told, so that what hangs or aborts is known.
"""

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


def wake():
    """Sleep lightly for 200 ms, waked by the clock; the button's pin with its pull-up."""
    import machine

    if "BUTTON" in PINS:
        level = machine.Pin(PINS["BUTTON"], machine.Pin.IN, machine.Pin.PULL_UP).value()
        say("button", "its pin reads %d at rest" % level, level == 1, level=level)
    if "CONSOLE" not in PINS:
        say("sleep", "not tried: this chip's USB would be gone with it")
        return
    import esp32

    if "WAKE_EXT0" in PINS:
        esp32.wake_on_ext0(machine.Pin(PINS["WAKE_EXT0"], machine.Pin.IN, machine.Pin.PULL_UP), 0)
    time.sleep_ms(50)  # what was said is out
    began = time.ticks_ms()
    machine.lightsleep(200)
    slept = time.ticks_diff(time.ticks_ms(), began)
    say("sleep", "200 ms took %d ms" % slept, 150 <= slept <= 400, slept_ms=slept)


def adc():
    """Read the cell; a chip that was never calibrated raises, or says nonsense."""
    if "BATTERY" not in PINS:
        return
    import machine

    try:
        part = machine.ADC(machine.Pin(PINS["BATTERY"]), atten=machine.ADC.ATTN_11DB)
        middle, worst = spread([part.read_uv() for _ in range(32)])
        say("ADC", "%d uV, %d at most" % (middle, worst), middle > 0, uv=middle)
    except WRONGS as error:
        say("ADC", "cannot be read (%s): was it calibrated? Charge it by the clock" % error, False)


def i2c():
    """Look whether the bus is free before it is opened: a port of 1.29 and newer aborts on a held one."""
    for number, scl, sda in ((0, "I2C_SCL", "I2C_SDA"), (1, "PMU_SCL", "PMU_SDA")):
        if scl not in PINS:
            continue
        from machine import I2C, Pin

        name = "I2C %d" % number
        held = [line for line in (scl, sda) if not Pin(PINS[line], Pin.IN, Pin.PULL_UP).value()]
        if held:
            say(name, "%s is low, and the bus is not opened: take the supply away" % held[0], False, held=held)
            continue
        began = time.ticks_us()
        there = I2C(number, scl=Pin(PINS[scl]), sda=Pin(PINS[sda]), freq=400000).scan()
        took = time.ticks_diff(time.ticks_us(), began)
        say(name, "%s answer, looked for in %d us" % (", ".join(["0x%02x" % each for each in there]) or "none", took),
            bool(there), addresses=there, scan_us=took)


def radio():
    """Ask the LoRa chip who it is, over SPI, after a reset."""
    if "LORA" not in PINS:
        return
    from machine import SPI, Pin

    chip_select = Pin(PINS["LORA_CS"], Pin.OUT, value=1)
    reset = Pin(PINS["LORA_RESET"], Pin.OUT, value=0)
    spi = SPI(1, baudrate=2000000, sck=Pin(PINS["LORA_SCK"]), mosi=Pin(PINS["LORA_MOSI"]),
              miso=Pin(PINS["LORA_MISO"]))
    time.sleep_ms(1)
    reset.value(1)
    time.sleep_ms(10)
    waited = 0
    if "LORA_BUSY" in PINS and PINS["LORA"] == "sx1262":
        busy = Pin(PINS["LORA_BUSY"], Pin.IN)
        began = time.ticks_ms()
        while busy.value() and waited < 200:
            waited = time.ticks_diff(time.ticks_ms(), began)
    asks = b"\x1d\x08\xac\x00\x00" if PINS["LORA"] == "sx1262" else b"\x42\x00"  # RxGain; RegVersion
    back = bytearray(len(asks))
    began = time.ticks_us()
    chip_select.value(0)
    spi.write_readinto(asks, back)
    chip_select.value(1)
    took = time.ticks_diff(time.ticks_us(), began)
    wants = (0x94, 0x96) if PINS["LORA"] == "sx1262" else (0x12,)
    say("radio", "%s says 0x%02x in %d us, ready after %d ms" % (PINS["LORA"], back[-1], took, waited),
        back[-1] in wants, said=back[-1], took_us=took, busy_ms=waited)


def wifi():
    """Start the Wi-Fi, look around, stop it. It may take long: the port waits in C."""
    import network

    before = gc.mem_free() if hasattr(gc, "mem_free") else 0
    wlan = network.WLAN(network.STA_IF)
    began = time.ticks_ms()
    wlan.active(True)
    up = time.ticks_diff(time.ticks_ms(), began)
    began = time.ticks_ms()
    heard = wlan.scan()
    scan = time.ticks_diff(time.ticks_ms(), began)
    channels = sorted(set([each[2] for each in heard]))
    hidden = len([each for each in heard if not each[0].strip(b"\x00")])
    country = "?"
    try:
        country = network.country()
    except WRONGS:
        pass  # this port does not tell
    began = time.ticks_ms()
    wlan.active(False)
    down = time.ticks_diff(time.ticks_ms(), began)
    takes = before - gc.mem_free() if before else 0
    text = "up in %d ms, %d networks (%d hidden) on channels %s in %d ms, down in %d ms, takes %d of the heap"
    if country == "XX":
        text += "; no country is set, so channels 12 and 13 are only listened to"
    say("Wi-Fi", text % (up, len(heard), hidden, channels, scan, down, takes), up < 5000, up_ms=up, scan_ms=scan,
        networks=len(heard), channels=channels, down_ms=down, heap=takes, country=str(country))


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


def open_alarm():
    """Return whether a badge's alarm is in progress, as far as the firmware here can tell."""
    try:
        from firmware.alarm.alarm import Alarm
        from firmware.board.nvs import NvsStore
        from firmware.board.rtc_memory import RtcMemory

        saved = bytearray(76)
        kept = Alarm()
        for keeper in (RtcMemory(), NvsStore()):
            n = keeper.load(saved)
            if n and kept.load(saved, n, time.ticks_ms() & 0x3FFFFFFF):
                return kept.state != 0
    except WRONGS:
        pass  # no firmware, or another version's
    return False


def main():
    """Try all, one after the other; what raises is told, and the next is tried."""
    if open_alarm():
        print(json.dumps({"ok": False, "wrong": ["an alarm is in progress: nothing was tried"], "facts": {}}))
        return
    import machine

    dog = machine.WDT(timeout=SERVICE_MS)
    for part in (chip, loop, alloc, nvs, rtc, adc, i2c, radio, wake, wifi, traps):
        print("begin %s" % part.__name__)
        dog.feed()
        try:
            part()
        except WRONGS as error:
            say(part.__name__, "%s: %s" % (type(error).__name__, error), False)
    print(json.dumps({"ok": not wrong, "wrong": wrong, "facts": found}))


main()
