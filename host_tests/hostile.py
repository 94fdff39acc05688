"""What does somebody send who has heard everything and has no key? For both ends, on CPython and MicroPython.

A Forger knows genuine frames that were delivered (`tape`), and makes of them what must be refused: bits turned, cut,
lengthened, played back, two put together, noise of the right shape. wrong() gives a frame sealed rightly with what is
not the right key, late() a genuine one that comes too late.
"""

import sys

HOWS = ("bits", "cut", "longer", "again", "spliced", "noise", "shaped noise", "wrong key", "late")


class Forger:
    """Makes hostile frames with `dice`, a random.Random or MicroPython's module random."""

    def __init__(self, dice, tape, types, wrong, late):
        self.dice, self.tape, self.types, self.wrong, self.late = dice, tape, types, wrong, late

    def frame(self):
        """Return (how it was made, bytes)."""
        dice = self.dice
        how = HOWS[dice.randrange(len(HOWS))]
        old = bytearray(self.tape[dice.randrange(len(self.tape))])
        if how == "bits":
            at = [dice.randrange(8 * len(old)) for _ in range(dice.randrange(1, 4))]
            for bit in at if len(set(at)) == len(at) else at[:1]:
                old[bit // 8] ^= 1 << bit % 8
        elif how == "cut":
            old = old[: dice.randrange(len(old))]
        elif how == "longer":
            old += self.noise(dice.randrange(1, 12))
        elif how == "spliced":
            other = self.tape[dice.randrange(len(self.tape))]
            at = dice.randrange(1, len(old))
            old = old[:at] + other[at:]
        elif how == "noise":
            old = self.noise(dice.randrange(40))
        elif how == "shaped noise":
            old[3:] = self.noise(len(old) - 3)
            old[0] = self.types[dice.randrange(len(self.types))]
        elif how == "wrong key":
            old = self.wrong()
        elif how == "late":
            old = self.late()
        return how, bytes(old)

    def noise(self, n):
        """Return n random bytes."""
        return bytes([self.dice.getrandbits(8) for _ in range(n)])


def state(thing, left_out=("refused", "trace", "seal", "_group_seal", "_nonce")):
    """Return all that an object of the firmware holds, as nested tuples; left_out: counts of refusals, and scratch."""
    if hasattr(thing, "__dict__") and not isinstance(thing, type):
        inner = thing.__dict__
        return tuple([(name, state(inner[name])) for name in sorted(inner) if name not in left_out])
    if isinstance(thing, (list, tuple)):
        return tuple([state(one) for one in thing])
    if thing is None or isinstance(thing, (int, str, bytes)):
        return thing
    return repr(thing)


def badge(seed, count):
    """Send `count` hostile frames to a living badge; return how many of each kind. Fails if one was heeded."""
    import random

    from firmware import codes
    from firmware.link import downlink, frame
    from firmware.link.seal import Seal
    from tools.sim import sealed
    from tools.sim.rig import DEVICE, DOWN, GATEWAY, UP, Rig

    dice = random.Random(seed) if hasattr(random, "Random") else random
    random.seed(seed)
    tape = []

    class Tape(Rig):
        def hand(self, data):
            before = self.badge.inbox.refused
            super().hand(data)
            if self.badge.inbox.refused == before:
                tape.append(data)

    rig = Tape()
    rig.walk(2)
    rig.press(900)
    rig.run(3000)
    group, other = bytes(range(40, 56)), bytes(range(60, 76))
    late = [rig.down(downlink.order, codes.ORDER_ALONE, 1) for _ in range(20)]
    rig.hand(rig.down(downlink.key, 4, other))
    tape.append(rig.group_call(4, other, 8, 76, 3))  # of a group's key that was another's, or is no more
    late += [rig.group_call(5, group, 8, 78, 3) for _ in range(20)]
    rig.hand(rig.down(downlink.key, 5, group))
    for _ in range(5):
        rig.hand(rig.group_call(5, group, 8, 79, 3))
        rig.run(3000)
    for fields in ((downlink.step, rig.badge.alarm.alarm_id, 2, 0), (downlink.call, 9, 77, 3),
                   (downlink.stand_down, 9, 77), (downlink.order, codes.ORDER_ALONE, 1), (downlink.call, 8, 5, 2)):
        for _ in range(5):
            rig.hand(rig.down(*fields))
            rig.run(400)
    late += [rig.down(downlink.step, rig.badge.alarm.alarm_id, 4, 0, heard=heard) for heard in range(0, 1000, 50)]
    while len(tape) < 100:
        rig.run(30000)  # the acks of all that is on the tape have been forgotten by then
    for _ in range(17):
        rig.badge.uplink.heartbeat(7, 0, 50, 0, rig.now)
        n = rig.badge.next_frame(bytearray(40), rig.now)
        assert n
    acks = [data for data in tape if data[0] == frame.ACK]
    assert len(acks) > 20 and len(tape) > len(acks) + 10
    foreign = [bytes(16), UP, Forger.noise(Forger(dice, (), (), None, None), 16), other]
    seals = [Seal(key) for key in foreign + [DOWN, group]]

    def wrong():
        counter = 100000 + dice.getrandbits(16)
        which = dice.randrange(5)
        if dice.randrange(2):  # the badge's own key calls no group
            return sealed.down(seals[which], downlink.group_call, 5, GATEWAY, counter, 5, 6, 3,
                               stream=frame.STREAM_GROUP)
        else:  # and the group's key says nothing to one badge
            which = 5 if which == 4 else which
            fields = ((downlink.call, 5, 6, 3), (downlink.step, rig.badge.alarm.alarm_id, 4, 0),
                      (downlink.stand_down, 8, 79), (downlink.order, codes.ORDER_OFF, 1),
                      (downlink.key, 6, other))[dice.randrange(5)]
            stream = (frame.STREAM_DOWN, frame.STREAM_GROUP)[dice.randrange(2)]
            return sealed.down(seals[which], fields[0], DEVICE, GATEWAY, counter, rig.newest, *fields[1:],
                               stream=stream)

    types = (frame.ACK, frame.STEP, frame.CALL, frame.STAND_DOWN, frame.ORDER, frame.KEY, frame.GROUP_CALL, 0, 255)
    forger = Forger(dice, tape, types, wrong, lambda: late[dice.randrange(len(late))])
    before, counts = state(rig.badge), {}
    refused = rig.badge.inbox.refused = 0
    buf = bytearray(80)
    for i in range(count):
        how, data = forger.frame()
        buf[: len(data)] = data
        rig.badge.frame(buf, len(data), rig.now)
        refused += 1
        assert rig.badge.inbox.refused == refused, (seed, i, how, data)
        counts[how] = counts.get(how, 0) + 1
        if not i % 997 or i == count - 1:
            assert state(rig.badge) == before, (seed, i, how)
    return counts


def gateway(seed, count, path):
    """Send `count` hostile frames to a gateway whose database is at `path`; return how many of each kind."""
    import random

    from firmware import codes
    from firmware.link import frame
    from firmware.link.seal import Seal
    from gateway_rig import Rig
    from tools.gateway.tables import META
    from tools.sim import sealed

    dice = random.Random(seed)
    tape, late = [], []

    class Tape(Rig):
        def carry(self, datagrams):
            (tape if self.up else late).extend(data for data, _ in datagrams)
            super().carry(datagrams)

    rig = Tape(path, "anna", "bo", "carla")
    lost = rig["carla"]
    rig.up = False
    for fake in rig.fakes.values():
        fake.alarm(codes.KIND_EMERGENCY, alarm_id=60, refresh=False)  # what comes too late, when all below has come
        fake.wish(codes.ORDER_PAUSE, 60)
    rig.up = True
    rig["anna"].alarm(codes.KIND_FALL, refresh=False)
    rig["bo"].answer(rig["anna"])
    rig.act("close", 1)
    rig["bo"].wish(codes.ORDER_VISIT, codes.RED << 14)
    rig["bo"].report(bytes((0x23, 1)) + b"Attr" + bytes((0, 0, 2, 0, 3, 6, 0, 8)))
    while any(fake._counter < 240 for fake in rig.fakes.values()):
        rig.beat()
    rig.run(2)
    rig.now += 10_000  # from now on no copy over another way comes in time
    rig.act("revoke", lost.device)
    keys = (bytes(16), dice.randbytes(16), rig["bo"].row.uplink_key, rig["anna"].row.downlink_key)
    seals = [Seal(key) for key in keys]

    def wrong():
        device = rig["anna"].device  # bo's own key does not speak for anna, nor does the key towards her
        counter = 10_000 + dice.getrandbits(16)
        fields = (99, codes.KIND_EMERGENCY, 0, 0, 9, 0, 0)
        return sealed.up(dice.choice(seals), frame.alarm, device, counter, *fields)

    def everything():
        with rig.store.engine.connect() as db:
            return {table.name: db.execute(table.select()).all() for table in META.sorted_tables}

    types = (frame.ALARM, frame.HEARTBEAT, frame.ANSWER, frame.TOLD, frame.WISH, frame.CALLED, frame.REPORT, frame.ACK,
             frame.GROUP_CALL, 0, 255)
    forger = Forger(dice, tape, types, wrong, lambda: dice.choice(late))
    before, counts, left = everything(), {}, count
    refused = sum(rig.radio.refused.values())
    while left:
        some = min(left, 500)
        left -= some
        batch = []
        for _ in range(some):
            how, data = forger.frame()
            batch.append((data, (dice.choice(("127.0.0.1", "bridge")), dice.randrange(4))))
            counts[how] = counts.get(how, 0) + 1
        rig.radio.prepare()
        before["gateways"] = everything()["gateways"]
        out = rig.radio.receive(batch, rig.now_ms)
        refused += some
        assert sum(rig.radio.refused.values()) == refused, (seed, left)
        assert everything() == before, (seed, left)
        assert len(out) <= 2 and all(data[0] == frame.ORDER for data, _ in out), "one warning a minute to each badge"
    rig.store.close()
    return counts


if __name__ == "__main__":
    sys.path[:0] = sys.argv[3:]
    print(badge(int(sys.argv[1]), int(sys.argv[2])))
