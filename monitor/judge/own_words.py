"""What of a post is its author's own: no quoted lines, links, handles or marks of a repost."""

import html
import re

_QUOTED_LINE = re.compile(r"^\s*>.*$", re.MULTILINE)
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_HANDLE = re.compile(r"(?<![\w.])@[\w.]*\w")
_REPOST = re.compile(r"\bRT\s*:?\s*@\w+:?|^\s*RT\b:?")
_BLANKS = re.compile(r"\s+")


def unquoted(text: str) -> str:
    """The text without the lines that quote somebody else; a text of quotes alone stays whole."""
    if ">" not in text:
        return text
    own = _QUOTED_LINE.sub(" ", text)
    return own if own.strip() else text


def without_links(text: str) -> str:
    """The text without its links; lone surrogates are dropped."""
    return _LINK.sub(" ", html.unescape(text.encode("utf-8", "ignore").decode("utf-8")))


def own_words(text: str) -> str:
    """The text as its author wrote it, on one line; lone surrogates are dropped."""
    text = text.encode("utf-8", "ignore").decode("utf-8")
    if "&" in text:
        text = html.unescape(text)
    text = unquoted(text)
    text = _REPOST.sub(" ", text)
    if "/" in text or "www." in text:
        text = _LINK.sub(" ", text)
    if "@" in text:
        text = _HANDLE.sub(" ", text)
    return _BLANKS.sub(" ", text.replace("#", " ")).strip()
