"""Which gateway has heard a badge last, and which one has a bridge: several may share a database."""

from alembic import op
from sqlalchemy import Column, Integer

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Take a house along."""
    for table in ("badges", "bridges"):
        with op.batch_alter_table(table) as changed:
            changed.add_column(Column("gateway", Integer))
            changed.create_foreign_key(f"fk_{table}_gateway", "gateways", ["gateway"], ["number"])
