"""What does RTC memory tell after each kind of reset, and is any damage to it survived?"""

import pytest
from board_rig import metal

POWER_ON, HARD, WATCHDOG = 1, 2, 3


@pytest.fixture
def rtc():
    with metal({}) as (found, load):
        found.Memory = load("firmware.board.memory").Memory
        yield found


def boot(rtc, cause):
    """Begin a life as boot.py does; return the Memory that the board then makes."""
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
    memory = boot(rtc, HARD)
    assert kept(memory.load) == bytes(range(32)) and kept(memory.load_ledger) == bytes(range(100, 155))
    assert memory.crashes == 1 and memory.report[2:6] == b"Attr" and memory.boots == 2 and memory.dips == 0
    memory.told()
    memory = boot(rtc, HARD)
    assert memory.crashes == 0 and memory.report[2:6] == b"Attr"
    assert len(rtc.rtc) < 200


def test_a_record_longer_than_its_reader_is_not_taken(rtc):
    memory = boot(rtc, POWER_ON)
    memory.save(bytes(40), 40)
    assert boot(rtc, HARD).load(bytearray(32)) == 0


def test_a_watchdog_reset_is_a_crash(rtc):
    boot(rtc, POWER_ON)
    memory = boot(rtc, WATCHDOG)
    assert memory.crashes == 1 and memory.report[2:6] == b"watc"


def test_a_power_on_that_finds_our_record_was_a_dip_and_a_real_cut_is_none(rtc):
    assert boot(rtc, POWER_ON).dips == 0
    assert [boot(rtc, POWER_ON).dips for _ in range(3)] == [1, 2, 3]
    assert boot(rtc, HARD).dips == 3
    memory = boot(rtc, HARD)
    memory.well()
    assert memory.boots == 0 and boot(rtc, HARD).dips == 0
    boot(rtc, POWER_ON)
    rtc.rtc = b""
    assert boot(rtc, POWER_ON).dips == 0


def test_counters_do_not_wrap(rtc):
    for _ in range(300):
        memory = boot(rtc, WATCHDOG)
    assert memory.boots == 255 == memory.crashes


def test_any_damage_counts_as_empty(rtc):
    memory = boot(rtc, POWER_ON)
    memory.save(bytes(range(32)), 32)
    memory.save_ledger(bytes(55), 55)
    whole = rtc.rtc
    for at in range(len(whole)):
        for bit in (1, 128):
            rtc.rtc = whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :]
            memory = rtc.Memory()
            assert (memory.boots, kept(memory.load), kept(memory.load_ledger)) == (0, b"", b"")
    for cut in range(len(whole)):
        rtc.rtc = whole[:cut]
        assert rtc.Memory().boots == 0
    rtc.rtc = whole
    assert rtc.Memory().boots == 1
