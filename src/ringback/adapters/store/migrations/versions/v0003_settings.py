"""The settings of a subaccount, the secrets that sign its webhooks' posts, the receipts that are given again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Give a column the name of what it holds, its content being read as it is; add a column and a table."""
    op.execute("ALTER TABLE subaccounts RENAME COLUMN capture_defaults TO settings")
    op.add_column("webhooks", sa.Column("secrets", sa.String()))
    op.create_table(
        "receipts",
        sa.Column("sub_account_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("http", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sub_account_id", "key"),
    )
    op.create_index("receipts_by_age", "receipts", ["created"])
