"""How long, how many, how often? Every limit of the badge, with its unit and its reason.

Times count from the deciding edge. Sources: DIN VDE V 0825 values as DGUV Information 212-139 tables them, read for
reliability only; this product claims no conformity.
"""

from micropython import const

# Button
DEBOUNCE_MS = const(24)  # contacts bounce for 1 to 20 ms; the promise is 30 ms at most
RELEASE_MS = const(42)  # open as long: let go. The longest that loses no gesture: see tools/sim/checks/hands.py
STALL_MS = const(40)  # two looks as far apart may hide a press between them; the loop looks every 10 or 20 ms
SPARKS_MS = const(1000)  # so long a line that has had a spark is believed only what is clean
TREMBLE_MS = const(80)  # in an answer: a finger that trembles lifts for 70 at most, one that presses twice for 100
PRESS_GAP_MS = const(700)  # presses with gaps up to this belong together
FLICKER_MS = const(130)  # as long may a hold slip: a tenth of a second, a bounce and a poll
HOLD_MS = const(800)  # held as long: emergency, well inside the 2 s that DGUV-I 212-139 allows
MASH_MS = const(2000)  # three presses so fast are surely an emergency; the badge takes slower ones for it, too
ANSWER_QUIET_MS = const(700)  # "I am coming" only when no second press has followed
STUCK_MS = const(30000)  # button down as long: it is stuck

# Alarm
PRE_ALARM_MS = const(30000)  # a fall is asked about; with 6 s of detection inside 45 s
CHECK_IN_PRE_ALARM_MS = const(45000)  # from the missed due time; the most that the standard allows a pre-alarm
CHECK_IN_REMIND_MS = const(60000)  # felt before it is due
FOLLOW_UP_MS = const(120000)  # after a denied fall: an assailant can press too
TORN_MS = const(2000)  # clip contact open as long: torn off, and not a hand that moved it
MOTIONLESS_MS = const(45000)  # with the pre-alarm inside 90 s
POSITION_MS = const(30000)  # tilted as long; with the pre-alarm inside 90 s
RIGHTED_MS = const(10000)  # upright or moving as long: the question is withdrawn
UNANSWERED_AGAIN_MS = const(60000)  # felt again and again
TAKEN_MS = const(180000)  # taken, but neither arrived nor closed: the gateway's next step is due
RELIEVED_MS = const(2000)  # as long as a gesture may grow: a cancelling press may become a mash
UNANSWERED_MS = const(30000)  # received, but nobody has taken it
REFRESH_MS = const(20000)  # an open alarm is sent again; well inside the 1 min of the standard
FEEL_UNHEARD_MS = const(8000)  # first felt; the promise is 10 s
FEEL_UNHEARD_AGAIN_MS = const(30000)  # then at least every 60 s
COMES_MS = const(10000)  # so soon after "I am coming" who sat still moves
MOVED_MS = const(60000)  # a badge that has not moved for as long answers no call: it lies on a table
CALL_FORGOTTEN_MS = const(300000)  # a call whose gateway fell silent ends for the colleague

# Duty
READY_MS = const(86400000)  # the shift's test holds 24 h
OFF_MS = const(57600000)  # "my shift is over" is forgotten after 16 h: the badge watches again by itself
PAUSE_MIN_MOST = const(120)
PRACTICE_MIN_MOST = const(10)
TEST_PRESS_MS = const(20000)  # the motor asks, and the wearer answers
ALONE_AGAIN_MS = const(600000)

# Link
RETRY_FIRST_MS = const(400)  # Wi-Fi: an ack takes some 20 ms
RETRY_SOON_MS = const(1000)
TRIES_SOON = const(12)  # so far an alarm is tried every second, for the calls that it has set off fill the channel
RETRY_ALARM_MS = const(2000)
TRIES_PATIENT = const(72)  # after some two minutes an alarm that nobody hears is tried at a slower pace
RETRY_PATIENT_MS = const(5000)  # a gateway's return is felt within the minute, though four frames of ten are lost
RETRY_SAID_MS = const(30000)  # at most, what was said beside an alarm: after its quick tries 2 s, 4, 8 and so on
TRIES_SAID = const(24)  # "I am coming", tried for nearly five minutes, comes too late
RETRY_OTHER_MS = const(5000)
TRIES_VAIN = const(2)  # of a heartbeat, after VAIN of them that nobody acked
VAIN = const(3)
FLASH_AGAIN_MS = const(1000)  # what flash refuses is tried again; the pause doubles up to a minute
FLASH_AGAIN_MOST_MS = const(60000)
FLUTTER_MS = const(600000)  # a fault that is there for the third time within as long
STEADY_MS = const(60000)  # is gone only when it has been for as long
SCARCE_MS = const(25000)  # where the law's hour runs out, an alarm is tried twice in every minute: one may be lost
HEARTBEAT_MS = const(60000)
METERED_BEAT_MS = const(300000)  # at least, while LoRa stands in for Wi-Fi: no bridge could ack a hundred every minute
NO_GATEWAY_MS = const(150000)  # two heartbeats and their retries unheard; longer where heartbeats are rarer
LINK_FELT_MS = const(55000)  # after the gateway's last word in a heard alarm: within the standard's minute
NO_GATEWAY_FELT_MS = const(300000)  # without an alarm it is felt as often, and no more
ONCE_FIRST_MS = const(60000)  # what is told once is tried again after as long, then twice as long, and so on ...
ONCE_MOST_MS = const(3600000)  # ... up to this: a gateway of an older version refuses it until it is renewed
TRIES_OTHER = const(5)  # a heartbeat is given up after as many; an alarm never
OUTBOX_SLOTS = const(8)
SENT_KEPT = const(16)  # as many frames may be under way when an ack comes back
CALL_SLOTS = const(4)
REST_MOST_MS = const(1000)  # the hallway looks in as often, whatever is due
LYING_MOST_MS = const(1800)  # while the badge lies somewhere: a sensor that falls silent is still told by the clock
COUNTER_BLOCK = const(256)  # reserved in flash at once: 256 frames for one write
COUNTER_LOW = const(128)  # reserve the next block when fewer remain
SEEN_AGAIN_MS = const(10000)  # between two looks around while an alarm is open
SEEN_MOST = const(8)  # access points and beacons in a SIGHTING
SEEN_METERED = const(4)  # on LoRa: 26 bytes, the air of 24
LORA_SYNC_WORD = const(0x4B)  # neither LoRaWAN's 0x34, nor 0x12, which a chip has after a brown-out

# Body
CLAMP_MG = const(18000)  # three squares stay below 2^30
SAMPLE_MS = const(20)
SENSOR_SILENT_MS = const(2000)
NOT_WORN_MS = const(600000)  # nobody keeps as still: it lies somewhere

BATTERY_LOW = const(15)  # percent
BATTERY_WELL = const(18)  # percent; a cell that is read again has not been charged
BATTERY_FULL = const(90)  # percent; from here on a charger that gives nothing may still hold the badge
BATTERY_UNKNOWN = const(255)
UPDATE_LEAST = const(30)  # percent; flash and Wi-Fi draw for minutes, and a shift may begin right after

assert DEBOUNCE_MS <= 30 and HOLD_MS > PRESS_GAP_MS and MASH_MS >= 2 * PRESS_GAP_MS
assert RELIEVED_MS >= MASH_MS and FEEL_UNHEARD_MS < 10000 and FEEL_UNHEARD_AGAIN_MS <= 60000
assert TORN_MS + 1000 < 10000 and CHECK_IN_PRE_ALARM_MS <= 45000
assert MOTIONLESS_MS + PRE_ALARM_MS < 90000 and POSITION_MS + PRE_ALARM_MS < 90000
assert PRE_ALARM_MS + 6000 < 45000 and 2 * REFRESH_MS < LINK_FELT_MS < 60000
assert 3 * CLAMP_MG * CLAMP_MG < 0x40000000 and REST_MOST_MS < LYING_MOST_MS < SENSOR_SILENT_MS
assert COUNTER_LOW < COUNTER_BLOCK and NO_GATEWAY_MS > 2 * HEARTBEAT_MS
