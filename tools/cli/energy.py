"""prints how many mAh a day each board takes by radio, how long its cell lasts, and where each current is from"""

import sys

from tools.bench import energy
from tools.cli import _help
from tools.sim.energy import currents
from tools.sim.energy.model import CELL_MAH, RADIOS, awake, day, hours

_BOARDS = {
    "devkit": ("esp32", "lis3dh", ("wifi", "lora", "both")),
    "heltec_v3": ("esp32s3", "lis3dh", ("wifi", "lora", "both")),
    "tbeam_supreme": ("esp32s3", "lsm6dso", ("wifi", "lora", "both")),
    "m5stick_plus2": ("esp32pico", "mpu6886", ("wifi",)),
}

SLEEPERS = ("devkit", "heltec_v3")  # boards with a button that wakes the chip


def main(words: list[str]) -> int:
    """Print the tables. Returns 0, or 2 without a MicroPython."""
    _help.parser("energy", __doc__).parse_args(words)
    wifi, over_lora = energy.counts("wifi"), energy.counts("lora")
    if not wifi or not over_lora:
        print("kald energy: no MicroPython for this machine; $MICROPYTHON names one", file=sys.stderr)
        return 2
    done = {"wifi": wifi, "lora": over_lora}
    print(f"{'board':14} {'radio':13} {'mAh/day':>8} {'h on ' + str(CELL_MAH):>9} {'looking':>8}")
    for board, (chip, sensor, radios) in _BOARDS.items():
        for radio in radios:
            of = done[RADIOS[radio]["beats"]]
            for beacons in (False, True) if radio == "lora" else (False,):
                kept = of if board in SLEEPERS and not beacons else awake(of)  # who hears beacons does not sleep
                parts = day(kept, radio, board, chip, sensor, beacons)
                name = radio + ", beacons" * beacons
                print(f"{board:14} {name:13} {sum(parts.values()):8.1f} {hours(parts):9.1f} {parts['looking']:8.2f}")
    print()
    tables = {**currents.CHIPS, "sx1262": currents.LORA, "motor": {"on": currents.MOTOR_MA},
              "sensors": currents.SENSORS, "boards": currents.BOARDS}
    for part, table in tables.items():
        for name, current in table.items():
            how = " (from memory)" if current.memory else ""
            unit = "ms" if name.endswith("_ms") else "mA"
            print(f"{part:10} {name:14} {current.value:9.4f} {unit}  {current.source}{how}")
    return 0
