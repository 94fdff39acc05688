"""puts a backup into a gateway's folder, or into a PostgreSQL: kald restore FILE --data FOLDER | --store URL"""

import sys
from pathlib import Path

from tools import spoken
from tools.cli import _help
from tools.cli.backup import ask
from tools.gateway import backup, transfer
from tools.gateway.store import Refusal


@_help.refusing(Refusal)
def main(words: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = _help.parser("restore", __doc__)
    parser.add_argument("file", type=Path, help="what kald backup has written")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--data", type=Path, help="folder for kald.sqlite; made if it is not there")
    where.add_argument("--store", metavar="URL", help="postgresql://user@host/database for gateways to share")
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help="holds the passphrase that seals it")
    parser.add_argument("--force", action="store_true",
                        help="even if there is a house, which is kept beside under a name with the time")
    args = parser.parse_args(words)
    kept: Path | str | None
    try:
        content = args.file.read_bytes()
        passphrase = ask(args.passphrase_file) if backup.is_sealed(content) else None
        data = backup.unseal(content, passphrase)
        held = backup.counts(data)
        if args.store is None:
            kept, name = backup.restore(data, args.data, args.force), str(args.data / backup.DATABASE)
            aside = f"The database that was there is now {kept}"
        else:
            kept, name = transfer.into(data, args.store, args.force), "The house"
            aside = f"The house that was there is now in the schema {kept}"
    except OSError as error:
        print(f"kald: cannot read {args.file}: {error.strerror}", file=sys.stderr)
        return 2
    if kept is not None:
        spoken.tell(f"{aside}; it holds keys.")
    spoken.tell(f"{name} is put back: {held}. What was stored, paired or revoked since the backup is "
                "not known to it: revoke lost badges again.")
    return 0
