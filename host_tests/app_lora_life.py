"""Does the real hallway keep its promises over LoRa, in the simulated air, alone and beside Wi-Fi? Prints facts.

Real app.py, radio.py, lora.py and modem.py on a simulated chip; a gateway with another chip acknowledges 10 ms after it
has heard (a quick disk). Arguments: folders for sys.path.
"""

import sys

sys.path[:0] = sys.argv[1:]

from radio_rig import TIME, Place, air_in_our_time  # noqa: E402

from firmware.board.lora import DOZING, HEARING, Lora  # noqa: E402
from firmware.board.radio import Radio  # noqa: E402
from firmware.codes import FAULT_NO_GATEWAY, FAULT_NO_LORA, KIND_EMERGENCY, STEP_CLOSED  # noqa: E402
from firmware.feedback.patterns import STOOD_DOWN  # noqa: E402
from firmware.link import downlink, frame, region  # noqa: E402
from firmware.link.ledger import RECORD_BYTES_MAX, Ledger  # noqa: E402
from firmware.ticks import since  # noqa: E402
from firmware.trace import FELT  # noqa: E402
from tools.sim import sealed  # noqa: E402
from tools.sim.air.modem import Pocket  # noqa: E402
from tools.sim.route import Route  # noqa: E402
from tools.sim.scripts import fake_board  # noqa: E402

_ACK_MS = 10
_TURN_MS = 5


class Gate:
    """A gateway's radio: hears, has the hall's board answer, and sends the answers."""

    def __init__(self, air, board):
        book = Ledger((region.P,))
        book.clear()
        book.pledge(bytearray(RECORD_BYTES_MAX))
        book.pledged()
        self._book = book
        place = Place(air, "sx1262", 50)
        self.lora = Lora(place.make, region.P, book, lambda _: None)
        self.board = board
        self.heard = []
        self.deaf = False
        self._buf = bytearray(80)

    def turn(self):
        self._book.pledged()
        self.lora.tend(TIME.ticks_ms())
        n = self.lora.receive(self._buf)
        if n and not self.deaf:
            self.heard.append((fake_board.clock.now, self._buf[0], frame.get30(self._buf, 3)))
            fake_board.Board.send(self.board, self._buf, n)
        back = self.board.back
        if back and back[0][0] <= fake_board.clock.now and self.lora.up():
            data = back.pop(0)[1]
            self._book.pledge(bytearray(RECORD_BYTES_MAX))
            self._book.pledged()
            self.lora.send(data, len(data), True)


class Wifi(Route):
    """A free route behind which a gateway answers at once, or nobody does."""

    def __init__(self, board):
        self.board = board
        self.is_up = self.answers = True
        self.sent = []
        self.wants = []

    def linked(self):
        return self.is_up

    def doze(self, on):
        self.wants.append(on)

    def send(self, buf, n, is_alarm=False):
        counter = frame.get30(buf, 3)
        self.sent.append((fake_board.clock.now, buf[0], counter))
        if self.answers:
            self.wants.append(sealed.ack(self.board._seal, fake_board.DEVICE, 2, counter))
        return True

    def receive(self, buf):
        answers = [one for one in self.wants if isinstance(one, bytes)]
        del self.wants[:]
        if not answers or not self.is_up:
            return 0
        buf[: len(answers[0])] = answers[0]
        return len(answers[0])


class Board(fake_board.Board):
    """The hall's board with a real LoRa route, in the drivers' time."""

    def __init__(self, wifi=False):
        super().__init__(_ACK_MS)
        self.air = air_in_our_time(seed=3)
        self.place = Place(self.air, "sx1262")
        pocket = Pocket()
        channel = {"khz": region.ALARM_KHZ, "sf": 7}
        self.radio = Radio(lambda khz, sf, dbm: self.place.make(), pocket, channel, pocket, pocket)
        self.gate = Gate(self.air, self)
        self.wifi = Wifi(self)
        self.routes = (self.wifi, self.radio) if wifi else (self.radio,)
        self.dozed_ms = 0

    def no_lora(self, now):
        return self.radio.missing(now)

    def say(self, calls, counter, writer, *fields):
        """Have the gateway send a downlink at once, short, or with the preamble of a call; return whether it could."""
        heard = self.sent[-1][2]
        buf = sealed.down(self._seal, writer, fake_board.DEVICE, fake_board.GATEWAY, counter, heard, *fields)
        return self.gate.lora.send(buf, len(buf), True, calls)


class Naps(fake_board.Naps):
    """Light sleep as firmware/board/sleep.py has it: the button ends it, and the radio's line."""

    def __init__(self, board):
        super().__init__(board, self)
        self.woken = 0  # by the radio

    def nap(self, ms, lying=False):
        slept = self.board.radio.up() and super().nap(ms, lying)
        self.woken += slept and self.board.place.chip.dio1.value()
        return slept

    def speaks(self):
        return self.board.pressed or self.board.place.chip.dio1.value()

    def wait_io_event(self, dt):
        wait(dt)

    def next_ms(self):
        return _TURN_MS


boards = []


def wait(dt):
    """Let the air pass as time does, in turns of the gateway; what a driver waits is time too."""
    board = boards[-1]
    clock = fake_board.clock
    before_us = board.began_us
    while dt > 0:
        step = min(dt, _TURN_MS)
        dt -= step
        TIME.clock.run(TIME.clock.now_us + 1000 * step)
        board.dozed_ms += step * (board.radio.state == DOZING)
        clock.now = board.began + (TIME.clock.now_us - before_us) // 1000
        board.gate.turn()
    clock.now = max(clock.now, board.began + (TIME.clock.now_us - before_us) // 1000)
    for at, act in tuple(clock.story):
        if clock.now >= at:
            clock.story.remove((at, act))
            act()


fake_board.clock.wait_io_event = wait


def made(**words):
    board = Board(**words)
    board.began = fake_board.clock.now
    board.began_us = TIME.clock.now_us
    boards.append(board)
    del fake_board.clock.story[:]
    return board


def put(ms, board, name, value):
    fake_board.clock.after(ms, lambda: setattr(board, name, value))


def types(heard, type):
    return [t for t, one, _ in heard if one == type]


def press(board, ms):
    """Hold the button `ms` from now; return when that decides."""
    put(ms, board, "pressed", 1)
    put(ms + 1000, board, "pressed", 0)
    return fake_board.clock.now + ms + 800


# LoRa alone: heartbeats, then an alarm that is received and closed; dozing around it, listening within
board = made()
edge = press(board, 20000)
facts = []


def during():
    facts.append(board.radio.state)
    board.tell_step(1, app_of[0].badge.alarm.alarm_id, STEP_CLOSED)


app_of = []
fake_board.clock.after(40000, during)
app, why = fake_board.run(board, 70000, app_of.append)
first = [t for t in types(board.gate.heard, frame.ALARM) if t >= edge][0]
felt = [t for t, level in board.levels if level and t > first][0]
print("lora_edge_to_gateway_ms", first - edge, "felt_ms", felt - edge, "faults", app.badge.faults & ~0x2000)
print("listens_while_open", facts[0] == 1, "closed", app.badge.alarm.state == 0, "dozes", board.radio.state == DOZING)
print("dozed_permille", board.dozed_ms * 1000 // 70000, "heartbeats", len(types(board.gate.heard, frame.HEARTBEAT)) > 0)
print("violations", board.place.chip.violations, "twice", len(set(board.gate.heard)) - len(board.gate.heard))

# many alarms, for the median: deciding edge to felt
waits = []
for turn in range(9):
    board = made()
    edge = press(board, 8000 + 137 * turn)
    fake_board.run(board, 13000)
    sent = [t for t in types(board.gate.heard, frame.ALARM) if t >= edge]
    waits.append([t for t, level in board.levels if level and t > sent[0]][0] - edge)
waits.sort()
print("lora_felt_median_ms", waits[4], "most", waits[-1])

# a gateway that takes its time: the next try waits for frame and ack in the air as well
board = made()
board._answer_ms = 320
edge = press(board, 8000)
fake_board.run(board, 12000)
print("slow_gateway_alarms", len(types(board.gate.heard, frame.ALARM)))

# both: heartbeats stay on Wi-Fi, an alarm goes over both and is felt once
board = made(wifi=True)
edge = press(board, 90000)
app, why = fake_board.run(board, 95000)
calm = [t for t in types(board.gate.heard, frame.HEARTBEAT) if t > board.began + 5000 and t < edge]
print("both_heartbeats_wifi", len(types(board.wifi.sent, frame.HEARTBEAT)) > 1, "lora", len(calm))
wifi_alarms, lora_alarms = types(board.wifi.sent, frame.ALARM), types(board.gate.heard, frame.ALARM)
soon = [bool(sent) and sent[0] - edge <= ms for sent, ms in ((wifi_alarms, 100), (lora_alarms, 300))]
print("both_alarm", len(wifi_alarms), len(lora_alarms), *soon)
counters = [c for _, type, c in board.wifi.sent if type == frame.ALARM]
print("one_frame", counters == [c for _, type, c in board.gate.heard if type == frame.ALARM])
buzzes = [t for t, level in board.levels if level and t > edge]
print("buzzes", len(buzzes))

# Wi-Fi that takes frames and answers nothing: heartbeats come over LoRa, and no gateway is not missed
board = made(wifi=True)
board.wifi.answers = False
put(200000, board.wifi, "answers", True)
missed = []
for ms in (199000, 299000, 420000):
    fake_board.clock.after(ms, lambda: missed.append(app_of[-1].badge.faults & FAULT_NO_GATEWAY))
app, why = fake_board.run(board, 430000, app_of.append)
beats = sorted({(t - board.began + 5000) // 10000 * 10 for t, _, _ in board.gate.heard})  # of all that it tells then
free = [(t - board.began + 5000) // 10000 * 10 for t in types(board.wifi.sent, frame.HEARTBEAT)]
print("dead_wifi_beats_on_lora_s", beats, "no_gateway", missed, "then_on_wifi_s", [s for s in free if s > 310])

# neither answers: that is known as soon as ever
board = made(wifi=True)
board.wifi.answers = False
board.gate.deaf = True
app, why = fake_board.run(board, 155000)
print("nobody_answers", app.badge.faults & FAULT_NO_GATEWAY > 0)

# an hour's airtime that is spent: the alarm waits, the wearer feels why at once, and it goes as soon as it may
board = made()
ledger = board.radio._ledger
seen = []


def look():
    seen.append(app_of[-1].badge.faults & FAULT_NO_LORA > 0)


fake_board.clock.after(5000, lambda: ledger.spend(region.P, region.budget_ms(region.P), fake_board.clock.now))
edge = press(board, 10000)
for ms in (4900, 5200, 29000, 30200):
    fake_board.clock.after(ms, look)
fake_board.clock.after(30000, ledger.clear)
app, why = fake_board.run(board, 34000, app_of.append)
alarms = types(board.gate.heard, frame.ALARM)
trouble = [t - board.began for t, level in board.levels if level and 5000 <= t - board.began < 5400]
print("law", seen, "felt", len(trouble) > 0, "waited", alarms[0] - board.began > 30000, alarms[0] - board.began < 33000)

# a chip that dies: a technical alarm over Wi-Fi, and alarms go there
board = made(wifi=True)
put(3000, board.place.chip, "fail", "silent")
edge = press(board, 30000)
app, why = fake_board.run(board, 40000)
soon = types(board.wifi.sent, frame.ALARM)[0] - edge <= 100
print("no_lora", app.badge.faults & FAULT_NO_LORA > 0, "alarm_on_wifi", soon)

# a called badge, asleep between blocks of samples: a stand-down without a long preamble is felt at once
waits = []
woken = 0
for turn in range(6):
    board = made()
    board.sleep = Naps(board)
    board.boots = 0
    marks = []

    def call(board=board, marks=marks):
        marks.append((board.radio.state, board.say(True, 1, downlink.call, 12, 4000, KIND_EMERGENCY)))

    def called(board=board, marks=marks):
        marks.append((board.radio.state, board.sleep.sleeps))

    def over(board=board, marks=marks):
        marks.append((board.radio.state, board.sleep.sleeps, board.say(False, 2, downlink.stand_down, 12, 4000)))
        marks.append((board.now(), board.sleep.woken))

    fake_board.clock.after(36000, call)
    fake_board.clock.after(41000, called)
    fake_board.clock.after(53000 + 677 * turn, over)
    app, why = fake_board.run(board, 59000, None, {"heartbeat_ms": 300000})
    trace = app.badge.trace
    at = [trace.at[i] for i in range(len(trace.at)) if trace.code[i] == FELT and trace.value[i] == STOOD_DOWN]
    waits.append(since(marks[3][0], at[0]) if at else 99999)
    woken += board.sleep.woken - marks[3][1]
    right = marks[0] == (DOZING, True) and marks[1][0] == marks[2][0] == HEARING and marks[2][2]
    if not right or marks[2][1] - marks[1][1] < 5 or max(app.badge.calls.kind) or app.badge.faults & ~0x2000:
        print("called wrongly", marks, app.badge.faults)
print("stand_down_felt_most_ms", max(waits), "least", min(waits), "out_of_sleep", woken)
