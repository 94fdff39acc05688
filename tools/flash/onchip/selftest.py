"""Is every part of this badge sound? Runs on it: `mpremote run tools/flash/onchip/selftest.py`, or `kald selftest`.

One line a part: `ok`, `not ok` or `skip`, the numbers, and what to do. The last line is one JSON object: {"ok": true or
false, "failed": [parts], "skipped": [parts]}. Uses the firmware that is on the badge. With an alarm in progress it does
nothing at all. It reserves a block of counters before it sends, as the app does, writes NVS under a name of its own,
and gives the watchdog ten minutes, as main.py does for a technician. Afterwards the badge wants a reset.

HANDS = False before this text: nobody is there to press the button and feel the motor.
"""

import gc
import json
import time
from array import array

try:
    HANDS
except NameError:
    HANDS = True

SERVICE_MS = 600000
PRESS_MS = 15000
JOIN_MS = 20000
LOOPBACK_MS = 5000
FIFO_MS = 3000
LOOP_MS = 5000
# name of ACCEL in a board's file: class in lib/, identity register (data sheets, as lib/ cites them)
CHIPS = {
    "lis3dh": ("LIS3DH", 0x0F), "lsm6dso": ("LSM6DSO", 0x0F), "adxl345": ("ADXL345", 0x00),
    "mpu6886": ("MPU6886", 0x75), "mpu6050": ("MPU6050", 0x75),
}
NOISE_MOST_MG = 200  # spread from peak to peak of a badge at rest; four digits of 48 mg
RATE_HZ = (45, 57)  # 50 and 52 Hz chips; the LIS3DH's clock is not trimmed better than some percent
HEAP_LEAST = 16384
JITTER_MOST_MS = 50  # half of the 100 ms that a press may take to the frame
RSSI_LEAST = -75
# mA, awake and joined at 80 MHz, modem asleep between beacons: ESP-IDF programming guide (tools/sim/energy/currents.py)
AWAKE_MA = {"esp32": 22, "esp32pico": 22, "esp32s3": 33}
WIFI_SAYS = {
    200: "the Wi-Fi is too weak or has gone: go nearer to the access point", 201: "no Wi-Fi of that name is in the air",
    202: "the Wi-Fi refuses the password: pair again", 1000: "it has not begun to join",
    210: "it is protected otherwise than was said: pair again, with its password, or --open if it has none",
    1001: "no address came: does the house give any (DHCP)? `kald pair --address` gives the badge one of its own",
    1010: "it is on the Wi-Fi, but the gateway's name is not found: pair again with its address",
}

failed, skipped = [], []


def say(verdict, part, text):
    """Print one line and keep the verdict: True, False, or None for what was skipped."""
    if verdict is None:
        skipped.append(part)
    elif not verdict:
        failed.append(part)
    print("%s %s: %s" % ("skip" if verdict is None else "ok" if verdict else "not ok", part, text))


def accelerometer(pins):
    """Try identity, noise, self-test and FIFO rate."""
    from machine import I2C, Pin

    name, register = CHIPS[pins.ACCEL]
    address = pins.ACCEL_ADDRESS
    where = "%s at 0x%02x" % (name, address)
    wires = "check its supply and the wires SDA (GPIO %d) and SCL (GPIO %d)" % (pins.I2C_SDA, pins.I2C_SCL)
    held = [line for line in ("SDA", "SCL") if not Pin(getattr(pins, "I2C_" + line), Pin.IN, Pin.PULL_UP).value()]
    if held:  # to open it then is an abort, from MicroPython 1.29 on
        text = "the bus hangs, %s is low: take the supply away; if it stays so, a wire touches ground" % held[0]
        return say(False, "accelerometer", text)
    i2c = I2C(0, scl=Pin(pins.I2C_SCL), sda=Pin(pins.I2C_SDA), freq=400000)
    try:
        identity = i2c.readfrom_mem(address, register, 1)[0]
    except OSError:
        say(False, "accelerometer", "%s does not answer: %s" % (where, wires))
        return
    try:
        make = getattr(__import__(pins.ACCEL if pins.ACCEL != "mpu6050" else "mpu6886"), name)
        chip = make(i2c, address)
        chip.start()
        say(True, "accelerometer", "%s, identity 0x%02x" % (where, identity))
        noise(chip)
        moved = [0, 0, 0]
        right = chip.self_test(moved, time.sleep_ms)
        text = "self-test moves it by %d, %d, %d mg" % tuple(moved)
        say(right, "accelerometer self-test", text if right else text + ": keep it still and try again, or replace it")
    except RuntimeError:
        text = "the part at 0x%02x says 0x%02x and is no %s: is this the right board file?" % (address, identity, name)
        say(False, "accelerometer", text)
    except OSError:
        say(False, "accelerometer", "%s stopped answering: %s" % (where, wires))


def noise(chip):
    """Read for three seconds: spread of each axis in mg, and samples a second."""
    block = array("h", bytes(2 * 3 * 32))
    least = [32767] * 3
    most = [-32768] * 3
    time.sleep_ms(100)
    chip.read(block)  # what has waited
    began = time.ticks_ms()
    count = 0
    while time.ticks_diff(time.ticks_ms(), began) < FIFO_MS:
        time.sleep_ms(100)
        n = chip.read(block)
        count += n
        for i in range(3 * n):
            least[i % 3] = min(least[i % 3], block[i])
            most[i % 3] = max(most[i % 3], block[i])
    took = time.ticks_diff(time.ticks_ms(), began)
    rate = count * 10000 // took
    right = RATE_HZ[0] * 10 <= rate <= RATE_HZ[1] * 10
    text = "%d.%d samples a second over %d ms" % (rate // 10, rate % 10, took)
    say(right, "FIFO", text if right else text + ": it should be 50; reset the badge, then replace the sensor")
    if not count:
        return
    spread = [most[axis] - least[axis] for axis in range(3)]
    right = 0 <= max(spread) <= NOISE_MOST_MG
    text = "noise of x, y, z from peak to peak %d, %d, %d mg" % tuple(spread)
    say(right, "noise", text if right else text + ": lay the badge down still, and try again")


def hands(board):
    """Ask for a press, and whether the motor is felt."""
    if not HANDS:
        say(None, "button", "nobody was asked to press it (--no-hands); reads %d" % board.button.level())
        board.motor.lasts_ms = 200
        board.motor.level(255)
        time.sleep_ms(200)
        board.motor.level(0)
        say(None, "motor", "it was driven for 200 ms; nobody was asked whether it is felt (--no-hands)")
        return
    if board.button.level():
        say(False, "button", "it reads pressed already: is it stuck, or its wire on ground?")
        return
    print("Press the button once.")
    took = pressed(board)
    text = "no press came in %d s: check the button and its wire" % (PRESS_MS // 1000)
    say(took > 0, "button", "a press of %d ms" % took if took > 0 else text)
    board.motor.lasts_ms = 300
    for _ in range(2):
        board.motor.level(255)
        time.sleep_ms(300)
        board.motor.level(0)
        time.sleep_ms(200)
    print("Press once if you felt the motor twice; otherwise wait.")
    felt = pressed(board) > 0
    say(felt, "motor", "felt" if felt else "not felt: check the motor, its wires and its transistor")


def pressed(board):
    """Wait for a press and its end; return its length in ms, 0 for none."""
    until = time.ticks_add(time.ticks_ms(), PRESS_MS)
    while time.ticks_diff(until, time.ticks_ms()) > 0:
        if board.button.level():
            began = time.ticks_ms()
            while board.button.level() and time.ticks_diff(time.ticks_ms(), began) < PRESS_MS:
                time.sleep_ms(10)
            time.sleep_ms(100)  # contacts bounce
            return max(1, time.ticks_diff(time.ticks_ms(), began) - 100)
        time.sleep_ms(10)
    return 0


def chips(board, pins):
    """Say whether the chips behind button and motor answer, where the board has such."""
    for part, owner, lines in (("PMU", board.button, "PMU_"), ("MOTOR_PART", board.motor, "I2C_")):
        if hasattr(pins, part):
            where = "%s, SDA on GPIO %d, SCL on GPIO %d" % (
                getattr(pins, part), getattr(pins, lines + "SDA"), getattr(pins, lines + "SCL"))
            text = "%s does not answer: check its supply and these two wires" % where
            say(not owner.silent, "button chip" if part == "PMU" else "motor chip", text if owner.silent else where)


def power(board, pins):
    """Say the charge, and what the data sheets let the board draw."""
    percent = board.battery.percent()
    text = "%d %%" % percent if percent >= 15 else "%d %%: charge it" % percent
    text = text if percent <= 100 else "no measure: its wire, or a chip never calibrated, which is charged by the clock"
    say(15 <= percent <= 100, "battery", text)
    say(True, "current", "about %d mA by the data sheet, awake on Wi-Fi; not measured here" % AWAKE_MA[pins.CHIP])


def flash():
    """Write into NVS under a name of our own, read it back, remove it."""
    from esp32 import NVS

    written = bytes([i * 7 & 0xFF for i in range(32)])
    back = bytearray(32)
    try:
        nvs = NVS("kaldtest")
        began = time.ticks_us()
        nvs.set_blob("try", written)
        nvs.commit()
        took = time.ticks_diff(time.ticks_us(), began)
        n = nvs.get_blob("try", back)
        nvs.erase_key("try")
        nvs.commit()
        right = bytes(back[:n]) == written
    except OSError as error:
        say(False, "flash", "NVS refuses (%s): kald flash --install, then pair again" % error)
        return
    text = "32 bytes written in %d us and read back" % took
    say(right, "flash", text if right else "what was read is not what was written: replace the board")


def memory():
    """Say what is free, ours and Wi-Fi's."""
    import esp32

    gc.collect()
    free = gc.mem_free()
    right = free >= HEAP_LEAST
    text = "%d bytes free, %d taken, this test included" % (free, gc.mem_alloc())
    say(right, "heap", text if right else text + ": flash again, so that the badge has compiled files")
    look = getattr(esp32, "idf_heap_info", None)
    if look is None:
        say(None, "Wi-Fi memory", "this MicroPython does not tell")
        return
    left = sum([region[1] for region in look(esp32.HEAP_DATA)])
    say(left >= HEAP_LEAST, "Wi-Fi memory", "%d bytes free beside MicroPython's heap" % left)


def jitter(board, pairing):
    """Do the sense loop's work for five seconds, in a badge that sends nothing; say the longest round."""
    from firmware.badge import Badge

    badge = Badge(pairing["device"] if pairing else 1, bytes(16), bytes(16), board.now())
    block = array("h", bytes(2 * 3 * 32))
    gc.collect()
    began = read_at = last = time.ticks_ms()
    longest_us = late = rounds = 0
    while time.ticks_diff(last, began) < LOOP_MS:
        start = time.ticks_us()
        now = board.now()
        badge.button(0, now)  # its level is another line's business; a hand on it here means nothing
        if time.ticks_diff(time.ticks_ms(), read_at) >= 100:
            read_at = time.ticks_ms()
            count = board.accel.read(block)
            if count > 0:
                badge.samples(block, count, now)
        badge.tick(now)
        badge.motor(now)
        longest_us = max(longest_us, time.ticks_diff(time.ticks_us(), start))
        rounds += 1
        time.sleep_ms(10)
        at = time.ticks_ms()
        late = max(late, time.ticks_diff(at, last) - 10)
        last = at
    right = late <= JITTER_MOST_MS
    text = "%d rounds, the longest %d.%03d ms, at most %d ms late" % (
        rounds, longest_us // 1000, longest_us % 1000, late)
    say(right, "loop", text if right else text + ": a press may be seen late; is the chip at 160 MHz or more?")


def radio(board, pairing):
    """Send one sealed heartbeat over each route and wait for its ack."""
    if not pairing:
        from firmware.start import lost
        say(None, "radio", "this badge is not paired, so nothing can be sealed; " + lost())
        return
    try:
        counter = board.store.reserve()
    except OSError:
        say(False, "radio", "no counter can be reserved in flash: pair again")
        return
    for route in board.routes:
        name = type(route).__name__
        began = time.ticks_ms()
        while not route.up() and time.ticks_diff(time.ticks_ms(), began) < JOIN_MS:
            route.tend(board.now())
            time.sleep_ms(20)
        if not route.up():
            say(False, name, "not up after %d s: %s" % (JOIN_MS // 1000, why(name)))
        else:
            took = loopback(board, route, pairing, counter)
            counter += 1  # the block is ours alone
            strength(name)
            text = "a sealed heartbeat went to the gateway and its ack came back in %d ms" % took
            lost = "up, but no gateway acknowledged in %d s: is `kald gateway` running, with this badge's pairing?"
            say(took >= 0, name, text if took >= 0 else lost % (LOOPBACK_MS // 1000))


def why(name):
    """Return what Wi-Fi says of itself, in words."""
    if name != "Wifi":
        return "check the radio module and its wires"
    import network

    status = network.WLAN(network.WLAN.IF_STA).status()
    return WIFI_SAYS.get(210 if status == 211 else status, "its status is %d" % status)


def strength(name):
    """Say how strong the access point is heard."""
    if name != "Wifi":
        return
    import network

    rssi = network.WLAN(network.WLAN.IF_STA).status("rssi")
    right = rssi >= RSSI_LEAST
    say(right, "Wi-Fi strength", "%d dBm" % rssi if right else "%d dBm is weak: try where the badge is worn" % rssi)


def loopback(board, route, pairing, counter):
    """Return after how many ms the gateway's ack of a heartbeat was there, -1 for none in time."""
    from firmware.link import frame
    from firmware.link.seal import NONCE_BYTES, Seal

    buf = bytearray(2 * frame.FRAME_BYTES_MAX)
    nonce = bytearray(NONCE_BYTES)
    n = frame.heartbeat(buf, pairing["device"], counter, 0, board.battery.percent(), 0)
    frame.nonce(nonce, frame.STREAM_UP, pairing["device"], 0, counter)
    n = Seal(pairing["up"]).close(nonce, buf, frame.UP_HEAD, n)
    down = Seal(pairing["down"])
    began = time.ticks_ms()
    sent_at = time.ticks_add(began, -1000)
    sent = bytes(buf[:n])
    while time.ticks_diff(time.ticks_ms(), began) < LOOPBACK_MS:
        if time.ticks_diff(time.ticks_ms(), sent_at) >= 1000:
            sent_at = time.ticks_ms()
            buf[:n] = sent  # the very same bytes: a lost datagram, not another frame
            route.send(buf, n)
        route.tend(board.now())
        got = route.receive(buf)
        if got == 15 and buf[0] == frame.ACK and frame.get16(buf, 4) == counter & 0xFFFF:
            frame.nonce(nonce, frame.STREAM_ACK, pairing["device"], buf[3], counter)
            if down.open(nonce, buf, frame.ACK_HEAD, got) > 0:
                return time.ticks_diff(time.ticks_ms(), began)
        time.sleep_ms(5)
    return -1


def alarm_open(board):
    """Return whether an alarm, or the question before one, is in progress on this badge."""
    from firmware.badge import SAVED_BYTES, Badge
    from firmware.codes import SAFE

    saved = bytearray(SAVED_BYTES)
    badge = Badge(1, bytes(16), bytes(16), board.now())
    for kept in (board.memory, board.store):
        n = kept.load(saved)
        if n and badge.load(saved, n, board.now()):
            return badge.alarm.state != SAFE
    return False


def pair():
    """Return the pairing, None if there is none that is right."""
    from firmware.board.nvs import NvsStore
    from firmware.settings import read_pairing

    text = NvsStore().pairing()
    try:
        return read_pairing(text) if text else None
    except ValueError:
        say(False, "pairing", "it cannot be read: pair again")
        return None


def main():
    """Try one part after the other."""
    try:
        from firmware.board.build import build
    except ImportError:
        say(False, "firmware", "there is none on this badge; run: kald flash")
        return
    import machine

    pairing = pair()
    name = pairing["board"] if pairing else "devkit"
    board = build(name, pairing)
    board.watch(SERVICE_MS)
    if alarm_open(board):
        say(False, "alarm", "one is in progress: nothing was tried; close it at the board first")
        return
    pins = getattr(__import__("firmware.board.boards." + name).board.boards, name)
    say(True, "board", "%s, %s at %d MHz, reset cause %d" % (
        name, pins.CHIP, machine.freq() // 1000000, machine.reset_cause()))
    tried("accelerometer", accelerometer, pins)
    tried("chips", chips, board, pins)
    tried("battery", power, board, pins)
    tried("flash", flash)
    tried("heap", memory)
    tried("loop", jitter, board, pairing)
    tried("radio", radio, board, pairing)
    tried("button", hands, board)


def tried(part, look, *given):
    """Look at one part; whatever it raises is a line, and the next part's turn comes."""
    try:
        look(*given)
    except Exception as error:
        say(False, part, "%s: %s; please send us this line" % (type(error).__name__, error))


tried("board", main)
print(json.dumps({"ok": not failed, "failed": failed, "skipped": skipped}))
