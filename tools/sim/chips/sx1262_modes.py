"""What does an SX1262 do in its modes, and when is it done? The part of the simulated chip that lives in time.

After Semtech's SX1261/2 data sheet rev 2.1: modes (chapter 9), switching times (table 8-2), interrupts (13.3), receive
duty cycle (13.1.7; ST's RM0453, which has the same radio, says more of it in "Receiver listening mode"), channel
activity detection (13.1.14, AN1200.48). Times within the chip are typical values.
"""

from tools.sim.air.phy import symbol_us

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from tools.sim.air.channel import Radio
    from tools.sim.air.clock import Clock

    from .spi import SimPin

SLEEP, STDBY_RC, STDBY_XOSC, FS, RX, TX, CAD = range(7)
STATUS_MODE = (0, 2, 3, 4, 5, 6, 5)  # what GetStatus calls them (13.5.1)

TX_DONE, RX_DONE, PREAMBLE, HEADER_OK, HEADER_BAD, CRC_BAD = 0x01, 0x02, 0x04, 0x10, 0x20, 0x40
CAD_DONE, CAD_FOUND, TIMEOUT = 0x80, 0x100, 0x200

XOSC_ERROR = 0x20
WAKE_WARM_US, WAKE_COLD_US = 340, 3500
# table 8-2: from standby RC, XOSC, FS to FS, RX, TX
_SWITCH_US = {FS: (50, 40, 1), RX: (83, 62, 41), TX: (126, 105, 76), CAD: (83, 62, 41)}
_STEP_NS = 15625  # of the timers: 15.625 us
CONTINUOUS = 0xFFFFFF


class Modes:
    """Modes, timers and interrupts. Below it stands the air's radio, above it the commands, which set the rest here."""

    dio1: "SimPin"
    needs_tcxo: bool
    tcxo_set: bool
    errors: int
    fallback: int
    stops_on_preamble: bool
    buffer: bytearray
    rx_at: int
    preamble_len: int
    coding: int
    crc: bool
    ldro: bool

    def start(self, clock: "Clock", radio: "Radio") -> None:
        """Begin a life: what no reset changes."""
        self.clock = clock
        self.radio = radio
        radio.listener = self
        self.fail: str | None = None
        self.mode = STDBY_RC
        self.spent_us = [0] * 7  # in each mode, for whoever counts current
        self._since_us = clock.now_us
        self._timer: int | None = None
        self._work: int | None = None
        self.window_us = self.doze_us = 0  # of the receive duty cycle; no window, no cycle
        self._irq = self._irq_mask = self._dio1_mask = 0
        self._busy_until_us = 0

    def enter(self, mode: int) -> None:
        """Change the mode; what was under way is over."""
        now_us = self.clock.now_us
        self.spent_us[self.mode] += now_us - self._since_us
        self._since_us = now_us
        self.clock.cancel(self._timer)
        self.clock.cancel(self._work)
        self._timer = self._work = None
        if self.mode == TX:
            self.radio.hush()
        self.radio.listen(False)
        self.mode = mode

    def times_us(self) -> list[int]:
        """Return how long the chip has been in each mode, us."""
        spent = list(self.spent_us)
        spent[self.mode] += self.clock.now_us - self._since_us
        return spent

    def busy_for(self, us: int) -> None:
        """Raise BUSY for `us`."""
        self._busy_until_us = self.clock.now_us + us

    def is_busy(self) -> int:
        """Return the level of BUSY."""
        self.clock.sync()
        return int(self.fail == "busy" or self.mode == SLEEP or self.clock.now_us < self._busy_until_us)

    def int1(self) -> int:
        """Return the level of DIO1."""
        self.clock.sync()
        return int(self.fail != "no_irq" and bool(self._irq & self._dio1_mask))

    def raise_irq(self, bits: int) -> None:
        """Set interrupts, those that are wanted."""
        before = self.int1()
        self._irq |= bits & self._irq_mask
        if self.int1() > before:
            self.dio1.edge()

    def switch(self, mode: int) -> int:
        """Go to FS, RX, TX or CAD; return in how many us it is there, -1 if the oscillator does not start."""
        if self.mode <= STDBY_RC and self.needs_tcxo and not self.tcxo_set:
            self.errors |= XOSC_ERROR
            self.command_status = 5
            return -1
        us = _SWITCH_US[mode][min(max(self.mode - STDBY_RC, 0), 2)]
        self.enter(mode)
        self.busy_for(us)
        return us

    # sending

    def send(self, payload: bytes, power_dbm: int, timeout: int) -> None:
        """Go to TX, and back when `payload` is out."""
        us = self.switch(TX)
        if us < 0:
            return
        self._work = self.clock.at(self.clock.now_us + us, self._on_air, payload, power_dbm)
        if timeout:
            self._timer = self.clock.at(self.clock.now_us + us + timeout * _STEP_NS // 1000, self._timed_out)

    def _on_air(self, payload: bytes, power_dbm: int) -> None:
        if self.fail == "no_tx":  # the amplifier never starts
            return
        frame = self.radio.transmit(payload, power_dbm, self.preamble_len, self.coding, self.crc, self.ldro)
        self._work = self.clock.at(frame.end_us, self._sent)

    def _sent(self) -> None:
        self.command_status = 6
        self.enter(self.fallback)
        self.raise_irq(TX_DONE)

    # receiving

    def receive(self, timeout: int) -> None:
        """Go to RX: 0 for one frame, however long it takes; CONTINUOUS; or one frame within `timeout` steps."""
        us = self.switch(RX)
        if us < 0:
            return
        self.continuous = timeout == CONTINUOUS
        self.window_us = 0
        self._work = self.clock.at(self.clock.now_us + us, self._listen)
        if timeout and not self.continuous:
            self._timer = self.clock.at(self.clock.now_us + us + timeout * _STEP_NS // 1000, self._timed_out)

    def receive_in_cycle(self, rx_steps: int, sleep_steps: int) -> None:
        """Listen and sleep in turns until a frame comes or the host ends it."""
        us = self.switch(RX)
        if us < 0:
            return
        self.continuous = False
        self.window_us = rx_steps * _STEP_NS // 1000
        self.doze_us = sleep_steps * _STEP_NS // 1000
        self._window(us)

    def _window(self, us: int) -> None:
        self._work = self.clock.at(self.clock.now_us + us, self._listen)
        self._timer = self.clock.at(self.clock.now_us + us + self.window_us, self._doze)

    def _doze(self) -> None:
        self.enter(SLEEP)
        self._work = self.clock.at(self.clock.now_us + self.doze_us, self._next_window)

    def _next_window(self) -> None:
        self.enter(RX)
        self._window(WAKE_WARM_US)

    def _listen(self) -> None:
        if self.fail not in ("deaf", "agc", "latched"):
            self.radio.listen(True)

    def _timed_out(self) -> None:
        self.command_status = 3
        self.enter(self.fallback)
        self.raise_irq(TIMEOUT)

    # what the air says

    def preamble(self) -> None:
        """A preamble has been found."""
        self.raise_irq(PREAMBLE)
        if self.window_us and self._timer:
            # the window is prolonged, enough for the header behind a preamble that spans a whole cycle (13.1.7)
            self.clock.cancel(self._timer)
            self._timer = self.clock.at(self.clock.now_us + 2 * self.window_us + self.doze_us, self._doze)
        elif self.stops_on_preamble:
            self.clock.cancel(self._timer)

    def header(self, ok: bool) -> None:
        """A header has been read."""
        if ok:  # in LoRa, the timer stops here (13.1.5)
            self.clock.cancel(self._timer)
        self.raise_irq(HEADER_OK if ok else HEADER_BAD)

    def frame(self, payload: bytes, rssi_dbm: float, snr_db: float, crc_ok: bool) -> None:
        """A frame has been read."""
        for i in range(len(payload)):
            self.buffer[(self.rx_at + i) & 0xFF] = payload[i]
        self.last_frame = (len(payload), self.rx_at)
        self.last_signal = (
            min(max(int(-2 * rssi_dbm), 0), 255), max(-128, min(127, int(4 * min(snr_db, 12)))) & 0xFF,
        )
        self.command_status = 2
        if self.continuous:
            self.rx_at = (self.rx_at + len(payload)) & 0xFF
        else:
            self.enter(STDBY_RC if self.window_us else self.fallback)
        self.raise_irq(RX_DONE if crc_ok else RX_DONE | CRC_BAD)

    # channel activity

    def look(self, symbols: int, on_exit: int, timeout: int) -> None:
        """Look for LoRa for `symbols`; the processing takes about half a symbol more (AN1200.48)."""
        us = self.switch(CAD)
        if us >= 0:
            looking = symbol_us(self.radio.sf, self.radio.bw_hz) * (2 * symbols + 1) // 2
            self._work = self.clock.at(self.clock.now_us + us + looking, self._looked, on_exit, timeout)

    def _looked(self, on_exit: int, timeout: int) -> None:
        found = self.fail not in ("deaf", "agc", "latched") and self.radio.busy()
        self.enter(STDBY_RC)
        if found and on_exit == 1:
            self.receive(timeout)
        self.raise_irq(CAD_DONE | CAD_FOUND if found else CAD_DONE)
