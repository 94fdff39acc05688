"""A rule of the house may want somebody told though there is no alarm."""

from alembic import op
from sqlalchemy import Integer

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Take a house along."""
    with op.batch_alter_table("notification_jobs") as changed:
        changed.alter_column("alarm", existing_type=Integer, nullable=True)
