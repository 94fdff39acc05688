"""How do buzzer and light sound and shine? Loaded only where the house has chosen to be heard or seen."""

from machine import PWM, Pin
from micropython import const

_HZ = const(2700)  # ears of every age hear it, and small piezo discs are near their loudest
_BUZZER_DUTY = const(32768)  # a square wave is loudest with equal halves
_LIGHT_DUTY = const(65535)


class Wave:
    """A buzzer without a tone of its own, or a light, on GPIO `number`, over a transistor or straight; high is on."""

    def __init__(self, number, duty):
        self._duty = duty
        self._pwm = PWM(Pin(number, Pin.OUT), freq=_HZ, duty_u16=0)

    def level(self, level):
        """Run it if `level`, 0 to 255, is not 0."""
        try:
            self._pwm.duty_u16(self._duty if level else 0)
        except (OSError, RuntimeError, ValueError):
            return  # what can be felt goes on


def build(pins, loud):
    """Return a tuple of (Wave, whether always) for those parts of `loud` (firmware/settings.py) that the board has."""
    found = []
    for name, line, duty in (("buzzer", "BUZZER", _BUZZER_DUTY), ("light", "LIGHT", _LIGHT_DUTY)):
        if name in loud:
            if hasattr(pins, line):
                found.append((Wave(getattr(pins, line), duty), loud[name]))
            else:
                print("kald: loud: this board has no", name)
    return tuple(found)
