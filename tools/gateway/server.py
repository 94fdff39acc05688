"""How does the gateway stand on the network? UDP for badges, a page on loopback for people, one asyncio loop.

The page acts only for itself: a POST must be JSON and name this host as its origin, so no other site closes an alarm.
"""

import asyncio
import json
import time

from aiohttp import web

from .page import CSP, CSS, HTML, SCRIPT, WORDS
from .radio import Radio

TURN_S = 0.1  # deadlines and repeats are looked at as often
BODY_BYTES_MAX = 1000


def now_ms():
    """Return Unix milliseconds."""
    return time.time_ns() // 1_000_000


class Server(asyncio.DatagramProtocol):
    """Carries datagrams between the network and a Radio; datagrams that arrive together share one commit."""

    def __init__(self, store):
        self.radio = Radio(store)
        self.store = store
        self._waiting = []
        self._transport = None
        self._arrived = asyncio.Event()

    def connection_made(self, transport):
        """Keep the transport; asyncio calls this when the port is open."""
        self._transport = transport

    def datagram_received(self, data, addr):
        """Let a datagram wait for the next commit."""
        self._waiting.append((data, addr))
        self._arrived.set()

    def error_received(self, exc):
        """A badge that is gone refuses what is sent to it; its repeats wait in the database."""
        self.radio.refused["unreachable"] = self.radio.refused.get("unreachable", 0) + 1

    async def work(self):
        """Store what arrives, then answer; for ever."""
        while True:
            try:
                await asyncio.wait_for(self._arrived.wait(), TURN_S)
            except TimeoutError:
                pass  # nothing has arrived: deadlines and repeats are due all the same
            self._arrived.clear()
            arrived, self._waiting = self._waiting, []
            self.radio.prepare()
            for data, address in self.radio.receive(arrived, now_ms()):
                self._transport.sendto(data, address)

    def facts(self):
        """Return what the page shows, as JSON."""
        return json.dumps({"alarms": self.store.alarms(), "badges": self.store.badges(), "refused": self.radio.refused})

    def application(self):
        """Return the aiohttp application."""
        app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[_guard])
        app.router.add_get("/", _page)
        app.router.add_get("/board.css", _style)
        app.router.add_get("/board.js", _script)
        app.router.add_get("/events", self._events)
        app.router.add_get("/api/alarms", self._alarms)
        app.router.add_post("/api/alarms/{id:[0-9]{1,9}}/{verb:take|close}", self._act)
        return app

    async def _alarms(self, _request):
        return web.Response(text=self.facts(), content_type="application/json")

    async def _events(self, request):
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        shown = None
        try:
            while True:
                facts = self.facts()
                if facts != shown:
                    await response.write(f"data: {facts}\n\n".encode())
                    shown = facts
                await asyncio.sleep(0.2)
        except ConnectionResetError:
            return response

    async def _act(self, request):
        try:
            by = json.loads(await request.text())["by"]
        except (ValueError, KeyError, TypeError):
            raise web.HTTPBadRequest(text='the body must be JSON: {"by": "a name"}') from None
        if not isinstance(by, str) or not 1 <= len(by.strip()) <= 40 or not by.isprintable():
            raise web.HTTPBadRequest(text="by must be a name of 1 to 40 letters")
        act = self.radio.take if request.match_info["verb"] == "take" else self.radio.close
        if not act(int(request.match_info["id"]), by.strip(), now_ms()):
            raise web.HTTPConflict(text="there is no such alarm, or it is past that step")
        self._arrived.set()
        return web.json_response({"ok": True})


@web.middleware
async def _guard(request, handler):
    host = request.headers.get("Host", "")
    if host.rsplit(":", 1)[0] not in ("127.0.0.1", "localhost"):
        raise web.HTTPForbidden(text="this page answers on this machine only")
    if request.method == "POST":
        origin = request.headers.get("Origin")
        if (origin and origin != f"http://{host}") or request.content_type != "application/json":
            raise web.HTTPForbidden(text="a POST must be JSON and come from this page")
    response = await handler(request)
    if not response.prepared:
        response.headers["Content-Security-Policy"] = CSP
        response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _lang(request):
    return request.query.get("lang") if request.query.get("lang") in WORDS else "da"


async def _page(request):
    lang = _lang(request)
    return web.Response(text=HTML % {"lang": lang, **WORDS[lang]}, content_type="text/html")


async def _style(_request):
    return web.Response(text=CSS, content_type="text/css")


async def _script(request):
    return web.Response(text=SCRIPT % json.dumps(WORDS[_lang(request)]), content_type="text/javascript")


async def serve(store, host, port, web_port, ready):
    """Serve until cancelled. ready(udp port, page port) is called once both are open. Raises OSError for used ports."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: Server(store), local_addr=(host, port))
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=1)
    try:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", web_port)
        await site.start()
        ready(transport.get_extra_info("sockname")[1], runner.addresses[0][1])
        await server.work()
    finally:
        transport.close()
        await runner.cleanup()
