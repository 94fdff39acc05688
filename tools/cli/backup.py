"""writes a house's database into one sealed file, while its gateway runs: kald backup FILE"""

import getpass
import sys
from pathlib import Path

from tools import spoken
from tools.cli import _help
from tools.gateway import backup, secret_file
from tools.gateway.store import Refusal


def ask(file: Path | None, twice: bool = False) -> str:
    """Return the passphrase in `file`, or the one that is typed. Raises Refusal."""
    if file is not None:
        try:
            return secret_file.read(file)
        except secret_file.Unreadable as error:
            raise Refusal(str(error)) from error
    if not sys.stdin.isatty():
        raise Refusal("there is nobody to ask for the passphrase: name a file with --passphrase-file")
    try:
        said = getpass.getpass("passphrase of the backup: ")
        if twice and getpass.getpass("once more: ") != said:
            raise Refusal("these were two passphrases")
    except EOFError as error:
        raise Refusal("no passphrase was typed") from error
    return said


@_help.refusing(Refusal)
def main(words: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = _help.parser("backup", __doc__)
    parser.add_argument("file", type=Path, help="the file to write, for its owner alone")
    _help.house(parser)
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help="holds the passphrase that seals it")
    parser.add_argument("--without-keys", action="store_true",
                        help="without the keys of badges, which must be paired anew after a restore; sealed only if "
                        "--passphrase-file is named")
    parser.add_argument("--force", action="store_true", help="overwrite the file")
    args = parser.parse_args(words)
    if args.file.exists() and not args.force:  # before anybody types a passphrase
        raise Refusal(f"{args.file} is there already: name another file, or say --force")
    if args.passphrase_file is not None or not args.without_keys:
        passphrase = ask(args.passphrase_file, twice=True)
        if len(passphrase) < backup.PASSPHRASE_LEAST:
            raise Refusal(f"the passphrase must have {backup.PASSPHRASE_LEAST} letters or more")
    else:
        passphrase = None
    data = backup.snapshot(args.data, keys=not args.without_keys, url=args.store)
    held = backup.counts(data)
    backup.write(args.file, backup.seal(data, passphrase), args.force)
    spoken.tell(f"{args.file} is written and checked: {held}.")
    if args.without_keys:
        spoken.tell("It holds no keys: after a restore every badge is shut out, and must be paired anew. Names, "
                    "records and the plan's addresses with their passwords are in it.")
    return 0
