"""What does RTC memory tell after each kind of reset, and is any damage to it survived?"""

import pytest
from board_rig import metal

UNKNOWN, POWER_ON, HARD, WATCHDOG, DEEP_SLEEP, SOFT = range(6)  # as the port numbers them


@pytest.fixture
def rtc():
    with metal({}) as (found, load):
        found.Memory = load("firmware.board.boot_history").BootHistory
        yield found


def boot(rtc, cause):
    """Begin a life as boot.py does; return the RtcMemory that the board then makes."""
    rtc.cause = cause
    rtc.Memory().booted()
    return rtc.Memory()


def kept(load, room=80):
    buf = bytearray(room)
    return bytes(buf[: load(buf)])


def test_alarm_and_airtime_and_reason_are_kept_over_a_reset(rtc):
    memory = boot(rtc, POWER_ON)
    memory.save(bytes(range(32)), 32)
    memory.save_ledger(bytes(range(100, 155)), 55)
    memory.crashed("AttributeErrorOfOurs")
    memory.counted()
    memory = boot(rtc, HARD)
    assert kept(memory.load) == bytes(range(32)) and kept(memory.load_ledger) == bytes(range(100, 155))
    assert memory.crashes == 1 and memory.report[2:6] == b"Attr" and memory.dips == 0
    memory.told()
    memory = boot(rtc, SOFT)
    assert memory.crashes == 0 and memory.report[2:6] == b"Attr"
    assert len(rtc.rtc) < 200


def test_a_record_longer_than_its_reader_is_not_taken(rtc):
    memory = boot(rtc, POWER_ON)
    memory.save(bytes(40), 40)
    assert boot(rtc, HARD).load(bytearray(32)) == 0


@pytest.mark.parametrize("cause, reason", [
    (WATCHDOG, b"watc"), (HARD, b"pani"), (UNKNOWN, b"pani"), (DEEP_SLEEP, b"pani"),
])
def test_a_start_that_nobody_ordered_is_a_crash_whatever_the_chip_calls_it(rtc, cause, reason):
    boot(rtc, POWER_ON)
    memory = boot(rtc, cause)
    assert (memory.failed, memory.crashes, memory.report[2:6]) == (1, 1, reason)
    memory.told()
    memory = boot(rtc, cause)
    assert (memory.failed, memory.crashes, memory.report[1]) == (2, 2, 2), "the run of them is told, and not the last"
    assert memory.report[0] == (cause or HARD)


def ordered(rtc):
    rtc.Memory().ordered()
    return HARD


def flashed(rtc):
    rtc.Memory().flashed()
    return HARD


@pytest.mark.parametrize("order", [
    ordered, flashed, lambda rtc: SOFT, lambda rtc: POWER_ON, lambda rtc: boot(rtc, SOFT) and HARD,
    lambda rtc: boot(rtc, SOFT) and WATCHDOG, lambda rtc: ordered(rtc) and WATCHDOG,
    lambda rtc: setattr(rtc, "rtc", b"") or HARD,
])
def test_a_start_that_somebody_ordered_is_no_failure_however_often_it_comes(rtc, order):
    """A dip, a key, mpremote's soft reset and what follows it, a reset of ours, a prompt left alone, a new pairing."""
    boot(rtc, POWER_ON)
    for _ in range(9):
        memory = boot(rtc, order(rtc))
        memory.runs()
        assert (memory.failed, memory.crashes, memory.wants_boat()) == (0, 0, False)
    assert boot(rtc, HARD).failed == 1, "an order is for one start"


def test_an_error_that_was_counted_before_the_reset_is_one_failure_with_its_own_name(rtc):
    memory = boot(rtc, POWER_ON)
    memory.crashed("ImportError")
    memory.counted()
    memory = boot(rtc, HARD)
    assert (memory.failed, memory.crashes, memory.report[2:6]) == (1, 1, b"Impo")
    memory.crashed("KeyError", 3)  # in a task, which went on
    memory = boot(rtc, HARD)
    assert (memory.failed, memory.report[2:6]) == (2, b"pani")


def test_runs_of_failures_are_counted_over_hours_and_an_hour_of_running_well_forgives_one(rtc):
    boot(rtc, POWER_ON)
    for hours in (0, 0, 1, 0):
        memory = boot(rtc, HARD)
        assert not memory.wants_boat()
        memory.well()
        for _ in range(hours):
            memory.forgive()
    memory = boot(rtc, HARD)
    assert memory.failed == 4 == boot(rtc, SOFT).failed and memory.wants_boat()
    for _ in range(9):
        memory.forgive()
    assert boot(rtc, SOFT).failed == 0


def test_the_lifeboat_gives_way_comes_back_at_the_first_failure_and_waits_longer_each_time(rtc):
    boot(rtc, POWER_ON)
    for _ in range(4):
        memory = boot(rtc, WATCHDOG)
    for n in range(9):
        assert memory.wants_boat() and memory.gave_way == min(n, 6)
        memory.give_way()
        assert not boot(rtc, HARD).wants_boat(), "it has ordered this start"
        memory = boot(rtc, WATCHDOG)
    memory.give_way()
    memory = boot(rtc, HARD)
    for _ in range(3):
        memory.forgive()
    assert boot(rtc, POWER_ON).gave_way == 0


def test_where_the_lifeboat_fails_too_the_two_take_turns_for_ever_and_a_new_firmware_begins_with_the_app(rtc):
    boot(rtc, POWER_ON)
    turns = [boot(rtc, WATCHDOG).wants_boat() for _ in range(600)]
    assert turns[:3] == [False] * 3 and all(turns[3::2]) and not any(turns[4::2])
    rtc.Memory().flashed()
    memory = boot(rtc, HARD)
    assert not memory.wants_boat() and not memory.wants_boat(False) and memory.wants_boat(unfinished=True)


def test_a_power_on_that_finds_our_record_was_a_dip_and_a_real_cut_is_none(rtc):
    assert boot(rtc, POWER_ON).dips == 0
    assert [boot(rtc, POWER_ON).dips for _ in range(3)] == [1, 2, 3]
    memory = boot(rtc, SOFT)
    assert memory.dips == 3
    memory.well()
    assert boot(rtc, SOFT).dips == 0
    boot(rtc, POWER_ON)
    rtc.rtc = b""
    assert boot(rtc, POWER_ON).dips == 0


def test_counters_do_not_wrap(rtc):
    for _ in range(300):
        memory = boot(rtc, WATCHDOG)
    assert memory.crashes == 255


def test_any_damage_counts_as_empty(rtc):
    boot(rtc, POWER_ON)
    memory = boot(rtc, HARD)
    memory.save(bytes(range(32)), 32)
    memory.save_ledger(bytes(55), 55)
    whole = rtc.rtc
    for at in range(len(whole)):
        for bit in (1, 128):
            rtc.rtc = whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :]
            memory = rtc.Memory()
            assert (memory.failed, kept(memory.load), kept(memory.load_ledger)) == (0, b"", b"")
    for cut in range(len(whole)):
        rtc.rtc = whole[:cut]
        assert rtc.Memory().failed == 0
    rtc.rtc = whole
    assert rtc.Memory().failed == 1
