"""How does a new tree come to stand beside the one that runs? What `kald flash` has a badge do, over its cable.

Sent to the prompt once a session; the functions are called there, and print what they found. The tree that runs is
touched by nothing but `switch`, whose one rename of main.py is the switch (boot.py tells of the rest).
"""

import binascii
import hashlib
import os

import machine

DOG_MS = 120000  # a badge whose cable was pulled goes on by itself after as long
BLOCK = 4096

dog = machine.WDT(timeout=DOG_MS)


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


def running():
    """Return the folder that main.py runs: a, b, "" without slots, None where there is no main.py."""
    if not there("/main.py"):
        return None
    for line in read("/main.py").split("\n"):
        if line.startswith("SLOT = "):
            return line.split('"')[1]
    return ""


def restore(folder):
    """Have the tree whose main.py and boot.py are in `folder` run from the next start on."""
    for name in ("/main.py", "/boot.py"):
        if there("/" + folder + name):
            put(name, read("/" + folder + name))
    os.remove("/trial")


def digest(path):
    """Return the SHA-256 of a file, in hex."""
    sha = hashlib.sha256()
    buf = memoryview(bytearray(1024))
    with open(path, "rb") as file:
        n = file.readinto(buf)
        while n:
            sha.update(buf[:n])
            n = file.readinto(buf)
    dog.feed()
    return binascii.hexlify(sha.digest()).decode()


def empty(folder, keep):
    """Remove what is below `folder` and not in `keep`, and the folder where nothing is left."""
    for name, kind, *_ in list(os.ilistdir(folder)):
        path = folder + "/" + name
        if kind & 0x4000:
            empty(path, keep)
        elif path not in keep:
            os.remove(path)
    if not os.listdir(folder):
        os.rmdir(folder)


def tidy():
    """Remove what no slot needs: the tree of before there were any, and what a broken flash has left."""
    for name in ("firmware", "firmware.old", "boat", "old"):
        if there("/" + name):
            empty("/" + name, ())
    for name in ("sums", "sums.old", "new"):
        if there("/" + name):
            os.remove("/" + name)
    if there("/lib"):
        for name, kind, *_ in list(os.ilistdir("/lib")):
            if not kind & 0x4000:
                os.remove("/lib/" + name)


def alarm():
    """Print whether an alarm, or the question before one, is in progress, as far as the firmware here can tell."""
    import time

    try:
        from firmware.alarm.alarm import Alarm
        from firmware.board.nvs import NvsStore
        from firmware.board.rtc_memory import RtcMemory

        saved = bytearray(76)
        kept = Alarm()
        for keeper in (RtcMemory(), NvsStore()):
            n = keeper.load(saved)
            if n and kept.load(saved, n, time.ticks_ms() & 0x3FFFFFFF):
                break
        print(kept.state != 0)
    except Exception as error:
        print("kald:", error)  # another version's, or none
        print(False)


def begin():
    """Print the slot to fill. What is on trial has not been proven, so what is kept is the tree before it."""
    at = running()
    if there("/trial"):
        before = read("/trial").split(" ")[0]
        if before != (at or "old"):
            restore(before)
        else:
            os.remove("/trial")
        at = running()
    if at:
        tidy()
    print("b" if at == "a" else "a")


def room(slot, sizes, slack):
    """Print {path: digest} of what is whole already of `sizes`, {path in the slot: bytes}; or how many KB are lacking.

    What is not wanted goes first: nobody runs it.
    """
    slot = "/" + slot
    keep = {slot + path for path in sizes}
    if there(slot):
        empty(slot, keep)
    stat = os.statvfs("/")
    left = stat[0] * stat[3] - slack
    same = {}
    for path in sizes:
        if there(slot + path) and os.stat(slot + path)[6] == sizes[path]:
            same[path] = digest(slot + path)
        else:
            if there(slot + path):
                os.remove(slot + path)
            left -= (sizes[path] + BLOCK - 1) // BLOCK * BLOCK
    print(same if left >= 0 else -left // 1024 + 1)


def folders(slot, names):
    """Make the slot and the folders in it, outer ones first."""
    for path in ["/" + slot] + ["/" + slot + name for name in names]:
        if not there(path):
            os.mkdir(path)


def pairing():
    """Return the keys that this badge seals with, up and down, None for a board without a pairing or a bridge."""
    import esp32
    import json

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
        pass
    return bytes([int(text[i : i + 2], 16) for text in (known["up"], known["down"]) for i in range(0, 32, 2)])


def mac(key, parts):
    """Return the HMAC-SHA256 of bytes that come in parts."""
    inner = hashlib.sha256(bytes([byte ^ 0x36 for byte in key]) + b"\x36" * (64 - len(key)))
    for part in parts:
        inner.update(part)
    outer = hashlib.sha256(bytes([byte ^ 0x5C for byte in key]) + b"\x5c" * (64 - len(key)))
    outer.update(inner.digest())
    return outer.digest()


def wrong(slot, listed, seal):
    """Return why the tree in `slot` is not what the list says, "" if it is.

    listed: bytes, lines of path, size and SHA-256; the first names the form of the compiled files.
    seal: its HMAC under a key derived from the badge's own, b"" where the cable alone vouches for it.
    """
    import sys

    keys = pairing()
    if seal and not (keys and mac(mac(keys, (b"kald update",)), (listed,)) == seal):
        return "the list is not sealed with this badge's key"
    form, *lines = listed.decode().split("\n")
    reads = getattr(sys.implementation, "_mpy", 0) & 0xFF
    if form != "mpy %d" % reads:
        return "its compiled files are %s, and this MicroPython reads mpy %d" % (form, reads)
    slot = "/" + slot
    for line in lines:
        path, size, sha = line.split(" ")
        if not there(slot + path) or os.stat(slot + path)[6] != int(size) or digest(slot + path) != sha:
            return path + " did not arrive whole"
    for name in ("/boot.py", "/main.py"):
        compile(read(slot + name), name, "exec")
    return ""


def switch(slot, listed, seal=b""):
    """Make the tree in `slot` the one that runs, if it is what the list says; print why not, or how it stands.

    "on trial" while there is a tree to go back to, and a pairing with which to be heard; else "for good".
    """
    found = wrong(slot, listed, seal)
    if found:
        print("refused:", found)
        return
    at = running()
    trial = at is not None and at != slot and pairing() is not None
    if trial:
        if not at:
            folders("old", ())
            for name in ("/boot.py", "/main.py"):
                if there(name):
                    put("/old" + name, read(name))
        put("/trial", (at or "old") + " 0")
    elif there("/trial"):
        os.remove("/trial")
    try:
        from firmware.board.boot_history import BootHistory

        BootHistory().flashed()
    except (ImportError, AttributeError):
        pass  # there was nothing that counts
    put("/main.py", read("/" + slot + "/main.py"))
    put("/boot.py", read("/" + slot + "/boot.py"))
    if not trial:
        tidy()
    print("on trial" if trial else "for good")
