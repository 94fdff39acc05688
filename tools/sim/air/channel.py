"""Who hears whom? Several radios share the air; frames that overlap destroy each other, or the stronger survives.

A radio hears a frame when it listens on the frame's frequency, SF and polarity, the signal is strong enough where it
stands, and it catches five symbols of the preamble in peace. It then stays with this frame: a stronger one takes it
away only during the preamble. While a radio sends it hears nothing. All chances come from one seed.

Simplified: no fading within a frame, no Doppler, no drift, and two frames that begin within one symbol are a collision.
Runs on CPython and MicroPython.
"""

from .phy import CAPTURE_DB, DETECT_SYMBOLS, OTHER_SF_DB, Dice, Shape, decibel, noise_dbm, weakest_dbm

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from typing import Protocol

    from .clock import Clock

    Aim = Callable[["Frame"], Container["Radio"]]

    class Listener(Protocol):
        """Who hears what a radio reads: a preamble, its header, the frame."""

        def preamble(self) -> None: ...
        def header(self, ok: bool) -> None: ...
        def frame(self, payload: bytes, rssi_dbm: float, snr_db: float, crc_ok: bool) -> None: ...

_AT_1_M_DB = 31  # free space at 868 MHz
_SPREAD_DB = 12  # shadowing: a sum of four dice, so within this of the mean


class Frame:
    """One transmission: payload, from `start_us` to `end_us` in the air."""

    def __init__(self, sender: "Radio", payload: bytes, shape: Shape, power_dbm: float, start_us: int) -> None:
        self.sender = sender
        self.payload = payload
        self.shape = shape
        self.power_dbm = power_dbm
        self.hz = sender.hz
        self.sync = sender.sync
        self.inverted = sender.inverts_tx
        self.start_us = start_us
        self.preamble_end_us = start_us + shape.preamble_us
        self.header_us = start_us + shape.header_us
        self.end_us = start_us + shape.airtime_us


class Air:
    """One place's spectrum in the time of `clock`.

    exponent: how fast signals fade with distance, 2 in the open, 3 and more in houses.
    loss_permille: receptions that fail for no reason; garble_permille: receptions with wrong bytes.

    aim(frame): the radios that a frame is for, where a hundred share the air and a day of it shall not take a day: no
    other is told of it but the `ears`. What it would cost them is kept: who would be reading it misses its own frame.
    """

    def __init__(self, clock: "Clock", seed: int = 1, exponent: float = 3.0, shadowing: bool = False,
                 loss_permille: int = 0, garble_permille: int = 0, aim: "Aim | None" = None) -> None:
        self.clock = clock
        self.dice = Dice(seed)
        self.loss_permille = loss_permille
        self.garble_permille = garble_permille
        self.radios: list[Radio] = []
        self.live: list[Frame] = []
        self.ears: set[Radio] = set()
        self.occupied = 0  # frames that a radio missed since it was reading another
        self._aim = aim
        self._exponent = exponent
        self._shadowing = shadowing
        self._path_db: dict[tuple[int, int], float] = {}

    def attenuate(self, a: "Radio", b: "Radio", db: float) -> None:
        """Fix the loss between two radios at `db`, both ways; 200 is out of reach."""
        self._path_db[(a.number, b.number)] = self._path_db[(b.number, a.number)] = db

    def rssi_dbm(self, frame: Frame, radio: "Radio") -> float:
        """Return how strong `frame` arrives at `radio`, dBm."""
        key = (frame.sender.number, radio.number)
        db = self._path_db.get(key)
        if db is None:
            db = self._lost_db(frame.sender, radio)
            self.attenuate(frame.sender, radio, db)
        return frame.power_dbm - db

    def jam_dbm(self, frame: Frame, radio: "Radio") -> float:
        """Return how strong everything that disturbs `frame` is at `radio` now, in dBm of frames of the same SF."""
        total = 0.0
        for other in self.live:
            if other is frame or other.sender is radio or abs(other.hz - frame.hz) >= frame.shape.bw_hz:
                continue
            same = other.shape.sf == frame.shape.sf and other.shape.bw_hz == frame.shape.bw_hz
            total += 10 ** ((self.rssi_dbm(other, radio) - (0 if same else CAPTURE_DB - OTHER_SF_DB)) / 10)
        return decibel(total) if total else -200

    def put(self, frame: Frame) -> None:
        """Let a frame begin."""
        self.live.append(frame)
        self.clock.at(frame.end_us, self.drop, frame)
        aimed = self._aim(frame) if self._aim else ()
        for radio in self.radios:
            if radio.lock:
                self.occupied += self._aim is not None and radio in aimed
                radio.disturbed(radio.lock, frame)
            elif radio.listening and (not self._aim or radio in self.ears):
                radio.maybe(frame)
            elif radio.listening and radio in aimed:
                if self._reads_another(radio, frame):
                    self.occupied += 1
                else:
                    radio.maybe(frame)

    def _reads_another(self, radio: "Radio", frame: Frame) -> bool:
        now_us = self.clock.now_us
        return any(other is not frame and other.sender is not radio and other.preamble_end_us < now_us
                   and radio._tuned_to(other) for other in self.live)

    def drop(self, frame: Frame) -> None:
        """Let a frame end, once."""
        if frame in self.live:
            self.live.remove(frame)

    def _lost_db(self, a: "Radio", b: "Radio") -> float:
        metres = max(1.0, ((a.x_m - b.x_m) ** 2 + (a.y_m - b.y_m) ** 2) ** 0.5)
        db = _AT_1_M_DB + self._exponent * decibel(metres)
        if self._shadowing:
            # a pair's own dice: who asks first must not matter
            dice = Dice(97 * min(a.number, b.number) + 7919 * max(a.number, b.number) + 1)
            db += sum([dice.below(2 * _SPREAD_DB // 4 + 1) for _ in range(4)]) - _SPREAD_DB
        return db


class Radio:
    """A place in the air. `listener` is told preamble(), header(ok) and frame(payload, rssi_dbm, snr_db, crc_ok).

    sent: (start_us, end_us, hz) of every frame, for whoever watches the law. counts: what became of frames here.
    cycle_us: how far apart its windows are while it dozes; 0: it hears all the time.
    """

    cycle_us = 0
    listener: "Listener"

    def __init__(self, air: Air, x_m: float = 0, y_m: float = 0, listener: "Listener | None" = None) -> None:
        self.air = air
        self.number = len(air.radios)
        air.radios.append(self)
        self.x_m = x_m
        self.y_m = y_m
        if listener:
            self.listener = listener
        self.listening = False
        self.sending: Frame | None = None
        self.lock: Frame | None = None
        self.sent: list[tuple[int, int, int]] = []
        self.counts = {"heard": 0, "collided": 0, "lost": 0, "garbled": 0, "foreign": 0}
        self._tuned = 0  # grows with every change, so that what was arranged before comes to nothing
        self._bad_header = self._bad_payload = False
        self.tune(869525000, 7)

    def tune(self, hz: int, sf: int, bw_hz: int = 125000, sync: int = 0x12, header: bool = True,
             inverts_rx: bool = False, inverts_tx: bool = False) -> None:
        """Set what is heard and, but for the frame's own shape, how it is sent."""
        self.hz, self.sf, self.bw_hz, self.sync, self.header = hz, sf, bw_hz, sync, header
        self.inverts_rx, self.inverts_tx = inverts_rx, inverts_tx
        self.listen(self.listening)

    def listen(self, on: bool) -> None:
        """Begin anew to listen, or stop; a frame half heard is lost."""
        self._tuned += 1
        self.lock = None
        self.listening = on and not self.sending
        if self.listening:
            for frame in self.air.live:
                self.maybe(frame)

    def transmit(self, payload: bytes, power_dbm: float, preamble: int = 8, coding: int = 1, crc: bool = True,
                 ldro: bool | None = None) -> Frame:
        """Send; return the frame. `listening` is over."""
        shape = Shape(len(payload), self.sf, self.bw_hz, preamble, coding, self.header, crc, ldro)
        now_us = self.air.clock.now_us
        self.sending = Frame(self, bytes(payload), shape, power_dbm, now_us)
        self.listen(False)
        self.sent.append((now_us, self.sending.end_us, self.hz))
        self.air.clock.at(self.sending.end_us, self._sent, self.sending)
        self.air.put(self.sending)
        return self.sending

    def hush(self) -> None:
        """Stop sending in the middle of a frame: nobody reads the rest."""
        if self.sending:
            frame, self.sending = self.sending, None
            frame.sync = -1
            self.air.drop(frame)
            self.sent[-1] = (frame.start_us, self.air.clock.now_us, frame.hz)
            for radio in self.air.radios:
                radio.cut_off(frame)

    def busy(self, preamble_only: bool = False) -> bool:
        """Return whether LoRa of the tuned kind is in the air here and has been for a symbol (channel activity)."""
        now_us = self.air.clock.now_us
        for frame in self.air.live:
            if frame.start_us + frame.shape.symbol_us <= now_us and self._tuned_to(frame):
                if not preamble_only or now_us <= frame.preamble_end_us:
                    return True
        return False

    def rssi_dbm(self) -> float:
        """Return the power on the frequency now, whatever it is, dBm."""
        total = 10 ** (noise_dbm(self.bw_hz) / 10)
        for frame in self.air.live:
            if frame.sender is not self and abs(frame.hz - self.hz) < self.bw_hz:
                total += 10 ** (self.air.rssi_dbm(frame, self) / 10)
        return decibel(total)

    def maybe(self, frame: Frame) -> None:
        """Arrange to lock on `frame` once five symbols of it have been heard; who dozes hears it in the next window."""
        if self._tuned_to(frame):
            begin_us = self.air.clock.now_us + (self.air.dice.below(self.cycle_us) if self.cycle_us else 0)
            self._try_at(frame, begin_us + DETECT_SYMBOLS * frame.shape.symbol_us)

    def disturbed(self, locked: Frame, frame: Frame) -> None:
        """Look at what a frame that begins does to `locked`, the one this radio reads."""
        now_us = self.air.clock.now_us
        strong = self.air.rssi_dbm(locked, self)
        if strong - self.air.jam_dbm(locked, self) >= CAPTURE_DB:
            return
        if now_us < locked.preamble_end_us and self.air.rssi_dbm(frame, self) >= strong + CAPTURE_DB:
            self.counts["collided"] += 1
            self.listen(True)
        elif now_us < locked.header_us:
            self._bad_header = True
        else:
            self._bad_payload = True

    def cut_off(self, frame: Frame) -> None:
        """Hear nothing more of a frame whose sender has stopped."""
        if self.lock is frame:
            self._bad_payload = True

    def _sent(self, frame: Frame) -> None:
        if self.sending is frame:
            self.sending = None

    def _tuned_to(self, frame: Frame) -> bool:
        return (
            frame.shape.sf == self.sf and frame.shape.bw_hz == self.bw_hz and frame.inverted == self.inverts_rx
            and frame.sender is not self and 4 * abs(frame.hz - self.hz) <= self.bw_hz
            and self.air.rssi_dbm(frame, self) >= weakest_dbm(self.sf, self.bw_hz)
        )

    def _try_at(self, frame: Frame, at_us: int) -> None:
        if at_us <= frame.preamble_end_us:
            self.air.clock.at(at_us, self._try, frame, self._tuned)

    def _try(self, frame: Frame, tuned: int) -> None:
        if tuned != self._tuned or not self.listening or self.lock:
            return
        if self.air.rssi_dbm(frame, self) - self.air.jam_dbm(frame, self) < CAPTURE_DB:
            now_us = self.air.clock.now_us
            if now_us + frame.shape.symbol_us > frame.preamble_end_us:
                self.counts["collided"] += 1
            self._try_at(frame, now_us + frame.shape.symbol_us)
            return
        if self.air.dice.below(1000) < self.air.loss_permille:
            self.counts["lost"] += 1
            return
        self.lock = frame
        self._bad_header = self._bad_payload = False
        self.air.clock.at(frame.header_us, self._header, frame, tuned)
        self.listener.preamble()

    def _header(self, frame: Frame, tuned: int) -> None:
        if tuned != self._tuned or self.lock is not frame:
            return
        if frame.sync != self.sync:
            self.counts["foreign"] += 1
            self.listen(True)
        elif self._bad_header or frame.shape.header != self.header:
            self.counts["collided"] += 1
            self.listen(True)
            self.listener.header(False)
        else:
            self.air.clock.at(frame.end_us, self._end, frame, tuned)
            self.listener.header(True)

    def _end(self, frame: Frame, tuned: int) -> None:
        if tuned != self._tuned or self.lock is not frame:
            return
        garbled = self.air.dice.below(1000) < self.air.garble_permille
        self.counts["collided" if self._bad_payload else "garbled" if garbled else "heard"] += 1
        bad = self._bad_payload or garbled
        payload = bytes([byte ^ self.air.dice.below(256) for byte in frame.payload]) if bad else frame.payload
        rssi_dbm = self.air.rssi_dbm(frame, self)
        self.listen(True)
        crc_ok = not (frame.shape.crc and bad)
        self.listener.frame(payload, rssi_dbm, rssi_dbm - noise_dbm(self.bw_hz), crc_ok)
