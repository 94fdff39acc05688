"""What may a browser ask of this machine? The pages and their facts; and acts, through one guarded door of JSON.

No other site can read the board or close an alarm. A Host that is not this machine is refused (DNS rebinding), and so
is what another site asks for (Sec-Fetch-Site), but for a link that a person follows here. A POST must be JSON; an
Origin that it names must be this host.
"""

import json
import time

from aiohttp import web

from tools.gateway import acts, people, records, report
from tools.gateway.health import Health
from tools.gateway.live import Live
from tools.gateway.pages import board as board_page
from tools.gateway.pages import paper
from tools.gateway.pages.words import WORDS
from tools.gateway.places import floor_plan, sightings
from tools.gateway.store import BROKEN

BODY_BYTES_MAX = 1900
FOUND_MOST = 50  # badges that a search shows
LATE_MS = 10_000  # an act that took longer to get here was given up long ago: nobody is told of a comer who never knew
SERVER = web.AppKey("server", object)
LIVE = web.AppKey("live", Live)
CSP = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
       "manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")


def application(server):
    """Return the aiohttp application of a tools.gateway.server.Server."""
    app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[_guard])
    app[SERVER] = server
    app[LIVE] = Live(server.shown, server.turn_age_s)
    add = app.router.add_get
    add("/", _page)
    add("/{name:[a-z0-9]+[.][a-z]+}", _file)
    add("/record/{number:[0-9]{1,9}}", _record)
    add("/where/{number:[0-9]{1,9}}.svg", _where)
    add("/month/{month:[0-9]{4}-[0-9]{2}}", _month)
    add("/events", _events)
    add("/api/alarms", _alarms)
    add("/api/badges", _badges)
    Health(server).routes(app)
    app.router.add_post("/api/alarms/{number:[0-9]{1,9}}/{verb:%s}" % "|".join(acts.ON_ALARMS), _act)
    app.router.add_post("/api/badges/{number:[0-9]{1,9}}/{verb:%s}" % "|".join(acts.ON_BADGES), _act)
    return app


@web.middleware
async def _guard(request, handler):
    try:
        _refuse_foreign(request)
        response = await handler(request)
    except web.HTTPException as refusal:
        _harden(refusal)
        raise
    if not response.prepared:
        _harden(response)
    return response


def _refuse_foreign(request):
    host = request.headers.get("Host", "")
    if host.rsplit(":", 1)[0] not in ("127.0.0.1", "localhost"):
        raise web.HTTPForbidden(text="this page answers on this machine only")
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{host}":
        raise web.HTTPForbidden(text="this page answers no other page")
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        if request.method != "GET" or request.headers.get("Sec-Fetch-Mode") != "navigate":
            raise web.HTTPForbidden(text="this page answers no other page")
    if request.method == "POST" and request.content_type != "application/json":
        raise web.HTTPForbidden(text="a POST must be JSON and come from this page")


def _harden(response):
    response.headers["Content-Security-Policy"] = CSP
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"


def lang(request):
    """Return the language that the request asks for: da, or en."""
    return request.query.get("lang") if request.query.get("lang") in WORDS else "da"


def _refusal(request, refusal, **more):
    """Return the sentence `refusal` in the language that the request asks for; in English where it asks for none."""
    words = WORDS[lang(request) if "lang" in request.query else "en"]
    return words[f"no_{refusal}"].format(**more)


async def _page(request):
    return web.Response(text=board_page.html(lang(request), "wall" in request.query), content_type="text/html")


async def _file(request):
    found = board_page.file(request.match_info["name"], lang(request))
    if found is None:
        raise web.HTTPNotFound(text=_refusal(request, "page"))
    return web.Response(body=found[0], content_type=found[1], charset=found[2])


async def _record(request):
    with request.app[SERVER].store.engine.connect() as db:
        record = records.read(db, int(request.match_info["number"]))
    if record is None:
        raise web.HTTPNotFound(text=_refusal(request, "alarm"))
    return web.Response(text=paper.record(record, lang(request), people.OUTCOMES), content_type="text/html")


async def _where(request):
    number = int(request.match_info["number"])
    with request.app[SERVER].store.engine.connect() as db:
        record = records.read(db, number)
        fact = sightings.fact(record["sightings"]) if record else None
        drawn = floor_plan.shown(db, fact, lang(request)) if fact else None
    if drawn is None:
        raise web.HTTPNotFound(text=_refusal(request, "page"))
    return web.Response(text=drawn, content_type="image/svg+xml")


async def _month(request):
    try:
        with request.app[SERVER].store.engine.connect() as db:
            figures = report.month(db, request.match_info["month"])
    except report.Wrong:
        raise web.HTTPNotFound(text=_refusal(request, "month")) from None
    return web.Response(text=paper.month(figures, lang(request)), content_type="text/html")


async def _alarms(request):
    return web.Response(text=request.app[SERVER].facts(), content_type="application/json")


async def _badges(request):
    words = request.query.get("find", "")[:acts.NAME_MOST]
    return web.json_response({"badges": request.app[SERVER].found(words, FOUND_MOST)})


async def _events(request):
    last = request.headers.get("Last-Event-ID") or request.query.get("after", "")
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store",
                                           "X-Accel-Buffering": "no"})  # a proxy that collects would hold beats back
    await response.prepare(request)
    try:
        await request.app[LIVE].follow(last, response.write)
    except ConnectionResetError:
        return response


async def _act(request):
    try:
        given = json.loads(await request.text())
    except (ValueError, RecursionError, LookupError):  # LookupError: an encoding that does not exist
        raise web.HTTPBadRequest(text=_refusal(request, "json")) from None
    said_ms = given.pop("said_ms", None) if isinstance(given, dict) else None
    if isinstance(said_ms, (int, float)) and time.time_ns() // 1_000_000 - said_ms > LATE_MS:
        raise web.HTTPConflict(text=_refusal(request, "late"))
    try:
        done = request.app[SERVER].act(request.match_info["verb"], int(request.match_info["number"]), given)
    except acts.Wrong as wrong:
        raise web.HTTPBadRequest(text=_refusal(request, wrong.refusal, **wrong.more)) from None
    except BROKEN:
        raise web.HTTPServiceUnavailable(text=_refusal(request, "disk")) from None
    if not done:
        raise web.HTTPConflict(text=_refusal(request, "longer"))
    return web.json_response({"ok": True})
