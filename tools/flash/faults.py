"""What may a technician do about each fault that a badge says on its cable? By the bits of firmware/codes.py."""

from firmware import codes
from tools.spoken import said

_LOOK = "`kald selftest` tells which part"
ADVICE = {
    codes.FAULT_SENSOR_SILENT: "the accelerometer gives no samples: check its supply wire, then replace it",
    codes.FAULT_SENSOR_WRONG: "the accelerometer does not answer, or is another chip: check SDA, SCL and its supply, "
    "and the name of the board",
    codes.FAULT_SENSOR_STUCK: "what the accelerometer measures cannot be: lay the badge down for a minute; if it "
    "stays, replace the sensor",
    codes.FAULT_PART_SILENT: "button, motor or battery does not answer: check SDA, SCL and the supply of their chips; "
    "do not wear it. If press and motor work, the chip cannot measure its cell: charge it by the clock. "
    "If its cell is empty by noon, the sensor's or the radio's wake line is stuck",
    codes.FAULT_NO_GATEWAY: "no gateway answers: is `kald gateway` running, and are Wi-Fi's name, password and address "
    "right? " + _LOOK,
    codes.FAULT_NO_LORA: "the pairing wants LoRa and there is none: check the radio's wires (SCK, MOSI, MISO, NSS, "
    "BUSY, DIO1), and that lib/lora is on the badge",
    codes.FAULT_BATTERY_LOW: "charge it; if it stays, check the battery's plug and the divider's pin",
    codes.FAULT_STORAGE: "flash does not take what is written: pair again; if it stays, erase the chip or replace it",
    codes.FAULT_CRASHED: "it has crashed and started again: the lines before say why; please send us them",
    codes.FAULT_BUTTON_STUCK: "the button has been down for 30 s: let it go, or check its wire against ground",
    codes.FAULT_MEMORY_LOW: "memory ran low: flash again, so that the badge has compiled files",
    codes.FAULT_LIFEBOAT: "the app cannot run: flash again, then look at settings.json",
    codes.FAULT_QUEUE_LOST: "messages had to yield to graver ones while no gateway heard it: check the radio",
    codes.FAULT_NOT_WORN: "it has lain still for ten minutes: nothing is wrong with it",
}


def advice(bits: int) -> str:
    """Return what to do about all faults in `bits`, in one line; a bit without a word is named by its number."""
    found = [said(ADVICE.get(1 << n, f"a fault without a name, {1 << n:#06x}")) for n in range(16) if bits >> n & 1]
    return said("; and ").join(found) or said("no fault any more")
