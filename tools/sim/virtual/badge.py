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
from pathlib import Path

from tools.sim.virtual.cable import INTERRUPT, Port, Terminal

BUTTON_PIN = 33
MOTOR_PIN = 25
CLIP_PIN = 4
_ROOT = Path(__file__).resolve().parents[3]
_START = _ROOT / "tools" / "sim" / "doubles" / "start.py"
_LAUNCH = Path(__file__).resolve().parent / "launch.py"
_TURN_S = 0.02
_CONSOLE_MOST = 200_000
_ORDER_S = 20
_BANNER = b"MicroPython "


def now_ms():
    """Return the clock that badges and their surroundings share, ms."""
    return time.monotonic_ns() // 1_000_000


class VirtualBadge:
    """One badge. heap: as MicroPython's -X heapsize wants it. on_motor(t_ms, level 0..255) is called at each change.

    ether: where its LoRa chip stands (tools/sim/virtual/ether.py), "" without one.
    """

    def __init__(self, folder, name, *, seed=1, heap="2m", on_motor=None, ether=""):
        self.folder = Path(folder).resolve()
        self.name = name
        self.motor = []
        self.loud = []  # (t_ms, pin, duty) of what sounds or shines
        self.boots = 0
        self.on_motor = on_motor
        self.booting_ms = 0  # when the present process began boot.py, 0 before
        self._seed = seed
        self._heap = heap
        self._ether = ether
        self._text = ""
        self._told = {"wifi": "1", "sensor": "ok", "battery": "3900"}
        self._around = []  # what there is to hear, as it is said
        self._levels = {BUTTON_PIN: 1, CLIP_PIN: 0}  # let go, and closed
        self._tears = {}
        self._process = None
        self._terminal = None
        self._address = None
        self._watchdog_ms = 0
        self._fed_ms = 0
        self._quiet_boot = None  # output of a soft reset's boot, until its prompt
        self._cause = "power"
        self._interrupted_ms = -10_000
        self._listening = False  # before that a Ctrl-C would end the process instead of what it runs
        self._typed = b""  # by the technician, and not passed on yet
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
    def port(self):
        """The serial port's path."""
        return self._port.path

    @property
    def console(self):
        """All that the badge has printed, newest 200 000 characters."""
        return self._text

    @property
    def raw(self):
        """Whether its console takes Ctrl-C for any byte."""
        return self._terminal is not None and self._terminal.raw

    @property
    def flash(self):
        """The folder that the badge sees as '/'."""
        return self.folder / "flash"

    def start(self):
        """Give it power. Returns itself."""
        self._running = True
        self._thread.start()
        self._order(self._boot, "power")
        return self

    def close(self):
        """Take power and cable away for good."""
        if self._running:
            self._order(self._kill)
            self._running = False
            self._thread.join(_ORDER_S)
        self._port.close()
        self._socket.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    def reset(self):
        """Press the reset key, which the port takes for power that comes: RTC memory stays."""
        self._order(self._boot, "key")

    def panic(self):
        """Have the chip panic, which the port takes for a reset by the program."""
        self._order(self._boot, "hard")

    def power_cut(self):
        """Take the power away in the middle of whatever it does, and give it back: RTC memory is lost."""
        self._order(self._boot, "power")

    def power_off(self):
        """Take the power away; `power_cut` or `reset` starts it again."""
        self._order(self._kill)
        (self.folder / "rtc").unlink(missing_ok=True)

    def button(self, level, pin=BUTTON_PIN):
        """Hold the button down (1) or let it go (0)."""
        self._levels[pin] = 0 if level else 1  # to ground
        self._say(f"button {pin} {self._levels[pin]}")

    def clip(self, closed):
        """Close the clip (1) or tear it open (0); read where the setting `clip` says that there is one."""
        self.button(closed, CLIP_PIN)

    def press(self, hold_ms=120):
        """Press for `hold_ms`, in real time. Return when it was pressed, ms."""
        pressed_ms = now_ms()
        self.button(1)
        time.sleep(hold_ms / 1000)
        self.button(0)
        return pressed_ms

    def wifi(self, up):
        """Give or cut the air."""
        self._set("wifi", "1" if up else "0")

    def access_point(self, ssid, password=""):
        """From now on only this network is in the air."""
        self._set("access", f"{ssid.encode().hex()} {password.encode().hex()}")

    def hears(self, points, beacons=()):
        """Put these around it: access points as WLAN.scan lists them, beacons as the port tells of them."""
        self._around = [f"point {int(not i)} {ssid.hex()} {bssid.hex()} {channel} {dbm}"
                        for i, (ssid, bssid, channel, dbm, *_) in enumerate(points)]
        self._around += [f"beacon {int(not i)} {kind} {address.hex()} {data.hex()} {dbm}"
                         for i, (kind, address, _, dbm, data) in enumerate(beacons)]
        for text in self._around:
            self._say(text)

    def battery(self, millivolts):
        """Set the cell's voltage."""
        self._set("battery", str(int(millivolts)))

    def sensor(self, failure=None):
        """Let the accelerometer fail: "nack", "frozen", "wrong_id", "reset" (once), or None for well."""
        if failure == "reset":
            self._say("sensor reset")
        else:
            self._set("sensor", failure or "ok")

    def play(self, activity):
        """Let the wearer's body do `activity` (tools/sim/body.py names them) from now."""
        self._say(f"play {activity}")

    def play_recording(self, path):
        """Let the sensor feel a recorded file from now."""
        name = Path(path).name.replace(" ", "_")
        shutil.copyfile(path, self.folder / "recordings" / name)
        self._say(f"recording {name}")

    def tear(self, key, count):
        """Let the power fail in the next NVS write of `key`, after `count` bytes."""
        self._tears[key] = count
        self._say(f"tear {key} {count}")

    # what follows runs on the badge's own thread

    def _order(self, what, *words):
        if threading.current_thread() is self._thread:
            what(*words)
            return
        done = threading.Event()
        self._orders.append((what, words, done))
        if not done.wait(_ORDER_S):
            raise TimeoutError(f"badge {self.name} does not obey")

    def _set(self, what, words):
        self._told[what] = words
        self._say(f"{what} {words}")

    def _say(self, text):
        if self._address:
            self._socket.sendto(text.encode(), self._address)

    def _kill(self):
        if self._process:
            self._process.kill()
            self._process.wait()
            self._drain()
            self._terminal.close()
        self._process = self._terminal = self._address = None
        self._motor(0, now_ms())

    def _boot(self, cause, main=True, told=""):
        self._kill()
        self._cause = told or cause
        if cause != "soft":
            self._watchdog_ms = 0
        if cause == "power":
            (self.folder / "rtc").unlink(missing_ok=True)
        self._quiet_boot = None
        self._listening = False
        self._terminal = Terminal()
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
        self.booting_ms = 0
        self.boots += 1

    def _soft_reset(self):
        # what the ESP32 port says; its raw REPL goes on after boot.py, without main.py
        held = self._terminal.take_held()
        self._out(b"OK\r\nMPY: soft reboot\r\n")
        self._boot("soft", main=False)
        self._quiet_boot = b""
        self._terminal.write(held)

    def _work(self):
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

    def _idle(self):
        time.sleep(_TURN_S)

    def _wait(self):
        fds = [self._socket, self._terminal.fd]
        if self._port.plugged():
            fds.append(self._port.fd)
        select.select(fds, [self._port.fd] if self._port.full() else [], [], _TURN_S)

    def _hear(self):
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
            elif words[0] == "duty" and int(words[1]) == MOTOR_PIN:
                self._motor(round(int(words[2]) * 255 / 65535), int(words[3]))
            elif words[0] == "duty":
                self.loud.append((int(words[3]), int(words[1]), int(words[2])))
            elif words[0] == "watchdog":
                self._watchdog_ms = int(words[1])
                self._fed_ms = now_ms()
            elif words[0] == "booting":
                self._listening = True
                self.booting_ms = now_ms()
            elif words[0] == "raw":
                self._terminal.raw = words[1] == "1"
            elif words[0] == "feed":
                self._fed_ms = now_ms()
            elif words[0] in ("reset", "soft", "torn"):
                self._boot({"reset": "hard", "soft": "soft", "torn": "power"}[words[0]])

    def _greet(self, address):
        self._address = address
        for pin, level in self._levels.items():
            self._say(f"button {pin} {level}")
        for what, words in self._told.items():
            self._say(f"{what} {words}")
        for text in self._around:
            self._say(text)
        tears, self._tears = self._tears, {}
        for key, count in tears.items():
            self._say(f"tear {key} {count}")
        self._say("ready")

    def _motor(self, level, t_ms):
        if level != (self.motor[-1][1] if self.motor else 0):
            self.motor.append((t_ms, level))
            if self.on_motor:
                self.on_motor(t_ms, level)

    def _out(self, data):
        self._text = (self._text + data.decode("utf-8", "replace"))[-_CONSOLE_MOST:]
        self._port.write(data)

    def _drain(self):
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

    def _type(self):
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

    def _ended(self, code):
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
