"""Does `kald bridge` show what is plugged in, and say plainly when nothing is?"""

import json
import threading

from bridge_ends import FakeBridge

from tools.cli.bridge import main


def shown(words, capsys, end=None):
    ended = threading.Event()

    def serve():
        while not ended.is_set():
            end.serve()

    thread = threading.Thread(target=serve) if end else None
    if thread:
        thread.start()
    try:
        code = main(words)
    finally:
        ended.set()
        if thread:
            thread.join()
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_bridge_is_shown(capsys):
    end = FakeBridge(31)
    try:
        code, out, _ = shown(["--port", end.path, "--seconds", "0.6"], capsys, end)
        assert code == 0 and f"{end.path}: bridge 31 on 869525 kHz SF7, last heard at -80 dBm, 0.0 dB" in out
        code, out, _ = shown(["--port", end.path, "--seconds", "0.6", "--json"], capsys, end)
        assert code == 0 and json.loads(out.splitlines()[-1])[0]["left_s"] == 350
    finally:
        end.unplug()


def test_no_bridge_is_one_sentence_and_code_1(capsys, tmp_path):
    code, out, err = shown(["--port", str(tmp_path / "no-port"), "--seconds", "0.1"], capsys)
    assert code == 1 and out == "" and "no bridge has answered" in err
