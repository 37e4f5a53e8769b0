"""Failures that are the user's to mend: one line each, and never a traceback."""


class RunError(Exception):
    """Something stands in the way that a person can mend: exit status 1."""


class CallError(RunError):
    """What the command line names is not there, or cannot be: exit status 2."""
