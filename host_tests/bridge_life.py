"""What does the real bridge hallway do over a radio and a cable that fail? Prints facts; runs on MicroPython.

Time idles ahead (tools/sim/scripts/fake_board.py). Badge and gateway at the two ends are a few lines each: a badge
repeats a frame until its ack is heard, a gateway acks what it has stored. host_tests/test_bridge.py reads what is
printed.
"""

import sys

sys.path[:0] = sys.argv[1:]

import asyncio  # noqa: E402

from firmware.bridge import Bridge, NoRadio  # noqa: E402
from firmware.link import cobs, region  # noqa: E402
from firmware.link.ledger import RECORD_BYTES_MAX, Ledger  # noqa: E402
from tools.sim.air.phy import Dice  # noqa: E402
from tools.sim.scripts.fake_board import Stop, clock, stop  # noqa: E402

AIRTIME_MS = 62


class Board:
    """Clock, watchdog, memory and store."""

    def __init__(self):
        self.memory = self
        self.flash_fails = False
        self.fed = self.crashes = 0
        self.dips = 1

    def now(self):
        return (clock.now - clock.began + 2**30 - 3000) & 0x3FFFFFFF

    def watch(self, ms):
        pass

    def feed(self):
        self.fed += 1

    def reset(self):
        raise Stop("reset")

    def crashed(self, reason):
        self.crashes += 1

    def well(self):
        self.dips = 0


class Radio:
    """The face of firmware/board/radio.py. `air`: [(when, frame)] to be heard; `out`: what was sent."""

    def __init__(self, board, ledger):
        self._board, self._ledger = board, ledger
        self.air, self.out = [], []
        self.state, self.sent, self.refused, self.failures, self.busy = 1, 0, 0, 0, 3
        self.rssi_dbm, self.snr_quarter_db = -71, -9
        self.broken = False
        self._until = 0

    def tend(self, now):
        if self.broken:
            raise ValueError("an error of ours")
        if self._ledger.wants_pledge and not self._board.flash_fails:
            self._ledger.pledge(bytearray(RECORD_BYTES_MAX))
            self._ledger.pledged()

    def left_s(self, now):
        return self._ledger.left_ms(region.P, now) // 1000

    def up(self):
        return clock.now >= self._until

    def reached(self):
        """Somebody is heard."""

    def cure(self, is_alarm, now):
        return False

    def receive(self, buf):
        while self.air and self.air[0][0] <= clock.now:
            frame = self.air.pop(0)[1]
            if self.up():
                buf[: len(frame)] = frame
                return len(frame)
        return 0

    def send(self, buf, n, is_alarm=False, calls=False):
        if not self._ledger.may(region.P, AIRTIME_MS, is_alarm, self._board.now()):
            self.refused += 1
            return False
        self._ledger.spend(region.P, AIRTIME_MS, self._board.now())
        self._until = clock.now + AIRTIME_MS
        self.sent += 1
        self.out.append((clock.now, bytes(buf[:n]), is_alarm, calls))
        return True


class Cable:
    """The face of firmware/board/serial.py, and the gateway's end of it: `give` and `messages`."""

    def __init__(self):
        self.plugged = True
        self.raws = []
        self._in = b""
        self._out = b""
        self._buf = bytearray(90)
        self._reader = cobs.Reader(self._buf)

    def raw(self, on):
        self.raws.append(on)

    def read(self, buf):
        n = min(len(buf), len(self._in))
        buf[:n] = self._in[:n]
        self._in = self._in[n:]
        return n

    def write(self, buf, n):
        if self.plugged:
            self._out += bytes(buf[:n])
        return True

    def noise(self, data):
        if self.plugged:
            self._in += data

    def give(self, head, frame=b""):
        message = bytearray(head + frame)
        out = bytearray(len(message) + cobs.WRITTEN_MORE)
        n = cobs.write(out, message, len(message))
        self.noise(bytes(out[:n]))

    def ask(self):
        self.give(bytes([cobs.ASK]))

    def messages(self, type):
        """Return the messages of `type` said since the last time."""
        found = []
        for byte in self._out:
            n = self._reader.take(byte)
            if n and self._buf[0] == type:
                found.append(bytes(self._buf[:n]))
        self._out = b""
        return found


class Place:
    """A bridge with its board, radio and cable; run(ms) runs it."""

    def __init__(self):
        self.board = Board()
        ledger = Ledger((region.P,))
        ledger.clear()
        self.radio = Radio(self.board, ledger)
        self.cable = Cable()
        pairing = {"number": 900, "lora": {"khz": 869525, "sf": 7}}
        self.bridge = Bridge(self.board, pairing, self.radio, self.cable)

    def every(self, ms, act):
        def again():
            clock.after(ms, again)
            act()

        clock.after(ms, again)

    def run(self, ms):
        stop(ms)
        asyncio.core._task_queue = asyncio.core.TaskQueue()
        try:
            self.bridge.run()
        except Stop as why:
            clock.story.clear()
            return str(why)


def send(rank, frame):
    return bytes([cobs.SEND, rank]), frame


# 1: both ways, the urgent before the ordinary, and the status
place = Place()
cable, radio = place.cable, place.radio
clock.after(1000, cable.ask)
clock.after(1500, lambda: radio.air.append((clock.now, b"\x00\x03up")))
RANKS = (cobs.ORDINARY, cobs.ACKS, cobs.ALARM_ACKS, cobs.ORDINARY, cobs.URGENT, cobs.CALLS)
for i, rank in enumerate(RANKS):
    clock.after(2000, lambda i=i, rank=rank: cable.give(*send(rank, b"\x03down%d" % i)))
place.run(4000)
print("sent", [(frame, alarm, calls) for _, frame, alarm, calls in radio.out])
said = cable._out
print("heard", cable.messages(cobs.HEARD))
cable._out = said
print("status", cable.messages(cobs.STATUS)[0])
print("fed", place.board.fed > 30, "raws", cable.raws)

# 2: any bytes on the cable send nothing, and what is true after them is sent
place = Place()
cable, radio = place.cable, place.radio
dice = Dice(5)
clock.after(100, cable.ask)
place.every(50, lambda: cable.noise(bytes([dice.below(256) for _ in range(dice.below(60))])))
clock.after(2000, lambda: cable.give(bytes([cobs.SEND, 9]), b"wrong rank"))
clock.after(2100, lambda: cable.give(bytes([cobs.SEND, 1])))
clock.after(2200, lambda: cable.give(bytes([cobs.SEND, 1]), b"x" * 65))
clock.after(2300, lambda: cable.give(bytes([77]), b"unknown"))
clock.after(2400, lambda: cable.give(*send(cobs.URGENT, b"true")))
why = place.run(5000)
print("noise", why, [frame for _, frame, _, _ in radio.out], place.bridge._reader.bad > 5, place.bridge.dropped >= 4)

# 3: a full queue loses the ordinary, and nothing waits for longer than is right
place = Place()
cable, radio = place.cable, place.radio
clock.after(100, cable.ask)
for i in range(30):
    clock.after(1000, lambda i=i: cable.give(*send(cobs.ORDINARY, b"o%d" % i)))
for i in range(5):
    clock.after(1050, lambda i=i: cable.give(*send(cobs.URGENT, b"u%d" % i)))
place.run(8000)
frames = [frame for _, frame, _, _ in radio.out]
urgent = [frame for frame in frames if frame[0] == 117]
print("flood", urgent, len(frames) >= 16, place.bridge.dropped + len(frames) == 35)
print("first urgent within", min([t for t, frame, _, _ in radio.out if frame[0] == 117]) - radio.out[0][0] < 200)

# 4: without a pledge in flash nothing is sent; it waits, is dropped, and the status says so
place = Place()
cable, radio = place.cable, place.radio
place.board.flash_fails = True
place.every(2000, cable.ask)
clock.after(1000, lambda: cable.give(*send(cobs.URGENT, b"wait")))
clock.after(6000, lambda: setattr(place.board, "flash_fails", False))
clock.after(7000, lambda: cable.give(*send(cobs.URGENT, b"go")))
place.run(9000)
print("pledge", [frame for _, frame, _, _ in radio.out], radio.refused > 5, place.bridge.dropped)

# 5: an error that repeats ends in a reset, and the dog is not fed meanwhile
place = Place()
place.radio.broken = True
print("broken", place.run(20000), place.board.crashes, "fed", place.board.fed)

# 6: a gateway that says BYE leaves a console at once; one that only falls silent, after ten seconds; well after 30 s
place = Place()
cable = place.cable
raws = []
clock.after(1000, cable.ask)
clock.after(2000, lambda: cable.give(bytes([cobs.BYE])))
clock.after(2100, lambda: raws.append(list(cable.raws)))
clock.after(3000, cable.ask)
clock.after(12900, lambda: raws.append(list(cable.raws)))
clock.after(13200, lambda: raws.append(list(cable.raws)))
clock.after(29000, lambda: raws.append(place.board.dips))
place.run(31000)
print("leaves", raws, place.board.dips)

# 7: without a radio it answers, says so, and sends nothing
place = Place()
place.bridge.lora = NoRadio()
clock.after(1000, place.cable.ask)
clock.after(1100, lambda: place.cable.give(*send(cobs.ALARM_ACKS, b"ack")))
place.run(5000)
print("no radio", place.cable.messages(cobs.STATUS)[0], place.board.crashes)

# 8: 20 min with a cable that comes and goes: who got an ack is stored, and in the end all are
place = Place()
cable, radio, board = place.cable, place.radio, place.board
dice = Dice(11)
stored, acked, waiting, early = set(), set(), {}, []


def badge():
    """Every 2 s all that wait are said again, each at its own moment."""
    for number in waiting:
        if number not in acked:
            radio.air.append((clock.now + 200 * (number % 10), bytes([1, number])))
    radio.air.sort()


def listen():
    """What the bridge has sent is heard by the badges."""
    while radio.out:
        _, frame, _, _ = radio.out.pop(0)
        acked.add(frame[1])
        if frame[1] not in stored:
            early.append(frame[1])


def gateway():
    for message in cable.messages(cobs.HEARD):
        number = message[cobs.HEARD_HEAD + 1]
        stored.add(number)
        cable.give(*send(cobs.URGENT, bytes([0x10, number])))


def plug():
    cable.plugged = not cable.plugged
    cable.noise(bytes([dice.below(256) for _ in range(40)]))
    clock.after(1000 * (1 + dice.below(40 if cable.plugged else 30)), plug)


for i in range(60):
    clock.after(5000 + 17000 * i, lambda i=i: waiting.update({i: 1}))
place.every(2000, badge)
place.every(20, listen)
place.every(20, gateway)
place.every(3000, cable.ask)
clock.after(7000, plug)
place.run(1200000)
print("unplugged", len(stored), len(acked), "early", early, "raws", len(cable.raws) > 10, place.bridge.dropped > 20)
