"""What the flight recorder keeps: the SIP messages of a session, and how long a try of a delivery took."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add a table and columns; no row is written anew, so deliveries of before are not found by their session."""
    op.create_table(
        "traces",
        sa.Column("session_seq", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Float(), nullable=False),
        sa.Column("messages", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("session_seq"),
        sa.ForeignKeyConstraint(["session_seq"], ["sessions.seq"], ondelete="CASCADE"),
    )
    op.add_column("timeline", sa.Column("first_delivery", sa.Integer()))
    op.add_column("timeline", sa.Column("last_delivery", sa.Integer()))
    op.add_column("deliveries", sa.Column("seconds", sa.Float()))
