"""Which ack may be said once more, to the copy of a frame that came by another kind of way?

A badge sends an alarm over Wi-Fi and LoRa at once, and so it does with all it says while Wi-Fi answers nothing. The
copy over Wi-Fi comes first and is acked there. Where Wi-Fi carries nothing back the copy over LoRa must be acked too,
or the badge would call for ever, heard and none the wiser.

A copy has every byte of a frame that was opened, stored and acked, its tag among them, so it is as genuine as that.
It changes nothing. What it gets is the bytes that were said before, never a seal made anew; once for each kind of way,
network and bridges (two bridges that hear one frame must not talk over each other), and not later than SPAN_MS. So
whoever plays back what was heard has no more of it than one ack for each frame that a badge itself has sent.

All this is in memory only, and what a transaction adds counts once that is on the disk. It also tells on which other
way a badge was heard just now: a downlink that is not TOLD tries that one too.
"""

from tools.gateway.core.rows import BRIDGE, Address

SPAN_MS = 5000  # LoRa's copy has looked at the channel, was put off, and is slow at SF12
FRAMES = 8  # of each badge
_Acked = tuple[bytes, bytes, set[str], int]  # frame, ack, kinds of way that have had it, when


class AckCache:
    """Frames that were acked of late, by pairing."""

    def __init__(self) -> None:
        self._kept: dict[int, list[_Acked]] = {}  # by pairing, the oldest first
        self._ways: dict[int, dict[str, tuple[Address, int]]] = {}  # pairing: {kind of way: (address, when)}
        self._fresh: dict[int, list[_Acked]] = {}  # the same, of this transaction

    def begin(self) -> None:
        """Begin a transaction; what was noted in one that failed is not on the disk."""
        self._fresh = {}

    def acked(self, pairing: int, data: bytes, ack: bytes, address: Address, now_ms: int) -> None:
        """Note that the frame `data` from `address` gets the answer `ack` as soon as this transaction is stored."""
        self._fresh.setdefault(pairing, []).append((data, ack, {_kind(address)}, now_ms))
        self._way(pairing, address, now_ms)

    def stored(self) -> None:
        """All that was noted is on the disk."""
        for pairing, fresh in self._fresh.items():
            self._kept[pairing] = [*self._kept.get(pairing, ()), *fresh][-FRAMES:]
        self._fresh = {}

    def again(self, pairing: int, data: bytes, address: Address, now_ms: int) -> bytes | None:
        """Return the ack for a copy, None if it gets none. The frame is on the disk, or in this transaction."""
        for kept, ack, kinds, then_ms in (*self._kept.get(pairing, ()), *self._fresh.get(pairing, ())):
            if kept == data and _kind(address) not in kinds and 0 <= now_ms - then_ms <= SPAN_MS:
                kinds.add(_kind(address))
                self._way(pairing, address, now_ms)
                return ack
        return None

    def other_way(self, pairing: int, address: Address, now_ms: int, span_ms: int) -> Address | None:
        """Return where else than at `address` the badge was heard within `span_ms`, by another kind of way, or None."""
        for kind, (other, then_ms) in self._ways.get(pairing, {}).items():
            if kind != _kind(address) and 0 <= now_ms - then_ms <= span_ms:
                return other
        return None

    def _way(self, pairing: int, address: Address, now_ms: int) -> None:
        self._ways.setdefault(pairing, {})[_kind(address)] = (address, now_ms)


def _kind(address: Address) -> str:
    return BRIDGE if address[0] == BRIDGE else "network"
