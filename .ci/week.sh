#!/usr/bin/env bash
# A whole simulated week of the real app on a 32-bit MicroPython in 120 KB, every sample of it through the door: heap,
# largest piece, flash writes, watchdog feeds, as a table by day. About four minutes; exit 1 if the heap grows.
set -euo pipefail
cd "$(dirname "$0")/.."
KALD_MICROPYTHON32=${KALD_MICROPYTHON32:-$(.ci/micropython32.sh)}
export KALD_MICROPYTHON32
PYTHONPATH=.:tools/host:lib exec .venv/bin/python -m tools.bench.week "$@"
