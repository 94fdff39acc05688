"""How does a virtual badge reach its simulated radio? SPI and four pins, over a socket to tools/sim/virtual/ether.py.

A badge without a radio has nothing on the bus: all reads are ones.
"""

import os

import usocket

CS = 13
RESET = 14
DIO1 = 26
BUSY = 27


class Ether:
    """The badge's end. Every question waits for its answer, as a bus does."""

    def __init__(self):
        place = os.getenv("KALD_SIM_ETHER")
        self.there = bool(place)
        if place:
            port, number = place.split(" ")
            self._head = bytes((int(number),))
            self._socket = usocket.socket(usocket.AF_INET, usocket.SOCK_DGRAM)
            self._socket.connect(usocket.getaddrinfo("127.0.0.1", int(port))[0][-1])

    def ask(self, what, data=b"\0"):
        """Return the chip's answer to `data`."""
        self._socket.send(self._head + what + data)
        return self._socket.recv(1024)[1:]

    def set(self, pin, level):
        """Take an output that the chip may be wired to."""
        if self.there and pin in (CS, RESET):
            self.ask(b"n" if pin == CS else b"r", bytes((level,)))

    def get(self, pin):
        """Return the level that the chip gives `pin`, None where it gives none."""
        if not self.there or pin not in (BUSY, DIO1):
            return None
        return self.ask(b"b" if pin == BUSY else b"d")[0]


ether = Ether()


class SPI:
    """The bus."""

    def __init__(self, id, baudrate=1000000, *, polarity=0, phase=0, sck=None, mosi=None, miso=None):
        if id not in (1, 2):
            raise ValueError("SPI(%d) doesn't exist" % id)

    def write_readinto(self, write_buf, read_buf):
        """Clock `write_buf` out and as many bytes into `read_buf`."""
        if len(write_buf) != len(read_buf):
            raise ValueError("buffers must be the same length")
        read_buf[:] = ether.ask(b"t", bytes(write_buf)) if ether.there else b"\xff" * len(read_buf)

    def write(self, buf):
        """Clock `buf` out."""
        self.write_readinto(buf, bytearray(len(buf)))

    def readinto(self, buf, write=0):
        """Fill `buf`, clocking `write` out."""
        self.write_readinto(bytes((write,)) * len(buf), buf)

    def read(self, nbytes, write=0):
        """Return `nbytes`, clocking `write` out."""
        buf = bytearray(nbytes)
        self.readinto(buf, write)
        return bytes(buf)
