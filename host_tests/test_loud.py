"""Is a badge heard and seen exactly when its house chose so, in the rhythm that is felt, and silent otherwise?"""

import pytest
from board_rig import metal
from tools.sim.rig import Rig, close, seen

from firmware.badge import Badge
from firmware.codes import FELL, GREEN, KIND_EMERGENCY, ORDER_TEST, ORDER_VISIT, RED, WARNED
from firmware.feedback.patterns import CALLED_EMERGENCY
from firmware.link import downlink
from firmware.settings import read_settings
from test_boards_built import BOARDS
from test_boards_built import Rig as Metal


class Loud(Rig):
    """A badge on the metal of `name`, whose house has `words` in its settings.json; `waves` are duties, by part."""

    def __init__(self, words, name="devkit"):
        settings = read_settings(words)
        rig = Metal(name)
        self._place = metal(rig.chips, rig.s3)
        self.metal, load = self._place.__enter__()
        self.metal.uv[BOARDS[name]["BATTERY"]] = 0
        self.board = load("firmware.board.build").build(name, None, settings)
        super().__init__(**settings)
        if self.board.loud:
            load("firmware.audible").start(self.board, self.badge)
        self.waves = {line: [] for line in ("MOTOR", "BUZZER", "LIGHT")}
        self._pins = {line: BOARDS[name].get(line) for line in self.waves}
        true, level_before = self.badge.motor, [0]

        def motor(now):
            level = true(now)
            self.metal.now = now
            if level != level_before[0]:
                level_before[0] = level
                self.board.motor.lasts_ms = self.badge.player.lasts_ms
                assert self.board.motor.level(level)
                for line, pin in self._pins.items():
                    duty = self.metal.duty(pin)
                    if duty != (self.waves[line][-1][1] if self.waves[line] else 0):
                        self.waves[line].append((now, duty))
            return level

        self.badge.motor = motor

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self._place.__exit__(*why)

    def heard_while(self, ms):
        """Let `ms` pass; return the times at which motor, buzzer and light changed."""
        before = {line: len(wave) for line, wave in self.waves.items()}
        self.run(ms)
        return [[now for now, _ in self.waves[line][before[line] :]] for line in self.waves]

    def call(self, kind=KIND_EMERGENCY):
        """Have a colleague call."""
        self.hand(self.down(downlink.call, 12, 4000, kind))


def loud(words, name="devkit"):
    return Loud(words, name)


@pytest.mark.parametrize("name", ["devkit", "m5stick_plus2"])
def test_one_rhythm_drives_motor_buzzer_and_light(name):
    with loud('{"buzzer": "always", "light": "calls"}', name) as rig:
        rig.run(500)
        rig.call()
        motor, buzzer, light = rig.heard_while(3000)
        assert len(motor) == 2 * 9 and motor == buzzer == light
        duties = [{duty for _, duty in rig.waves[line]} for line in rig.waves]
        assert duties == [{0, 65535}, {0, 32768}, {0, 65535}]
        assert not rig.board.motor.silent and not rig.board.trouble()


def test_of_calls_alone_nothing_else_is_loud():
    with loud('{"buzzer": "calls"}') as rig:
        rig.press(900)
        motor, buzzer, light = rig.heard_while(3000)
        assert motor and not buzzer and not light
        rig.call()
        motor, buzzer, _ = rig.heard_while(6000)
        assert not motor and not buzzer  # who needs help herself feels a call when that is over
        close(rig)
        _, buzzer, light = rig.heard_while(6000)
        assert rig.felt()[-1] == CALLED_EMERGENCY and buzzer and not light


def test_a_call_is_felt_and_not_heard_while_the_wearer_is_asked_herself():
    with loud('{"buzzer": "calls"}') as rig:
        rig.walk(2)
        seen(rig, FELL)
        rig.run(1000)
        rig.call()
        motor, buzzer, _ = rig.heard_while(3000)
        assert rig.badge.alarm.state == WARNED and CALLED_EMERGENCY in rig.felt() and motor and not buzzer


def test_a_red_visit_is_quiet_and_a_green_one_is_not():
    for colour, quiet in ((RED, True), (GREEN, False)):
        with loud('{"buzzer": "calls"}') as rig:
            rig.order(ORDER_VISIT, colour << 14 | 600)
            rig.run(200)
            rig.call()
            motor, buzzer, _ = rig.heard_while(3000)
            assert motor and (not buzzer) == quiet


def test_always_is_loud_in_the_wearers_own_alarm_too():
    with loud('{"buzzer": "always"}') as rig:
        rig.press(900)
        motor, buzzer, light = rig.heard_while(3000)
        assert motor and motor == buzzer and not light


def test_the_test_asks_what_is_felt_and_not_what_is_heard():
    with loud('{"buzzer": "always", "light": "always"}') as rig:
        rig.order(ORDER_TEST)
        rig.badge.self_tested(True, rig.now)
        motor, buzzer, light = rig.heard_while(2000)
        assert rig.badge.shift.test.stage and motor and not buzzer and not light


def test_a_call_falls_quiet_when_its_wearer_needs_help():
    with loud('{"buzzer": "calls"}') as rig:
        rig.run(500)
        rig.call()
        rig.run(900)
        assert rig.waves["BUZZER"]
        rig.linked = False
        rig.press(100, 100, 100, 100, 100)
        rig.run(400)  # the beat that had begun
        _, buzzer, _ = rig.heard_while(10000)
        assert not buzzer and rig.waves["BUZZER"][-1][1] == 0


def test_silent_houses_load_nothing_and_have_the_motor_itself():
    for words in ("{}", '{"buzzer": "never", "light": "never"}'):
        settings = read_settings(words)
        chips = Metal("devkit").chips
        with metal(chips, more={"firmware.board.sounder": None, "firmware.audible": None}) as (found, load):
            found.uv[35] = 0
            board = load("firmware.board.build").build("devkit", None, settings)
            assert board.loud is None and type(board.motor).__name__ == "Motor"
            assert 16 not in found.duties and 2 not in found.duties and 16 not in found.outputs
        Badge(7, bytes(16), bytes(16), 0, **settings)


def test_a_board_that_has_no_buzzer_says_so_and_is_felt(capsys):
    with loud('{"buzzer": "always", "light": "always"}', "heltec_v3") as rig:
        assert "kald: loud: this board has no buzzer" in capsys.readouterr().out
        rig.call()
        motor, buzzer, light = rig.heard_while(3000)
        assert motor == light and not buzzer
    settings = read_settings('{"light": "always"}')
    rig = Metal("tbeam_supreme")
    with metal(rig.chips, rig.s3) as (_, load):
        assert load("firmware.board.build").build("tbeam_supreme", None, settings).loud == ()
    assert "no light" in capsys.readouterr().out
