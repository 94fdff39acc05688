"""Which pins has the reference build? ESP32 DevKit (classic ESP32), LIS3DH, coin motor, button.

GPIO 33 is an RTC pin with a pull-up, so the button can wake the chip; 34 and 35 are inputs only and suit an interrupt
line and the battery divider. (Espressif, ESP32 data sheet, table of pins.)
"""

BUTTON = 33  # to ground
MOTOR = 25  # PWM, over a transistor
I2C_SCL = 22
I2C_SDA = 21
ACCEL_ADDRESS = 0x18
BATTERY = 35  # divided by two
BATTERY_EMPTY_UV = 3400000
BATTERY_FULL_UV = 4150000
CHARGER = 32  # low while charging: the charge output of a TP4056; not connected it reads "not charging"
CLIP = 4  # closed to ground by the clip; read only where the setting `clip` says that there is one
FUNCTION = 17  # second button to ground; not connected it reads "not pressed"
