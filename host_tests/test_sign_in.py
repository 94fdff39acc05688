"""Who may see and do what at the board, and what comes of guessing, stealing and forging?"""

import asyncio
import json
import ssl
from datetime import datetime, timedelta, timezone

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway_rig import JSON, served
from tools.cli import account as account_command
from tools.cli import gateway as gateway_command
from tools.cli import _help
from tools.gateway import accounts, acts, client, local_token, permissions
from tools.gateway.authentication import Way
from tools.gateway.pages.account_words import WORDS
from tools.gateway.store import open_store
from waits import HANGS_S

NOW = 1_790_000_000_000
PASSWORD = "rigtig hest batteri"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """argon2id as weak as it can be: what is tried here is who is let in."""
    weak = accounts.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(accounts, "_HASHER", weak)
    monkeypatch.setattr(accounts, "NOBODY", weak.hash("nobody"))


def house(folder):
    store = open_store(folder / "kald.sqlite")
    rows = [store.pair(name) for name in ("Anna", "Bo")]
    return store, [row.device for row in rows]


def made(store, name, role, device=None):
    with store.engine.begin() as db:
        _, code = accounts.add(db, NOW, name, role, "test", device)
        accounts.accept(db, NOW, name, code, accounts.hashed(PASSWORD, name))


class Browser:
    """One browser: its cookies, and the second secret that the page shows."""

    def __init__(self, url):
        self.url, self.csrf = url, ""
        self.session = aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.session.close()

    async def get(self, path, **more):
        async with self.session.get(path, allow_redirects=False, **more) as answer:
            return answer.status, await answer.text(), answer.headers

    async def post(self, path, given=None, **headers):
        sent = {**JSON, "X-Kald-Csrf": self.csrf, **headers}
        async with self.session.post(path, data=json.dumps(given or {}), headers=sent) as answer:
            return answer.status, await answer.text(), answer.headers

    async def sign_in(self, name, password=PASSWORD):
        status, text, _ = await self.post("/api/session", {"name": name, "password": password})
        if status == 200:
            self.csrf = json.loads((await self.get("/api/me"))[1])["csrf"]
        return status, text


async def each_role(store):
    """Yield (role, Browser) for each of them, signed in under the role's name; the wearer has badge 1."""
    for role in permissions.ROLES:
        made(store, role, role, 1 if role == "wearer" else None)
    async with served(store) as (url, _):
        for role in permissions.ROLES:
            async with Browser(url) as one:
                await one.sign_in(role)
                yield role, one


async def test_the_first_account_is_made_with_the_consoles_code_and_then_nobody_acts_unnamed(tmp_path):
    store, _ = house(tmp_path)
    codes = []
    async with served(store, first=codes.append) as (url, _), Browser(url) as one, Browser(url) as other:
        assert (await other.get("/api/alarms"))[0] == 200  # as ever, at the gateway's own screen
        first = {"name": "Inge", "password": PASSWORD}
        assert (await one.post("/api/code", {**first, "code": "aaaa-bbbb-cccc"}))[0] == 403
        assert (await one.post("/api/people", {"name": "X", "role": "colleague"}))[0] == 403
        status, _, headers = await one.post("/api/code", {**first, "code": codes[0].upper()})
        assert status == 200
        cookie = headers["Set-Cookie"]
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
        assert json.loads((await one.get("/api/me"))[1])["role"] == "administrator"
        for path, expected in (("/api/alarms", 401), ("/events", 401), ("/api/people", 401), ("/", 303),
                               ("/record/1", 303), ("/incidents", 303), ("/plans", 303), ("/wearers", 303),
                               ("/year/2026.csv", 303), ("/api/plan", 401), ("/where/1.svg", 303),
                               ("/month/2026-11", 303), ("/board.js", 303), ("/login", 200),
                               ("/login.js", 200), ("/healthz", 200), ("/icon.svg", 200)):
            assert (await other.get(path))[0] == expected, path
        assert (await other.post("/api/badges/1/off", {"by": "Anna"}))[0] == 401
        second = await other.post("/api/code", {"name": "Eva", "password": PASSWORD, "code": codes[0]})
        assert second[0] == 403  # it is spent
        with store.engine.connect() as db:
            kept = repr(db.exec_driver_sql("SELECT * FROM accounts").all())
            kept += repr(db.exec_driver_sql("SELECT * FROM sessions").all())
        assert PASSWORD not in kept and codes[0] not in kept and cookie.split("=")[1].split(";")[0] not in kept


async def test_each_role_sees_and_does_what_the_table_says_and_always_in_its_own_name(tmp_path):
    store, (anna, bo) = house(tmp_path)
    for role in permissions.ROLES:
        made(store, f"the {role}", role, anna if role == "wearer" else None)
    async with served(store) as (url, _):
        for role in permissions.ROLES:
            async with Browser(url) as one:
                assert (await one.sign_in(f"The {role.upper()}"))[0] == 200, role
                text = (await one.get("/api/alarms"))[1]
                seen, own = json.loads(text), role == "wearer"
                assert ("Bo" in text) != own and seen["glance"]["untested"]["count"] == len(seen["badges"])
                assert [badge["device"] for badge in seen["badges"]] == ([anna] if own else [anna, bo])
                for verb in acts.ON_BADGES:
                    for device in (anna, bo):
                        allowed = permissions.may(role, "badges", verb) and (not own or device == anna)
                        status, text, _ = await one.post(
                            f"/api/badges/{device if verb != 'revoke' else 999}/{verb}", {"by": "Mallory"})
                        refused = role == "screen" or not allowed
                        assert (status == 403) == refused, (role, verb, device, status, text)
                for verb in acts.ON_ALARMS:
                    status, _, _ = await one.post(f"/api/alarms/999/{verb}", {"by": "Mallory"})
                    allowed = permissions.may(role, "alarms", verb) and role not in ("wearer", "screen")
                    assert (status == 403) != allowed, (role, verb, status)
                for path, roles in (("/month/2026-11", permissions.MONTHS),
                                    ("/api/badges?find=a", permissions.BOARD),
                                    ("/where/999.svg", permissions.BOARD),
                                    ("/record/999", permissions.RECORDS - {"wearer"})):
                    assert ((await one.get(path))[0] != 403) == (role in roles), (role, path)
                made_one = await one.post("/api/people", {"name": f"by {role}", "role": "administrator"})
                assert (made_one[0] == 200) == (role == "administrator"), (role, made_one)
    with store.engine.connect() as db:
        names = {row.who for row in db.exec_driver_sql("SELECT who FROM acts")}
    assert names and "Mallory" not in names


@pytest.mark.parametrize("lang", ["da", "en"])
async def test_a_link_that_a_role_may_not_follow_ends_in_a_sentence_and_a_way_to_the_board(lang, tmp_path):
    store, (anna, _) = house(tmp_path)
    roles = {"wearer": anna, "technician": None, "screen": None}
    for role, device in roles.items():
        made(store, role, role, device)
    async with served(store) as (url, _):
        for role in roles:
            async with Browser(url) as one:
                await one.sign_in(role)
                for path in ("/record/1", "/month/2026-11", "/plans", "/nothing.html"):
                    status, page, head = await one.get(f"{path}?lang={lang}", headers={"Accept": "text/html,*/*"})
                    assert status in (403, 404) and head["Content-Type"].startswith("text/html"), (role, path)
                    assert f'<a href="/?lang={lang}">' in page and f'<html lang="{lang}">' in page, (role, path)
                    assert head["X-Content-Type-Options"] == "nosniff" and "default-src 'none'" in head[
                        "Content-Security-Policy"], path
                assert WORDS[lang]["may_not_read"] in (await one.get(f"/record/1?lang={lang}"))[1]


async def test_a_shared_screen_acts_in_the_name_of_who_is_here_and_in_no_other(tmp_path):
    store, (anna, _) = house(tmp_path)
    made(store, "Eva", "colleague")
    with store.engine.begin() as db:
        _, code = accounts.add(db, NOW, "Wall", "screen", "test")
        db.exec_driver_sql(f"UPDATE accounts SET invitation_ms = {2**60}")
    async with served(store) as (url, _), Browser(url) as wall:
        assert (await wall.post("/api/code", {"name": "wall", "code": code}))[0] == 200
        me = json.loads((await wall.get("/api/me"))[1])
        wall.csrf = me["csrf"]
        assert me["people"] == ["Eva"]  # no badge has been heard yet
        assert (await wall.post(f"/api/badges/{anna}/off", {"by": "Eva"}))[0] == 200
        for by in ("Mallory", "Wall", "", None, ["Eva"]):
            assert (await wall.post(f"/api/badges/{anna}/off", {"by": by}))[0] == 403


async def test_a_post_without_the_pages_secret_and_a_session_that_was_fixed_forged_or_ended_do_nothing(tmp_path):
    store, (anna, _) = house(tmp_path)
    made(store, "Eva", "manager")
    async with served(store) as (url, _), Browser(url) as eva, Browser(url) as thief:
        fixed = "f" * 43
        eva.session.cookie_jar.update_cookies({"kald": fixed}, aiohttp.client.URL(url))
        assert (await eva.sign_in("Eva"))[0] == 200
        thief.session.cookie_jar.update_cookies({"kald": fixed}, aiohttp.client.URL(url))
        assert (await thief.get("/api/alarms"))[0] == 401
        act = f"/api/badges/{anna}/off"
        for wrong in ("", "x", eva.csrf[:-1], eva.csrf + "x"):
            assert (await eva.post(act, {}, **{"X-Kald-Csrf": wrong}))[0] == 403
        assert (await eva.post(act, {}, Origin="http://elsewhere.example"))[0] == 403
        assert (await eva.post(act, {}, **{"Sec-Fetch-Site": "cross-site"}))[0] == 403
        for cookie in ("", "x", "'; DROP TABLE sessions; --", "\u00e6" * 10, "a" * 3000):
            found = await thief.get("/api/alarms", headers={"Cookie": f"kald={cookie}".encode().decode("latin-1")})
            assert found[0] == 401
        for bearer in ("", "x", "\u00e6"):
            assert (await thief.get("/api/alarms", headers={"Authorization": f"Bearer {bearer}"}))[0] == 401
        mine = {cookie.key: cookie.value for cookie in eva.session.cookie_jar}["kald"]
        assert (await eva.post(act, {}))[0] == 200
        assert (await eva.post("/api/session/end"))[0] == 200
        assert (await thief.get("/api/alarms", headers={"Cookie": f"kald={mine}"}))[0] == 401


async def test_who_is_shut_out_is_out_at_once_and_the_stream_ends(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.gateway.web.SIGNED_IN_S", 0)
    store, _ = house(tmp_path)
    made(store, "Inge", "administrator")
    made(store, "Eva", "colleague")
    async with served(store) as (url, _), Browser(url) as inge, Browser(url) as eva:
        assert (await inge.sign_in("Inge"))[0] == (await eva.sign_in("Eva"))[0] == 200
        async with eva.session.get("/events") as stream:
            await stream.content.readuntil(b"\n\n")
            people = json.loads((await inge.get("/api/people"))[1])["people"]
            number = {one["name"]: one["number"] for one in people}
            assert (await inge.post(f"/api/people/{number['Eva']}/disable"))[0] == 200
            await asyncio.wait_for(stream.content.read(), HANGS_S)
        assert (await eva.get("/api/alarms"))[0] == 401
        assert (await eva.sign_in("Eva"))[0] == 403
        assert (await inge.post(f"/api/people/{number['Inge']}/disable"))[0] == 400  # the last one


async def test_a_thousand_wrong_passwords_cost_few_hashes_and_the_right_one_from_elsewhere_still_opens(
        tmp_path, monkeypatch):
    hashes = []
    right = accounts.right
    monkeypatch.setattr(accounts, "right", lambda *given: hashes.append(1) or right(*given))
    store, _ = house(tmp_path)
    made(store, "Eva", "manager")
    way = Way(names=("kald.house.example",), proxy=True)
    async with served(store, way=way) as (url, _), Browser(url) as one:
        async def attempt(place, password):
            return (await one.post("/api/session", {"name": "Eva", "password": password},
                                   **{"X-Forwarded-For": f"forged, {place}"}))[0]

        found = [await attempt("192.0.2.1", f"wrong password {n}") for n in range(1000)]
        assert set(found) == {403, 429} and found[:5] == [403] * 5 and len(hashes) < 20
        assert await attempt("192.0.2.1", PASSWORD) == 429
        assert await attempt("192.0.2.2", PASSWORD) == 200


@pytest.mark.parametrize(("sent", "status"), [
    (b"", 400), (b"[]", 400), (b"nonsense", 400), (b"[" * 1500, 400), (b'{"name": 1, "password": "x"}', 400),
    (b'{"name": "\\ud800", "password": "\\ud800"}', 403), (b'{"name": "Eva", "password": {}}', 400),
    (b'{"name": "' + b"a" * 1800 + b'"}', 403), (b"{" + b" " * 2500 + b"}", 413), (b"\xff\xfe", 400),
])
@pytest.mark.parametrize("path", ["/api/session", "/api/code"])
async def test_what_is_no_sign_in_is_refused_in_a_sentence(path, sent, status, tmp_path):
    store, _ = house(tmp_path)
    made(store, "Eva", "colleague")
    async with served(store) as (url, _), Browser(url) as one:
        async with one.session.post(path, data=sent, headers=JSON) as answer:
            assert answer.status in (status, 400) and answer.status < 500 and await answer.text()


async def test_elsewhere_needs_tls_and_a_name_and_shows_nothing_before_the_first_account(tmp_path):
    store, _ = house(tmp_path)
    codes, way = [], Way(names=("kald.house.example",), proxy=True)
    async with served(store, way=way, first=codes.append) as (url, _), Browser(url) as one:
        there = {"Host": "kald.house.example"}
        assert (await one.get("/", headers=there))[0] == 303
        assert (await one.get("/api/alarms", headers=there))[0] == 401
        assert (await one.get("/", headers={"Host": "elsewhere.example"}))[0] == 403
        forwarded = {**there, "X-Forwarded-For": "192.0.2.9"}
        assert (await one.get("/metrics", headers=forwarded))[0] == 403
        token = local_token.read(tmp_path)[1]
        assert (await one.get("/api/alarms", headers={**forwarded, "Authorization": f"Bearer {token}"}))[0] == 401
        given = {"name": "Inge", "password": PASSWORD, "code": codes[0]}
        status, _, headers = await one.post("/api/code", given, Origin="https://kald.house.example", **there)
        cookie = headers["Set-Cookie"]
        assert status == 200 and cookie.startswith("__Host-kald=") and "Secure" in cookie
        assert "max-age" in headers["Strict-Transport-Security"]


@pytest.mark.parametrize("words", [
    ["--web-host", "0.0.0.0"], ["--web-name", "kald.example"], ["--tls-cert", "no.pem", "--web-name", "a.example"],
    ["--behind-proxy"], ["--behind-proxy", "--web-name", "a.example", "--web-host", "0.0.0.0"],
    ["--behind-proxy", "--web-name", "a.example", "--tls-cert", "no.pem"],
])
def test_a_way_that_is_not_safe_is_refused(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert gateway_command.main(["--data", str(tmp_path), "--web", "0", "--port", "0", *words]) == 2
    said = capsys.readouterr().err
    assert said.startswith("kald: ") and said.count("\n") == 1


def test_a_certificate_of_its_own_serves_and_the_command_line_finds_it(tmp_path, capsys):
    key = tmp_path / "own.pem"
    _certificate(key)

    async def story():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(key)
        store, _ = house(tmp_path)
        made(store, "Inge", "administrator")
        async with served(store, way=Way("127.0.0.1", ("kald.house.example",), context)) as (url, _):
            args = client.place(_help.alarm("take", "")).parse_args(
                ["9", "--by", "Inge", "--data", str(tmp_path), "--web", url.rsplit(":", 1)[1]])
            return await asyncio.to_thread(client.post, args, "alarms", 9, "take", {"by": "Inge"})

    assert asyncio.run(story()) == 2 and "past that step" in capsys.readouterr().err


def _certificate(path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kald.house.example")])
    now = datetime.now(timezone.utc)
    cert = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(2))
            .sign(key, hashes.SHA256()))
    path.write_bytes(cert.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def test_the_command_line_makes_accounts_and_acts_with_the_gateways_own_token(tmp_path, capsys):
    store, (anna, _) = house(tmp_path)
    data = ["--data", str(tmp_path)]
    assert account_command.main(["add", "Inge", "administrator", *data]) == 0
    code = capsys.readouterr().out.rsplit(" ", 1)[1].strip()
    assert len(code) == 14
    for words, expected in ((["add", "inge", "manager"], 2), (["add", "Ada", "wearer"], 2),
                            (["add", "Ada", "wearer", "--badge", str(anna)], 0), (["disable", "Inge"], 2),
                            (["invite", "Nobody"], 2), (["invite", "Ada"], 0), (["disable", "Ada"], 0)):
        assert account_command.main([*words, *data]) == expected, words
    capsys.readouterr()
    assert account_command.main(["list", *data]) == 0
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()] == [
        ["Ada", "wearer"], ["Inge", "administrator"]]
    assert account_command.main(["list", "--data", str(tmp_path / "nowhere")]) == 2

    async def story():
        async with served(store) as (url, _):
            for folder, expected in ((tmp_path / "nowhere", 2), (tmp_path, 0)):
                words = ["9", "--by", "Inge", "--data", str(folder), "--web", url.rsplit(":", 1)[1]]
                args = client.place(_help.alarm("take", "")).parse_args(words)
                assert await asyncio.to_thread(client.post, args, "badges", anna, "off", {"by": "Inge"}) == expected

    asyncio.run(story())
    assert (tmp_path / local_token.NAME).stat().st_mode & 0o777 == 0o600
