"""What does a badge do when the house's Wi-Fi fails, alone or beside LoRa? The real app.py over the real wifi.py.

In idle time, in the house of wifi_rig.py. At 20 s something breaks, later it is mended; a minute after it broke the
wearer holds the button. Prints for each trouble and each set of radios one line: ms from breaking to "no gateway" and
from mending to its end (a dash for never), ms from the hold's edge to the alarm's frame at the gateway, by which
radio, and ms from mending until Wi-Fi is up again. Arguments: folders for sys.path.
"""

import sys

sys.path[:0] = sys.argv[1:]

from wifi_rig import begin, house  # noqa: E402

from firmware.codes import FAULT_NO_GATEWAY  # noqa: E402
from firmware.link import frame  # noqa: E402
from tools.sim.scripts import fake_board  # noqa: E402
from tools.sim.scripts.fake_board import DEVICE, GATEWAY, clock  # noqa: E402
from tools.sim.sealed import ack  # noqa: E402

BREAK_MS = 20000
PRESS_MS = 60000
LOOK_MS = 50
BROKEN_MS = 180000  # longer than a badge may be without a gateway before it says so
AFTER_MS = 100000
LONG_MS = 600000  # its pauses have long been as long as they get


class Board(fake_board.Board):
    """A board with the real Wi-Fi as its first route; `lora` is its second, which always works."""

    def __init__(self, beside, **pairing):
        fake_board.Board.__init__(self)
        self.metered = True
        self.moved = 0
        self.alarms = []  # (when, radio)
        self.wifi = begin(**pairing)
        self.routes = (self.wifi, self) if beside else (self.wifi,)
        house.answer = self.acked

    def now(self):
        """Return badge time; the house's time goes with it."""
        house.now = clock.now
        return fake_board.Board.now(self)

    def read(self, block):
        """Fill `block` as a worn sensor would: no two alike."""
        count = fake_board.Board.read(self, block)
        self.moved += 1
        for i in range(count):
            block[3 * i] = 40 * ((self.moved + i) % 5)
        return count

    def note(self, buf, radio):
        """Note an alarm that has reached the gateway."""
        if buf[0] == frame.ALARM:
            self.alarms.append((clock.now, radio))

    def acked(self, data):
        """Return the gateway's ack of a frame that came over Wi-Fi."""
        self.note(data, "wifi")
        return ack(self._seal, DEVICE, GATEWAY, frame.get30(data, 3))

    def send(self, buf, n, is_alarm=False, calls=False):
        """Send over LoRa."""
        self.note(buf, "lora")
        return fake_board.Board.send(self, buf, n, is_alarm)


def live(name, beside, broken, mended, broken_ms, **pairing):
    """Let {what: value} of the house be `broken` for `broken_ms`, then `mended`, and watch for a while."""
    board = Board(beside, **pairing)
    apps = []
    begun = clock.now
    break_at = begun + BREAK_MS
    mend_at = break_at + broken_ms
    pressed_at = break_at + PRESS_MS
    seen = ["-", "-", "-"]

    def put(values):
        for key in values:
            setattr(house, key, values[key])

    def look():
        on = apps[0].badge.faults & FAULT_NO_GATEWAY
        if on and seen[0] == "-":
            seen[0] = clock.now - break_at
        if seen[0] != "-" and not on and seen[1] == "-":
            seen[1] = clock.now - mend_at
        if seen[2] == "-" and clock.now > mend_at and house.on_air() and board.wifi.up():
            seen[2] = clock.now - mend_at
        clock.after(LOOK_MS, look)

    def act(app):
        apps.append(app)
        clock.after(LOOK_MS, look)
        clock.after(BREAK_MS, lambda: put(broken))
        clock.after(mend_at - begun, lambda: put(mended))
        for at, level in ((pressed_at, 1), (pressed_at + 1500, 0)):
            clock.after(at - begun, lambda level=level: setattr(board, "pressed", level))

    _, why = fake_board.run(board, mend_at - begun + AFTER_MS, act)
    del clock.story[:]
    since = [(at - pressed_at, radio) for at, radio in board.alarms if at >= pressed_at]
    first = since[0] if since else ("-", "-")
    last = max([radio for at, radio in board.alarms if at > clock.now - 60000] + [""])
    print(name, "both" if beside else "alone", "fault", seen[0], "cleared", seen[1], "alarm", first[0], first[1],
          "wifi", seen[2], "last", last or "-", "stopped", why, "wrong", len(house.wrong), "sockets",
          house.sockets_most, "crashes", board.crashes)


live("long", False, {"there": False}, {"there": True}, LONG_MS)
for beside in (False, True):
    live("access_point", beside, {"there": False}, {"there": True}, BROKEN_MS)
    live("password", beside, {"password": False, "joined": False}, {"password": True}, BROKEN_MS)
    live("dhcp", beside, {"dhcp": False, "joined": False}, {"dhcp": True}, BROKEN_MS)
    live("moved", beside, {"address": "10.0.0.9"}, {}, 0)
    live("moved_silently", beside, {"address": "10.0.0.9", "dns": False}, {"dns": True}, BROKEN_MS)
    live("gone_unsaid", beside, {"there": False, "lies": True}, {"there": True, "lies": False}, BROKEN_MS)
    live("refuses", beside, {"errors_permille": 1000}, {"errors_permille": 0}, BROKEN_MS)
    live("static", beside, {"dhcp": False, "joined": False}, {}, 0,
         address=("10.0.0.7", "255.255.255.0", "10.0.0.1", "10.0.0.1"))
