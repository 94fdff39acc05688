"""Is what another page, a rebound name or a broken client may ask of the board refused, and nothing changed?"""

import gzip
import json
from contextlib import asynccontextmanager

import pytest
from gateway_rig import JSON, Rig, ask, visiting
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware import codes
from tools.gateway import acts
from tools.gateway.store import open_store

READS = ("/", "/api/alarms", "/events", "/record/1", "/month/2026-11", "/board.js", "/nothing")
TAKE = "/api/alarms/1/take"
BODY = '{"by": "Anna"}'


def house(tmp_path):
    """Return the path of a house where anna calls."""
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo")
    rig["anna"].alarm(codes.KIND_EMERGENCY, refresh=False)
    rig.store.close()
    return tmp_path / "kald.sqlite"


@asynccontextmanager
async def untouched(path):
    """Give whoever asks the pages of a gateway on `path`; then nobody may have taken or closed anything."""
    async with visiting(open_store(path)) as (client, _):
        yield client
        alarm = json.loads((await ask(client, "GET", "/api/alarms"))[1])["alarms"][0]
        assert (alarm["step"], alarm["taken_by"], alarm["coming"]) == (1, None, [])


@pytest.mark.parametrize("host", [
    "kald.example", "127.0.0.1.kald.example:85", "127.0.0.2", "[::1]:80", "0.0.0.0", "", "localhost:1.kald.example",
    "127.0.0.1:", "localhost:80:80"])
async def test_a_name_that_is_rebound_to_this_machine_reads_and_does_nothing(tmp_path, host):
    async with untouched(house(tmp_path)) as client:
        for path in READS:
            status, text, _ = await ask(client, "GET", path, headers={"Host": host})
            assert status == 403 and "anna" not in text, path
        both = {**JSON, "Host": host, "Origin": f"http://{host}"}  # as a rebound page would send them
        assert (await ask(client, "POST", TAKE, data=BODY, headers=both))[0] == 403


async def test_another_page_that_the_user_visits_does_nothing_and_reads_nothing(tmp_path):
    async with untouched(house(tmp_path)) as client:
        for origin in ("http://elsewhere.example", "null", "", "http://127.0.0.1:1", "https://127.0.0.1"):
            said = {**JSON, "Origin": origin}
            assert (await ask(client, "POST", TAKE, data=BODY, headers=said))[0] == 403, origin
            assert (await ask(client, "GET", "/api/alarms", headers=said))[0] == 403, origin
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx"):
            assert (await ask(client, "POST", TAKE, data=BODY, headers={"Content-Type": kind}))[0] == 403, kind
        for site in ("cross-site", "same-site"):
            said = {**JSON, "Sec-Fetch-Site": site}
            posted = {**said, "Sec-Fetch-Mode": "navigate"}
            assert (await ask(client, "POST", TAKE, data=BODY, headers=posted))[0] == 403
            for path in READS:
                assert (await ask(client, "GET", path, headers={**said, "Sec-Fetch-Mode": "no-cors"}))[0] == 403, path
            follows = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}
            assert (await ask(client, "GET", "/", headers=follows))[0] == 200  # a link on the house's own page
        asks = {"Origin": "http://elsewhere.example", "Access-Control-Request-Method": "POST"}
        for headers in (asks, {"Access-Control-Request-Method": "POST"}):
            status, _, answer = await ask(client, "OPTIONS", TAKE, headers=headers)
            assert status in (403, 405) and not [name for name in answer if name.startswith("Access-Control")]


async def test_refusals_are_sentences_that_no_browser_keeps_or_runs(tmp_path):
    async with untouched(house(tmp_path)) as client:
        for method, path, data in (("POST", TAKE, "[]"), ("GET", "/nothing", None), ("PUT", TAKE, BODY),
                                   ("DELETE", "/record/1", None)):
            status, text, headers = await ask(client, method, path, data=data, headers=JSON)
            assert 400 <= status < 500 and text and "Traceback" not in text
            assert headers["Cache-Control"] == "no-store" and headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Content-Type"].startswith("text/plain")
            assert "default-src 'none'" in headers["Content-Security-Policy"]


async def test_bodies_that_are_too_much_are_refused(tmp_path):
    async def endless():
        for _ in range(1000):
            yield b'{"by": "' + b"a" * 4096

    async with untouched(house(tmp_path)) as client:
        assert (await ask(client, "POST", TAKE, data=endless(), headers=JSON))[0] == 413
        packed = gzip.compress(b'{"by": "Anna", "x": "' + b"a" * 10_000_000 + b'"}')
        said = {**JSON, "Content-Encoding": "gzip"}
        assert (await ask(client, "POST", TAKE, data=packed, headers=said))[0] == 413
        assert (await ask(client, "POST", TAKE, data=gzip.compress(BODY.encode()), headers=said))[0] == 400
        assert (await ask(client, "GET", "/record/" + "9" * 5000))[0] in (400, 404)
        assert (await ask(client, "GET", "/", headers={"X": "a" * 20000}))[0] == 400


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=6,
)
KEYS = ("by", "who", "text", "outcome", "item", "done", "colour", "minutes")


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    rig = Rig(tmp_path_factory.mktemp("odd") / "kald.sqlite", "anna", "bo")
    rig["anna"].alarm(codes.KIND_EMERGENCY, refresh=False)
    return rig


@settings(max_examples=300, derandomize=True, deadline=None)
@given(given=st.dictionaries(st.sampled_from(KEYS), ODD, max_size=5), named=st.booleans(), data=st.data())
def test_any_json_is_done_or_refused_in_words(odd, given, named, data):
    verb = data.draw(st.sampled_from(sorted({**acts.ON_ALARMS, **acts.ON_BADGES})))
    given = {**given, "by": "Anna"} if named else given
    given = json.loads(json.dumps(given))
    try:
        assert odd.radio.act(verb, data.draw(st.integers(0, 3)), given, odd.now_ms) in (True, False)
    except acts.Wrong as wrong:
        assert str(wrong)
