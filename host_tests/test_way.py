"""Does the whole way work on real MicroPython: press, gateway, answer, and through kills, resets and power cuts?"""

import signal
import time

from sqlalchemy import select

from firmware.feedback import patterns
from house import felt, house  # noqa: F401
from tools.gateway.tables import ALARMS
from waits import until


def test_a_press_calls_a_colleague_who_answers(house):
    house = house("anna", "bo")
    anna, bo = house.badges
    anna.press(100, times=3)
    until(lambda: "called" in house.steps() and house.facts()["alarms"][0]["kind"] == 3)
    until(lambda: [level for _, level in bo.motor if level])
    time.sleep(1)  # the colleague's hand, in real time
    bo.press(100)
    until(lambda: "taken" in house.steps())
    alarm = house.facts()["alarms"][0]
    assert alarm["taken_by"] == "bo" and len(house.facts()["alarms"]) == 1


def repeats(house):
    with house.store.engine.connect() as db:
        return db.execute(select(ALARMS.c.repeats)).scalar()


def test_a_gateway_killed_between_press_and_ack_keeps_exactly_one_alarm(house):
    house = house("anna")
    badge = house.badges[0]
    house.gateway.end(signal.SIGKILL)
    badge.press(1000)
    until(lambda: house.alarms_ms)
    house.gateway.begin()
    until(lambda: house.steps() == ["received"])
    until(lambda: patterns.RECEIVED in felt(badge))
    until(lambda: repeats(house))  # it has said again that it holds, as it does every 20 s
    assert felt(badge).count(patterns.RECEIVED) == 1
    assert house.steps() == ["received"] and len(house.facts()["alarms"]) == 1


def resumes(house, again):
    """Begin again with `again`: the alarm goes on, and is the one that it was."""
    again()
    house.badges[0].wifi(True)
    until(lambda: "received" in house.steps())
    assert len(house.facts()["alarms"]) == 1


def test_an_alarm_outlives_a_reset_right_after_the_deciding_edge(house):
    house = house("anna")
    badge = house.badges[0]
    badge.wifi(False)
    rtc = badge.folder / "rtc"
    before = rtc.read_bytes()
    badge.button(1)
    until(lambda: rtc.exists() and rtc.read_bytes() != before)  # nothing but RTC memory has it yet
    resumes(house, badge.reset)


def test_an_alarm_outlives_a_power_cut_once_flash_has_it(house):
    house = house("anna")
    badge = house.badges[0]
    badge.wifi(False)
    badge.button(1)
    until(lambda: list((badge.folder / "nvs" / "kald").glob("alarm_*")))  # how soon: test_app, in virtual time
    resumes(house, badge.power_cut)


def test_a_virtual_badge_sounds_in_its_patterns(house):
    house = house("anna", settings='{"buzzer": "always"}')
    badge = house.badges[0]
    badge.press(1000)
    until(lambda: patterns.RECEIVED in felt(badge))
    sounded = [(t_ms, 255 if duty else 0) for t_ms, pin, duty in badge.loud if pin == 16]
    assert {pin for _, pin, _ in badge.loud} == {16} and sounded[0][1] == 0  # made, and silent
    assert [level for _, level in sounded[1:]] == [level for _, level in badge.motor]
