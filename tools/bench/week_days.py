"""What has each day of a simulated week cost, and is anything wrong with it? A row a day, and troubles in plain words.

Of what is counted since the start (tools/bench/week.py) a row has the day's own share; of the heap, what is true after
a collection at its end. Charge is reckoned by tools/sim/energy for one named board.
"""

from typing import TypedDict

from firmware import codes
from firmware.app import WATCHDOG_MS
from firmware.link import frame
from tools.bench.energy import BOARD
from tools.bench.week import DAY_H, Lived
from tools.sim.energy import model, wear

SETTLED_MOST = 256  # bytes more on the first evening than after the start: what is held while it waits
GROWTH_MOST = 64  # bytes more on the last evening than on the first: a leak of a byte an hour is more
LARGEST_LEAST = 4096  # bytes in one piece: joining Wi-Fi, a frame, a traceback; nothing of ours asks for more at once
GAP_MOST_MS = WATCHDOG_MS // 2  # the other half is for what no virtual time counts: computing, erases, a slow bus
YEARS_LEAST = 20  # of the flash: longer than anything else in the case
KINDS = {frame.ALARM: "alarms", frame.HEARTBEAT: "beats", frame.TOLD: "told"}  # and the rest, which is rare
CAUSES = {
    codes.FAULT_SENSOR_SILENT: "sensor silent", codes.FAULT_SENSOR_WRONG: "sensor wrong",
    codes.FAULT_NO_GATEWAY: "no gateway", codes.FAULT_BATTERY_LOW: "battery low", codes.FAULT_STORAGE: "storage",
    codes.FAULT_CRASHED: "crashed", codes.FAULT_BUTTON_STUCK: "button stuck", codes.FAULT_MEMORY_LOW: "memory low",
    codes.FAULT_LIFEBOAT: "lifeboat", codes.FAULT_QUEUE_LOST: "queue lost", codes.FAULT_NO_LORA: "no LoRa",
    codes.FAULT_NOT_WORN: "not worn", codes.FAULT_PART_SILENT: "part silent",
    codes.FAULT_SENSOR_STUCK: "sensor stuck",
}
# Once a day at most: at night it lies in its locker, and a cut of two minutes may follow a minute without a heartbeat.
_MEANT = (codes.FAULT_NOT_WORN, codes.FAULT_NO_GATEWAY)


class Row(TypedDict):
    """What a day was. Heap, in bytes, is that of its evening; gap_ms its watchdog's longest wait; mah {part: mAh}."""

    day: int
    taken: int
    free: int
    one_piece: int
    entries: int
    erases: int
    feeds: int
    gap_ms: int
    frames: dict[str, int]
    alarms: int
    tests: int
    causes: dict[str, int]
    mah: dict[str, float]


def between(lived: Lived, first: int, last: int) -> dict[str, int]:
    """Return {name: number} of what was counted from hour `first` to hour `last`."""
    before, after = lived.hours[first], lived.hours[last]
    return {name: number - before.get(name, 0) for name, number in after.items()}


def parts(lived: Lived, first: int, last: int) -> dict[str, float]:
    """Return {part: mAh} from hour `first` to hour `last`."""
    return model.day(between(lived, first, last), lived.radio, BOARD)


def row(lived: Lived, day: int) -> Row:
    """Return what `day` (from 1) was."""
    last = day * DAY_H
    first = last - DAY_H
    done = between(lived, first, last)
    sent = {int(name.split("_")[1]): n for name, n in done.items() if name.startswith("sent_")}
    frames = {name: sent.pop(kind, 0) for kind, name in KINDS.items()} | {"other": sum(sent.values())}
    if lived.radio == "both":
        frames["over LoRa"] = sum(n for name, n in done.items() if name.startswith("air_"))
    evening = lived.hours[last]
    return {
        "day": day,
        "taken": evening["taken"],
        "free": evening["free"],
        "one_piece": evening["largest"],
        "entries": done.get("entries", 0),
        "erases": done.get("erases", 0),
        "feeds": done["fed"],
        "gap_ms": max(hour["gap_ms"] for hour in lived.hours[first + 1 : last + 1]),
        "frames": frames,
        "alarms": done.get("alarms", 0),
        "tests": done.get("tests", 0),
        "causes": {_cause(int(name[6:])): n for name, n in done.items() if name.startswith("cause_") and n},
        "mah": parts(lived, first, last),
    }


def rows(lived: Lived) -> list[Row]:
    """Return the row of each day."""
    return [row(lived, day) for day in range(1, lived.days + 1)]


def years(lived: Lived) -> float:
    """Return for how many years the flash bears days like these."""
    return wear.years(lived.hours[-1].get("entries", 0) / lived.days)


def troubles(lived: Lived) -> list[str]:
    """Return what is wrong, in plain words; nothing for a week as it should be."""
    words_long = lived.bits // 32  # a word of 64 bits takes twice the bytes
    start, evening, last = lived.hours[0], lived.hours[DAY_H], lived.hours[-1]
    settled, grown = evening["taken"] - start["taken"], last["taken"] - evening["taken"]
    gap_ms, at = max((hour["gap_ms"], hour["hour"]) for hour in lived.hours)
    causes = {int(name[6:]): n for name, n in last.items() if name.startswith("cause_") and n}
    found = []
    if settled > SETTLED_MOST * words_long:
        found.append(f"the heap grew by {settled} bytes on the first day, {SETTLED_MOST * words_long} are allowed")
    if grown > GROWTH_MOST * words_long:
        found.append(f"the heap grew by {grown} bytes from the first evening to the last, "
                     f"{GROWTH_MOST * words_long} are allowed")
    if lived.least_piece() < LARGEST_LEAST:
        found.append(f"no more than {lived.least_piece()} bytes were free in one piece, {LARGEST_LEAST} are needed")
    if gap_ms > GAP_MOST_MS:
        found.append(f"the watchdog waited {gap_ms} ms for a meal in hour {at}: {GAP_MOST_MS} are allowed, "
                     f"and at {WATCHDOG_MS} it resets the badge")
    if years(lived) < YEARS_LEAST:
        found.append(f"the flash bears {years(lived):.1f} years of this, {YEARS_LEAST} are wanted")
    for bit, n in sorted(causes.items()):
        if 1 << bit == codes.FAULT_MEMORY_LOW:
            found.append(f"an allocation failed, or the heap ran low, {n} times")
        elif 1 << bit not in _MEANT or n > lived.days:
            found.append(f"the badge reported {n} times: {_cause(bit)}")
    if last.get("crashes"):
        found.append(f"a task crashed {last['crashes']} times")
    if lived.end["lost"]:
        found.append(f"{lived.end['lost']} messages were dropped from a full queue")
    if lived.end["state"] != codes.SAFE:
        found.append("an alarm was still open at the end")
    return found


def _cause(bit: int) -> str:
    return CAUSES.get(1 << bit, f"fault {bit}")
