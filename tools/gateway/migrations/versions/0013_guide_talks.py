"""When the house last talked about a question of the guide."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, String

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Take a house along."""
    op.create_table(
        "guide_talks",
        Column("id", Integer, primary_key=True), Column("question", String, nullable=False),
        Column("at_ms", BigInteger, nullable=False), Column("who", String, nullable=False),
    )
