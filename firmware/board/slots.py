"""How does a new tree come to stand beside the one that runs? Over the cable and over the air alike.

Loaded only when that is wanted: `kald flash` sends this file to the prompt (tools/flash/slots.py), and a badge that is
ordered to update itself imports it (firmware/board/update.py). The tree that runs is touched by nothing but `switch`,
whose one rename of main.py is the switch (boot.py tells of the rest). What may take long is a generator, which yields
after a slice of some ten ms; `whole` does all of it.

By its list a tree is known, the file `list` in its slot:

    kald VERSION MADE FORM CHIP     of the sources three hex digits; minutes of Unix time; of its compiled files: mpy 6
    PATH SIZE SHA-256               of each file in the slot, in hex
    SHA-256 of all the lines before
    SEAL                            HMAC-SHA256 of that digest, in hex, under a key derived from the badge's own; dashes
                                    where the cable alone vouches for it

A list that was made before that of the tree which runs is a recording, or comes from a clock that is behind.
"""

import binascii
import hashlib
import os

from firmware.codes import WHY_CHIP, WHY_OLDER, WHY_SEAL, WHY_TORN
from micropython import const

_READ = const(1024)  # bytes at once
_SLICE = const(4)  # of these
_DIGITS = const(64)  # of a SHA-256


def feed():
    """Keep the watchdog quiet between two slices; at the prompt there is another in its place."""


def whole(work):
    """Do all of a generator's work, and return what came of it."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value
        feed()


def there(path):
    """Return whether there is such a file or folder."""
    try:
        os.stat(path)
    except OSError:
        return False
    return True


def read(path):
    """Return a file's text."""
    with open(path) as file:
        return file.read()


def put(path, text):
    """Write a file that is there whole or not at all."""
    with open("/new", "w") as file:
        file.write(text)
    os.rename("/new", path)


def carry(old, path):
    """Copy a file, so that it is there whole or not at all."""
    buf = memoryview(bytearray(_READ))
    with open(old, "rb") as file:
        with open("/new", "wb") as to:
            n = file.readinto(buf)
            while n:
                to.write(buf[:n])
                n = file.readinto(buf)
    os.rename("/new", path)


def running():
    """Return the folder that main.py runs: a, b, "" without slots, None where there is no main.py."""
    if not there("/main.py"):
        return None
    with open("/main.py", "rb") as file:  # somebody else's may be no UTF-8
        for line in file:
            if line.startswith(b"SLOT = "):
                return line.split(b'"')[1].decode()
    return ""


def head(slot):
    """Return the words of the first line of a slot's list, none where there is no list."""
    try:
        with open("/" + slot + "/list") as file:
            return file.readline().split()
    except OSError:
        return []


def folders(slot, names):
    """Make the slot and the folders in it, outer ones first."""
    for path in ["/" + slot] + ["/" + slot + name for name in names]:
        if not there(path):
            os.mkdir(path)


def digest(path, most=-1):
    """Return the SHA-256 of a file's first `most` bytes, or of all; in slices."""
    sha = hashlib.sha256()
    buf = memoryview(bytearray(_READ))
    turns = 0
    with open(path, "rb") as file:
        n = file.readinto(buf)
        while n and most:
            n = min(n, most) if most > 0 else n
            most -= n if most > 0 else 0
            sha.update(buf[:n])
            turns += 1
            if turns % _SLICE == 0:
                yield
            n = file.readinto(buf)
    yield
    return binascii.hexlify(sha.digest()).decode()


def empty(folder, keep=None):
    """Remove what is below `folder`, and the folder where nothing is left; a slice for each file.

    keep(path): says of a file, in slices, whether it stays.
    """
    for name, kind, *_ in list(os.ilistdir(folder)):
        path = folder + "/" + name
        if kind & 0x4000:
            yield from empty(path, keep)
        elif keep is None or not (yield from keep(path)):
            os.remove(path)
        yield
    if not os.listdir(folder):
        os.rmdir(folder)


def tidy():
    """Remove what no slot needs: the tree of before there were any, and what a broken flash has left."""
    for name in ("firmware", "firmware.old", "boat", "old"):
        if there("/" + name):
            yield from empty("/" + name)
    for name in ("sums", "sums.old", "list", "new"):
        if there("/" + name):
            os.remove("/" + name)
    if there("/lib"):
        for name, kind, *_ in list(os.ilistdir("/lib")):
            if not kind & 0x4000:
                os.remove("/lib/" + name)


def keys():
    """Return the keys that this badge seals with, up and down; None for a board without a pairing, b"" for a bridge."""
    import json

    import esp32

    buf = bytearray(768)
    try:
        nvs = esp32.NVS("kald")
        known = json.loads(bytes(buf[: nvs.get_blob("pairing", buf)]).decode())
    except (OSError, ValueError):
        return None
    if "up" not in known:
        return b""
    try:
        if nvs.get_blob("keys", buf) == 32:
            return bytes(buf[:32])
    except OSError:
        pass  # they are still those of the pairing
    return bytes([int(text[i : i + 2], 16) for text in (known["up"], known["down"]) for i in range(0, 32, 2)])


def mac(key, text):
    """Return the HMAC-SHA256 of `text`."""
    made = text
    for pad in (0x36, 0x5C):
        made = hashlib.sha256(bytes([byte ^ pad for byte in key]) + bytes([pad]) * (64 - len(key)) + made).digest()
    return made


def wrong_list(slot, air):
    """Return (0, "") for a list that this badge may believe, else (WHY_ word, more); in slices.

    air: it came by no cable, so it must be sealed.
    """
    import sys

    path = "/" + slot + "/list"
    size = os.stat(path)[6] - 2 * (_DIGITS + 1)
    if size < 0:
        return WHY_TORN, path
    with open(path) as file:
        file.seek(size)
        tail = file.read().split("\n")
    sha = yield from digest(path, size)
    if len(tail) != 3 or tail[1] != sha:
        return WHY_TORN, path
    own = keys()
    if air or tail[2] != "-" * _DIGITS:
        if not own or binascii.hexlify(mac(mac(own, b"kald update"), sha.encode())).decode() != tail[2]:
            return WHY_SEAL, ""
    first = head(slot)
    if len(first) != 6 or first[0] != "kald":
        return WHY_CHIP, " ".join(first)
    reads = "%d" % (getattr(sys.implementation, "_mpy", 0) & 0xFF)
    if first[3] != "mpy" or first[4] != reads:
        return WHY_CHIP, "mpy " + first[4] + ", and this MicroPython reads mpy " + reads
    machine = getattr(sys.implementation, "_machine", "")
    if " with " in machine and not machine.split(" with ")[-1].startswith(first[5]):
        return WHY_CHIP, "for " + first[5] + ", and this is an " + machine.split(" with ")[-1]
    before = head(running() or "")
    if len(before) == 6 and int(first[2]) < int(before[2]):
        return WHY_OLDER, ""
    return 0, ""


def files(slot):
    """Give [path, size, digest] of each file on a slot's list."""
    with open("/" + slot + "/list") as file:
        file.readline()
        for line in file:
            words = line.split()
            if len(words) != 3:
                return
            yield words


def is_whole(slot, path, size, sha):
    """Return whether a file in the slot is what the list says; in slices."""
    at = "/" + slot + path
    if not there(at) or os.stat(at)[6] != int(size):
        return False
    return (yield from digest(at)) == sha


def wrong(slot, air=False):
    """Return (0, "") where the tree in `slot` is what its list says, and that may be believed; else why not."""
    found = yield from wrong_list(slot, air)
    if not found[0]:
        for path, size, sha in files(slot):
            if not (yield from is_whole(slot, path, size, sha)):
                return WHY_TORN, path
    return found


def switch(slot):
    """Make the tree in `slot`, which is not wrong, the one that runs; return whether it has to prove itself.

    It has, where there is a tree to go back to, and a pairing with which to be heard.
    """
    at = running()
    trial = at is not None and at != slot and keys() is not None
    if trial:
        if not at:
            folders("old", ())
            for name in ("/boot.py", "/main.py"):
                if there(name):
                    carry(name, "/old" + name)
        put("/trial", (at or "old") + " 0")
    elif there("/trial"):
        os.remove("/trial")
    carry("/" + slot + "/main.py", "/main.py")
    carry("/" + slot + "/boot.py", "/boot.py")
    return trial
