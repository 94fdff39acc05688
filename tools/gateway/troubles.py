"""Which technical alarms are there, since and until when? Faults that badges report, silence, and the gateway's own."""

from firmware import codes
from tools.gateway.core.rows import Badge, Trouble
from tools.gateway.core.transaction import Transaction

FAULTS = {
    codes.FAULT_SENSOR_SILENT: "sensor_silent", codes.FAULT_SENSOR_WRONG: "sensor_wrong",
    codes.FAULT_NO_GATEWAY: "no_gateway", codes.FAULT_BATTERY_LOW: "battery_low", codes.FAULT_STORAGE: "storage",
    codes.FAULT_CRASHED: "crashed", codes.FAULT_BUTTON_STUCK: "button_stuck", codes.FAULT_MEMORY_LOW: "memory_low",
    codes.FAULT_LIFEBOAT: "lifeboat", codes.FAULT_QUEUE_LOST: "queue_lost",
    codes.FAULT_NO_LORA: "no_lora", codes.FAULT_NOT_WORN: "not_worn",
    codes.FAULT_SENSOR_STUCK: "sensor_stuck", codes.FAULT_PART_SILENT: "part_silent",
}
OWN = None  # instead of a pairing: the gateway itself
FREE_BYTES_LEAST = 50_000_000  # a month of alarms and heartbeats takes far less


def faults(at: Transaction, badge: Badge, bits: int) -> None:
    """The badge's faults are `bits` now, and were badge.faults before. Bits without a name are shown by number."""
    for n in range(16):
        bit = 1 << n
        if (bits ^ badge.faults) & bit:
            mark(at, badge.pairing, FAULTS.get(bit, f"fault_{bit:#06x}"), bool(bits & bit))


def raised(at: Transaction, pairing: int | None, fault: str, bridge: int | None = None) -> Trouble:
    """Return the technical alarm `fault` as it stands, raised now if it did not.

    pairing: OWN for the gateway's, and for those of the bridge number `bridge`.
    """
    stands = at.troubles.one("stands", (pairing, bridge, fault))
    return stands or at.troubles.add(pairing=pairing, bridge=bridge, fault=fault, since_ms=at.now_ms)


def mark(at: Transaction, pairing: int | None, fault: str, on: bool, bridge: int | None = None) -> Trouble | None:
    """Raise or clear a technical alarm, given as to `raised`; return the row that stands, or None."""
    if on:
        return raised(at, pairing, fault, bridge)
    for row in at.troubles.by("stands", (pairing, bridge, fault)):
        at.troubles.put(row.id, until_ms=at.now_ms)
    return None


def storage(at: Transaction, free_bytes: int) -> None:
    """So many bytes are free where the database lies."""
    mark(at, OWN, "storage_full", free_bytes < FREE_BYTES_LEAST)
