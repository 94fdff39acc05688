"""May a message from the broker do something here? Only with the house's code, and only what moves people.

    BASE/command         {"code": "…", "act": "take", "alarm": 12, "by": "Bo", "id": "whatever is told back"}
    BASE/command/answer  {"id", "ok", "why"}

MQTT does not say who has sent a message, so the code says it: 16 letters or more, from a file, over TLS or on this
machine, or a listener would know it. A message that the broker has retained is refused, since it would be obeyed anew
at each restart. An alarm is closed by a person at the board, never by a machine.
"""

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

_LOG = logging.getLogger(__name__)
ACTS = ("take", "arrived", "withdraw", "unneeded", "note")
CODE_LEAST = 16
BYTES_MOST = 2000
WRONG_S = 1  # so long nothing is heard after a wrong code: nobody tries many
_NUMBER_MOST = 2**31


class Orders:
    """Takes commands. act(verb, alarm, given): returns whether it could be done, raises ValueError in words."""

    def __init__(self, code: str, act: Callable[[str, int, dict[str, Any]], bool],
                 answer: Callable[[str], Awaitable[Any]]):
        self._code, self._act, self._answer = code.encode(), act, answer
        self._deaf_until = 0.0

    async def heard(self, payload: bytes, retained: bool) -> None:
        """Take one message, and say what became of it."""
        now = asyncio.get_running_loop().time()
        if now < self._deaf_until:
            return
        given = _read(payload)
        if not hmac.compare_digest(str(given.get("code", "")).encode("utf-8", "replace"), self._code):
            self._deaf_until = now + WRONG_S
            _LOG.warning("a command without the right code was refused")
            return
        why = "it was retained: publish commands without that" if retained else self._do(given)
        _LOG.info("command %s: %s", given.get("act"), why or "done")
        await self._answer(json.dumps({"id": given.get("id"), "ok": not why, "why": why}))

    def _do(self, given: dict[str, Any]) -> str:
        verb, alarm = given.get("act"), given.get("alarm")
        if verb not in ACTS:
            return f"act must be one of: {', '.join(ACTS)}"
        if isinstance(alarm, bool) or not isinstance(alarm, int) or not 0 < alarm < _NUMBER_MOST:
            return "alarm must be its number on the board"
        try:
            return "" if self._act(verb, alarm, given) else "there is no such alarm, or it is past that step"
        except ValueError as error:
            return str(error)


def _read(payload: bytes) -> dict[str, Any]:
    try:
        given = json.loads(payload[:BYTES_MOST])
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}
