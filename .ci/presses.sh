#!/usr/bin/env bash
# Ten thousand presses for each radio, with what an ESP32 takes charged to virtual time (tools/sim/scripts/slow_board.py), at
# random phases of sleep, FIFO and radio. Prints shares in ms; exit 1 if one is lost or the last in a thousand is late.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHONPATH=.:tools/host:lib exec .venv/bin/python - "${1:-10000}" <<'PY'
import sys
from concurrent.futures import ThreadPoolExecutor

from tools.bench import press

late = 0
with ThreadPoolExecutor() as pool:
    measured = list(pool.map(lambda radio: press.measure(int(sys.argv[1]), radio), press.RADIOS))
for radio, times in zip(press.RADIOS, measured):
    took = times["to_frame"]
    shares = {part: press.share(took, part) for part in (0.5, 0.99, 0.999, 1)}
    shown = ", ".join(f"p{100 * part:g} {ms} ms" for part, ms in shares.items())
    print(f"{radio}: {len(took)} presses, to the frame {shown}")
    late += shares[0.999] > 100
sys.exit(late > 0)
PY
