"""What do the surroundings do to this badge? The channel between the simulated parts and the program around them.

Datagrams of text on the loopback, read whenever the product touches a part. In: `button PIN LEVEL`, `wifi 0|1`,
`access SSID PASSWORD` (hex), `battery MV`, `play ACTIVITY`, `recording PATH`, `sensor nack|frozen|wrong_id|reset|ok`,
`tear KEY BYTES`, `ready`. Out: `hello`, `booting`, `duty PIN DUTY MS`, `reset CAUSE`, `watchdog MS`, `feed`, `torn`.
The clock of both ends is the machine's monotonic one, in ms.
"""

import os
import time

import usocket
import vfs

_ROOM = 512
_READY_MS = 3000


class Link:
    """The state of the surroundings, as last told. folder, base: this badge's own files, outside its flash."""

    def __init__(self):
        self.levels = {}
        self.wifi_up = True
        self.access = None  # (ssid, password) that the simulated access point wants; None: any
        self.battery_mv = 3900
        self.sensor = None
        self.tears = {}
        self.plays = []
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
        elif what == "wifi":
            self.wifi_up = words[1] == "1"
        elif what == "access":
            self.access = tuple([str(bytes.fromhex(word), "utf-8") for word in words[1:3]])
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


link = Link()
