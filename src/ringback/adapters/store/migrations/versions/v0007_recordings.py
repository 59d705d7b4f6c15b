"""Recordings: what is recorded, how far it came, and where the sound is."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the table; what was recorded before is in the folder alone."""
    op.create_table(
        "recordings",
        sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column("recording_id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("sub_account_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("started", sa.Float(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("seconds", sa.Float()),
    )
    op.create_index("recordings_by_id", "recordings", ["recording_id"], unique=True)
    op.create_index("recordings_by_session", "recordings", ["session_id"])
    op.create_index("recordings_by_age", "recordings", ["started"])
    op.create_index("recordings_unfinished", "recordings", ["seq"], sqlite_where=sa.text("status = 'PROCESSING'"))
