"""What stands in a sealed frame? For the witness and for thieves: both have keys."""

from firmware.link import downlink, frame
from firmware.link.seal import NONCE_BYTES, TAG_BYTES, Seal

_HEADS = {frame.ACK: frame.ACK_HEAD}


def _nonce(stream, device, sender, counter):
    nonce = bytearray(NONCE_BYTES)
    frame.nonce(nonce, stream, device, sender, counter)
    return nonce


def opened_up(data, key):
    """Return the bytes of an uplink, or None for what does not open under the 16-byte `key`."""
    buf = bytearray(data)
    if not downlink.fits(buf[0], len(buf) - TAG_BYTES) or frame.get30(buf, 3) < 0:
        return None
    nonce = _nonce(frame.STREAM_UP, frame.get16(buf, 1), 0, frame.get30(buf, 3))
    return buf if Seal(key).open(nonce, buf, frame.UP_HEAD, len(buf)) >= 0 else None


def opened_down(data, key, stream=frame.STREAM_DOWN):
    """Return the bytes of a downlink, or None."""
    buf = bytearray(data)
    if not downlink.fits(buf[0], len(buf) - TAG_BYTES) or frame.get30(buf, 4) < 0:
        return None
    nonce = _nonce(stream, frame.get16(buf, 1), buf[3], frame.get30(buf, 4))
    return buf if Seal(key).open(nonce, buf, frame.DOWN_HEAD, len(buf)) >= 0 else None


def sealed_up(writer, device, key, counter, *fields):
    """Return an uplink, as the badge with this key would seal it. writer: of firmware/link/frame.py."""
    buf = bytearray(frame.FRAME_BYTES_MAX)
    n = writer(buf, device, counter, *fields)
    return bytes(buf[: Seal(key).close(_nonce(frame.STREAM_UP, device, 0, counter), buf, frame.UP_HEAD, n)])


def sealed_down(writer, device, key, gateway, counter, *fields, stream=frame.STREAM_DOWN):
    """Return a downlink, as the gateway would seal it."""
    buf = bytearray(frame.FRAME_BYTES_MAX)
    n = writer(buf, device, gateway, counter, *fields)
    return bytes(buf[: Seal(key).close(_nonce(stream, device, gateway, counter), buf, frame.DOWN_HEAD, n)])
