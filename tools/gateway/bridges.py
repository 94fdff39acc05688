"""Which frames do the bridges on this machine's USB ports hear, and which of them sends the answer?

    ports ─► open, ASK ─► STATUS: its number ─► HEARD: (frame, ("bridge", number)) ─► Radio
                                                SEND  ◄─ the bridge that heard that badge best the last time

("bridge", number) stands where a badge on Wi-Fi has (host, port), in the database too: a host is never called so. If
that bridge is gone, another one tries.

Acks go to the bridge at once. Downlinks wait here and go one at a time, each with the time that it, the badge's TOLD
and the ack of that take in the air: a call to thirty badges, repeated every second, would otherwise talk over its own
answers. While one waits, the next that says the same takes its place: what was not TOLD is repeated. What is of one
kind and to one badge, but says something else, takes turns with it: two alarms call, and both must be heard. A call
takes the place of the one before to the same alarm, and whoever is stood down is called no more. A badge that may be
dozing is called with a preamble that wakes it, and so is a whole group.

A port that fails is closed and tried again after a pause that grows; one where no bridge ever answered is somebody
else's, and asked every ten minutes. A cable may come and go at any time, under another name: a bridge is known by its
number. Nothing here waits, and time is a parameter. When two bridges hear one frame, the Radio gets it once, from the
one that heard it better if both came in the same turn, else from the first.

Opening a port must not reset the board behind it: DTR and RTS are held low from before (ESP32 boards wire both to reset
and boot; Espressif, esptool documentation, "Automatic Bootloader").
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

import serial
from serial.tools import list_ports

from firmware.board.lora import DOWN
from firmware.bridge import ABSENT
from firmware.link import cobs, frame
from firmware.link.airtime import airtime_ms
from firmware.link.region import LOWEST_KHZ
from tools.gateway.core.rows import BRIDGE, Address
from tools.gateway.datagrams import Datagram

try:
    from termios import error as TerminalError
except ImportError:
    TerminalError = OSError  # type: ignore[misc, assignment]  # Windows, whose ports raise no other

VENDORS = {0x10C4, 0x1A86, 0x0403, 0x303A}  # CP210x, CH340, FTDI, Espressif
LOOK_MS = 1000
ASK_MS = 3000
SILENT_MS = 10_000  # three ASKs and no STATUS: not a bridge, or not any more
PAUSE_MS = (1000, 2000, 5000, 15_000, 60_000)
STRANGE_MS = (15_000, 60_000, 600_000)  # where no bridge ever answered; one that was starting answers the second time
PACE_MS = 280  # SF7: 27, 20 and 15 bytes are 67, 57 and 52 ms; three looks, cable twice and a commit; see .ci/air.py
WAKING_PACE_MS = 1300  # the same after a preamble of a second
AWAKE_MS = 2500  # a badge listens on for 3 s after it has heard something (firmware/app.py)
QUIET_MS = 600  # after an alarm's ack: if it was lost, the badge says it again after 400 ms and hears the next in peace
_TURN_BYTES = (27, 20)  # a call, and the TOLD of it
_PASSED_MOST = 4  # what takes no second goes before what does, but no more of it than would take a second
_ENDS = {frame.CALL: frame.STAND_DOWN, frame.STAND_DOWN: frame.CALL}
REMEMBERED = 512  # uplinks, to know their second copy and the rank of their ack
SAME_MS = 5000  # a second copy over another bridge is not later than this
Fact = dict[str, Any]  # what is known of one bridge: "port", "number", and its status
_STATUS = struct.Struct(">BHBHHHHHHHBBHBHB")
_FIELDS = ("version", "number", "state", "heard", "sent", "refused", "dropped", "spoiled", "failures", "busy",
           "rssi_dbm", "snr_db", "left_s", "crashes", "khz", "sf")


def usb_ports() -> list[str]:
    """Return the device paths of ports whose USB maker puts serial chips onto ESP32 boards."""
    return [port.device for port in list_ports.comports() if port.vid in VENDORS]


def open_port(path: str) -> serial.Serial:
    """Open a port without waiting in anything; raises OSError. Nobody else may have it open."""
    port = serial.Serial(None, 115200, timeout=0, write_timeout=0, exclusive=True)
    port.dtr = port.rts = False
    port.port = path
    try:
        port.open()
    except TerminalError as error:
        raise OSError(*error.args) from error
    return port


def slower_ms(sf: int) -> int:
    """Return how much longer than at SF7 a downlink and its TOLD take, ms. sf: what a board says, whatever that is."""
    sf = min(max(sf, 7), 12)
    return sum(airtime_ms(n, sf) - airtime_ms(n, 7) for n in _TURN_BYTES)


_Message = TypeVar("_Message")


class Turns(Generic[_Message]):
    """Downlinks that wait until it is their turn, by (device, type), then by what they say; the oldest is first."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[bytes, int | None], dict[tuple[int, ...], tuple[_Message, bool]]] = {}
        self._passed = 0  # short ones that went while a long one waited

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, data: bytes, what: tuple[int, ...], message: _Message, long: bool = False) -> None:
        """Let `message`, whose frame is `data`, wait; what: names what it says. long: it takes a second in the air."""
        if data[0] == frame.GROUP_CALL:  # each is said once; all of them are one of those who wait
            what = tuple(data[:8])
        self._waiting.setdefault((data[1:3], data[0]), {})[what] = message, long  # keeps the place of the one before

    def end(self, data: bytes, what: tuple[int, ...]) -> None:
        """Forget the call that the frame `data` ends, or the stand-down that it does: both name the alarm."""
        key = (data[1:3], _ENDS.get(data[0]))
        some = self._waiting.get(key, {})
        if some.pop(what, None) and not some:
            del self._waiting[key]

    def take(self) -> _Message:
        """Take what is sent next: the oldest, but what is long goes after what is not, if that is not much."""
        first = {key: next(iter(some.values())) for key, some in self._waiting.items()}
        long = [key for key, message in first.items() if message[1]]
        short = [key for key in first if key not in long]
        key = (short if short and (not long or self._passed < _PASSED_MOST) else long)[0]
        self._passed = self._passed + 1 if long and key in short else 0
        some = self._waiting.pop(key)
        some.pop(next(iter(some)))
        if some:
            self._waiting[key] = some  # behind what else waits
        return first[key][0]


class Link:
    """One open port. `number`: the bridge's, None until it has said so. `status`: its last, by field."""

    def __init__(self, port: Any, now_ms: int):
        self.port = port
        self.number: int | None = None
        self.status: dict[str, Any] = {}
        self.opened_ms = self.said_ms = self.free_ms = now_ms
        self.waiting: Turns[bytes] = Turns()
        self.asked_ms: int | None = None
        self._buf = bytearray(cobs.MESSAGE_BYTES + 2)
        self.reader = cobs.Reader(self._buf)

    def messages(self) -> list[bytes]:
        """Read what has come; return the whole messages. Raises OSError when the port is gone."""
        try:
            data = self.port.read(4096)
        except TerminalError as error:
            raise OSError(*error.args) from error
        found = []
        for byte in data:
            n = self.reader.take(byte)
            if n:
                found.append(bytes(self._buf[:n]))
        return found

    def write(self, message: bytes) -> bool:
        """Write one message; return whether all of it went. Raises OSError when the port is gone."""
        out = bytearray(len(message) + cobs.WRITTEN_MORE)
        n = cobs.write(out, message, len(message))
        try:
            return self.port.write(memoryview(out)[:n]) == n
        except TerminalError as error:
            raise OSError(*error.args) from error


class Bridges:
    """All bridges of one gateway. find() gives paths, open(path) a port as pyserial has it, raising OSError.

    opened(port), closed(port): called for who waits on file descriptors. counts: what went wrong, by reason.
    wakes: whether calls wake dozing badges, which takes a second in the air each. told: somebody has named the ports.
    """

    def __init__(self, find: Callable[[], Iterable[str]] = usb_ports, open: Callable[[str], Any] = open_port,
                 opened: Callable[[Any], object] | None = None, closed: Callable[[Any], object] | None = None,
                 pace_ms: int = PACE_MS, wakes: bool = True, told: bool = False):
        self._find = find
        self._open = open
        self._opened = opened or (lambda port: None)
        self._closed = closed or (lambda port: None)
        self._pace_ms = pace_ms
        self._wakes = wakes
        self._told = told
        self._links: dict[str, Link] = {}  # by path
        self._fails: dict[str, tuple[int, int]] = {}  # by path: (how often in a row, not before)
        self._looked_ms: int | None = None
        # frame: (when it was first heard, how strong at best, by which bridge, acked); oldest first
        self._uplinks: dict[bytes, tuple[int, int, int, bool]] = {}
        self._nearer: dict[bytes, int] = {}  # device, as 2 bytes: the bridge that heard its last acked frame best
        self._acked_ms: dict[bytes, int] = {}  # device: when it was last sent an ack, and so listens
        self.counts: dict[str, int] = {}
        self.heard: Callable[[tuple[int, bytes, int, float]], None] = lambda one: None  # bridge, frame, dBm, SNR in dB

    def tend(self, now_ms: int) -> None:
        """Look for ports, ask who is there, give up who says nothing; quick, call it about ten times a second."""
        if self._looked_ms is None or now_ms - self._looked_ms >= LOOK_MS:
            self._looked_ms = now_ms
            there = set(self._find())
            for path in [path for path in self._links if path not in there]:
                self._write(path, bytes([cobs.BYE]), now_ms)  # it may be lent, and not out
                if path in self._links:
                    self._drop(path, "gone", now_ms)
            for path in set(self._fails) - there:
                if self._fails[path][0] and path not in self._links:
                    self._fails.pop(path)  # what is plugged in anew is asked anew
            for path in sorted(there - set(self._links)):
                if now_ms >= self._fails.get(path, (0, now_ms))[1]:
                    self._try(path, now_ms)
        for path, link in list(self._links.items()):
            if now_ms - link.said_ms > SILENT_MS:
                self._drop(path, "silent", now_ms)
            elif link.asked_ms is None or now_ms - link.asked_ms >= ASK_MS:
                link.asked_ms = now_ms
                self._write(path, bytes([cobs.ASK]), now_ms)
        for path, link in list(self._links.items()):
            if link.waiting and now_ms >= link.free_ms:
                message = link.waiting.take()
                pace_ms = WAKING_PACE_MS if message[1] == cobs.CALLS else self._pace_ms
                link.free_ms = now_ms + pace_ms + slower_ms(link.status["sf"])
                self._write(path, message, now_ms)

    def receive(self, now_ms: int) -> list[Datagram]:
        """Return [(frame, ("bridge", number))] of what was heard since, each frame once."""
        heard: dict[bytes, tuple[int, int]] = {}
        for path, link in list(self._links.items()):
            try:
                messages = link.messages()
            except OSError:
                self._drop(path, "gone", now_ms)
                continue
            for message in messages:
                self._said(path, link, message, heard, now_ms)
        return [(data, (BRIDGE, number)) for data, (_, number) in heard.items()]

    def send(self, data: bytes, address: Address, now_ms: int) -> bool:
        """Give a frame to the bridge at `address`, or to a better one; return whether one took it.

        What stands behind the bridge's number in the address names what the frame says: a repeat has the same.
        """
        if data[0] == frame.ACK:
            self._proven(data)
        to_all = data[0] == frame.GROUP_CALL
        path, link = self._through(address[1] if to_all else self._nearer.get(data[1:3], address[1]))
        if path is None or link is None:
            self._count("no bridge")
            return False
        rank = self._rank(data, now_ms)
        message = bytes([cobs.SEND, rank]) + data
        if data[0] == frame.ACK:
            self._acked_ms[data[1:3]] = now_ms
            if rank == cobs.ALARM_ACKS:
                link.free_ms = max(link.free_ms, now_ms + QUIET_MS)
            return self._write(path, message, now_ms)
        for other in self._links.values() if address[2:] else ():
            other.waiting.end(data, address[2:])
        link.waiting.put(data, address[2:], message, rank == cobs.CALLS and not to_all)
        return True

    def waiting(self) -> bool:
        """Return whether a downlink waits for its turn: `tend` is wanted again in some 20 ms."""
        return any(link.waiting for link in self._links.values())

    def facts(self) -> list[Fact]:
        """Return one dict per bridge, for the board."""
        return [{"port": path, "number": link.number, **link.status} for path, link in sorted(self._links.items())]

    def close(self) -> None:
        """Leave all bridges to whoever comes next, and close their ports."""
        for path in list(self._links):
            self._write(path, bytes([cobs.BYE]), 0)
        for path in list(self._links):
            self._drop(path, "closed", 0)

    # Inside

    def _through(self, number: int) -> tuple[str | None, Link | None]:
        others: tuple[str | None, Link | None] = (None, None)
        for path, link in self._links.items():
            if link.number == number:
                return path, link
            if link.number is not None and link.status["state"] not in (DOWN, ABSENT):
                others = (path, link)
        return others

    def _count(self, reason: str) -> None:
        self.counts[reason] = self.counts.get(reason, 0) + 1

    def _try(self, path: str, now_ms: int) -> None:
        try:
            port = self._open(path)
        except OSError:
            self._fail(path, "cannot open", now_ms)
            return
        self._links[path] = Link(port, now_ms)
        self._opened(port)

    def _fail(self, path: str, reason: str, now_ms: int, pauses: Sequence[int] = PAUSE_MS) -> None:
        self._count(reason)
        times = self._fails.get(path, (0, 0))[0]
        self._fails[path] = (times + 1, now_ms + pauses[min(times, len(pauses) - 1)])

    def _drop(self, path: str, reason: str, now_ms: int) -> None:
        link = self._links.pop(path)
        self._closed(link.port)
        try:
            link.port.close()
        except (OSError, TerminalError):
            self._count("close")  # the cable is out already
        strange = reason == "silent" and link.number is None and not self._told
        self._fail(path, reason, now_ms, STRANGE_MS if strange else PAUSE_MS)

    def _write(self, path: str, message: bytes, now_ms: int) -> bool:
        try:
            whole = self._links[path].write(message)
        except OSError:
            self._drop(path, "gone", now_ms)
            return False
        if not whole:
            self._count("cable full")  # the rest of it is noise to the bridge
        return whole

    def _said(self, path: str, link: Link, message: bytes, heard: dict[bytes, tuple[int, int]], now_ms: int) -> None:
        if message[0] == cobs.STATUS and len(message) == cobs.STATUS_BYTES:
            self._status(path, link, message, now_ms)
        elif message[0] == cobs.HEARD and len(message) > cobs.HEARD_HEAD and link.number is not None:
            data = message[cobs.HEARD_HEAD :]
            self.heard((link.number, data, -message[1], (message[2] - 128) / 4))
            better = data in heard and heard[data][0] < -message[1]
            if self._first(data, -message[1], link.number, now_ms) or better:
                heard[data] = (-message[1], link.number)
        else:
            self._count("message")

    def _status(self, path: str, link: Link, message: bytes, now_ms: int) -> None:
        status = dict(zip(_FIELDS, _STATUS.unpack_from(message, 1)))
        status["rssi_dbm"] = -status["rssi_dbm"]
        status["snr_db"] = (status["snr_db"] - 128) / 4
        status["khz"] += LOWEST_KHZ
        number = status.pop("number")
        if any(other.number == number for other in self._links.values() if other is not link):
            self._count(f"two bridges have the number {number}")
            return
        link.said_ms = now_ms
        link.number = number
        link.status = status
        self._fails.pop(path, None)

    def _first(self, data: bytes, rssi_dbm: int, number: int, now_ms: int) -> bool:
        # Whole frames are compared, not their readable heads: a forged head must not hide the true frame behind it.
        known = self._uplinks.pop(data, None)
        if known is not None and now_ms - known[0] <= SAME_MS:
            self._uplinks[data] = known
            self._count("second copy")
            if rssi_dbm > known[1]:
                self._uplinks[data] = (known[0], rssi_dbm, number, known[3])
                if known[3]:
                    self._nearer[data[1:3]] = number
            return False
        self._uplinks[data] = (now_ms, rssi_dbm, number, False)
        while len(self._uplinks) > REMEMBERED:
            del self._uplinks[next(iter(self._uplinks))]
        return True

    def _answered(self, ack: bytes) -> list[bytes]:
        mine = (ack[1:3], ack[4:6])  # device, low half of the counter
        return [uplink for uplink in self._uplinks if (uplink[1:3], uplink[5:7]) == mine]

    def _proven(self, ack: bytes) -> None:
        # Only what is acked was opened: a forged frame must not lead a badge's downlinks to where it was sent.
        found = self._answered(ack)
        self._nearer.pop(ack[1:3], None)
        if len(found) == 1:
            self._uplinks[found[0]] = (*self._uplinks[found[0]][:3], True)
            self._nearer[ack[1:3]] = self._uplinks[found[0]][2]

    def _rank(self, data: bytes, now_ms: int) -> int:
        # what belongs to an alarm may spend what the law's budget keeps for alarms
        if data[0] == frame.GROUP_CALL:
            return cobs.CALLS if self._wakes else cobs.URGENT
        if data[0] in (frame.STEP, frame.CALL, frame.STAND_DOWN):
            acked_ms = self._acked_ms.get(data[1:3], -AWAKE_MS)
            dozes = self._wakes and data[0] == frame.CALL and now_ms - acked_ms >= AWAKE_MS
            return cobs.CALLS if dozes else cobs.URGENT  # who waits for a step, or has been called, is awake
        if data[0] == frame.ACK and len(data) > frame.ACK_HEAD:
            alarms = any(uplink[0] in (frame.ALARM, frame.ANSWER) for uplink in self._answered(data))
            return cobs.ALARM_ACKS if alarms else cobs.ACKS
        return cobs.ORDINARY
