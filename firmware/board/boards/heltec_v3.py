"""Which pins has a Heltec WiFi LoRa 32 V3 with an LIS3DH, a button and a motor on its headers? (ESP32-S3, SX1262.)

The radio, the display on 17, 18, 21, Vext on 36, the LED on 35, the divider on 1 with its switch on 37 and the CP2102
on 43, 44 are the board's (Heltec's pins_arduino.h for this board). The LIS3DH has a bus of its own, because the
display's pull-ups hang on Vext, which is off. The board's own button is GPIO 0: who presses it during a reset lands in
the download mode, so the alarm has another.
"""

CHIP = "esp32s3"
CONSOLE = (43, 44)  # CP2102
TAKEN = (0, 17, 18, 21, 36)
BUTTON = 6  # to ground, with 100 kohm to 3.3 V: this chip's own pull-up is not there while it sleeps
MOTOR = 5  # PWM, over a transistor
LIGHT = 35  # the board's white LED; used only where a setting says so
I2C_SCL = 42
I2C_SDA = 41
ACCEL = "lis3dh"
ACCEL_ADDRESS = 0x18
ACCEL_INT = 7
BATTERY = 1  # divided by 390 k and 100 k
BATTERY_DIVIDER_MILLI = 4900
BATTERY_SWITCH = 37  # connects the divider: low to V3.1, high from V3.2 on
BATTERY_EMPTY_UV = 3400000
BATTERY_FULL_UV = 4150000
LORA = "sx1262"
LORA_SCK = 9
LORA_MOSI = 10
LORA_MISO = 11
LORA_CS = 8
LORA_RESET = 12
LORA_BUSY = 13
LORA_DIO1 = 14
LORA_TCXO_MV = 1800  # from DIO3; DIO2 switches the antenna
BLE = "beside Wi-Fi"
WAKE_EXT0 = 6  # low
WAKE_EXT1 = (7, 14)  # any high
