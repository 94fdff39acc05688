"""Which technical alarms are there, since and until when? Faults that badges report, silence, and the gateway's own."""

from firmware import codes

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


def faults(at, badge, bits):
    """The badge's faults are `bits` now, and were badge.faults before. Bits without a name are shown by number."""
    for n in range(16):
        bit = 1 << n
        if (bits ^ badge.faults) & bit:
            mark(at, badge.pairing, FAULTS.get(bit, f"fault_{bit:#06x}"), bool(bits & bit))


def mark(at, pairing, fault, on, bridge=None):
    """Raise or clear the technical alarm `fault` of a badge; return the row that stands, or None.

    pairing: OWN for the gateway's, and for those of the bridge number `bridge`. What stands so already is left alone.
    """
    stands = at.troubles.by("stands", (pairing, bridge, fault))
    if on:
        values = {"pairing": pairing, "bridge": bridge, "fault": fault}
        return stands[0] if stands else at.troubles.add(**values, since_ms=at.now_ms)
    for row in stands:
        at.troubles.put(row.id, until_ms=at.now_ms)
    return None


def storage(at, free_bytes):
    """So many bytes are free where the database lies."""
    mark(at, OWN, "storage_full", free_bytes < FREE_BYTES_LEAST)
