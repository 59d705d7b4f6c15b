"""The settings of a subaccount: more than what it presets for sayAndCapture."""

from alembic import op

revision = "0003"
down_revision = "0001"


def upgrade() -> None:
    """Give the column the name of what it holds; its content is read as it is."""
    op.execute("ALTER TABLE subaccounts RENAME COLUMN capture_defaults TO settings")
