"""When is a badge heard or seen? Buzzer and light run along with the motor, in its patterns, where a house chose so.

    never   the default: nothing of this file is loaded
    calls   a colleague's call is loud, except while the wearer has an alarm of their own, asked or open, or is on a red
            visit: a beep there tells an assailant where the button is
    always  whatever is felt is loud

The question of the shift's test is never loud: it asks whether the motor is felt.
"""

from firmware.codes import RED, SAFE
from firmware.feedback.patterns import CALLED_ASSIST, CALLED_EMERGENCY, TEST_ASK

_PARTS = ("buzzer", "light")
_WHEN = ("never", "calls", "always")


def read(name, value, chosen):
    """Note a setting of this file in chosen["loud"], {part: whether always}. Raises ValueError for any other."""
    if name not in _PARTS:
        raise ValueError("settings.json: there is no setting called " + str(name))
    if value not in _WHEN:
        raise ValueError("settings.json: %s must be never, calls or always" % name)
    if value != _WHEN[0]:
        chosen.setdefault("loud", {})[name] = value == _WHEN[2]


class Loud:
    """Takes the place of `motor`, and runs `parts`, (part, whether always) each, along with it for `badge`."""

    lasts_ms = 0  # of a run, as the motor has it

    def __init__(self, motor, parts, badge):
        self._motor = motor
        self._parts = parts
        self._badge = badge

    @property
    def silent(self):
        """Whether the motor's chip gives no answer."""
        return self._motor.silent

    def level(self, level):
        """Run the motor, and what may be loud now, at `level`, 0 to 255; return whether the motor took that."""
        self._motor.lasts_ms = self.lasts_ms
        took = self._motor.level(level)
        badge = self._badge
        felt = badge.player.playing
        called = CALLED_ASSIST <= felt <= CALLED_EMERGENCY
        called = called and badge.alarm.state == SAFE and badge.shift.visit.colour != RED
        for part, always in self._parts:
            part.level(level if called or always and felt != TEST_ASK else 0)
        return took


def start(board, badge):
    """Let the parts of `board` that may be loud say what `badge` lets its wearer feel."""
    board.motor = Loud(board.motor, board.loud, badge)
