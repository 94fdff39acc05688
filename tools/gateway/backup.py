"""What of a house can be carried away in one file, and put back? The database as of one moment, sealed.

The copy is made in memory while the gateway writes on, so that no key lies on a disk unsealed. The file:

    12 bytes  "KALD BACKUP1"
    1         0: open, 1: sealed with a passphrase
    16        salt of scrypt
    12        nonce
    rest      the database, SQLite's wherever the house lives (transfer.py), under AES-256-GCM, with all that stands
              before it as associated data

An open one has no keys of badges in it. It goes under a key that everybody knows, which hides nothing: one flipped or
missing byte is found all the same.
"""

import os
import secrets
import sqlite3
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from tools.gateway import migrations, rollback, transfer
from tools.gateway.store import APPLICATION_ID, Refusal, check_number, open_store

DATABASE = "kald.sqlite"
MAGIC = b"KALD BACKUP1"
PASSPHRASE_LEAST = 12  # letters: whoever has the file may try as long as he likes
SCRYPT_N = 1 << 15  # 32 MB and a tenth of a second a try
_OPEN, _SEALED = b"\0", b"\1"
_KNOWN_KEY = bytes(32)
_SALT_BYTES, _NONCE_BYTES = 16, 12
_SALT_AT = len(MAGIC) + 1
_HEAD_BYTES = _SALT_AT + _SALT_BYTES + _NONCE_BYTES
_MOST_BYTES = (1 << 31) - 1  # AES-GCM in one piece
_WRITER_VERSION = slice(18, 20)  # of SQLite's head: 2, 2 is a database with a WAL, which memory cannot have
# As tools/gateway/keys.py revokes a badge: nothing it says opens any more, and its alarms are shown as such.
_SHUT_OUT = (
    "UPDATE badges SET revoked_ms = coalesce(revoked_ms, :now), uplink_key = randomblob(16), "
    "downlink_key = randomblob(16), next_secret = NULL, group_key = NULL, heard_ms = NULL, address = NULL, silent = 0, "
    "alone = NULL, until_ms = NULL",
    "UPDATE downlinks SET settled = 1 WHERE NOT settled AND :now",
    "UPDATE troubles SET until_ms = :now WHERE until_ms IS NULL AND pairing IS NOT NULL",
    "DELETE FROM group_keys WHERE :now",
    "DELETE FROM settings WHERE key = 'keys_sealed' AND :now",  # what is left is sealed by nothing
)


class Counts(NamedTuple):
    """What a copy holds."""

    badges: int
    alarms: int
    events: int

    def __str__(self) -> str:
        return f"{self.badges} badges, {self.alarms} alarms, {self.events} events"


def snapshot(folder: Path, keys: bool = True, url: str | None = None) -> bytes:
    """Return a checked copy of the house in `folder` or at `url`, whoever writes meanwhile; without keys unless `keys`.

    Raises Refusal.
    """
    name = f"{DATABASE} in {folder}" if url is None else "the house"
    try:
        with closing(sqlite3.connect(":memory:")) as copy:
            if url is None:
                _copy_file(folder / DATABASE, copy)
            else:
                copy.deserialize(transfer.out_of(url))
            _check(copy, name)
            if not keys:
                if copy.execute("PRAGMA user_version").fetchone()[0] < int(migrations.NEWEST):
                    raise Refusal(f"{name} is of an older Kald: start its gateway first")
                for statement in _SHUT_OUT:
                    copy.execute(statement, {"now": time.time_ns() // 1_000_000})
                copy.commit()
                copy.execute("VACUUM")  # what was overwritten is in none of its pages
            data = bytearray(copy.serialize())
    except sqlite3.Error as error:
        raise Refusal(f"cannot copy {name}: {error}") from error
    data[_WRITER_VERSION] = b"\1\1"
    if len(data) > _MOST_BYTES:
        raise Refusal(f"{name} is larger than 2 GB, which no backup takes: see kald retention")
    return bytes(data)


def _copy_file(path: Path, copy: sqlite3.Connection) -> None:
    if not path.is_file():
        raise Refusal(f"there is no {path.name} in {path.parent}; name the gateway's folder with --data")
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source:
        source.backup(copy)


def counts(data: bytes) -> Counts:
    """Return what the database `data` holds. Raises Refusal if it is damaged, foreign, or of a newer Kald."""
    try:
        with closing(sqlite3.connect(":memory:")) as copy:
            copy.deserialize(data)
            _check(copy, "the backup")
            return Counts(*(copy.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in Counts._fields))
    except (sqlite3.Error, MemoryError) as error:  # the latter is also said of no bytes at all
        raise Refusal(f"the backup holds no database that can be read here: {error or 'nothing in it'}") from error


def _check(db: sqlite3.Connection, name: str) -> None:
    said = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if said != "ok":
        raise Refusal(f"{name} is damaged: {' '.join(said.split())}")
    if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise Refusal(f"{name} is a database, but not one of Kald")
    check_number(db.execute("PRAGMA user_version").fetchone()[0], name)


def _key(passphrase: str, salt: bytes) -> bytes:
    letters = unicodedata.normalize("NFC", passphrase)  # one machine types å as one sign, another as two
    return Scrypt(salt=salt, length=32, n=SCRYPT_N, r=8, p=1).derive(letters.encode())


def seal(data: bytes, passphrase: str | None) -> bytes:
    """Return `data` as the content of a backup's file; passphrase: None for one that holds no keys."""
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    head = MAGIC + (_OPEN if passphrase is None else _SEALED) + salt + nonce
    key = _KNOWN_KEY if passphrase is None else _key(passphrase, salt)
    return head + AESGCM(key).encrypt(nonce, data, head)


def is_sealed(content: bytes) -> bool:
    """Return whether a passphrase is needed. Raises Refusal for what is no backup."""
    kind = content[len(MAGIC):_SALT_AT]
    if content[:len(MAGIC)] != MAGIC or kind not in (_OPEN, _SEALED):
        raise Refusal("this is no backup of Kald, or not one of this version")
    return kind == _SEALED


def unseal(content: bytes, passphrase: str | None) -> bytes:
    """Return what `seal` was given. Raises Refusal."""
    if is_sealed(content) and passphrase is None:
        raise Refusal("this backup is sealed: its passphrase is needed")
    head = content[:_HEAD_BYTES]
    salt, nonce = head[_SALT_AT:_SALT_AT + _SALT_BYTES], head[_SALT_AT + _SALT_BYTES:]
    try:
        if not is_sealed(content):
            return AESGCM(_KNOWN_KEY).decrypt(nonce, content[_HEAD_BYTES:], head)
        return AESGCM(_key(passphrase or "", salt)).decrypt(nonce, content[_HEAD_BYTES:], head)
    except (InvalidTag, ValueError) as error:  # a head that was cut has no nonce
        why = "the passphrase is another, or the backup" if is_sealed(content) else "the backup"
        raise Refusal(f"{why} is damaged: nothing was changed") from error


def write(path: Path, content: bytes, force: bool = False) -> None:
    """Write a file for its owner alone; all of it is on the disk under its name, or nothing. Raises Refusal."""
    if path.exists() and not force:
        raise Refusal(f"{path} is there already: name another file, or say --force")
    with _beside(path) as (fresh, file):
        with os.fdopen(file, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        if fresh.read_bytes() != content:
            raise Refusal(f"{path.parent} does not give back what was written there")
        if force:
            os.replace(fresh, path)
        else:
            try:
                os.link(fresh, path)  # unlike a rename, it overwrites nothing that has come meanwhile
            except FileExistsError:
                raise Refusal(f"{path} is there already: name another file, or say --force") from None
            except OSError:  # a stick with FAT knows no links
                os.rename(fresh, path)
        _sync(path.parent)


@contextmanager
def _beside(path: Path) -> Iterator[tuple[Path, int]]:
    """Give a new file for its owner alone, which is gone afterwards unless it was renamed. Raises Refusal."""
    name = None
    try:
        file, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        yield Path(name), file
    except OSError as error:
        raise Refusal(f"cannot write {path.name} in {path.parent}: {error.strerror}") from error
    finally:
        for end in ("", "-wal", "-shm"):
            if name is not None:
                Path(name + end).unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def restore(data: bytes, folder: Path, force: bool = False) -> Path | None:
    """Put the database `data` into `folder`, and let it say of itself that it was put back. Raises Refusal.

    A database that is there stays beside it under a name with the time, which is returned; that needs `force`.
    """
    path = folder / DATABASE
    if path.exists() and not force:
        raise Refusal(f"there is a {DATABASE} in {folder}: name another folder, or say --force, which keeps it beside")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        marker = rollback.Marker(folder / rollback.NAME)
    except OSError as error:
        raise Refusal(f"cannot write in the folder {folder}: {error.strerror}") from error
    try:
        marker.hold()
    except rollback.Held as error:
        raise Refusal(f"a gateway runs on the folder {folder}: stop it first") from error
    try:
        with _beside(path) as (fresh, file):
            with os.fdopen(file, "wb") as out:
                out.write(data)
            store = open_store(fresh, alone=True)  # what no gateway would start with takes no other's place
            with store.engine.begin() as db:
                rollback.mark(db)
            store.close()
            with fresh.open("rb") as whole:
                os.fsync(whole.fileno())
            kept = _put_aside(path) if path.exists() else None
            os.replace(fresh, path)
            _sync(folder)
            return kept
    finally:
        marker.close()


def _put_aside(path: Path) -> Path:
    with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as db:  # unless it is damaged, its WAL goes into it
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    stem = kept = f"{path}.{datetime.now():%Y-%m-%dT%H%M%S}"
    count = 1
    while Path(kept).exists():
        count += 1
        kept = f"{stem}.{count}"
    for end in ("-wal", "-shm", ""):  # a new database beside an old WAL would take its pages
        if Path(f"{path}{end}").exists():
            os.rename(f"{path}{end}", kept + end)
    return Path(kept)
