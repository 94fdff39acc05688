"""A badge may be lent for a day, and an alarm is that of whoever wore it then."""

from alembic import op
from sqlalchemy import BigInteger, Column, String

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Take a house along: until now nobody could have another name."""
    with op.batch_alter_table("badges") as badges:
        badges.add_column(Column("own_name", String))
        badges.add_column(Column("lent_until_ms", BigInteger))
    with op.batch_alter_table("alarms") as alarms:
        alarms.add_column(Column("wearer", String))
    op.execute("UPDATE alarms SET wearer = (SELECT name FROM badges WHERE badges.pairing = alarms.pairing)")
