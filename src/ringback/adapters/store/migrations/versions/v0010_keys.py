"""API keys: an id that outlives the secret, scopes, expiry, rotation, last use."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table anew, since every row has an id now: a key keeps the one that it was listed with."""
    op.drop_index("api_keys_by_subaccount")
    op.rename_table("api_keys", "older_api_keys")
    op.create_table(
        "api_keys",
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column(
            "sub_account_id",
            sa.String(),
            sa.ForeignKey("subaccounts.sub_account_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("expires", sa.Float()),
        sa.Column("last_used", sa.Float()),
        sa.Column("revoked", sa.Float()),
        sa.Column("old_hash", sa.String()),
        sa.Column("old_until", sa.Float()),
        sa.PrimaryKeyConstraint("key_hash"),
    )
    op.execute(
        "INSERT INTO api_keys (key_hash, key_id, sub_account_id, name, scopes, created, revoked)"
        " SELECT key_hash, substr(key_hash, 1, 16), sub_account_id, name, '', created, revoked FROM older_api_keys"
    )
    op.drop_table("older_api_keys")
    op.create_index("api_keys_by_subaccount", "api_keys", ["sub_account_id"])
    op.create_index("api_keys_by_id", "api_keys", ["key_id"], unique=True)
    op.create_index(
        "api_keys_by_old_hash", "api_keys", ["old_hash"], unique=True, sqlite_where=sa.text("old_hash IS NOT NULL")
    )
