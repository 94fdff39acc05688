"""Which access points and beacons does the radio hear? Asked for by firmware/nearby.py, and by nobody else.

`WLAN.scan` stands still for two seconds, and the port has no other (ports/esp32/network_wlan.c). It lets go of the
interpreter meanwhile, so it stands in a thread of its own, which ends with it: button, motor and frames have all of the
time, but for the milliseconds in which its list is made. While it has no network Wi-Fi is left alone; who joins
meanwhile ends the scan (Espressif's guide to its Wi-Fi driver). The port never says which access point it has joined,
so that the one it might name at once is known only when the scan lists it with the others.
"""

from _thread import start_new_thread

from firmware.link.sighting import KIND_WIFI, Seen
from firmware.ticks import after, due
from micropython import const
from network import WLAN

_LISTEN_MS = const(2000)  # most beacons speak some times in a second
_BSSID = const(1)  # in what `scan` lists
_RSSI = const(3)


class Scan:
    """wifi: the route whose radio hears access points, or None. beacons: of firmware/board/beacons.py, or None."""

    def __init__(self, wifi, beacons):
        self.seen = Seen()
        self.wifi = wifi
        self.beacons = beacons
        self._at = 0
        self._scans = False

    def look(self, wide, now):
        """Begin to listen anew; `over` says when it is over. wide: for access points, too."""
        if self._scans:
            return  # the one before: that is as good
        self.seen.count = 0
        self._at = now
        try:
            if self.beacons and self.beacons.listen(self.seen, _LISTEN_MS):
                self._at = after(now, _LISTEN_MS)
            if wide and self.wifi and self.wifi.up():
                self._scans = True
                start_new_thread(self._scan, ())
        except (OSError, RuntimeError, MemoryError):
            self._scans = False  # no room for a thread just now

    def over(self, now):
        """Return whether what was begun is over."""
        return not self._scans and due(self._at, now)

    def _scan(self):
        try:
            for found in WLAN(WLAN.IF_STA).scan():
                self.seen.hear(KIND_WIFI, found[_BSSID], found[_RSSI])
        except (OSError, RuntimeError, MemoryError):
            pass  # no access point was heard; in ten seconds it is tried again
        self._scans = False
