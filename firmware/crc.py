"""Is what was kept still what was written? CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF).

MicroPython's binascii.crc32 answers with numbers past 2^30, which the ESP32 allocates; sixteen bits do not.
"""


def crc16(buf, start, end):
    """Return the check of `buf[start:end]`, 0 .. 65535. Check value: b"123456789" gives 0x29B1."""
    crc = 0xFFFF
    for i in range(start, end):
        crc ^= buf[i] << 8
        for _ in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
            crc &= 0xFFFF
    return crc
