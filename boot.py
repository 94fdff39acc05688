"""Is what was flashed still whole, and why does this badge start? Asked before anything of ours can fail.

A compiled file that ends too soon hangs its import for ever, deaf to Ctrl-C. So what differs from the list that
`kald flash` has left (sums: path, size and CRC-32 of each, the CRC of it all last) is put aside, and its import fails
as it should; package lora has a list of its own, in its folder. Sizes are compared at each start; contents, a second or
two of reading, when power came or the last life failed. A ROMFS is one line, /rom; it is read from mapped flash in
20 ms, and put aside by unmounting it; while sums.old is there its update was broken off, and either's files are whole.

A tree of files stands in a slot, /a or /b, from which all is imported; main.py says which, so that its one rename is
the switch. While /trial is there (folder of the tree before, starts so far) the tree is not proven: when it fails or
starts too often, the one before gets its main.py and boot.py back (firmware/board/trial.py has the rest). Any version
of this file must start any version of main.py.

Nothing here may raise: after an error in boot.py the port runs no main.py (ports/esp32/main.c), and a prompt is all
that is left of the alarm. Whoever ends at a prompt, by a stray Ctrl-C too, is started again by a watchdog of ten
minutes, which the hallways shorten, and which is long enough for a technician.
"""

import gc
import sys


def slot():
    """Return the folder that main.py runs, "" where it knows of none."""
    try:
        with open("/main.py") as file:
            for line in file:
                if line.startswith("SLOT = "):
                    return line.split('"')[1]
    except OSError:
        pass  # nobody runs anything then
    return ""


def put(path, text):
    """Write a file that is there whole or not at all."""
    import os

    with open("/new", "w") as file:
        file.write(text)
    os.rename("/new", path)


def trial(record):
    """Count a start of a tree on trial; go back to the one before it where it was too many, and start anew."""
    import os

    import machine

    try:
        with open("/trial") as file:
            before, _, starts = file.read().partition(" ")
        starts = int(starts or 0) + (machine.reset_cause() != machine.SOFT_RESET)
    except (OSError, ValueError):
        return  # there is none, or nobody can read which tree was before
    failed = record[1] if record[:1] == b"\x4f" else 0
    if before == (slot() or "old"):
        os.remove("/trial")  # it has gone back
    elif failed < 2 and starts <= 12:
        # one failure more is counted later, and the lifeboat would come after four; a technician orders some starts
        put("/trial", "%s %d" % (before, starts))
    else:
        print("kald: not proven; back to", before)
        for name in ("/main.py", "/boot.py"):
            try:
                with open(before + name) as file:
                    put(name, file.read())
            except OSError:
                pass  # there was no boot.py
        os.remove("/trial")
        machine.reset()


def listed(name):
    """Return the lines of a list, none if it is not whole."""
    import binascii

    try:
        with open(name, "rb") as file:
            lines, _, crc = file.read().rpartition(b"\n")
    except OSError:
        return ()
    return lines.split(b"\n") if b"%08x" % binascii.crc32(lines) == crc else ()


def crc_of(path):
    """Return the CRC-32 of a file as eight digits, none if it cannot be read."""
    import binascii

    crc = 0
    buf = memoryview(bytearray(512))
    try:
        with open(path, "rb") as file:
            n = file.readinto(buf)
            while n:
                crc = binascii.crc32(buf[:n], crc)
                n = file.readinto(buf)
    except OSError:
        return b""
    return b"%08x" % crc


def rom_fits(sums):
    """Return whether the ROMFS is one of `sums`, each a size and a CRC."""
    import binascii

    import vfs

    try:
        rom = memoryview(getattr(vfs, "rom_ioctl", None)(2, 0))
    except (OSError, TypeError):
        return False  # this MicroPython has none, or no place for one
    for each in sums:
        size, _, crc = each.partition(b" ")
        if b"%08x" % binascii.crc32(rom[: int(size)]) == crc:
            return True
    return False


def look(folder, thorough):
    """Put aside what is not whole. folder: "" or "a/", to which the paths of its list are to be added."""
    import os

    whole: dict = {}
    for name in ("sums", "sums.old"):
        for line in listed(folder + name):
            path, _, sums = line.partition(b" ")
            whole[path] = whole.get(path, ()) + (sums,)
    for path in whole:
        at = folder + path.decode()[1:]
        try:
            if path == b"/rom":
                if not rom_fits(whole[path]):
                    print("kald: broken:", at)
                    os.umount(path.decode())
                continue
            size = b"%d" % os.stat(at)[6]
            fits = [sums for sums in whole[path] if sums.partition(b" ")[0] == size]
            if not fits or thorough and size + b" " + crc_of(at) not in fits:
                print("kald: broken:", at)
                os.rename(at, at + ".bad")
        except OSError:
            pass  # its import says so


def begin(record):
    """Look at the tree that runs, and have all be imported from there."""
    trial(record)
    at = slot()
    if at:
        sys.path[:0] = (at, at + "/lib")
    for folder in (at and at + "/", "/lib/lora/", "/boat/lib/lora/"):
        look(folder, record != b"\x4f\0")


def count():
    """Count this boot; a function, so that what counts it is not held by a name here."""
    try:
        from firmware.board.boot_history import BootHistory
    except ImportError:
        sys.path.insert(0, slot() + "/boat")  # as main.py does
        for name in list(sys.modules):
            if name.startswith("firmware"):
                del sys.modules[name]
        from firmware.board.boot_history import BootHistory
    BootHistory().booted()


try:
    import machine

    machine.WDT(timeout=30000)
    begin(machine.RTC().memory()[:2])  # the mark and failures: firmware/board/rtc_memory.py
    count()
except ImportError:
    print("kald: no firmware here yet, or not all of it; run: kald flash")
except Exception as error:
    sys.print_exception(error)  # main.py meets it again, and starts anew
finally:
    machine.WDT(timeout=600000)
    gc.collect()  # what main.py is compiled to lies in the way of nothing then
    del slot, put, trial, listed, crc_of, rom_fits, look, begin, count
