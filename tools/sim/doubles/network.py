"""What does `network` do on a virtual badge? A station that joins in about 100 ms, while the air is there.

After the ESP32 port: connecting while a connect is under way, or while inactive, is an OSError; a loss shows as not
connected, and the station joins again by itself when the air comes back, unless `reconnects` is 0; `status` goes on
telling why the last try failed until one has an address; `connect` without a name takes that of last time.
"""

import time

import threads
from simlink import link

STA_IF = 0
AP_IF = 1
STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_BEACON_TIMEOUT = 200
STAT_NO_AP_FOUND = 201

_JOIN_MS = 100


class WLAN:
    """The station interface. One state for all objects, as on the chip."""

    IF_STA = 0
    IF_AP = 1
    PM_NONE = 0
    PM_PERFORMANCE = 1
    PM_POWERSAVE = 2

    _active = False
    _wanted = None
    _since_ms = 0
    _joined = False
    _failed = None
    _said = None
    _kept = ("", "")
    _config = {"pm": 1, "txpower": 20.0, "reconnects": -1, "channel": 6}

    def __init__(self, interface=0):
        if interface not in (STA_IF, AP_IF):
            raise ValueError("invalid WLAN interface identifier")

    def active(self, on=None):
        """Return whether the interface is on, or switch it."""
        if on is not None:
            WLAN._active = bool(on)
            if not on:
                self._leave()
        return WLAN._active

    def connect(self, ssid=None, key=None, *, bssid=None):
        """Begin to join `ssid`. There is one access point here, whatever its `bssid`."""
        if bssid is not None and len(bssid) != 6:
            raise ValueError
        if not WLAN._active:
            raise OSError("Wifi Not Started")
        self._tend()
        if WLAN._wanted and not WLAN._joined and WLAN._failed is None:
            raise OSError("Wifi Internal Error")
        if ssid is not None:
            WLAN._kept = (ssid, key or "")
        WLAN._wanted = WLAN._kept
        WLAN._since_ms = time.ticks_ms()
        WLAN._joined = False
        WLAN._failed = None

    def disconnect(self):
        """Leave the network."""
        if not WLAN._active:
            raise OSError("Wifi Not Started")
        self._leave()

    def isconnected(self):
        """Return whether there is a network and an address."""
        self._tend()
        return WLAN._joined

    def status(self, param=None):
        """Return one of the STAT_ numbers, or the signal strength in dBm for "rssi"."""
        if param == "rssi":
            return -55
        if param is not None:
            raise ValueError("unknown status param")
        self._tend()
        if WLAN._joined:
            return STAT_GOT_IP
        if WLAN._said is not None:
            return WLAN._said
        return STAT_CONNECTING if WLAN._wanted else STAT_IDLE

    def scan(self):
        """Return (ssid, bssid, channel, RSSI, security, False) of all that is in the air; it takes seconds."""
        if not WLAN._active:
            raise OSError("STA must be active")
        if WLAN._wanted and not WLAN._joined and WLAN._failed is None:
            raise OSError("Wifi Internal State Error")
        if not threads.inside:
            time.sleep_ms(threads.SCAN_MS)
        link.poll()
        return list(link.points) if link.wifi_up else []

    def config(self, *names, **values):
        """Return one setting by name, or set some."""
        for name in names + tuple(values):
            if name not in WLAN._config:
                raise ValueError("unknown config param")
        if names:
            return WLAN._config[names[0]]
        WLAN._config.update(values)

    def ifconfig(self, wanted=None):
        """Return address, mask, router and name server, or set them; the loopback is what works here all the same."""
        if wanted is not None:
            if len(wanted) != 4:
                raise ValueError("requested length 4 but object has length %d" % len(wanted))
            return None
        self._tend()
        here = "127.0.0.1" if WLAN._joined else "0.0.0.0"
        return (here, "255.0.0.0", here, here)

    def _leave(self):
        WLAN._wanted = None
        WLAN._joined = False
        WLAN._failed = None

    def _tend(self):
        self._look()
        if WLAN._joined:
            WLAN._said = None
        elif WLAN._failed is not None:
            WLAN._said = WLAN._failed

    def _look(self):
        link.poll()
        if not WLAN._wanted:
            return
        now = time.ticks_ms()
        waited = time.ticks_diff(now, WLAN._since_ms) >= _JOIN_MS
        if not link.wifi_up:
            if WLAN._joined:
                WLAN._joined = False
                WLAN._failed = STAT_BEACON_TIMEOUT
            elif waited and WLAN._failed is None:
                WLAN._failed = STAT_NO_AP_FOUND
        elif WLAN._failed in (STAT_BEACON_TIMEOUT, STAT_NO_AP_FOUND) and WLAN._config["reconnects"]:
            WLAN._failed = None  # the air is back: the port tries again by itself
            WLAN._since_ms = now
        elif waited and not WLAN._joined and WLAN._failed is None:
            WLAN._joined = True
