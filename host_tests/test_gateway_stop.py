"""Does a gateway end when it is told to, once, whatever comes in and whoever it waits for?"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from far_ends import hanging, phone
from firmware import codes
from gateway_rig import Rig, plan

ROOT = Path(__file__).resolve().parent.parent
RUN = "import sys; from tools.cli.gateway import main; sys.exit(main(sys.argv[1:]))"
STOP_S = 8  # 2 where nobody else computes; what hangs has 20


def begun(folder, *more):
    """Begin a gateway in `folder`; return (its process, its UDP port)."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("", "tools/host", "lib"))}
    words = ["--data", str(folder), "--host", "127.0.0.1", "--port", "0", "--web", "0", "--bridge", "none", *more]
    process = subprocess.Popen([sys.executable, "-c", RUN, *words], env=env, stdout=subprocess.PIPE, text=True)
    ready = process.stdout.readline()
    return process, int(ready.split("UDP port ")[1].split(",")[0])


def test_a_gateway_under_load_whose_targets_all_hang_ends_at_the_first_word(tmp_path):
    with hanging() as (mute, _), hanging(drips=True) as (drips, calls), phone() as (at, heard):
        addresses = [f"json://127.0.0.1:{port}/" for port in (mute, drips)] + [f"json://{at}/"]
        steps = ({"do": "notify", "after_s": 0, "to": addresses}, {"do": "siren", "after_s": 0, "topic": "kald/siren"},
                 {"do": "webhook", "after_s": 0, "url": f"http://127.0.0.1:{mute}/"})
        rig = Rig(tmp_path / "kald.sqlite", "anna", "bo", plan=plan(*steps))
        rig["anna"].alarm(codes.KIND_EMERGENCY)
        rig.store.close()
        process, port = begun(tmp_path, "--mqtt", f"mqtt://127.0.0.1:{mute}")
        over = threading.Event()

        def feed():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                while not over.wait(0.004):
                    sender.sendto(rig["bo"].sealed(lambda *given: beat(*given))[0], ("127.0.0.1", port))

        feeding = threading.Thread(target=feed)
        feeding.start()
        try:
            for _ in range(1000):
                if heard and calls:
                    break
                time.sleep(0.01)
            assert heard and calls, "the job of before the restart goes on"
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
            assert time.monotonic() - began < STOP_S
        finally:
            over.set()
            feeding.join()
            process.kill()
            process.stdout.close()


def beat(buf, device, counter):
    """Write a heartbeat."""
    from firmware.link import frame

    return frame.heartbeat(buf, device, counter, 0, 80, 0)
