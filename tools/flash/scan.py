"""Which channel is worth choosing? Every lawful one listened to by a board on the cable, judged by the law's own share.

In the EU868 band a device may send for a tenth of an hour between 869.4 and 869.65 MHz, at 27 dBm, and elsewhere for a
hundredth or less, at 14: that is why alarms are there by default, and others too. A public mesh has its default on
869.525, and LoRaWAN three of its channels on 868.1 to 868.5.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from firmware.link.region import BANDWIDTH_KHZ, DUTY_PERMILLE, ERP_DBM, band_of
from tools.flash.cable import Refusal, told
from tools.flash.chip_check import pins
from tools.flash.selftest import ROOT, run

SCRIPT = ROOT / "tools" / "flash" / "onchip" / "listen.py"
CHANNELS = (865_200, 866_400, 867_100, 867_300, 867_500, 867_700, 867_900, 868_100, 868_300, 868_500, 868_950, 869_525,
            869_850)  # of each band with a hundredth of an hour or more, at LoRaWAN's places; and one of a thousandth
SFS = (7, 9, 11)
ROUND_S = 2.5  # of all channels: levels, and looks at SF11, which take the longest
ABOVE_DB = 10  # over what is usual there: somebody sends
KNOWN = {868_100: "LoRaWAN", 868_300: "LoRaWAN", 868_500: "LoRaWAN", 869_525: "LoRaWAN's answers, and a public mesh"}
FREE, SHARED, CROWDED = "free", "shared", "crowded"
_SHARED, _CROWDED = 2, 10  # percent of the time: of ten frames one meets another there


@dataclass
class Channel:
    """What was heard on one: levels in dBm, looks as 0 and 1."""

    khz: int
    levels: list[int] = field(default_factory=list)
    looks: list[int] = field(default_factory=list)

    @property
    def floor_dbm(self) -> int:
        """What is received while nobody sends: the lower quarter's."""
        return sorted(self.levels)[len(self.levels) // 4]

    @property
    def busy(self) -> float:
        """Percent of the time in which somebody sends, whatever it is, or LoRa is found."""
        loud = sum(level >= self.floor_dbm + ABOVE_DB for level in self.levels) / len(self.levels)
        looks = [look for look in self.looks if look >= 0]
        return 100 * max(loud, sum(looks) / len(looks) if looks else 0)

    @property
    def verdict(self) -> str:
        """In a word."""
        return CROWDED if self.busy >= _CROWDED else SHARED if self.busy >= _SHARED else FREE

    @property
    def duty_permille(self) -> int:
        """The law's share of an hour."""
        return DUTY_PERMILLE[band_of(self.khz)]

    def row(self) -> dict[str, object]:
        """Return what is printed and exported."""
        return {"khz": self.khz, "floor_dbm": self.floor_dbm, "busy_percent": round(self.busy, 1),
                "verdict": self.verdict, "duty_permille": self.duty_permille, "erp_dbm": ERP_DBM[band_of(self.khz)],
                "known": KNOWN.get(self.khz, "")}


def scanned(port: str, board: str, seconds: float, hear: Callable[[str], None]) -> list[Channel]:
    """Have the board at `port`, of kind `board`, listen for some `seconds`; return all channels. Raises Refusal.

    hear(line) is told how far it is. The board is reset afterwards.
    """
    if "LORA" not in pins(board):
        raise Refusal(f"a {board} has no LoRa to listen with: is --board right?")
    rounds = max(4, round(seconds / ROUND_S))
    found = {khz: Channel(khz) for khz in CHANNELS}
    text = SCRIPT.read_text(encoding="utf-8")
    text += f"\nfrom firmware.board.boards import {board} as PINS\nmain(PINS, {CHANNELS!r}, {SFS!r}, {rounds})\n"

    def heard(line: str) -> None:
        if not line.startswith("heard "):
            return
        khz, levels, looks = told(port, line, "heard", None)
        found[khz].levels += levels
        found[khz].looks += looks
        hear(f"listened {len(found[CHANNELS[-1]].levels) // 16} of {rounds} times to all channels")

    try:
        run(port, text, heard, "listening")
    except Refusal as error:
        said = str(error)
        if "ImportError" in said or "no module" in said:
            raise Refusal("neither firmware nor MicroPython's package lora is on that board: kald flash --lora first"
                          ) from None
        if "OSError" in said or "RuntimeError" in said:
            raise Refusal(f"its LoRa chip does not answer: look at its wires, and is {board} the right --board? "
                          f"({said})") from None
        raise
    if not all(channel.levels for channel in found.values()):
        raise Refusal(f"the board on {port} has not listened on every channel: press its reset key and try again")
    return list(found.values())


def advice(channels: Sequence[Channel]) -> str:
    """Return which to take, in a sentence: the alarms' own unless it is crowded, else the best with the most time."""
    own = max(channels, key=lambda each: each.duty_permille)
    if own.verdict != CROWDED:
        return f"{own.khz}/7 is {own.verdict}: it has the most power and time by law, so take that"
    others = [each for each in channels if each.duty_permille >= 10 and each is not own]
    best = min(others, key=lambda each: (each.busy, each.floor_dbm))
    return (f"{own.khz} is crowded ({own.busy:.0f} % of the time): take {best.khz}/7, which is {best.verdict}, has a "
            f"tenth of the time and {ERP_DBM[band_of(own.khz)] - ERP_DBM[band_of(best.khz)]} dB less by law; walk with "
            "kald range then, or take a slower spreading factor on both ends")


def table(channels: Sequence[Channel]) -> str:
    """Return all channels for a person."""
    lines = [f"   kHz  noise  busy   by law          {BANDWIDTH_KHZ} kHz wide"]
    for each in channels:
        share = f"{each.duty_permille / 10:g} % {ERP_DBM[band_of(each.khz)]} dBm"
        lines.append(f"{each.khz:6} {each.floor_dbm:6} {each.busy:4.0f} % {share:15} {each.verdict:8} "
                     f"{KNOWN.get(each.khz, '')}".rstrip())
    return "\n".join([*lines, advice(channels)])
