"""Is the gateway well, and how much does it do? What monitors ask on this machine: /healthz and /metrics.

/healthz is deep: can the disk be written to, has the loop gone round just now, are the bridges and the broker there?
200, or 503 with what is wrong. /metrics is Prometheus' text format 0.0.4, written by hand: all values are the board's
facts or counts that the parts keep anyway, so a library's registry would only be a second place for them.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from firmware.codes import STEP_CLOSED, STEP_UNANSWERED, WHAT_RAISED
from tools.gateway.duty import MODES
from tools.gateway.plans import KINDS

if TYPE_CHECKING:
    from tools.gateway.server import Server

TURN_MOST_S = 5.0
Sample = tuple[dict[str, str], float]  # labels, value
Figure = tuple[str, str, str, list[Sample]]  # name, type, help
_PROBE_S = 5.0  # so old may be what the disk has last answered
_PROBE = ".healthz"
_CONTENT = "text/plain; version=0.0.4; charset=utf-8"


class Health:
    """Asks one tools.gateway.server.Server."""

    def __init__(self, server: "Server"):
        self._server = server
        self._probed: tuple[float, str] = (-_PROBE_S, "")

    def routes(self, app: web.Application) -> None:
        """Let `app` answer to monitors."""
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/metrics", self._metrics)

    def wrong(self) -> dict[str, str]:
        """Return {part: what is wrong with it}; empty: all is well."""
        server, found = self._server, {}
        if said := self._disk():
            found["store"] = said
        late_s = server.turn_age_s()
        if late_s > TURN_MOST_S:
            found["tick"] = f"the loop has not gone round for {late_s:.0f} s"
        bridges = [trouble for trouble in server.shown()["troubles"]
                   if trouble["bridge"] is not None and trouble["until_ms"] is None]
        if bridges:
            found["bridges"] = ", ".join(f"{one['bridge']}: {one['fault']}" for one in bridges)
        broker = server.jobs.ways.broker
        if broker is not None and broker.why:
            found["broker"] = broker.why
        return found

    def _disk(self) -> str:
        if self._server.broken():
            return self._server.store.why or "the last transaction could not be written"
        return self._probed[1]

    async def probe(self) -> None:
        """Try to write to the disk, if that was not tried just now; not in the loop: an SD card takes its time."""
        if time.monotonic() - self._probed[0] > _PROBE_S:
            path = self._server.store.path  # none: a server's disk, of which each transaction tells
            said = await asyncio.to_thread(_written, path) if path else ""
            self._probed = time.monotonic(), said

    async def _healthz(self, _request: web.Request) -> web.Response:
        await self.probe()
        wrong = self.wrong()
        return web.json_response({"ok": not wrong, "wrong": wrong}, status=503 if wrong else 200)

    async def _metrics(self, _request: web.Request) -> web.Response:
        await self.probe()
        text = "".join(_lines(self.figures()))
        return web.Response(body=text.encode(), headers={"Content-Type": _CONTENT})

    def figures(self) -> list[Figure]:
        """Return what /metrics shows."""
        server, facts = self._server, self._server.shown()
        real = [alarm for alarm in facts["alarms"]
                if alarm["step"] != STEP_CLOSED and alarm["what"] == WHAT_RAISED and not alarm["practice"]]
        kinds = Counter(KINDS[alarm["kind"]] for alarm in real)
        badges = server.radio.badges()
        modes = Counter(MODES.get(badge.mode, "never_heard") for badge in badges)
        faults = Counter(one["fault"] for one in facts["troubles"] if one["until_ms"] is None)
        jobs, broker = server.jobs.workers, server.jobs.ways.broker
        waiting_s = [time.time() - alarm["since_ms"] / 1000 for alarm in real if alarm["step"] == STEP_UNANSWERED]
        return [
            ("kald_alarms_open", "gauge", "Open alarms, without practice.", _by("kind", kinds, KINDS.values())),
            ("kald_alarm_unanswered_seconds", "gauge", "How long the oldest unanswered alarm has waited.",
             [({}, max(waiting_s, default=0))]),
            ("kald_badges", "gauge", "Badges by mode.", _by("mode", modes, [*MODES.values(), "never_heard"])),
            ("kald_badges_silent", "gauge", "Badges that have missed three heartbeats.",
             [({}, sum(badge.silent for badge in badges))]),
            ("kald_troubles", "gauge", "Technical alarms that stand.", _by("fault", faults)),
            ("kald_refused_total", "counter", "Datagrams that were refused.", _by("reason", facts["refused"])),
            ("kald_jobs_total", "counter", "Notifications, sirens and webhooks that were tried.",
             [({"does": does, "result": result}, count) for (does, result), count in sorted(jobs.counts.items())]),
            ("kald_jobs_under_way", "gauge", "Jobs that are being tried.", [({}, len(jobs.under_way))]),
            ("kald_turn_age_seconds", "gauge", "Since the loop has gone round.", [({}, server.turn_age_s())]),
            ("kald_store_writable", "gauge", "1 while the disk can be written to.", [({}, not self._disk())]),
            ("kald_broker_connected", "gauge", "1 while the MQTT broker is there.",
             [({}, not broker.why)] if broker is not None else []),
        ]


def _written(database: Path) -> str:
    path = database.parent / _PROBE
    try:
        with open(path, "wb") as file:
            file.write(b"kald\n")
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except OSError as error:
        return f"its disk cannot be written to: {error.strerror}"
    return ""


def _by(label: str, counts: Any, known: Any = ()) -> list[Sample]:
    return [({label: str(key)}, counts.get(key, 0)) for key in sorted({*known, *counts})]


def _lines(figures: list[Figure]) -> Iterator[str]:
    for name, type, help, values in figures:
        yield f"# HELP {name} {help}\n# TYPE {name} {type}\n"
        for labels, value in values:
            named = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            yield f"{name}{'{' + named + '}' if named else ''} {float(value):g}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
