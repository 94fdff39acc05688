"""How busy is each lawful channel where this board stands? Runs on it: `kald range --scan`. It only listens.

PINS: the board's file, as a module (firmware/board/boards); CHANNELS: kHz; SFS: spreading factors; ROUNDS; before this
text. One round is one pass over all channels, so that a burst on one does not decide. On each: what is received is
measured LEVELS times, whoever sends it; and the chip looks for LoRa, at each spreading factor. One line a channel and
a round: "heard", kHz, the levels in dBm, and 0 or 1 for each look. Uses the firmware that is on the board.
"""

import time

LEVELS = 16
SETTLE_MS = 2
LOOK_MOST_MS = 200
SX1262_RSSI = 0x15  # GetRssiInst
SX1276_RSSI = 0x1B  # RegRssiValue, above -157 dBm


def level(modem, name):
    """Return what the chip receives now, dBm."""
    if name == "sx1262":
        return -(modem._cmd("BB", SX1262_RSSI, 0, n_read=1)[0] >> 1)
    return modem._reg_read(SX1276_RSSI) - 157


def look(modem, sf):
    """Return whether LoRa is in the air at this spreading factor, -1 if the chip does not say."""
    modem.configure({"sf": sf})
    modem.sf = sf
    modem.start_look()
    began = time.ticks_ms()
    while time.ticks_diff(time.ticks_ms(), began) < LOOK_MOST_MS:
        found = modem.poll_look()
        if found >= 0:
            return found
        time.sleep_ms(1)
    return -1


def listen(modem, name, khz, sfs):
    """Return (levels, looks) of a channel."""
    modem.standby()
    modem.configure({"freq_khz": khz})
    modem.start_recv(continuous=True)
    time.sleep_ms(SETTLE_MS)
    levels = []
    for _ in range(LEVELS):
        levels.append(level(modem, name))
        time.sleep_ms(1)
    modem.standby()
    return levels, [look(modem, sf) for sf in sfs]


def main(pins, channels, sfs, rounds):
    """Listen `rounds` times on each channel."""
    import json

    from firmware.board.modem import build

    modem = build(pins, channels[0], sfs[0], 2)
    time.sleep_ms(20)
    for turn in range(rounds):
        for khz in channels:
            levels, looks = listen(modem, pins.LORA, khz, sfs)
            print("heard", (khz, levels, looks))
    modem.standby()
    print(json.dumps({"rounds": rounds}))
