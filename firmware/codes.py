"""Which words do the rooms share? Kinds, steps, states, events and faults, as the small numbers that travel.

Numbers that appear on the air (kinds, whats, steps, states, faults) are never given another meaning.
"""

from micropython import const

# What is it about? Order says nothing; rank is the alarm room's business.
KIND_NONE = const(0)
KIND_ASSIST = const(1)
KIND_FALL = const(2)
KIND_EMERGENCY = const(3)
KIND_MOTIONLESS = const(4)
KIND_POSITION = const(5)
KIND_CHECK_IN = const(6)  # missed
KIND_TORN = const(7)
KIND_TEST = const(8)  # the shift's test; `passed` then says which parts did
KIND_STRUGGLE = const(9)
KINDS = const(10)

# What is reported about it?
WHAT_RAISED = const(0)
WHAT_PRE_ALARM = const(1)
WHAT_CANCELLED = const(2)
WHAT_MASK = const(3)
WHAT_PRACTICE = const(8)  # added to the others while the wearer practises: nobody is called

# How far has the world come? RECEIVED is told by the ack itself.
STEP_RECEIVED = const(1)
STEP_TAKEN = const(2)
STEP_UNANSWERED = const(3)
STEP_CLOSED = const(4)

# The wearer is ... From CALLING on there is an alarm that must reach a gateway again and again.
SAFE = const(0)
WARNED = const(1)  # being asked whether it is an alarm (pre-alarm)
RELIEVED = const(2)  # just back from a pre-alarm that was cancelled
CALLING = const(3)  # calling; no gateway has it yet
RECEIVED = const(4)  # heard: a gateway has the alarm on disk
UNANSWERED = const(5)  # heard, but nobody has taken it
TAKEN = const(6)  # told that a named colleague comes

# What happened? Events that the alarm room reads.
PRESSED = const(1)  # one short press, over
ASSIST_ASKED = const(2)  # two presses
EMERGENCY_ASKED = const(3)  # mash or hold
FELL = const(4)
TIMED_OUT = const(5)  # the deadline of the present state
ACKED = const(6)  # a gateway stored the newest revision
TAKE_TOLD = const(7)
UNANSWERED_TOLD = const(8)
CLOSE_TOLD = const(9)
STILL = const(10)  # no movement for too long
TILTED = const(11)  # the worn-upright attitude is lost, and stays lost
CHECK_IN_MISSED = const(12)
TORN_OFF = const(13)
RIGHTED = const(14)  # upright or moving again, and for long enough to believe it
STRUGGLED = const(15)  # long, hard movement without a rhythm
EVENTS = const(16)
PRESSED_ALONE = const(16)  # one short press, and no second has followed; for calls, not for the own alarm

# Which mode is the badge in? It calls in all of them; automatic alarms are read in READY, NOT_READY and PRACTICE.
MODE_NOT_READY = const(0)  # no test in this shift
MODE_READY = const(1)
MODE_PAUSED = const(2)  # by the board, for a time
MODE_CHARGING = const(3)
MODE_OFF = const(4)  # the shift is over
MODE_PRACTICE = const(5)
MODE_TESTING = const(6)
MODE_LIFEBOAT = const(7)

# The house's own traffic light for a visit.
NO_VISIT = const(0)
GREEN = const(1)
YELLOW = const(2)
RED = const(3)

# What does the board order, or the wearer wish for?
ORDER_NOTHING = const(0)  # only to hear that it has arrived
ORDER_VISIT = const(1)  # value: colour << 14 | check-in interval in s; colour 0 ends the visit
ORDER_PAUSE = const(2)  # value: minutes; 0 resumes
ORDER_OFF = const(3)  # value: 1 ends the shift, 0 begins one
ORDER_PRACTICE = const(4)  # value: minutes; 0 ends it
ORDER_TEST = const(5)
ORDER_ALONE = const(6)  # value: 1 nobody else is within call, 0 somebody is again
ORDER_TIME = const(7)  # value: the house's minute (firmware/link/frame.py), which decides nothing
ORDER_UPDATE = const(8)  # value: three hex digits of the version to fetch; 0x8000: at work, too
ORDERS = const(9)
AT_WORK = const(0x8000)

# Why does a badge refuse a downlink?
WHY_UNKNOWN = const(1)  # this version does not know it
WHY_WRONG = const(2)  # its value makes no sense here
WHY_NOT_NOW = const(3)  # an alarm or a question is open; of an update: or she is at work
WHY_CABLE = const(4)  # from here on of an update: no Wi-Fi, no slot or no room
WHY_CHARGE = const(5)  # the cell has too little left
WHY_AWAY = const(6)  # the gateway does not give it
WHY_SEAL = const(7)  # its list is not sealed with this badge's key
WHY_OLDER = const(8)  # it was made before what runs
WHY_CHIP = const(9)  # it is for another chip, or another MicroPython
WHY_TORN = const(10)  # it did not arrive whole

# What does a version say of itself, once? A badge in ABLE, a gateway in the ack of that.
VERSION = const(3)  # of the wire; 1 says nothing of itself
KNOWS_REFUSED = const(2)  # from this version on a gateway takes a REFUSED
KNOWS_SIGHTING = const(3)  # and from this one a SIGHTING
ABLE_REFUSES = const(1)  # it says REFUSED, and not TOLD, of what it does not do
ABLE_AGAIN = const(2)  # it knows an ORDER_AGAIN
ABLE_UPDATES = const(4)  # it can fetch an update by itself
ABLE_TREE = const(4)  # from this bit on three hex digits: the version of the sources that it runs, 0 where not told

# Which parts passed the shift's test? A bit each.
PASSED_SENSOR = const(1)
PASSED_BUTTON = const(2)
PASSED_MOTOR = const(4)
PASSED_ALL = const(7)

# What began this life, and in which task did a crash happen? A REPORT says it.
CAUSE_NONE = const(0)  # nothing: the badge crashed and goes on
CAUSE_POWER_ON = const(1)  # from here to 5 as MicroPython's port for the ESP32 numbers them
CAUSE_RESET = const(2)  # by hand, by a program, or by the chip after a panic
CAUSE_WATCHDOG = const(3)
CAUSE_DEEP_SLEEP = const(4)
CAUSE_SOFT = const(5)
CAUSE_DIP = const(6)  # the supply dipped
TASK_NONE = const(0)  # before there were tasks, or the watchdog, which names none
TASK_SENSE = const(1)  # in the order of firmware/app.py
TASK_TALK = const(2)
TASK_FEEL = const(3)
TASK_KEEP = const(4)
TASK_MIND = const(5)
REPORT_BYTES = const(14)  # between head and tag
REPORT_FACTS = const(6)  # from here on

# Faults, a bit each.
FAULT_SENSOR_SILENT = const(0x0001)
FAULT_SENSOR_WRONG = const(0x0002)
FAULT_NO_GATEWAY = const(0x0004)
FAULT_BATTERY_LOW = const(0x0008)
FAULT_STORAGE = const(0x0010)
FAULT_CRASHED = const(0x0020)
FAULT_BUTTON_STUCK = const(0x0040)
FAULT_MEMORY_LOW = const(0x0080)
FAULT_LIFEBOAT = const(0x0100)
FAULT_QUEUE_LOST = const(0x0200)  # what a person said had to yield to something graver, and nobody was told
FAULT_NO_LORA = const(0x0400)
FAULT_NOT_WORN = const(0x0800)
FAULT_PART_SILENT = const(0x2000)  # button, motor or battery gives no answer
FAULT_SENSOR_STUCK = const(0x1000)  # it answers, but what it says cannot be: stuck, cut off, mis-scaled

# Beside the faults in a heartbeat, and none.
WANTS_GROUP = const(0x4000)  # it has LoRa and no group key
WANTS_TIME = const(0x8000)  # it does not know the house's minute
