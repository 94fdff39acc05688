"""Does a crash reach the board in words: why, in which task, and what the badge did just before?"""

import csv
import io

import pytest

from firmware import codes as wire
from firmware.limits import ONCE_FIRST_MS, TRIES_OTHER
from firmware.link import frame
from firmware.link.seal import TAG_BYTES
from firmware.trace import ARROW, FAULT, FELT, GESTURE, REFUSED, SENT, Trace
from gateway_rig import Rig
from tools.cli import export
from tools.docs import facts
from tools.gateway import crashes, troubles
from tools.gateway.pages.words import WORDS
from test_board_memory import boot, rtc  # noqa: F401  rtc is a fixture
from tools.sim.rig import Rig as Life

POWER_ON, HARD, WATCHDOG, SOFT = 1, 2, 3, 5
MASH = bytes((GESTURE, 0, 3))
MINUTE = bytes((0x12, 0x34))
TOLD = bytes((wire.TASK_TALK << 4 | wire.CAUSE_RESET, 1)) + b"Attr" + MINUTE + MASH + bytes((FAULT, 0x20, 0x08))
DIP = bytes((wire.CAUSE_DIP, 0)) + bytes(12)


def last(trace):
    into = bytearray(b"\xff" * 10)
    trace.last(into, 2, 0x1234)
    assert into[:4] == b"\xff\xff" + MINUTE
    return into[4:]


def test_the_ring_gives_its_newest_facts_but_those_of_frames():
    trace = Trace()
    assert last(trace) == bytes(6)
    trace.note(FELT, 13, 0)
    trace.note(SENT, 77, 0)
    assert last(trace) == bytes((FELT, 0, 13, 0, 0, 0))
    for code, value in ((ARROW, 0x34), (FAULT, 0x2008), (SENT, 78), (REFUSED, 9)):
        trace.note(code, value, 0)
    assert last(trace) == bytes((FAULT, 0x20, 0x08, ARROW, 0, 0x34))
    for n in range(64):
        trace.note(SENT, n, 0)
    assert last(trace) == bytes(6), "what the ring has forgotten is not told"


def test_a_crash_is_kept_over_the_reset_that_it_ends_in(rtc):
    memory = boot(rtc, POWER_ON)
    assert memory.report == bytes((wire.CAUSE_POWER_ON,)) + bytes(13)
    memory.report[wire.REPORT_FACTS :] = TOLD[6:]
    memory.crashed("AttributeError", wire.TASK_TALK)
    memory.counted()
    assert memory.report == bytes((wire.TASK_TALK << 4, 1)) + TOLD[2:]
    memory = boot(rtc, HARD)
    assert memory.report == TOLD and memory.crashes == 1
    memory.told()
    assert boot(rtc, SOFT).crashes == 0 == memory.report[1]
    rtc.Memory().flashed()
    memory = boot(rtc, HARD)
    memory.crashed("Odd")
    memory.counted()
    assert boot(rtc, HARD).report[:6] == bytes((wire.CAUSE_RESET, 1)) + b"Odd\0", "nothing of an older reason is left"


def test_a_watchdog_tells_what_was_done_until_the_last_save(rtc):
    memory = boot(rtc, POWER_ON)
    memory.report[wire.REPORT_FACTS :] = TOLD[6:]
    memory.save(bytes(8), 8)
    assert boot(rtc, WATCHDOG).report == bytes((wire.CAUSE_WATCHDOG, 1)) + b"watc" + TOLD[6:]


def test_a_dip_is_the_cause_of_the_next_life_and_a_cut_has_nothing_to_tell(rtc):
    boot(rtc, POWER_ON)
    assert boot(rtc, POWER_ON).report == DIP
    rtc.Memory().ordered()
    assert boot(rtc, HARD).report[0] == wire.CAUSE_RESET
    rtc.rtc = b""
    assert boot(rtc, POWER_ON).report[0] == wire.CAUSE_POWER_ON


def test_a_report_goes_beside_heartbeats_until_it_is_acked():
    life = Life()
    life.acking = False
    life.badge.uplink.report = TOLD
    life.badge.fault(wire.FAULT_CRASHED, True, life.now)
    life.run(59000)
    told = [plain for type, plain in life.heard if type == frame.REPORT]
    assert len(told) == TRIES_OTHER and {plain[frame.UP_HEAD :] for plain in told} == {TOLD}
    life.acking = True
    life.run(5000)
    assert life.badge.uplink.report is None and not life.badge.faults & wire.FAULT_CRASHED
    told = [type for type, _ in life.heard].count(frame.REPORT)
    life.run(130000)
    assert told == TRIES_OTHER + 1 == [type for type, _ in life.heard].count(frame.REPORT)
    assert frame.expected(frame.REPORT) + TAG_BYTES <= 29, "what firmware/app.py asks a route for"


def test_an_alarm_goes_before_a_report_and_the_report_yields_to_what_a_person_said():
    life = Life()
    life.badge.uplink.report = TOLD
    life.badge.uplink.heartbeat(2, 0, 50, 0, life.now)
    box = life.badge.outbox
    box.put(7, frame.ALARM, 1, 0x30, 0, life.now)
    assert box.type[box.next(life.now)] == frame.ALARM
    for n in range(20):
        box.put(4, frame.ANSWER, n, 0, 0, life.now)
    assert not life.waits(frame.REPORT) and life.badge.uplink.report == TOLD, "it comes again with a heartbeat"


def test_an_ack_of_the_first_crash_does_not_forget_the_second():
    life = Life()
    uplink = life.badge.uplink
    buf = bytearray(frame.FRAME_BYTES_MAX)
    uplink.report = TOLD
    uplink.heartbeat(2, 0, 50, 0, life.now)
    while life.badge.next_frame(buf, life.now) and buf[0] != frame.REPORT:
        pass
    first = uplink.sent_counter
    uplink.report = bytes((TOLD[0], 2)) + TOLD[2:]
    uplink.heartbeat(2, 0, 50, 0, life.now)
    assert uplink.acked(first) < 0 and uplink.report[1] == 2
    while life.badge.next_frame(buf, life.now) and buf[0] != frame.REPORT:
        pass
    uplink.report = bytes((TOLD[0], 3)) + TOLD[2:]
    assert uplink.acked(uplink.sent_counter) >= 0 and uplink.report[1] == 3, "though no heartbeat has gone since"


def test_a_late_ack_of_a_report_that_was_given_up_is_taken_after_the_ack_of_the_one_that_went_again():
    uplink = Life().badge.uplink
    buf, now, late = bytearray(frame.FRAME_BYTES_MAX), 0, 0
    uplink.report = TOLD
    uplink.answer(1, 1, now)  # has a slot that is free later: what goes again has another
    uplink.heartbeat(2, 0, 50, 0, now)
    while now < ONCE_FIRST_MS:
        while uplink.next_frame(buf, now):
            late = uplink.sent_counter if buf[0] == frame.REPORT else late
        now += 100
    uplink.stood_down(1, 1)
    uplink.heartbeat(2, 0, 50, 0, now)
    while uplink.next_frame(buf, now) and buf[0] != frame.REPORT:
        pass
    assert uplink.acked(uplink.sent_counter) >= 0 and uplink.report is None
    uplink.acked(late)
    assert uplink.report is None


def test_the_board_has_it_in_both_languages(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna", "bo")
    assert rig["anna"].report(TOLD) and rig["bo"].report(DIP)
    with rig.store.engine.connect() as db:
        newest, oldest = crashes.shown(db)
    assert newest["name"] == "bo" and newest["says"] == [["cause_dip"]]
    assert oldest["at_ms"] == rig.now_ms
    said = {lang: crashes.spoken(oldest["says"], WORDS[lang]) for lang in WORDS}
    assert said["en"] == ("was reset; crashes: 1; AttributeError; while sending; button: three presses or a hold; "
                          "faults: battery is low BUTTON, MOTOR OR BATTERY DOES NOT ANSWER")
    assert said["da"].startswith("nulstillet; nedbrud: 1; AttributeError; mens den sendte; knappen: tre tryk")


def test_a_report_whose_ack_was_lost_is_one_report(tmp_path):
    rig = Rig(tmp_path / "kald.sqlite", "anna")

    def count():
        with rig.store.engine.connect() as db:
            return len(crashes.shown(db))

    assert rig["anna"].report(TOLD) and rig["anna"].report(TOLD) and count() == 1
    assert rig["anna"].report(bytes((TOLD[0], 2)) + TOLD[2:]) and count() == 2
    rig.run(3700)
    assert rig["anna"].report(TOLD) and count() == 3
    rig.now -= 7_400_000  # its machine's clock is set back
    rig.radio.clock_set(-7_400_000, rig.now_ms)
    assert rig["anna"].report(TOLD) and count() == 4


@pytest.mark.parametrize("told", (
    bytes(14), b"\xff" * 14, bytes((7, 1)) + TOLD[2:], bytes((0x60, 1)) + TOLD[2:], TOLD[:2] + b"=1+1" + TOLD[6:],
    TOLD[:2] + b"A\0tr" + TOLD[6:], TOLD[:2] + bytes(4) + TOLD[6:], TOLD[:8] + bytes(3) + MASH,
    TOLD[:8] + bytes((0, 1, 1)) + bytes(3), bytes((wire.CAUSE_POWER_ON, 0)) + bytes(12),
))
def test_what_no_badge_says_is_refused_and_not_kept(tmp_path, told):
    rig = Rig(tmp_path / "kald.sqlite", "anna")
    assert not rig["anna"].report(told)
    assert rig.radio.refused == {"content": 1}
    with rig.store.engine.connect() as db:
        assert crashes.shown(db) == []


def test_every_part_of_a_report_has_a_word():
    names = vars(wire)
    wanted = {f"cause_{name}" for name in crashes.CAUSES.values()} | {f"task_{name}" for name in crashes.TASKS.values()}
    assert set(crashes.CAUSES) == {names[name] for name in names if name.startswith("CAUSE_")}
    assert set(crashes.TASKS) == {names[name] for name in names if name.startswith("TASK_")}
    wanted |= {f"fact_{name}" for name in crashes.FACTS.values()} | {"crashes", "no_fault"}
    wanted |= {"reason_watchdog", "reason_panic"}
    wanted |= {f"was_{state}" for state in range(wire.SAFE, wire.TAKEN + 1)}
    wanted |= {f"felt_{pattern}" for pattern in range(1, len(facts.PATTERNS))}
    gestures = (wire.PRESSED, wire.ASSIST_ASKED, wire.EMERGENCY_ASKED, wire.PRESSED_ALONE)
    wanted |= {f"gesture_{gesture}" for gesture in gestures} | {f"fault_{fault}" for fault in troubles.FAULTS.values()}
    for lang in WORDS.values():
        assert wanted <= set(lang), wanted - set(lang)


def test_what_has_no_word_is_shown_by_number():
    odd = bytes((wire.CAUSE_WATCHDOG, 2)) + b"Odd\0" + bytes((0, 0, 9, 1, 2, FAULT, 0x80, 0))
    assert crashes.spoken([part for parts in crashes.says(odd).values() for part in parts], WORDS["en"]) == (
        "the watchdog restarted it; crashes: 2; Odd...; at the start or in an unknown place; fact 9: 258; "
        "faults: fault_0x8000")


def test_export_writes_them_in_words(tmp_path, capsys):
    rig = Rig(tmp_path / "kald.sqlite", "=anna")
    rig["=anna"].report(TOLD)
    rig.run(10)
    rig["=anna"].report(DIP)
    rig.store.close()
    assert export.main(["--crashes", "--lang", "da", "--data", str(tmp_path)]) == 0
    head, first, second = csv.reader(io.StringIO(capsys.readouterr().out.removeprefix("\ufeff")), delimiter=";")
    assert tuple(head) == crashes.COLUMNS
    assert first[0] == "'=anna" and first[3:7] == ["nulstillet", "1", "AttributeError", "mens den sendte"]
    assert second[2:] == ["", "strømmen svigtede kort", "0", "", "", ""], "it did not know the time"
    with pytest.raises(SystemExit):
        export.main(["1", "--crashes"])
