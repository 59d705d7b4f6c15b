"""Pushes of recordings: where to, what waits, and where it is in the end."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the tables; recordings that are there stay local."""
    for column in (sa.Column("url", sa.String()), sa.Column("vru", sa.String()), sa.Column("clear", sa.Boolean())):
        op.add_column("recordings", column)
    op.create_index("recordings_to_clear", "recordings", ["seq"], sqlite_where=sa.text("clear"))
    op.create_table(
        "push_targets",
        sa.Column(
            "sub_account_id",
            sa.String(),
            sa.ForeignKey("subaccounts.sub_account_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("protocol", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("host_key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("sub_account_id"),
    )
    op.create_table(
        "pushes",
        sa.Column("recording_seq", sa.Integer(), sa.ForeignKey("recordings.seq", ondelete="CASCADE"), nullable=False),
        sa.Column("sub_account_id", sa.String(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("due", sa.Float(), nullable=False),
        sa.Column("held", sa.Float()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Float()),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("recording_seq"),
    )
    op.create_index("pushes_due", "pushes", ["sub_account_id", "due", "recording_seq"])
