"""Which pins has a LilyGO T-Beam Supreme with an LSM6DSOX and a DRV2605 on its QWIIC socket? (ESP32-S3, SX1262.)

Pins, rails and addresses from LilyGO's hardware page docs/en/t_beam_supreme/t_beam_supreme_hw.md. The socket on 43, 44
is the one place for more parts, and I2C lets an accelerometer and a haptic driver share it. The alarm's button is PWR,
which the AXP2101 reads (edges latched in its interrupt status): BOOT is GPIO 0, and who presses it during a reset lands
in the download mode. PWR must not switch off: the driver takes that from it. The display, clock, magnetometer and
barometer (bus 17, 18), the IMU and card (33 to 37, 47), GPS (6 to 9) and clock interrupt (14) are not used. GPIO 40 is
no RTC pin: the PMU's interrupt wakes from light sleep only.
"""

CHIP = "esp32s3"
CONSOLE = (19, 20)  # the chip's own USB
TAKEN = (0, 6, 7, 8, 9, 14, 17, 18, 33, 34, 35, 36, 37, 47)
BUTTON_PART = "axp2101"
MOTOR_PART = "drv2605"
MOTOR_ADDRESS = 0x5A
I2C_SCL = 44
I2C_SDA = 43
ACCEL = "lsm6dso"
ACCEL_ADDRESS = 0x6A
PMU = "axp2101"
PMU_ADDRESS = 0x34
PMU_SCL = 41
PMU_SDA = 42
PMU_IRQ = 40  # low
PMU_RAILS = ("aldo3", 3300)  # the radio; all others stay off
LORA = "sx1262"
LORA_SCK = 12
LORA_MOSI = 11
LORA_MISO = 13
LORA_CS = 10
LORA_RESET = 5
LORA_BUSY = 4
LORA_DIO1 = 1
LORA_TCXO_MV = 1800  # from DIO3; DIO2 switches the antenna
BLE = "beside Wi-Fi"
WAKE_EXT1 = (1,)  # any high
