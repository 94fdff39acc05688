"""What does a badge do when something about it is wrong? It says so on the board, and a press still calls."""

import pytest

from firmware.codes import FAULT_LIFEBOAT, FAULT_SENSOR_SILENT, FAULT_SENSOR_WRONG
from house import house  # noqa: F401
from tools.flash.console import plain
from waits import until


@pytest.mark.long
@pytest.mark.parametrize(
    ("settings", "named"),
    [('{"hold_ms": 5}', "hold_ms must be a whole number from 400 to 1900"), ("{", "settings.json is not JSON"),
     ('{"hold": 800}', "there is no setting called hold")],
)
def test_wrong_settings_are_named_and_the_lifeboat_still_calls(house, settings, named):
    house = house("anna", settings=settings)
    badge = house.badges[0]
    assert named in badge.console and "lifeboat" in badge.console and ">>>" not in badge.console
    assert house.facts()["badges"][0]["faults"] & FAULT_LIFEBOAT
    badge.press(1000)
    until(lambda: "received" in house.steps())


def faults(house):
    return house.facts()["badges"][0]["faults"]


def test_a_sensor_that_is_gone_is_on_the_board_and_one_that_comes_back_is_not(house):
    house = house("anna")
    badge = house.badges[0]
    badge.sensor("nack")
    until(lambda: faults(house) & FAULT_SENSOR_WRONG)
    until(lambda: any("check SDA, SCL" in plain(line) for line in badge.console.splitlines()))
    badge.press(1000)
    until(lambda: "received" in house.steps())
    badge.sensor(None)
    until(lambda: not faults(house) & FAULT_SENSOR_WRONG)


def test_a_sensor_whose_supply_dipped_is_set_up_again(house):
    house = house("anna")
    house.badges[0].sensor("reset")

    def over():
        return [each for each in house.facts()["troubles"] if each["fault"].startswith("sensor") and each["until_ms"]]

    until(lambda: over() and not faults(house) & (FAULT_SENSOR_WRONG | FAULT_SENSOR_SILENT))
