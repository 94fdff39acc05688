"""Which badges are to be updated over the air, and how that went; and the order by which it begins."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKeyConstraint, Integer, String

revision = "0016"
down_revision = "0015"
_ORDERS = "'nothing', 'visit', 'pause', 'off', 'practice', 'test', 'alone', 'time', 'update', 'unknown'"


def upgrade() -> None:
    """Take a house along."""
    with op.batch_alter_table("downlinks") as downlinks:
        downlinks.drop_constraint("order_code", type_="check")
        downlinks.create_check_constraint("order_code", f"order_code IN ({_ORDERS})")
    op.create_table(
        "updates",
        Column("id", Integer, primary_key=True), Column("pairing", Integer, nullable=False),
        Column("version", Integer, nullable=False), Column("state", String, nullable=False),
        Column("why", String, nullable=False), Column("at_work", Boolean, nullable=False),
        Column("ordered_by", String, nullable=False), Column("at_ms", BigInteger, nullable=False),
        Column("due_ms", BigInteger, nullable=False),
        CheckConstraint("version BETWEEN 1 AND 4095", "version"),
        CheckConstraint("state IN ('waiting', 'ordered', 'runs', 'done', 'failed', 'stopped')", "state"),
        ForeignKeyConstraint(["pairing"], ["badges.pairing"], "fk_updates_pairing"),
    )
    op.create_index("ix_updates_pairing", "updates", ["pairing"])
