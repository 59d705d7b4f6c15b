"""What is said of a virtual number, since when, and whether the trunks answer."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add columns, an index and a table; numbers that are there count as given at this moment: nobody noted when."""
    op.add_column("virtual_numbers", sa.Column("created", sa.Float()))
    op.add_column("virtual_numbers", sa.Column("updated", sa.Float()))
    op.add_column("virtual_numbers", sa.Column("details", sa.LargeBinary()))
    op.add_column("virtual_numbers", sa.Column("health_check", sa.Boolean()))
    op.execute(sa.text("UPDATE virtual_numbers SET created = :now, updated = :now").bindparams(now=time.time()))
    op.create_index(
        "virtual_numbers_checked", "virtual_numbers", ["sub_account_id"], sqlite_where=sa.text("health_check")
    )
    op.create_table(
        "trunk_health",
        sa.Column("trunk", sa.String(), nullable=False),
        sa.Column("is_healthy", sa.Boolean(), nullable=False),
        sa.Column("checked", sa.Float(), nullable=False),
        sa.Column("changed", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("trunk"),
    )
