"""How many years does the badge's flash live? NVS writes of a day, as page erases, against what the flash bears.

ESP-IDF's NVS appends: a page of 4096 bytes holds 126 entries of 32 bytes, a changed value takes new entries, and a page
is erased only when all are full and its living values have been copied (ESP-IDF programming guide, NVS; the partition
`nvs` of MicroPython's 4 MiB table has 0x6000 bytes, six pages, of which one stays erased). Reckoned against ourselves:
what lives on a page is copied at each erase, and one page takes a fair share of five only.
"""

from collections.abc import Mapping

from firmware.badge import SAVED_BYTES

PAGE_ENTRIES = 126
PAGES = 6 - 1
ERASES_BORNE = 100_000  # per sector: Winbond W25Q32, GigaDevice GD25Q32 data sheets, first pages
LIVING_ENTRIES = 130  # pairing 14, alarm slots, counter and ledger 15, the chip's own calibration and Wi-Fi 100
SLOT_BYTES = SAVED_BYTES + 4  # firmware/board/nvs.py: sequence, length, CRC
PLEDGE_BYTES = 80  # firmware/link/ledger.py's record, one band


def blob_entries(n: int) -> int:
    """Return the entries that a blob of `n` bytes takes: its index, its chunk's head, its data."""
    return 2 + -(-n // 32)


def entries(counts: Mapping[str, float], days: float = 1.0) -> float:
    """Return NVS entries written a day, from what tools/sim/scripts/days.py counted over `days`."""
    written = counts.get("nvs_counter", 0) + counts.get("nvs_alarm", 0) * blob_entries(SLOT_BYTES)
    return (written + counts.get("nvs_pledge", 0) * blob_entries(PLEDGE_BYTES)) / days


def erases(entries_a_day: float) -> float:
    """Return how often each page is erased a day. Raises ValueError when what lives leaves no room to append."""
    room = PAGES * PAGE_ENTRIES - LIVING_ENTRIES
    if room < PAGE_ENTRIES:
        raise ValueError("what is kept leaves no page to append to")
    return entries_a_day / room


def years(entries_a_day: float) -> float:
    """Return for how many years the pages bear `entries_a_day`."""
    return ERASES_BORNE / erases(entries_a_day) / 365.25


def pledges(sent: float, airtime_ms: float, pledge_ms: float = 2000) -> float:
    """Return NVS writes a day of the airtime ledger: half a pledge is spent before the next is written (ledger.py)."""
    return sent * airtime_ms / (pledge_ms / 2)
