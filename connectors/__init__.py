"""The world outside: one file a platform, all of one shape (see base.py)."""
