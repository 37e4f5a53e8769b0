"""Texts as platforms give them, made readable and storable. Pure."""

import re
from html import unescape
from html.parser import HTMLParser
from unicodedata import normalize

#: Databases refuse these: PostgreSQL takes no NUL, UTF-8 no lone half of a surrogate pair.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
#: More of a page is not read; a person reads on at the source.
MOST_MARKUP = 200_000
#: Elements whose content nobody sees.
_HIDDEN = frozenset({"head", "script", "style", "template", "title"})
#: Elements that stand on lines of their own, and those with a blank line around them.
_LINES = frozenset({"br", "div", "dd", "dt", "hr", "li", "section", "table", "tr"})
_PARAGRAPHS = frozenset({"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "ul"})
_TAG = re.compile(r"<[^>]*>?")
_SPACE = re.compile(r"\s+")
#: The plainest elements, as comments have them: what breaks a line, a link, its end, mere emphasis.
_PLAIN = re.compile(
    r'<(?:(/?p|br ?/?)|a href="([^"<>]*)"(?: rel="[^"<>]*")?|(/a)|/?(?:i|b|em|strong|code))>'
)


def clean(text: str) -> str:
    """The text without what no database takes."""
    return _UNSTORABLE.sub("\ufffd", text)


def same(one: str, other: str) -> bool:
    """Whether two texts are the same as platforms give them back: composed, other white space."""
    return normalize("NFC", one).split() == normalize("NFC", other).split()


def from_html(html: str, *, without: frozenset[str] = frozenset()) -> str:
    """What a reader sees of a piece of HTML: lines of text, a blank line between paragraphs.

    A shortened link is written out. Elements whose name or class is in `without` are left out with
    all they hold. Never fails: where the markup makes no sense its tags are taken out.
    """
    html = html[:MOST_MARKUP]
    plain = None if without else _simply(html)
    return _thoroughly(html, without) if plain is None else plain


def _thoroughly(html: str, without: frozenset[str]) -> str:
    reader = _Reader(without)
    try:
        reader.feed(html)
        reader.close()
    except (AssertionError, ValueError):  # of "<![" and friends, on some versions of Python
        return _tidy(unescape(_TAG.sub(" ", html)))
    return _tidy("".join(reader.pieces))


def _simply(html: str) -> str | None:
    """The same of markup with the plainest elements alone, a third faster; None of any other.

    Most comments on the web are no more than this.
    """
    pieces = _PLAIN.split(html)
    if any("<" in text for text in pieces[:: _PLAIN.groups + 1]):
        return None
    seen: list[str] = []
    link, begins = "", 0
    for at in range(0, len(pieces), _PLAIN.groups + 1):
        if at:
            block, href, ends = pieces[at - _PLAIN.groups : at]
            if block:
                seen.append("\n\n" if block.endswith("p") else "\n")
            elif href is not None:
                link, begins = unescape(href), len(seen)
            elif ends:
                seen[begins:] = [_written_out("".join(seen[begins:]), link)]
                link = ""
        text = pieces[at]
        seen.append(_SPACE.sub(" ", unescape(text) if "&" in text else text))
    return _tidy("".join(seen))


def _written_out(shown: str, link: str) -> str:
    """What a link shows; its address where that is only the beginning of it."""
    bare = shown.strip()
    beginning = bare.removesuffix("...").removesuffix("…")
    return link if beginning not in ("", bare) and link.startswith(beginning) else shown


#: Elements that never end, so nothing stands in them.
_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta"})


class _Reader(HTMLParser):
    """Collects what is seen."""

    def __init__(self, without: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._without = without
        self._hidden: list[str] = []  #: the elements open since one that is left out
        self._link = ""
        self._link_begins = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "body":
            self._hidden.clear()  # a head may end without saying so
        if self._hidden:
            if tag not in _VOID:
                self._hidden.append(tag)
            return
        names = {tag, *(given.get("class") or "").split()}
        if tag not in _VOID and (names & self._without or tag in _HIDDEN):
            self._hidden.append(tag)
            return
        self._break(tag)
        if tag == "a":
            self._link, self._link_begins = given.get("href") or "", len(self.pieces)

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            if tag in self._hidden:
                while self._hidden.pop() != tag:
                    pass
            return
        if tag == "a":
            self._write_out()
        if tag not in _VOID:  # of <br/> the beginning counts
            self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(_SPACE.sub(" ", data))

    def _break(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self.pieces.append("\n\n")
        elif tag in _LINES:
            self.pieces.append("\n")

    def _write_out(self) -> None:
        """Put a link's address where its text shows the beginning only."""
        shown = "".join(self.pieces[self._link_begins :])
        self.pieces[self._link_begins :] = [_written_out(shown, self._link)]
        self._link = ""


def _tidy(text: str) -> str:
    lines = [line.strip() for line in re.split(r" *\n *", re.sub(r"[ \t\r\f\v]+", " ", text))]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
