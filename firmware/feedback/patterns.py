"""What does each thing feel like, without looking? Patterns as data: on, off, on ... in units of 20 ms.

They differ in rhythm, not in strength, so that they are told apart through clothes: how many, how long, how fast. No
beat is shorter than 100 ms: a motor that is stopped while it starts feels weaker, not shorter.
The rank says which is felt when two meet; the other follows, if its time has not passed.
"""

from micropython import const

UNIT_MS = const(20)

NONE = const(0)
PRE_ALARM = const(1)  # was that a fall? one press says no
CANCELLED = const(2)
HEARD = const(3)  # received: a gateway has it on disk
COMING = const(4)  # taken: a named colleague comes
OVER = const(5)  # closed
NOBODY = const(6)  # unanswered: received, nobody has taken it
DEAF = const(7)  # unheard: no gateway has it
CALLED_ASSIST = const(8)  # a colleague calls
CALLED_FALL = const(9)
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

# One after the other, in the order of their numbers; a zero ends each. One text: as twenty they take 600 bytes more.
BEATS = (
    b"\x00"
    b"\x0f\x0f\x0f\x0f\x0f\x0f\x00"  # three even beats, asking
    b"\x05\x00"  # one tap
    b"\x05\x0a\x05\x00"  # two taps
    b"\x28\x00"  # one long: somebody has you
    b"\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x00"  # a long ripple, of eight
    b"\x14\x14\x05\x00"  # long, short: falling off
    b"\x23\x0a\x23\x0a\x23\x00"  # three long
    b"\x14\x0a\x05\x0a\x05\x23\x14\x0a\x05\x0a\x05\x00"  # long and two taps, twice
    b"\x05\x0a\x14\x23\x05\x0a\x14\x00"  # tap and long, twice
    b"\x14\x05\x14\x05\x14\x05\x14\x05\x14\x05\x14\x00"  # long, long, long ... without end
    b"\x05\x0a\x28\x00"  # tap, one long: you have it
    b"\x05\x05\x05\x05\x05\x05\x05\x00"  # a short ripple, of four
    b"\x05\x28\x05\x28\x05\x00"  # tap ... tap ... tap
    b"\x14\x28\x14\x00"  # two long, slowly
    b"\x05\x14\x05\x14\x05\x14\x05\x00"  # four taps, slowly
    b"\x05\x05\x05\x05\x05\x0a\x28\x00"  # ripple of three, one long
    b"\x28\x0a\x05\x05\x05\x00"  # one long, ripple of two
    b"\x05\x0a\x14\x0a\x05\x00"  # tap, long, tap
    b"\x05\x0a\x14\x0a\x14\x00"  # tap, long, long
)

RANKS = b"\x00\x06\x05\x07\x08\x07\x07\x07\x04\x04\x05\x06\x03\x01\x04\x05\x05\x05\x02\x04"

assert len(RANKS) == BEATS.count(b"\x00")
