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


_IDF = "ESP-IDF programming guide, low power mode in Wi-Fi scenarios, modem-sleep at 160 MHz without DFS, DTIM 3"
_OVERHEAD = "ESP-IDF components/esp_hw_support/sleep_modes.c, DEFAULT_SLEEP_OUT_OVERHEAD_US"
_MOLENET = "ComNets Bremen, MoleNet V6 power consumption (ESP32-S3 under MicroPython, 3.3 V, module alone)"
_GRILLBAER = "grillbaer/esp32-power-consumption-test, table"
_ESP32 = "ESP32 series data sheet v3.5, table 6, modem-sleep of dual-core chips"
_S3 = "ESP32-S3 series data sheet v2.2, table 5-9, peripheral clocks off, modem-sleep"

# awake_ma: Wi-Fi joined at 80 MHz, modem asleep between beacons. idle_ma: no Wi-Fi, 160 MHz, waiting. computing_ma:
# more than idle at 160 MHz; slow_ma: more than awake at 80. wake_ms: out of light sleep, at idle_ma.
_CLASSIC = {
    "awake_ma": Current(28.81 - 7.0, _IDF + "; less the 7 between 160 (27) and 80 MHz (20): " + _ESP32),
    "idle_ma": Current(27.18, _IDF.replace("DTIM 3", "DTIM 1") + ": the minimum, between beacons"),
    "computing_ma": Current(8.5, _ESP32 + ": 160 MHz 27 to 44 with both cores, half of the difference"),
    "slow_ma": Current(5.5, _ESP32 + ": 80 MHz 20 to 31 with both cores, half of the difference"),
    "sleep_ma": Current(1.6, _GRILLBAER + ": EzSBC ESP32-01 in light sleep at 3.7 V (its deep sleep is below 0.012)"),
    "wake_ms": Current(0.54, _OVERHEAD + " of the ESP32, 476 us and 60 of hardware"),
    "wifi_tx_ma": Current(240.0, "ESP32 series data sheet, RF power consumption: 802.11b, 19.5 dBm"),
    "wifi_rx_ma": Current(95.0, "ESP32 series data sheet, RF power consumption: receiving, 95 to 100"),
    "ble_rx_ma": Current(100.0, "ESP32 series data sheet, RF power consumption: receiving BT or BLE, 95 to 100"),
}
CHIPS = {
    "esp32": _CLASSIC,
    "esp32pico": _CLASSIC,
    "esp32s3": {
        "awake_ma": Current(38.7 - 5.6, _IDF + "; less the 5.6 between 160 (27.6) and 80 MHz (22.0): " + _S3),
        "idle_ma": Current(32.3, _MOLENET + ": powered up, no code running"),
        "computing_ma": Current(12.3, _S3 + ": 160 MHz, one core busy 39.9, none 27.6"),
        "slow_ma": Current(6.4, _S3 + ": 80 MHz, one core busy 28.4, none 22.0"),
        "sleep_ma": Current(0.78, _MOLENET + ": light sleep; the data sheet's 0.24 is the bare chip"),
        "wake_ms": Current(8.63, _OVERHEAD + " of the ESP32-S3 without PM_SLP_IRAM_OPT, as MicroPython is built"),
        "wifi_tx_ma": Current(340.0, "ESP32-S3 series data sheet v2.2, table 5-7: 802.11b, 21 dBm"),
        "wifi_rx_ma": Current(91.0, "ESP32-S3 series data sheet v2.2, table 5-7: receiving, 88 to 91"),
        "ble_rx_ma": Current(91.0, "as Wi-Fi's, whose receiver it is; the data sheet has none", memory=True),
    },
}

LORA = {
    "tx_ma": Current(90.0, "SX1261/2 data sheet, table 3-5: SX1262 at +14 dBm with the +22 dBm match", memory=True),
    "rx_ma": Current(4.6, "SX1261/2 data sheet, table 3-4: LoRa 125 kHz, DC-DC; 4.2 mA on its first page is FSK",
                     memory=True),
    "sleep_ma": Current(0.0012, "Seeed forum, Wio-SX1262 power consumption: warm sleep, measured"),
}

MOTOR_MA = Current(80.0, "coin motors of 10 mm, makers' sheets: about 80 mA at 3 V", memory=True)

SENSORS = {
    "lis3dh": Current(0.011, "LIS3DH data sheet DocID17530 rev 2, table 12: normal mode, 50 Hz"),
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
