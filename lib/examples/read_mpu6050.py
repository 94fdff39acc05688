"""What does an accelerometer MPU6050 measure? Prints x, y, z in mg, and tries its self-test.

mpremote run read_mpu6050.py

Wired as on an ESP32 DevKit: SCL on GPIO 22, SDA on 21, AD0 low.
"""

from array import array
from time import sleep_ms

from machine import I2C, Pin
from mpu6886 import MPU6050

chip = MPU6050(I2C(0, scl=Pin(22), sda=Pin(21), freq=400000))
chip.start()
changes = [0, 0, 0]
print("self-test:", "passed" if chip.self_test(changes, sleep_ms) else "FAILED", changes)

block = array("h", bytes(192))  # x, y, z of up to 32 samples
for _ in range(20):
    sleep_ms(200)
    count = chip.read(block)
    if count:
        print(count, "samples, the last is", block[3 * count - 3], block[3 * count - 2], block[3 * count - 1], "mg")
