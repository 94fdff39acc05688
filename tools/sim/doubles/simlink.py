"""What do the surroundings do to this badge? The channel between the simulated parts and the program around them.

Datagrams of text on the loopback, read whenever the product touches a part. In: `button PIN LEVEL`, `wifi 0|1`,
`point FIRST SSID BSSID CHANNEL DBM` (hex; FIRST 1: those before are gone),
`beacon FIRST KIND ADDRESS DATA DBM`, `battery MV`, `play ACTIVITY`, `recording PATH`, `tear KEY BYTES`, `ready`,
`sensor nack|frozen|wrong_id|reset|ok`, `hand PIN SPAN ...` (ms down, up, down ...). Out: `let PIN MS` behind the
last span, `hello`, `booting`, `duty PIN DUTY MS`, `reset CAUSE`, `watchdog MS`,
`feed`, `torn`.
The clock of both ends is the machine's monotonic one, in ms.
"""

import os
import time

import usocket
import vfs

_ROOM = 512
_READY_MS = 300000  # ends what hangs
_LOOK_MS = 25  # the loop looks every 10 or 20 ms; what lies between two looks more is a machine that is busy


class Link:
    """The state of the surroundings, as last told. folder, base: this badge's own files, outside its flash."""

    def __init__(self):
        self.levels = {}
        self._hands = {}  # by pin: the spans left, the level, how much of the first span is over, the last look
        self.wifi_up = True
        self.battery_mv = 3900
        self.sensor = None
        self.tears = {}
        self.plays = []
        self.points = []  # access points, as WLAN.scan has them
        self.beacons = []  # (address type, address, kind, RSSI, data)
        self.folder = vfs.VfsPosix()  # without a root of its own: with one, the unix build renames a file to itself
        self.base = os.getenv("KALD_SIM_FOLDER")
        self._socket = usocket.socket(usocket.AF_INET, usocket.SOCK_DGRAM)
        self._socket.connect(usocket.getaddrinfo("127.0.0.1", int(os.getenv("KALD_SIM_PORT")))[0][-1])
        self._socket.setblocking(False)
        self._ready = False
        self.tell("hello")
        until = time.ticks_add(time.ticks_ms(), _READY_MS)
        while not self._ready and time.ticks_diff(until, time.ticks_ms()) > 0:
            self.poll()
            time.sleep_ms(1)

    def tell(self, text):
        """Say `text` to the surroundings."""
        try:
            self._socket.send(text.encode())
        except OSError:
            return  # the program around is gone, and this process will be in a moment

    def poll(self):
        """Take in all that the surroundings have said since."""
        while True:
            try:
                data = self._socket.recv(_ROOM)  # not readinto, which joins datagrams that wait
            except OSError:
                return
            self._take(data.decode().split(" "))

    def level(self, pin, rest):
        """Return the level of an input. A hand on it goes by the looks: what no look has seen, it has not done yet."""
        hand = self._hands.get(pin)
        if hand is None:
            return self.levels.get(pin, rest)
        spans, level, over_ms, looked_ms = hand
        now = time.ticks_ms()
        over_ms += min(_LOOK_MS, time.ticks_diff(now, looked_ms))
        if over_ms >= spans[0]:
            spans.pop(0)
            level, over_ms = 1 - level, 0
        hand[1:] = level, over_ms, now
        if not spans:
            del self._hands[pin]
            self.tell("let %d %d" % (pin, now))
            return 1
        return level

    def end(self, cause):
        """Ask to be ended; never returns."""
        while True:
            try:
                self.tell(cause)
                time.sleep_ms(50)
            except KeyboardInterrupt:
                pass  # a chip that resets hears no Ctrl-C any more

    def _take(self, words):
        what = words[0]
        if what == "button":
            self.levels[int(words[1])] = int(words[2])
        elif what == "hand":
            spans = [int(word) for word in words[2:]]
            self._hands[int(words[1])] = [spans, 0, 0, time.ticks_ms()]
        elif what == "wifi":
            self.wifi_up = words[1] == "1"
        elif what == "point":
            ssid, bssid = [bytes.fromhex(word) for word in words[2:4]]
            self._heard(self.points, words[1], (ssid, bssid, int(words[4]), int(words[5]), 3, False))
        elif what == "beacon":
            address, data = [bytes.fromhex(word) for word in words[3:5]]
            self._heard(self.beacons, words[1], (int(words[2]), address, 0, int(words[5]), data))
        elif what == "battery":
            self.battery_mv = int(words[1])
        elif what == "sensor":
            self.sensor = None if words[1] == "ok" else words[1]
        elif what in ("play", "recording"):
            self.plays.append((what, words[1], time.ticks_ms()))
        elif what == "tear":
            self.tears[words[1]] = int(words[2])
        elif what == "ready":
            self._ready = True

    @staticmethod
    def _heard(all, first, one):
        if first == "1":
            del all[:]
        all.append(one)


link = Link()
