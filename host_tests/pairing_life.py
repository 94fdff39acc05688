"""What becomes of a pairing in which one byte has changed? Every byte, every bit, and 0 and 255; on MicroPython.

Prints how many are refused with a ValueError, how many read the same, and how many as another pairing; any other
exception ends it. Arguments: folders for sys.path.
"""

import sys

sys.path[:0] = sys.argv[1:]

TEXT = (
    b'{"device": 7, "up": "000102030405060708090a0b0c0d0e0f", "down": "101112131415161718191a1b1c1d1e1f", '
    b'"ssid": "house", "password": "secret12", "gateway": "kald.local", "port": 5570, "board": "heltec_v3", '
    b'"lora": {"khz": 869525, "sf": 7}, "address": ["10.0.0.7", "255.255.255.0", "10.0.0.1", "10.0.0.1"], '
    b'"bssid": "24a1b2c3d4e5"}'
)


class NVS:
    """One blob."""

    text = bytearray(TEXT)

    def __init__(self, space):
        pass

    def get_blob(self, key, buf):
        """Fill `buf` with the pairing."""
        buf[: len(NVS.text)] = NVS.text
        return len(NVS.text)


class Esp32:
    """The module."""

    NVS = NVS


sys.modules["esp32"] = Esp32
from firmware.board.nvs import NvsStore  # noqa: E402
from firmware.settings import read_pairing  # noqa: E402

right = read_pairing(NvsStore().pairing())
counts = {"refused": 0, "same": 0, "other": 0}
for at in range(len(TEXT)):
    for byte in {TEXT[at] ^ 1 << bit for bit in range(8)} | {0, 255}:
        NVS.text = bytearray(TEXT)
        NVS.text[at] = byte
        try:
            read = read_pairing(NvsStore().pairing())
        except ValueError:
            counts["refused"] += 1
            continue
        assert 1 <= read["device"] < 65535 and len(read["up"]) == len(read["down"]) == 16
        counts["same" if read == right else "other"] += 1
print(counts["refused"], counts["same"], counts["other"])
