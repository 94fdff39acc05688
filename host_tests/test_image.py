"""Does the firmware run from a ROMFS and from a frozen image, does `kald flash` take what a board offers, and is the
lifeboat there when an image is not?"""

import json
import os
import shutil
import socket
from dataclasses import replace

import pytest

from firmware.link.frame import ALARM
from house import ROOT
from test_deploy import tree
from tools.bench import boot
from tools.bench.pythons import image32
from tools.cli import flash as flash_command
from tools.flash import image
from tools.flash.cable import Refusal, check, mpremote
from tools.flash.copy import build
from tools.flash.slots import flash
from tools.flash.image import Offer, way
from tools.flash.sources import MANIFEST, identity, listed
from tools.gateway.store import open_store
from tools.sim.gateway_process import free_port
from tools.sim.virtual import VirtualBadge
from waits import HANGS_S, until

HERE, OTHER = 7, 8
KB = 1000


def partition(badge, data=b"", size=160 * 1024):
    """Give `badge` a partition for a ROMFS."""
    (badge.folder / "romfs").write_bytes(data + b"\xff" * (size - len(data)))


@pytest.mark.parametrize(("offer", "wants", "means"), [
    (Offer(), None, "files"), (Offer(), "files", "files"), (Offer(), "romfs", None),
    (Offer(rom_bytes=160 * KB), None, "romfs"), (Offer(rom_bytes=160 * KB), "files", "files"),
    (Offer(rom_bytes=60 * KB), None, "files"), (Offer(rom_bytes=60 * KB), "romfs", None),
    (Offer(rom_bytes=160 * KB, rom_used=True), None, "files"),
    (Offer(rom_bytes=160 * KB, rom_used=True), "romfs", "romfs"),
    (Offer(rom_bytes=160 * KB, rom_used=True, rom_ours=True), None, "romfs"),
    (Offer(HERE), None, "frozen"), (Offer(HERE, 160 * KB), None, "frozen"), (Offer(HERE, 160 * KB), "romfs", "romfs"),
    (Offer(HERE), "files", "files"), (Offer(OTHER), None, None), (Offer(OTHER), "files", "files"),
])
def test_what_a_board_offers_is_taken_where_it_is_safe_or_asked_for(offer, wants, means):
    if means is None:
        with pytest.raises(Refusal):
            way(offer, HERE, wants)
        return
    found, sentence = way(offer, HERE, wants)
    assert found == means
    assert "KB of heap" in sentence


def test_the_manifest_freezes_all_that_a_badge_has_and_itself_not():
    frozen = []
    namespace = {
        "options": type("Options", (), {"port": True, "defaults": lambda self, port: None})(),
        "include": lambda path: frozen.append(path), "require": lambda name: frozen.append(name),
        "module": lambda path, base_path, opt=3: frozen.append(f"{base_path}/{path}"),
        "package": lambda name, files, base_path, opt: frozen.append(f"{base_path}/{name}/{files[0]}"),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT / "firmware")
        exec(compile((ROOT / MANIFEST).read_text(), MANIFEST, "exec"), namespace)
    assert frozen[:3] == ["$(PORT_DIR)/boards/manifest.py", "lora-sx126x", "lora-sx127x"]
    assert [path[3:] for path in frozen[3:-1]] == listed(ROOT) and MANIFEST not in listed(ROOT)
    assert frozen[-1].endswith("/kald_image.py") and str(identity(ROOT)) in open(frozen[-1]).read()


def test_a_board_that_is_refused_goes_on_with_what_it_had(tmp_path, monkeypatch, capsys):
    root = tree(tmp_path / "root")
    monkeypatch.setattr(flash_command, "ROOT", root)
    with VirtualBadge(tmp_path / "badge", "anna") as badge:
        assert flash_command.main([badge.port]) == 0
        until(lambda: "main says first" in badge.console)
        assert flash_command.main([badge.port, "--romfs"]) == 2
        assert "has no ROMFS" in capsys.readouterr().err
        until(lambda: badge.console.count("main says first") == 2)


def test_other_sources_have_another_identity(tmp_path):
    root = tree(tmp_path / "root")
    first = identity(root)
    tree(root, "second")
    second = identity(root)
    (root / "firmware" / "codes.py").rename(root / "firmware" / "words.py")
    assert len({first, second, identity(root)}) == 3


def test_a_board_with_an_empty_romfs_gets_one_and_files_give_way_to_it_last(tmp_path, capsys, monkeypatch):
    root = tree(tmp_path / "root")
    monkeypatch.setattr(flash_command, "ROOT", root)
    monkeypatch.setattr(image, "_LEAST_KB", 1)
    with VirtualBadge(tmp_path / "badge", "anna") as badge:
        flash(root, badge.port)
        until(lambda: "main says first" in badge.console)
        (badge.flash / "lib" / "lora").mkdir(parents=True)
        (badge.flash / "lib" / "lora" / "modem.mpy").write_bytes(b"by mip")
        badge.power_off()
        partition(badge)
        badge.reset()
        tree(root, "second")
        assert flash_command.main([badge.port]) == 0
        assert "in its ROMFS, which saves" in capsys.readouterr().out
        until(lambda: "main says second" in badge.console)
        assert not (badge.flash / "firmware").exists() and not (badge.flash / "sums.old").exists()
        assert [path.name for path in (badge.flash / "lib").iterdir()] == []
        assert (badge.flash / "boat" / "lib" / "lora" / "modem.mpy").exists(), "the lifeboat's, and in the image"
        assert b"by mip" in (badge.folder / "romfs").read_bytes()
        assert "/rom/firmware" in mpremote(badge.port, "exec", "import firmware.codes as w; print(w.__file__)")

        tree(root, "third")
        assert flash_command.main([badge.port, "--files"]) == 0
        until(lambda: "main says third" in badge.console)
        assert (badge.flash / "lib" / "lora" / "modem.mpy").exists() and (badge.flash / "a" / "firmware").exists()


PAIRING = {"device": 7, "up": "00" * 16, "down": "ff" * 16, "ssid": "house", "password": "", "gateway": "127.0.0.1",
           "port": 9}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    build(ROOT, folder, lora="")
    return folder


def paired(folder, built=None, **keys):
    """Return a badge, not started, that is paired with `keys` and whose ROMFS and files are as `built`."""
    badge = VirtualBadge(folder, "anna")
    if built:
        shutil.copytree(built, badge.flash, dirs_exist_ok=True)
        partition(badge, (badge.flash / image.IMAGE).read_bytes())
        (badge.flash / image.IMAGE).unlink()
    nvs = badge.folder / "nvs" / "kald"
    nvs.mkdir(parents=True)
    badge.gateway_port = free_port(socket.SOCK_DGRAM)
    (nvs / "pairing").write_bytes(b"b" + json.dumps({**PAIRING, "port": badge.gateway_port, **keys}).encode())
    (nvs / "counter").write_bytes(b"i0")
    return badge


def test_a_paired_badge_believes_its_house_alone_before_its_only_image_is_written_over(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(flash_command, "ROOT", tree(tmp_path / "root", "second"))
    monkeypatch.setattr(image, "_LEAST_KB", 1)
    for name in ("own", "other"):
        (tmp_path / name).mkdir()
    row = open_store(tmp_path / "own" / "kald.sqlite").pair("Anna")
    other = open_store(tmp_path / "other" / "kald.sqlite").pair("Bo")
    badge = paired(tmp_path / "badge", device=row.device, up=row.uplink_key.hex(), down=row.downlink_key.hex())
    partition(badge)

    def flashed(folder):
        until(lambda: free(badge.port))
        code = flash_command.main([badge.port, "--no-selftest", "--data", folder])
        return code, "".join(capsys.readouterr())

    with badge:
        code, said = flashed("other")
        assert code == 2 and "but not of the house in other" in said
        with monkeypatch.context() as patch:
            patch.setattr("tools.gateway.pairings.sealing", lambda *_: (other.uplink_key, other.downlink_key))
            code, said = flashed("own")
        assert code == 2 and "the list is not sealed with this badge's key" in said
        assert not (badge.folder / "romfs").read_bytes().strip(b"\xff") and not (badge.flash / "next").exists()
        code, said = flashed("own")
        assert code == 0 and "in its ROMFS" in said and "vouches" not in said
        assert (badge.flash / "list").read_text().splitlines()[-1] != "-" * 64
        assert (badge.folder / "romfs").read_bytes().strip(b"\xff")


def free(port):
    """Return whether a board that starts has let go of what this process has open."""
    try:
        check(port)
    except Refusal:
        return False
    return True


def runs(badge):
    """Return what runs once the hallway has brought its watchdog."""
    until(lambda: badge._watchdog_ms == 8000)
    return "lifeboat" if "kald: lifeboat" in badge.console else "app"


def test_the_image_fits_a_usual_partition_and_the_app_runs_from_it(tmp_path, built):
    assert (built / image.IMAGE).stat().st_size <= image._LEAST_KB * KB <= 128 * 1024
    with paired(tmp_path, built) as badge:
        assert runs(badge) == "app" and "broken" not in badge.console


@pytest.mark.parametrize("what", ["one bit", "half of it", "all of it", "the partition", "another firmware's"])
def test_a_romfs_that_is_not_what_was_flashed_ends_in_the_lifeboat(tmp_path, built, what):
    badge = paired(tmp_path, built)
    path = badge.folder / "romfs"
    data = bytearray(path.read_bytes())
    half = (built / image.IMAGE).stat().st_size // 2
    if what == "one bit":
        data[half] ^= 1
    elif what == "another firmware's":
        data = data[:half] + data[half:].replace(b"start", b"start"[::-1])
    else:
        first = half if what == "half of it" else 0
        data[first:] = b"\xff" * (len(data) - first)
    path.write_bytes(data)
    if what == "the partition":
        path.unlink()
    with badge:
        assert runs(badge) == "lifeboat"
        assert "kald: broken: rom" in badge.console and badge.boots == 5
        assert "42" in mpremote(badge.port, "exec", "print(6 * 7)")


def test_a_deployment_that_is_broken_off_runs_the_lifeboat_until_it_is_done_again(tmp_path, built):
    badge = paired(tmp_path, built)
    (badge.flash / "sums").rename(badge.flash / "sums.old")
    shutil.copy(built / "sums", badge.flash / "sums")
    data = (badge.folder / "romfs").read_bytes()
    (badge.folder / "romfs").write_bytes(data[:40000] + b"\xff" * (len(data) - 40000))
    with badge:
        assert runs(badge) == "lifeboat" and badge.boots == 1


def test_where_micropython_has_the_firmware_flash_copies_nothing_and_removes_what_would_come_first(
    tmp_path, monkeypatch, capsys
):
    root = tree(tmp_path / "root")
    monkeypatch.setattr(flash_command, "ROOT", root)
    with VirtualBadge(tmp_path / "badge", "anna") as badge:
        assert flash_command.main([badge.port]) == 0
        (badge.flash / "lib" / "lora").mkdir(parents=True)
        (badge.flash / "lib" / "lora" / "modem.mpy").write_bytes(b"by mip")
        (badge.flash / "settings.json").write_text("{}")
        real = image.asked
        monkeypatch.setattr(image, "asked", lambda port, *more: replace(real(port), frozen=identity(root)))
        monkeypatch.setattr(flash_command, "started", lambda prompt: "")  # this MicroPython only says that it has it
        capsys.readouterr()
        assert flash_command.main([badge.port]) == 0
        assert "holds this very firmware, which saves" in capsys.readouterr().out
        left = sorted(path.relative_to(badge.flash).as_posix() for path in badge.flash.rglob("*"))
        assert left == ["lib", "lib/lora", "lib/lora/modem.mpy", "settings.json"]


@pytest.fixture
def frozen32(micropython32, monkeypatch):
    """Have virtual badges run on a MicroPython that has the firmware in it."""
    path = image32()
    if not path:
        pytest.skip("no image of this firmware; .ci/micropython32.sh --image builds one (Debian on x86-64)")
    monkeypatch.setenv("MICROPYTHON", path)


def press_and_hear(badge):
    """Press long; return the frame of the alarm that comes of it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gateway:
        gateway.bind(("127.0.0.1", badge.gateway_port))
        gateway.settimeout(HANGS_S)
        assert runs(badge) == "app"
        badge.press(1000)
        while (data := gateway.recv(200))[0] != ALARM:
            pass
        return data


def test_on_a_frozen_image_a_press_becomes_a_frame(tmp_path, frozen32):
    with paired(tmp_path) as badge:
        assert press_and_hear(badge)
        assert list(badge.flash.iterdir()) == []


def test_from_a_romfs_a_press_becomes_a_frame(tmp_path, built):
    with paired(tmp_path, built) as badge:
        assert press_and_hear(badge) and "broken" not in badge.console


@pytest.mark.parametrize("radios", ["wifi", "both"])
def test_each_way_of_flashing_takes_less_heap_than_the_one_before(radios, micropython32):
    if radios == "both" and not os.environ.get("KALD_LORA_LIB"):
        pytest.skip("NOT RUN on the real package lora: no KALD_LORA_LIB")
    if not image32():
        pytest.skip("no image of this firmware; .ci/micropython32.sh --image builds one (Debian on x86-64)")
    py, mpy, romfs, frozen = [boot.measure(radios, each, 400)["boot"] for each in boot.WAYS]
    assert py - mpy >= 15 * KB and mpy - romfs >= image.ROMFS_SAVES_KB * KB
    assert mpy - frozen >= image.FROZEN_SAVES_KB * KB
    if radios == "wifi":  # and what `kald flash` says is no less than what is saved
        assert mpy - romfs <= (image.ROMFS_SAVES_KB + 8) * KB and mpy - frozen <= (image.FROZEN_SAVES_KB + 8) * KB
