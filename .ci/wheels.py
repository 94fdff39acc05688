"""Writes host_tests/wheels.json anew: which wheels pip takes for the run-time groups, on each system and CPython.

    .venv/bin/python .ci/wheels.py

pip is asked as on each of those machines, and installs nothing. It looks where it is configured to look. It reads
markers as of this machine, so a package that only another system wants is asked for by name.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "host_tests")]

import wheels  # noqa: E402
from packaging.requirements import Requirement  # noqa: E402
from packaging.utils import canonicalize_name  # noqa: E402


def asked(target, requirements, folder):
    """Return {"name==version": (file, [requirements])} that pip would install on `target`. Raises RuntimeError."""
    system, python = target
    words = ["--dry-run", "--ignore-installed", "--only-binary=:all:", "--python-version", python, "--target", folder]
    words += [word for platform in wheels.SYSTEMS[system][0] for word in ("--platform", platform)]
    report = Path(folder) / "report.json"
    words += ["--find-links", folder, "--report", report]
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *words]
    done = subprocess.run([*command, *requirements], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(target)}: {done.stderr.strip().splitlines()[-1]}")
    found = {}
    for each in json.loads(report.read_text(encoding="utf-8"))["install"]:
        package = f"{canonicalize_name(each['metadata']['name'])}=={each['metadata']['version']}"
        file = each["download_info"]["url"].rsplit("/", 1)[1]
        required = [Requirement(text) for text in each["metadata"].get("requires_dist", [])]
        found[package] = (file, required)
    everything = [one for _, required in found.values() for one in required]
    extras = {name: {extra for one in everything if canonicalize_name(one.name) == name for extra in one.extras}
              for name in {package.split("==")[0] for package in found}}
    return {package: (file, [str(one) for one in required if _wanted(one, extras[package.split("==")[0]])])
            for package, (file, required) in found.items()}


def _wanted(one, extras):
    named = re.findall(r'extra == "([^"]+)"', str(one.marker))
    return not named or bool(extras.intersection(named))


def made(pins, folder):
    """Make the wheels of what is published as source only, into `folder`."""
    for name in wheels.SOURCES:
        pin = next(pin for pin in pins if pin.startswith(f"{name}=="))
        command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, pin]
        subprocess.run(command, check=True)


def main():
    """Ask for every target, and write what was found."""
    pins, needs, files = wheels.pins(), {}, {}
    with tempfile.TemporaryDirectory(prefix="kald-") as folder:
        made(pins, folder)
        for target in wheels.TARGETS:
            seen = wheels.environment(*target)
            here = [one for one in map(Requirement, pins) if not one.marker or one.marker.evaluate(seen)]
            plain = [str(one).split(";")[0] for one in here]
            while True:
                found = asked(target, plain, folder)
                own = {package: needed for package, (_, needed) in found.items()}
                missing = [text for text, got in wheels.wanted(own, target, pins).items() if not got]
                if not missing:
                    break
                plain += missing
            for got in wheels.wanted(own, target, pins).values():
                for package in got:
                    needs[package] = own[package]
                    files.setdefault(package, set()).add(found[package][0])
            print(f"{' '.join(target)}: {len(found)} packages", file=sys.stderr, flush=True)
    table = {"pins": pins, "files": {package: sorted(names) for package, names in sorted(files.items())},
             "needs": {package: sorted(texts) for package, texts in sorted(needs.items())}}
    wheels.TABLE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
