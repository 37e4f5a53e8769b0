"""Texts that the guard must catch and harmless neighbours, one file a language."""

from pathlib import Path

from responders.guard.meaning.lessons import Lesson, read

_FOLDER = Path(__file__).parent


def samples() -> list[Lesson]:
    """What phrases and model were made with: the phrases find all of it by themselves."""
    return read(_FOLDER)


def unseen() -> list[Lesson]:
    """What neither was made with: no text of it may become a lesson or inspire a phrase."""
    return read(_FOLDER / "unseen")
