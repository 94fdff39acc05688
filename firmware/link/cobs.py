"""What stands on the cable between a bridge and its gateway?

A message of 1 .. 250 bytes and its CRC-16 (firmware/crc.py, big endian) are written in COBS (Cheshire and Baker,
"Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on Networking 7(2), 1999): no byte of it is 0, so a 0 is
always an end. A 0 stands before it too, so that noise (a boot log, a traceback, half of a message) spoils itself only.

    to the bridge      SEND    1 | rank 1 | sealed frame             rank: see below
                       ASK     2                                     who are you, how are you? also: I am here
                   BYE     4                                     I go: be a console again, at once
    from the bridge    HEARD   17 | RSSI below 0 dBm 1 | SNR in quarter dB, + 128 1 | sealed frame
                       STATUS  18 | fields of STATUS_BYTES, see firmware/bridge.py

The bridge holds no key: a sealed frame is bytes to it. ASK holds no byte 3, which is Ctrl-C until a gateway is there.
"""

from firmware.crc import crc16
from micropython import const

SEND = const(0x01)
ASK = const(0x02)
BYE = const(0x04)
HEARD = const(0x11)
STATUS = const(0x12)

ORDINARY = const(0)
URGENT = const(1)  # may spend what the law's budget keeps for alarms
CALLS = const(2)  # urgent, with a preamble that wakes dozing badges
ACKS = const(3)  # ordinary, but a badge listens for it now, and talks again if it does not come
ALARM_ACKS = const(4)  # urgent, and before everything

SEND_HEAD = const(2)
HEARD_HEAD = const(3)
STATUS_BYTES = const(27)

MESSAGE_BYTES = const(80)  # the longest of ours: a head and a LoRa frame of 64
BYTES_MOST = const(250)  # with its CRC it fits one COBS block, and the decoder's buffer
WRITTEN_MORE = const(5)  # two zeros, CRC, the first code


def write(out, buf, n):
    """Write the message `buf[:n]` (1 .. BYTES_MOST) into `out` (n + WRITTEN_MORE bytes); return the bytes written."""
    crc = crc16(buf, 0, n)
    out[0] = 0
    code_at = 1
    at = 2
    for i in range(n + 2):
        byte = buf[i] if i < n else crc >> 8 if i == n else crc & 0xFF
        if byte:
            out[at] = byte
        else:
            out[code_at] = at - code_at
            code_at = at
        at += 1
    out[code_at] = at - code_at
    out[at] = 0
    return at + 1


class Reader:
    """Finds messages in a stream of bytes. buf: lent; a message is read there until the next byte is taken.

    good, bad: messages that were whole, and what stood between two zeros and was not; both stop at 2^24.
    """

    def __init__(self, buf):
        self._buf = buf
        self._n = 0  # bytes in buf
        self._left = 0  # bytes until the next code
        self._code = 0  # the last; 0: none since the last end
        self._spoiled = False
        self.good = 0
        self.bad = 0

    def take(self, byte):
        """Take one byte of the stream; return the length of the message that it ends, 0 for none."""
        if not byte:
            return self._end()
        if self._left:
            self._left -= 1
            self._put(byte)
            return 0
        if self._code and self._code != 0xFF:
            self._put(0)
        self._code = byte
        self._left = byte - 1
        return 0

    def _put(self, byte):
        if self._n < len(self._buf):
            self._buf[self._n] = byte
            self._n += 1
        else:
            self._spoiled = True

    def _end(self):
        if not self._code:
            return 0  # two zeros in a row: the end of one and the beginning of the next
        n = self._n - 2
        whole = not self._left and not self._spoiled and n > 0
        if whole and crc16(self._buf, 0, n) == self._buf[n] << 8 | self._buf[n + 1]:
            self.good = min(self.good + 1, 0xFFFFFF)
        else:
            self.bad = min(self.bad + 1, 0xFFFFFF)
            n = 0
        self._n = self._left = self._code = 0
        self._spoiled = False
        return n
