"""What may a browser ask of this machine? The pages and their facts; and acts, through one guarded door of JSON.

No other site can read the board or close an alarm. A Host that is not this machine is refused (DNS rebinding), and so
is what another site asks for (Sec-Fetch-Site), but for a link that a person follows here. A POST must be JSON; an
Origin that it names must be this host. Who asks, and what that person may, tools/gateway/authentication.py says.
"""

import asyncio
import logging
import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler
from sqlalchemy.exc import DatabaseError

from tools.gateway import accounts, acts, board, fleet, house_zone, permissions, records
from tools.gateway.administration import Administration
from tools.gateway.answers import html, json_of
from tools.gateway.authentication import LOOPBACK, PERSON, Gate, Way
from tools.gateway.guide_web import GuideRoom
from tools.gateway.health import Health
from tools.gateway.live import Live
from tools.gateway.pages import account_page
from tools.gateway.pages import board as board_page
from tools.gateway.pages import fleet as fleet_page
from tools.gateway.pages import paper, sheet
from tools.gateway.pages.account_words import WORDS as ACCOUNT_WORDS
from tools.gateway.pages.words import WORDS
from tools.gateway.places import floor_plan, sightings
from tools.gateway.places_web import PlacesRoom
from tools.gateway.store import BROKEN

if TYPE_CHECKING:
    from tools.gateway.server import Server

BODY_BYTES_MAX = 1900
BODY_S = 60  # so long may a post take: to come here, and to wait for the passwords that others try
FOUND_MOST = 50  # badges that a search shows
LATE_MS = 10_000  # an act that took longer to get here was given up long ago: nobody is told of a comer who never knew
SERVER: web.AppKey["Server"] = web.AppKey("server")
LIVE = web.AppKey("live", Live)
GATE = web.AppKey("gate", Gate)
UNDER_WAY: web.AppKey[set[asyncio.Task[Any]]] = web.AppKey("under_way", set)  # tasks that answer a request
_HOST = re.compile(r"(\[[^]]*\]|[^:]*)(?::[0-9]{1,5})?")
LOG = logging.getLogger(__name__)  # of aiohttp's server: what a stranger does wrong there is no error of ours
LOG.addFilter(lambda line: not (line.exc_info and isinstance(line.exc_info[1], (HttpProcessingError, ConnectionError))))
SIGNED_IN_S = 5  # so long after a session's end its stream may go on
CSP = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
       "manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")


def application(server: "Server", way: Way = Way()) -> web.Application:
    """Return the aiohttp application of a tools.gateway.server.Server, which people reach by `way`."""
    app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[_guard])
    app[SERVER] = server
    app[GATE] = Gate(server.store, way, server.now_ms)
    app[LIVE] = Live(server.shown, server.turn_age_s, server.now_ms)
    app[UNDER_WAY] = set()
    app.on_shutdown.append(_let_go)
    add = app.router.add_get
    add("/", _page)
    add("/{name:[a-z0-9-]+[.][a-z]+}", _file)
    add("/record/{number:[0-9]{1,9}}", _record)
    add("/where/{number:[0-9]{1,9}}.svg", _where)
    add("/fleet", _fleet)
    add("/events", _events)
    add("/api/alarms", _alarms)
    add("/api/badges", _badges)
    Health(server).routes(app)
    app[GATE].routes(app)
    house = Administration(server, app[GATE])
    house.routes(app)
    PlacesRoom(server, app[GATE], house).routes(app)
    GuideRoom(server, app[GATE]).routes(app)
    app.router.add_post("/api/alarms/{number:[0-9]{1,9}}/{verb:%s}" % "|".join(acts.ON_ALARMS), _act)
    app.router.add_post("/api/badges/{number:[0-9]{1,9}}/{verb:%s}" % "|".join(acts.ON_BADGES), _act)
    return app


async def _let_go(app: web.Application) -> None:
    # a stream never ends by itself, nor does a request that somebody never finishes: neither may keep us from ending
    for task in app[UNDER_WAY]:
        task.cancel()


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    gate, task = request.app[GATE], asyncio.current_task()
    assert task is not None
    request.app[UNDER_WAY].add(task)
    try:
        _refuse_foreign(request, gate.way)
        gate.admit(request)
        async with asyncio.timeout(BODY_S if request.method == "POST" else None):
            response = await handler(request)
    except web.HTTPException as refusal:
        if PERSON in request and refusal.status in (403, 404) and "text/html" in request.headers.get("Accept", ""):
            said = sheet.refusal(lang(request), refusal.text or "")  # whoever followed a link needs a way on
            refusal.text, refusal.content_type = said, "text/html"
        _harden(refusal, gate.way)
        raise
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (DatabaseError, *BROKEN):  # whoever looks on is told; the board itself lives of what was read before
        full = web.HTTPServiceUnavailable(text=_refusal(request, "disk"))
        _harden(full, gate.way)
        raise full from None
    finally:
        request.app[UNDER_WAY].discard(task)
    if not response.prepared:
        _harden(response, gate.way)
    return response


def _refuse_foreign(request: web.Request, way: Way) -> None:
    host = request.headers.get("Host", "")
    named = _HOST.fullmatch(host)
    ours = named is not None and named[1].lower() in (*LOOPBACK, *way.names)
    if not ours or not request.raw_path.startswith("/"):  # a whole URL would name another host than the head
        raise web.HTTPForbidden(text=_refusal(request, "host" if way.local else "other_name"))
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{'https' if way.secure else 'http'}://{host}":
        raise web.HTTPForbidden(text=_refusal(request, "stranger"))
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        if request.method != "GET" or request.headers.get("Sec-Fetch-Mode") != "navigate":
            raise web.HTTPForbidden(text=_refusal(request, "stranger"))
    if request.method == "POST" and request.content_type != "application/json":
        raise web.HTTPForbidden(text=_refusal(request, "json"))


def _harden(response: web.StreamResponse | web.HTTPException, way: Way) -> None:
    if way.secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    response.headers["Content-Security-Policy"] = CSP
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"


def lang(request: web.Request) -> str:
    """Return the language that the request asks for: da, or en."""
    asked = request.query.get("lang", "da")
    return asked if asked in WORDS else "da"


def _refusal(request: web.Request, refusal: str, **more: object) -> str:
    """Return the sentence `refusal` in the reader's language; a program that asks for none gets English."""
    program = request.path.startswith("/api/") and "lang" not in request.query
    words = WORDS["en" if program else lang(request)]
    return words[f"no_{refusal}"].format(**more)


async def _page(request: web.Request) -> web.Response:
    return html(board_page.html(lang(request), "wall" in request.query))


async def _file(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    found = board_page.file(name, lang(request)) or account_page.file(name, lang(request))
    if found is None:
        raise web.HTTPNotFound(text=_refusal(request, "page"))
    return web.Response(body=found[0], content_type=found[1], charset=found[2])


async def _record(request: web.Request) -> web.Response:
    request.app[GATE].require(request, permissions.RECORDS, int(request.match_info["number"]))
    with request.app[SERVER].store.engine.connect() as db:
        record, zone = records.read(db, int(request.match_info["number"])), house_zone.read(db)
    if record is None:
        raise web.HTTPNotFound(text=_refusal(request, "alarm"))
    now_ms = request.app[GATE].now_ms()
    return html(paper.record(record, lang(request), zone, now_ms))


async def _where(request: web.Request) -> web.Response:
    number = int(request.match_info["number"])
    gate = request.app[GATE]
    gate.require(request, permissions.BOARD | permissions.RECORDS, number)
    with request.app[SERVER].store.engine.connect() as db:
        record = records.read(db, number)
        if record is not None and record["closed_ms"] is not None:  # it has left the board
            gate.require(request, permissions.RECORDS, number)
        fact = sightings.fact(record["sightings"]) if record else None
        drawn = floor_plan.shown(db, fact, lang(request)) if fact else None
    if drawn is None:
        raise web.HTTPNotFound(text=_refusal(request, "page"))
    return web.Response(text=drawn, content_type="image/svg+xml")


async def _fleet(request: web.Request) -> web.Response:
    request.app[GATE].require(request, permissions.FLEET)
    with request.app[SERVER].store.engine.connect() as db:
        facts, zone = fleet.read(db, request.app[SERVER].now_ms()), house_zone.read(db)
    return html(fleet_page.html(facts, lang(request), zone))


async def _alarms(request: web.Request) -> web.Response:
    server = request.app[SERVER]
    shown = server.shown()
    seen = request.app[GATE].seen(request, shown)
    return web.Response(text=server.facts() if seen is shown else board.text(seen),
                        content_type="application/json")


async def _badges(request: web.Request) -> web.Response:
    request.app[GATE].require(request, permissions.BOARD)
    words = request.query.get("find", "")[:acts.NAME_MOST]
    return web.json_response({"badges": request.app[SERVER].found(words, FOUND_MOST)}, dumps=board.text)


async def _events(request: web.Request) -> web.StreamResponse:
    last = request.headers.get("Last-Event-ID") or request.query.get("after", "")
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream",
                                           "X-Accel-Buffering": "no"})  # a proxy that collects would hold beats back
    _harden(response, request.app[GATE].way)
    await response.prepare(request)
    server, gate, asked_s = request.app[SERVER], request.app[GATE], time.monotonic()

    async def write(data: bytes) -> None:
        nonlocal asked_s
        if time.monotonic() - asked_s > SIGNED_IN_S:
            asked_s = time.monotonic()
            if not gate.still(request):
                raise ConnectionResetError
        await response.write(data)

    live = request.app[LIVE]
    if request[PERSON] is not None and request[PERSON].role not in permissions.BOARD:  # a stream of their own
        live = Live(lambda: gate.seen(request, server.shown()), server.turn_age_s, server.now_ms)
    with suppress(ConnectionResetError):
        await live.follow(last, write)
    return response


async def _act(request: web.Request) -> web.Response:
    given = await json_of(request)
    said_ms = given.pop("said_ms", None) if isinstance(given, dict) else None
    if isinstance(said_ms, (int, float)) and request.app[SERVER].now_ms() - said_ms > LATE_MS:
        raise web.HTTPConflict(text=_refusal(request, "late"))
    verb, number = request.match_info["verb"], int(request.match_info["number"])
    given = request.app[GATE].by(request, request.path.split("/")[2], number, verb, given)
    store, now_ms, follows = request.app[SERVER].store, request.app[GATE].now_ms(), []
    try:
        if verb == "rename" and isinstance(given, dict):
            with store.engine.connect() as db:
                follows = accounts.following(db, number, given.get("name"), bool(given.get("same")))
        done = request.app[SERVER].act(verb, number, given)
        if done and (verb == "replace" or follows):
            with store.engine.begin() as db:
                accounts.follow(db, now_ms, follows, given["by"])
                if verb == "replace":
                    accounts.move(db, now_ms, number, given["with"], given["by"])
    except accounts.Refused as refused:
        raise web.HTTPBadRequest(text=ACCOUNT_WORDS[lang(request)][str(refused)]) from None
    except acts.Wrong as wrong:
        raise web.HTTPBadRequest(text=_refusal(request, wrong.refusal, **wrong.more)) from None
    if not done:
        raise web.HTTPConflict(text=_refusal(request, "longer"))
    return web.json_response({"ok": True})
