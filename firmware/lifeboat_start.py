"""How does a badge come up as its lifeboat? With a board of only what that needs, and whatever fails left out.

Needed once, as firmware/start.py is, which it does without: one of the two may be missing.
"""

import os


def start(boards):
    """Return what is to be called to run the lifeboat, or the bridge that has none; append the board to `boards`."""
    from firmware.board.build import bare, build
    from firmware.board.nvs import NvsStore
    from firmware.settings import read_gestures, read_pairing

    store = NvsStore()
    pairing = None
    text = "{}"
    try:
        said = store.pairing()
        pairing = read_pairing(said) if said else None
        text = store.settings()  # last: whatever is wrong with it, this badge can seal
    except ValueError as error:
        print("kald:", error)
    name = pairing["board"] if pairing else "devkit"
    if pairing and pairing["role"] == "bridge":
        board = build(name, pairing)
        boards.append(board)
        from firmware.bridge import bridge

        return bridge(board, pairing).run
    print("kald: lifeboat")
    board = bare(name, pairing)
    boards.append(board)
    from firmware.lifeboat import Lifeboat

    boat = Lifeboat(board, pairing, *read_gestures(text))
    if "trial" in os.listdir("/"):
        from firmware.board.trial import Trial

        Trial(board, lambda lasts: False, boat.calm)
    return boat.run
