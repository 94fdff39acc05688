"""What does the badge's body say of a recording? All detectors as the badge runs them, with a fall's time read out."""

from firmware.codes import FELL
from firmware.detect.body import Body
from firmware.detect.fall import FallDetector
from firmware.detect.position import Steps
from firmware.limits import MOTIONLESS_MS
from tools.train.grow import Model
from tools.train.score import FIRST_MS


class Worn(Body):
    """firmware/detect/body.py behind its block door; `forest`: to be asked in place of the shipped one, if any."""

    def __init__(self, forest: Model | None = None) -> None:
        super().__init__(FIRST_MS, MOTIONLESS_MS)
        if forest is not None:
            self._fall = FallDetector(forest)
            self._steps = Steps(self._fall)

    def fell(self, event: int) -> int | None:
        """Return when the impact was, badge time, or None if `event` is no fall."""
        return self.began_at if event == FELL else None
