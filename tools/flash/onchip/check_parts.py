"""What hangs on this chip, and does it answer? The parts of check.py, which is sent behind this text, and has `say`."""

# ruff: noqa: F821  (what they use is there by then)

import gc
import time

RAILS = ("aldo1", "aldo2", "aldo3", "aldo4", "bldo1", "bldo2")  # of an AXP2101: bits of 0x90, registers from 0x92
SCAN_RESULT = 5  # an event of Bluetooth's


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


def supply():
    """Have an AXP2101 feed what a board's file names: after power came on, its rails may all be off."""
    if "PMU_RAILS" not in PINS:
        return
    from machine import I2C, Pin

    lines = PINS["PMU_SCL"], PINS["PMU_SDA"]
    if not all([Pin(line, Pin.IN, Pin.PULL_UP).value() for line in lines]):
        return  # as was said of the bus
    bus = I2C(1, scl=Pin(lines[0]), sda=Pin(lines[1]), freq=400000)
    address, rails = PINS["PMU_ADDRESS"], PINS["PMU_RAILS"]
    on = bus.readfrom_mem(address, 0x90, 1)[0]
    for name, mv in zip(rails[::2], rails[1::2]):
        bit = RAILS.index(name)
        bus.writeto_mem(address, 0x92 + bit, bytes([(mv - 500) // 100]))
        on |= 1 << bit
    bus.writeto_mem(address, 0x90, bytes([on]))
    time.sleep_ms(20)
    now = bus.readfrom_mem(address, 0x90, 1)[0]
    say("supply", "rails 0x%02x, 0x%02x wanted" % (now, on), now == on, rails=now)


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


def ble():
    """Start Bluetooth, listen for a moment, stop it; beside the Wi-Fi where the board's file says that both fit.

    Before the Wi-Fi's turn, since that keeps its memory once it was up.
    """
    if "BLE" not in PINS:
        return
    import bluetooth
    import network

    wlan = network.WLAN(network.STA_IF) if PINS["BLE"] != "alone" else None
    if wlan:
        wlan.active(True)
    heard = [0]

    def irq(event, data):
        heard[0] += event == SCAN_RESULT

    before = gc.mem_free() if hasattr(gc, "mem_free") else 0
    stack = bluetooth.BLE()
    began = time.ticks_ms()
    stack.active(True)
    up = time.ticks_diff(time.ticks_ms(), began)
    stack.irq(irq)
    stack.gap_scan(1000, 100000, 50000)
    time.sleep_ms(1200)
    takes = before - gc.mem_free() if before else 0
    began = time.ticks_ms()
    stack.active(False)
    down = time.ticks_diff(time.ticks_ms(), began)
    if wlan:
        wlan.active(False)
    text = "%s, up in %d ms, %d advertisements in 1 s, down in %d ms, takes %d of the heap"
    say("Bluetooth", text % (PINS["BLE"], up, heard[0], down, takes), up < 5000, up_ms=up, heard=heard[0], down_ms=down,
        heap=takes)


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
