"""One life of a badge as printed numbers, for any Python: the same lines must come out of CPython and MicroPython."""

import sys
from array import array

sys.path[:0] = sys.argv[1:]

from tools.sim.rig import Rig  # noqa: E402

from firmware.codes import ORDER_TEST, ORDER_VISIT, RED  # noqa: E402
from firmware.link import downlink  # noqa: E402


def locked(badge, now):
    """Call the hot doors with the heap locked (where there is a heap to lock), over extreme samples and presses."""
    import micropython

    lock = getattr(micropython, "heap_lock", None)
    one = array("h", (0, 0, 0))
    samples = ((0, 0, 1000), (24564, -24564, 24564), (-32768, 32767, 0), (0, 0, 0), (3000, 3000, 3000), (1000, 0, 0))
    if lock:
        lock()
    try:
        for i in range(3000):
            now = (now + 20) & 0x3FFFFFFF
            x, y, z = samples[0 if i % 400 > 30 else i % 6]
            one[0] = x if i < 1500 else z
            one[1] = y
            one[2] = z if i < 1500 else x
            badge.samples(one, 1, now)
            badge.button(1 if i % 97 < 7 else 0, now)
    finally:
        if lock:
            micropython.heap_unlock()
    print("locked doors ran, state", badge.alarm.state, "gestures", badge.trace.count)
    return now


def main():
    """Live and print."""
    rig = Rig(now=2**30 - 5000)
    rig.run(1000)
    rig.press(100, 100, 100, 100, 100)
    rig.run(500)
    alarm_id = rig.alarms()[-1][0]
    rig.hand(rig.down(downlink.step, alarm_id, 2, 9))
    rig.run(3000)
    rig.hand(rig.down(downlink.call, 12, 4000, 3))
    rig.walk(2)
    rig.press(100, 900)
    rig.hand(rig.down(downlink.step, alarm_id, 4, 0))
    rig.hand(b"\x21 nonsense")
    rig.order(ORDER_VISIT, RED << 14 | 120)
    rig.run(75000)
    rig.press(100)
    rig.order(ORDER_TEST)
    rig.badge.self_tested(True, rig.now)
    rig.run(500)
    rig.press(100)
    rig.run(2000)
    rig.acking = False
    rig.press(900)
    rig.run(12000)
    for type, plain in rig.heard:
        print(type, " ".join(["%02x" % byte for byte in plain]))
    for at, level in rig.motor:
        print("motor", at, level)
    trace = rig.badge.trace
    for i in range(len(trace.code)):
        print("trace", trace.code[i], trace.value[i], trace.at[i])
    locked(rig.badge, rig.now)
    buf = bytearray(32)
    n = rig.badge.save(buf, rig.now)
    print("saved", " ".join(["%02x" % byte for byte in buf[:n]]))


main()
