"""How is an I2C bus freed that a chip holds low, after a reset in the middle of an answer?

mpremote run free_i2c_bus.py

Do it before the I2C object is made, or make that anew afterwards. Wired as on an ESP32 DevKit: SCL 22, SDA 21.
"""

from time import sleep_us

from i2c_recover import recover
from machine import I2C, Pin

scl = Pin(22, Pin.OPEN_DRAIN, Pin.PULL_UP)
sda = Pin(21, Pin.OPEN_DRAIN, Pin.PULL_UP)
print("the bus is free:", recover(scl, sda, sleep_us))
print("who answers:", [hex(address) for address in I2C(0, scl=Pin(22), sda=Pin(21), freq=400000).scan()])
