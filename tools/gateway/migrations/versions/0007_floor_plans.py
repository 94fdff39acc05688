"""Plans of floors, on which a place is shown."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, Float, LargeBinary, String

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Take a house along."""
    op.create_table(
        "floor_plans",
        Column("floor", String, primary_key=True), Column("kind", String, nullable=False),
        Column("wide_m", Float, nullable=False), Column("high_m", Float, nullable=False),
        Column("image", LargeBinary, nullable=False),
        CheckConstraint("kind IN ('image/png', 'image/svg+xml')", "kind"),
    )
