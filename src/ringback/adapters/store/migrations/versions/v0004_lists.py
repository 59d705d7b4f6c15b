"""Lists: sessions by subaccount and time, with how they ended; dead deliveries by subaccount."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add a column and two indexes; sessions that ended before have their status in the summary alone."""
    op.add_column("sessions", sa.Column("status", sa.String()))
    op.execute("UPDATE sessions SET status = json_extract(summary, '$.status') WHERE state = 'ENDED'")
    op.create_index("sessions_by_subaccount", "sessions", ["sub_account_id", "created"])
    op.create_index("deliveries_dead", "deliveries", ["sub_account_id", "seq"], sqlite_where=sa.text("state = 'DEAD'"))
