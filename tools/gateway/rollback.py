"""Is this database the one that the last run left, or an older one, put back from a backup?

A database cannot know what was sent after its copy was made. So a marker lies beside it, `kald.line`, that says how far
it has come:

    line      the database it belongs to, a random name that is given when it is made
    number    this gateway's sender number
    turns     transactions with frames of badges in them; the database counts the same, in the same commit
    wrote_s   when this was written, Unix seconds
    next      the first downlink counter that is not reserved yet
    place     the folder it lies in, eight letters of its name's SHA-256
    here      the same of this machine's name, four letters, and of the number that the file has on its disk, four

The marker is written after each such commit, and each that reserves counters, and never waited for, so it lags behind
the database and is never ahead. A database that is behind its marker, that has another line, or that has been used and
finds no marker, was put back. So was one whose marker names another folder: a copy of the whole, beside which the first
may still be running. So was one that says of both, machine and file, that they are others: a folder that is carried
over to a spare machine while its gateway runs has fresh times. (A disk that moves keeps its file's number, and a
container made anew has the same disk.) And so was a marker whose file was last changed at another time than it says:
whatever copies files, no program can set the time at which a file was last changed (ctime). Data and times of a file
reach the disk some seconds apart, so that a power cut may part them by half a minute; two minutes are allowed.

A new owner or mode changes that time as well (`chown -R`), and so does a link that a backup makes. So a second marker,
the witness, says the same outside the folder, where whoever copies the folder does not copy it: systemd's
StateDirectory, or the user's state folder. If it was written by the last run, and agrees, nothing was put back; a
database that is behind it was. Where there is none, as in a container, the time alone decides, and errs on the safe
side. A folder in a place for what passes (/tmp) has none.

A database that `kald restore` has put there says so itself. What none of this can see, a whole disk put back from its
image, a person must say: `kald gateway --restored`.

Who was put back takes a new sender number at random, so that no nonce is used twice whatever it sent before, and
begins its counters with the seconds since 2026: a gateway sends less than one downlink a second over its life, so these
are above all it ever used, should the number be one that an even later life had taken already.
"""

import hashlib
import json
import os
import secrets
import tempfile
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from tools.gateway.tables import BADGES, DOWNLINKS, GATEWAYS, SETTINGS

NAME = "kald.line"
Said = dict[str, Any]  # what stands in a marker, {} for nothing that can be read
APART_S = 120
_PASSING = ("/tmp", "/var/tmp", "/dev/shm", "/run")  # what lies here is gone after a while, and nobody puts it back
_RESTORED = "restored"  # a key of SETTINGS, there from the restore until a gateway has seen it
_BYTES = 160
_EPOCH_S = 1_767_225_600  # 2026-01-01
_NUMBERS = range(1, 256)
_COUNTERS = 1 << 30


class Held(Exception):
    """Another process has the folder."""


class Spent(Exception):
    """All sender numbers are used up."""


def _here(file: int) -> str:
    """Return by what a copy on another machine is known: four letters of this machine's, four of the open file's."""
    machine = b""
    with suppress(OSError), open("/etc/machine-id", "rb") as text:
        machine = text.read()
    return "".join(hashlib.sha256(each).hexdigest()[:4] for each in (machine, str(os.fstat(file).st_ino).encode()))


def _elsewhere(said: str, here: str) -> bool:
    machine, number = (said[part] != here[part] for part in (slice(4), slice(4, None)))
    return machine and number


def _ahead(said: Said, row: Row[Any]) -> bool:
    return said["turns"] > row.turns or said.get("next", 0) > row.next_counter


def _as_written(file: int, said: Said) -> bool:
    """Return whether nobody has touched the file since it was written."""
    return abs(os.fstat(file).st_ctime - said["wrote_s"]) <= APART_S


def make(db: Connection) -> None:
    """Give a new database its line and its first sender number."""
    db.execute(insert(GATEWAYS).values(number=1, next_counter=1, line=secrets.token_hex(8)))


def present(db: Connection) -> Row[Any] | None:
    """Return the row of the sender number in use, None if there is none.

    There are several in what was put back from a house with several gateways, which has told so by `mark`.
    """
    return db.execute(select(GATEWAYS).where(~GATEWAYS.c.retired).order_by(GATEWAYS.c.number)).first()


def mark(db: Connection) -> None:
    """Let the database say of itself that it was put back."""
    db.execute(delete(SETTINGS).where(SETTINGS.c.key == _RESTORED))
    db.execute(insert(SETTINGS).values(key=_RESTORED, value="1"))


def marked(db: Connection) -> bool:
    """Return whether `mark` was called since this was last asked."""
    return db.execute(delete(SETTINGS).where(SETTINGS.c.key == _RESTORED)).rowcount > 0


def _within(folder: str, others: Iterable[str]) -> bool:
    return any(os.path.commonpath((folder, other)) == other for other in others)


def _outside(folder: str) -> str | None:
    """Return the path of the witness of `folder`, None if it has none."""
    state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    home = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    state = os.path.realpath(state or os.path.join(home, "kald"))
    passing = (*_PASSING, os.path.realpath(tempfile.gettempdir()))
    if _within(state, [folder]) or _within(folder, passing):
        return None
    return os.path.join(state, hashlib.sha256(os.fsencode(folder)).hexdigest()[:16] + ".line")


class Marker:
    """The file at `path`, and its witness. Raises OSError when the former cannot be written."""

    def __init__(self, path: Path):
        folder = os.path.realpath(os.path.dirname(path))
        self._place = hashlib.sha256(os.fsencode(folder)).hexdigest()[:8]
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._files = [self._file]  # that are written: the witness too, if there can be one
        self._here = _here(self._file)
        self._outside = _outside(folder)
        self._said: Said = {}
        self._turns = 0

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files:
            os.close(file)

    def _witness(self) -> list[int]:
        """Open the witness, or make it; where none can be there is none."""
        if self._outside and len(self._files) == 1:
            with suppress(OSError):
                os.makedirs(os.path.dirname(self._outside), 0o700, exist_ok=True)
                self._files.append(os.open(self._outside, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        return self._files[1:]

    def hold(self) -> None:
        """Keep the folder from another gateway until `close`, or until this process ends. Raises Held."""
        import fcntl  # here, since `kald pair` reads this file on Windows, too, which has none

        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.close()
            raise Held from error

    def behind(self, row: Row[Any]) -> bool:
        """Return whether the database whose row of GATEWAYS is given is older than the marker, or not its own."""
        if row.number not in _NUMBERS or not 0 < row.next_counter < _COUNTERS:
            return True  # a bit has flipped: nothing can be sent under it
        said = self.read()
        if not said:
            return row.turns > 0
        if (said["line"] != row.line or said["number"] != row.number or _ahead(said, row)
                or said.get("place", self._place) != self._place  # an older version has named none
                or _elsewhere(str(said.get("here", self._here)), self._here)):
            return True
        for file in self._witness():
            seen = self.read(file)
            if seen and seen["line"] == row.line and seen["number"] == row.number:
                if _ahead(seen, row):
                    return True
                if _as_written(file, seen):
                    return False
        return not _as_written(self._file, said)

    def older(self, row: Row[Any] | None) -> bool:
        """Return whether the row of GATEWAYS with the marker's number (None: there is none) is older than the marker.

        Asked where the database is on a server: this file lies beside nothing, and a new gateway has none.
        """
        said = self.read()
        if not said or row is None:
            return bool(said)
        return not row.retired and (said["line"] != row.line or said["turns"] > row.turns)

    def read(self, file: int | None = None) -> Said:
        """Return what the marker says, or its witness, {} for a new or damaged one."""
        try:
            said = json.loads(os.pread(file or self._file, _BYTES, 0))
            whole = isinstance(said["line"], str) and all(
                type(said[name]) is int for name in ("number", "turns", "wrote_s")
            ) and type(said.get("next", 0)) is int
        except (ValueError, KeyError, TypeError):
            return {}
        return said if whole else {}

    def begin(self, row: Row[Any]) -> None:
        """Write the marker for a run whose row of GATEWAYS is given, and see it on the disk."""
        self._said = {"line": row.line, "number": row.number, "place": self._place, "here": self._here,
                      "next": row.next_counter}
        self._witness()
        self.write(row.turns)
        os.fsync(self._file)

    def write(self, turns: int) -> None:
        """Say that so many transactions are on the disk."""
        self._turns = turns
        if self._said:
            said = json.dumps({**self._said, "turns": turns, "wrote_s": int(time.time())})
            for file in self._files:
                os.pwrite(file, said.ljust(_BYTES - 1).encode() + b"\n", 0)

    def reserved(self, end: int) -> None:
        """Say that the downlink counters below `end` are reserved."""
        if self._said:
            self._said["next"] = end
            self.write(self._turns)


def fresh(used: Collection[int], reserved: int | None) -> tuple[int, int]:
    """Return a new sender number and its first counter, which no later life has used either. Raises Spent.

    used: numbers that are known to be. reserved: the highest counter that is, None for none.
    """
    free = [one for one in _NUMBERS if one not in used]
    if not free:
        raise Spent("every sender number has been used; name a new --data folder and pair the badges again")
    return secrets.choice(free), max(int(time.time()) - _EPOCH_S, reserved or 1) % _COUNTERS


def renew(db: Connection, number: int = 0) -> None:
    """Go on under a new sender number, and doubt every badge's counter. number: one more that is used. Raises Spent."""
    before = db.execute(select(func.max(GATEWAYS.c.next_counter).label("next_counter"),
                               func.max(GATEWAYS.c.turns).label("turns")).where(~GATEWAYS.c.retired)).one()
    used = {*db.execute(select(GATEWAYS.c.number)).scalars(), number}
    new, start = fresh(used, before.next_counter)
    db.execute(update(GATEWAYS).values(retired=True))
    db.execute(insert(GATEWAYS).values(
        number=new, next_counter=start, line=secrets.token_hex(8), turns=before.turns or 0
    ))
    db.execute(update(DOWNLINKS).values(counters=" "))  # what was sent under the old number is answered to it
    db.execute(update(BADGES).values(unverified=True))
    keyed = update(BADGES).where(BADGES.c.group_key.is_not(None))
    db.execute(keyed.values(group_key=0))  # they believe that number's calls
