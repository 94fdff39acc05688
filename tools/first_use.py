"""Are the packages there that a command needs? Makes `.venv` on first use, and adds to it what another command needs.

What can happen to it, and why it stands it:

* The stamp, which says what `.venv` holds, is taken away before anything is made anew and put in place last, by one
  rename. So a `.venv` whose making was broken off, at whatever point, has no stamp and is made again.
* Adding never changes what is there: pip is held to the versions that the stamp knows. So a gateway starts from what it
  had, without a network, whatever became of another command's packages. What was broken off halfway is a package that
  the stamp does not know: it is forgotten first, and pip writes all of it again.
* One at a time: the lock goes with the processes that work here, pip's included, and ends with the last of them.
* A stamp holds for the Python, the machine and the folder that it was written with, and for no other.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / ".venv-lock"
WINDOWS = os.name == "nt"
GATEWAY = "gateway"  # the group that pyproject.toml calls the project's dependencies

_LOCKED: list[int] = []  # what pip inherits, so that the lock stays where only this process is killed
_TURN_S = 0.2
_LITTLE_BYTES = 50_000_000  # what has failed with less to spare has failed for that
_SHOWN = 15  # lines of pip's that are shown when it fails
_BEGAN = "Installing collected packages"  # before pip says so it has touched nothing
_FULL = ("No space left on device", "[Errno 28]", "[Errno 122]", "[WinError 112]")
_CLASH = "ResolutionImpossible"
_NO_SSL = "the ssl module in Python is not available"
_AWAY = ("Failed to establish a new connection", "NewConnectionError", "NameResolutionError", "ProxyError",
         "ReadTimeoutError", "ConnectTimeoutError", "Max retries exceeded", "Network is unreachable")


Pins = dict[str, list[str]]  # group: its pinned requirements


class Stamp(TypedDict, total=False):
    """What `.venv` holds: for which Python, which groups, what was being added to it, and what was whole before."""

    here: list[str]
    groups: Pins
    adding: list[str]
    held: list[str]


class Refusal(Exception):
    """Why the packages are not there, in a sentence."""


def python() -> Path:
    """Return the path of the Python of `.venv`."""
    return VENV / "Scripts" / "python.exe" if WINDOWS else VENV / "bin" / "python"


def pins(groups: Iterable[str]) -> Pins:
    """Return {group: its pinned requirements} as pyproject.toml names them."""
    import tomllib

    read = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = {GATEWAY: read["project"]["dependencies"], **read["dependency-groups"]}

    def flat(group: str) -> Iterator[str]:
        for one in named[group]:
            yield from flat(one["include-group"]) if isinstance(one, dict) else (one,)

    return {group: sorted(flat(group)) for group in groups if group in named}


def prepare(groups: Iterable[str]) -> Path:
    """Return the Python that has the packages of `groups`; makes what is missing. Raises Refusal."""
    wanted = pins(groups)
    own = Path(sys.prefix) == VENV  # run by the Python of .venv itself: what somebody else made is used as it is
    if not _holds(wanted) and not (own and not _stamp()):
        with _alone():
            if not _holds(wanted):  # else another has made it meanwhile
                try:
                    _make(wanted)
                except OSError as error:
                    raise Refusal(_why(str(error), f"cannot make {VENV}: {error}")) from error
    return python()


def _here() -> list[str]:
    version = "{} {}.{}".format(sys.implementation.name, *sys.version_info[:2])
    return [version, sysconfig.get_platform(), str(VENV)]


def _stamp() -> Stamp:
    """Return what `.venv` holds; {} if it is of no use here."""
    try:
        stamp = json.loads((VENV / "kald-installed").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    here = isinstance(stamp, dict) and stamp.get("here") == _here()
    return stamp if here and python().exists() else {}  # a link whose Python was taken away does not exist


def _put(groups: Pins, adding: Iterable[str] = ()) -> None:
    """Write the stamp, in one piece. While something is added, it names the packages that were whole before."""
    held = _stamp().get("held") if adding else None
    text = json.dumps({"here": _here(), "groups": groups, "adding": sorted(adding), "held": held or _packages()})
    (VENV / "kald-installed.new").write_text(text, encoding="utf-8")
    os.replace(VENV / "kald-installed.new", VENV / "kald-installed")


def _holds(wanted: Pins) -> bool:
    has = _stamp().get("groups", {})
    return all(has.get(group) == exact for group, exact in wanted.items())


def _make(wanted: Pins) -> None:
    stamp = _stamp()
    has = stamp.get("groups", {})
    both = {**pins(has), **wanted}
    if not stamp or any(both.get(group) != exact for group, exact in has.items()):
        return _anew(both, stamp)
    missing = {group: exact for group, exact in wanted.items() if group not in has}
    if stamp["adding"]:
        for name in set(_packages()) - set(stamp["held"]):
            shutil.rmtree(_site() / name)
    _put(has, missing)
    say(f"installing {_count(missing)} more packages ...")
    lines = [name.removesuffix(".dist-info").replace("-", "==", 1) for name in stamp["held"]]
    (VENV / "kald-held.txt").write_text("\n".join(lines), encoding="utf-8")
    failed = _pip(missing, "--constraint", VENV / "kald-held.txt")
    if _CLASH in failed and _BEGAN not in failed:
        return _anew(both, stamp)
    if failed and _BEGAN not in failed:
        _put(has)
    _refuse(failed)
    _put(both)


def _anew(wanted: Pins, stamp: Stamp) -> None:
    """Make .venv with the packages of `wanted`. If there is one of use, it is kept until they can be had."""
    if stamp:
        _refuse(_pip(wanted, "--dry-run"))
    (VENV / "kald-installed").unlink(missing_ok=True)
    try:
        import ensurepip  # noqa: F401  without it `venv` makes an environment that cannot install anything
        import venv  # noqa: F401
    except ImportError:
        raise Refusal("this Python has no venv module. On Debian or Ubuntu: sudo apt install python3-venv") from None
    say(f"first use, making {VENV.name} (about a minute) ...")
    failed = _run([getattr(sys, "_base_executable", sys.executable), "-m", "venv", "--clear", VENV])
    if failed:
        raise Refusal(_why(failed, f"cannot make {VENV}: {failed.strip().splitlines()[-1]}"))
    say(f"installing {_count(wanted)} packages ...")
    _refuse(_pip(wanted))
    _put(wanted)


def _pip(wanted: Pins, *more: str | Path) -> str:
    """Let pip install; return what it said if it failed, "" if not."""
    exact = sorted({one for group in wanted.values() for one in group})
    words = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--retries", "2", *more]
    return _run([python(), *words, *exact])


def _run(words: Sequence[str | Path]) -> str:
    kept = () if WINDOWS else tuple(_LOCKED)
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          pass_fds=kept)
    said = done.stdout.decode("utf-8", "replace")
    return (said or f"exit code {done.returncode}") if done.returncode else ""


def _refuse(failed: str) -> None:
    if failed:
        print("\n".join(failed.strip().splitlines()[-_SHOWN:]), file=sys.stderr)
        raise Refusal(_why(failed, "the packages could not be installed; the lines above, which are pip's, say why"))


def _why(said: str, otherwise: str) -> str:
    # venv keeps to itself what its pip said
    if any(word in said for word in _FULL) or shutil.disk_usage(ROOT).free < _LITTLE_BYTES:
        return f"the disk is full: {VENV} wants some 300 MB. Make room and run it again"
    if VENV.exists() and not VENV.is_dir():
        return f"{VENV} is in the way: it is no folder. Take it away and run it again"
    if _NO_SSL in said:
        return "this Python was built without ssl, so that nothing can be fetched: run it with another Python"
    if any(word in said for word in _AWAY):
        return "the packages cannot be fetched: is there a network? Run it again when there is"
    return otherwise


def _site() -> Path:
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(VENV), "platbase": str(VENV)}))


def _packages() -> list[str]:
    return sorted(path.name for path in _site().glob("*.dist-info"))


def _count(wanted: Pins) -> int:
    return len({one for group in wanted.values() for one in group})


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock: whoever comes second waits, and says so."""
    try:
        file = os.open(LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        said = f"{ROOT} cannot be written to ({error.strerror}): put the checkout into a folder of your own"
        raise Refusal(_why(str(error), said)) from error
    try:
        if not _lock(file):
            say("another first use is under way here; waiting for it ...")
            while not _lock(file, wait=True):
                time.sleep(_TURN_S)
        _LOCKED.append(file)
        yield
    finally:
        _LOCKED.clear()
        os.close(file)


def _lock(file: int, wait: bool = False) -> bool:
    """Take the lock; return whether it was had."""
    try:
        if WINDOWS:
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True  # a file system without locks: then two at once are not told apart
    return True


def say(text: str) -> None:
    """Tell a person what is under way."""
    print(f"kald: {text}", file=sys.stderr, flush=True)
