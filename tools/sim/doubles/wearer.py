"""Which acceleration does the simulated sensor feel? The body's, or a recording's while one is played."""

import os

import vfs
from simlink import link
from tools.sim.body import Body
from tools.sim.recording import Recording


class Wearer:
    """A body with this badge on it. Times are ms of the process clock."""

    def __init__(self):
        self._body = Body(int(os.getenv("KALD_SIM_SEED") or "1"))
        self._recording = None

    def milli_g(self, t_ms, out):
        """Fill `out` with x, y, z in mg at `t_ms`."""
        link.poll()
        while link.plays:
            what, name, at_ms = link.plays.pop(0)
            if what == "play":
                self._recording = None
                self._body.play(name, at_ms)
            else:
                self._recording = read(name)
                self._recording.play(at_ms)
        if self._recording is not None:
            self._recording.milli_g(t_ms, out)
        else:
            self._body.milli_g(t_ms, out)


def read(name):
    """Return the Recording `name` of this badge's folder. It is mounted only while it is read."""
    vfs.mount(vfs.VfsPosix(os.getenv("KALD_SIM_FOLDER")), "/_sim")
    try:
        return Recording("/_sim/recordings/" + name)
    finally:
        vfs.umount("/_sim")
