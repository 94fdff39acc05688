#!/usr/bin/env bash
# Days of the real app on a 32-bit MicroPython in 150 KB, every sample of them through the door, on Wi-Fi and on LoRa at
# once: heap, largest piece, flash, charge, watchdog, as a table by day and a picture in .build. A week unless a number
# of days is given; some 50 s a day and radio. Exit 1 if the heap grows, or another bound is broken.
set -euo pipefail
cd "$(dirname "$0")/.."
KALD_MICROPYTHON32=${KALD_MICROPYTHON32:-$(.ci/micropython32.sh)}
export KALD_MICROPYTHON32
live() { python3 tools/kald.py week --days "$2" --radio "$1" --out ".build/week-$1.svg" >".build/week-$1.txt"; }
days=${1:-7}
live wifi "$days" &
wifi=$!
well=0
live lora "$days" || well=1
wait "$wifi" || well=1
for radio in wifi lora; do
    echo "$radio"
    cat ".build/week-$radio.txt"
done
exit "$well"
