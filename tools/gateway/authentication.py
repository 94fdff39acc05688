"""Who asks for this page, and is that let in? Sessions, sign-in, and what keeps guessing slow.

While nobody has an account, the board is open to whoever sits at this machine, as it has always been, and to nobody
else. The first account is made with a code that the gateway prints where it runs. From then on nobody acts without
having signed in: a person in the own name, at a shared screen in the name of a colleague who is here today. Programs
on this machine (the command line) show what stands in a file that only the gateway's own user can read.

A session is a random secret in a cookie that scripts cannot read and other sites cannot send; a post must show a second
one, which only the page of the same origin can have read. While the database gives nothing, who was let in may look
on, since the board must say so; nobody new is let in, and nothing can be done.
"""

import asyncio
import logging
import secrets
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from aiohttp import web
from sqlalchemy import Connection, select
from sqlalchemy.exc import DatabaseError

from tools.gateway import accounts, local_token, permissions
from tools.gateway.accounts import Person, Refused
from tools.gateway.answers import html, json_of, spoken
from tools.gateway.core.storage import Unavailable
from tools.gateway.pages import account_page
from tools.gateway.pages.account_words import WORDS
from tools.gateway.store import Store
from tools.gateway.tables import ACCOUNTS, BADGES
from tools.gateway.throttle import Throttle

_log = logging.getLogger(__name__)
PERSON: web.RequestKey[Any] = web.RequestKey("person", object)
LOOPBACK = ("127.0.0.1", "localhost")
HASHING_MOST = 2  # argon2id takes 64 MB each
WAITING_MOST = 20
NAME_FREE, FROM_FREE, ALL_FREE = 5, 30, 50  # tries before it gets slow: of a name from one place, of a place, of a name
NAME_S, FROM_S, ALL_S = 900.0, 60.0, 300.0
_LET_IN_MOST = 1000  # sessions that are known in memory
_BROKEN = (DatabaseError, Unavailable)
_OPEN = ("/login", "/api/session", "/api/code", "/healthz", "/metrics")


@dataclass(frozen=True)
class Way:
    """How do people reach the page? names: as which hosts, beside this machine's own; port: that they type, or None."""

    host: str = "127.0.0.1"
    names: tuple[str, ...] = ()
    tls: ssl.SSLContext | None = None
    proxy: bool = False  # ends TLS before us, on this machine

    @property
    def secure(self) -> bool:
        """Whether what people send is encrypted up to this machine."""
        return self.tls is not None or self.proxy

    @property
    def local(self) -> bool:
        """Whether only this machine can reach the page."""
        return self.host in LOOPBACK and not self.proxy


def text(request: web.Request, key: str, **values: object) -> str:
    """Return the sentence `key` in the reader's language."""
    return WORDS[spoken(request)][key].format(**values)


def _same(given: str, secret: str) -> bool:
    # whatever bytes a stranger sends: no letters are an error of ours
    return secrets.compare_digest(given.encode("utf-8", "surrogatepass"), secret.encode())


class Gate:
    """The door of one gateway's page."""

    def __init__(self, store: Store, way: Way, clock_ms: Callable[[], int]):
        self._store, self.way, self.now_ms = store, way, clock_ms
        self._throttle = Throttle()
        self._hashing = asyncio.Semaphore(HASHING_MOST)
        self._waiting = 0
        self._closed: bool | None = None  # as it was read last; None: it never could be
        self._let_in: dict[str, Person] = {}  # who was signed in when that could be read last
        self.first: str | None = accounts.code() if self.closed() is False else None
        self._token = ""
        if store.folder:
            try:
                self._token = local_token.make(store.folder, "https" if way.tls else "http")
            except OSError as error:
                _log.warning("cannot write %s: the command line cannot act (%s)", local_token.NAME, error.strerror)

    def routes(self, app: web.Application) -> None:
        """Let people sign in and out, and those who may make accounts make them."""
        add, post = app.router.add_get, app.router.add_post
        add("/login", self._page)
        add("/people", self._people_page)
        add("/api/me", self._me)
        add("/api/people", self._people)
        post("/api/session", self._sign_in)
        post("/api/session/end", self._sign_out)
        post("/api/code", self._code)
        post("/api/people", self._add)
        post("/api/people/{number:[0-9]{1,9}}/{verb:invite|disable|enable}", self._change)

    def closed(self) -> bool | None:
        """Return whether somebody has an account: as far as is known while the database gives nothing, or None."""
        with suppress(*_BROKEN), self._store.engine.connect() as db:
            self._closed = accounts.there_are(db)
        return self._closed

    def person(self, request: web.Request) -> Person | None:
        """Return who is signed in, or None."""
        given = request.headers.get("Authorization", "")
        if self._token and given.startswith("Bearer ") and request.remote in LOOPBACK and not self._forwarded(request):
            if _same(given[7:], self._token):
                return Person(0, "", permissions.ADMINISTRATOR, None, "")
        secret = request.cookies.get(self._cookie)
        return self._signed_in(secret) if secret else None

    def _signed_in(self, secret: str) -> Person | None:
        """Return whose session that is. While the database gives nothing, who was in may look on: acts fail anyway."""
        key = accounts.digest(secret)
        try:
            with self._store.engine.connect() as db:
                found = accounts.who(db, self.now_ms(), secret)
        except _BROKEN:
            return self._let_in.get(key)
        if found is None:
            self._let_in.pop(key, None)
            return None
        if len(self._let_in) >= _LET_IN_MOST:
            self._let_in.clear()
        self._let_in[key] = found
        return found

    @staticmethod
    def _forwarded(request: web.Request) -> bool:
        return "X-Forwarded-For" in request.headers or "Forwarded" in request.headers

    def admit(self, request: web.Request) -> None:
        """Put who asks into request[PERSON], None where nobody needs to sign in. Raises what refuses the request."""
        request[PERSON] = None
        if request.path in _OPEN or account_page.is_file(request.path):
            if request.path in ("/healthz", "/metrics") and (
                    request.remote not in LOOPBACK or self._forwarded(request)):
                raise web.HTTPForbidden(text="monitors ask on this machine")
            return
        if self.way.local and not self.closed():
            return
        found = self.person(request)
        if found is None:
            if request.method == "GET" and not request.path.startswith(("/api/", "/events")):
                raise web.HTTPSeeOther(f"/login?then={quote(request.path_qs)}&lang={spoken(request)}")
            raise web.HTTPUnauthorized(text=text(request, "sign_in_first"))
        if request.method == "POST" and found.account:
            if not _same(request.headers.get("X-Kald-Csrf", ""), found.csrf):
                raise web.HTTPForbidden(text=text(request, "not_from_page"))
        request[PERSON] = found

    def still(self, request: web.Request) -> bool:
        """Return whether who asked a while ago would be let in now: what is streamed ends with the session."""
        before = request[PERSON]
        return self.person(request) == before if before is not None else self.way.local and not self.closed()

    def by(self, request: web.Request, what: str, number: int, verb: str, given: object) -> object:
        """Return `given` with the name in which this act is done. Raises HTTPForbidden if it may not be."""
        found = request[PERSON]
        if found is None or not isinstance(given, dict):
            return given
        if not permissions.may(found.role, what, verb):
            raise web.HTTPForbidden(text=text(request, "may_not"))
        if found.role == permissions.WEARER and not self._own(found, what, number):
            raise web.HTTPForbidden(text=text(request, "may_not"))
        if found.role == permissions.SCREEN:
            if given.get("by") not in self._here():
                raise web.HTTPForbidden(text=text(request, "who_are_you"))
            return given
        return {**given, "by": found.name} if found.account else given

    def _own(self, person: Person, what: str, number: int) -> bool:
        if what == "badges":  # not while it is lent: it is then somebody else's pause, visit and test
            with self._store.engine.connect() as db:
                lent = db.execute(select(BADGES.c.own_name).where(BADGES.c.device == number)).scalar()
            return number == person.device and lent is None
        with self._store.engine.connect() as db:
            return person.device is not None and accounts.owner(db, number, person.name) == person.device

    def _here(self) -> list[str]:
        """Return whom a shared screen offers: wearers whose badge has been heard of, and people with an account."""
        with self._store.engine.connect() as db:
            wearers = db.execute(select(BADGES.c.name).where(
                BADGES.c.revoked_ms.is_(None), BADGES.c.heartbeat_ms.is_not(None))).scalars().all()
            people = db.execute(select(ACCOUNTS.c.name).where(
                ACCOUNTS.c.disabled_ms.is_(None), ACCOUNTS.c.role.not_in((permissions.SCREEN,)))).scalars().all()
        return sorted({*wearers, *people}, key=str.casefold)

    def seen(self, request: web.Request, facts: dict[str, Any]) -> dict[str, Any]:
        """Return what of the board's facts this person may see."""
        found = request[PERSON]
        if found is None or found.role != permissions.WEARER:
            return facts
        own = {key: [one for one in facts[key] if one.get("device") == found.device and not one.get("own_name")]
               for key in ("alarms", "badges")}  # who has lent the badge today sees nothing of who wears it
        names = {found.name, *(one["name"] for one in own["badges"])}
        own["alarms"] = [one for one in own["alarms"] if one["name"] in names]
        glance = {}
        for word in facts["glance"]:
            some = [one["name"] for one in own["badges"] if word == one["health"] or word == "alone" and one["alone"]]
            glance[word] = {"count": len(some), "names": some}
        return {**facts, **own, "glance": glance, "badges_left": 0, "overdue": 0,
                **dict.fromkeys(("troubles", "crashes", "bridges", "unset"), [])}

    def require(self, request: web.Request, roles: frozenset[str], alarm: int | None = None) -> None:
        """Refuse who is not of `roles`, and a wearer who asks for the record of somebody else's alarm."""
        found = request[PERSON]
        if found is None:
            return
        if found.role not in roles or (
                alarm is not None and found.role == permissions.WEARER and not self._own(found, "alarms", alarm)):
            raise web.HTTPForbidden(text=text(request, "may_not_read"))

    # ---- signing in

    @property
    def _cookie(self) -> str:
        return "__Host-kald" if self.way.secure else "kald"

    async def _page(self, request: web.Request) -> web.Response:
        return html(account_page.login(spoken(request), self.closed() is not False))

    async def _me(self, request: web.Request) -> web.Response:
        found = request[PERSON]
        if found is None:
            return web.json_response({"name": None, "role": None, "csrf": "", "people": []})
        here = self._here() if found.role == permissions.SCREEN else []
        return web.json_response({
            "name": found.name, "role": found.role, "csrf": found.csrf, "people": here,
            "alarms": sorted(permissions.ON_ALARMS[found.role]), "badges": sorted(permissions.ON_BADGES[found.role])})

    async def _sign_in(self, request: web.Request) -> web.Response:
        given = await self._given(request, "name", "password")
        with self._store.engine.connect() as db:
            row = accounts.find(db, given["name"])
        kept = row.password if row is not None and row.disabled_ms is None else None
        await self._try(request, given["name"], lambda: accounts.right(kept, given["password"]), "wrong_password")
        return self._enter(request, row.id)

    async def _code(self, request: web.Request) -> web.Response:
        """Choose a password, with the code of an invitation, or with the one that the gateway prints at first."""
        given = await self._given(request, "name", "code", "password")
        name, shown = given["name"], given["code"].strip().lower()
        with self._store.engine.connect() as db:
            row = accounts.find(db, name)
        screen = row is not None and row.role == permissions.SCREEN
        password = secrets.token_urlsafe(32) if screen else given["password"]
        first = self.first is not None and not self.closed()
        try:
            accounts.checked(password, name)
            right = first and _same(shown, str(self.first))
            if not first:
                with self._store.engine.connect() as db:
                    right = accounts.invited(db, self.now_ms(), name, shown)
            await self._try(request, name, lambda: right, "code_wrong")
            kept = await self._hash(request, lambda: accounts.hashed(password, name))
            with self._store.engine.begin() as db:
                if first:
                    _, shown = accounts.add(db, self.now_ms(), name, permissions.ADMINISTRATOR, "the console's code")
                account = accounts.accept(db, self.now_ms(), name, shown, kept)
        except Refused as refused:
            raise web.HTTPBadRequest(text=text(request, str(refused))) from None
        self.first = None
        return self._enter(request, account)

    async def _try(self, request: web.Request, name: str, right: Callable[[], bool], wrong: str) -> None:
        """Let `right` decide, unless too many were wrong before. Raises HTTPTooManyRequests, HTTPForbidden."""
        now_s, place = time.monotonic(), self._from(request)
        keys = ((("name", accounts.login(name), place), NAME_FREE, NAME_S), (("from", place), FROM_FREE, FROM_S),
                (("all", accounts.login(name)), ALL_FREE, ALL_S))
        if wait_s := max(self._throttle.wait_s(key, free, most_s, now_s) for key, free, most_s in keys):
            raise web.HTTPTooManyRequests(text=text(request, "too_often", seconds=int(wait_s) + 1),
                                          headers={"Retry-After": str(int(wait_s) + 1)})
        for key, _, _ in keys:  # before it is known: who asks a hundred times at once has tried a hundred times
            self._throttle.failed(key, now_s)
        if not await self._hash(request, right):
            _log.warning("refused to sign in %.40r from %s", name, place)  # no row: guesses must not keep the disk busy
            raise web.HTTPForbidden(text=text(request, wrong))
        for key, _, _ in keys:
            self._throttle.worked(key)

    async def _hash(self, request: web.Request, work: Callable[[], Any]) -> Any:
        """Run `work`, which takes long, beside the loop; not many at once."""
        if self._waiting >= WAITING_MOST:
            raise web.HTTPServiceUnavailable(text=text(request, "too_often", seconds=5))
        self._waiting += 1
        try:
            async with self._hashing:
                return await asyncio.get_running_loop().run_in_executor(None, work)
        finally:
            self._waiting -= 1

    def _from(self, request: web.Request) -> str:
        if self.way.proxy:  # it writes who asked it as the last
            return request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip()[:60] or str(request.remote)
        return str(request.remote)

    def _enter(self, request: web.Request, account: int) -> web.Response:
        """Begin a session; what cookie the browser brought is never taken over."""
        with self._store.engine.begin() as db:
            old = request.cookies.get(self._cookie)
            before = accounts.who(db, self.now_ms(), old) if old else None
            if before is not None:
                accounts.leave(db, before.account, old)
            secret = accounts.enter(db, self.now_ms(), account)
            role = accounts.get(db, account).role
        answer = web.json_response({"ok": True})
        answer.set_cookie(self._cookie, secret, max_age=permissions.SESSION_MS[role] // 1000, path="/", httponly=True,
                          secure=self.way.secure, samesite="Lax")
        return answer

    async def _sign_out(self, request: web.Request) -> web.Response:
        found = request[PERSON]
        if found is not None and found.account:
            with self._store.engine.begin() as db:
                accounts.leave(db, found.account, request.cookies[self._cookie])
        answer = web.json_response({"ok": True})
        answer.del_cookie(self._cookie, path="/", secure=self.way.secure, httponly=True, samesite="Lax")
        return answer

    async def _given(self, request: web.Request, *keys: str) -> dict[str, str]:
        """Return the texts under `keys` of the JSON object that was posted."""
        given = await json_of(request)
        if not isinstance(given, dict) or not all(isinstance(given.get(key, ""), str) for key in keys):
            raise web.HTTPBadRequest(text=text(request, "no_json"))
        return {key: given.get(key, "") for key in keys}

    # ---- accounts

    async def _people_page(self, request: web.Request) -> web.Response:
        return html(account_page.people(spoken(request)))

    async def _people(self, request: web.Request) -> web.Response:
        found = request[PERSON]
        makes = permissions.MAKES.get(found.role, ()) if found is not None else ()
        if not makes:
            return web.json_response({"people": [], "may_make": []})
        with self._store.engine.connect() as db:
            return web.json_response({"people": accounts.everybody(db), "may_make": sorted(makes)})

    async def _add(self, request: web.Request) -> web.Response:
        found = self._maker(request)
        given = await json_of(request)
        if not isinstance(given, dict):
            raise web.HTTPBadRequest(text=text(request, "no_json"))
        self._may_make(request, found, given.get("role"))
        return self._made(request, lambda db: accounts.add(
            db, self.now_ms(), given.get("name"), given.get("role"), found.name, given.get("device"))[1])

    async def _change(self, request: web.Request) -> web.Response:
        found, account = self._maker(request), int(request.match_info["number"])

        def change(db: Connection) -> str | None:
            self._may_make(request, found, accounts.get(db, account).role)
            verb = request.match_info["verb"]
            if verb == "invite":
                return accounts.invite(db, self.now_ms(), account, found.name)
            {"disable": accounts.disable, "enable": accounts.enable}[verb](db, self.now_ms(), account, found.name)
            return None

        return self._made(request, change)

    def _maker(self, request: web.Request) -> Person:
        """Return who makes accounts; nobody does before the first account is there."""
        self.require(request, permissions.PEOPLE)
        found: Person | None = request[PERSON]
        if found is None:
            raise web.HTTPForbidden(text=text(request, "first_account_first"))
        return found

    @staticmethod
    def _may_make(request: web.Request, found: Person, role: object) -> None:
        if isinstance(role, str) and role in permissions.ROLES and role not in permissions.MAKES[found.role]:
            raise web.HTTPForbidden(text=text(request, "may_not"))

    def _made(self, request: web.Request, change: Callable[[Any], str | None]) -> web.Response:
        try:
            with self._store.engine.begin() as db:
                return web.json_response({"ok": True, "code": change(db)})
        except Refused as refused:
            raise web.HTTPBadRequest(text=text(request, str(refused))) from None
