"""What a post may name, heard by the judge; older verdicts have heard nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("verdict", sa.Column("matters", sa.Text(), nullable=False, server_default="[]"))
