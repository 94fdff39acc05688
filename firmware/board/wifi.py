"""How does a sealed frame travel over Wi-Fi, and who owns the connection?

One owner: the port's own reconnecting is switched off, and `tend` leaves, joins, notices a loss, and starts again after
a pause that grows, with a share of its own for every badge, so that a house does not come back all at once. Connecting
while a connect is under way is an error of the port ("Wifi Internal Error"), so it always leaves first.

    OFF ─► LEAVING ─► TRYING ─► JOINED       every fifth failure in a row switches the radio off and on
     ▲        ▲          │         │
     └────────┴─ pause ◄─┴─────────┘         lost, or for a minute nobody has answered

A connection is believed only once a gateway has answered over it and it has held for ten seconds; until then the next
pause goes on growing. `isconnected` can be true with the access point gone, so silence counts too: after 20 s without
an answer there is a new socket (the gateway's address may have changed), after a minute the network is joined anew, and
so it is where for as long no name server, no way or no buffer let a frame out: its DHCP may say better by then. An
answer is what was sealed (`answered`): anybody can send bytes, or say that the gateway's name is his. So where a name
leads to silence, every other socket goes where the last answer came from.

A failed socket is closed and made anew. A send that the network refuses is a False, never an exception.

After a connection that had held the first try begins at its channel, with the access point that was asked for then: the
port keeps both while the chip is awake, takes a channel only beside what it has kept, and never tells which access
point it found (ports/esp32/network_wlan.c, `config` and `connect`). So nothing of it outlives a reset, and a scan would
stand still for two seconds, in which no press is seen. What spares most is a static address, and the pairing's bssid.
"""

import select
import socket

from firmware.ticks import after, due, since
from micropython import const
from network import STAT_CONNECTING, STAT_GOT_IP, STAT_IDLE, WLAN

_TRY_MS = const(8000)  # an access point that answers does so within 3 s; DHCP may take as long again
_LEAVE_MS = const(100)
_PAUSE_FIRST_MS = const(500)
_PAUSE_MOST_MS = const(15000)
_HELD_MS = const(10000)
_LOOK_MS = const(100)
_ASKED_MOST = const(3)
_NO_SOCKET = const(4)  # a bit: nothing could be asked, either
_RENEW_MS = const(20000)
_SILENT_MS = const(60000)
_FAILS_RESET = const(5)
_FAILS_ANYWHERE = const(2)  # tries at the access point that the pairing names, before any other will do
_DIP_MS = const(1000)  # after a dip of the supply Wi-Fi's start, its greatest current, waits; doubled for each further
_DIPS_MOST = const(5)
_WEAK_DBM = const(11)

# A code that the port has no word for is a RuntimeError, and before 1.26 "no memory" is one (network_common.c).
_ERRORS = (OSError, RuntimeError)

_IDLE = const(0)
_LEAVING = const(1)
_TRYING = const(2)
_JOINED = const(3)


class Wifi:
    """UDP to one gateway. pairing: as firmware/settings.py returns it. dips: of the supply, lately."""

    metered = False  # nobody counts what it sends
    # pairing and proven, the last address from which an answer came, may be read by who fetches an update there

    def __init__(self, pairing, dips=0):
        self.pairing = pairing
        self._dice = pairing["device"] + 1
        self.dips = min(dips, _DIPS_MOST)
        self._names = None
        if not pairing["gateway"].replace(".", "").isdigit():
            from firmware.board.dns import Resolver  # only who has a name pays for it

            self._names = Resolver(pairing["gateway"])
        self._wlan = None
        self._said = 0  # by the port, before this try
        self._channel = 0  # of a connection that had held
        self._kept = False  # the port keeps what it was asked for
        self._socket = None
        self._poll = select.poll()
        self._cut = False  # a new socket is wanted, but not at once
        self._address = ""  # the address of the present socket
        self.proven = ""  # the last from which an answer came
        self._count = 0  # sockets since then
        self._open_ms = _PAUSE_FIRST_MS  # after a socket that cannot be had
        self.state = _IDLE
        self._at = -1  # when the present state is given up; -1: at once
        self._pause_ms = _PAUSE_FIRST_MS
        self._fails = 0  # in a row
        self._now = 0
        self._joined_at = 0
        self._asked_at = 0
        self._sleep = True
        self._forget()
        try:
            WLAN(WLAN.IF_STA)  # now, since Wi-Fi's own memory is taken here
        except _ERRORS:
            return  # each try asks again

    def up(self):
        """Return whether a frame can be sent now."""
        return self._socket is not None

    linked = up

    def ready(self, n, is_alarm, now, tries=0):
        """Return whether a frame could be sent at once."""
        return self._socket is not None

    def busy_ms(self, n):
        """Return how long a frame keeps the gateway from being heard: not at all."""
        return 0

    def doze(self, on):
        """Choose how often the radio listens: at every third beacon, or at every one that announces frames."""
        self._sleep = on

    def tend(self, now):
        """Look after the connection; quick, call it often."""
        self._now = now
        if self.dips and self._wlan is None and self._at < 0:
            self._at = after(now, _DIP_MS << (self.dips - 1))
        if (self.state == _TRYING or self.state == _JOINED) and self._wlan.isconnected():
            if self.state == _TRYING:
                self.state = _JOINED
                self._joined_at = now
                self._at = -1
            self._keep(now)
            return
        if self.state == _JOINED:
            self._end(now)
        if self.state == _TRYING and not due(self._at, now):
            # The port tells why the last try failed until it has an address again, so the same word says nothing.
            said = self._wlan.status()
            if said != self._said and said != STAT_CONNECTING and said != STAT_GOT_IP and said != STAT_IDLE:
                self._fail(now)
            return
        if self._at >= 0 and not due(self._at, now):
            return
        if self.state == _TRYING:
            self._fail(now)
        elif self.state == _LEAVING:
            self._begin(now)
        else:
            self._leave(now)

    def send(self, buf, n, is_alarm=False, calls=False):
        """Send `buf[:n]`; return whether the network took it."""
        if self._socket is None:
            return False
        if not self._asked:
            self._asked_at = self._now
        self._asked = min(self._asked + 1, _ASKED_MOST)
        try:
            self._socket.send(memoryview(buf)[:n])
        except OSError:
            self._close()
            self._cut = True  # a new socket, but not at once
            return False
        return True

    def receive(self, buf):
        """Read one datagram into `buf`; return its length, 0 for none."""
        if self._socket is None:
            return 0
        try:
            for _ in self._poll.ipoll(0):  # allocates nothing while the air is quiet
                data = self._socket.recv(len(buf))  # not readinto, which joins datagrams that wait
                buf[: len(data)] = data
                return len(data)
        except OSError:
            return 0  # a gateway that is just starting refuses; the socket is still good
        return 0

    def answered(self):
        """Note that what was read last could be believed, and so proves a gateway behind this connection."""
        self._asked = self._count = 0
        self._open_ms = _PAUSE_FIRST_MS
        self._heard = True
        self._fresh = False
        self.proven = self._address

    def _keep(self, now):
        pm = WLAN.PM_POWERSAVE if self._sleep else WLAN.PM_PERFORMANCE
        if pm != self._power:
            self._power = pm
            try:
                self._wlan.config(pm=pm)
                self._channel = self._wlan.config("channel")
            except _ERRORS:
                return  # it costs current, and nothing else
        if self._cut:
            self._cut = False
            self._at = after(now, _PAUSE_FIRST_MS)
        elif self._socket is None and (self._at < 0 or due(self._at, now)):
            self._open(now)
        elif self._asked >= _ASKED_MOST and since(self._asked_at, now) >= _SILENT_MS:
            self._end(now)
        elif self._asked >= _ASKED_MOST and since(self._asked_at, now) >= _RENEW_MS and not self._fresh:
            self._fresh = True
            self._close()
            self._cut = True
        elif self._heard and not self._believed and since(self._joined_at, now) >= _HELD_MS:
            self._believed = True
            self._fails = 0
            self._pause_ms = _PAUSE_FIRST_MS

    def _end(self, now):
        if not self._believed:
            self._fail(now)
            return
        self._close()
        self._forget()
        self.state = _IDLE
        self._at = -1  # it had held: the first try comes at once

    def _forget(self):
        self._heard = self._believed = False  # an answer came over this connection; it has held
        self._fresh = False  # its socket was made anew, since nobody answered
        self._asked = 0  # frames since something was heard
        self._power = -1  # as the radio has it

    def _leave(self, now):
        try:
            self._wlan = WLAN(WLAN.IF_STA)  # the port has one, and makes it when it first has the memory
            self._wlan.active(True)
            self._wlan.disconnect()
        except _ERRORS:
            self._fail(now)
            return
        self.state = _LEAVING
        self._at = after(now, _LEAVE_MS)

    def _begin(self, now):
        wlan = self._wlan
        pairing = self.pairing
        try:
            wlan.config(reconnects=0)
            if self.dips:
                wlan.config(txpower=_WEAK_DBM)
            if pairing["address"]:
                wlan.ifconfig(pairing["address"])
            self._said = wlan.status()
            # a network that says no name is found on 12 and 13 only by who asks for the channel
            channel = self._channel or (0, 0, 0, 13, 12)[self._fails % _FAILS_RESET]
            if channel and self._kept:
                wlan.config(channel=channel)
                wlan.connect()
            else:
                bssid = pairing["bssid"] if self._fails < _FAILS_ANYWHERE else None
                wlan.connect(pairing["ssid"], pairing["password"] or None, bssid=bssid)
                self._kept = True
        except _ERRORS:
            self._fail(now)
            return
        self.state = _TRYING
        self._at = after(now, _TRY_MS)

    def _fail(self, now):
        self._close()
        self._fails += 1
        self._channel = 0
        self.state = _IDLE
        self._forget()
        # between half the pause and all of it, and not the same for two badges
        self._dice = self._dice * 75 % 65537
        self._at = after(now, self._pause_ms // 2 + self._dice % (self._pause_ms // 2 + 1))
        self._pause_ms = min(2 * self._pause_ms, _PAUSE_MOST_MS)
        if self._fails % _FAILS_RESET == 0:
            try:
                WLAN(WLAN.IF_STA).active(False)
            except _ERRORS:
                return  # the next try will say so, too

    def _open(self, now):
        made = None
        if not self._asked:
            self._asked_at = now
        self._asked |= _NO_SOCKET
        try:
            host = self.pairing["gateway"]
            if self._count & 1 and self.proven:
                host = self.proven
            elif self._names is not None:
                host = self._names.look(self._wlan.ifconfig()[3], now)
                if not host:
                    self._at = after(now, _LOOK_MS)
                    return
            address = socket.getaddrinfo(host, self.pairing["port"])[0][-1]
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            made.connect(address)
            made.setblocking(False)
        except _ERRORS:
            if made is not None:
                made.close()
            self._at = after(now, self._open_ms)
            self._open_ms = min(2 * self._open_ms, _PAUSE_MOST_MS)
            return
        self._poll.register(made, select.POLLIN)
        self._socket = made
        self._asked &= _ASKED_MOST
        self._address = host
        self._count = self._count + 1 & 0xFF
        self._at = -1

    def _close(self):
        if self._names is not None:
            self._names.close()
        if self._socket is not None:
            self._poll.unregister(self._socket)
            self._socket.close()
            self._socket = None
