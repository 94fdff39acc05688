"""Where do the tests find the firmware, and the few MicroPython names it needs, on CPython?"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools" / "host"), str(ROOT / "lib")]
