"""How does a test hold firmware/board/wifi.py in a house whose Wi-Fi misbehaves? Its modules, in virtual time.

As hard as the ESP32 port: connecting while a connect is under way or without having left is an OSError and is noted;
`isconnected` can lie; DHCP can be silent; a socket that failed stays failed. Runs on CPython and MicroPython.
"""

import sys


class House:
    """The surroundings. `now` in ms; what is set to False fails from then on."""

    def __init__(self, seed=1):
        self.now = 1000
        self.there = True  # the access point is in the air
        self.password = True  # and takes ours
        self.dhcp = True
        self.gateway = True  # something answers at the gateway's address
        self.lies = False  # isconnected stays true with the access point gone
        self.address = "10.0.0.2"  # of the gateway's name
        self.errors_permille = 0  # of all calls
        self.dice = seed
        self.sockets = 0
        self.sockets_most = 0
        self.tries = []  # (when, bssid)
        self.configs = []
        self.static = None
        self.wrong = []  # what the port would have answered with "Wifi Internal Error"
        self.got = []  # (when, to whom)
        self.active = False
        self.switched_off = 0
        self.began = None
        self.joined = False

    def chance(self):
        """Fail now and then, where that is asked for."""
        self.dice = self.dice * 75 % 65537
        if self.dice % 1000 < self.errors_permille:
            raise OSError(5)

    def on_air(self):
        """Return whether frames get through."""
        return self.joined and self.there


house = House()


class WLAN:
    """The station."""

    IF_STA = 0
    PM_PERFORMANCE = 1
    PM_POWERSAVE = 2

    def __init__(self, interface):
        pass

    def active(self, on):
        house.chance()
        if house.active and not on:
            house.switched_off += 1
        house.active = on
        if not on:
            house.began = None
            house.joined = False

    def disconnect(self):
        house.chance()
        if not house.active:
            raise OSError("Wifi Not Started")
        house.began = None
        house.joined = False

    def connect(self, ssid, key, bssid=None):
        house.chance()
        if not house.active or house.began is not None:
            house.wrong.append(house.now)
            raise OSError("Wifi Internal Error")
        house.began = house.now
        house.tries.append((house.now, bssid))

    def config(self, **values):
        house.chance()
        house.configs.append(values)

    def ifconfig(self, values):
        house.chance()
        house.static = values

    def isconnected(self):
        if house.joined and not house.there and not house.lies:
            house.joined = False
        ready = house.began is not None and house.now - house.began >= 800
        if ready and house.there and house.password and (house.dhcp or house.static):
            house.joined = True
        return house.joined

    def status(self):
        if house.joined:
            return 1010
        if house.began is None or house.now - house.began < 2500:
            return 1001
        return 201 if not house.there else 202 if not house.password else 1001


class Socket:
    """A UDP socket; what it is sent, the gateway answers with the same bytes."""

    def __init__(self, family, kind):
        house.chance()
        house.sockets += 1
        house.sockets_most = max(house.sockets_most, house.sockets)
        self._open = True
        self._failed = False
        self.waiting = []

    def connect(self, address):
        house.chance()
        self._to = address

    def setblocking(self, on):
        pass

    def send(self, data):
        if self._failed or not house.on_air() and not house.lies:
            self._failed = True
            raise OSError(113)
        house.chance()
        if house.on_air() and house.gateway and self._to[0] == house.address:
            house.got.append((house.now, self._to[0]))
            self.waiting.append(bytes(data))
        return len(data)

    def recv(self, n):
        house.chance()
        return self.waiting.pop(0)

    def close(self):
        if self._open:
            house.sockets -= 1
        self._open = False


class Poll:
    """select.poll of one."""

    def __init__(self):
        self._sockets = []

    def register(self, one, mask):
        self._sockets.append(one)

    def unregister(self, one):
        self._sockets.remove(one)

    def ipoll(self, ms):
        for one in self._sockets:
            if one.waiting:
                yield one, 1


class Module:
    """network, socket and select in one."""

    STAT_IDLE = 1000
    STAT_CONNECTING = 1001
    STAT_GOT_IP = 1010
    AF_INET = SOCK_DGRAM = POLLIN = 1


Module.WLAN = WLAN
Module.socket = Socket
Module.poll = Poll


def getaddrinfo(host, port):
    """Return where the gateway's name leads now."""
    house.chance()
    return [(2, 2, 0, "", (house.address if host == "gateway" else host, port))]


PAIRING = {"ssid": "house", "password": "secret", "gateway": "gateway", "port": 5570, "device": 7, "address": None,
           "bssid": None}  # fmt: skip


def begin(dips=0, seed=1, **pairing):
    """Return a Wifi in a new house; the house is `wifi_rig.house`."""
    house.__init__(seed)
    Module.getaddrinfo = staticmethod(getaddrinfo)
    module = Module()
    before = {}
    for name in ("network", "socket", "select"):
        before[name] = sys.modules.get(name)
        sys.modules[name] = module
    sys.modules.pop("firmware.board.wifi", None)
    try:
        from firmware.board.wifi import Wifi
    finally:
        for name in before:
            if before[name] is None:
                del sys.modules[name]
            else:
                sys.modules[name] = before[name]
        sys.modules.pop("firmware.board.wifi", None)
    chosen = dict(PAIRING)
    chosen.update(pairing)
    return Wifi(chosen, dips)


def run(wifi, ms, every_ms=0, step=20):
    """Let `ms` pass, sending a frame every `every_ms`; return (frames taken, frames answered)."""
    taken = answered = 0
    buf = bytearray(80)
    end = house.now + ms
    while house.now < end:
        wifi.tend(house.now & 0x3FFFFFFF)
        if wifi.receive(buf):
            answered += 1
        if every_ms and house.now % every_ms < step and wifi.up():
            taken += wifi.send(b"frame", 5)
        house.now += step
    return taken, answered
