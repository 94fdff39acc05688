"""Which pins has the reference build? ESP32 DevKit (classic ESP32), LIS3DH, SX1262 or SX1276, coin motor, button.

            LIS3DH                ESP32 DevKit               radio module
        SCL SDA INT1          22 21 34   18 23 19 13      SCK MOSI MISO NSS
         └───┴───┴──────────────┴──┴──┘   └──┴──┴──┴────────┴───┴────┴───┘
      button to ground ─ 33               14 ───────────── RESET
      motor, transistor ─ 25              27 ───────────── BUSY (SX1262 only)
      cell, half of it ─ 35               26 ───────────── DIO1 (SX1262), DIO0 (SX1276)
  piezo, transistor ─ 16               2 ───────────── light to ground: many a DevKit's own

GPIO 33 is an RTC pin with a pull-up, so the button can wake the chip; 34 and 35 are inputs only and suit an interrupt
line and the battery divider. Of these only 2 straps the chip at reset, and a light to ground keeps it low, as it must
be. (Espressif, ESP32 data sheet, table of pins and strapping pins.)
"""

CHIP = "esp32"
CONSOLE = (1, 3)  # the USB serial chip
BUTTON = 33  # to ground
MOTOR = 25  # PWM, over a transistor
I2C_SCL = 22
I2C_SDA = 21
ACCEL = "lis3dh"
ACCEL_ADDRESS = 0x18
ACCEL_INT = 34
BATTERY = 35  # divided by two
BATTERY_DIVIDER_MILLI = 2000
BATTERY_EMPTY_UV = 3400000
BATTERY_FULL_UV = 4150000
CHARGER = 32  # low while charging: the charge output of a TP4056; not connected it reads "not charging"
CLIP = 4  # closed to ground by the clip; read only where the setting `clip` says that there is one
FUNCTION = 17  # second button to ground; not connected it reads "not pressed"
BUZZER = 16  # a piezo without a tone of its own; it and the light are used only where a setting says so
LIGHT = 2
LORA = "sx1262"
LORA_SCK = 18
LORA_MOSI = 23
LORA_MISO = 19
LORA_CS = 13
LORA_RESET = 14
LORA_BUSY = 27
LORA_DIO1 = 26
BLE = "alone"  # without Wi-Fi: this chip's memory does not hold both
WAKE_EXT0 = 33  # low
WAKE_EXT1 = (26, 34)  # any high
