"""Does looking around delay a press, a frame or a word to the wearer? Runs the real app.py on MicroPython.

Idle time, over the board of tools/sim/scripts/fake_board.py and the ears of tools/sim/ears.py, in which a scan in the
app's own loop would let all of it stand still. Each line is one press: its moment, ms from the deciding edge to the
frame and to the motor, and how many scans ran; first two of a badge that never looks. Arguments: folders for sys.path.
"""

import sys

sys.path[:0] = sys.argv[1:]

from firmware.codes import VERSION  # noqa: E402
from firmware.link import downlink, frame  # noqa: E402
from firmware.nearby import Nearby  # noqa: E402
from tools.sim.ears import Ears  # noqa: E402
from tools.sim.scripts import fake_board  # noqa: E402
from tools.sim.scripts.fake_board import DEVICE, GATEWAY, clock  # noqa: E402

ASSIST_MS = 62000  # the badge knows its gateway by then
TURN_MS = 10


class Board(fake_board.Board):
    """A board whose gateway knows the word."""

    def now(self):
        """Return badge time; the ears hear at each look at the clock."""
        if self.nearby:
            ears.tend()
        return fake_board.Board.now(self)

    def send(self, buf, n, is_alarm=False, calls=False):
        """Have the frame acknowledged, an ABLE with the gateway's version."""
        counter = frame.get30(buf, 3)
        self.sent.append((clock.now, buf[0], counter))
        answer = bytearray(frame.FRAME_BYTES_MAX)
        n = downlink.ack(answer, DEVICE, GATEWAY, counter, VERSION if buf[0] == frame.ABLE else 0)
        self._answer(answer, frame.STREAM_ACK, counter, frame.ACK_HEAD, n)
        return True


ears = None


def live(looks, after_ms):
    """Press twice, and `after_ms` later hold, and say what came of the hold."""
    global ears
    board = Board(answer_ms=20)
    ears = Ears(lambda: clock.now, clock.wait_io_event)
    ears.points = [(b"house", bytes((2, 0, 0, 0, 0, i)), 6, -40 - i, 3, False) for i in range(12)]
    begun = clock.now

    def act(app):
        if looks:
            board.nearby = Nearby(ears.scanner(board, True), app.badge)
        edges = [(0, 1), (100, 0), (200, 1), (300, 0), (after_ms, 1), (after_ms + 1000, 0)]
        for ms, level in edges:
            clock.after(ASSIST_MS + ms, lambda level=level: setattr(board, "pressed", level))

    fake_board.run(board, ASSIST_MS + after_ms + 3000, act)
    del clock.story[:]
    edge = begun + ASSIST_MS + after_ms
    frames = [at - edge for at, type, _ in board.sent if type == frame.ALARM and at >= edge + 800]
    felt = [at - edge for at, level in board.levels if level and at >= edge + 800]
    told = [type for _, type, _ in board.sent].count(frame.SIGHTING)
    print(after_ms, "frame", frames[0], "felt", felt[0], "scans", len(ears.scans), "told", told)


for after_ms in (2000, 5000):
    live(False, after_ms)
for after_ms in (1130, 1400, 1650, 2290, 2900, 3170, 11100, 11370, 12290, 13100):
    live(True, after_ms)
