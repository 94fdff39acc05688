"""When and in which transaction does something happen? All rooms of the gateway take this, so none asks a clock."""

from typing import NamedTuple

from sqlalchemy import Connection, insert

from tools.gateway.tables import EVENTS

BRIDGE = "bridge"  # stands where a badge on Wi-Fi has its host: ("bridge", number)


class Moment(NamedTuple):
    """One transaction at one time. began_ms: since when this gateway has listened; silence before is its own.

    heartbeat_ms: how far apart badges beat whose pairing says nothing else.
    """

    db: Connection
    now_ms: int
    began_ms: int
    heartbeat_ms: int

    def note(self, alarm, step, who, detail="", brief=True):
        """Put a line on the time line of the alarm with row `alarm`; brief: the board shows it too."""
        line = {"at_ms": self.now_ms, "alarm": alarm, "step": step, "who": who, "detail": detail, "brief": brief}
        self.db.execute(insert(EVENTS).values(**line))
