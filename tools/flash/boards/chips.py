"""What can each pin of an ESP32 do? Facts that the checker of board files needs, by chip.

Sources: Espressif's data sheets of ESP32, ESP32-PICO-V3-02 and ESP32-S3 (pin lists, strapping pins), ESP-IDF
programming guides (GPIO and RTC GPIO, ADC, sleep modes), MicroPython's esp32 port (esp32.wake_on_ext0, wake_on_ext1).
"""

from dataclasses import dataclass


def _pins(text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split():
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return frozenset(found)


@dataclass(frozen=True)
class Chip:
    """pins: all that a board may use. needs: strapping pins and the level they need at reset ("any": no harm)."""

    pins: frozenset[int]
    input_only: frozenset[int]  # these have no pulls either
    rtc: frozenset[int]  # can wake from deep sleep
    adc1: frozenset[int]  # ADC2 belongs to Wi-Fi
    needs: dict[int, str]
    flash: frozenset[int]  # what the flash and PSRAM in the package take
    # Bluetooth, Wi-Fi and Python share one memory. Bluetooth that finds none there ends in a panic, which no Python
    # catches, and on an ESP32 the three come close to it (micropython issues 11960 and 18859).
    both: bool


CHIPS = {
    "esp32": Chip(
        pins=_pins("0-5 12-19 21-23 25-27 32-39"),
        input_only=_pins("34-39"),
        rtc=_pins("0 2 4 12-15 25-27 32-39"),
        adc1=_pins("32-39"),
        # 0 low: download mode; 2 high: no download; 12 high: flash at 1.8 V; 5, 15: timing and boot messages only
        needs={0: "high", 2: "low", 12: "low", 5: "any", 15: "any"},
        flash=_pins("6-11"),
        both=False,
    ),
    "esp32pico": Chip(
        pins=_pins("0-5 12-15 19 21-22 25-27 32-39"),
        input_only=_pins("34-39"),
        rtc=_pins("0 2 4 12-15 25-27 32-39"),
        adc1=_pins("32-39"),
        needs={0: "high", 2: "low", 12: "low", 5: "any", 15: "any"},
        flash=_pins("6-11 16-18 23"),
        both=False,
    ),
    "esp32s3": Chip(
        pins=_pins("0-21 33-48"),
        input_only=frozenset(),
        rtc=_pins("0-21"),
        adc1=_pins("1-10"),
        # 0 low: download mode; 45 high: flash at 1.8 V; 46 high with 0 low: no download; 3: JTAG by fuse only
        needs={0: "high", 45: "low", 46: "low", 3: "any"},
        flash=_pins("26-32"),
        both=True,
    ),
}
