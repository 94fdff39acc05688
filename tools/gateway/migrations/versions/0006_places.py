"""Places, what is heard at them, and where a badge was in an alarm; a visit may say where it is."""

from alembic import op
from sqlalchemy import BigInteger, CheckConstraint, Column, Float, ForeignKeyConstraint, Integer, String, Text

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Take a house along."""
    with op.batch_alter_table("visits") as visits:
        visits.add_column(Column("place", String))
    op.create_table(
        "places",
        Column("id", Integer, primary_key=True), Column("name", String, nullable=False, unique=True),
        Column("floor", String, nullable=False), Column("area", String, nullable=False),
        Column("directions", String, nullable=False), Column("x_m", Float), Column("y_m", Float),
    )
    op.create_table(
        "signatures",
        Column("id", Integer, primary_key=True), Column("place", Integer, nullable=False),
        Column("at_ms", BigInteger, nullable=False), Column("heard", Text, nullable=False),
        ForeignKeyConstraint(["place"], ["places.id"], "fk_signatures_place"),
    )
    op.create_index("ix_signatures_place", "signatures", ["place"])
    op.create_table(
        "sightings",
        Column("id", Integer, primary_key=True), Column("pairing", Integer, nullable=False), Column("alarm", Integer),
        Column("source", String, nullable=False), Column("at_ms", BigInteger, nullable=False),
        Column("heard", Text, nullable=False), Column("finding", Text, nullable=False),
        CheckConstraint("source IN ('measured', 'said')", "source"),
        ForeignKeyConstraint(["pairing"], ["badges.pairing"], "fk_sightings_pairing"),
        ForeignKeyConstraint(["alarm"], ["alarms.id"], "fk_sightings_alarm"),
    )
    op.create_index("ix_sightings_pairing", "sightings", ["pairing"])
    op.create_index("ix_sightings_alarm", "sightings", ["alarm"])
