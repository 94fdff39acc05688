"""enters the places of a house, by which a colleague finds who calls: kald place add | list | remove | forget"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection

from tools.cli import _help
from tools.gateway import house_events
from tools.gateway.places import floor_plan, learning, survey
from tools.gateway.store import Refusal, open_at


def _list(db: Connection) -> None:
    places = learning.places(db)
    for number, known in enumerate(survey.survey(places, learning.heard(db)), 1):
        place = known.place
        mixed = f"; like {', '.join(known.mixed)}" if known.mixed else ""
        print(f"{number:4} {place.name:20} {place.floor:8} {place.area:10} {known.signatures:4} signatures, "
              f"{known.verdict}{mixed}")


def _plan(db: Connection, floor: str, path: Path, size: Sequence[float]) -> None:
    try:
        with path.open("rb") as file:
            data = file.read(floor_plan.BYTES_MOST + 1)
    except OSError as error:
        raise Refusal(f"cannot read {path}: {error.strerror}") from error
    floor_plan.put(db, floor, data, size[0], size[1])


def _parser() -> argparse.ArgumentParser:
    parser = _help.parser("place", __doc__)
    parser.add_argument("verb", choices=("add", "list", "remove", "forget", "plan"),
                        help="add: a place, or change that of this name; list: all in the order of a walk, and how "
                        "well each is known; remove: a place; forget: what was learnt of it; plan: a floor's, from "
                        "--file")
    parser.add_argument("name", nargs="?", help="as colleagues call it: Room 12; of a plan, the floor")
    parser.add_argument("--file", type=Path, help="a floor's plan, PNG or SVG")
    parser.add_argument("--size", nargs=2, type=float, metavar=("WIDE", "HIGH"), help="of what it shows, m")
    parser.add_argument("--floor", help="a number, 0 for the ground floor, or what the house calls it")
    parser.add_argument("--area", default="", help="a part of the floor: north, south, east, west, or the house's word")
    parser.add_argument("--way", default="", help="how to get in")
    parser.add_argument("--at", nargs=2, type=float, metavar=("X", "Y"),
                        help="on the floor's plan, m from its upper left")
    _help.house(parser)
    return parser


@_help.refusing(Refusal, learning.Wrong, floor_plan.Wrong)
def main(words: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = _parser()
    args = parser.parse_args(words)
    if (args.verb == "list") == (args.name is not None):
        parser.error("kald place list, or a verb and the place's name")
    if args.verb == "add" and args.floor is None:
        parser.error("a place has a --floor")
    if args.verb == "plan" and (args.file is None or args.size is None):
        parser.error("a floor's plan has a --file and a --size")
    with open_at(args.data, args.store, make=args.verb == "add").engine.begin() as db:
        if args.verb == "add":
            learning.add(db, args.name, args.floor, args.area, args.way, args.at)
            house_events.note_command(db, "place", f"{args.name}, {args.floor}")
        elif args.verb == "list":
            _list(db)
        elif args.verb == "plan":
            _plan(db, args.name, args.file, args.size)
            house_events.note_command(db, "floor_plan", args.name)
        else:
            place = next((one for one in learning.places(db) if one.name == args.name), None)
            if place is None:
                raise Refusal(f"there is no place {args.name!r}; kald place list shows those there are")
            if args.verb == "remove":
                learning.remove(db, place.name)
            else:
                learning.forget(db, place.id)
            house_events.note_command(db, "no_place" if args.verb == "remove" else "forget_place", place.name)
    return 0
