"""Sessions that try again what an earlier one did not reach: each try once at most."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add columns, which are empty in every session that is no retry, and an index of those that are."""
    op.add_column("sessions", sa.Column("retry_of", sa.String()))
    op.add_column("sessions", sa.Column("attempt", sa.Integer()))
    op.create_index(
        "sessions_retries",
        "sessions",
        ["retry_of", "attempt"],
        unique=True,
        sqlite_where=sa.text("retry_of IS NOT NULL"),
    )
