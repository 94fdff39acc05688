"""Does what nobody asks of a package go, and does all that is asked stay?"""

import pytest

from tools.deploy.cable import Refusal
from tools.deploy.packages import compiled
from tools.deploy.shaken import shaken

USER = "from radio import Radio\n\nclass Ours(Radio):\n    def go(self):\n        return self.wanted(5)\n"
BASE = """from micropython import const
_STEP = const(3)

def _helper(number):
    return number + _STEP

def _forgotten(number):
    return _only_there(number)

def _only_there(number):
    return number

class Odd(ValueError):
    pass
"""
RADIO = """from .base import _helper, _forgotten, Odd

class Radio:
    def __init__(self):
        self._counted_calls = 0

    def wanted(self, number):
        self._counted_calls += 1
        return self._inner_part(number) + self._counted_calls

    def _inner_part(self, number):
        return _helper(number)

    def unwanted(self):
        return _forgotten(1)

    async def wanted_some_day(self):
        return self.wanted(1)

class Other(Radio):
    pass
"""


def test_what_is_asked_for_stays_with_all_that_it_asks_for():
    made = shaken({"base": BASE, "radio": RADIO}, [USER])
    assert "class Radio" in made["radio"] and "def wanted(self, a)" in made["radio"]
    for gone in ("unwanted", "wanted_some_day", "Other", "_forgotten", "Odd"):
        assert gone not in made["radio"], gone
    for gone in ("_forgotten", "_only_there", "Odd"):
        assert gone not in made["base"], gone
    base, radio = {"const": int}, {}
    exec(made["base"].replace("from micropython import const", ""), base)
    radio.update(base)
    exec("\n".join(line for line in made["radio"].splitlines() if "import" not in line), radio)
    assert [radio["Radio"]().wanted(5), radio["Radio"]().wanted(6)] == [9, 10]


def test_names_that_only_the_package_knows_become_short_and_those_of_the_firmware_stay():
    made = shaken({"base": BASE, "radio": RADIO}, [USER + "\ndef look(radio):\n    return radio._counted_calls\n"])
    assert "_counted_calls" in made["radio"] and "_inner_part" not in made["radio"]


def test_a_user_that_awaits_is_refused():
    with pytest.raises(ValueError, match="awaited"):
        shaken({"radio": RADIO}, ["async def go(radio):\n    await radio.wanted_some_day()\n"])


def test_a_package_that_is_not_python_is_refused(tmp_path):
    (tmp_path / "lora").mkdir()
    (tmp_path / "lora" / "__init__.py").write_text("def (")
    with pytest.raises(Refusal, match="cannot be made smaller"):
        compiled(tmp_path, tmp_path / "out")
