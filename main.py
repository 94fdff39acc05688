"""Who runs this board? The app; when that cannot, the lifeboat. A board paired as a bridge runs the bridge instead.

It never ends at the prompt by itself.
Ctrl-C over USB is the technician's door: the watchdog is given ten minutes, and the prompt comes.
"""

import gc
import sys

SERVICE_MS = 600000
REST_MS = 500  # a Ctrl-C that meets a reset is lost, and a badge that can only start again has no other moment for it


def read(path):
    """Return a file's text, "{}" if there is none."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return "{}"


def forget(name):
    """Free what was needed only once: a module is held by its package, too."""
    package, last = name.rsplit(".", 1)
    if name in sys.modules:
        del sys.modules[name]
        delattr(sys.modules[package], last)


def start(board_for):
    """Run bridge or app, or the lifeboat if this badge has crashed too often or its settings are wrong."""
    from firmware.board.build import build
    from firmware.board.memory import BOOTS_TOO_MANY, Memory
    from firmware.board.store import Store
    from firmware.settings import read_pairing, read_settings

    pairing = None
    settings = None
    try:
        text = Store().pairing()
        if not text:
            raise ValueError("this badge is not paired; run: kald pair")
        pairing = read_pairing(text)
        if pairing["role"] == "badge":
            settings = read_settings(read("/settings.json"))
    except ValueError as error:
        print("kald:", error)
    name = pairing["board"] if pairing else "devkit"
    board = build(name, pairing, settings)
    board_for.append(board)
    del build, read_pairing, read_settings
    for once in ("firmware.settings", "firmware.board.build", "firmware.board.boards." + name, "firmware.board.boards"):
        forget(once)
    if pairing and pairing["role"] == "bridge":
        from firmware.bridge import run

        run(board, pairing)
    elif settings is not None and Memory().boots < BOOTS_TOO_MANY:
        gc.collect()
        from firmware.app import App

        for once in ("firmware.limits", "firmware.words"):
            forget(once)  # their numbers are where they are used by now
        gc.collect()  # what loading has left over would otherwise stand in the way of what stays
        app = App(board, pairing, settings)
        forget("firmware.detect.model")  # the forest has what it wants of it
        if board.loud:
            from firmware.loud import start as speak

            speak(board, app.badge)
        app.run()
    else:
        from firmware.lifeboat import Lifeboat

        print("kald: lifeboat")
        Lifeboat(board, pairing).run()


def record(error):
    """Say and count an error, as far as that can be done: it may come from a heap that is full, or a broken file."""
    try:
        sys.print_exception(error)
        from firmware.board.memory import Memory

        Memory().crashed(type(error).__name__)
    except Exception as another:
        print("kald:", type(another).__name__)


def main():
    """Start, and start again after any error."""
    import time

    import machine

    board_for: list = []
    try:
        try:
            start(board_for)
        except Exception as error:
            record(error)
            time.sleep_ms(REST_MS)
            machine.reset()
    except KeyboardInterrupt:
        if board_for:
            board_for[0].watch(SERVICE_MS)
        print("kald: service; the watchdog waits ten minutes")


main()
