"""How far the texts of sessions are blanked; recordings by subaccount and age."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make two tables; recordings get another index in the place of the one by age."""
    op.create_table(
        "blanked",
        sa.Column("sub_account_id", sa.String(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sub_account_id"),
    )
    op.create_table(
        "unblanked",
        sa.Column("session_seq", sa.Integer(), sa.ForeignKey("sessions.seq", ondelete="CASCADE"), nullable=False),
        sa.PrimaryKeyConstraint("session_seq"),
    )
    op.drop_index("recordings_by_age")
    op.create_index("recordings_by_subaccount", "recordings", ["sub_account_id", "started"])
