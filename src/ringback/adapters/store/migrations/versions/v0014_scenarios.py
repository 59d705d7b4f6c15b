"""Scenarios, who may execute them, and the opt-out lists."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "scenarios",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("template", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", "version"),
    )
    op.create_table(
        "scenario_grants",
        sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sub_account_id", sa.String(), sa.ForeignKey("subaccounts.sub_account_id", ondelete="CASCADE")),
    )
    op.create_index("scenario_grants_by_subaccount", "scenario_grants", ["sub_account_id"])
    op.create_table(
        "opt_outs",
        sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column(
            "sub_account_id",
            sa.String(),
            sa.ForeignKey("subaccounts.sub_account_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("digits", sa.String(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("session_id", sa.String()),
    )
    op.create_index("opt_outs_by_number", "opt_outs", ["sub_account_id", "digits"], unique=True)
    op.create_index("opt_outs_by_subaccount", "opt_outs", ["sub_account_id"])
