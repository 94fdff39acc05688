"""Who has changed what of the house itself, such as its plan."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, String

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Take a house along."""
    op.create_table(
        "house_events",
        Column("id", Integer, primary_key=True), Column("at_ms", BigInteger, nullable=False),
        Column("who", String, nullable=False), Column("event", String, nullable=False),
        Column("detail", String, nullable=False),
    )
