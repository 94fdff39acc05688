"""Where do the tests find the firmware, and which Pythons of the badge's kind does this machine have?

A test that cannot run here is skipped with its reason and named at the end, under "not run here". In CI ($KALD_CI)
there is no such thing: what cannot run has failed. Workers (pytest -n) tell the one who prints what they did not run.
What has passed is noted in .build/passed, tests and whole files; with such a file in $KALD_PASSED, .ci/run tries only
what a newcomer's run has not proven, and reads no file that is proven whole.
"""

import asyncio
import functools
import inspect
import os
import shutil
import sys
import tempfile
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools" / "host"), str(ROOT / "lib")]

os.environ["LANG"] = "C.UTF-8"  # a terminal that speaks Danish is no other house
os.environ.pop("LC_ALL", None)

import time  # noqa: E402

from tools import spoken  # noqa: E402
from tools.bench import cluster, pythons  # noqa: E402

# what MicroPython's clock has, for those files of firmware/board that read it
time.ticks_ms = lambda: time.monotonic_ns() // 1_000_000 & 0x3FFFFFFF


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run a test that is a coroutine function in a loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(pyfuncitem.obj(**given))
    return True


@pytest.fixture(autouse=True)
def english():
    """Whoever has asked the command line for Danish has asked for one test."""
    yield
    spoken.listen(["--lang", "en"])


_MEMORY = Path("/dev/shm")  # a folder in memory, where a commit does not wait for a disk that others keep busy
if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > 2**28:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))
    tempfile.tempdir = os.environ["PYTEST_DEBUG_TEMPROOT"]

hypothesis.settings.register_profile("kald", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("kald")  # the same every run, however busy the machine is

# Whole days, houses, self-tests, browsers, images, updates by air, and each file broken in turn: minutes together. They
# run in CI, with test --all, and when they are named; so do single tests that are marked as long.
_LONG = (
    "test_air_house.py", "test_board_access.py", "test_board_look.py", "test_board_place.py", "test_board_sound.py",
    "test_board_truth.py", "test_broken.py", "test_building.py", "test_energy.py", "test_gateways.py",
    "test_hands.py", "test_image.py", "test_install.py", "test_jobs_mqtt.py", "test_lifeboat_lora.py",
    "test_lora_way.py", "test_pairs.py", "test_postgres.py", "test_selftest.py",
    "test_sign_in_page.py", "test_transfer.py", "test_unheard_day.py", "test_updates_air.py", "test_wear.py",
    "test_week.py", "test_wifi_app.py",
)
_HEAVY = (  # 10 s and more each: begun first, so that no worker is left alone with them
    "test_demo_clicked.py",
    "test_broken.py", "test_slots.py", "test_updates_air.py", "test_pair_lora.py", "test_board_sound.py",
    "test_selftest.py", "test_lora_way.py", "test_board_truth.py", "test_board_access.py", "test_killed.py",
    "test_energy.py", "test_week.py", "test_wifi_app.py", "test_thirty.py", "test_story.py", "test_boot.py",
    "test_way.py", "test_deploy.py", "test_app_lora.py", "test_lifeboat.py", "test_app_sleep.py", "test_trouble.py",
    "test_unheard.py", "test_gateway_frames.py", "test_first_use.py", "test_board_look.py", "test_sign_in_page.py",
    "test_image.py",
)
_VIRTUAL = (  # their badges are MicroPythons
    "test_boot.py", "test_demo_clicked.py", "test_deploy.py", "test_image.py", "test_lora_way.py",
    "test_pages_followed.py", "test_pair_lora.py", "test_trouble.py", "test_virtual.py", "test_way.py",
)
_MAY_BE_ABSENT = (
    "NOT RUN on the real package lora",  # mip's index cannot be reached from everywhere; a double stands in
    "no earlier landing in this clone",  # whoever copies the newest commit alone has none to be compared with
)
_NOT_RUN = {}
_PASSED = set()
_UNPROVEN = set()  # files in which something failed, or which CI tries deeper


@pytest.fixture(scope="session")
def micropython():
    """Return the command of a MicroPython, as a list. The 64-bit one of .venv, or $MICROPYTHON."""
    path = pythons.micropython()
    if not path:
        pytest.skip("no MicroPython for this machine; $MICROPYTHON names one")
    return [path]


@pytest.fixture(scope="module", autouse=True)
def _virtual_badges(request):
    if request.path.name in _VIRTUAL:
        request.getfixturevalue("micropython")


@pytest.fixture(scope="session")
def micropython32():
    """Return the command of a MicroPython with the ESP32's small ints and pointers, as a list."""
    path = pythons.micropython32()
    if not path:
        pytest.skip("no 32-bit MicroPython; .ci/micropython32.sh builds one (Debian on x86-64)")
    return [path]


@pytest.fixture(scope="module", params=["micropython", "micropython32"])
def either(request):
    """Return the command of each in turn: what a badge promises it keeps on both."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def postgresql():
    """Give a PostgreSQL of its own for as long as the tests run."""
    programs = cluster.tools()
    if programs is None:
        pytest.skip("no PostgreSQL on this machine (Debian: apt-get install postgresql)")
    from tools.gateway import postgres

    memory = os.access(_MEMORY, os.W_OK)
    patient = postgres._OPTIONS.replace("session_timeout=5000", "session_timeout=900000")  # a busy machine stands still
    with cluster.made(programs, str(_MEMORY) if memory else "/var/tmp", synced=False) as server, \
            pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgres, "_OPTIONS", patient)
        yield server


def _heeded(report):
    """Note what does not run, and why; in CI make that a failure. Return the report."""
    if report.skipped:
        said = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = said.removeprefix("Skipped: ")
        if os.environ.get("KALD_CI") and not reason.startswith(_MAY_BE_ABSENT):
            report.outcome = "failed"
            vars(report).pop("wasxfail", None)  # with it pytest would not count the failure
            report.longrepr = f"{report.nodeid} must run in CI: {reason}"
        else:
            _NOT_RUN[report.nodeid] = reason
    return report


@functools.cache
def _proven(path):
    return frozenset(Path(path).read_text(encoding="utf-8").splitlines()) if path else frozenset()


def pytest_ignore_collect(collection_path):
    """Read no file of which everything is proven."""
    if os.environ.get("KALD_PASSED") and f"host_tests/{collection_path.name}" in _proven(os.environ["KALD_PASSED"]):
        return True
    return None


def pytest_collection_modifyitems(config, items):
    """Put first what takes longest; leave out what takes minutes, and say so, unless it is wanted."""
    items.sort(key=lambda item: _HEAVY.index(item.path.name) if item.path.name in _HEAVY else len(_HEAVY))
    if proven := _proven(os.environ.get("KALD_PASSED")):
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid in proven])
        items[:] = [item for item in items if item.nodeid not in proven]
    if os.environ.get("KALD_CI") or os.environ.get("KALD_LONG"):
        return
    named = {item for item in items if any(item.path.name in arg for arg in config.args)}
    left = [item for item in items if _long(item) and item not in named]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
        for name in sorted({_file(item.nodeid) if item.path.name in _LONG else item.nodeid for item in left}):
            _NOT_RUN[name] = "takes long; test --all runs it, and so does .ci/run"


def _long(item):
    return item.path.name in _LONG or item.get_closest_marker("long")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport():
    """Heed a test that was skipped, or that was expected to fail: both prove nothing."""
    return _heeded((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report():
    """Heed a file that was skipped as a whole."""
    return _heeded((yield))


def pytest_runtest_logreport(report):
    """Note what has passed, and is not undone by its end."""
    if not report.passed or "deeper" in report.keywords:
        _PASSED.discard(report.nodeid)
        _UNPROVEN.add(_file(report.nodeid))
    elif report.when == "call":
        _PASSED.add(report.nodeid)


def _file(nodeid):
    return nodeid.split("::")[0]


def _all_proven():
    """Return the tests that have passed, and the files of which each test has."""
    return _PASSED | ({_file(each) for each in _PASSED} - _UNPROVEN - {_file(each) for each in _NOT_RUN})


def pytest_sessionfinish(session):
    """Hand over what this worker did not run, or write down what has passed."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["not_run"] = dict(_NOT_RUN)
    elif _PASSED and session.config.rootpath == ROOT and os.access(ROOT, os.W_OK):
        (ROOT / ".build").mkdir(exist_ok=True)
        (ROOT / ".build" / "passed").write_text("\n".join(sorted(_all_proven())) + "\n", encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Take what a worker did not run."""
    _NOT_RUN.update(getattr(node, "workeroutput", {}).get("not_run", {}))


def pytest_terminal_summary(terminalreporter):
    """Name what was not run: a skip that nobody sees is a proof that nobody has."""
    if not _NOT_RUN:
        return
    terminalreporter.section("not run here")
    for name, reason in _NOT_RUN.items():
        terminalreporter.write_line(f"{name}: {reason}")
