"""Has this badge started too often lately? Counts the boot, before anything of ours can fail."""

try:
    from firmware.board.memory import Memory

    Memory().booted()
except ImportError:
    print("kald: no firmware here yet; run: kald flash")
