"""How is an I2C bus freed when a chip holds SDA low, in the middle of an answer that nobody fetched?

The NXP specification UM10204 (3.1.16, bus clear): wherever a chip is in its byte, one of nine clocks is that of the
acknowledge, and there it finds none and lets go; then a STOP. All nine are sent, since a 1 in the byte looks like a
free line. Both lines are open drain: a pin is pulled to 0 or let go, never driven to 1. Knows no chip.
"""

from micropython import const

_CLOCKS = const(9)
_HALF_US = const(5)  # 100 kHz, which every chip follows


def recover(scl, sda, wait_us):
    """Clock the bus free; return whether both lines are high at the end.

    scl, sda: machine.Pin in mode OPEN_DRAIN with pull-ups on the lines, not in use by an I2C object (make that anew
    afterwards). wait_us(us): time.sleep_us on the device. About 0.1 ms.
    """
    sda.value(1)
    scl.value(1)
    wait_us(_HALF_US)
    for _ in range(_CLOCKS):
        scl.value(0)
        wait_us(_HALF_US)
        scl.value(1)
        wait_us(_HALF_US)
    scl.value(0)  # STOP: SDA rises while SCL is high
    wait_us(_HALF_US)
    sda.value(0)
    wait_us(_HALF_US)
    scl.value(1)
    wait_us(_HALF_US)
    sda.value(1)
    wait_us(_HALF_US)
    return bool(sda.value() and scl.value())
