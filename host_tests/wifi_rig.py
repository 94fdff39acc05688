"""How does a test hold firmware/board/wifi.py in a house whose Wi-Fi misbehaves? Its modules, in virtual time.

As hard as the ESP32 port (ports/esp32/network_wlan.c): connecting while a connect is under way or without having left
is an OSError and is noted; `status` goes on telling why the last try failed until one has an address; `isconnected` can
lie; DHCP can be silent; a socket that failed stays failed; a name is looked up in a call that returns seconds later, so
asking for one is noted too. Runs on CPython and MicroPython.
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
        self.answer = bytes  # what it answers to the bytes of a frame
        self.lies = False  # isconnected stays true with the access point gone
        self.address = "10.0.0.2"  # of the gateway's name
        self.evil = ""  # the address that a forger gives to who asks for the name; he answers there in bytes of his own
        self.dns = True  # the house's name server answers
        self.named = 0  # questions to it
        self.channel = 6  # of the access point
        self.hidden = False  # it tells its name only to who asks on its channel
        self.tuned = 0  # where a search begins
        self.kept = None  # what the port keeps of the last connect with a name
        self.memory = True  # the chip has some for Wi-Fi
        self.errors_permille = 0  # of all calls
        self.dice = seed
        self.sockets = 0
        self.sockets_most = 0
        self.tries = []  # (when, bssid, channel)
        self.configs = []
        self.static = None
        self.wrong = []  # what the port would have answered with "Wifi Internal Error"
        self.got = []  # (when, to whom)
        self.active = False
        self.switched_off = 0
        self.began = None
        self.joined = False
        self.said = None  # why the last try failed

    def chance(self):
        """Fail now and then, where that is asked for."""
        self.dice = self.dice * 75 % 65537
        if self.dice % 1000 < self.errors_permille:
            raise OSError(5)

    def unknown(self):
        """Fail now and then as the port's Wi-Fi does: codes that it has no word for are no OSError."""
        try:
            self.chance()
        except OSError:
            if self.dice & 1:
                raise RuntimeError("Wifi Unknown Error 0x0102")
            raise

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
        if not house.memory:
            raise RuntimeError("Wifi Unknown Error 0x0101")  # before 1.26; an OSError since

    def active(self, on):
        house.unknown()
        if house.active and not on:
            house.switched_off += 1
        house.active = on
        if not on:
            house.began = None
            house.joined = False

    def disconnect(self):
        house.unknown()
        if not house.active:
            raise OSError("Wifi Not Started")
        house.began = None
        house.joined = False

    def connect(self, ssid=None, key=None, bssid=None):
        house.unknown()
        if ssid is not None:
            house.kept = (ssid, key, bssid)
            house.tuned = 0
        if not house.active or house.began is not None:
            house.wrong.append(house.now)
            raise OSError("Wifi Internal Error")
        house.began = house.now
        house.tries.append((house.now, house.kept[2], house.tuned))

    def config(self, *names, **values):
        house.unknown()
        if names:
            assert names == ("channel",)
            return house.channel
        house.configs.append(values)
        if "channel" in values:
            house.tuned = values["channel"]

    def ifconfig(self, values=None):
        house.unknown()
        if values is None:
            return house.static or ("10.0.0.50", "255.255.255.0", "10.0.0.1", "10.0.0.1")
        house.static = values

    def isconnected(self):
        if house.joined and not house.there and not house.lies:
            house.joined = False
        takes_ms = 300 if house.tuned == house.channel else 800
        ready = house.began is not None and house.now - house.began >= takes_ms
        if house.hidden and house.tuned != house.channel:
            ready = False
        if ready and house.there and house.password and (house.dhcp or house.static):
            house.joined = True
        return house.joined

    def status(self):
        if self.isconnected():
            house.said = None
            return 1010
        if house.began is not None and house.now - house.began >= 2500:
            house.said = 201 if not house.there else 202 if not house.password else house.said
        return house.said or (1000 if house.began is None else 1001)


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

    def sendto(self, data, to):
        house.chance()
        house.named += 1
        name = data[12:].split(b"\0")[0]
        if house.on_air() and house.dns and to == ("10.0.0.1", 53) and name == b"\7gateway":
            answer = bytearray(data) + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4"
            answer[2] = 0x81
            answer[7] = 1
            for part in (house.evil or house.address).split("."):
                answer.append(int(part))
            self.waiting.append(bytes(answer))

    def send(self, data):
        if self._failed or not house.on_air() and not house.lies:
            self._failed = True
            raise OSError(113)
        house.chance()
        if house.on_air() and house.evil and self._to[0] == house.evil:
            self.waiting.append(b"forged")
        if house.on_air() and house.gateway and self._to[0] == house.address:
            house.got.append((house.now, self._to[0]))
            self.waiting.append(house.answer(data))
        return len(data)

    def recv(self, n):
        house.chance()
        if not self.waiting:
            raise OSError(11)
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
    """Return an address's own words."""
    house.chance()
    if not host.replace(".", "").isdigit():
        house.wrong.append(house.now)  # it would wait for a name server
    return [(2, 2, 0, "", (host, port))]


PAIRING = {"ssid": "house", "password": "secret", "gateway": "gateway", "port": 5570, "device": 7, "address": None,
           "bssid": None}


def begin(dips=0, seed=1, memory=True, sockets=True, **pairing):
    """Return a Wifi in a new house; the house is `wifi_rig.house`.

    memory: whether the chip has some for it. sockets: False for those of this machine.
    """
    house.__init__(seed)
    house.memory = memory
    Module.getaddrinfo = staticmethod(getaddrinfo)
    module = Module()
    chosen = dict(PAIRING)
    chosen.update(pairing)
    before = {}
    for name in ("network", "socket", "select") if sockets else ("network",):
        before[name] = sys.modules.get(name)
        sys.modules[name] = module
    for name in ("wifi", "dns"):
        sys.modules.pop("firmware.board." + name, None)
    try:
        from firmware.board.wifi import Wifi

        made = Wifi(chosen, dips)
    finally:
        for name in before:
            if before[name] is None:
                del sys.modules[name]
            else:
                sys.modules[name] = before[name]
        for name in ("wifi", "dns"):
            sys.modules.pop("firmware.board." + name, None)
    return made


def run(wifi, ms, every_ms=0, step=20):
    """Let `ms` pass, sending a frame every `every_ms`; return (frames taken, frames answered)."""
    taken = answered = 0
    buf = bytearray(80)
    end = house.now + ms
    while house.now < end:
        wifi.tend(house.now & 0x3FFFFFFF)
        n = wifi.receive(buf)
        if n and bytes(buf[:n]) == b"frame":  # sealed, as it were; what else comes proves nothing
            wifi.answered()
            answered += 1
        if every_ms and house.now % every_ms < step and wifi.up():
            taken += wifi.send(b"frame", 5)
        house.now += step
    return taken, answered
