"""Which pins has an M5StickC Plus2 with a motor on its Grove port? (ESP32-PICO-V3-02, MPU-6886, Wi-Fi only.)

Pins from M5Stack's own M5Unified (Power_Class.cpp, M5Unified.cpp): hold 4, button A 37, battery 38 divided by two,
inner I2C 21 and 22; display 5, 12 to 15 and 27, buzzer 2, LED 19, microphone 0 and 34, button B 39, PWR 35. The chip
keeps itself on by holding 4 high. GPIO 37 is an input without a pull-up; the board has one.
"""

CHIP = "esp32pico"
CONSOLE = (1, 3)  # CH9102
TAKEN = (0, 5, 12, 13, 14, 15, 27, 34, 35, 39)
HOLD = 4  # high: stay on
BUTTON = 37  # to ground, pulled up on the board
BUTTON_PULL = "board"
MOTOR = 32  # PWM, over a transistor, on the Grove port
BUZZER = 2  # without a tone of its own; it and the light are used only where a setting says so
LIGHT = 19  # red, high is on
I2C_SCL = 22
I2C_SDA = 21
ACCEL = "mpu6886"
ACCEL_ADDRESS = 0x68
BATTERY = 38
BATTERY_DIVIDER_MILLI = 2000
BATTERY_EMPTY_UV = 3400000
BATTERY_FULL_UV = 4150000
WAKE_EXT0 = 37  # low
