"""Which pages has whoever runs the house, and who may see them? What is left to do after alarms, and the plans.

What people do to alarms and badges goes through tools/gateway/acts.py; what they change of the house itself is written
down with their name in house_events.
"""

import hashlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web
from sqlalchemy import Connection, select

from tools.gateway import acts, house_events, house_zone, incidents, permissions, plans, records, report, wearers
from tools.gateway.answers import csv_file, html, json_of, spoken
from tools.gateway.authentication import PERSON, Gate
from tools.gateway.jobs import trials
from tools.gateway.pages import figures
from tools.gateway.pages import incidents as incidents_page
from tools.gateway.pages import plans as plans_page
from tools.gateway.pages import wearers as wearers_page
from tools.gateway.pages.words import WORDS
from tools.gateway.store import BROKEN
from tools.gateway.tables import BADGES, TRIALS

if TYPE_CHECKING:
    from tools.gateway.server import Server

PLAN_BYTES_MAX = 300_000  # fifty plans of twelve steps with thirty addresses are fewer in any house
CHANGES_SHOWN = 10


class Administration:
    """The manager's pages of one gateway. server: a tools.gateway.server.Server."""

    def __init__(self, server: "Server", gate: Gate):
        self._server, self._gate = server, gate

    def routes(self, app: web.Application) -> None:
        """Open the doors."""
        app.router.add_get("/incidents", self._incidents)
        app.router.add_get("/plans", self._plans)
        app.router.add_get("/api/plan", self._plan)
        app.router.add_get("/wearers", self._wearers)
        app.router.add_post("/api/house/0/plan", self._put_plan)
        app.router.add_post("/api/house/0/zone", self._put_zone)
        app.router.add_get("/month/{month:[0-9]{4}-[0-9]{2}}{kind:(-alarms)?([.]csv)?}", self._month)
        app.router.add_get("/year/{year:[0-9]{4}}{kind:([.]csv)?}", self._year)
        app.router.add_get("/record/{number:[0-9]{1,9}}.csv", self._record)

    def _connect(self) -> Any:
        return self._server.store.engine.connect()

    async def _incidents(self, request: web.Request) -> web.Response:
        self._gate.require(request, permissions.INCIDENTS)
        with self._connect() as db:
            text = incidents_page.page(incidents.left(db), incidents.done(db), spoken(request), self._gate.now_ms(),
                                       house_zone.read(db))
        return html(text)

    async def _record(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        self._gate.require(request, permissions.RECORDS, number)
        with self._connect() as db:
            text = records.as_csv([_known(request, db, number)], house_zone.read(db), ";")
        return csv_file(text, f"kald-{number}.csv")

    async def _month(self, request: web.Request) -> web.Response:
        self._gate.require(request, permissions.MONTHS)
        month, kind, lang = request.match_info["month"], request.match_info["kind"], spoken(request)
        if kind == "-alarms":
            raise web.HTTPNotFound(text=WORDS[lang]["no_page"])
        try:
            with self._connect() as db:
                zone = house_zone.read(db)
                if kind.startswith("-alarms"):
                    numbers = records.between(db, *report.span(month, zone))
                    found = [record for number in numbers if (record := records.read(db, number))]
                    text = records.as_csv(found, zone, ";")
                else:
                    said = report.month(db, month, zone)
                    text = figures.month_csv(said, lang) if kind else figures.month(said, lang)
        except report.Wrong:
            raise web.HTTPNotFound(text=WORDS[lang]["no_month"]) from None
        return csv_file(text, f"kald-{month}{kind}") if kind else html(text)

    async def _year(self, request: web.Request) -> web.Response:
        self._gate.require(request, permissions.MONTHS)
        year, kind, lang = request.match_info["year"], request.match_info["kind"], spoken(request)
        try:
            with self._connect() as db:
                found = report.year(db, year, house_zone.read(db))
        except report.Wrong:
            raise web.HTTPNotFound(text=WORDS[lang]["no_month"]) from None
        if kind:
            return csv_file(figures.year_csv(found, lang), f"kald-{year}.csv")
        return html(figures.year(found, lang))

    async def _wearers(self, request: web.Request) -> web.Response:
        self._gate.require(request, permissions.PEOPLE)
        with self._connect() as db:
            text = wearers_page.page(wearers.read(db), spoken(request), house_zone.read(db),
                                     request.query.get("find", "")[:acts.NAME_MOST])
        return html(text)

    async def _plans(self, request: web.Request) -> web.Response:
        self._gate.require(request, permissions.PLANS)
        with self._connect() as db:
            teams: dict[str, list[str]] = {}
            for name, team in db.execute(select(BADGES.c.name, BADGES.c.team).where(
                    BADGES.c.revoked_ms.is_(None)).order_by(BADGES.c.device)):
                teams.setdefault(team, []).append(name)
            changes = house_events.latest(db, ("plan",), CHANGES_SHOWN)
            text = plans_page.page(plans.house(db), teams, changes, spoken(request), house_zone.read(db))
        return html(text)

    async def _plan(self, request: web.Request) -> web.Response:
        """Return the plan, what it is known by, and what was reached: of each step of each part [[state, why], ...]."""
        self._gate.require(request, permissions.PLANS)
        with self._connect() as db:
            plan = plans.house(db)
            rows = {row.key: row for row in db.execute(select(TRIALS)).all()}
        reached = [[[_state(rows.get(trials.key(step["do"], json.dumps(one)))) for one in plans.targets(step)]
                    for step in part["steps"]] for part in plan["plans"]]
        return web.json_response({"plan": plan, "was": digest(plan), "reached": reached})

    async def _put_plan(self, request: web.Request) -> web.Response:
        lang, given = spoken(request), await posted(request)
        who = self.who(request, given, permissions.PLANS)
        try:
            plan = plans.check(given.get("plan"))
        except plans.Wrong as wrong:
            raise web.HTTPBadRequest(text=wrong.said(lang)) from None

        def change(db: Connection) -> str:
            if given.get("was") != digest(plans.house(db)):
                raise web.HTTPConflict(text=WORDS[lang]["plan_other"])
            plans.put(db, plan)
            return ", ".join(part["name"] for part in plan["plans"])

        return self.changed(request, "plan", who, change)

    async def _put_zone(self, request: web.Request) -> web.Response:
        given = await posted(request)
        who = self.who(request, given, permissions.PLANS)

        def change(db: Connection) -> str:
            try:
                house_zone.put(db, given.get("zone"))
            except house_zone.Wrong:
                raise web.HTTPBadRequest(text=WORDS[spoken(request)]["no_zone"]) from None
            return str(given["zone"])

        return self.changed(request, "zone", who, change)

    def changed(self, request: web.Request, what: str, who: str, change: Callable[[Connection], str]) -> web.Response:
        """Change the house, and write down who has; change returns what is told of it."""
        try:
            with self._server.store.engine.begin() as db:
                house_events.note(db, self._gate.now_ms(), who, what, change(db))
        except BROKEN:
            raise web.HTTPServiceUnavailable(text=WORDS[spoken(request)]["no_disk"]) from None
        return web.json_response({"ok": True})

    def who(self, request: web.Request, given: dict[str, Any], roles: frozenset[str]) -> str:
        """Return in whose name the house is changed: who is signed in, or, while nobody is, the name that was given."""
        self._gate.require(request, roles)
        found = request[PERSON]
        if found is not None and found.account:
            return str(found.name)
        try:
            return str(acts.text(given, "by", acts.NAME_MOST))
        except acts.Wrong as wrong:
            raise web.HTTPBadRequest(text=WORDS[spoken(request)][f"no_{wrong.refusal}"].format(**wrong.more)) from None


async def posted(request: web.Request, most: int = PLAN_BYTES_MAX) -> dict[str, Any]:
    """Return the JSON object that was posted, of at most so many bytes. Raises HTTPException."""
    given = await json_of(request.clone(client_max_size=most))
    if not isinstance(given, dict):
        raise web.HTTPBadRequest(text=WORDS[spoken(request)]["no_json"])
    return given


def digest(plan: object) -> str:
    """Return what a plan is known by: who has edited another one must not overwrite it."""
    return hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()[:16]


def _state(row: Any) -> list[str]:
    if row is None or row.tried_ms is None:
        return ["trying", ""]
    return ["not_reached", row.why] if row.why else ["reached", ""]


def _known(request: web.Request, db: Connection, number: int) -> dict[str, Any]:
    record: dict[str, Any] | None = records.read(db, number)
    if record is None:
        raise web.HTTPNotFound(text=WORDS[spoken(request)]["no_alarm"])
    return record
