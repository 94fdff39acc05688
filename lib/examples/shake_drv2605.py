"""Does a coin motor shake on a DRV2605 or DRV2605L? Lets the chip look for it, then swells.

mpremote run shake_drv2605.py

Wired as on an ESP32 DevKit: SCL on GPIO 22, SDA on 21, EN high, an ERM motor on OUT+ and OUT-.
"""

from time import sleep_ms

from drv2605 import DRV2605
from machine import I2C, Pin

chip = DRV2605(I2C(0, scl=Pin(22), sda=Pin(21), freq=400000))
chip.start()
print("a motor is there:", chip.self_test(sleep_ms))

for level in (64, 128, 192, 255, 0):
    chip.level(level)
    print("level", level)
    sleep_ms(400)

chip.run(True)  # a second that the chip ends by itself, should this program stand still
sleep_ms(1000)
print("trouble:", chip.trouble())  # 1: over current, 2: over temperature
