"""People who sign in, their sessions, and what happened to their accounts."""

from alembic import op
from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Integer, String, UniqueConstraint

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Take a house along."""
    op.create_table(
        "accounts",
        Column("id", Integer, primary_key=True), Column("name", String, nullable=False),
        Column("login", String, nullable=False), Column("role", String, nullable=False), Column("device", Integer),
        Column("password", String), Column("invitation", String), Column("invitation_ms", BigInteger),
        Column("made_ms", BigInteger, nullable=False), Column("disabled_ms", BigInteger),
        CheckConstraint("role IN ('wearer', 'colleague', 'manager', 'technician', 'administrator', 'screen')", "role"),
        UniqueConstraint("login", name="uq_accounts_login"),
    )
    op.create_table(
        "sessions",
        Column("secret", String, primary_key=True), Column("account", Integer, nullable=False),
        Column("csrf", String, nullable=False), Column("until_ms", BigInteger, nullable=False),
        ForeignKeyConstraint(["account"], ["accounts.id"], "fk_sessions_account"),
    )
    op.create_index("ix_sessions_account", "sessions", ["account"])
    op.create_table(
        "account_events",
        Column("id", Integer, primary_key=True), Column("at_ms", BigInteger, nullable=False),
        Column("account", Integer, nullable=False), Column("who", String, nullable=False),
        Column("event", String, nullable=False), Column("detail", String, nullable=False),
        ForeignKeyConstraint(["account"], ["accounts.id"], "fk_account_events_account"),
    )
    op.create_index("ix_account_events_account", "account_events", ["account"])
