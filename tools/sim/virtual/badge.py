"""How is a badge had without hardware? A MicroPython process with a flash, a serial port, a button and a motor.

`folder` holds what a badge holds: `flash/` is its '/', `nvs/` its NVS, `rtc` its RTC memory. A folder that is not there
is a fresh badge. One thread a badge carries bytes, hears the simulated parts (simlink says how) and is the watchdog.
"""

import collections
import os
import select
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from tools.sim.building import Beacon, Point
from tools.sim.virtual.cable import INTERRUPT, Port, Terminal

BUTTON_PIN = 33
MOTOR_PIN = 25
CLIP_PIN = 4
_ROOT = Path(__file__).resolve().parents[3]
_START = _ROOT / "tools" / "sim" / "doubles" / "start.py"
_LAUNCH = Path(__file__).resolve().parent / "launch.py"
_TURN_S = 0.02
_CONSOLE_MOST = 200_000
_HANGS_S = 300  # a machine that is busy takes its time
_BANNER = b"MicroPython "


def now_ms() -> int:
    """Return the clock that badges and their surroundings share, ms."""
    return time.monotonic_ns() // 1_000_000


class VirtualBadge:
    """One badge. heap: as MicroPython's -X heapsize wants it. on_motor(t_ms, level 0..255) is called at each change.

    ether: where its LoRa chip stands (tools/sim/virtual/ether.py), "" without one.
    """

    def __init__(self, folder: Path, name: str, *, seed: int = 1, heap: str = "2m",
                 on_motor: Callable[[int, int], object] | None = None, ether: str = "") -> None:
        self.folder = folder.resolve()
        self.name = name
        self.motor: list[tuple[int, int]] = []
        self.loud: list[tuple[int, int, int]] = []  # (t_ms, pin, duty) of what sounds or shines
        self.boots = 0
        self.on_motor = on_motor
        self._seed = seed
        self._heap = heap
        self._ether = ether
        self._text = ""
        self._told = {"wifi": "1", "sensor": "ok", "battery": "3900"}
        self._around: list[str] = []  # what there is to hear, as it is said
        self._levels = {BUTTON_PIN: 1, CLIP_PIN: 0}  # let go, and closed
        self._tears: dict[str, int] = {}
        self._hand = ""  # what a hand is about to do on the button, as it is said
        self._let = threading.Event()  # it has done so
        self._let_ms = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._terminal = Terminal()  # of the next process
        self._address: tuple[str, int] | None = None
        self._watchdog_ms = 0
        self._fed_ms = 0
        self._quiet_boot: bytes | None = None  # output of a soft reset's boot, until its prompt
        self._cause = "power"
        self._interrupted_ms = -10_000
        self._listening = False  # before that a Ctrl-C would end the process instead of what it runs
        self._typed = b""  # by the technician, and not passed on yet
        self._orders: collections.deque[tuple[Callable[..., None], tuple[str, ...], threading.Event]]
        self._orders = collections.deque()
        self._running = False
        for part in ("flash", "recordings"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        self._port = Port()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self._thread = threading.Thread(target=self._work, name=f"badge {name}", daemon=True)

    @property
    def port(self) -> str:
        """The serial port's path."""
        return self._port.path

    @property
    def console(self) -> str:
        """All that the badge has printed, newest 200 000 characters."""
        return self._text

    @property
    def raw(self) -> bool:
        """Whether its console takes Ctrl-C for any byte."""
        return self._terminal.raw

    @property
    def flash(self) -> Path:
        """The folder that the badge sees as '/'."""
        return self.folder / "flash"

    def start(self) -> Self:
        """Give it power. Returns itself."""
        self._running = True
        self._thread.start()
        self._order(self._boot, "power")
        return self

    def close(self) -> None:
        """Take power and cable away for good."""
        if self._running:
            self._order(self._kill)
            self._running = False
            self._thread.join(_HANGS_S)
        self._terminal.close()
        self._port.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def reset(self) -> None:
        """Press the reset key, which the port takes for power that comes: RTC memory stays."""
        self._order(self._boot, "key")

    def panic(self) -> None:
        """Have the chip panic, which the port takes for a reset by the program."""
        self._order(self._boot, "hard")

    def power_cut(self) -> None:
        """Take the power away in the middle of whatever it does, and give it back: RTC memory is lost."""
        self._order(self._boot, "power")

    def power_off(self) -> None:
        """Take the power away; `power_cut` or `reset` starts it again."""
        self._order(self._kill)
        (self.folder / "rtc").unlink(missing_ok=True)

    def button(self, level: int, pin: int = BUTTON_PIN) -> None:
        """Hold the button down (1) or let it go (0)."""
        self._levels[pin] = 0 if level else 1  # to ground
        self._say(f"button {pin} {self._levels[pin]}")

    def clip(self, closed: int) -> None:
        """Close the clip (1) or tear it open (0); read where the setting `clip` says that there is one."""
        self.button(closed, CLIP_PIN)

    def push(self, *spans_ms: int) -> None:
        """Let a hand press and let go for these times in turn, and let go in the end; `let` waits for that.

        The badge counts them by its looks, so that one on a busy machine sees each. A boot meanwhile begins them anew.
        """
        self._let.clear()
        self._hand = f"hand {BUTTON_PIN} {' '.join(map(str, spans_ms))}"
        self._say(self._hand)

    def let(self) -> int:
        """Wait until the badge has seen all that the hand did; return when it saw the end of it, ms."""
        if not self._let.wait(_HANGS_S):
            raise TimeoutError(f"badge {self.name} does not look at its button")
        return self._let_ms

    def press(self, hold_ms: int = 120, times: int = 1, gap_ms: int = 100) -> int:
        """Press `times`, for `hold_ms` each, until the badge has seen it. Return when it began, ms."""
        pressed_ms = now_ms()
        self.push(*[hold_ms, gap_ms] * times)
        self.let()
        return pressed_ms

    def wifi(self, up: bool) -> None:
        """Give or cut the air."""
        self._set("wifi", "1" if up else "0")

    def hears(self, points: Sequence[Point], beacons: Sequence[Beacon] = ()) -> None:
        """Put these around it: access points as WLAN.scan lists them, beacons as the port tells of them."""
        self._around = [f"point {int(not i)} {ssid.hex()} {bssid.hex()} {channel} {dbm}"
                        for i, (ssid, bssid, channel, dbm, *_) in enumerate(points)]
        self._around += [f"beacon {int(not i)} {kind} {address.hex()} {data.hex()} {dbm}"
                         for i, (kind, address, _, dbm, data) in enumerate(beacons)]
        for text in self._around:
            self._say(text)

    def battery(self, millivolts: float) -> None:
        """Set the cell's voltage."""
        self._set("battery", str(int(millivolts)))

    def sensor(self, failure: str | None = None) -> None:
        """Let the accelerometer fail: "nack", "frozen", "wrong_id", "reset" (once), or None for well."""
        if failure == "reset":
            self._say("sensor reset")
        else:
            self._set("sensor", failure or "ok")

    def play(self, activity: str) -> None:
        """Let the wearer's body do `activity` (tools/sim/body.py names them) from now."""
        self._say(f"play {activity}")

    def play_recording(self, path: Path) -> None:
        """Let the sensor feel a recorded file from now."""
        name = path.name.replace(" ", "_")
        shutil.copyfile(path, self.folder / "recordings" / name)
        self._say(f"recording {name}")

    def tear(self, key: str, count: int) -> None:
        """Let the power fail in the next NVS write of `key`, after `count` bytes."""
        self._tears[key] = count
        self._say(f"tear {key} {count}")

    # what follows runs on the badge's own thread

    def _order(self, what: Callable[..., None], *words: str) -> None:
        if threading.current_thread() is self._thread:
            what(*words)
            return
        done = threading.Event()
        self._orders.append((what, words, done))
        if not done.wait(_HANGS_S):
            raise TimeoutError(f"badge {self.name} does not obey")

    def _set(self, what: str, words: str) -> None:
        self._told[what] = words
        self._say(f"{what} {words}")

    def _say(self, text: str) -> None:
        if self._address:
            self._socket.sendto(text.encode(), self._address)

    def _kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._drain()
            self._terminal.close()
            self._terminal = Terminal()
        self._process = self._address = None
        self._motor(0, now_ms())

    def _boot(self, cause: str, main: bool = True, told: str = "") -> None:
        self._kill()
        self._cause = told or cause
        if cause != "soft":
            self._watchdog_ms = 0
        if cause == "power":
            (self.folder / "rtc").unlink(missing_ok=True)
        self._quiet_boot = None
        self._listening = False
        kept = {name: os.environ[name] for name in ("PATH", "MICROPYTHON") if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, str(_LAUNCH), "-X", f"heapsize={self._heap}", "-i", str(_START)],
            stdin=self._terminal.slave, stdout=self._terminal.slave, stderr=self._terminal.slave,
            cwd=self.folder, start_new_session=True,
            env={**kept, "HOME": str(self.folder), "KALD_SIM_PORT": str(self._socket.getsockname()[1]),
                 "KALD_SIM_FOLDER": str(self.folder), "KALD_SIM_ROOT": str(_ROOT), "KALD_SIM_CAUSE": self._cause,
                 "KALD_SIM_MAIN": "1" if main else "0", "KALD_SIM_NAME": self.name, "KALD_SIM_SEED": str(self._seed),
                 "KALD_SIM_ETHER": self._ether},
        )
        self._terminal.pid = self._process.pid
        self.boots += 1

    def _soft_reset(self) -> None:
        # what the ESP32 port says; its raw REPL goes on after boot.py, without main.py
        held = self._terminal.take_held()
        self._out(b"OK\r\nMPY: soft reboot\r\n")
        self._boot("soft", main=False)
        self._quiet_boot = b""
        self._terminal.write(held)

    def _work(self) -> None:
        while self._running:
            if self._orders:
                what, words, done = self._orders.popleft()
                what(*words)
                done.set()
            if self._process is None:
                self._idle()
                continue
            self._wait()
            self._hear()
            self._drain()
            self._type()
            self._port.write()
            if self._process and self._process.poll() is not None:
                self._ended(self._process.returncode)
            if self._watchdog_ms and now_ms() - self._fed_ms > self._watchdog_ms:
                self._out(b"\r\nwatchdog\r\n")
                self._boot("watchdog")

    def _idle(self) -> None:
        time.sleep(_TURN_S)

    def _wait(self) -> None:
        fds: list[int | socket.socket] = [self._socket, self._terminal.fd]
        if self._port.plugged():
            fds.append(self._port.fd)
        select.select(fds, [self._port.fd] if self._port.full() else [], [], _TURN_S)

    def _hear(self) -> None:
        while True:
            try:
                data, address = self._socket.recvfrom(512)
            except OSError:
                return
            words = data.decode().split(" ")
            if words[0] == "hello":
                self._greet(address)
            elif address != self._address:
                continue  # the last word of a process that is gone
            elif words[0] == "let":
                self._hand, self._let_ms = "", int(words[2])
                self._let.set()
            elif words[0] == "duty" and int(words[1]) == MOTOR_PIN:
                self._motor(round(int(words[2]) * 255 / 65535), int(words[3]))
            elif words[0] == "duty":
                self.loud.append((int(words[3]), int(words[1]), int(words[2])))
            elif words[0] == "watchdog":
                self._watchdog_ms = int(words[1])
                self._fed_ms = now_ms()
            elif words[0] == "booting":
                self._listening = True
            elif words[0] == "raw":
                self._terminal.raw = words[1] == "1"
            elif words[0] == "feed":
                self._fed_ms = now_ms()
            elif words[0] in ("reset", "soft", "torn"):
                self._boot({"reset": "hard", "soft": "soft", "torn": "power"}[words[0]])

    def _greet(self, address: tuple[str, int]) -> None:
        self._address = address
        for pin, level in self._levels.items():
            self._say(f"button {pin} {level}")
        for what, words in self._told.items():
            self._say(f"{what} {words}")
        if self._hand:
            self._say(self._hand)
        for text in self._around:
            self._say(text)
        tears, self._tears = self._tears, {}
        for key, count in tears.items():
            self._say(f"tear {key} {count}")
        self._say("ready")

    def _motor(self, level: int, t_ms: int) -> None:
        if level != (self.motor[-1][1] if self.motor else 0):
            self.motor.append((t_ms, level))
            if self.on_motor:
                self.on_motor(t_ms, level)

    def _out(self, data: bytes) -> None:
        self._text = (self._text + data.decode("utf-8", "replace"))[-_CONSOLE_MOST:]
        self._port.write(data)

    def _drain(self) -> None:
        while True:
            data = self._terminal.read()
            if not data:
                return
            if self._quiet_boot is None:
                self._out(data)
                continue
            self._quiet_boot += data
            if self._terminal.ready():
                self._out(self._quiet_boot[: self._quiet_boot.rindex(_BANNER)])
                self._quiet_boot = None
                held = self._terminal.take_held()
                self._terminal.write(b"\x01")
                self._terminal.write(held)

    def _type(self) -> None:
        if not self._listening:
            return  # the port keeps what is typed
        self._typed += self._port.read()
        if self._quiet_boot is not None and INTERRUPT not in self._typed:
            return  # it waits for the raw prompt
        data, self._typed = self._typed, b""
        if INTERRUPT in data:
            self._interrupted_ms = now_ms()
        if not self._terminal.write(data):
            self._soft_reset()

    def _ended(self, code: int) -> None:
        if code == 0:  # Ctrl-D at the friendly prompt
            self._out(b"MPY: soft reboot\r\n")
            self._boot("soft")
        elif now_ms() - self._interrupted_ms < 3000:
            held = self._terminal.take_held()
            # Ctrl-C twice ends the unix build; a board would be at its prompt, and know how it started
            self._boot("soft", main=False, told=self._cause)
            self._typed = held + self._typed
        else:
            self._out(f"\r\nMicroPython ended with {code}\r\n".encode())
            self._boot("hard")
