"""What can our LoRa radios do that the package `lora` does not ask of them?

micropython-lib's lora-sx126x (0.1.6 or newer; older ones hand on frames whose CRC is wrong) and lora-sx127x know
sending and receiving, but neither channel activity detection nor the SX1262's receive duty cycle. Both are added in
subclasses (sx1262.py, sx1276.py), which lean on the package's inside: lib/README.md pins the versions they are tested
with. Only the board's own chip is loaded, and only its part of the package need be there: each takes 10 KB of heap.

    start_look(), poll_look()    is LoRa in the air? -1 not known yet, 0 no, 1 yes
    start_doze(rx_us, sleep_us), poll_doze(packet), end_doze()
                                 listen and sleep in turns; the chip ends it by itself when a frame comes (SX1262)
    recalibrate()                hear again after a strong signal has deafened the receiver; then 20 ms of peace
    alive()                      does this chip answer, and does it still hold our settings?
"""

from machine import SPI, Pin
from micropython import const

_SPI_HZ = const(4000000)  # both chips take 10 MHz and more; wires on a desk do not
_TCXO_START_US = const(5000)


def chip(name):
    """Return the class for the chip `name`, sx1262 or sx1276. Raises ImportError without its part of the package."""
    if name == "sx1276":
        from firmware.board.sx1276 import SX1276

        return SX1276
    from firmware.board.sx1262 import SX1262

    return SX1262


def build(pins, khz, sf, dbm):
    """Return the modem of a board (a module of firmware/board/boards). Raises OSError or RuntimeError without one.

    khz: the channel's middle. sf: 7 .. 12. dbm: power at the radio's pin. 125 kHz and 4/5 are how the package and both
    chips begin (SX1276: RegModemConfig1 after a reset), so they are not asked for.
    """
    make = chip(pins.LORA)
    cfg = {"freq_khz": khz, "sf": sf, "output_power": dbm, "preamble_len": 8}
    sck, mosi, miso = Pin(pins.LORA_SCK), Pin(pins.LORA_MOSI), Pin(pins.LORA_MISO)
    parts = {
        "spi": SPI(1, baudrate=_SPI_HZ, polarity=0, phase=0, sck=sck, mosi=mosi, miso=miso),
        "cs": Pin(pins.LORA_CS),
        "reset": Pin(pins.LORA_RESET),
    }
    if pins.LORA == "sx1276":
        return make(cfg, Pin(pins.LORA_DIO1), **parts)  # the board's one line is wired to DIO0
    tcxo_mv = getattr(pins, "LORA_TCXO_MV", None)
    if tcxo_mv:
        parts["dio3_tcxo_millivolts"] = tcxo_mv
        parts["dio3_tcxo_start_time_us"] = _TCXO_START_US
    return make(cfg, Pin(pins.LORA_DIO1), busy=Pin(pins.LORA_BUSY), **parts)
