"""What does each thing feel like, without looking? Nine rhythms as data: on, off, on ... in units of 20 ms.

Nobody tells more than nine apart under stress, so rare news shares one tick: look at the board, or at your card. They
differ in how many beats there are and in which of them are long, never in strength or in length alone. No beat is
shorter than 100 ms: a motor that is stopped while it starts feels weaker, not shorter.

Beats get lost: clothes, a struggle, a pattern that breaks in. What is left must never promise more than was meant:

    a tick, unheard  <  nobody answers  <  a question, a colleague's call  <  received  <  somebody comes  <  over

The rank says which is felt when two meet; the other follows, if its time has not passed.
"""

from micropython import const

UNIT_MS = const(20)

NONE = const(0)
PRE_ALARM = const(1)  # was that a fall? one press says no
CANCELLED = const(2)  # your press is noted
RECEIVED = const(3)  # received: a gateway has it on disk
TAKEN = const(4)  # taken: a named colleague comes
CLOSED = const(5)  # closed
UNANSWERED = const(6)  # unanswered: received, nobody has taken it
UNHEARD = const(7)  # unheard: no gateway has it, or none is heard any more
CALLED_ASSIST = const(8)  # a colleague calls: come by
CALLED_FALL = const(9)  # a colleague needs help
# These share a rhythm with one of the nine:
CALLED_EMERGENCY = const(10)
ANSWERED = const(11)  # your "I am coming" has arrived
STOOD_DOWN = const(12)  # the colleague's alarm is closed
TROUBLE = const(13)  # this badge has a fault
REMINDER = const(14)  # a check-in is due soon: one press says that all is well
TEST_ASK = const(15)  # do you feel this? one press says yes
READY = const(16)  # the shift's test has arrived at the board
ALONE = const(17)  # nobody else is within call
TOGETHER = const(18)  # somebody is again
PRACTISING = const(19)  # practice begins: nobody will be called

# One after the other, in the order of their numbers; a zero ends each. One text: as ten they take 300 bytes more.
BEATS = (
    b"\x00"
    b"\x0f\x0a\x0f\x0a\x0f\x0a\x0f\x0a\x0f\x00"  # five even beats, asking
    b"\x08\x00"  # one tick
    b"\x06\x07\x14\x07\x06\x00"  # tap, long, tap
    b"\x06\x05\x14\x0e\x06\x05\x14\x0e\x06\x05\x14\x00"  # tap and long, three times: a heart beats
    b"\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x00"  # a long ripple
    b"\x14\x07\x06\x06\x06\x07\x14\x00"  # long, two taps, long
    b"\x19\x0a\x19\x00"  # two long
    b"\x05\x05\x05\x0f\x05\x05\x05\x0f\x05\x05\x05\x00"  # two taps, three times: somebody knocks
    b"\x05\x05\x05\x05\x05\x08\x0f\x07\x0f\x07\x0f\x08\x05\x05\x05\x05\x05\x00"  # SOS
)
RHYTHMS = b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x09\x02\x05\x02\x01\x01\x05\x02\x02\x02"  # by number
RANKS = b"\x00\x06\x05\x07\x08\x07\x07\x07\x04\x04\x05\x05\x06\x03\x04\x04\x05\x03\x02\x04"

assert len(RANKS) == len(RHYTHMS) and max(RHYTHMS) + 1 == BEATS.count(b"\x00")
