"""How does a badge take a newer firmware over Wi-Fi? It fetches the tree by itself, beside all else that it does.

Loaded when a gateway orders it, forgotten when nothing came of it. `turn` does one slice, of one read and one write at
most, and none while a hand is on the button, something is felt or waits to be told. In an alarm, a question, on a visit
or at work it puts all off, and gives up when that lasts. Each file is one request to the gateway that was heard last,
HTTP/1.0 on the port of its datagrams. Nobody needs to believe that answer: what counts is the list, which is sealed
with this badge's key, and the digest of what lies in the flash (firmware/board/slots.py). What is whole already is not
fetched again, so whatever cuts it short costs only that file.
"""

import binascii
import hashlib
import os
import select
import socket
import sys

from firmware.board import slots
from firmware.codes import SAFE, WHY_AWAY, WHY_CABLE, WHY_CHARGE, WHY_NOT_NOW, WHY_TORN
from firmware.limits import UPDATE_LEAST
from firmware.ticks import after, due, since
from micropython import const

_CHUNK = const(1024)  # bytes of a slice: four pages of flash, and an erase for every fourth
_HEAD_MOST = const(600)
_WAITS = const(100)  # slices without a byte, some ten seconds
_PAUSE_MS = const(5000)  # after what failed
_FAILS_MOST = const(12)  # in a row
_TORN_MOST = const(3)
_PUT_OFF_MS = const(1800000)
_SLACK = const(16384)  # bytes, for what the file system itself writes
_BLOCK = const(4096)
_LIST_MOST = const(32768)  # bytes of a list; a tree's takes 13,000
_VERSION = const(0xFFF)
_EAGAIN = const(11)
_ENOSPC = const(28)
_LINES = const(16)  # of a slice

_one: list = []


def turn(app, now):
    """Do a slice of what `app` was ordered; call it every 100 ms or so while its shift's `update` is not 0."""
    if not _one:
        _one.append(Update(app, now))
    _one[0].turn(now)


class Update:
    """Fetches for `app`, puts off, and ends."""

    def __init__(self, app, now):
        self._app = app
        self._work = None
        self._value = 0  # the order that `_work` carries out
        self._slot = ""
        self._at = -1  # when it goes on after a failure; -1: at once
        self._fails = 0
        self._torn = 0  # what has arrived and was not what it should be, in a row
        self._done_at = now  # a slice

    def turn(self, now):
        """Do a slice, or put it off."""
        badge = self._app.badge
        value = badge.shift.update
        if since(self._done_at, now) >= _PUT_OFF_MS:
            self._end(WHY_NOT_NOW, now)  # whatever it waits for: nobody counts on it any more
            return
        if not badge.shift.may_update(value, badge.alarm.state != SAFE):
            self._put_off()
            return
        waits = badge.outbox.next(now) >= 0 or max(badge.calls.kind)
        if not badge.at_rest() or waits or self._at >= 0 and not due(self._at, now):
            return
        if value != self._value:
            self._put_off()
            self._value = value
        try:
            if self._work is None:
                self._work = self._all()
            next(self._work)
            self._done_at = now
            return
        except StopIteration as end:
            why = end.value
        except OSError as error:
            self._put_off()
            self._fails += 1
            self._at = after(now, _PAUSE_MS)
            why = WHY_CABLE if error.errno == _ENOSPC else WHY_AWAY if self._fails >= _FAILS_MOST else -1
        except Exception as error:  # no room in the heap, say: it ends the update, and no task of the badge
            print("kald: update:", type(error).__name__)
            why = WHY_CABLE
        if why > 0:
            self._end(why, now)
        elif not why:
            self._adopt()

    def _put_off(self):
        if self._work is not None:
            self._work.close()
            self._work = None

    def _end(self, why, now):
        self._put_off()
        badge = self._app.badge
        badge.shift.update = 0
        badge.uplink.refuse(why, now)
        print("kald: no update:", why)
        _one.clear()
        for name in ("update", "slots"):
            sys.modules.pop("firmware.board." + name, None)
            if hasattr(sys.modules.get("firmware.board"), name):
                delattr(sys.modules["firmware.board"], name)

    def _adopt(self):
        board = self._app.board
        self._app.badge.shift.update = 0
        self._work = None
        slots.switch(self._slot)
        board.memory.failed = 0  # what failed before was another firmware
        board.memory.ordered()
        print("kald: updated")
        board.reset()

    def _all(self):
        """Fetch the whole tree into the slot that does not run; return 0, or a WHY_ word."""
        board = self._app.board
        before = slots.running()
        wifi = board.routes[0] if board.routes else None
        if not before or wifi is None or wifi.metered:
            return WHY_CABLE
        if slots.there("/trial"):
            return WHY_NOT_NOW
        if board.battery.percent() < UPDATE_LEAST:
            return WHY_CHARGE
        self._slot = slot = "b" if before == "a" else "a"
        slots.folders(slot, ())
        place = "/" + slot
        yield from wifi_get(wifi, "/%d/%s/list" % (wifi.pairing["device"], slot), place + "/list", _LIST_MOST)
        why, _ = yield from slots.wrong_list(slot, True)
        if why == WHY_TORN and not self._given_up():
            raise OSError
        if why:
            return why
        if int(slots.head(slot)[1], 16) != self._value & _VERSION:
            return WHY_AWAY
        yield from slots.empty(place, self._keep)
        lacks = 0
        for name, size, _ in slots.files(slot):
            at = place + name
            if not slots.there(at) or os.stat(at)[6] != int(size):
                lacks += (int(size) + _BLOCK - 1) // _BLOCK * _BLOCK
            yield
        stat = os.statvfs("/")  # slow: it walks through all that there is
        if stat[0] * stat[3] < lacks + _SLACK:
            return WHY_CABLE
        for name, size, sha in slots.files(slot):
            if not (yield from slots.is_whole(slot, name, size, sha)):
                why = yield from self._file(wifi, slot, name, int(size), sha)
                if why:
                    return why
        why, _ = yield from slots.wrong(slot, True)
        return why

    def _file(self, wifi, slot, name, size, sha):
        at = "/" + slot + name
        if slots.there(at):
            os.remove(at)
            yield
        parts = name.split("/")
        slots.folders(slot, ["/".join(parts[: i + 1]) for i in range(1, len(parts) - 1)])
        yield
        got = yield from wifi_get(wifi, "/" + slot + name, at, size)
        if got == sha:
            self._fails = self._torn = 0
            return 0
        if os.stat(at)[6] < size or not self._given_up():
            raise OSError  # the way was cut; or it is asked for anew
        return WHY_TORN

    def _keep(self, path):
        # the list is read anew for each, since it has no room in the heap
        place = "/" + self._slot
        word = path[len(place) :] + " "
        lines = 0
        with open(place + "/list") as file:
            for line in file:
                if line.startswith(word):
                    return True
                lines += 1
                if lines % _LINES == 0:
                    yield
        return path == place + "/list"

    def _given_up(self):
        self._torn += 1
        return self._torn >= _TORN_MOST


def wifi_get(wifi, path, to, most):
    """Write what the gateway has under `path` into the file `to`; return its SHA-256. In slices; raises OSError.

    most: of bytes; what is longer is read no further, since whoever answers in its place could fill the flash.
    """
    sha = hashlib.sha256()
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        yield from _connected(made, socket.getaddrinfo(wifi.proven, wifi.pairing["port"])[0][-1])
        made.send(b"GET " + path.encode() + b" HTTP/1.0\r\n\r\n")
        data = b""
        while b"\r\n\r\n" not in data:
            more = yield from _some(made)
            data += more
            if not more or len(data) > _HEAD_MOST + _CHUNK:
                raise OSError
        if not data.startswith(b"HTTP/1.0 200 "):
            raise OSError
        data = data[data.index(b"\r\n\r\n") + 4 :]
        with open(to, "wb") as file:
            while True:
                if data:
                    file.write(data)
                    sha.update(data)
                    most -= len(data)
                    yield
                data = yield from _some(made)
                if not data or most < 0:
                    break
    finally:
        made.close()
    yield
    return binascii.hexlify(sha.digest()).decode()


def _connected(made, address):
    poll = select.poll()
    poll.register(made, select.POLLOUT)
    try:
        made.connect(address)
    except OSError:
        pass  # it is under way; one that has failed the poll tells
    for _ in range(_WAITS):
        yield
        for _, what in poll.poll(0):
            if what & (select.POLLERR | select.POLLHUP):
                raise OSError
            return
    raise OSError


def _some(made):
    for _ in range(_WAITS):
        try:
            return made.recv(_CHUNK)
        except OSError as error:
            if error.errno != _EAGAIN:
                raise
        yield
    raise OSError
