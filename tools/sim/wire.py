"""How long is a frame, and how long is it on the air?"""

import math

from firmware.limits import SEEN_METERED
from firmware.link import downlink, frame
from firmware.link.seal import NONCE_BYTES, Seal

PREAMBLE = 8
CODING = 1  # CR 4/5
SYMBOL_MS_SF7 = 2**7 / 125  # one symbol at 125 kHz

_HEADS = {"alarm": frame.UP_HEAD, "ack": frame.ACK_HEAD, "heartbeat": frame.UP_HEAD, "call": frame.DOWN_HEAD,
          "sighting": frame.UP_HEAD}  # which tells four


def frame_bytes() -> dict[str, int]:
    """Return {kind of frame, as in _HEADS: length on the wire}, each really written and sealed."""
    seal = Seal(bytes(16))
    buf = bytearray(frame.FRAME_BYTES_MAX)
    plain = {
        "alarm": lambda: frame.alarm(buf, 1, 2, 3, 1, 0, 0, 14, 0, 0),
        "ack": lambda: downlink.ack(buf, 1, 1, 2, 0),
        "heartbeat": lambda: frame.heartbeat(buf, 1, 2, 0, 100, 0),
        "call": lambda: downlink.call(buf, 1, 1, 2, 3, 4, 5, 1),
        "sighting": lambda: frame.sighting(buf, 1, 2, range(SEEN_METERED), bytes(SEEN_METERED), SEEN_METERED),
    }
    return {name: seal.close(bytes(NONCE_BYTES), buf, _HEADS[name], write()) for name, write in plain.items()}


def airtime_ms_sf7(length: int) -> float:
    """Return the ms that `length` bytes take at SF7, 125 kHz, CR 4/5, explicit header, CRC on.

    Semtech, SX1261/2 data sheet, 6.1.4 (LoRa time-on-air), for spreading factors 7 to 10.
    """
    bits = max(8 * length + 16 - 4 * 7 + 8 + 20, 0)
    symbols = PREAMBLE + 4.25 + 8 + math.ceil(bits / (4 * 7)) * (CODING + 4)
    return symbols * SYMBOL_MS_SF7
