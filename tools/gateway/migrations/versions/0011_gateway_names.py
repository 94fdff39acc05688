"""A gateway says where it runs, so that a person knows which one is missing."""

from alembic import op
from sqlalchemy import Column, String

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Take a house along."""
    with op.batch_alter_table("gateways") as gateways:
        gateways.add_column(Column("name", String, nullable=False, server_default=""))
