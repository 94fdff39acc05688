"""Which current does each part draw, and who says so? mA at the cell; regulators are linear, so what goes in comes out.

Where a measurement of a whole module was found beside the data sheet's figure for the bare chip, the measurement is
used: a sleeping module is not a sleeping chip. `memory` marks figures that could not be looked up again for this table
and must be checked against the document they name before anybody buys cells by them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Current:
    """value in mA, where it comes from, and whether it was written from memory."""

    value: float
    source: str
    memory: bool = False


_IDF = "ESP-IDF programming guide, low power mode in Wi-Fi scenarios, modem-sleep, 160 MHz, no DFS, DTIM 1"
_MOLENET = "ComNets Bremen, MoleNet V6 power consumption (ESP32-S3 under MicroPython, 3.3 V, module alone)"
_GRILLBAER = "grillbaer/esp32-power-consumption-test, table"

# awake_ma: Wi-Fi joined, modem asleep between beacons. idle_ma: no Wi-Fi, waiting. computing_ma: more than that.
_CLASSIC = {
    "awake_ma": Current(31.12, _IDF),
    "idle_ma": Current(27.2, _IDF + ": the minimum, between beacons"),
    "computing_ma": Current(7.0, "ESP32 data sheet, power modes: one core at 160 MHz 27 to 34 mA", memory=True),
    "sleep_ma": Current(1.6, _GRILLBAER + ": EzSBC ESP32-01 in light sleep at 3.7 V (its deep sleep is below 0.012)"),
    "wifi_tx_ma": Current(240.0, "ESP32 data sheet, RF power consumption: 802.11b, 19.5 dBm", memory=True),
    "wifi_rx_ma": Current(95.0, "ESP32 data sheet, RF power consumption: receiving", memory=True),
}
CHIPS = {
    "esp32": _CLASSIC,
    "esp32pico": _CLASSIC,
    "esp32s3": {
        "awake_ma": Current(40.1, _IDF),
        "idle_ma": Current(32.3, _MOLENET + ": powered up, no code running"),
        "computing_ma": Current(12.0, "ESP32-S3 data sheet, modem-sleep, 160 MHz: WAITI, one core busy", memory=True),
        "sleep_ma": Current(0.78, _MOLENET + ": light sleep; the data sheet's 0.24 is the bare chip"),
        "wifi_tx_ma": Current(340.0, "ESP32-S3 data sheet, RF current: 802.11b, 20.5 dBm", memory=True),
        "wifi_rx_ma": Current(91.0, "ESP32-S3 data sheet, RF current: receiving", memory=True),
    },
}

LORA = {
    "tx_ma": Current(90.0, "SX1261/2 data sheet, table 3-5: SX1262 at +14 dBm with the +22 dBm match", memory=True),
    "rx_ma": Current(4.6, "SX1261/2 data sheet, table 3-4: LoRa 125 kHz, DC-DC; 4.2 mA on its first page is FSK",
                     memory=True),
    "sleep_ma": Current(0.0012, "Seeed forum, Wio-SX1262 power consumption: warm sleep, measured"),
}  # fmt: skip

MOTOR_MA = Current(80.0, "coin motors of 10 mm, makers' sheets: about 80 mA at 3 V", memory=True)

SENSORS = {
    "lis3dh": Current(0.011, "LIS3DH data sheet DocID17530, table 12: normal mode, 50 Hz", memory=True),
    "lsm6dso": Current(0.17, "LSM6DSO data sheet, table 4: accelerometer alone, high performance", memory=True),
    "mpu6886": Current(0.32, "MPU-6886 data sheet, table 3: accelerometer, low noise", memory=True),
}

# What a board draws beside all this: regulator, USB chip, LED, PMIC, dividers.
BOARDS = {
    "devkit": Current(4.7, _GRILLBAER + ": NodeMCU ESP-32S in deep sleep (AMS1117, CP2102, LED)"),
    "heltec_v3": Current(0.03, "jgromes/RadioLib discussion 1079: deep sleep with the vendor's own sketch"),
    "tbeam_supreme": Current(0.1, "AXP2101 data sheet, quiescent, and two rails", memory=True),
    "m5stick_plus2": Current(0.1, "M5Stack's page of the M5StickC Plus2; display, LED and buzzer off", memory=True),
}
