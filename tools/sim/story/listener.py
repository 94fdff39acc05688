"""What does a World tell whoever listens? Each is called as it happens, of a badge's wearer, or of a gateway."""

from collections.abc import Sequence

from tools.gateway.datagrams import Datagram
from tools.sim.story.rows import Event
from tools.sim.story.wearer import Wearer


class Listener:
    """Heeds nothing; others heed some of it."""

    def sent(self, person: Wearer, data: bytes) -> None:
        """A badge has sent a frame."""

    def heard(self, uplinks: Sequence[Datagram]) -> None:
        """Gateways get datagrams."""

    def refused(self, data: bytes) -> None:
        """The gateway, an older one, has thrown a frame away."""

    def answered(self, uplinks: Sequence[Datagram], out: Sequence[Datagram]) -> None:
        """The gateway has taken `uplinks`, and gives `out`."""

    def spoken(self, data: bytes) -> None:
        """A gateway has sent a frame."""

    def arrived(self, person: Wearer, data: bytes) -> None:
        """A datagram has come to a badge."""

    def meant(self, person: Wearer, at_ms: int, pattern: int) -> None:
        """A badge orders a feeling."""

    def felt(self, person: Wearer, at_ms: int, pattern: int) -> None:
        """A motor has really played it."""

    def noted(self, at_ms: int, event: Event) -> None:
        """The gateway has written an event down."""
