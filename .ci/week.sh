#!/usr/bin/env bash
# Days of the real app on a 32-bit MicroPython in 150 KB, every sample of them through the door: heap, largest piece,
# flash, charge, watchdog, as a table by day and a picture in .build. Some 20 s a day and radio. Exit 1 if the heap
# grows, or another bound is broken.
#
#   .ci/week.sh [DAYS [RADIO ...]]     by default 7 on wifi and lora, at once
set -euo pipefail
cd "$(dirname "$0")/.."
KALD_MICROPYTHON32=${KALD_MICROPYTHON32:-$(.ci/micropython32.sh)}
export KALD_MICROPYTHON32
live() { python3 tools/kald.py week --days "$2" --radio "$1" --out ".build/week-$1.svg" >".build/week-$1.txt"; }
days=${1:-7}
shift $(($# > 0))
[ $# -gt 0 ] || set -- wifi lora
well=0
under_way=()
for radio in "$@"; do
    live "$radio" "$days" &
    under_way+=($!)
done
for each in "${under_way[@]}"; do
    wait "$each" || well=1
done
for radio in "$@"; do
    echo "$radio"
    cat ".build/week-$radio.txt"
done
exit "$well"
