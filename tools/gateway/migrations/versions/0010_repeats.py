"""What is only said again is counted where it stands, and needs no row of its own."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Take a house along."""
    with op.batch_alter_table("alarms") as alarms:
        alarms.add_column(Column("repeats", Integer, nullable=False, server_default="0"))
        alarms.add_column(Column("repeated_ms", BigInteger))
    with op.batch_alter_table("downlinks") as downlinks:
        downlinks.add_column(Column("rounds", Integer, nullable=False, server_default="0"))
