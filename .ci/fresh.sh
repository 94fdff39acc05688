#!/usr/bin/env bash
# What a newcomer runs: README's two commands in a clone of what is committed here, with nothing but PATH, HOME and LANG.
#
#   .ci/fresh.sh [PYTHON [FOLDER [COMMAND ...]]]     by default: python3, kald, "demo --headless --json", test
#
# As root it is an ordinary user who runs them, made if there is none (and left there); else whoever calls. PYTHON is a
# name or a path; one that this user cannot reach is copied. FOLDER may hold spaces and any letters. Each COMMAND is one
# word here, and split into its own. Prints how long each took; exit code 0 only if all were green. What tests passed is
# left in .build/passed, as by the tests of this checkout.
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD
asked=${1:-python3}
folder=${2:-kald}
shift $(($# > 2 ? 2 : $#))
[ $# -gt 0 ] || set -- "demo --headless --json" "test"

say() { echo "fresh: $*" >&2; }
refuse() { say "$*"; exit 2; }

export PATH=/usr/local/bin:/usr/bin:/bin:$PATH # what a newcomer finds first
python=$(command -v "$asked") && "$python" -c '' 2>/dev/null || python=
for each in "$HOME/.pyenv/versions/${asked#python}".*/bin/"$asked"; do
    [ -n "$python" ] || { [ -x "$each" ] && python=$each; }
done
[ -n "$python" ] || refuse "there is no $asked here"
python=$("$python" -c 'import sys; print(sys._base_executable)') # a shim or a .venv is no newcomer's

if [ "$(id -u)" = 0 ]; then
    user=kald-newcomer
    id "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$user" || refuse "the user $user cannot be made"
    fresh=$(mktemp -d "$(getent passwd "$user" | cut -d: -f6)/fresh.XXXXXX")
    as=(runuser -u "$user" --)
else
    say "not root: the user stays $(id -un), with a HOME of its own"
    fresh=$(mktemp -d)
    as=()
fi
ended() {
    code=$?
    [ "$code" = 0 ] && rm -rf "$fresh" || say "what was left is in $fresh"
}
trap ended EXIT
git clone -q . "$fresh/$folder"
if [ "$(id -u)" = 0 ]; then
    chown -R "$user": "$fresh"
    if ! (cd / && "${as[@]}" "$python" -c '') 2>/dev/null; then
        say "$user cannot reach $python: a copy of it is taken"
        prefix=$("$python" -c 'import sys; print(sys.base_prefix)')
        cp -a "$prefix" "$fresh/python"
        python=$fresh/python/bin/$(basename "$python")
        # It looks for its library where it lay; in the copy it looks beside itself.
        /usr/bin/env python3 - "$python" "$prefix/lib" <<'PY'
import sys
from pathlib import Path

place, old = Path(sys.argv[1]).resolve(), sys.argv[2].encode()
place.write_bytes(place.read_bytes().replace(old + b"\0", b"$ORIGIN/../lib".ljust(len(old), b"\0") + b"\0"))
PY
        chown -R "$user": "$fresh/python"
    fi
fi

cd "$fresh/$folder"
green=0
for command in "$@"; do
    began=$(date +%s)
    code=0
    # shellcheck disable=SC2086  a command is split into its words
    "${as[@]}" env -i PATH=/usr/local/bin:/usr/bin:/bin HOME="$fresh" LANG=C.UTF-8 \
        "$python" tools/kald.py $command || code=$?
    say "$("$python" -V), $folder: kald $command: exit code $code, $(($(date +%s) - began)) s"
    [ "$code" = 0 ] || green=1
done
[ ! -f .build/passed ] || { mkdir -p "$here/.build" && cp .build/passed "$here/.build/passed"; }
exit "$green"
