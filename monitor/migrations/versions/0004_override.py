"""A lead's override of the guard, and facts that a person has checked for a case."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("draft", sa.Column("override", sa.Text(), nullable=True))
    op.add_column("draft", sa.Column("checked", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("draft", sa.Column("checked_by", sa.Text(), nullable=False, server_default=""))
    op.add_column("action", sa.Column("override", sa.Text(), nullable=True))
