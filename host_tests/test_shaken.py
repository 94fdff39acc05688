"""Does what nobody asks of a package go, and does all that is asked stay?"""

import pytest

from tools.deploy.cable import Refusal
from tools.deploy.packages import compiled
from tools.deploy.shaken import shaken

USER = """from radio import Radio

class Ours(Radio):
    def __init__(self, cfg):
        super().__init__(lora_cfg=cfg)

    def go(self):
        return self.wanted(5)
"""
BASE = """from micropython import const
_STEP = const(3)
_DEBUG = const(False)

def _helper(number):
    return number + _STEP

def _forgotten(number):
    return _only_there(number)

def _only_there(number):
    return number

class Odd(ValueError):
    pass
"""
RADIO = """from .base import _DEBUG, _helper, _forgotten, Odd

class Radio:
    def __init__(self, spare=None, lora_cfg=None):
        self._counted_calls = 0
        self._spare_part = spare
        self._limit = 100
        if lora_cfg:
            self.configure(lora_cfg)

    def configure(self, lora_cfg):
        if "volume" in lora_cfg:
            self.unwanted_too(lora_cfg["volume"])
        self._step = lora_cfg.get("step", 1) if any(key in lora_cfg for key in ("volume", "step")) else 2

    def wanted(self, number):
        if _DEBUG:
            print("wanted", number)
        if number > self._limit:
            raise Odd("a number that is too large: {}".format(number))
        if self._spare_part:
            self._spare_part.idle()
        self._counted_calls += self._step
        return self._inner_part(number) + self._counted_calls

    def _inner_part(self, number):
        return _helper(number)

    def unwanted(self):
        return _forgotten(1)

    def unwanted_too(self, volume):
        return volume

    async def wanted_some_day(self):
        return self.wanted(1)

class Other(Radio):
    pass

try:
    from .absent import Waiting

    class Waits(Radio, Waiting):
        pass
except ImportError:
    pass
"""
SOURCES = {"base": BASE, "radio": RADIO}


def made(user=USER, sources=SOURCES):
    text = shaken("lora", "radio", sources, [user])
    globals = {"const": int}
    exec("\n".join(line for line in text.splitlines() if "import" not in line), globals)
    return text, globals["Radio"]


def test_what_is_asked_for_stays_with_all_that_it_asks_for():
    text, radio = made()
    assert "def wanted(self, a)" in text
    for gone in ("unwanted", "wanted_some_day", "Other", "_forgotten", "_only_there", "class Odd", "Waits", "base"):
        assert gone not in text, gone
    ours = radio(lora_cfg={"unknown": 1})
    assert [ours.wanted(5), ours.wanted(6)] == [10, 13]


def test_what_is_answered_already_is_not_asked():
    text, radio = made()
    for gone in ("volume", "step", "idle", "_DEBUG:", "print", "too large", "100 ="):
        assert gone not in text, gone
    with pytest.raises(ValueError):  # its own kind of error has become Python's
        radio(lora_cfg={"a": 1}).wanted(101)


@pytest.mark.parametrize("asks, stays", [
    ('CFG = {"volume": 3}', "(self, volume)"), ('CFG = {"step": 3}', '"step"'), ("Radio(spare=5)", ".idle()"),
    ("def look(radio):\n    return radio._limit", "self._limit = 100"), ("Radio(5)", ".idle()"),
])  # fmt: skip
def test_what_a_user_may_give_stays_a_question(asks, stays):
    assert stays in made(f"{USER}\n{asks}\n")[0].replace("'", '"')


def test_one_of_two_questions_stays():
    text, radio = made(USER + '\nCFG = {"step": 7}\n')
    ours = radio(lora_cfg={"step": 7})
    assert "any(" not in text and ours.wanted(1) == 4 + 7


def test_names_that_only_the_package_knows_become_short_and_those_of_the_firmware_stay():
    text, _ = made(USER + "\ndef look(radio):\n    return radio._counted_calls\n")
    assert "_counted_calls" in text and "_inner_part" not in text


def test_a_user_that_awaits_is_refused():
    with pytest.raises(ValueError, match="awaited"):
        shaken("lora", "radio", SOURCES, ["async def go(radio):\n    await radio.wanted_some_day()\n"])


def test_a_package_that_is_not_python_or_not_there_is_refused(tmp_path):
    (tmp_path / "lora").mkdir()
    with pytest.raises(Refusal, match="no chip's driver"):
        compiled(tmp_path, tmp_path / "out")
    (tmp_path / "lora" / "sx126x.py").write_text("def (")
    with pytest.raises(Refusal, match="cannot be made smaller"):
        compiled(tmp_path, tmp_path / "out")
    (tmp_path / "lora" / "modem.py").write_text("")
    with pytest.raises(Refusal, match="cannot be made smaller"):
        compiled(tmp_path, tmp_path / "out")
