"""Who carries sealed frames between the LoRa radio and the cable to the gateway?

A badge without a body: no key, no alarm, no counter. What it hears goes up the cable, what the gateway gives is sent.
It stores nothing and promises nothing: an ack goes from the gateway's disk to the badge, so what is lost here is sent
again. Messages of the cable: firmware/link/cobs.py. A fixed list of tasks, as in firmware/app.py:

    air    the radio: frames heard, frames sent, the graver first
    line   the cable: bytes in, messages told apart
    mind   watchdog, status

A gateway is there while it ASKs at least every HOST_MS and has not said BYE; otherwise nothing is written, and the
console is a console, with Ctrl-C as the technician's door. A bridge without a radio serves its cable all the same, and
says there that it has none.

    STATUS, after its first byte   version 1 | number of the bridge 2 | state of the radio 1 (board/lora.py, or ABSENT)
                                   heard 2 | sent 2 | put off by law 2 | dropped here 2 | spoiled on the cable 2
                                   failures of the radio 2 | busy looks 2 | last RSSI below 0 dBm 1
                                   last SNR in quarter dB, + 128 1
                                   airtime left in the band, s 2 | crashes 1
                                   channel, kHz above 863 MHz 2 | SF 1             (counts stop at 65535)
"""

import asyncio
import sys

from firmware.link import cobs
from firmware.link.region import LOWEST_KHZ
from firmware.ticks import after, due, since
from micropython import const

VERSION = const(2)
ABSENT = const(6)  # instead of a state of firmware/board/lora.py
WATCHDOG_MS = const(8000)
HOST_MS = const(10000)
SLOTS = const(16)
FRAME_BYTES = const(64)
LATE_MS = const(3000)  # the gateway says it again after 1 to 5 s; two of the same are worse than one
_AIR_MS = const(5)
_LINE_MS = const(5)
_LINE_BYTES = const(64)
_MIND_MS = const(100)
_STATUS_MS = const(5000)
_PUT_OFF_MS = const(100)
_WELL_MS = const(30000)  # after as long, the dips before no longer count
_CRASHES_MOST = const(5)
_TASKS = const(3)


class NoRadio:
    """What a bridge has where its board has no LoRa, or micropython-lib's package is not installed."""

    state = ABSENT
    sent = refused = failures = busy = rssi_dbm = snr_quarter_db = 0

    def tend(self, now):
        """Do nothing."""

    def up(self):
        """Return False."""
        return False

    def receive(self, buf):
        """Return 0, nothing heard."""
        return 0

    def left_s(self, now):
        """Return 0, nothing may be sent."""
        return 0


class Bridge:
    """Runs on `board` (now, watch, feed, reset, memory: boots, well() and crashed(reason)).

    pairing: as firmware/settings.py returns it for a bridge: number (1 .. 65535, by which the gateway knows it), lora.
    lora: as firmware/board/radio.py. line: as firmware/board/serial.py.
    """

    def __init__(self, board, pairing, lora, line):
        self.board = board
        self.lora = lora
        self.line = line
        self._number = pairing["number"]
        self._channel = pairing["lora"]["khz"] - LOWEST_KHZ
        self._sf = pairing["lora"]["sf"]
        self._alive = bytearray(_TASKS)
        self._rank = bytearray(SLOTS)  # 0: free; else the cable's rank + 1, and the higher goes first
        self._length = bytearray(SLOTS)
        self._frames = bytearray(SLOTS * FRAME_BYTES)
        self._came_at = [0] * SLOTS
        self._order = [0] * SLOTS  # in which they came
        self._taken = 0
        self._frame = bytearray(FRAME_BYTES)
        self._message = bytearray(cobs.MESSAGE_BYTES)
        self._out = bytearray(cobs.MESSAGE_BYTES + cobs.WRITTEN_MORE)
        self._in = bytearray(cobs.MESSAGE_BYTES + 2)
        self._bytes = bytearray(_LINE_BYTES)
        self._reader = cobs.Reader(self._in)
        self._asked_at = -1
        self._began_at = self._status_at = board.now()
        self._put_off_at = board.now()
        self._put_off = 0  # rank + 1 of what the law does not let go now
        self.heard = 0
        self.dropped = 0
        self.crashes = 0

    def run(self):
        """Run until the chip resets. KeyboardInterrupt passes: it is the technician."""
        asyncio.run(self._all())

    async def _all(self):
        self.board.watch(WATCHDOG_MS)
        tasks = ((0, self.turn_air, _AIR_MS), (1, self.turn_line, _LINE_MS), (2, self.turn_mind, _MIND_MS))
        await asyncio.gather(*[self._guard(*task) for task in tasks])

    async def _guard(self, i, turn, pause_ms):
        while True:
            try:
                turn(self.board.now())
                self._alive[i] = 1
                await asyncio.sleep_ms(pause_ms)
            except Exception as error:  # ours: recorded, and the task goes on
                self._crashed(error)
                await asyncio.sleep_ms(_MIND_MS)

    def _crashed(self, error):
        sys.print_exception(error)
        self.crashes += 1
        self.board.memory.crashed(type(error).__name__)
        if self.crashes > _CRASHES_MOST:
            self.board.reset()

    # One round of each task; a house in virtual time (tools/sim/house) calls these when something has happened

    def turn_air(self, now):
        """Look after the radio: what it heard, what it may send."""
        self.lora.tend(now)
        n = self.lora.receive(self._frame)
        if n:
            self.lora.reached()
            self.heard += 1
            self._tell_heard(n)
        if self.lora.up():
            self._send(now)

    def turn_line(self, now):
        """Read the cable."""
        for at in range(self.line.read(self._bytes)):
            n = self._reader.take(self._bytes[at])
            if n:
                self._take(n, now)
        if self._asked_at >= 0 and since(self._asked_at, now) > HOST_MS:
            self._leave()

    def turn_mind(self, now):
        """Feed the watchdog once all have come round, and tell the status."""
        if min(self._alive):
            self.board.feed()
            for task in range(_TASKS):
                self._alive[task] = 0
        if self.board.memory.dips and since(self._began_at, now) >= _WELL_MS:
            self.board.memory.well()
        if self._asked_at >= 0 and due(self._status_at, now):
            self._tell_status(now)

    def _leave(self):
        self._asked_at = -1
        self.line.raw(False)

    def waiting(self):
        """Return how many frames wait to be sent."""
        count = 0
        for rank in self._rank:
            if rank:
                count += 1
        return count

    # From the cable

    def _take(self, n, now):
        type = self._in[0]
        if type == cobs.ASK:
            if self._asked_at < 0:
                self.line.raw(True)
            self._asked_at = now
            self._tell_status(now)
        elif type == cobs.BYE:
            self._leave()
        elif type == cobs.SEND and 0 < n - cobs.SEND_HEAD <= FRAME_BYTES and self._in[1] <= cobs.ALARM_ACKS:
            self._keep(n - cobs.SEND_HEAD, self._in[1] + 1, now)
        else:
            self.dropped += 1

    def _keep(self, n, rank, now):
        # a full queue loses the least grave, and of these the newest
        slot = -1
        for i in range(SLOTS):
            if not self._rank[i]:
                slot = i
                break
            if self._grave(self._rank[i]) < self._grave(rank) and (slot < 0 or self._before(slot, i)):
                slot = i
        if slot < 0 or self._rank[slot]:
            self.dropped += 1
        if slot < 0:
            return
        self._rank[slot] = rank
        self._length[slot] = n
        self._came_at[slot] = now
        self._taken += 1
        self._order[slot] = self._taken
        for i in range(n):
            self._frames[slot * FRAME_BYTES + i] = self._in[cobs.SEND_HEAD + i]

    def _before(self, a, b):
        # which goes first? the higher rank, then the older; a call that wakes is longer than others, not graver
        rank_a = self._grave(self._rank[a])
        rank_b = self._grave(self._rank[b])
        return rank_a > rank_b if rank_a != rank_b else self._order[a] < self._order[b]

    @staticmethod
    def _grave(rank):
        return cobs.URGENT + 1 if rank == cobs.CALLS + 1 else rank

    # To the air

    def _send(self, now):
        slot = -1
        for i in range(SLOTS):
            if not self._rank[i]:
                continue
            if since(self._came_at[i], now) > LATE_MS:
                self._rank[i] = 0
                self.dropped += 1
            elif slot < 0 or self._before(i, slot):
                slot = i
        if slot < 0:
            self._put_off = 0  # or what comes days later could take it for yesterday's
            return
        if self._rank[slot] <= self._put_off and not due(self._put_off_at, now):
            return
        rank = self._rank[slot] - 1
        is_alarm = rank != cobs.ORDINARY and rank != cobs.ACKS
        if self.lora.cure(is_alarm, now):
            return
        n = self._length[slot]
        for i in range(n):
            self._frame[i] = self._frames[slot * FRAME_BYTES + i]
        if self.lora.send(self._frame, n, is_alarm, rank == cobs.CALLS):
            self._put_off = 0
            self._rank[slot] = 0
        else:
            self._put_off = rank + 1
            self._put_off_at = after(now, _PUT_OFF_MS)

    # To the cable

    def _tell_heard(self, n):
        if self._asked_at < 0:
            self.dropped += 1
            return
        message = self._message
        message[0] = cobs.HEARD
        message[1] = self._below(self.lora.rssi_dbm)
        message[2] = self._signed(self.lora.snr_quarter_db)
        for i in range(n):
            message[cobs.HEARD_HEAD + i] = self._frame[i]
        self._write(cobs.HEARD_HEAD + n)

    def _tell_status(self, now):
        self._status_at = after(now, _STATUS_MS)
        lora = self.lora
        message = self._message
        message[0] = cobs.STATUS
        message[1] = VERSION
        self._put16(2, self._number)
        message[4] = lora.state
        self._put16(5, self.heard)
        self._put16(7, lora.sent)
        self._put16(9, lora.refused)
        self._put16(11, self.dropped)
        self._put16(13, self._reader.bad)
        self._put16(15, lora.failures)
        self._put16(17, lora.busy)
        message[19] = self._below(lora.rssi_dbm)
        message[20] = self._signed(lora.snr_quarter_db)
        self._put16(21, lora.left_s(now))
        message[23] = min(self.crashes, 255)
        self._put16(24, self._channel)
        message[26] = self._sf
        self._write(cobs.STATUS_BYTES)

    def _write(self, n):
        if not self.line.write(self._out, cobs.write(self._out, self._message, n)):
            self.dropped += 1

    def _put16(self, at, value):
        value = min(value, 0xFFFF)
        self._message[at] = value >> 8
        self._message[at + 1] = value & 0xFF

    @staticmethod
    def _below(dbm):
        return max(0, min(255, -dbm))

    @staticmethod
    def _signed(quarters):
        return max(0, min(255, quarters + 128))


def bridge(board, pairing):
    """Return the bridge that `pairing` names, on `board` and its `line`."""
    print("kald: bridge", pairing["number"])
    if board.radio is None:
        print("kald: this bridge has no radio: no LoRa on this kind of board, or package lora is missing")
    return Bridge(board, pairing, board.radio or NoRadio(), board.line)
