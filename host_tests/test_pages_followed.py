"""Does a technician who follows README and docs/technician.md word by word end with a proven badge?

Each command that stands in the two pages is taken out of them and typed as it stands, in their order, at a board as it
is bought and a gateway that runs. What cannot be typed here is followed by another test, which is named.
"""

import re
import shlex
import signal
import threading
import time
from importlib import import_module
from types import SimpleNamespace

import pytest
from house import ROOT, allowing
from test_install import NAMES, image

from tools.flash import cable, micropython
from tools.flash.pairing import erase
from tools.gateway.store import open_store
from tools.sim.gateway_process import GatewayProcess
from tools.sim.virtual import BareBoard
from waits import until

PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/technician.md")}
LINE = re.compile(r"^    python3 tools/kald\.py (.*?)(?:  .*)?$", re.M)
ELSEWHERE = {  # what is no board on a cable, or wants a radio, the internet, a walk: by whom it is followed
    "demo": "test_demo.py", "test": "test_not_run.py",
    "flash --all --data house": "test_install.py",
    "flash --lora sx1262": "test_pair_lora.py", "flash --lora FOLDER": "test_pair_lora.py",
    "bridge --update --data house": "test_bridges_command.py",
    "pair --bridge 1": "test_pair_lora.py", "bridge": "test_pair_lora.py",
    "pair --name Bo --lora --data house": "test_pair_lora.py",
    "pair --name Bo --lora --then 869525/9 --data house": "test_pair_lora.py",
    "range --scan --board devkit": "test_range.py",
    'place add "Room 12" --floor 2 --area east --way "by the back stairs" --data house': "test_places.py",
    "range --places --badge 3 --looks 2 --data house --svg house.svg --csv house.csv": "test_range.py",
    "fleet update --by Kim --data house": "test_updates_air.py",
}
CODES = {"config diff house.toml": 1, "check --board devkit --out report.json": 1}
SAYS = {  # what the page promises of it
    "flash --data house": "holds nothing; MicroPython 1.25 goes onto it, from ESP32_GENERIC-20251001-v1.25.0.bin.*"
                          "it has started: this badge is not paired.*Next: kald pair",
    "flash": "it has started: this badge is not paired.*Next: kald pair",
    "flash, paired": "it has started: on devkit with \\d+ bytes free.*ok accelerometer.*All that was tried is well",
    "pair": "Anna is badge \\d, in the group house; waiting for its first heartbeat ...\n"
            "Anna is heard. The badge is ready for its test.",
    "selftest": "Press.*ok button: a press of.*ok motor: felt.*All that was tried is well",
    "selftest --no-hands": "skip motor: .*Not tried: Wi-Fi memory, button, motor.",
    "check --board devkit --out report.json": "not ok radio.*Not as the design believes: radio\n",
    "fleet --data house": "Anna",
    "config diff house.toml": "hold_ms",
}


def commands(page):
    """Return the lines that a page has somebody type, in order, without what follows."""
    return LINE.findall(PAGES[page])


def test_every_line_of_the_two_pages_is_followed_here_or_by_a_test_that_is_there():
    lines = {line for page in PAGES for line in commands(page)}
    assert set(ELSEWHERE) <= lines and lines - set(ELSEWHERE) >= {"flash", "monitor", "selftest"}
    assert all((ROOT / "host_tests" / name).exists() for name in ELSEWHERE.values())


class Desk:
    """A technician's desk: a folder, one board on the only USB port, a hand on its button, a gateway beside it."""

    def __init__(self, folder, board, patch):
        self.folder, self.board = folder, board
        self.gateway = None
        patch.chdir(folder)
        patch.setattr(cable.list_ports, "comports", lambda: [SimpleNamespace(device=board.port, vid=0x10C4)])
        patch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True, readline=lambda: "y\n"))
        patch.setattr("getpass.getpass", lambda asked: "")  # of an open Wi-Fi
        self._there = True
        threading.Thread(target=self._hand, daemon=True).start()

    def _hand(self):
        seen = 0
        while self._there:
            time.sleep(0.1)
            asked = [at.start() for at in re.finditer("^Press", self.board.console, re.M)]
            if asked and asked[-1] > seen:
                seen = asked[-1]
                time.sleep(0.3)
                self.board.press(150)

    def _free(self):
        try:
            cable.check(self.board.port)  # a board that starts has for a moment all that this process has open
        except cable.Refusal:
            return False
        return True

    def close(self):
        """Go home."""
        self._there = False
        if self.gateway:
            self.gateway.end()

    def types(self, line):
        """Type a line of a page, once the port is free of the one before; return its exit code."""
        until(self._free)
        words = shlex.split(line.replace("10.0.0.2", "127.0.0.1").replace("NAME", "home"))
        if words[0] == "gateway":
            self.gateway = GatewayProcess(self.folder, *words[1:], cwd=self.folder)
            return 0 if (self.folder / "house" / "kald.sqlite").exists() else 1
        if words[0] == "pair":
            words += ["--port", str(self.gateway.udp), "--replace"]  # the second page pairs whom the first has paired
        if words[0] == "monitor":
            signal.setitimer(signal.ITIMER_REAL, 2)  # somebody's Ctrl-C
        return import_module(f"tools.cli.{words[0]}").main(words[1:])


@pytest.fixture
def desk(tmp_path, monkeypatch):
    images = tmp_path / "house" / "images"
    images.mkdir(parents=True)
    (images / NAMES["esp32"]).write_bytes(image())
    (tmp_path / "ESP32_GENERIC.bin").write_bytes(image())
    assert micropython.read(tmp_path / "ESP32_GENERIC.bin").chip == "esp32"

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    with BareBoard(tmp_path / "board", "anna") as board:
        until(lambda: "invalid header" in board.console)
        allowing(tmp_path, 60_000, monkeypatch)
        made = Desk(tmp_path, board, monkeypatch)
        yield made
        made.close()
    signal.signal(signal.SIGALRM, before)


@pytest.mark.long
def test_the_pages_are_followed_from_a_blank_board_to_a_proven_one_and_all_its_life(desk, capsys):
    paired = False
    assert desk.types("gateway --data house") == 0
    for page in ("docs/technician.md", "README.md"):
        for line in commands(page):
            if line in ELSEWHERE or line == "gateway --data house":
                continue
            if line == "config check house.toml":  # what the page shows is what somebody has typed into the file
                example = PAGES[page].split("```toml\n")[1].split("```")[0]
                (desk.folder / "house.toml").write_text(example, encoding="utf-8")
            code = desk.types(line)
            said = capsys.readouterr()
            text = said.out + said.err
            assert code == CODES.get(line, 0), f"{line}: {code}\n{text}"
            wanted = SAYS.get(f"{line}, paired" if paired else line) or SAYS.get(line) or SAYS.get(line.split()[0])
            assert wanted is None or re.search(wanted, text, re.DOTALL), f"{line}:\n{text}"
            assert "Traceback" not in text
            paired = paired or line.startswith("pair")
    assert desk.types("flash --data house") == 0, capsys.readouterr()
    until(lambda: desk.board.console.count("kald: proven") >= 2)
    seals = [path.read_text().splitlines()[-1] for path in desk.board.flash.glob("?/list")]
    assert len(seals) == 2 and "-" * 64 not in seals, "sealed with its own key, whether its house is named or found"
    assert bytes(desk.board.chip.flash[0x1000 : 0x1000 + 0x8000]) == image()[:0x8000]
    assert (desk.folder / "card.html").exists() and (desk.folder / "report.json").exists()
    store = open_store(desk.folder / "house" / "kald.sqlite")
    assert erase(desk.board.port)[0] == max(each["device"] for each in store.badges())
    store.close()
