"""How are the places of a house entered on its page? By whoever runs it; each change with its person.

A file for a floor's plan comes as JSON like everything else, in base64, and is kept as floor_plan.py cleans it.
"""

import base64
import binascii
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web
from sqlalchemy import Connection, func, select

from tools.gateway import house_events, house_zone, permissions
from tools.gateway.administration import CHANGES_SHOWN, Administration, digest, posted
from tools.gateway.answers import html, spoken
from tools.gateway.authentication import Gate
from tools.gateway.pages import places as places_page
from tools.gateway.pages.place_words import Wrong
from tools.gateway.pages.words import WORDS
from tools.gateway.places import floor_plan, learning
from tools.gateway.tables import PLACES, SIGNATURES

if TYPE_CHECKING:
    from tools.gateway.server import Server

BODY_BYTES_MAX = 4 * floor_plan.BYTES_MOST // 3 + 10_000
EVENTS = ("place", "no_place", "forget_place", "floor_plan", "no_floor_plan")
_KEPT = ("name", "floor", "area", "directions", "x_m", "y_m")


class PlacesRoom:
    """The page of places of one gateway. server: a tools.gateway.server.Server."""

    def __init__(self, server: "Server", gate: Gate, house: Administration):
        self._server, self._gate, self._house = server, gate, house
        self._verbs: dict[str, Callable[[Connection, dict[str, Any]], str]] = {
            "place": _put, "no_place": _remove, "forget_place": _forget, "floor_plan": _put_plan,
            "no_floor_plan": _remove_plan}

    def routes(self, app: web.Application) -> None:
        """Open the doors."""
        app.router.add_get("/places", self._page)
        app.router.add_get("/floor.svg", self._floor)
        app.router.add_post("/api/house/0/{verb:%s}" % "|".join(EVENTS), self._change)

    async def _page(self, request: web.Request) -> web.Response:
        self._gate.require(request, permissions.PLACES)
        with self._server.store.engine.connect() as db:
            changes = house_events.latest(db, EVENTS, CHANGES_SHOWN)
            text = places_page.page(_places(db), floor_plan.sizes(db), changes, spoken(request), house_zone.read(db))
        return html(text)

    async def _floor(self, request: web.Request) -> web.Response:
        self._gate.require(request, permissions.PLACES)
        floor, lang = request.query.get("floor", "")[:learning.FLOOR_MOST], spoken(request)
        with self._server.store.engine.connect() as db:
            spot = _asked(request)
            dots = [(*spot, 0.0, "")] if spot else [
                (row.x_m, row.y_m, 0.0, row.name) for row in db.execute(select(PLACES).where(
                    PLACES.c.floor == floor, PLACES.c.x_m.is_not(None)))]
            title = WORDS[lang]["plan_of"].format(floor=floor, places=", ".join(name for *_, name in dots))
            drawn = floor_plan.drawn(db, floor, title, dots)
        if drawn is None:
            raise web.HTTPNotFound(text=WORDS[lang]["no_page"])
        return web.Response(text=drawn, content_type="image/svg+xml")

    async def _change(self, request: web.Request) -> web.Response:
        self._gate.require(request, permissions.PLACES)  # before two megabytes are read
        given, verb, lang = await posted(request, BODY_BYTES_MAX), request.match_info["verb"], spoken(request)
        who = self._house.who(request, given, permissions.PLACES)

        def change(db: Connection) -> str:
            try:
                return self._verbs[verb](db, given)
            except Wrong as wrong:
                refusal = web.HTTPConflict if wrong.key in ("place_other", "place_gone") else web.HTTPBadRequest
                raise refusal(text=wrong.said(lang)) from None

        return self._house.changed(request, verb, who, change)


def _places(db: Connection) -> list[dict[str, Any]]:
    counts = select(SIGNATURES.c.place, func.count()).group_by(SIGNATURES.c.place)
    learnt: dict[int, int] = {place: count for place, count in db.execute(counts)}
    rows = db.execute(select(PLACES).order_by(PLACES.c.id)).mappings()
    return [{**row, "learnt": learnt.get(row["id"], 0), "was": _was(row)} for row in rows]


def _was(row: Any) -> str:
    return digest([row[key] for key in _KEPT])


def _asked(request: web.Request) -> tuple[float, float] | None:
    try:
        x, y = (float(request.query[key]) for key in ("x", "y"))
    except (KeyError, ValueError):
        return None
    return (x, y) if 0 <= x <= floor_plan.METRES_MOST and 0 <= y <= floor_plan.METRES_MOST else None


def _known(db: Connection, given: dict[str, Any]) -> Any:
    number = given.get("place")
    number = number if isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**31 else 0
    row = db.execute(select(PLACES).where(PLACES.c.id == number)).mappings().one_or_none()
    if row is None:
        raise Wrong("place_gone")
    return row


def _word(given: dict[str, Any], key: str, what: str, most: int) -> str:
    value = given.get(key, "")
    if not isinstance(value, str):
        raise Wrong("place_text", what=what, least=0, most=most)
    return value


def _number(given: dict[str, Any], key: str, what: str) -> float | None:
    value = given.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e6):
        raise Wrong("place_metres", what=what, most=floor_plan.METRES_MOST)
    return None if value is None else float(value)


def _put(db: Connection, given: dict[str, Any]) -> str:
    before = _known(db, given) if given.get("place") is not None else None
    if before is not None and given.get("was") != _was(before):
        raise Wrong("place_other")
    name = _word(given, "name", "place_name", learning.NAME_MOST)
    floor = _word(given, "floor", "place_floor", learning.FLOOR_MOST)
    if before is None and name.strip() in [one.name for one in learning.places(db)]:
        raise Wrong("place_used", name=name.strip())
    at = _number(given, "x", "place_x"), _number(given, "y", "place_y")
    learning.add(db, name, floor, _word(given, "area", "place_area", learning.FLOOR_MOST),
                 _word(given, "directions", "place_way", learning.WAY_MOST), at, before and before["id"])
    old = "" if before is None or before["name"] == name.strip() else f"{before['name']} → "
    return f"{old}{name.strip()}, {floor}"


def _remove(db: Connection, given: dict[str, Any]) -> str:
    row = _known(db, given)
    learning.remove(db, row["name"])
    return str(row["name"])


def _forget(db: Connection, given: dict[str, Any]) -> str:
    row = _known(db, given)
    learning.forget(db, row["id"])
    return str(row["name"])


def _put_plan(db: Connection, given: dict[str, Any]) -> str:
    try:
        image = base64.b64decode(_word(given, "image", "plan_file", floor_plan.BYTES_MOST), validate=True)
    except (binascii.Error, ValueError):
        raise Wrong("plan_kind") from None
    floor = learning.floor_name(_word(given, "floor", "place_floor", learning.FLOOR_MOST))
    wide, high = _number(given, "wide", "plan_wide"), _number(given, "high", "plan_high")
    floor_plan.put(db, floor, image, wide or 0, high or 0)
    return floor


def _remove_plan(db: Connection, given: dict[str, Any]) -> str:
    floor = _word(given, "floor", "place_floor", learning.FLOOR_MOST)
    if not floor_plan.remove(db, floor):
        raise Wrong("place_gone")
    return floor
