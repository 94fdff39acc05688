"""Does the page act for itself only, and does the command line refuse in one sentence?"""

import asyncio
import json
import socket

import pytest

from gateway_rig import JSON, ask, visiting
from tools.cli import close, gateway, take
from tools.gateway import server
from tools.gateway.store import open_store
from waits import HANGS_S


async def test_the_page_shows_no_secret_and_what_asks_it_wrongly_is_refused(tmp_path):
    store = open_store(tmp_path / "kald.sqlite")
    row = store.pair("<b>Anna</b>")
    async with visiting(store) as (client, _):
        status, text, headers = await ask(client, "GET", "/api/alarms")
        assert status == 200 and row.uplink_key.hex() not in text
        assert json.loads(text)["badges"][0]["name"] == "<b>Anna</b>"
        for path in ("/", "/?lang=en", "/?lang=%3Cx%3E", "/board.js", "/board.css", "/words.js?lang=en", "/door.js",
                     "/record.js", "/paper.css", "/month/2026-11"):
            status, text, headers = await ask(client, "GET", path)
            assert status == 200 and "Anna" not in text
            assert "default-src 'none'" in headers["Content-Security-Policy"]
        post = "/api/alarms/1/take"
        body = '{"by": "Anna"}'
        for expected, data, headers in (
            (400, "{}", JSON), (400, "[]", JSON), (400, "nonsense", JSON), (400, '{"by": ""}', JSON),
            (400, '{"by": "a\\nb"}', JSON), (400, "[" * 1500, JSON), (400, "9" * 1500, JSON), (409, body, JSON),
            (400, '{"by": "\\ud800"}', JSON), (400, body, {"Content-Type": "application/json; charset=nonsense"}),
            (400, '{"by": "\\u202e"}', JSON), (413, '{"by": "%s"}' % ("a" * 2000), JSON),
        ):
            assert (await ask(client, "POST", post, data=data, headers=headers))[0] == expected
        for path in ("alarms/x/take", "alarms/1/visit", "badges/1/take", "badges/1/nonsense", "badges/-1/off"):
            assert (await ask(client, "POST", f"/api/{path}", data=body, headers=JSON))[0] == 404, path
        for path in ("/record/9", "/month/2026-13", "/month/0000-00", "/no.css", "/words.css", "/../store.py"):
            assert (await ask(client, "GET", path))[0] == 404, path


async def test_a_connection_on_which_nobody_asks_anything_to_the_end_is_closed(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "IDLE_S", 0.05)
    monkeypatch.setattr(server, "PAGES_S", 0.05)
    monkeypatch.setattr(server.pages, "BODY_S", 0.05)
    asked, host = b"GET /board.css HTTP/1.1\r\n", b"Host: localhost\r\n\r\n"
    posted = b"POST /api/%b HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 9\r\n" + host + b"{"
    async with visiting(open_store(tmp_path / "kald.sqlite")) as (client, _):
        for said in (b"", b"GET / HT", asked, asked + host, asked + host + asked, posted % b"session",
                     posted % b"alarms/1/take"):
            reader, writer = await asyncio.open_connection(client._base_url.host, client._base_url.port)
            writer.write(said)
            await asyncio.wait_for(reader.read(), HANGS_S)
            writer.close()


def test_a_stranger_who_speaks_nonsense_to_the_page_fills_no_log(tmp_path, caplog):
    nonsense = (b"\x00\xff\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 9000, b"GET http://x.example/ HTTP/1.1\r\n",
                b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                b"POST /api/alarms/1/take HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 9\r\n")

    async def story():
        async with visiting(open_store(tmp_path / "kald.sqlite")) as (client, _):
            for said in nonsense:
                reader, writer = await asyncio.open_connection(client._base_url.host, client._base_url.port)
                writer.write(said + b"Host: localhost\r\n\r\n")
                writer.write_eof()
                answer = await reader.read(12)
                assert answer in (b"HTTP/1.0 400", b"HTTP/1.1 400", b"HTTP/1.1 403", b""), answer
                writer.close()
            assert (await ask(client, "GET", "/"))[0] == 200

    asyncio.run(story())
    assert not caplog.records


async def test_any_datagram_is_refused_and_counted(tmp_path):
    async with visiting(open_store(tmp_path / "kald.sqlite")) as (client, port):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for data in (b"", b"\x01", b"\x01" * 24, bytes(2000)):
                sender.sendto(data, ("127.0.0.1", port))
        refused = {}
        async with asyncio.timeout(HANGS_S):  # what nobody has asked for since is looked at anew once a second
            while sum(refused.values()) < 4:
                refused = json.loads((await ask(client, "GET", "/api/alarms"))[1])["refused"]


def test_what_cannot_start_says_so_in_one_sentence(tmp_path, capsys):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as used:
        used.bind(("127.0.0.1", 0))
        port = str(used.getsockname()[1])
        assert gateway.main(["--data", str(tmp_path), "--host", "127.0.0.1", "--port", port, "--web", "0"]) == 2
    assert gateway.main(["--data", str(tmp_path / "nowhere" / "house")]) == 2
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        web = str(free.getsockname()[1])
    for command in (take, close):
        assert command.main(["1", "--by", "Anna", "--web", web]) == 2
    errors = capsys.readouterr().err.strip().split("\n")
    assert len(errors) == 4 and all(error.startswith("kald: ") for error in errors)
    with pytest.raises(SystemExit):
        take.main(["1"])


def test_the_folder_is_made_for_its_owner_alone(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(gateway, "_run", lambda store, *_: seen.append(store))
    monkeypatch.setattr(gateway.asyncio, "run", lambda _: None)
    house = tmp_path / "house"
    for _ in range(2):  # the second time it is there
        assert gateway.main(["--data", str(house)]) == 0
    assert house.stat().st_mode & 0o777 == 0o700 and (house / "kald.sqlite").stat().st_mode & 0o777 == 0o600
    assert len(seen) == 2


def a_file(path):
    path.write_text("")


def a_link_to_nothing(path):
    path.symlink_to(path.parent / "gone")


@pytest.mark.parametrize("befell, error, says", [
    (a_file, None, "is in the way"),
    (a_link_to_nothing, None, "is in the way"),
    (None, FileNotFoundError(2, "No such file or directory"), "there is no"),
    (None, PermissionError(13, "Permission denied"), "Permission denied"),
    (None, OSError(30, "Read-only file system"), "Read-only"),
    (None, OSError(28, "No space left on device"), "No space left"),
])
def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(befell, error, says, tmp_path, monkeypatch, capsys):
    house = tmp_path / "house"
    if befell:
        befell(house)
    else:

        def fail(self, mode):
            raise error

        monkeypatch.setattr(gateway.Path, "mkdir", fail)
    assert gateway.main(["--data", str(house)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and says in said[0] and "house" in said[0]
