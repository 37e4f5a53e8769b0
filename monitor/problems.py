"""A failure at run time that is the user's to mend: one line, exit status 1."""


class RunError(Exception):
    """Something stands in the way that a person can mend."""
