"""What stays of an erased post's id: enough to know it again, too little to find it by.

A platform's ids can be counted through, so a plain hash would give the id away; the salt lies in
the database and is made with the first erasure.
"""

import hmac
import secrets

from sqlalchemy import Connection, select

from monitor.store.engine import Database
from monitor.tables import meta

_SALT = "erased_salt"
#: Of every pseudonym.
PREFIX = "erased:"
#: Made once: it is asked before each send.
_SALTED = select(meta.c.value).where(meta.c.key == _SALT)


def pseudonym(salt: str, platform: str, post_id: str) -> str:
    """The stand-in for an id; the same each time."""
    message = f"{platform}\n{post_id}".encode("utf-8", "surrogatepass")
    return PREFIX + hmac.new(salt.encode(), message, "sha256").hexdigest()


def salt(connection: Connection) -> str | None:
    """The salt, or None where nothing was ever erased."""
    found = connection.execute(_SALTED).scalar()
    return None if found is None else str(found)


def make_salt(connection: Connection, database: Database) -> str:
    """The salt, made where there is none."""
    values = {"key": _SALT, "value": secrets.token_hex(32)}
    connection.execute(database.insert(meta).values(values).on_conflict_do_nothing())
    found = salt(connection)
    assert found is not None, "it was written just now"
    return found
