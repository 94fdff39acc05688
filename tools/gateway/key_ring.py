"""How do the keys of badges lie on the disk so that who takes the disk has none? Sealed by a file that lies elsewhere.

The file holds 32 bytes as 64 hexadecimal digits: on a stick, in another machine's keeping, or as a systemd credential.
What stands in a column is `01 | nonce 12 | the key under AES-256-GCM, tag 16`; 16 bytes are a key that is not sealed.
So a house is sealed when its gateway is first given a file, in one transaction, and what is read says what it is.
"""

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tools import spoken
from tools.gateway import secret_file

PLAIN_BYTES = 16
_SEALED, _NONCE_BYTES = b"\1", 12


class Wrong(spoken.Sentence, ValueError):
    """A sentence about a file of keys."""


class Ring:
    """Seals and opens keys. key: 32 bytes."""

    def __init__(self, key: bytes):
        self._aes = AESGCM(key)

    def close(self, plain: bytes) -> bytes:
        """Return a key as it may lie on a disk."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _SEALED + nonce + self._aes.encrypt(nonce, plain, _SEALED)

    def open(self, kept: bytes) -> bytes:
        """Return the key that `close` was given, or one that was never sealed. Raises Wrong: sealed by another file."""
        if len(kept) == PLAIN_BYTES:
            return kept
        try:
            nonce, rest = kept[1 : 1 + _NONCE_BYTES], kept[1 + _NONCE_BYTES :]
            return self._aes.decrypt(nonce, rest, _SEALED)
        except (InvalidTag, ValueError) as error:
            raise Wrong("the keys of this house are sealed by another file") from error


def read(path: Path, make: bool = False) -> Ring:
    """Return the Ring of the file at `path`; if `make` a missing one is made, for its owner alone. Raises Wrong."""
    try:
        if make and not path.exists():
            file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(file, "w") as out:
                out.write(secrets.token_hex(32) + "\n")
                out.flush()
                os.fsync(out.fileno())
        key = bytes.fromhex(secret_file.read(path))
    except secret_file.Unreadable as error:
        raise Wrong(str(error)) from error
    except OSError as error:
        raise Wrong(f"cannot write {path}: {error.strerror}") from error
    except ValueError as error:
        raise Wrong(f"{path} must hold 64 hexadecimal digits") from error
    if len(key) != 32:
        raise Wrong(f"{path} must hold 64 hexadecimal digits")
    return Ring(key)
