"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _sessions()
    _deliveries()
    _tenants()
    op.create_table(
        "voice_aliases",
        sa.Column("alias", sa.String(collation="NOCASE"), nullable=False),
        sa.Column("voice", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("alias"),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("sub_account_id", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("trunk", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("valid_until", sa.Float()),
        sa.Column("owner", sa.String()),
        sa.Column("claimed", sa.Float()),
        sa.Column("ended", sa.Float()),
        sa.Column("callflow", sa.LargeBinary(), nullable=False),
        sa.Column("summary", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("seq"),
    )
    queued = sa.text("state = 'QUEUED'")
    expiring = sa.text("state = 'QUEUED' AND valid_until IS NOT NULL")
    op.create_index("sessions_by_id", "sessions", ["session_id"], unique=True)
    op.create_index("sessions_queued", "sessions", ["trunk", "created"], sqlite_where=queued)
    op.create_index("sessions_expiring", "sessions", ["valid_until"], sqlite_where=expiring)
    op.create_index("sessions_dialling", "sessions", ["created"], sqlite_where=sa.text("state = 'DIALLING'"))
    op.create_table(
        "timeline",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("session_seq", sa.Integer(), nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.ForeignKeyConstraint(["session_seq"], ["sessions.seq"], ondelete="CASCADE"),
    )
    op.create_index("timeline_by_session", "timeline", ["session_seq"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("sub_account_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("url", sa.String()),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due", sa.Float(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("finished", sa.Float()),
        sa.Column("reason", sa.String()),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    headmost, behind = sa.text("state = 'HEADMOST'"), sa.text("state = 'BEHIND'")
    op.create_index("deliveries_by_id", "deliveries", ["delivery_id"], unique=True)
    op.create_index("deliveries_due", "deliveries", ["due"], sqlite_where=headmost)
    op.create_index("deliveries_headmost", "deliveries", ["session_id", "type"], unique=True, sqlite_where=headmost)
    op.create_index("deliveries_behind", "deliveries", ["session_id", "type"], sqlite_where=behind)


def _tenants() -> None:
    op.create_table(
        "subaccounts",
        sa.Column("sub_account_id", sa.String(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("capture_defaults", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sub_account_id"),
    )
    op.create_table(
        "api_keys",
        sa.Column("key_hash", sa.String(), nullable=False),
        _subaccount(),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("revoked", sa.Float()),
        sa.PrimaryKeyConstraint("key_hash"),
        _of_subaccount(),
    )
    op.create_index("api_keys_by_subaccount", "api_keys", ["sub_account_id"])
    op.create_table(
        "caller_ids",
        _subaccount(),
        sa.Column("digits", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("sub_account_id", "digits"),
        _of_subaccount(),
    )
    op.create_table(
        "virtual_numbers",
        sa.Column("msisdn", sa.String(), nullable=False),
        _subaccount(),
        sa.Column("reference_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("msisdn"),
        _of_subaccount(),
    )
    op.create_index("virtual_numbers_by_subaccount", "virtual_numbers", ["sub_account_id"])
    op.create_table(
        "webhooks",
        _subaccount(),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("authorization", sa.String()),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sub_account_id", "type"),
        _of_subaccount(),
    )


def _subaccount() -> sa.Column[str]:
    return sa.Column("sub_account_id", sa.String(), nullable=False)


def _of_subaccount() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["sub_account_id"], ["subaccounts.sub_account_id"], ondelete="CASCADE")
