"""What does `kald flash` ask of a badge beside what firmware/board/slots.py can? At the prompt, once that is there.

The functions are called there, and print what they found.
"""

# ruff: noqa: F821  (they are there by then)

import machine

DOG_MS = 120000  # a badge whose cable was pulled goes on by itself after as long
BLOCK = 4096

dog = machine.WDT(timeout=DOG_MS)
feed = dog.feed


def whose():
    """Print the badge's number and the mark of its key (tools/gateway/pairings.py); 0 and "" without a pairing."""
    import json

    import esp32

    own = keys()
    if not own:
        print((0, ""))
        return
    buf = bytearray(768)
    known = json.loads(bytes(buf[: esp32.NVS("kald").get_blob("pairing", buf)]).decode())
    print((known["device"], binascii.hexlify(hashlib.sha256(own[:16]).digest()[:4]).decode()))


def begin():
    """Print the slot to fill. What is on trial has not been proven, so what is kept is the tree before it."""
    at = running()
    if there("/trial"):
        before = read("/trial").split(" ")[0]
        if before != (at or "old"):
            for name in ("/main.py", "/boot.py"):
                if there("/" + before + name):
                    carry("/" + before + name, name)
        os.remove("/trial")
        at = running()
    if at:
        whole(tidy())
    print("b" if at == "a" else "a")


def room(slot, sizes, slack):
    """Print {path: digest} of what is whole already of `sizes`, {path in the slot: bytes}; or how many KB are lacking.

    What is not wanted goes first: nobody runs it.
    """
    slot = "/" + slot

    def keep(path):
        return path[len(slot) :] in sizes
        yield

    if there(slot):
        whole(empty(slot, keep))
    stat = os.statvfs("/")
    left = stat[0] * stat[3] - slack
    same = {}
    for path in sizes:
        if there(slot + path) and os.stat(slot + path)[6] == sizes[path]:
            same[path] = whole(digest(slot + path))
        else:
            if there(slot + path):
                os.remove(slot + path)
            left -= (sizes[path] + BLOCK - 1) // BLOCK * BLOCK
    print(same if left >= 0 else -left // 1024 + 1)


def adopt(slot, sealed):
    """Make the tree in `slot` the one that runs, if it is what its list says; print why not, or how it stands.

    sealed: whether the list must be sealed with this badge's key.

    "on trial" while there is a tree to go back to, and a pairing with which to be heard; else "for good".
    """
    why, more = whole(wrong(slot, sealed))
    if why:
        print("refused:", why, more)
        return
    for name in ("/boot.py", "/main.py"):
        compile(read("/" + slot + name), name, "exec")
    try:
        from firmware.board.boot_history import BootHistory

        BootHistory().flashed()
    except (ImportError, AttributeError):
        pass  # there was nothing that counts
    trial = switch(slot)
    if not trial:
        whole(tidy())
    print("on trial" if trial else "for good")
