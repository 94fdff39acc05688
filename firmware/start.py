"""What is this board, and what does it run? The app; a bridge, if it is paired as one; without settings the lifeboat.

main.py asks once, when it is not the lifeboat's turn (firmware/lifeboat_start.py). Whatever was needed only for the
answer, this file included, has given its room back when it comes. firmware/badge_start.py goes on with a badge.
"""

import os


def lost():
    """Return what a board without a pairing wants: the port erases an NVS without a free page, keys and all."""
    try:
        with open("/paired") as file:  # tools/flash/pairing.py
            was = file.read()
    except OSError:
        was = ""
    return "its keys are gone, it was badge %s; run: kald pair --replace" % was if was > "0" else "run: kald pair"


def start(boards):
    """Return what is to be called to run bridge, app or lifeboat, and append the board to `boards`.

    It is the lifeboat if this badge is not paired, or its settings are wrong.
    """
    from firmware.board.nvs import NvsStore
    from firmware.settings import read_pairing, read_settings

    settings = None
    try:
        store = NvsStore()
        text = store.pairing()
        if not text:
            raise ValueError("this badge is not paired; " + lost())
        pairing = read_pairing(text)
        if pairing["role"] == "badge":
            settings = read_settings(store.settings())
    except ValueError as error:
        print("kald:", error)
        from firmware.lifeboat_start import start as launch

        return launch(boards)
    del read_pairing, read_settings
    from firmware.badge_start import Assembly, forget

    forget("firmware.settings")
    forget("firmware.board.boot_history")
    from firmware.board.build import build

    name = pairing["board"]
    board = build(name, pairing, settings)
    boards.append(board)
    del build
    for once in ("firmware.board.build", "firmware.board.boards." + name, "firmware.board.boards"):
        forget(once)
    if pairing["role"] == "bridge":
        forget("firmware.badge_start")
        from firmware.bridge import bridge

        if "trial" in os.listdir("/"):  # of a tree that is not proven
            from firmware.board.trial import Trial

            Trial(board, lambda lasts: lasts >= 60000, lambda: True)  # ms: nobody answers a bridge
        print("kald: started as bridge on", name)
        return bridge(board, pairing).run
    forget("firmware.start")
    return Assembly(name, board, pairing, settings).run
