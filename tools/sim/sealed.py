"""How are frames sealed and opened by whoever is no badge and no gateway? For tests, thieves and witnesses, any key.

seal: a Seal of the key. A writer is one of firmware/link/frame.py, or of downlink.py. Runs on MicroPython, too.
"""

from firmware.link import downlink, frame
from firmware.link.seal import NONCE_BYTES, TAG_BYTES

TYPE_CHECKING = False  # MicroPython has no typing; mypy takes this name for true
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.link.seal import Seal


def _nonce(stream: int, to: int, sender: int, counter: int) -> bytearray:
    nonce = bytearray(NONCE_BYTES)
    frame.nonce(nonce, stream, to, sender, counter)
    return nonce


def up(seal: "Seal", writer: "Callable[..., int]", device: int, counter: int, *fields: object) -> bytes:
    """Return an uplink, as the badge with this key would seal it."""
    buf = bytearray(frame.FRAME_BYTES_MAX)
    n = writer(buf, device, counter, *fields)
    return bytes(buf[: seal.close(_nonce(frame.STREAM_UP, device, 0, counter), buf, frame.UP_HEAD, n)])


def down(seal: "Seal", writer: "Callable[..., int]", to: int, gateway: int, counter: int, *fields: object,
         stream: int = frame.STREAM_DOWN) -> bytes:
    """Return a downlink to a badge, or to a group (STREAM_GROUP), as the gateway would seal it."""
    buf = bytearray(frame.FRAME_BYTES_MAX)
    n = writer(buf, to, gateway, counter, *fields)
    return bytes(buf[: seal.close(_nonce(stream, to, gateway, counter), buf, frame.DOWN_HEAD, n)])


def ack(seal: "Seal", device: int, gateway: int, counter: int, status: int = 0) -> bytes:
    """Return the ack of the uplink with this counter."""
    buf = bytearray(frame.FRAME_BYTES_MAX)
    n = downlink.ack(buf, device, gateway, counter, status)
    return bytes(buf[: seal.close(_nonce(frame.STREAM_ACK, device, gateway, counter), buf, frame.ACK_HEAD, n)])


def _opened(seal: "Seal", nonce: bytearray, data: bytes | bytearray, head: int) -> bytes | None:
    buf = bytearray(data)
    n = seal.open(nonce, buf, head, len(buf))
    return bytes(buf[:n]) if n >= 0 else None


def opened_up(seal: "Seal", data: bytes | bytearray) -> bytes | None:
    """Return the plain bytes of an uplink, None for what is none or does not open."""
    if not downlink.fits(data[0], len(data) - TAG_BYTES) or frame.get30(data, 3) < 0:
        return None
    return _opened(seal, _nonce(frame.STREAM_UP, frame.get16(data, 1), 0, frame.get30(data, 3)), data, frame.UP_HEAD)


def opened_down(seal: "Seal", data: bytes, stream: int = frame.STREAM_DOWN) -> bytes | None:
    """Return the plain bytes of a downlink, None for what is none or does not open."""
    if not downlink.fits(data[0], len(data) - TAG_BYTES) or frame.get30(data, 4) < 0:
        return None
    nonce = _nonce(stream, frame.get16(data, 1), data[3], frame.get30(data, 4))
    return _opened(seal, nonce, data, frame.DOWN_HEAD)


def opened_ack(seal: "Seal", data: bytes, counter: int) -> bytes | None:
    """Return the plain bytes of the ack of the uplink with this counter, None for what does not open."""
    return _opened(seal, _nonce(frame.STREAM_ACK, frame.get16(data, 1), data[3], counter), data, frame.ACK_HEAD)
