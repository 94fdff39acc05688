"""Does every job leave the house in its time, whatever the others' far ends do; and does what fails say so in words?"""

import asyncio
import base64
import json
import ssl

import pytest

from far_ends import certificate, hanging, phone
from firmware import codes
from gateway_rig import Rig, plan
from tools.gateway import secret_file
from tools.gateway.jobs import reasons, rows
from tools.gateway.jobs.workers import NO_BROKER, Ways
from tools.gateway.store import BROKEN
from waits import HANGS_S, comes

SIREN = {"do": "siren", "after_s": 0, "topic": "kald/siren"}
SHORT = {"notify": 0.5, "webhook": 0.5, "siren": 0.5}
PATIENT = dict.fromkeys(SHORT, 10 * HANGS_S)  # whoever waits for what hangs, hangs


class Said:
    """Stands for a broker: keeps what is published."""

    @staticmethod
    def gone_s():
        return 0

    def __init__(self):
        self.heard, self.joined = [], []

    def start(self):
        pass

    async def stop(self):
        pass

    async def publish(self, topic, text, retain=True, limit_s=0):
        self.heard.append((topic, json.loads(text)))
        return ""


class Nothing:
    """Stands for the network: nothing comes in over it."""

    unreachable = 0

    def receive(self):
        return []

    def send(self, data, address):
        pass


def notify(*addresses, after_s=0):
    return {"do": "notify", "after_s": after_s, "to": list(addresses)}


def work(rig, monkeypatch, story, ways):
    """Run `story(server)` beside a server whose badges are the rig's, and end that."""

    async def run():
        server = rig.server(Nothing(), ways, monkeypatch)
        server.jobs.start()
        working = asyncio.create_task(server.work())
        await story(server)
        server.stop()
        async with asyncio.timeout(HANGS_S):
            await server.close()
            await working

    asyncio.run(run())


def sirens(rig):
    with rig.radio.moment(rig.now_ms) as at:
        return rows.sirens(at)


def plans_states(rig):
    return [step["state"] for step in rig.alarm()["plan"]]


def test_a_notification_reaches_a_phone_and_says_no_name(tmp_path, monkeypatch):
    with phone() as (at, heard):
        rig = Rig(tmp_path / "kald.sqlite", "anna", plan=plan(notify(f"json://{at}/secret-token")))
        rig["anna"].alarm(codes.KIND_EMERGENCY)

        async def story(server):
            await comes(lambda: heard and not server.jobs.workers.under_way)

        work(rig, monkeypatch, story, Ways())
        assert len(heard) == 1 and heard[0][2]["title"] == "Kald" and "OVERFALDSALARM, brik 1" in heard[0][2]["message"]
        assert "anna" not in json.dumps(heard) and rig.steps() == ["received", "notified"]


@pytest.mark.parametrize("drips", [False, True])
def test_no_mail_server_that_hangs_keeps_the_siren_or_the_end_waiting(tmp_path, monkeypatch, drips):
    with hanging(drips) as (port, calls), phone() as (at, heard):
        addresses = [f"json://127.0.0.1:{port}/{i}" for i in range(6)]
        rig = Rig(tmp_path / "kald.sqlite", *"abcdef", plan=plan(notify(*addresses, f"json://{at}/"), SIREN))
        broker = Said()

        async def story(server):
            for i, name in enumerate("abcdef"):
                rig[name].alarm(codes.KIND_EMERGENCY, alarm_id=50 + i, refresh=False)
            await comes(lambda: len(broker.heard) == 6)
            await comes(lambda: len(heard) == 6 and len(calls) >= 6)

        work(rig, monkeypatch, story, Ways(broker, limit_s=PATIENT))
        assert len(heard) == 6, "the phone that answers was told once of each alarm"


async def test_what_hangs_or_drips_is_given_up_when_its_time_is_over():
    for drips in (False, True):
        with hanging(drips) as (port, _):
            ways = Ways(limit_s=SHORT)
            try:
                for does, scheme in (("notify", "json"), ("webhook", "http")):
                    why = await ways.send(does, json.dumps(f"{scheme}://127.0.0.1:{port}/"), "{}")
                    assert why == "no answer within 0.5 s"
            finally:
                await ways.stop()


def test_each_address_is_tried_for_itself_and_told_once(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", plan=plan(notify("json://a/", "json://b/", "json://a/"), again_s=30))
    rig["anna"].alarm(codes.KIND_FALL)
    told = {"json://a/": 0, "json://b/": 0}
    for _ in range(29):
        for row in rig.radio.waiting_jobs(rig.now_ms):
            address = json.loads(row.target)
            told[address] += 1
            rig.radio.job_done(row.id, "it is gone" if address == "json://b/" else "", rig.now_ms)
        rig.run(1)
    assert told == {"json://a/": 1, "json://b/": 3} and rig.steps().count("notified") == 1
    assert plans_states(rig) == ["waiting"]
    rig.run(1)  # the plan begins again: a is told anew, b is still being tried for the round before
    assert [json.loads(row.target) for row in rig.radio.waiting_jobs(rig.now_ms)] == ["json://a/"]


def test_tries_go_on_after_a_restart_and_only_when_all_addresses_have_failed_the_plan_goes_on(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", plan=plan(notify("json://a/", "json://b/"), {**SIREN, "after_s": 600}))
    rig["anna"].alarm(codes.KIND_FALL)
    for reached in (True, False):
        tries = 0
        for second in range(60):
            for row in rig.radio.waiting_jobs(rig.now_ms):
                if row.channel == "siren":
                    assert not reached and tries == 8
                    return
                tries += 1
                good = reached and row.target == '"json://b/"'
                rig.radio.job_done(row.id, "" if good else "it is gone", rig.now_ms)
            if second % 20 == 3:
                rig.restart(0)
            rig.run(1)
        assert reached and plans_states(rig)[0] == "partly"
        rig["anna"].alarm(codes.KIND_EMERGENCY, revision=1)
    raise AssertionError("the siren waits for a plan whose notifications reached nobody")


def test_a_siren_stays_on_while_another_alarm_wants_it(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo", plan=plan(SIREN))
    for name in ("anna", "bo"):
        rig[name].alarm(codes.KIND_FALL)
        rig.do_jobs()
    rig.act("close", 1)
    assert rig.do_jobs() == [] and json.loads(sirens(rig)["kald/siren"])["alarm"] == 2
    rig.act("close", 2)
    assert [json.loads(text)["on"] for _, _, text in rig.do_jobs()] == [False]
    assert json.loads(sirens(rig)["kald/siren"]) == {"on": False}


def test_an_alarm_raised_again_is_not_silenced_by_the_word_that_ended_it_before(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", plan=plan(SIREN))
    rig["anna"].alarm(codes.KIND_FALL)
    rig.do_jobs()
    rig["anna"].alarm(codes.KIND_EMERGENCY, revision=1)
    rig.run(1)
    last = [json.loads(text) for _, _, text in rig.do_jobs()][-1]
    assert last["on"] and json.loads(sirens(rig)["kald/siren"])["kind"] == "emergency"


@pytest.mark.parametrize("new_disk", [False, True])
def test_whoever_starts_takes_back_what_the_broker_retained(tmp_path, monkeypatch, new_disk):
    rig = Rig(tmp_path / "kald.sqlite", "anna", plan=plan(SIREN))
    if not new_disk:
        rig["anna"].alarm(codes.KIND_FALL)
        rig.do_jobs()
    broker = Said()

    async def story(server):
        await broker.joined[0]()
        assert broker.heard[0] == ("kald/siren", {"on": False} if new_disk else {
            "on": True, "alarm": 1, "kind": "fall", "badge": 1})

    work(rig, monkeypatch, story, Ways(broker))


def test_a_disk_that_gives_nothing_meanwhile_silences_no_siren(tmp_path, monkeypatch):
    rig = Rig(tmp_path / "kald.sqlite", "anna", plan=plan(SIREN))
    rig["anna"].alarm(codes.KIND_FALL)
    broker, true = Said(), rig.radio.moment

    async def story(server):
        row = rig.radio.waiting_jobs(rig.now_ms)[0]

        def fails(*_given, **_more):
            raise BROKEN[0]("the disk is gone")

        monkeypatch.setattr(rig.radio, "moment", fails)
        server.jobs.workers.take([row])
        await comes(lambda: broker.heard)
        monkeypatch.setattr(rig.radio, "moment", true)
        await comes(lambda: plans_states(rig) == ["done"])
        assert len(broker.heard) == 1, "what was told is written down when that can be done, and told once"

    work(rig, monkeypatch, story, Ways(broker))


def test_who_leads_no_more_leaves_what_still_waits_for_its_turn_to_who_does(tmp_path, monkeypatch):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo", plan=plan(SIREN))
    rig["anna"].alarm(codes.KIND_FALL)
    rig["bo"].alarm(codes.KIND_FALL)
    rig.carry([])
    broker = Said()

    async def story(server):
        true, leads = broker.publish, [True]

        async def publish(*given, **more):
            leads[0] = False  # the connection to the database is lost meanwhile, and another takes over
            return await true(*given, **more)

        monkeypatch.setattr(broker, "publish", publish)
        monkeypatch.setattr(rig.radio, "leads", lambda: leads[0])
        two = rig.radio.waiting_jobs(rig.now_ms)
        server.jobs.workers.take(two)
        await comes(lambda: not server.jobs.workers.under_way)
        assert len(two) == 2 and len(broker.heard) == 1

    work(rig, monkeypatch, story, Ways(broker))


def test_a_webhook_gets_json_with_the_login_of_its_url(tmp_path, monkeypatch):
    with phone() as (at, heard):
        hook = {"do": "webhook", "after_s": 0, "url": f"http://kald%40house:p%40ss@{at}/hook"}
        rig = Rig(tmp_path / "kald.sqlite", "anna", plan=plan(hook))
        rig["anna"].alarm(codes.KIND_FALL)

        async def story(server):
            await comes(lambda: heard and not server.jobs.workers.under_way)

        work(rig, monkeypatch, story, Ways())
        (path, headers, said), = heard
        assert path == "/hook" and said["event"] == "alarm" and said["kind"] == "fall" and said["badge"] == 1
        assert base64.b64decode(headers["Authorization"].split()[1]) == b"kald@house:p@ss"
        assert "anna" not in json.dumps(said) and plans_states(rig) == ["done"]


async def test_a_row_that_an_older_version_left_with_all_its_addresses_is_told_too():
    with phone() as (at, heard), phone(500) as (broken, _):
        ways = Ways()
        why = await ways.send("notify", json.dumps([f"json://{at}/", f"json://{broken}/"]), "x")
        await ways.stop()
        assert len(heard) == 1 and "failed by itself" in why


async def test_a_notification_has_the_login_of_its_address():
    with phone() as (at, heard):
        ways = Ways()
        assert await ways.send("notify", json.dumps(f"json://kald%40house:p%40ss@{at}/"), "x") == ""
        await ways.stop()
        assert base64.b64decode(heard[0][1]["Authorization"].split()[1]) == b"kald@house:p@ss"


@pytest.mark.parametrize("does, scheme", [("notify", "jsons"), ("webhook", "https")])
async def test_a_certificate_that_nobody_knows_is_said_in_words_until_it_is_named(tmp_path, does, scheme):
    pem, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    with phone(context=context) as (at, heard):
        for ca_file, says in ((None, reasons.SELF_SIGNED), (pem, "")):
            ways = Ways(ca_file=ca_file)
            why = await ways.send(does, json.dumps(f"{scheme}://{at}/secret-token"), "{}")
            await ways.stop()
            assert why == says and "secret" not in why
        assert len(heard) == 1


async def test_what_fails_says_why_and_never_its_address():
    ways = Ways()
    with phone(401) as (closed, _), phone(500) as (broken, _):
        for does, address, says in (
            ("notify", "nonsense://secret-token/", "Apprise knows no such"),
            ("notify", "json://127.0.0.1:1/secret-token", reasons.REFUSED),
            ("notify", f"json://{closed}/secret-token", "refuses the login"),
            ("webhook", "http://127.0.0.1:1/secret-token", reasons.REFUSED),
            ("webhook", f"http://{closed}/secret-token", "refuses the login"),
            ("webhook", f"http://{broken}/secret-token", "it answers 500"),
            ("siren", "kald/siren", NO_BROKER),
        ):
            why = await ways.send(does, json.dumps(address), "{}")
            assert says in why and "secret" not in why, (address, why)
    await ways.stop()


@pytest.mark.parametrize("error, says", [
    (OSError(-2, "Name or service not known"), reasons.NO_NAME),
    ("Socket Exception: HTTPSConnectionPool(host='secret'): Failed to resolve 'secret'", reasons.NO_NAME),
    (ConnectionRefusedError(111, "Connection refused"), reasons.REFUSED),
    ("SSLCertVerificationError(1, 'certificate verify failed: certificate has expired')", reasons.EXPIRED),
    ("certificate verify failed: Hostname mismatch, certificate is not valid for 'secret'", reasons.OTHER_NAME),
    ("certificate verify failed: unable to get local issuer certificate", reasons.UNKNOWN_CA),
    ("[Errno 110] Connection timed out", reasons.MUTE), ("Failed to send to secret: error=429.", "too much"),
    (KeyError("secret"), "could not be reached"),
])
def test_what_libraries_say_is_said_in_words_without_what_they_quote(error, says):
    why = reasons.why(error)
    assert says in why and "secret" not in why


async def test_a_postman_that_is_killed_is_followed_by_another():
    ways = Ways()
    with phone() as (at, heard), hanging() as (port, calls):
        sending = asyncio.create_task(ways.send("notify", json.dumps(f"json://127.0.0.1:{port}/"), "x"))
        await comes(lambda: calls)
        ways._post._process.kill()
        assert "has ended" in await sending
        assert await ways.send("notify", json.dumps(f"json://{at}/"), "x") == "" and len(heard) == 1
    await ways.stop()


@pytest.mark.parametrize("data, says", [
    (b"sommerfugl", "sommerfugl"), (b"sommerfugl\r\n", "sommerfugl"), (b"\xef\xbb\xbfbl\xc3\xa5\r\n", "blå"),
    ("blå#1\r\n".encode("utf-16"), "blå#1"), ("blå\n".encode("utf-16-be"), None), (b"\xff\xfea", None),
    (b"\xe5", None), (b"a\nb", None), (" to ord ".encode(), " to ord "), (b"", ""),
])
def test_a_password_is_read_however_its_file_was_saved(tmp_path, data, says):
    (tmp_path / "word").write_bytes(data)
    if says is not None:
        assert secret_file.read(tmp_path / "word") == says
    else:
        with pytest.raises(secret_file.Unreadable, match="password file"):
            secret_file.read(tmp_path / "word")
