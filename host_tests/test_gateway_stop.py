"""Does a gateway end when it is told to, once, whatever comes in and whoever it waits for?"""

import asyncio
import signal
import socket
import threading

from far_ends import hanging, phone
from firmware import codes
from gateway_rig import Rig, plan
from tools.gateway import server
from tools.sim.gateway_process import GatewayProcess
from waits import HANGS_S, until

# what Python takes apart at the end takes as long as all the rest, unless it is frozen
RUN = (f"import gc, sys; from tools.cli.gateway import main; from tools.gateway.jobs.workers import LIMIT_S; "
       f"LIMIT_S.update(dict.fromkeys(LIMIT_S, {10 * HANGS_S})); code = main(sys.argv[1:]); "
       "sys.exit(code if gc.get_freeze_count() else 9)")


def test_a_gateway_under_load_whose_targets_all_hang_ends_at_the_first_word(tmp_path):
    with hanging() as (mute, _), hanging(drips=True) as (drips, calls), phone() as (at, heard):
        addresses = [f"json://127.0.0.1:{port}/" for port in (mute, drips)] + [f"json://{at}/"]
        steps = ({"do": "notify", "after_s": 0, "to": addresses}, {"do": "siren", "after_s": 0, "topic": "kald/siren"},
                 {"do": "webhook", "after_s": 0, "url": f"http://127.0.0.1:{mute}/"})
        rig = Rig(tmp_path / "kald.sqlite", "anna", "bo", plan=plan(*steps))
        rig["anna"].alarm(codes.KIND_EMERGENCY)
        rig.store.close()
        gateway = GatewayProcess(tmp_path, "--mqtt", f"mqtt://127.0.0.1:{mute}", run=RUN)
        over = threading.Event()

        def feed():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                while not over.wait(0.004):
                    sender.sendto(rig["bo"].sealed(lambda *given: beat(*given))[0], ("127.0.0.1", gateway.udp))

        feeding = threading.Thread(target=feed)
        feeding.start()
        try:
            until(lambda: heard and calls)  # the job of before the restart goes on
            gateway.end()
            assert gateway.process.returncode == 0
        finally:
            over.set()
            feeding.join()
            gateway.end(signal.SIGKILL)


def test_no_page_and_no_request_that_is_never_finished_keeps_a_gateway_that_is_to_end(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "PAGES_S", 10 * HANGS_S)  # whoever waits for one of them hangs
    unfinished = (b"GET / HT", b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n",
                  b"POST /api/alarms/1/take HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                  b"Content-Length: 9\r\n\r\n{")

    async def story(store):
        ports, stopped = asyncio.get_running_loop().create_future(), asyncio.Event()
        serving = asyncio.create_task(server.serve(store, "127.0.0.1", 0, 0, lambda *both: ports.set_result(both),
                                                   ports=[], stopped=stopped))
        _, web = await ports
        calls = [await asyncio.open_connection("127.0.0.1", web) for _ in unfinished]
        for (_, writer), said in zip(calls, unfinished):
            writer.write(said)
        assert b"200 OK" in await calls[1][0].readline()
        stopped.set()
        await asyncio.wait_for(serving, HANGS_S)
        for reader, writer in calls:
            writer.close()
            await reader.read()

    store = Rig(tmp_path / "kald.sqlite", "anna").store
    try:
        asyncio.run(story(store))
    finally:
        store.close()


def beat(buf, device, counter):
    """Write a heartbeat."""
    from firmware.link import frame

    return frame.heartbeat(buf, device, counter, 0, 80, 0)
