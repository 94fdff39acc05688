"""How does a TI DRV2605 or DRV2605L drive a small vibration motor (ERM) over I2C, at a level from 0 to 255?

Registers and values from the data sheet SLOS825C (7.5, programming; 7.6, register map) and that of the DRV2605L,
SLOS854. Real-time playback in open loop with signed input: 0 is still, 0x7F is full drive (7.5.8.1.1, figure 24), so no
calibration is needed. Full drive is OD_CLAMP, left at the chip's own 0x8C, about 3 V, which coin motors are made for.
`run` plays an effect of the chip's own library (7.5.8.2), which ends by itself should the caller stand still. At level
0 the chip is in standby, where it takes microamperes. Knows the chip and no product.
"""

from micropython import const

ADDRESS = const(0x5A)

_STATUS = const(0x00)
_MODE = const(0x01)
_RTP_INPUT = const(0x02)
_LIBRARY = const(0x03)
_WAVEFORM = const(0x04)
_GO = const(0x0C)
_OD_CLAMP = const(0x17)
_FEEDBACK = const(0x1A)
_CONTROL3 = const(0x1D)

_DRV2605 = const(3)  # DEVICE_ID, STATUS[7:5]
_DRV2605L = const(7)
_DIAG_FAILED = const(0x08)
_TROUBLE = const(0x03)  # over temperature, over current
_TRIGGERED = const(0x00)
_LIBRARY_A = const(0x01)  # for open loop
_ALERT_1000MS = const(16)  # full drive for a second (11.2, waveform library effects list)
_REALTIME = const(0x05)
_REALTIME_STANDBY = const(0x45)
_DIAGNOSTICS = const(0x06)
_STOP = const(0x00)
_START = const(0x01)
_CLAMP_3V = const(0x8C)
_ERM = const(0x36)  # the reset value: ERM, brake factor 4, loop gain medium
_OPEN_LOOP_SIGNED = const(0xA0)
_TRIES = const(40)
_TRY_MS = const(50)


class DRV2605:
    """The chip at `address` on `i2c` (readfrom_mem_into and writeto_mem of machine.I2C).

    Raises OSError when nothing answers and RuntimeError when something else does.
    """

    def __init__(self, i2c, address=ADDRESS):
        self._i2c = i2c
        self._address = address
        self._byte = bytearray(1)
        identity = self._get(_STATUS) >> 5
        if identity != _DRV2605 and identity != _DRV2605L:
            raise RuntimeError("the chip at this address is not a DRV2605")

    def start(self):
        """Configure, whatever state the chip was in; the motor is still, the chip in standby."""
        self._put(_MODE, _REALTIME_STANDBY)
        self._put(_GO, _STOP)
        self._put(_RTP_INPUT, 0)
        self._put(_OD_CLAMP, _CLAMP_3V)
        self._put(_FEEDBACK, _ERM)
        self._put(_CONTROL3, _OPEN_LOOP_SIGNED)
        self._put(_LIBRARY, _LIBRARY_A)
        self._put(_WAVEFORM, _ALERT_1000MS)
        self._put(_WAVEFORM + 1, 0)

    def configured(self):
        """Return whether the chip still holds what `start` wrote; after a brown-out it does not."""
        return (
            self._get(_MODE) & ~0x40 == _REALTIME
            and self._get(_OD_CLAMP) == _CLAMP_3V
            and self._get(_FEEDBACK) == _ERM
            and self._get(_CONTROL3) == _OPEN_LOOP_SIGNED
            and self._get(_LIBRARY) == _LIBRARY_A
            and self._get(_WAVEFORM) == _ALERT_1000MS
        )

    def level(self, level):
        """Run the motor at `level`, 0 to 255. Allocates nothing."""
        self._put(_RTP_INPUT, level >> 1)
        self._put(_MODE, _REALTIME if level else _REALTIME_STANDBY)

    def run(self, on):
        """Run the motor at full drive for a second, which the chip ends by itself, or end it now. Allocates nothing."""
        self._put(_MODE, _TRIGGERED if on else _REALTIME_STANDBY)
        self._put(_GO, _START if on else _STOP)

    def trouble(self):
        """Return 0, or 1 for over current, 2 for over temperature, 3 for both, since this was asked last."""
        return self._get(_STATUS) & _TROUBLE

    def self_test(self, wait_ms):
        """Let the chip measure whether a motor hangs on it, neither open nor shorted; it shakes for a moment.

        wait_ms(ms): a sleep, time.sleep_ms on the device; 2 s at most. The chip is started anew afterwards.
        """
        try:
            self._put(_MODE, _DIAGNOSTICS)
            self._put(_GO, _START)
            for _ in range(_TRIES):
                wait_ms(_TRY_MS)
                if not self._get(_GO) & _START:
                    return not self._get(_STATUS) & _DIAG_FAILED
            return False
        finally:
            self.start()

    def _get(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._byte)
        return self._byte[0]

    def _put(self, register, value):
        self._byte[0] = value
        self._i2c.writeto_mem(self._address, register, self._byte)
