"""Which machines must the run-time groups install on from wheels, and what does each of them want of which package?

A target is a system with a CPython; `wheels.json`, which .ci/wheels.py writes, holds the names of the files that the
package index has for them, and what each package requires.
"""

import functools
import itertools
import json
from pathlib import Path

from packaging.requirements import Requirement
from packaging.tags import compatible_tags, cpython_tags, mac_platforms
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from tools import first_use

TABLE = Path(__file__).resolve().parent / "wheels.json"
GROUPS = ("gateway", "postgresql", "technician")  # what a house runs
SOURCES = ("esptool",)  # published as source only, and pure Python: pip makes its wheel, without a compiler
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_GLIBC = [f"manylinux_2_{minor}_" for minor in range(28, 16, -1)] + ["manylinux2014_"]  # Debian 10 and newer
SYSTEMS = {  # system: (platforms of a wheel, the best first; what markers see)
    "linux-x86_64": ([kind + "x86_64" for kind in [*_GLIBC, "manylinux2010_", "manylinux1_"]],
                     {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"}),
    "linux-aarch64": ([kind + "aarch64" for kind in _GLIBC],
                      {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "aarch64"}),
    "windows-amd64": (["win_amd64"],
                      {"sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64"}),
    "macos-arm64": (list(mac_platforms((14, 0), "arm64")),
                    {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"}),
    "macos-x86_64": (list(mac_platforms((14, 0), "x86_64")),
                     {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "x86_64"}),
}
TARGETS = list(itertools.product(SYSTEMS, PYTHONS))


def pins():
    """Return the pinned requirements of the run-time groups, as pyproject.toml has them."""
    return sorted({pin for exact in first_use.pins(GROUPS).values() for pin in exact})


def environment(system, python):
    """Return what the markers of a requirement see on a target."""
    seen = SYSTEMS[system][1]
    return {"implementation_name": "cpython", "platform_python_implementation": "CPython", "python_version": python,
            "python_full_version": f"{python}.0", "implementation_version": f"{python}.0", "extra": "",
            "platform_release": "", "platform_version": "",
            "os_name": "nt" if seen["sys_platform"] == "win32" else "posix", **seen}


@functools.cache
def tags(system, python):
    """Return the tags of all wheels that a target takes."""
    version, platforms = tuple(int(part) for part in python.split(".")), SYSTEMS[system][0]
    abi = f"cp{python.replace('.', '')}"
    return {*cpython_tags(version, [abi, "abi3", "none"], platforms), *compatible_tags(version, abi, platforms)}


def wanted(needs, target, given):
    """Return {requirement: the packages of `needs` that answer it} of a target, from the requirements `given` on.

    needs: {"name==version": [requirements]}. What nothing answers has an empty list.
    """
    seen, found, left = environment(*target), {}, [(text, ("",)) for text in given]
    while left:
        text, extras = left.pop()
        one, plain = Requirement(text), text.split(";")[0].strip()
        if plain in found or one.marker and not any(one.marker.evaluate({**seen, "extra": each}) for each in extras):
            continue
        found[plain] = [package for package in needs if answers(package, one)]
        left += [(need, one.extras or ("",)) for package in found[plain] for need in needs[package]]
    return found


def answers(package, requirement):
    """Return whether "name==version" answers a requirement."""
    name, version = package.split("==")
    return name == canonicalize_name(requirement.name) and requirement.specifier.contains(Version(version))


@functools.cache
def _tags_of(file):
    return parse_wheel_filename(file)[3]


def troubles(table):
    """Return a sentence for each thing that cannot be installed from a wheel of `table`, target by target."""
    found = []
    for target in TARGETS:
        taken = tags(*target)
        for text, packages in wanted(table["needs"], target, table["pins"]).items():
            files = [file for package in packages for file in table["files"][package]]
            if not any(_tags_of(file) & taken for file in files):
                found.append(f"{' '.join(target)}: no wheel for {text}")
    return found


def read():
    """Return the table."""
    return json.loads(TABLE.read_text(encoding="utf-8"))
