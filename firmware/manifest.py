"""What goes into a MicroPython image that has the firmware in it? MicroPython's own build reads this; no badge does.

    make -C ports/esp32 BOARD=ESP32_GENERIC FROZEN_MANIFEST=<this file>

What is frozen runs from flash and leaves the heap alone. The sources go in as they are. Files of the same name on a
badge still come first, but for boot.py and main.py; `kald flash` removes them where kald_image says that these very
sources are in the image. options.port: False leaves out what the port and micropython-lib have (.ci/micropython32.sh).
"""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, os.path.abspath(".."))  # the folder of this file is the one that is worked in
from tools.flash.sources import TREES, identity, listed  # noqa: E402

options.defaults(port=True)
if options.port:
    include("$(PORT_DIR)/boards/manifest.py")
    require("lora-sx126x")
    require("lora-sx127x")
for path in listed(Path("..")):
    tree, _, inner = path.partition("/")
    if tree == "lib":
        module(inner, base_path="../lib", opt=3)
    elif tree in TREES:
        package(tree, files=[inner], base_path="..", opt=3)
    else:
        module(path, base_path="..", opt=3)
made = tempfile.mkdtemp(prefix="kald-")
Path(made, "kald_image.py").write_text("SOURCES = %d\n" % identity(Path("..")), encoding="utf-8")
module("kald_image.py", base_path=made)
