#!/usr/bin/env bash
# Are all sources in order (ruff), do the tools fit their hints (mypy; both by pyproject.toml), and does the firmware fit
# what MicroPython's stubs for the ESP32 say (mypy, by .ci/mypy.ini)?
#
# Stubs and mypy lie in .build, apart from .venv: mypy takes the stubs' own builtins in place of CPython's.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$PWD/.venv/bin/python
stubs=$PWD/.build/stubs
mypy=$PWD/.build/mypy
pinned() { grep -o "\"$1==[0-9.a-z]*" pyproject.toml | tr -d '"'; }
"$python" -m pip install -q --disable-pip-version-check "$(pinned ruff)"
"$python" -m ruff check .
[ -d "$stubs" ] || "$python" -m pip install -q --disable-pip-version-check --no-deps --target "$stubs" \
    "$(pinned micropython-esp32-stubs)" micropython-stdlib-stubs==1.29.0.post2
[ -d "$mypy" ] || "$python" -m pip install -q --disable-pip-version-check --target "$mypy" "$(pinned mypy)"
PYTHONPATH=$mypy "$python" -m mypy --cache-dir .build/mypy-tools

look() {
    PYTHONPATH=$mypy MYPYPATH=$stubs:$PWD/lib "$python" -m mypy --config-file .ci/mypy.ini \
        --custom-typeshed-dir "$stubs" --cache-dir .build/mypy-cache "$@"
}

look boot.py main.py firmware lib tools/sim/scripts tools/sim/lora_double.py

# It finds what is wrong: a name, an attribute and an argument that the chip does not have.
wrong=$(mktemp -d)
trap 'rm -rf "$wrong"' EXIT
printf '%s\n' 'from machine import I2C, Pin, Pim' 'def f():' '    Pin(4).vallue()' '    return I2C(0, sclk=Pin(1))' \
    >"$wrong/wrong.py"
found=$(look "$wrong/wrong.py" || true)
for word in Pim vallue sclk; do
    grep -q "$word" <<<"$found" || { echo "types: mypy does not see that $word is wrong: $found" >&2; exit 1; }
done
