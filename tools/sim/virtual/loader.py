"""What does an ESP32 answer while it is in its ROM's download mode? The maker's serial protocol, as a chip speaks it.

A packet is framed by SLIP (C0 at both ends, DB escapes): 00, command, length (2), checksum (4), data; answered by 01,
command, length, value (4), data, status. The checksum is EF with every byte of what is to be written. After a program
was put into RAM and begun (MEM_END) that one answers instead: it says OHAI, and knows more commands. By Espressif's
"Serial Protocol" page in esptool's documentation; what esptool itself says of it is what the tests try.
"""

import hashlib
import struct
import zlib
from collections.abc import Callable

SYNC = b"\xc0\x00\x08\x24\x00"
_END, _ESC = b"\xc0", b"\xdb"
_FLASH_BEGIN, _FLASH_DATA, _FLASH_END, _MEM_BEGIN, _MEM_END, _MEM_DATA, _SYNC = range(2, 9)
_WRITE_REG, _READ_REG, _SPI_PARAMS, _SPI_ATTACH, _BAUD = 9, 10, 11, 13, 15
_DEFL_BEGIN, _DEFL_DATA, _DEFL_END, _MD5, _SECURITY = 16, 17, 18, 19, 20
_ERASE_FLASH, _ERASE_REGION, _READ_FLASH, _RUN = 0xD0, 0xD1, 0xD2, 0xD3
_UNKNOWN, _WRONG_SUM = 0x05, 0x07
_SECTOR = 4096
_MAGIC_AT, _ESP32_MAGIC = 0x40001000, 0x00F01D83
# the register from which the flash chip's answer is read, by chip; there what it is and how large is found
_ANSWER_AT = {"esp32": 0x3FF42080, "esp32s3": 0x60002058, "esp32c3": 0x60002058}
_CHIP_ID = {"esp32s3": 9, "esp32c3": 5}
_CALIBRATION = {0x3FF5F06C: 402 << 7, 0x3FF5A010: 0xFF, 0x3FF40014: 347}  # by which esptool knows the crystal, 40 MHz


class Loader:
    """A chip with its flash. chip: esp32, esp32s3 or esp32c3. flash: what is in it, 4 MB of nothing for None."""

    def __init__(self, chip: str = "esp32", flash: bytes | None = None, size: int = 4 << 20) -> None:
        self.chip = chip
        self.flash = bytearray(flash or b"").ljust(size, b"\xff")
        self.whole = True  # what was begun has been written to its end
        self.commands: list[int] = []
        self.reset()

    def reset(self) -> None:
        """Forget all but the flash."""
        self.stub = False
        self._held = b""
        self._at = self._left = 0
        self._unpack: Callable[[bytes], bytes] = bytes
        self._send: list[bytes] = []  # frames of a reading that wait for their acknowledgement

    def boots(self) -> bool:
        """Return whether a boot loader and a table of partitions are where the ROM looks for them."""
        at = 0x1000 if self.chip == "esp32" else 0
        return self.whole and self.flash[at] == 0xE9 and self.flash[0x8000:0x8002] == b"\xaa\x50"

    def hear(self, data: bytes) -> bytes:
        """Take bytes from the cable; return what goes back."""
        self._held += data
        out = b""
        while True:
            start = self._held.find(_END)
            end = self._held.find(_END, start + 1)
            if start < 0 or end < 0:
                return out
            packet, self._held = self._held[start + 1 : end], self._held[end + 1 :]
            if not packet:
                self._held = _END + self._held  # the end of one that was not ours
                continue
            packet = packet.replace(b"\xdb\xdc", _END).replace(b"\xdb\xdd", _ESC)
            out += self._answer(packet)

    def _answer(self, packet: bytes) -> bytes:
        if self._send:  # the count of bytes that have arrived
            return slip(self._send.pop(0))
        if len(packet) < 8 or packet[0]:
            return b""
        _, command, size, check = struct.unpack("<BBHI", packet[:8])
        data = packet[8 : 8 + size]
        self.commands.append(command)
        if command in (_FLASH_DATA, _MEM_DATA, _DEFL_DATA) and _sum(data[16:]) != check:
            return self._says(command, status=_WRONG_SUM)
        if command == _SYNC:
            return b"".join(self._says(command, 0 if self.stub else 0x20120707) for _ in range(8))
        does = self._DOES.get(command)
        if does is None or not self.stub and command >= _ERASE_FLASH:
            return self._says(0xFF, status=_UNKNOWN)
        return does(self, command, data)

    def _says(self, command: int, value: int = 0, data: bytes = b"", status: int = 0) -> bytes:
        tail = bytes((bool(status), status)) + (b"" if self.stub else b"\0\0")
        return slip(struct.pack("<BBHI", 1, command, len(data) + len(tail), value) + data + tail)

    def _plain(self, command: int, _data: bytes) -> bytes:
        return self._says(command)

    def _read_register(self, command: int, data: bytes) -> bytes:
        at = struct.unpack("<I", data)[0]
        value = 0
        if at == _MAGIC_AT and self.chip == "esp32":
            value = _ESP32_MAGIC
        elif at == _ANSWER_AT[self.chip]:
            value = (len(self.flash).bit_length() - 1) << 16 | 0x40EF
        elif self.chip == "esp32":
            value = _CALIBRATION.get(at, 0)
        return self._says(command, value)

    def _security(self, command: int, _data: bytes) -> bytes:
        if self.chip not in _CHIP_ID:
            return self._says(0xFF, status=_UNKNOWN)
        return self._says(command, data=struct.pack("<I8xII", 0, _CHIP_ID[self.chip], 0))

    def _ram_end(self, command: int, data: bytes) -> bytes:
        said = self._says(command)
        if struct.unpack("<II", data)[1]:
            self.stub = True
            said += slip(b"OHAI")
        return said

    def _erase(self, command: int, _data: bytes) -> bytes:
        self.whole = True
        self.flash[:] = b"\xff" * len(self.flash)
        return self._says(command)

    def _erase_region(self, command: int, data: bytes) -> bytes:
        at, size = struct.unpack("<II", data)
        self.flash[at : at + size] = b"\xff" * size
        return self._says(command)

    def _write_begins(self, command: int, data: bytes) -> bytes:
        size, _, _, self._at = struct.unpack("<IIII", data[:16])
        end = (self._at + size + _SECTOR - 1) // _SECTOR * _SECTOR
        self.flash[self._at : end] = b"\xff" * (end - self._at)
        self._left = size
        self.whole = not size
        self._unpack = zlib.decompressobj().decompress if command == _DEFL_BEGIN else bytes
        return self._says(command)

    def _written(self, command: int, data: bytes) -> bytes:
        block = self._unpack(data[16:])[: self._left]
        self.flash[self._at : self._at + len(block)] = block
        self._at += len(block)
        self._left -= len(block)
        self.whole = not self._left
        return self._says(command)

    def _digest(self, command: int, data: bytes) -> bytes:
        at, size = struct.unpack("<II", data[:8])
        digest = hashlib.md5(self.flash[at : at + size])
        return self._says(command, data=digest.digest() if self.stub else digest.hexdigest().encode())

    def _read(self, command: int, data: bytes) -> bytes:
        at, size, block, _ = struct.unpack("<IIII", data)
        found = bytes(self.flash[at : at + size])
        self._send = [found[n : n + block] for n in range(0, size, block)] + [hashlib.md5(found).digest()]
        return self._says(command) + slip(self._send.pop(0))

    _DOES = {
        _READ_REG: _read_register, _SECURITY: _security, _MEM_END: _ram_end, _ERASE_FLASH: _erase,
        _ERASE_REGION: _erase_region, _MD5: _digest, _READ_FLASH: _read,
        _FLASH_BEGIN: _write_begins, _DEFL_BEGIN: _write_begins, _FLASH_DATA: _written, _DEFL_DATA: _written,
        **dict.fromkeys((_WRITE_REG, _SPI_PARAMS, _SPI_ATTACH, _BAUD, _MEM_BEGIN, _MEM_DATA, _FLASH_END, _DEFL_END),
                        _plain),
    }


def slip(data: bytes) -> bytes:
    """Return `data` as one frame."""
    return _END + data.replace(_ESC, b"\xdb\xdd").replace(_END, b"\xdb\xdc") + _END


def _sum(data: bytes) -> int:
    check = 0xEF
    for byte in data:
        check ^= byte
    return check
