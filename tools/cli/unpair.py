"""takes the pairing from a badge and shuts it out of the house: kald unpair [PORT] --data DIR"""

from pathlib import Path

from tools.cli import _help, _told
from tools.flash.cable import Refusal, check, find
from tools.flash.pairing import NOBODY, erase
from tools.gateway import pairings
from tools.gateway import store as gateway_store
from tools.gateway.lent_ports import borrowed


def main(words: list[str]) -> int:
    """Run the command; return its exit code: 0 it is nobody's badge now, 1 it was nobody's before, 2 refused."""
    parser = _help.parser("unpair", __doc__)
    parser.add_argument("port", nargs="?", help="the badge's serial port; found by itself if there is only one")
    parser.add_argument("--data", metavar="DIR", type=Path, default=Path("."), help="the gateway's data folder")
    parser.add_argument("--store", metavar="URL", help="the house's PostgreSQL, where several gateways share one")
    parser.add_argument("--foreign", action="store_true", help="also a badge of another house, which is not told of it")
    parser.add_argument("--json", action="store_true", help="print one object")
    given = parser.parse_args(words)
    told = _told.Told("unpair", given.json, device=0, alarm=False)
    try:
        store = gateway_store.open_at(given.data, given.store)
        port = given.port or find()
        with borrowed(given.data, port, check):
            device, mark = erase(port, NOBODY)
            told.facts["device"] = device
            ours = bool(device) and pairings.holder(store, device, mark)
            if device and not ours and not given.foreign:
                raise Refusal(f"it is badge {device} of another house, and nothing was changed: name the folder of its "
                              "gateway with --data, or say --foreign where that is gone")
            erase(port, device)
        if not device:
            told.say(f"the board at {port} had no pairing of a badge; it has none now")
            return told.end(1)
        if not ours:
            told.say(f"it was badge {device} of another house, and has no keys any more: take it out there, too, with "
                     "kald keys revoke")
            return told.end(0)
        alarm = told.facts["alarm"] = pairings.shut_out(store, device, "unpair")
    except (Refusal, gateway_store.Refusal) as error:
        return told.end(2, str(error))
    stays = "; an alarm of it stays open on the board, where somebody closes it" if alarm else ""
    told.say(f"badge {device} has no keys any more, and the house does not miss it{stays}. Next: kald pair")
    return told.end(0)
