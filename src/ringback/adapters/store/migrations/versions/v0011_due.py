"""When a queued session may first be claimed; and the queue of each subaccount for itself, so that they take turns."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add a column, which sessions that left the queue before do not need, and give the queue another index."""
    op.add_column("sessions", sa.Column("due", sa.Float()))
    op.execute("UPDATE sessions SET due = created WHERE state = 'QUEUED'")
    op.drop_index("sessions_queued", "sessions")
    op.create_index(
        "sessions_queued",
        "sessions",
        ["trunk", "sub_account_id", "due"],
        sqlite_where=sa.text("state = 'QUEUED'"),
    )
