"""What stands on the wire? The one definition for badge and gateway.

Every frame is sealed (firmware/link/seal.py): a head that is readable but authenticated, an encrypted body, an 8-byte
tag. Numbers are big endian. Counters stay below 2^30.

    uplink    head 7: type 1 | device 2 | counter 4
      ALARM       alarm id 4 | kind and what, 4 bits each | revision and battery, 4 bits each | passed 2 | age in s 1
                  passed: of KIND_TEST, which parts did; of all else the alarm's state on the badge, which is what
                  its wearer knows (firmware/codes.py); 0: an older badge does not say. An older gateway ignores it
      HEARTBEAT   colour of the visit 2 bits, mode 3, alarm state 3 | battery in % 1 (255: not known) | faults 2
                                                          bits 14 and 15 of the faults are none: it has LoRa and no
                                                          group key; it does not know the house's minute
      ANSWER      caller's device 2 | alarm id 4              "I am coming"
      TOLD        gateway 1 | downlink counter 4              this downlink has arrived; LoRa carries no ack of it
      WISH        order 1 | value 2                           the wearer asks for what the board can order
      CALLED      caller's device 2 | alarm id 4 | kind 1     a group call that says so is felt; it has no ack on LoRa
      REPORT      task and cause, 4 bits each | crashes since the last report 1 | reason 4, ASCII, zeros behind it
                  | the two latest facts (firmware/trace.py; not those of frames), code 1 | value 2 each, newest first
                  | the house's minute then 2 (0: not known)
      ABLE        version 1 | abilities 2 (firmware/codes.py)      said once in a life, when a gateway is there;
                  from ABLE_TREE on the version of the sources that it runs
      REFUSED     gateway 1 | downlink counter 4 | why 1      this downlink has arrived and is not carried out;
                                                          of an order to update it may come long after TOLD
      SIGHTING    1 to 8 times, bits closed up: hash 16 (0: none) | level 6 (v: -(37 + v) dBm); then zero bits. What
                  is heard around the badge, strongest first (firmware/link/sighting.py); only while an alarm, a
                  question or a test is open. It has no ack on LoRa, where it has 4 at most; the next is newer
    ack       head 6: type 1 | device 2 | gateway 1 | low half of the uplink counter it answers 2
                  status 1 (0: it is on disk; of an ABLE: the gateway's version, and it is on disk)
    downlink  head 8: type 1 | device 2 | gateway 1 | counter 4, then always heard 4, the newest uplink counter stored
      STEP        alarm id 4 | step 1 | responder's device 2 (0: somebody at the board)
      CALL        caller's device 2 | alarm id 4 | kind 1
      STAND_DOWN  caller's device 2 | alarm id 4
      ORDER       order 1 | value 2 (firmware/codes.py says which)
      ORDER_AGAIN order 1 | value 2 | since 3     the same, since so many downlink counters of this gateway
      KEY         which 2 | secret 16             which 0: this badge's next keys, up = AES(present up, secret) and
                                                  down = AES(present down, secret), one block each; else the
                                                  number of a group's key, and the key itself
    group     head 8: type 1 | number of the group's key 2 | gateway 1 | counter 4
      GROUP_CALL  caller's device 2 | alarm id 4 | kind 1     as CALL, to all who have the key but the caller

Of a KEY for itself the badge tells under the new keys, which it has stored by then; it seals and opens with nothing
else any more. Until it is heard under them, the gateway opens uplinks with either and repeats downlinks under both in
turn. Counters go on over a change of keys.

A group's key is in many badges, one of which may be stolen, so nothing but a GROUP_CALL is ever sealed with it, and a
GROUP_CALL proves no gateway to be there. A badge keeps the newest key in RAM only. A GROUP_CALL must come from a
gateway that has spoken to the badge alone in this life, and count higher than its floor: the first that it has said so,
or the KEY, if it gave that; a KEY that is given again is not new. The floor rises with what that gateway says to the
badge alone, to 16 below it, and with nothing else; the last eight calls are not believed again. The gateway calls one
by one whoever does not say CALLED, and answers a CALLED that tells of no open alarm with a STAND_DOWN. A badge is
revoked by a new key, under a new number, for all others.

An order does its work once, whenever its copies come. A badge keeps, for each gateway and each order, the counter of
the ORDER that it took last, and takes none that is older, be it the same one or one that has been overtaken; it
answers as it did then. Gateways that share a database know of no common counter: an ORDER of another gateway than the
last of its kind is taken, and answered, only if it names an uplink that was sent since. So a copy goes as an
ORDER_AGAIN, to badges whose ABLE says that they know it; an older one gets another ORDER, and may do it twice.

`heard` makes a downlink fresh: it is accepted only if it names an uplink that was sent since the badge started.

The nonce is 13 bytes: stream 1 (uplink, ack, downlink, group) | device 2, or the number of the group's key | sender 1
(0: the badge; else the gateway's number) | counter 4 | zeros 5. An ack's counter is the full uplink counter it answers,
so there is one ack for one counter; a retry carries the same alarm id and revision and a new counter. An alarm id is an
uplink counter spent on it, so it is unique within a pairing. Battery in 4 bits: fifteenths; age 255: that or more.

A type whose bytes have landed keeps them. What a version does not know it refuses as unknown: a gateway counts it and
acks nothing, so a badge tells what an older one may refuse (REPORT, ABLE) more and more seldom, up to once an hour; a
badge says REFUSED of any type 0x20 to 0x2F that opens and of any order that it does not carry out, but only to gateways
that know that word, as the ack of its ABLE says. An older badge says TOLD of all orders, and an older gateway, which
hears neither, repeats an order until it gives it up.

A REPORT goes beside a heartbeat until it is acked, when the badge has crashed or its supply has dipped. Its cause
and task stand in firmware/codes.py; its reason is the first letters of the exception's class, or of "watchdog".

A badge counts ms from its start, and nothing that it decides asks for more. For what people read in a REPORT it has the
house's minute: Unix minutes modulo 65535, and 1. Heartbeats ask for it (bit 15) until an ORDER has told it, and the
gateway tells it anew each day. The badge counts on from there, takes a later one and never an earlier, and forgets it
when it starts again. An ack tells no time: it has the same bytes whenever it is made, so that it may be said again.
"""

from firmware.codes import REPORT_BYTES
from micropython import const

ALARM = const(0x01)
HEARTBEAT = const(0x02)
ANSWER = const(0x03)
TOLD = const(0x04)
WISH = const(0x05)
CALLED = const(0x06)
REPORT = const(0x07)
ABLE = const(0x08)
REFUSED = const(0x09)
SIGHTING = const(0x0A)
ACK = const(0x10)
STEP = const(0x21)
CALL = const(0x22)
STAND_DOWN = const(0x23)
ORDER = const(0x24)
KEY = const(0x25)
ORDER_AGAIN = const(0x26)
GROUP_CALL = const(0x31)
UNACKED = bytes((TOLD, CALLED, REFUSED, SIGHTING))  # over LoRa these get no ack

UP_HEAD = const(7)
ACK_HEAD = const(6)
DOWN_HEAD = const(8)

STREAM_UP = const(0)
STREAM_ACK = const(1)
STREAM_DOWN = const(2)
STREAM_GROUP = const(3)

FRAME_BYTES_MAX = const(40)  # lent buffers have this size; the longest sealed frame is 38
COUNTER_END = const(0x3FFFFFFF)

_SEEN_BITS = const(22)

# Unsealed lengths, by type; of a SIGHTING the longest
_UP = bytes((0, 16, 11, 13, 12, 10, 14, 21, 10, 13, 29))
_DOWN = bytes((19, 19, 18, 15, 30, 18))


def expected(type):
    """Return the unsealed length of a frame of this type, 0 for a type that does not exist."""
    if type <= SIGHTING:
        return _UP[type]
    if STEP <= type <= ORDER_AGAIN:
        return _DOWN[type - STEP]
    return 7 if type == ACK else 15 if type == GROUP_CALL else 0


def put16(buf, at, value):
    """Write the low 16 bits of `value`, big endian."""
    buf[at] = (value >> 8) & 0xFF
    buf[at + 1] = value & 0xFF


def put32(buf, at, value):
    """Write a number from 0 to 2^30 - 1 into four bytes, big endian."""
    put16(buf, at, value >> 16)
    put16(buf, at + 2, value)


def get16(buf, at):
    """Read two bytes, big endian."""
    return buf[at] << 8 | buf[at + 1]


def get30(buf, at):
    """Read four bytes, big endian; -1 if the number has more than 30 bits, which no honest sender writes."""
    if buf[at] > 0x3F:
        return -1
    return get16(buf, at) << 16 | get16(buf, at + 2)


def nonce(buf, stream, device, gateway, counter):
    """Fill the 13 bytes of `buf`."""
    buf[0] = stream
    put16(buf, 1, device)
    buf[3] = gateway
    put32(buf, 4, counter)
    for i in range(8, 13):
        buf[i] = 0


def _begin(buf, type, device, counter):
    buf[0] = type
    put16(buf, 1, device)
    put32(buf, 3, counter)


def alarm(buf, device, counter, alarm_id, kind, what, revision, battery16, passed, age_s):
    """Write an ALARM; return its unsealed length."""
    _begin(buf, ALARM, device, counter)
    put32(buf, 7, alarm_id)
    buf[11] = kind << 4 | what
    buf[12] = revision << 4 | battery16
    put16(buf, 13, passed)
    buf[15] = min(age_s, 255)
    return 16


def heartbeat(buf, device, counter, state, battery, faults):
    """Write a HEARTBEAT; return its unsealed length."""
    _begin(buf, HEARTBEAT, device, counter)
    buf[7] = state
    buf[8] = battery
    put16(buf, 9, faults)
    return 11


def answer(buf, device, counter, caller, alarm_id):
    """Write an ANSWER to the call of device `caller`; return its unsealed length."""
    _begin(buf, ANSWER, device, counter)
    put16(buf, 7, caller)
    put32(buf, 9, alarm_id)
    return 13


def told(buf, device, counter, gateway, number):
    """Write a TOLD of the downlink `number` of `gateway`; return its unsealed length."""
    _begin(buf, TOLD, device, counter)
    buf[7] = gateway
    put32(buf, 8, number)
    return 12


def refused(buf, device, counter, gateway, number, why):
    """Write a REFUSED; return its unsealed length."""
    told(buf, device, counter, gateway, number)  # the same numbers in the same places
    buf[0] = REFUSED
    buf[12] = why
    return 13


def able(buf, device, counter, version, able):
    """Write an ABLE; return its unsealed length."""
    wish(buf, device, counter, version, able)
    buf[0] = ABLE
    return 10


def wish(buf, device, counter, order, value):
    """Write a WISH; return its unsealed length."""
    _begin(buf, WISH, device, counter)
    buf[7] = order
    put16(buf, 8, value)
    return 10


def called(buf, device, counter, caller, alarm_id, kind):
    """Write a CALLED; return its unsealed length."""
    answer(buf, device, counter, caller, alarm_id)  # the same numbers in the same places
    buf[0] = CALLED
    buf[13] = kind
    return 14


def report(buf, device, counter, told):
    """Write a REPORT, `told` being its REPORT_BYTES; return its unsealed length."""
    _begin(buf, REPORT, device, counter)
    for i in range(REPORT_BYTES):
        buf[7 + i] = told[i]
    return 21


def sighting(buf, device, counter, hashes, levels, count):
    """Write a SIGHTING of the first `count` hashes and levels; return its unsealed length."""
    _begin(buf, SIGHTING, device, counter)
    at = UP_HEAD
    kept = bits = 0
    for i in range(count):
        kept = (kept & 0xFF) << _SEEN_BITS | hashes[i] << 6 | levels[i]
        bits += _SEEN_BITS
        while bits >= 8:
            bits -= 8
            buf[at] = kept >> bits & 0xFF
            at += 1
    if bits:
        buf[at] = (kept & 0xFF) << 8 - bits & 0xFF  # small ints alone
        at += 1
    return at
