"""What can be wrong with the database itself.

    StoreError
    ├── Unreachable     it does not answer, cannot be opened, or is none of ours
    ├── SchemaMissing   it is empty: create the tables first
    ├── SchemaOld       it is of an earlier version: upgrade it first
    └── SchemaNew       it is of a later version: use that version, or restore a backup

Every message says what to do, and none holds a password.
"""


class StoreError(Exception):
    """Something is wrong with the database."""


class Unreachable(StoreError):
    """The database cannot be used."""


class SchemaMissing(StoreError):
    """The database is empty."""


class SchemaOld(StoreError):
    """The database is of an earlier version."""


class SchemaNew(StoreError):
    """The database is of a later version."""
