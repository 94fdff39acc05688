"""Do a thousand reconnects leave sockets or heap behind, on real MicroPython? Prints what is left.

The first thousand lose the access point; two hundred more lose everything else that a house's Wi-Fi can lose, one after
the other; and then a thousand with this machine's own sockets, to a gateway on the loopback that answers in the same
turn. Arguments: folders for sys.path.
"""

import gc
import os
import socket
import sys

sys.path[:0] = sys.argv[1:]

import wifi_rig  # noqa: E402
from wifi_rig import begin, house, run  # noqa: E402

TROUBLES = ("password", "dhcp", "dns", "gateway", "lies", "moved", "errors")

wifi = begin()
run(wifi, 20000, 1000)


def left(name, before):
    """Say what one kind of trouble has left behind; return the bytes that are taken."""
    del house.tries[:], house.configs[:], house.got[:]
    gc.collect()
    now = gc.mem_alloc()
    print(name, "grown", now - before, "sockets", house.sockets, "most", house.sockets_most, "wrong", len(house.wrong))
    return now


def lose(times):
    """Lose the access point `times` times, for a while each."""
    for turn in range(times):
        house.there = False
        run(wifi, 1000 + turn % 3 * 2000, 500, 50)
        house.there = True
        run(wifi, 14000, 1000, 50)
        del house.tries[:], house.configs[:], house.got[:]


def suffer(times):
    """Have each of the troubles, for half a minute each, then half a minute of peace."""
    for turn in range(times):
        trouble = TROUBLES[turn % len(TROUBLES)]
        if trouble == "moved":
            house.address = "10.0.0.%d" % (2 + turn % 200)
        elif trouble == "errors":
            house.errors_permille = 300
        elif trouble == "lies":
            house.lies = True
        else:
            setattr(house, trouble, False)
        house.there = trouble in ("dns", "gateway", "moved", "errors")
        run(wifi, 2000, 500, 50)
        house.there = trouble != "lies"
        run(wifi, 70000 if trouble == "lies" else 30000, 1000, 50)
        house.there = house.password = house.dhcp = house.dns = house.gateway = True
        house.lies = False
        house.errors_permille = 0
        run(wifi, 45000, 1000, 50)
        print("after", trouble, wifi.up() and len(house.got) > 0 and house.got[-1][0] > house.now - 3000)
        del house.tries[:], house.configs[:], house.got[:]


lose(50)
before = left("first", 0)
lose(1000)
before = left("gone", before)
suffer(7)
before = left("second", before)
suffer(210)
left("troubles", before)
run(wifi, 20000, 1000)
print("joined", wifi.up(), "module", wifi_rig.PAIRING["device"])

port = 20000
gateway = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    try:
        gateway.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
        break
    except OSError:
        port += 1
gateway.setblocking(False)
wifi = begin(sockets=False, gateway="127.0.0.1", port=port)


def answered(ms):
    """Let `ms` pass with a frame every second; return how many the gateway has answered and the badge has read."""
    buf = bytearray(80)
    heard = 0
    for turn in range(ms // 50):
        wifi.tend(house.now & 0x3FFFFFFF)
        if turn % 20 == 0 and wifi.up():
            wifi.send(b"frame", 5)
        try:
            data, who = gateway.recvfrom(80)
            gateway.sendto(data, who)
        except OSError:
            pass  # nothing came
        if wifi.receive(buf):
            wifi.answered()
            heard += 1
        house.now += 50
    return heard


def cut(times):
    """Lose the access point `times` times; return how many frames were answered between."""
    heard = 0
    for turn in range(times):
        heard += answered(14000)
        house.there = False
        answered(1000 + turn % 3 * 2000)
        house.there = True
        del house.tries[:], house.configs[:]
    return heard


def files():
    """Return how many files this process has open."""
    return len(os.listdir("/dev/fd"))


cut(20)
open_before = files()
before = left("own", 0)
heard = cut(1000)
left("own", before)
print("files", files() - open_before, "answered", heard > 9000)
