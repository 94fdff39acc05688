"""serves badges over UDP and over LoRa bridges, and the board on this machine; kald gateway install: by systemd"""

import argparse
import asyncio
import contextlib
import gc
import getpass
import os
import shutil
import signal
import ssl
import sys
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from tools import spoken
from tools.cli import _help
from tools.gateway import client, logs, secret_file, systemd
from tools.gateway.authentication import LOOPBACK, Way
from tools.gateway.jobs import reasons
from tools.gateway.jobs.workers import Ways
from tools.gateway.server import serve
from tools.gateway.shut_store import ShutStore
from tools.gateway.store import Refusal, Store, Unavailable, Unusable, open_at

UNIT = "kald.service"
AGAIN_S = 5  # until a disk or a server that gave nothing is asked again
PUT_BACK = ("kald: this database was put back from a backup. What was stored, paired or revoked since is not known "
            "here; alarms are shown as unverified until their badges have answered.")


class Given(argparse.Namespace):
    """The words of kald gateway."""

    data: Path
    store: str | None
    keys_from: Path | None
    host: str
    port: int
    web: int
    web_host: str
    web_name: list[str]
    tls_cert: Path | None
    tls_key: Path | None
    behind_proxy: bool
    bridge: list[str] | None
    mqtt: str | None
    mqtt_password_file: Path | None
    mqtt_base: str
    mqtt_discovery: str
    mqtt_commands: Path | None
    mqtt_places: bool
    ca_file: Path | None
    restored: bool
    log_level: str
    log_json: bool


def _opened(args: Given) -> Store:
    """Open the house and begin to speak. Raises Refusal: Unusable where its disk or its server gives nothing now."""
    store: Store | None = None
    try:
        store = open_at(args.data, args.store, make=True)
        if args.keys_from:
            store.seal_keys(args.keys_from)
        if store.serve(args.restored, args.data):
            print(PUT_BACK, file=sys.stderr, flush=True)
        args.restored = False  # that is done, should it be opened again
        return store
    except BaseException as error:
        if store is not None:
            store.close()
        if isinstance(error, (DatabaseError, Unavailable)):
            raise Unusable(f"cannot use the database in {args.data}: {getattr(error, 'orig', error)}") from error
        raise


def _served(args: Given, ways: Ways, way: Way) -> bool:
    """Serve the house, or, while it cannot be opened, a board that says so; return whether it can be opened by now."""
    try:
        store = _opened(args)
    except Unusable as refusal:
        print(f"kald: {refusal}. Nothing is stored or acknowledged until that is mended; it is tried again every "
              f"{AGAIN_S} s.", file=sys.stderr, flush=True)
        store = ShutStore(args.data, str(refusal))
    try:
        return asyncio.run(_run(store, ways, args, way))
    finally:
        store.close()


async def _mended(args: Given, stopped: asyncio.Event) -> None:
    """Wait until the house can be opened, and stop what serves meanwhile."""
    while True:
        await asyncio.sleep(AGAIN_S)
        try:
            (await asyncio.to_thread(_opened, args)).close()
        except Unusable:
            continue
        except Refusal:
            pass  # what it is now is for the next start to say
        return stopped.set()


async def _run(store: Store, ways: Ways, args: Given, way: Way) -> bool:
    """Serve until a signal; return whether a house that could not be opened can be by now."""
    stopped = asyncio.Event()
    mended = asyncio.create_task(_mended(args, stopped)) if store.why else None
    ended = False

    def end() -> None:
        nonlocal ended
        ended = True
        stopped.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows; there Ctrl-C ends it as any program
            asyncio.get_running_loop().add_signal_handler(name, end)

    def ready(port: int, web: int) -> None:
        gc.collect()
        gc.freeze()  # what was read and loaded stays: to look through it again would hold an alarm for 50 ms
        print(f"ready: badges on UDP port {port}, the board at {'https' if way.tls else 'http'}://"
              f"{(*way.names, '127.0.0.1')[0]}:{web}/", flush=True)

    def first(code: str) -> None:
        print(f"nobody has an account yet: {'whoever sits here can act' if way.local else 'the board is shut'}. The "
              f"first one is made at /login with the code {code}", file=sys.stderr, flush=True)

    await serve(store, args.host, args.port, args.web, ready, ways, args.bridge, stopped, way, first)
    return mended is not None and mended.done() and not ended


def _way(args: Given) -> Way:
    """Return how people reach the board. Raises Refusal."""
    if args.behind_proxy and args.tls_cert:
        raise Refusal("--behind-proxy and --tls-cert: who of the two ends TLS?")
    if (args.web_host not in LOOPBACK or args.web_name) and not (args.tls_cert or args.behind_proxy):
        raise Refusal("the board leaves this machine with TLS only: name --tls-cert and --tls-key, or --behind-proxy")
    if (args.tls_cert or args.behind_proxy) and not args.web_name:
        raise Refusal("name the host by which people reach the board with --web-name")
    if args.behind_proxy and args.web_host not in LOOPBACK:
        raise Refusal("behind a proxy the board listens on this machine only: leave --web-host out")
    context = None
    if args.tls_cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(args.tls_cert, args.tls_key)
        except (OSError, ssl.SSLError) as error:
            raise Refusal(f"cannot use {args.tls_cert} and its key: {error.strerror or error}") from error
    return Way(args.web_host, tuple(name.lower() for name in args.web_name), context, args.behind_proxy)


def _folder(path: Path) -> None:
    """Make the gateway's folder if it is not there, for its owner alone: what lies in it holds keys. Raises Refusal."""
    try:
        if not path.is_dir():
            path.mkdir(mode=0o700)  # no more than that: a mistyped path is not built
    except FileExistsError as error:
        raise Refusal(f"{path} is in the way: --data wants a folder, and this is none") from error
    except FileNotFoundError as error:
        raise Refusal(f"cannot make the folder {path.name}: there is no {path.parent}") from error
    except OSError as error:
        raise Refusal(f"cannot make the folder {path}: {error.strerror}") from error


def _ways(args: Given) -> Ways:
    """Return the gateway's ways out. Raises Refusal."""
    try:
        context = reasons.context(args.ca_file) if args.ca_file else None
        password = secret_file.read(args.mqtt_password_file) if args.mqtt_password_file else None
        if args.mqtt is None:
            return Ways(None, args.ca_file)
        from tools.gateway.jobs import broker, house, orders  # a house without one need not load it

        code = secret_file.read(args.mqtt_commands) if args.mqtt_commands else None
        place = broker.place(args.mqtt)
        if password is not None and place.user is None:
            raise Refusal("--mqtt-password-file wants a user's name in --mqtt: mqtt://user@host")
        if code is not None and len(code) < orders.CODE_LEAST:
            raise Refusal(f"the code in {args.mqtt_commands} must have {orders.CODE_LEAST} letters or more")
        if code is not None and not place.tls and place.host not in ("localhost", "127.0.0.1", "::1"):
            raise Refusal("--mqtt-commands wants mqtts://, or a broker on this machine: listeners would learn it")
        if not set(args.mqtt_base).isdisjoint("+#") or not args.mqtt_base.strip("/"):
            raise Refusal("--mqtt-base must be a topic, such as kald, without + and #")
        settings = house.Settings(None if args.mqtt_discovery == "none" else args.mqtt_discovery, code,
                                  args.mqtt_places)
        return Ways(broker.Broker(place, password, context, args.mqtt_base), args.ca_file, settings=settings)
    except OSError as error:
        raise Refusal(f"cannot read {args.ca_file}: {error.strerror}") from error
    except ValueError as error:
        raise Refusal(str(error)) from error


def _parser() -> argparse.ArgumentParser:
    parser = _help.parser("gateway", __doc__)
    parser.add_argument("--data", type=Path, default=Path("."), help="folder of kald.sqlite; made if it is not there")
    parser.add_argument("--store", metavar="URL",
                        help="postgresql://user@host/database that up to four gateways share; --data is each one's own")
    parser.add_argument("--keys-from", type=Path, metavar="FILE",
                        help="seals the keys of badges in the database; made if the house is not sealed yet")
    parser.add_argument("--host", default="0.0.0.0", help="address that badges reach")
    parser.add_argument("--port", type=client.port, default=5570)
    parser.add_argument("--web", type=client.port, default=8570, help="port of the board")
    parser.add_argument("--web-host", default="127.0.0.1", metavar="ADDRESS", help="address that people reach")
    parser.add_argument("--web-name", action="append", default=[], metavar="HOST",
                        help="name by which people reach the board from elsewhere; may be repeated")
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="PEM of the board's certificate, with its chain")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="PEM of its key, if it is not in the same file")
    parser.add_argument("--behind-proxy", action="store_true", help="a proxy on this machine ends TLS")
    parser.add_argument("--bridge", action="append", metavar="PORT",
                        help="serial port of a LoRa bridge, once for each; '--bridge none' opens no port; without it, "
                        "all USB ports are scanned")
    parser.add_argument("--mqtt", metavar="URL", help="the house's broker: mqtt[s]://[user@]host[:port]")
    parser.add_argument("--mqtt-password-file", type=Path, metavar="FILE", help="holds the broker user's password")
    parser.add_argument("--mqtt-base", default="kald", metavar="TOPIC", help="what its topics begin with (kald)")
    parser.add_argument("--mqtt-discovery", default="homeassistant", metavar="PREFIX",
                        help="where Home Assistant looks for devices (homeassistant); none: not told")
    parser.add_argument("--mqtt-commands", type=Path, metavar="FILE",
                        help="holds the code that lets a message of the broker act here; without it none does")
    parser.add_argument("--mqtt-places", action="store_true", help="tell the broker where an alarm is, too")
    parser.add_argument("--ca-file", type=Path, metavar="FILE",
                        help="PEM of a CA, or of a self-signed certificate, that whoever is told something may have")
    parser.add_argument("--restored", action="store_true", help="this disk was put back from an image")
    parser.add_argument("--log-level", choices=logs.LEVELS, default="info", help="the least that is logged (info)")
    parser.add_argument("--log-json", action="store_true", help="log a JSON object a line, for those who gather logs")
    return parser


@_help.refusing(Refusal)
def _install(words: list[str]) -> int:
    """Write the unit by which systemd runs the gateway with the rest of `words`; return the exit code."""
    parser = _help.Parser(prog="kald gateway install", allow_abbrev=False,
                                     epilog="All other words are those of kald gateway.")
    parser.add_argument("--to", type=Path, default=Path("/etc/systemd/system"), help="folder of units")
    parser.add_argument("--user", default=os.environ.get("SUDO_USER") or getpass.getuser(), help="who runs it")
    given, words = parser.parse_known_args(words)
    args = _parser().parse_args(words, Given())  # what would not start is not installed
    try:
        _ways(args)
        _way(args)
        _folder(args.data)
        if os.geteuid() == 0:
            shutil.chown(args.data, given.user)
        path = given.to / UNIT
        path.write_text(systemd.unit(words, args.data, given.user, Path.cwd()), encoding="utf-8",
                        errors="surrogateescape")  # a folder's name may be any bytes
    except OSError as error:
        print(f"kald: cannot write {UNIT} in {given.to} ({error.strerror}): as root, or name a folder with --to",
              file=sys.stderr)
        return 2
    except LookupError:
        print(f"kald: there is no user {given.user} here; name one with --user", file=sys.stderr)
        return 2
    spoken.tell(f"{path} is written. Now: systemctl daemon-reload && systemctl enable --now {UNIT}")
    return 0


@_help.refusing(Refusal)
def _forget(words: list[str]) -> int:
    """Let a house that several gateways share miss one no more; return the exit code."""
    parser = _help.Parser(prog="kald gateway forget")
    parser.add_argument("number", type=int, help="as the board says it")
    parser.add_argument("--store", metavar="URL", required=True, help="postgresql://user@host/database")
    args = parser.parse_args(words)
    from tools.gateway import shared  # wants psycopg, which a house with a file does not have

    store = shared.open_shared(args.store, make=False)
    had = store.forget(args.number)
    store.close()
    spoken.tell(f"gateway {args.number} is forgotten" if had else f"the house has no gateway {args.number}")
    return 0 if had else 1


def _room_for_calls() -> None:
    # strangers who hold a thousand connections to the page must not keep the next message from being sent
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # which Windows has not

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@_help.refusing(Refusal)
def main(words: list[str]) -> int:
    """Run the gateway until it is told to stop, install it, or forget another; 2 with one sentence if that fails."""
    if words[:1] == ["forget"]:
        return _forget(words[1:])
    if words[:1] == ["install"]:
        return _install(words[1:])
    args = _parser().parse_args(words, Given())
    logs.begin(args.log_level, args.log_json)
    if args.bridge == ["none"]:
        args.bridge = []
    try:
        _folder(args.data)
        ways, way = _ways(args), _way(args)
        _room_for_calls()
        while _served(args, ways, way):
            ways = _ways(args)
        gc.freeze()  # what ends with the process need not be taken apart before: that takes as long as all the rest
    except Unavailable as error:
        print(f"kald: cannot use the database in {args.data}: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"kald: port {args.port} or {args.web} cannot be used ({error.strerror}); "
              "name another with --port or --web", file=sys.stderr)
        return 2
    return 0
