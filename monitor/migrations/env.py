"""Run by Alembic: applies the steps on the connection that `monitor.store.schema` gives.

That connection is in a transaction already, on both databases: an upgrade is whole or not at all.
"""

from alembic import context

from monitor.migrations import VERSION_TABLE
from monitor.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite changes a column only by building the table anew
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
