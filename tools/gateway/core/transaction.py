"""When and in which transaction does something happen? All rooms of the gateway take this, so none asks a clock."""

from tools.gateway.core.memory import House, Tables

CALLS_MOST = 200  # badges that one transaction calls, and frames that it sends: an ack does not wait for a whole town


class Transaction(Tables):
    """One transaction at one time. began_ms: since when this gateway has listened; silence before is its own.

    heartbeat_ms: how far apart badges beat whose pairing says nothing else. calls_left: how many badges may be called
    in it; the next one goes on. The tables are those of the House.
    """

    def __init__(self, house: House, now_ms: int, began_ms: int, heartbeat_ms: int):
        self.calls_left = CALLS_MOST
        self.house, self.now_ms, self.began_ms, self.heartbeat_ms = house, now_ms, began_ms, heartbeat_ms
        self.__dict__.update(house.tables)

    def note(self, alarm: int, event: str, who: str, detail: str = "", brief: bool = True) -> None:
        """Put a line on the time line of the alarm with row `alarm`; brief: the board shows it too."""
        self.events.add(at_ms=self.now_ms, alarm=alarm, event=event, who=who, detail=detail, brief=brief)
