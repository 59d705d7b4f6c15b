"""The settings of a subaccount, more than what it presets for sayAndCapture; the secrets that sign webhook posts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"


def upgrade() -> None:
    """Give a column the name of what it holds, its content being read as it is, and add one."""
    op.execute("ALTER TABLE subaccounts RENAME COLUMN capture_defaults TO settings")
    op.add_column("webhooks", sa.Column("secrets", sa.String()))
