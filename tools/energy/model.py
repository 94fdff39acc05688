"""How much charge does a day take, part by part? Counts of what the firmware did, times the currents of a named board.

    awake and idle | computing | asleep | Wi-Fi sending, listening for answers | LoRa sending, answers, open alarm, doze
    motor | sensor | board

What computes: each wake, each sample, each frame, by the time it takes an ESP32 at 160 MHz (design.md section 8).
`asleep`: does the chip sleep while the badge's `rest_ms` says that nothing is due? The hallway that ships never does
(host_tests/test_energy.py watches for the day it learns to), so False is the badge as it is, and True is what it would
gain. With Wi-Fi the chip cannot: MicroPython keeps the modem sleeping, but not the chip.
"""

from tools.bench import wire
from tools.energy.currents import BOARDS, CHIPS, LORA, MOTOR_MA, SENSORS

CELL_MAH = 500
SAMPLE_CPU_MS = 0.31  # 140 turns of an empty loop (kald bench), at 2.2 us each on an ESP32 (design.md section 8)
FRAME_CPU_MS = 1.2  # sealing 0.59, and as much for outbox, ledger and the chip's registers
WAKE_CPU_MS = 3.5  # estimated: out of light sleep about 1 ms, five tasks once
POLL_MS = 10  # the hallway's tasks sense and talk
POLL_CPU_MS = 2.2  # estimated: on the host 5 us in the badge's doors and 10 in asyncio, 145 times as long on an ESP32
I2C_SAMPLE_MS = 0.135  # six bytes of nine bits at 400 kHz; the driver waits for them
WIFI_TX_MS = 1.0  # one short datagram at the lowest rate, with its wait for the channel
WIFI_LISTEN_MS = 70.0  # an answer after 20 ms, and 50 ms that the modem stays on (ESP-IDF, min active time)
LORA_ANSWER_MS = 150.0  # the gateway's commit and the ack's time on air
DOZE_MS_PER_S = 8 * 1.024 + 1.0  # a window of 8 symbols at SF7 each second (design.md section 6), and its start
FRAME_NAMES = {1: "alarm", 2: "heartbeat"}  # the others are as short as an ack's answer: 23 to 26 bytes, like an alarm

# What each kind of badge has. `beats`: over which radio do heartbeats and all but alarms go?
RADIOS = {
    "wifi": {"wifi": True, "lora": False, "beats": "wifi"},
    "lora": {"wifi": False, "lora": True, "beats": "lora"},
    "both": {"wifi": True, "lora": True, "beats": "wifi"},
}


def day(counts, radio, board, chip="esp32s3", sensor="lis3dh", asleep=False):
    """Return {part: mAh} of one day.

    counts: what tools/bench/badge/days.py printed of one day. radio: a key of RADIOS, board: one of BOARDS. Raises
    KeyError for names that do not exist.
    """
    has = RADIOS[radio]
    amps = {name: current.value for name, current in CHIPS[chip].items()}
    sent = {int(name[5:]): n for name, n in counts.items() if name.startswith("sent_")}
    frames = sum(sent.values()) + counts.get("received", 0)
    over_wifi = sum(sent.values()) if has["wifi"] else 0
    over_lora = {} if not has["lora"] else sent if has["beats"] == "lora" else {1: sent.get(1, 0)}
    sleeping_ms = counts.get("slept_ms", 0) if asleep and not has["wifi"] else 0
    waking_ms = counts["ms"] - sleeping_ms
    computing_ms = counts["samples"] * (SAMPLE_CPU_MS + I2C_SAMPLE_MS) + frames * FRAME_CPU_MS
    if sleeping_ms:
        computing_ms += counts["sleeps"] * WAKE_CPU_MS
    woken_ms = computing_ms if sleeping_ms else 0  # what is computed in between is not slept
    computing_ms += waking_ms / POLL_MS * POLL_CPU_MS
    idle = amps["awake_ma"] if has["wifi"] else amps["idle_ma"]
    parts = {
        "chip awake": waking_ms * idle,
        "chip computing": computing_ms * amps["computing_ma"] + woken_ms * (idle - amps["sleep_ma"]),
        "chip asleep": sleeping_ms * amps["sleep_ma"],
        "Wi-Fi": over_wifi * (WIFI_TX_MS * (amps["wifi_tx_ma"] - idle)
                              + WIFI_LISTEN_MS * (amps["wifi_rx_ma"] - idle)),
        "LoRa": _lora(over_lora, counts) if has["lora"] else 0,
        "motor": counts.get("motor_ms", 0) * MOTOR_MA.value,
        "sensor": counts["ms"] * SENSORS[sensor].value,
        "board": counts["ms"] * BOARDS[board].value,
    }  # fmt: skip
    return {part: ma_ms / 3_600_000 for part, ma_ms in parts.items()}


def _lora(sent, counts):
    lengths = wire.frame_bytes()
    on_air = sum(n * wire.airtime_ms_sf7(lengths[FRAME_NAMES.get(type, "alarm")]) for type, n in sent.items())
    answers = sum(sent.values()) * LORA_ANSWER_MS
    listening = counts.get("open_ms", 0)
    dozing = max(0, counts["ms"] - on_air - answers - listening)
    share = DOZE_MS_PER_S / 1000
    return (
        on_air * LORA["tx_ma"].value + (answers + listening) * LORA["rx_ma"].value
        + dozing * (share * LORA["rx_ma"].value + (1 - share) * LORA["sleep_ma"].value)
    )  # fmt: skip


def hours(parts, cell_mah=CELL_MAH, ms=86_400_000):
    """Return for how many hours a cell of `cell_mah` lasts, at what `parts` took in `ms`."""
    return cell_mah / sum(parts.values()) * ms / 3_600_000
