"""How does a test get a house with nothing but LoRa: badge and bridges as processes, one air, a gateway process?

The bridges' ports are named to the gateway by links in the test's folder: without its link a cable is pulled.
"""

import json
import os
import shutil
from pathlib import Path

import pytest

from house import ROOT, House
from tools.flash.copy import build
from tools.flash.packages import compiled
from tools.sim.virtual import VirtualBadge
from tools.sim.virtual.ether import Ether

LORA = {"khz": 869525, "sf": 7}


def put_package(flash):
    """Put the package `lora` onto a badge: the real one from $KALD_LORA_LIB, or our double."""
    real = os.environ.get("KALD_LORA_LIB")
    if real:
        compiled(Path(real), flash / "lib")
    else:
        (flash / "lib" / "lora").mkdir()
        shutil.copyfile(ROOT / "tools" / "sim" / "lora_double.py", flash / "lib" / "lora" / "sx126x.py")


class LoraHouse(House):
    """bridges: {number: (x, y) in metres}; the badge stands at 0, 0. channels: of those bridges that have another."""

    def __init__(self, folder, bridges, radio=True, channels=()):
        self.ether = Ether()
        self.bridges = {}
        self.links = {number: folder / f"usb{number}" for number in bridges}
        self._tree = folder / "tree"
        self._tree.mkdir()
        build(ROOT, self._tree)
        words = [word for link in self.links.values() for word in ("--bridge", str(link))]
        super().__init__(folder, (), words=words)
        for number, place in bridges.items():
            pairing = {"role": "bridge", "number": number, "lora": dict(channels).get(number, LORA)}
            self.bridges[number] = self._board(f"bridge{number}", pairing, place, radio)
            self.plug(number)

    def badge(self, name, lora=LORA):
        """Add a badge that has no Wi-Fi."""
        row = self.store.pair(name, beat_ms=300_000)
        pairing = {"device": row.device, "up": row.uplink_key.hex(), "down": row.downlink_key.hex(),
                   "ssid": "", "password": "", "gateway": "", "port": 1, "lora": lora}
        self.badges.append(self._board(name, pairing, (0, 0), True))
        return self.badges[-1]

    def _board(self, name, pairing, place, radio):
        made = VirtualBadge(self.folder / name, name, ether=self.ether.place(*place))
        shutil.copytree(self._tree, made.flash, dirs_exist_ok=True)
        if radio:
            put_package(made.flash)
        nvs = made.folder / "nvs" / "kald"
        nvs.mkdir(parents=True)
        (nvs / "pairing").write_bytes(b"b" + json.dumps(pairing).encode())
        (nvs / "counter").write_bytes(b"i0")
        return made.start()

    def plug(self, number):
        """Put the cable in."""
        self.links[number].symlink_to(self.bridges[number].port)

    def unplug(self, number):
        """Pull it out."""
        self.links[number].unlink()

    def there(self):
        """Return the numbers of the bridges that answer."""
        return {each["number"] for each in self.facts().get("bridges", ()) if each["there"] and each["radio"]}

    def heard(self):
        """Return whether all badges have been heard."""
        shown = self.facts()["badges"]
        return len(shown) == len(self.badges) and all(badge["heard_ms"] for badge in shown)

    def close(self):
        super().close()
        for bridge in self.bridges.values():
            bridge.close()
        self.ether.close()


@pytest.fixture
def lora_house(tmp_path):
    made = []

    def make(bridges, **more):
        made.append(LoraHouse(tmp_path, bridges, **more))
        return made[-1]

    yield make
    for one in made:
        one.close()
