"""How does a house that is there come to the tables of this version? Alembic does one step of `versions` after another.

A step is a file `NNNN_what.py` with its number as `revision` and the one before it as `down_revision`. All steps and
the number are one transaction, so that a cut leaves the house as it was. The database knows its number: SQLite in
`user_version`, by which an older Kald refuses it in a sentence, and Alembic in its own table. A new house is made from
tables.py in one go; a test holds that this comes to the same.
"""

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, insert, select, text

_FOLDER = Path(__file__).parent
NEWEST = max(path.name[:4] for path in (_FOLDER / "versions").glob("[0-9]*.py"))
_OWN = MetaData()
_STANDS = Table("alembic_version", _OWN, Column("version_num", String(32), primary_key=True))


def number(db: Connection) -> int:
    """Return the number of the tables that are there, 0 if there are none."""
    if db.dialect.name == "sqlite":
        return int(db.execute(text("PRAGMA user_version")).scalar_one())
    if not inspect(db).has_table(_STANDS.name):
        return 0
    return int(db.execute(select(_STANDS.c.version_num)).scalar_one())


def stamp(db: Connection) -> None:
    """Note in a database that was just made from tables.py that it stands where this version does."""
    _OWN.create_all(db)
    db.execute(insert(_STANDS).values(version_num=NEWEST))
    _say(db)


def upgrade(db: Connection) -> None:
    """Take the tables to this version, in the transaction that `db` is in."""
    from alembic import command  # is not needed from day to day
    from alembic.config import Config

    config = Config(attributes={"connection": db})
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    command.upgrade(config, "head")
    _say(db)


def _say(db: Connection) -> None:
    if db.dialect.name == "sqlite":
        db.execute(text(f"PRAGMA user_version={int(NEWEST)}"))
