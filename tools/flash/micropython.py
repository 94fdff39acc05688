"""Which MicroPython goes onto a chip? One file of the house's, whole, for that chip, and no larger than its flash.

Kald fetches none: a house keeps what it has tried, in a folder, with the digests that it believes (SHA256SUMS, as
`sha256sum *.bin` writes it, or NAME.sha256). Every image also carries a digest of its own, which is looked at, too. The
form is Espressif's: a boot loader, the table of partitions at 8000, the program at the first partition of its kind.
"""

import hashlib
import re
import struct
from dataclasses import dataclass
from pathlib import Path

from tools.flash.cable import Refusal
from tools.flash.fit import LEAST

GENERIC = {"esp32": "ESP32_GENERIC", "esp32s3": "ESP32_GENERIC_S3"}  # MicroPython's names of what fits any board
BEGINS = {"esp32": 0x1000, "esp32s3": 0}  # where in the flash such a file goes
SUMS = "SHA256SUMS"
TABLE_AT, TABLE_BYTES = 0x8000, 0xC00
_CHIPS = {0: "esp32", 9: "esp32s3"}  # of an image's header
_MAGIC, _PART, _PROGRAM = 0xE9, b"\xaa\x50", 0xABCD5432
_VERSION = re.compile(r"v?([0-9]+)\.([0-9]+)")


@dataclass(frozen=True)
class Image:
    """version: (major, minor). needs: bytes of flash. listed: its digest is one that the house believes."""

    path: Path
    chip: str
    version: tuple[int, int]
    needs: int
    digest: str
    listed: bool

    def __str__(self) -> str:
        return f"MicroPython {self.version[0]}.{self.version[1]}"


class Wrong(Refusal):
    """A file that is no MicroPython for a board of ours."""


def where(chip: str) -> str:
    """Return in one line where to get what `chip` wants."""
    name, least = GENERIC[chip], ".".join(map(str, LEAST))
    return (f"get {name}, {least} or newer, from https://micropython.org/download/{name}/ and name it with "
            "--image FILE, or put it into the folder images beside the gateway's database (--data)")


def partitions(table: bytes) -> dict[str, tuple[int, int, int]]:
    """Return {label: (kind, where it begins, bytes)} of a table of partitions; {} for what is none."""
    found = {}
    for at in range(0, len(table) - 31, 32):
        if table[at : at + 2] != _PART:
            break
        kind, begins, size = struct.unpack_from("<BxII", table, at + 2)
        found[table[at + 12 : at + 28].split(b"\0")[0].decode("latin-1")] = (kind, begins, size)
    return found


def read(path: Path) -> Image:
    """Return what an image is. Raises Wrong, with the reason in words."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Wrong(f"cannot read {path}: {error.strerror}") from error
    digest = hashlib.sha256(data).hexdigest()
    believed = _believed(path)
    if believed not in ("", digest):
        raise Wrong(f"{path.name} is not the file whose digest is listed beside it: get it anew")
    if len(data) < TABLE_AT or data[0] != _MAGIC:
        raise Wrong(f"{path.name} is no image for an ESP32")
    chip = _CHIPS.get(struct.unpack_from("<H", data, 12)[0])
    if chip is None:
        raise Wrong(f"{path.name} is for another chip than ESP32 and ESP32-S3")
    begins = BEGINS[chip]
    parts = partitions(data[TABLE_AT - begins : TABLE_AT - begins + TABLE_BYTES])
    program = next((at for kind, at, _ in parts.values() if kind == 0), 0) - begins
    if program <= 0:
        raise Wrong(f"{path.name} is a part of an image: the whole one is wanted, with its boot loader (.bin and no "
                    ".app-bin)")
    for at in (0, program):
        if not _whole(data, at):
            raise Wrong(f"{path.name} is cut short or damaged: get it anew")
    if struct.unpack_from("<I", data, program + 32)[0] != _PROGRAM or "vfs" not in parts:
        raise Wrong(f"{path.name} holds another program than MicroPython")
    needs = max(at + size for _, at, size in parts.values())
    inside = data[program + 48 : program + 80].split(b"\0")[0].decode("latin-1")
    said = _VERSION.match(path.stem.rpartition("-v")[2]) or _VERSION.match(inside)
    version = (int(said[1]), int(said[2])) if said else (0, 0)
    return Image(path, chip, version, needs, digest, bool(believed))


def _believed(path: Path) -> str:
    """Return the digest of `path` that the house believes, in hex; "" where it has said nothing."""
    for name, wanted in ((f"{path.name}.sha256", None), (SUMS, path.name)):
        try:
            lines = (path.parent / name).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for line in lines:
            digest, _, named = line.strip().partition(" ")
            if re.fullmatch("[0-9a-fA-F]{64}", digest) and wanted in (None, named.strip().lstrip("*")):
                return digest.lower()
    return ""


def _whole(data: bytes, at: int) -> bool:
    """Return whether a boot loader or program at `at` is as long as it says, and has the digest that it says."""
    begins = at
    if at + 24 > len(data) or data[at] != _MAGIC:
        return False
    count, hashed = data[at + 1], data[at + 23] == 1
    at += 24
    for _ in range(count):
        if at + 8 > len(data):
            return False
        at += 8 + struct.unpack_from("<I", data, at + 4)[0]
    at = begins + (at - begins + 16) // 16 * 16  # its check byte is the last of sixteen
    if not hashed:
        return at <= len(data)
    return data[at : at + 32] == hashlib.sha256(data[begins:at]).digest()


def chosen(place: Path | None, chip: str, flash_bytes: int) -> Image:
    """Return the image for a `chip` with as much flash: of a file, or the best of a folder. Raises Refusal.

    place: None where the house has named none. The best is the newest without anything special.
    """
    if place is None or not place.exists():
        said = "no MicroPython is at hand" if place is None else f"there is no {place}"
        raise Refusal(f"{said}: {where(chip)}")
    found, why = [], []
    for path in sorted(place.glob("*.bin")) if place.is_dir() else [place]:
        try:
            image = read(path)
            _suits(image, chip, flash_bytes)
            found.append(image)
        except Wrong as wrong:
            why.append(str(wrong))
    if not found:
        reasons = f" ({'; '.join(why[:3])})" if why and place.is_dir() else ""
        raise Refusal(f"{why[0]}: {where(chip)}" if why and not place.is_dir() else
                      f"no MicroPython in {place} suits this chip{reasons}: {where(chip)}")
    return max(found, key=lambda image: (image.path.name.startswith(f"{GENERIC[chip]}-2"), image.version,
                                         image.path.name))


def _suits(image: Image, chip: str, flash_bytes: int) -> None:
    name, mb = image.path.name, flash_bytes >> 20
    if image.chip != chip:
        raise Wrong(f"{name} is for an {image.chip.upper()}, and this chip is an {chip.upper()}")
    if image.needs > flash_bytes:
        raise Wrong(f"{name} is for {-(-image.needs >> 20)} MB of flash, and this chip has {mb}")
    if image.version < LEAST:
        raise Wrong(f"{name} is older than {'.'.join(map(str, LEAST))}")
