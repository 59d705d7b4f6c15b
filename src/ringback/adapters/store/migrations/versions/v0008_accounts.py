"""Accounts above the subaccounts, and the audit log."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add tables and a column; subaccounts that are there belong to the account `default`."""
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.execute(sa.text("INSERT INTO accounts VALUES ('default', :now)").bindparams(now=time.time()))
    op.add_column("subaccounts", sa.Column("account_id", sa.String(), nullable=False, server_default="default"))
    op.create_index("subaccounts_by_account", "subaccounts", ["account_id"])
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("sub_account_id", sa.String()),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("fields", sa.String(), nullable=False),
    )
    op.create_index("audit_by_age", "audit", ["at"])
    op.create_index("audit_by_subaccount", "audit", ["sub_account_id"])
    op.create_index("audit_by_action", "audit", ["action"])
