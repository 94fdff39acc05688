"""Is an alarm in progress on this badge? check.py and slots.py are sent behind this text, and ask it first."""


def open_alarm():
    """Return whether an alarm, or the question before one, is in progress, as far as the firmware here can tell."""
    import time

    try:
        from firmware.alarm.alarm import Alarm
        from firmware.board.nvs import NvsStore
        from firmware.board.rtc_memory import RtcMemory

        saved = bytearray(76)
        kept = Alarm()
        for keeper in (RtcMemory(), NvsStore()):
            n = keeper.load(saved)
            if n and kept.load(saved, n, time.ticks_ms() & 0x3FFFFFFF):
                return kept.state != 0
    except Exception:
        return False  # no firmware, or another version's
    return False
