"""The database's versions, oldest first; one file of `versions` a step.

A released file is never changed. For the next step: change monitor/tables.py, write
versions/000N_what.py in the manner of the last one, add its number to `REVISIONS`. Tests compare
the tables with what the steps make, on both databases, with rows in them.
"""

#: Every version that this program knows; the last one is the present one.
REVISIONS = ("0001", "0002", "0003", "0004")
#: Our own name, so that a database shared with another program does not mix up the two.
VERSION_TABLE = "amends_schema"
