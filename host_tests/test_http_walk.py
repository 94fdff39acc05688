"""Does any request to any route, by anybody, get an answer that is no error of ours, and nobody more than the own role?

The routes are those of the application itself, so a new one is walked from its first day. schemathesis would want each
of them described once more as OpenAPI, and would then make requests for a house that has nobody in it.
"""

import asyncio
import json
import os
import re
from urllib.parse import quote

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware import codes
from gateway_rig import Rig, badges, plan, served
from test_sign_in import Browser, made
from tools.gateway import accounts, acts, guide, local_token, permissions
from tools.gateway import server as server_module
from waits import HANGS_S

EXAMPLES = 1000 if os.environ.get("KALD_CI") else 500
XSS = "<script>alert(1)</script>"
EVIL = (XSS, "../../../etc/passwd", "..\\..\\x", "'; DROP TABLE accounts; --", "\x00", "\ud800",
        "\u202e", "%s%n{0}", "{x.__class__}", "9" * 400, "-1", "1e9", "٣", "nan")
TEXT = st.sampled_from(EVIL) | st.text(max_size=8)
WORDS = st.sampled_from((*acts.ON_ALARMS, *acts.ON_BADGES, *guide.QUESTIONS, *permissions.ROLES, "invite", "disable",
                         "enable", "plan", "red", "real", "2026-11", "da", "en", "board.js", "Anna", "the manager"))
KEYS = ("by", "name", "password", "code", "role", "device", "colour", "minutes", "place", "text", "item", "done",
        "outcome", "who", "owner", "plan", "was", "said_ms", "rules", "plans", "steps", "to", "address", "lang",
        "checklist", "check_in_s", "again_s")
SCALAR = st.none() | st.booleans() | st.integers(-2, 2**70) | st.floats() | TEXT | WORDS
BODY = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(st.sampled_from(KEYS) | TEXT, inner, max_size=5), max_leaves=10)
ASKED = ("lang", "find", "after", "then", "alarm", "wall", "month", "year", "x")
QUERY = st.dictionaries(st.sampled_from(ASKED), TEXT | WORDS, max_size=2)
KINDS = st.sampled_from(("application/json", "application/json", "application/json; charset=nonsense", "text/plain",
                         "multipart/form-data", "application/x-www-form-urlencoded", ""))
NAMED = ("Last-Event-ID", "Range", "If-None-Match", "Expect", "Sec-Fetch-Site", "Origin", "X-Forwarded-For",
         "Accept-Language", "Content-Encoding")
HEADERS = st.dictionaries(st.sampled_from(NAMED),
                          st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20), max_size=2)


class Walked:
    """A gateway with an account for each role, one loop for all examples, and the routes of its page."""

    def __init__(self, folder, patch):
        weak = accounts.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(accounts, "_HASHER", weak)
        patch.setattr(accounts, "NOBODY", weak.hash("nobody"))
        real, apps = server_module.pages.application, []
        patch.setattr(server_module.pages, "application", lambda *a, **k: apps.append(real(*a, **k)) or apps[-1])
        rig = Rig(folder / "kald.sqlite", XSS, "anna", plan=plan(badges(0), checklist=[XSS], plans=[
            {"name": XSS, "agreement": XSS, "steps": [badges(0)]}]))
        self.store, self.anna = rig.store, rig["anna"].device
        rig.act("visit", 1, colour="red", place=XSS, by=XSS)
        rig[XSS].alarm(codes.KIND_EMERGENCY)
        for verb, more in (("take", {}), ("note", {"text": XSS}), ("unneeded", {}), ("close", {"outcome": "real"})):
            rig.act(verb, 1, by=f"{XSS} too", **more)
        rig[XSS].alarm(codes.KIND_FALL, alarm_id=51)
        for role in permissions.ROLES:
            made(self.store, f"the {role}", role, self.anna if role == "wearer" else None)
        self.loop = asyncio.new_event_loop()
        self._served = served(self.store)
        self.url, _ = self.run(self._served.__aenter__())
        found = {(route.method, route.resource.canonical) for route in apps[0].router.routes()}
        self.routes = sorted(one for one in found if one[0] != "HEAD")
        self.browsers = {None: self.run(self._browser(None))}
        for role in permissions.ROLES:
            self.browsers[role] = self.run(self._browser(role))
        self.token = local_token.read(folder)[1]

    def run(self, doing):
        return self.loop.run_until_complete(asyncio.wait_for(doing, HANGS_S))

    async def _browser(self, role):
        one = Browser(self.url)
        if role is not None:
            assert (await one.sign_in(f"the {role}"))[0] == 200
        return one

    async def ask(self, role, method, path, body, kind, more, honest):
        """Return (status, text, headers) of one request; a stream is left after its first bytes."""
        one = self.browsers[role]
        if role is not None and (await one.get("/api/me"))[0] == 401:  # it has ended its own session
            await one.sign_in(f"the {role}")
        headers = {**more, **({"Content-Type": kind} if kind else {}), **({"X-Kald-Csrf": one.csrf} if honest else {})}
        sent = {"data": body, "headers": headers, "allow_redirects": False}
        async with one.session.request(method, aiohttp.client.URL(self.url + path, encoded=True), **sent) as answer:
            text = await (answer.content.read(2000) if path.startswith("/events") else answer.content.read(500_000))
            return answer.status, text.decode("utf-8", "replace"), answer.headers

    def above(self):
        """Return all accounts with what they may, and by whom they were made."""
        with self.store.engine.connect() as db:
            return {(row.name, row.role, row.disabled_ms is None, row.password) for row in db.execute(
                accounts.ACCOUNTS.select())}

    def close(self):
        for one in self.browsers.values():
            self.run(one.session.close())
        self.run(self._served.__aexit__(None, None, None))
        self.loop.close()
        self.store.close()


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        made_one = Walked(tmp_path_factory.mktemp("walk"), patch)
        yield made_one
        made_one.close()


@st.composite
def requests(draw, walked):
    """Return what one request is made of."""
    method, path = draw(st.sampled_from(walked.routes))
    filled = re.sub(r"{[^{}]*}", lambda _: quote(str(draw(st.sampled_from(("1", "2", "0", "999999999")) | WORDS | TEXT))
                                                  .encode("utf-8", "surrogatepass"), safe=""), path)
    query = "&".join(f"{key}={quote(value.encode('utf-8', 'surrogatepass'))}" for key, value in draw(QUERY).items())
    body = b"" if method == "GET" else draw(
        BODY.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40)
        | st.sampled_from((b"[" * 1500, b"9" * 1800, b'{"by": "' + b"a" * 3000 + b'"}', b"\xff" * 100, b"x" * 400_000)))
    who = draw(st.sampled_from((*walked.browsers, "administrator", "manager", "colleague")))
    how = draw(st.sampled_from((method, method, method, "PUT", "DELETE")))
    asked = filled + (f"?{query}" if query else "")
    return who, how, asked, body, draw(KINDS), draw(HEADERS), draw(st.integers(0, 9)) > 0


def judged(walked, request):
    """Make a request, hold its answer against what must be true of any, and return its status."""
    role, method, path, body, kind, more, honest = request
    status, text, headers = walked.run(walked.ask(role, method, path, body, kind, more, honest))
    assert status < 500, (request, status, text[:200])
    assert "Traceback" not in text and "sqlalchemy" not in text, request
    assert "html" not in headers.get("Content-Type", "") or XSS not in text, request
    if status not in (400, 417):  # what is no HTTP is refused before it is ours
        assert "default-src 'none'" in headers["Content-Security-Policy"], request
    return status


def test_every_page_answers_each_role_and_shows_no_text_as_markup(walked):
    for role in walked.browsers:
        got = {}
        for path in {path for method, path in walked.routes if method == "GET" and not path.startswith("/events")}:
            filled = path.replace("{month}", "2027-01").replace("{year}", "2027").replace("{name}", "board.js")
            for lang in ("da", "en"):
                asked = re.sub(r"{[^{}]*}", "1", filled) + f"?lang={lang}"
                got[path] = judged(walked, (role, "GET", asked, b"", "", {}, False))
        assert set(got.values()) <= ({200, 403, 404} if role else {200, 303, 401}), got
        assert list(got.values()).count(200) >= (10 if role == "administrator" else 3), (role, got)


@pytest.mark.deeper
def test_no_request_to_any_route_is_an_error_of_ours_and_none_gives_more_than_the_role_has(walked):
    seen, said = set(), {}

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))
    @given(requests(walked))
    def walk(request):
        role, before = request[0], walked.above()
        status = judged(walked, request)
        seen.add(re.sub(r"[?].*", "", request[2]).split("/")[1])
        said[status] = said.get(status, 0) + 1
        if role != "administrator" and before != walked.above():
            changed = {name for name, *_ in before ^ walked.above()}
            roles = {role_ for name, role_, *_ in before ^ walked.above()}
            assert role == "manager" and roles <= permissions.MAKES["manager"], (request, changed)

    walk()
    assert walked.run(walked.ask(None, "GET", "/healthz", b"", "", {}, False))[0] == 200
    assert {"api", "record", "guide"} <= seen and {200, 400, 403, 404} <= set(said), (seen, said)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(said=st.binary(max_size=200) | st.sampled_from((
    b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"POST /api/session HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: elsewhere\r\n\r\n",
    b"GET http://elsewhere/ HTTP/1.1\r\nHost: x\r\n\r\n")))
def test_any_bytes_on_the_pages_port_get_no_error_of_ours(walked, said):
    answered(walked, said)


@pytest.mark.parametrize("name", [
    *sorted({*NAMED} - {"Expect"}),  # which aiohttp answers itself
    "Authorization", "Cookie", "X-Kald-Csrf", "Host", "Content-Type", "Accept"])
def test_no_letters_in_any_header_are_an_error_of_ours(walked, name):
    mine = [f"{one.key}={one.value}" for one in walked.browsers["colleague"].session.cookie_jar]
    for value in (b"Bearer \xe6", b"\xff\xfe", b"", b"a" * 4000):
        said = {b"Host": b"localhost", b"Content-Type": b"application/json", b"Cookie": mine[0].encode(),
                b"Connection": b"close", b"Content-Length": b"2", name.encode(): value}
        head = b"".join(b"%s: %s\r\n" % one for one in said.items())
        assert answered(walked, b"POST /api/badges/1/off HTTP/1.1\r\n" + head + b"\r\n{}", False), value


def answered(walked, said, ends=True):
    """Return what comes back of these bytes. ends: no more of them come, which nothing may answer."""

    async def story():
        reader, writer = await asyncio.open_connection("127.0.0.1", int(walked.url.rsplit(":", 1)[1]))
        writer.write(said)
        if ends:
            writer.write_eof()
        answer = await reader.read(100_000)
        writer.close()
        assert not answer.startswith(b"HTTP/1.1 5") and b"root:" not in answer, answer[:200]
        return answer

    return walked.run(story())
