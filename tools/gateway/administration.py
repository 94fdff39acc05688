"""Which pages has whoever runs the house, and who may see them? What is left to do after alarms, and records as files.

What people do there goes through the acts of tools/gateway/acts.py.
"""

from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from tools.gateway import incidents, permissions, records
from tools.gateway.authentication import Gate
from tools.gateway.pages import account_page
from tools.gateway.pages import incidents as incidents_page
from tools.gateway.pages.words import WORDS


def spoken(request: web.Request) -> str:
    """Return the reader's language: da, or en."""
    return account_page.lang(request.query.get("lang"), request.cookies.get("lang"))


def csv_file(text: str, name: str) -> web.Response:
    """Return a spreadsheet to be kept as `name`: with the mark by which Excel knows UTF-8."""
    return web.Response(body=("\ufeff" + text).encode(), content_type="text/csv", charset="utf-8",
                        headers={"Content-Disposition": f'attachment; filename="{name}"'})


class Administration:
    """The manager's pages of one gateway. server: a tools.gateway.server.Server."""

    def __init__(self, server: Any, gate: Gate):
        self._server, self._gate = server, gate

    def routes(self, app: web.Application) -> None:
        """Open the doors."""
        app.router.add_get("/incidents", self._incidents)
        app.router.add_get("/record/{number:[0-9]{1,9}}.csv", self._record)

    def _connect(self) -> Any:
        return self._server.store.engine.connect()

    async def _incidents(self, request: web.Request) -> web.Response:
        self._gate.require(request, permissions.INCIDENTS)
        with self._connect() as db:
            text = incidents_page.page(incidents.left(db), incidents.done(db), spoken(request), self._gate.now_ms())
        return web.Response(text=text, content_type="text/html")

    async def _record(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        self._gate.require(request, permissions.RECORDS, number)
        with self._connect() as db:
            record = _known(request, db, number)
        return csv_file(records.as_csv([record], separator=";"), f"kald-{number}.csv")


def _known(request: web.Request, db: Connection, number: int) -> dict[str, Any]:
    record: dict[str, Any] | None = records.read(db, number)
    if record is None:
        raise web.HTTPNotFound(text=WORDS[spoken(request)]["no_alarm"])
    return record
