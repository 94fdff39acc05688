"""How does a sealed frame travel over LoRa, and who owns the radio?

One owner: `tend` builds the modem, looks at the channel before it sends, notices when the chip is gone, and starts
again after a pause that grows. What a chip says is believed only while it still holds our settings: a bus with nothing
on it reads as "sent". A send that the law or the radio refuses is a False, never an exception.

    DOWN ─► HEARING ⇄ DOZING            looking: channel activity detection, a few ms
               │  ▲                     resting: the channel was busy; heard on meanwhile
               ▼  │
            LOOKING ─► SENDING
               │ ▲
               ▼ │
            RESTING

Silence can be a receiver that a strong signal has deafened: it looks well, and neither a new receive nor time cures it.
So after a quiet minute (or twelve of dozing) the chip calibrates, SETTLING meanwhile, and after two of these a radio
that had heard somebody before is built anew, then after four more, eight, ten, and ten. The gateway tells who is still
deaf then (tools/gateway/bridge_watch.py).

After five busy looks, some 0.4 s, an alarm is sent all the same; anything else waits for up to eight. Sooner would be
no help: what is in the air on this channel is mostly the bridge, which hears nothing while it sends.
"""

from firmware.ticks import after, due
from micropython import const

DOWN = const(0)
HEARING = const(1)
DOZING = const(2)
LOOKING = const(3)
RESTING = const(4)
SENDING = const(5)
SETTLING = const(7)  # 6 is a bridge's without a radio

FRAME_BYTES = const(64)
PREAMBLE = const(8)

_PAUSE_FIRST_MS = const(500)
_PAUSE_MOST_MS = const(30000)
_CHECK_MS = const(5000)
_QUIET_CHECKS = const(12)  # a minute
_QUIET_FIRST = const(24)
_QUIET_MOST = const(120)
_SETTLE_MS = const(30)
_CHECK_DOZING_MS = const(60000)  # checking wakes the radio, so rarely
_LOOK_MOST_MS = const(200)  # 4 symbols and a half at SF12 are 147 ms
_LATE_MS = const(50)
_REST_SLOT_MS = const(16)
_LOOKS_ALARM = const(5)
_LOOKS_OTHER = const(8)

# A window of 9 symbols a second: 5 symbols of a call are then heard in one window or the next, and its header still
# falls into the time by which the chip prolongs that window. With one symbol less there is a gap between the two.
_WINDOW_SYMBOLS = const(9)
_CYCLE_US = const(1000000)
_WAKE_US = const(340)  # from sleep to the next window, on top of what the chip's timer counts (table 8-2)


class Lora:
    """One radio on one channel. make(): returns a modem (firmware/board/modem.py), or raises OSError or RuntimeError.

    band: the channel's, a number for `ledger`, which has may, wait_ms and spend (firmware/link/ledger.py).
    keep(ledger): writes it into RTC memory; called between spending and sending.
    """

    def __init__(self, make, band, ledger, keep):
        self._make = make
        self._band = band
        self._ledger = ledger
        self._keep = keep
        self._modem = None
        self._buf = None
        self._frame = bytearray(FRAME_BYTES)
        self._n = 0
        self._preamble_len = 0  # as the modem has it now
        self._called = False
        self._alarm = False
        self._looks = 0
        self._now = 0
        self._at = -1  # when the present state is given up or looked after; -1: at once
        self._pause_ms = _PAUSE_FIRST_MS
        self._sleep = False  # dozing is wanted
        self._quiet = 0  # checks since a frame was heard, or the modem made anew
        self._patience = _QUIET_FIRST  # of as many it is made anew
        self._heard = False  # a frame, ever
        self.state = DOWN
        self.failures = 0
        self.refused = 0  # sends that the law put off
        self.sent = 0
        self.busy = 0  # looks that found the channel in use
        self.rssi_dbm = 0  # of the last frame heard
        self.snr_quarter_db = 0

    def up(self):
        """Return whether a frame can be sent now, as far as the radio goes."""
        return self.state == HEARING or self.state == DOZING

    def doze(self, on):
        """Choose low-power listening, for calls with a long preamble; a chip that cannot keeps hearing."""
        self._sleep = on

    def wait_ms(self, n, is_alarm, now):
        """Return how long the law makes a frame of `n` bytes wait, ms; -1 for ever, or while there is no radio."""
        if self._modem is None:
            return -1
        return self._ledger.wait_ms(self._band, self._airtime_ms(n, False), is_alarm, now)

    def tend(self, now):
        """Look after the radio; quick, call it often."""
        self._now = now
        try:
            state = self.state
            if state == LOOKING:
                self._seen(now)
            elif state == SENDING:
                if self._modem.poll_send() is not True:
                    if self._modem.alive():
                        self.sent += 1
                        self._hear(now)
                    else:
                        self._fail(now)
                elif due(self._at, now):
                    self._fail(now)
            elif self._at < 0 or due(self._at, now):
                if state == DOWN:
                    self._modem = self._make()
                    self._preamble_len = 0
                    self._settle()
                elif state == RESTING:
                    self._look()
                elif state == SETTLING and self._at < 0:
                    self._at = after(now, _SETTLE_MS)
                elif state == SETTLING:
                    self._hear(now)
                else:
                    self._check(now)
            elif self._sleep != (state == DOZING) and self.up() and self._modem.can_doze:
                self._wakeup()
                self._hear(now)
        except (OSError, RuntimeError, ValueError):
            self._fail(now)

    def send(self, buf, n, is_alarm=False, calls=False):
        """Take `buf[:n]` to be sent; return whether it was taken. calls: with a preamble that wakes dozing badges."""
        if not self.up() or n > FRAME_BYTES:
            return False
        if not self._ledger.may(self._band, self._airtime_ms(n, calls), is_alarm, self._now):
            self.refused += 1
            return False
        for i in range(n):
            self._frame[i] = buf[i]
        self._n = n
        self._called = calls
        self._alarm = is_alarm
        self._looks = 0
        try:
            self._wakeup()
            self._look()
        except (OSError, RuntimeError, ValueError):
            self._fail(self._now)
            return False
        return True

    def receive(self, buf):
        """Read one frame into `buf`; return its length, 0 for none."""
        try:
            if self.state == DOZING:
                packet = self._modem.poll_doze(self._buf)
                if packet is not True:
                    self._hear(self._now)
            elif self.state == HEARING or self.state == RESTING:
                packet = self._modem.poll_recv(self._buf)
            else:
                return 0
        except (OSError, RuntimeError, ValueError):
            self._fail(self._now)
            return 0
        if packet is True or packet is False or packet is None:
            return 0
        self._quiet = 0
        self._patience = _QUIET_FIRST
        self._heard = True
        self._buf = packet  # lent to the next receive: the package makes a new one only for another length
        self.rssi_dbm = packet.rssi
        self.snr_quarter_db = packet.snr
        n = min(len(packet), len(buf))
        for i in range(n):
            buf[i] = packet[i]
        return n

    def configure(self, cfg):
        """Give the radio other settings (the package's lora_cfg); return whether it took them."""
        if not self.up():
            return False
        try:
            self._wakeup()
            self._modem.standby()
            self._modem.configure(cfg)
            self._hear(self._now)
        except (OSError, RuntimeError, ValueError):
            self._fail(self._now)
            return False
        return True

    def call_preamble(self):
        """Return the symbols of a preamble that spans one cycle of dozing, and no more than its window forgives."""
        return _CYCLE_US // self._symbol_us() + 1

    def _symbol_us(self):
        return 8 << self._modem.sf

    def _airtime_ms(self, n, calls):
        more = (self.call_preamble() if calls else PREAMBLE) - self._preamble_len
        return (self._modem.get_time_on_air_us(n) + more * self._symbol_us() + 999) // 1000

    def _set_preamble(self, length):
        if self._preamble_len != length:
            self._modem.configure({"preamble_len": length})
            self._preamble_len = length

    def _check(self, now):
        self._wakeup()
        if not self._modem.alive():
            self._fail(now)
            return
        self._pause_ms = _PAUSE_FIRST_MS  # believed only after it has held
        self._quiet += 1
        if self._quiet >= self._patience and self._heard:
            self._quiet = 0
            self._patience = min(2 * self._patience, _QUIET_MOST)
            self._rebuild()
        elif self._quiet % _QUIET_CHECKS == 0:
            self._recalibrate(now)
        elif self.state == DOZING or self._modem.is_idle():
            self._hear(now)
        else:
            self._at = after(now, _CHECK_MS)

    def _recalibrate(self, now):
        self._wakeup()
        self._modem.recalibrate()
        self._settle()

    def _settle(self):
        self.state = SETTLING
        self._at = -1  # from the next turn on: what was done has taken its own time

    def _rebuild(self):
        self._wakeup()
        self.state = DOWN
        self._at = -1

    def _wakeup(self):
        if self._modem.dozing:
            self._modem.end_doze()

    def _hear(self, now):
        # The receiver's preamble is the longest that may come (SX1262 data sheet 6.1.1.1, preamble).
        self._modem.standby()
        self._set_preamble(self.call_preamble())
        if self._sleep and self._modem.can_doze:
            window_us = _WINDOW_SYMBOLS * self._symbol_us()
            cycle_us = (self.call_preamble() - 1) * self._symbol_us()
            self._modem.start_doze(window_us, cycle_us - window_us - _WAKE_US)
            self.state = DOZING
            self._at = after(now, _CHECK_DOZING_MS)
        else:
            self._modem.start_recv(continuous=True)
            self.state = HEARING
            self._at = after(now, _CHECK_MS)

    def _look(self):
        self._modem.start_look()
        self._looks += 1
        self.state = LOOKING
        self._at = -1

    def _seen(self, now):
        busy = self._modem.poll_look()
        if busy < 0:
            if self._at < 0:  # counted from here: `send` knows no time of its own
                self._at = after(now, _LOOK_MOST_MS)
            elif due(self._at, now):
                self._fail(now)
            return
        self.busy += busy
        if not busy or self._looks >= (_LOOKS_ALARM if self._alarm else _LOOKS_OTHER):
            self._write(now)
            return
        self._modem.standby()
        self._set_preamble(self.call_preamble())
        self._modem.start_recv(continuous=True)
        self.state = RESTING
        # A tag's bytes are as good as dice, and no two badges and no two tries have the same.
        slots = 1 + (self._frame[self._n - self._looks] & 7)
        self._at = after(now, slots * _REST_SLOT_MS)

    def _write(self, now):
        airtime_ms = self._airtime_ms(self._n, self._called)
        self._modem.standby()
        self._set_preamble(self.call_preamble() if self._called else PREAMBLE)
        self._ledger.spend(self._band, airtime_ms, now)
        self._keep(self._ledger)
        self._modem.prepare_send(memoryview(self._frame)[: self._n])
        self._modem.start_send()
        self.state = SENDING
        self._at = after(now, airtime_ms + _LATE_MS)

    def _fail(self, now):
        self._modem = None
        self.state = DOWN
        self.failures += 1
        self._at = after(now, self._pause_ms)
        self._pause_ms = min(2 * self._pause_ms, _PAUSE_MOST_MS)
