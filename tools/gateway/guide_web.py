"""Who may read the guide on working alone, and write down that the house has talked about a question?

Everybody who may see the board reads the questions for staff; leaders read theirs, too. A wearer sees figures and no
names. Who has talked stands there in the own name, as with every act.
"""

from typing import TYPE_CHECKING

from aiohttp import web
from sqlalchemy.exc import DatabaseError

from tools.gateway import acts, guide, permissions
from tools.gateway.answers import html, json_of, spoken
from tools.gateway.authentication import PERSON, Gate
from tools.gateway.pages import guide_page
from tools.gateway.pages.words import WORDS
from tools.gateway.store import BROKEN

if TYPE_CHECKING:
    from tools.gateway.server import Server

_ALIKE_MS = 60_000  # a second touch on the same button is the same talk


class GuideRoom:
    """The guide of one tools.gateway.server.Server, behind its Gate."""

    def __init__(self, server: "Server", gate: Gate):
        self._server, self._gate = server, gate

    def routes(self, app: web.Application) -> None:
        """Let `app` show the guide."""
        app.router.add_get("/guide", self._page)
        app.router.add_post("/api/guide/{question:%s}/talked" % "|".join(guide.QUESTIONS), self._talked)

    async def _page(self, request: web.Request) -> web.Response:
        found = request[PERSON]
        role, now_ms = found.role if found is not None else None, self._server.now_ms()
        leads = role is None or role in permissions.MONTHS
        try:
            with self._server.store.engine.connect() as db:
                has_broker = self._server.jobs.ways.broker is not None
                answers = guide.answers(guide.read(db, self._server.radio.badges(), has_broker, now_ms))
                talked = guide.talked(db)
        except (DatabaseError, *BROKEN):
            raise web.HTTPServiceUnavailable(text=WORDS[spoken(request)]["no_disk"]) from None
        return html(guide_page.html(answers, talked, spoken(request), leads, role != permissions.WEARER,
                                    role is None or role in permissions.TALKS))

    async def _talked(self, request: web.Request) -> web.Response:
        question, now_ms, words = request.match_info["question"], self._server.now_ms(), WORDS[spoken(request)]
        if question in guide.LEADERS:
            self._gate.require(request, permissions.MONTHS)
        try:
            given = self._gate.by(request, "guide", 0, "talked", await json_of(request))
            if not isinstance(given, dict):
                raise acts.Wrong("json")
            who = acts.text(given, "by", acts.NAME_MOST)
            with self._server.store.engine.begin() as db:
                if now_ms - guide.talked(db).get(question, (0, ""))[0] > _ALIKE_MS:
                    guide.talk(db, question, who, now_ms)
        except acts.Wrong as wrong:
            raise web.HTTPBadRequest(text=words[f"no_{wrong.refusal}"].format(**wrong.more)) from None
        except (DatabaseError, *BROKEN):
            raise web.HTTPServiceUnavailable(text=words["no_disk"]) from None
        return web.json_response({"ok": True})
