"""Does a house full of badges keep its promises on one LoRa channel for a day? Heavy; the small one is in host_tests.

usage: air.py [NAME ...]     prints one JSON object a run; exit code 0 only if every alarm is on disk and all is lawful

What had to give stands in heartbeats_given_up, put_off_by_law and bridge_dropped; a run of less than a day says so in
`cut`: with a hundred badges each minute of heartbeats costs a second of ours.

Virtual time, real Badge, Lora, Bridge, Bridges, Radio and SQLite; the modems are those of tools/sim/house/modem.py. The
database lies in memory (/dev/shm) where there is such a folder: a commit is given its time in the virtual clock.
"""

import concurrent.futures
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from tools.sim.house.house import House, report

# name: hours, alarms, and what House takes; the longest first, since two or more run side by side
RUNS = {
    "100 badges, heartbeat 300 s": (24, 30, {"badges": 100}),
    "30 badges, heartbeat 60 s": (24, 30, {"badges": 30, "heartbeat_ms": 60_000}),
    "30 badges, 30 % lost": (12, 60, {"badges": 30, "loss_permille": 300}),
    "30 badges, heartbeat 300 s": (24, 30, {"badges": 30}),
    "30 badges that doze, called as a group": (12, 30, {"badges": 30, "dozes": True, "grouped": True}),
    "100 badges, heartbeat 60 s": (2, 5, {"badges": 100, "heartbeat_ms": 60_000}),
    "100 badges, two bridges": (2, 5, {"badges": 100, "bridges": 2}),
}
LOSSY_P99_MS = 10_000


def live(name):
    """Run one house; return its figures."""
    hours, alarms, more = RUNS[name]
    began = time.monotonic()
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="kald-air-", dir=memory if memory.is_dir() else None) as folder:
        house = House(Path(folder), **more)
        try:
            house.live(hours, alarms)
            facts = report(house)
        finally:
            house.close()
    facts["ok"] = facts["on_disk"] == facts["alarms"] and facts["lawful"]
    if "loss_permille" in more:
        facts["ok"] = facts["ok"] and facts["disk_ms"][1] <= LOSSY_P99_MS
    if hours < 24:
        facts["cut"] = f"{hours} h of a day are run"
    return {"house": name, "hours": hours, **facts, "took_s": round(time.monotonic() - began)}


def main(names):
    """Run the houses called `names`, all of them if there are none; return the exit code."""
    wrong = 0
    workers = int(os.environ.get("KALD_WORKERS") or os.cpu_count() or 1)
    with concurrent.futures.ProcessPoolExecutor(workers) as pool:
        for facts in pool.map(live, names or RUNS):
            print(json.dumps(facts), flush=True)
            wrong += not facts["ok"]
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
