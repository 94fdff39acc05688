"""What do three radios hear and book in one fixed minute? Prints it; run by CPython and MicroPython alike.

Arguments: folders for sys.path. KALD_LORA_LIB chooses the driver package as everywhere.
"""

import sys

sys.path[:0] = sys.argv[1:]

from radio_rig import PACKAGE, TIME, Place, air_in_our_time  # noqa: E402

from firmware.board.lora import Lora  # noqa: E402
from firmware.link import airtime, region  # noqa: E402
from firmware.link.ledger import RECORD_BYTES_MAX, Ledger  # noqa: E402


def ledger():
    book = Ledger((region.P, region.M))
    book.clear()
    book.pledge(bytearray(RECORD_BYTES_MAX))
    book.pledged()
    return book


def talk():
    air = air_in_our_time(seed=5, garble_permille=150, loss_permille=100)
    ends = []
    for i, kind in enumerate(("sx1262", "sx1276", "sx1262")):
        place = Place(air, kind, 30 * i)
        book = ledger()
        ends.append((place, book, Lora(place.make, region.P, book, lambda _: None)))
    ends[2][2].doze(True)
    record = bytearray(RECORD_BYTES_MAX)
    buf = bytearray(80)
    for turn in range(3000):
        now = TIME.ticks_ms()
        for i, (place, book, lora) in enumerate(ends):
            if book.wants_pledge:
                book.pledge(record)
                book.pledged()
            lora.tend(now)
            n = lora.receive(buf)
            if n:
                print(now, "radio", i, "heard", bytes(buf[:n]), lora.rssi_dbm, lora.snr_quarter_db)
        if turn % 150 == 20:
            frame = bytes([turn & 255] * (10 + turn % 40))
            who = turn // 150 % 3
            print(now, "radio", who, "asked", ends[who][2].send(frame, len(frame), turn % 4 == 0, who == 0))
        if turn == 1500:
            ends[0][0].chip.fail = "silent"
        if turn == 2200:
            ends[0][0].chip.fail = None
        TIME.sleep_ms(10)
    for place, book, lora in ends:
        print(lora.state, lora.sent, lora.failures, lora.busy, lora.refused, book.spent_ms(region.P, TIME.ticks_ms()))
        print(sorted(place.radio.counts.items()), place.chip.violations, place.radio.sent)


def locked():
    """Ask, book and write records with the heap locked, where there is one to lock."""
    import micropython

    book = ledger()
    record = bytearray(RECORD_BYTES_MAX)
    lock = getattr(micropython, "heap_lock", None)
    now = 2**30 - 5000
    if lock:
        lock()
    try:
        for i in range(300):
            now = (now + 700000) & 0x3FFFFFFF
            ms = airtime.airtime_ms(24, 7 + i % 6)
            if book.may(region.P, ms, i % 2, now):
                book.spend(region.P, ms, now)
            book.wait_ms(region.M, ms, i % 3, now)
            n = book.save(record)
            book.pledge(record)
            book.pledged()
            book.load(record, n)
            region.band_of(869525 + i)
            region.power_dbm(region.P, 2, 22)
    finally:
        if lock:
            micropython.heap_unlock()
    print("ledger with the heap locked", n, book.spent_ms(region.P, now))


talk()
locked()
print(PACKAGE)
