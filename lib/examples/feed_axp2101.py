"""What does an AXP2101 know? Switches one rail on, and prints cell, charger and power key.

mpremote run feed_axp2101.py

Wired as on a LilyGO T-Beam Supreme: SCL on GPIO 41, SDA on 42. Ask the maker what each rail feeds before you switch it.
"""

from time import sleep_ms

from axp2101 import AXP2101
from machine import I2C, Pin

chip = AXP2101(I2C(0, scl=Pin(41), sda=Pin(42), freq=400000))
chip.start(("aldo3", 3300))  # the radio of this board; every other LDO is switched off
print("cell", chip.battery_mv(), "mV,", chip.percent(), "%; USB", chip.vbus(), "; charging", chip.charging())

was = 0
for _ in range(200):
    sleep_ms(20)
    now = chip.key()
    if now != was:
        print("the power key is", "down" if now else "up")
    was = now
