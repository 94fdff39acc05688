"""What is left to do after an alarm has an owner and days by which it is due, and is done when somebody says so."""

from alembic import op
from sqlalchemy import BigInteger, Column, String

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Take a house along: whatever of its lists is ticked to the end is done."""
    with op.batch_alter_table("alarms") as alarms:
        alarms.add_column(Column("owner", String))
        alarms.add_column(Column("followed_ms", BigInteger))
        alarms.add_column(Column("followed_by", String))
    with op.batch_alter_table("checks") as checks:
        checks.add_column(Column("due_ms", BigInteger))
    op.execute("UPDATE alarms SET followed_ms = closed_ms WHERE closed_ms IS NOT NULL "
               "AND id NOT IN (SELECT alarm FROM checks WHERE done_ms IS NULL)")
