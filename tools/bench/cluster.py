"""How does a bench or a test get a PostgreSQL of its own? A cluster in a folder that goes, reached by a socket alone.

It installs nothing: it takes the newest PostgreSQL that is on this machine. As root it runs as the user postgres, since
PostgreSQL refuses root.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_WANTED = ("initdb", "pg_ctl", "pgbench", "psql")


def tools() -> dict[str, str] | None:
    """Return the paths of PostgreSQL's own programs, None if it is not on this machine."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    path = os.pathsep.join([*(str(place) for place in reversed(places)), os.environ.get("PATH", "")])
    found = {name: whole for name in _WANTED if (whole := shutil.which(name, path=path))}
    usable = len(found) == len(_WANTED) and os.name == "posix" and (os.geteuid() != 0 or shutil.which("runuser"))
    return found if usable else None


class Cluster:
    """A PostgreSQL that runs in `folder`. url: of its database."""

    def __init__(self, folder: Path, programs: dict[str, str], synced: bool = True):
        self.folder, self._programs, self._synced = folder, programs, synced
        self.url = f"postgresql://postgres@/postgres?host={folder}"

    def do(self, name: str, *words: str | int | Path) -> str:
        """Run one of its programs; return what it prints."""
        as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*as_user, self._programs[name], *map(str, words)]
        return subprocess.run(command, check=True, capture_output=True, text=True, cwd="/").stdout

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-k {self.folder} -c listen_addresses=''" + ("" if self._synced else " -c fsync=off")
        self.do("pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it; immediate: as a power cut does."""
        self.do("pg_ctl", "-D", self.folder / "data", "-m", mode, "-w", "stop")

    def sql(self, text: str) -> str:
        """Run some SQL; return what psql prints."""
        return self.do("psql", "-h", self.folder, "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-qtAc", text, "postgres")


@contextmanager
def made(programs: dict[str, str], place: str = "/var/tmp", synced: bool = True) -> Iterator[Cluster]:
    """Give a fresh cluster that runs; programs: what `tools` has returned.

    place: where its user may go, with a path that is short enough for a socket and holds no space; on a disk, if times
    are to mean something. synced: whether a commit waits for the disk.
    """
    with tempfile.TemporaryDirectory(prefix="kald-", dir=place) as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        cluster = Cluster(folder, programs, synced)
        cluster.do("initdb", "-D", folder / "data", "-A", "trust", "-U", "postgres", "--no-sync")
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
