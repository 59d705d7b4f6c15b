"""Number ranges: whose they are, for exports."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "numbering",
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("mcc", sa.String(), nullable=False),
        sa.Column("mnc", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("prefix"),
    )
