"""How soon is *received* felt over LoRa, and what does a radio draw that listens for colleagues' calls?

The presses are those of one badge, one bridge and one gateway in the simulated house (tools/sim/house) with nobody else
on the channel: real badge, bridge, gateway and database; airtime, cable and a commit of 10 ms in virtual time.

Listening is calculated: a window of _WINDOW_SYMBOLS each _CYCLE_US (firmware/board/lora.py) and the currents of the
SX1261/2 data sheet rev 2.1, tables 3-3 to 3-5, 3.3 V, DC-DC: warm sleep with timer, standby RC, receiving at 125 kHz.
host_tests/test_lora_doze.py holds it against the simulated chip. An SX1276 has no receive duty cycle and hears all the
time (SX1276 data sheet rev 7, table 6, LNA boost on).
"""

import tempfile
from pathlib import Path

from firmware.board import lora
from tools.sim.air.phy import symbol_us
from tools.sim.house.house import House

SLEEP_UA, STANDBY_UA, RECEIVE_UA = 1.2, 600, 4600
SX1276_RECEIVE_UA = 11500
_ALARMS_PER_HOUR = 20


def felt_ms(presses: int) -> list[float]:
    """Return [ms from the deciding edge until *received* is felt] of `presses` holds of the button."""
    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        house = House(Path(folder), 1, seed=3)
        try:
            house.live(0.3 + presses / _ALARMS_PER_HOUR, presses)
        finally:
            house.close()
    felt = [alarm.seen["felt received"] for alarm in house.alarms if "felt received" in alarm.seen]
    if len(felt) != presses:
        raise RuntimeError(f"{len(felt)} of {presses} presses were felt as received over LoRa")
    return felt


def listening_ua(sf: int) -> float:
    """Return the average current of an SX1262 that dozes at `sf`, uA."""
    cycle_us = lora._CYCLE_US
    window_us = lora._WINDOW_SYMBOLS * symbol_us(sf, 125000)
    sleep_us = cycle_us - window_us - lora._WAKE_US
    return (window_us * RECEIVE_UA + lora._WAKE_US * STANDBY_UA + sleep_us * SLEEP_UA) / cycle_us
