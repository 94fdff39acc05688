"""How much charge does a day take, part by part? Counts of what the firmware did, times the currents of a named board.

    awake | computing | asleep | Wi-Fi sending, listening for answers | LoRa sending, answers, open alarm, doze
    looking around | motor | sensor | board

What computes: each turn of the tasks, each sample, each frame, by the time it takes an ESP32 at 160 MHz (some a hundred
times a host's), and twice as long at the 80 MHz of a badge with Wi-Fi. A badge without sleeps as the app has had it:
each sleep costs its waking, a turn of all tasks and its block of samples, and what is computed in between is not slept;
nor are the sensor's own tests of itself. Who hears beacons does not sleep either. With Wi-Fi the chip is awake:
MicroPython keeps the modem sleeping, but not the chip. A wake at 160 MHz, at which MicroPython comes, takes a seventh
less than at 80, and as much as at 240.
"""

from collections.abc import Mapping
from typing import TypedDict

from firmware.limits import SEEN_AGAIN_MS
from tools.sim import wire
from tools.sim.ears import SCAN_MS
from tools.sim.energy.currents import BOARDS, CHIPS, LORA, MOTOR_MA, SENSORS

CELL_MAH = 500
LOOP_US = 2.2  # a turn of an empty loop on an ESP32 at 160 MHz; costs are measured on a host in such turns (kald bench)
SAMPLE_CPU_MS = 0.15  # 68 turns for the door of a quiet sample (kald bench)
DECODE_CPU_MS = 0.06  # 26 for the driver's three words
TURN_CPU_MS = 3.1  # 1,250 a turn of the waking tasks (tools/sim/scripts/wake.py), and 0.4 ms for a real radio
NAP_CPU_MS = 5.8  # 1,900 for all five tasks and a tick; 0.6 ms for radio and pads, and 1 that the RTOS is given
COLLECT_CPU_MS = 15.0  # the heap of 120 KB, with each look at the battery; every sixth on a badge that sleeps
COLLECT_LOOKS = 6
SELF_TEST_MS = 420.0  # of a sensor whose codes do not change: 90 ms and six samples, twice; the core waits
FRAME_CPU_MS = 1.2  # sealing 0.59, and as much for outbox, ledger and the chip's registers
I2C_SAMPLE_MS = 0.135  # six bytes of nine bits at 400 kHz; the core waits
TURN_MS = 10  # of the hallway's sense and talk, and CALM_MS while nothing is under way
CALM_MS = 20
WIFI_TX_MS = 1.0  # one short datagram at the lowest rate, with its wait for the channel
WIFI_LISTEN_MS = 70.0  # an answer after 20 ms, and 50 ms that the modem stays on (ESP-IDF, min active time)
LINGER_MS = 3000.0  # after each frame heard the receiver stays on: orders follow (firmware/app.py)
LORA_ANSWER_MS = 150.0  # the gateway's commit and the ack's time on air
LISTEN_MS = 2000.0  # a look for beacons; firmware/board/beacons.py listens for LISTEN_SHARE of it
LISTEN_SHARE = 0.5
DOZE_MS_PER_S = 8 * 1.024 + 1.0  # a window of 8 symbols at SF7 each second, and its start
FRAME_NAMES = {1: "alarm", 2: "heartbeat"}  # the others are as short as an ack's answer: 23 to 26 bytes, like an alarm

Counts = Mapping[str, float]  # what tools/sim/scripts/days.py printed of one day


class Radios(TypedDict):
    """What a kind of badge has. beats: over which radio heartbeats and all but alarms go."""

    wifi: bool
    lora: bool
    beats: str


RADIOS: dict[str, Radios] = {
    "wifi": {"wifi": True, "lora": False, "beats": "wifi"},
    "lora": {"wifi": False, "lora": True, "beats": "lora"},
    "both": {"wifi": True, "lora": True, "beats": "wifi"},
}


def look(radio: str, points: bool, beacons: bool, chip: str = "esp32s3") -> float:
    """Return the mAh of one look around for access points, beacons or both, and of the SIGHTING that tells of it."""
    has = RADIOS[radio]
    amps = {name: current.value for name, current in CHIPS[chip].items()}
    idle = amps["awake_ma"] if has["wifi"] else amps["idle_ma"]
    spent = points * SCAN_MS * (amps["wifi_rx_ma"] - idle)
    spent += beacons * LISTEN_SHARE * LISTEN_MS * (amps["ble_rx_ma"] - idle)
    spent += _datagram(amps) if has["beats"] == "wifi" else (
        wire.airtime_ms_sf7(wire.frame_bytes()["sighting"]) * LORA["tx_ma"].value)
    return spent / 3_600_000


def _datagram(amps: Mapping[str, float]) -> float:
    # more than the chip takes awake, mA ms
    return (WIFI_TX_MS * (amps["wifi_tx_ma"] - amps["awake_ma"])
            + WIFI_LISTEN_MS * (amps["wifi_rx_ma"] - amps["awake_ma"]))


def day(counts: Counts, radio: str, board: str, chip: str = "esp32s3", sensor: str = "lis3dh",
        beacons: bool = False) -> dict[str, float]:
    """Return {part: mAh} of one day.

    radio: a key of RADIOS, board: one of BOARDS. beacons: it hears them, too. Raises KeyError for names that do not
    exist.
    """
    has = RADIOS[radio]
    amps = {name: current.value for name, current in CHIPS[chip].items()}
    sent = {int(name[5:]): n for name, n in counts.items() if name.startswith("sent_")}
    frames = sum(sent.values()) + counts.get("received", 0)
    over_wifi = sum(sent.values()) if has["wifi"] else 0
    over_lora = {} if not has["lora"] else sent if has["beats"] == "lora" else {1: sent.get(1, 0)}
    sleeps = counts.get("sleeps", 0)
    calm_ms = counts.get("calm_ms", 0)
    turns = (
        calm_ms / CALM_MS + (counts["ms"] - calm_ms) / TURN_MS if has["wifi"] else counts.get("wakes", 0) - sleeps
    )
    cpu_ms = counts["samples"] * (SAMPLE_CPU_MS + DECODE_CPU_MS) + frames * FRAME_CPU_MS + turns * TURN_CPU_MS
    collect_ms = counts.get("looks", 0) / (COLLECT_LOOKS if sleeps else 1) * COLLECT_CPU_MS
    cpu_ms += sleeps * NAP_CPU_MS + collect_ms
    if has["wifi"]:
        idle, computing, asleep_ms = amps["awake_ma"], 2 * cpu_ms * amps["slow_ma"], 0.0
    else:
        idle, computing = amps["idle_ma"], cpu_ms * amps["computing_ma"]
        kept_awake_ms = sleeps * (NAP_CPU_MS + amps["wake_ms"]) + counts["samples"] * (
            SAMPLE_CPU_MS + DECODE_CPU_MS + I2C_SAMPLE_MS) + collect_ms
        kept_awake_ms += counts.get("self_tests", 0) * SELF_TEST_MS
        asleep_ms = max(0, counts.get("slept_ms", 0) - kept_awake_ms)
    parts = {
        "chip awake": (counts["ms"] - asleep_ms) * idle,
        "chip computing": computing,
        "chip asleep": asleep_ms * amps["sleep_ma"],
        "Wi-Fi": over_wifi * _datagram(amps) if has["wifi"] else 0,
        "LoRa": _lora(over_lora, counts) if has["lora"] else 0,
        "looking": 3_600_000 * looks(counts) * look(radio, has["wifi"], beacons, chip) if has["wifi"] or beacons else 0,
        "motor": counts.get("motor_ms", 0) * MOTOR_MA.value,
        "sensor": counts["ms"] * SENSORS[sensor].value,
        "board": counts["ms"] * BOARDS[board].value,
    }
    return {part: ma_ms / 3_600_000 for part, ma_ms in parts.items()}


def looks(counts: Counts) -> float:
    """Return how often a badge looks around on such a day: every SEEN_AGAIN_MS of an alarm, and once in a test."""
    return counts.get("open_ms", 0) / SEEN_AGAIN_MS + counts.get("tests", 0)


def awake(counts: Counts) -> Counts:
    """Return `counts` of a LoRa badge as they would be on a board whose button cannot wake it, which never sleeps."""
    return {**counts, "sleeps": 0, "slept_ms": 0, "wakes": counts["ms"] / CALM_MS}


def _lora(sent: dict[int, float], counts: Counts) -> float:
    lengths = wire.frame_bytes()
    on_air = sum(n * wire.airtime_ms_sf7(lengths[FRAME_NAMES.get(type, "alarm")]) for type, n in sent.items())
    answers = sum(sent.values()) * LORA_ANSWER_MS
    listening = counts.get("open_ms", 0) + counts.get("received", 0) * LINGER_MS
    dozing = max(0, counts["ms"] - on_air - answers - listening)
    share = DOZE_MS_PER_S / 1000
    return (
        on_air * LORA["tx_ma"].value + (answers + listening) * LORA["rx_ma"].value
        + dozing * (share * LORA["rx_ma"].value + (1 - share) * LORA["sleep_ma"].value)
    )


def hours(parts: dict[str, float], cell_mah: float = CELL_MAH, ms: float = 86_400_000) -> float:
    """Return for how many hours a cell of `cell_mah` lasts, at what `parts` took in `ms`."""
    return cell_mah / sum(parts.values()) * ms / 3_600_000
