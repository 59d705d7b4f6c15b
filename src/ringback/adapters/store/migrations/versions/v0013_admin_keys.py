"""Admin keys."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "admin_keys",
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("expires", sa.Float()),
        sa.Column("last_used", sa.Float()),
        sa.Column("revoked", sa.Float()),
        sa.PrimaryKeyConstraint("key_hash"),
    )
    op.create_index("admin_keys_by_id", "admin_keys", ["key_id"], unique=True)
