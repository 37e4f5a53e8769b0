"""Text on its way to Slack: cleaned, cut to size, and dead.

Foreign text (posts, names, drafts, what a person typed) is shown as `plain_text`, in which Slack
parses nothing. Where it must share a line with live markup it goes through `inert` or `staff`.
Source: docs.slack.dev "Formatting message text" and "Text object", read 2026-11.
"""

import re
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import regex
from slack_sdk.models.blocks import MarkdownTextObject, PlainTextObject

#: Slack takes no text object shorter than one character or longer than this. Source: as above.
TEXT_MAXIMUM = 3000
#: Stands where nothing is left to show; Slack refuses an empty text object.
NOTHING = "(empty)"
_ELLIPSIS = "…"
#: Of a button's address. Source: docs.slack.dev "Button element", read 2026-11.
URL_MAXIMUM = 3000

#: Everything that moves, hides or breaks what surrounds it: control characters but tab and line
#: feed, lone surrogates (they cannot be encoded), direction overrides, embeddings and isolates,
#: byte order marks, and the annotation and tag characters that nobody sees.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]"
)
_LINE_BREAK = re.compile("\r\n?|\u2028|\u2029|\x85|\x0b|\x0c")
_PILED_MARKS = regex.compile(r"(\p{M}{6})\p{M}+")  # a text can climb over its neighbours with these

_RIGHT_TO_LEFT = regex.compile(r"[\p{bc=R}\p{bc=AL}]")

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
#: Signs that format what they enclose, at the edge of a word only.
_FORMAT_SIGN = re.compile(r"(?<![^\W_])[*_~]|[*_~](?![^\W_])|`")
_HARMLESS = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"}
_EMOJI_CODE = re.compile(r":([\w+'-]*[a-z][\w+'-]*):", re.IGNORECASE)
#: The beginning of a mention, a channel call or a link, were it markup.
_TOKEN = re.compile(r"<(?=[!@#]|[a-z][a-z0-9+.-]*:)", re.IGNORECASE)
_STAFF_MENTION = re.compile(r"<@[UW][A-Z0-9]{2,20}>")


def clean(text: str) -> str:
    """The text without anything that a reader cannot see but that changes what they see."""
    text = _UNSEEN.sub("", _LINE_BREAK.sub("\n", text))
    return _PILED_MARKS.sub(r"\1", text).strip()


def one_line(text: str) -> str:
    """The cleaned text with every run of white space as one space."""
    return " ".join(clean(text).split())


def size(text: str) -> int:
    """How long Slack may count a text: as JSON in UTF-16, with & < > as the entities they become.

    Slack does not say how it counts; this is never less than any way that was reported.
    """
    return stored(text) + text.count('"') + text.count("\\") + text.count("\n")


def stored(text: str) -> int:
    """UTF-16 units with & < > as entities; for JSON, where quotes are escaped already."""
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return units + 4 * text.count("&") + 3 * (text.count("<") + text.count(">"))


def cut(text: str, maximum: int) -> str:
    """The text, or as many whole characters of it as fit before an ellipsis.

    Args:
        text: Any text.
        maximum: In the count of `size`; at least 1.
    """
    if len(text) <= maximum and size(text) <= maximum:
        return text
    room = maximum - len(_ELLIPSIS)
    kept: list[str] = []
    for cluster in regex.finditer(r"\X", text[:maximum]):  # a family emoji is not cut in two
        room -= size(cluster[0])
        if room >= 0:
            kept.append(cluster[0])
    return "".join(kept).rstrip() + _ELLIPSIS


def isolated(text: str) -> str:
    """A name on one line with others: right-to-left letters in it do not turn what follows.

    By left-to-right marks, which are no overrides: they have a direction and change nobody else's.
    The one in front keeps a line that begins with such a name from running from right to left.
    """
    return f"\u200e{text}\u200e" if _RIGHT_TO_LEFT.search(text) else text


def inert(text: str) -> str:
    """The text on one line for use inside mrkdwn, where none of it can come alive.

    Entities for & < > stop mentions and links; look-alikes stand for signs that would format,
    because Slack knows no escape for those.
    """
    text = one_line(text)
    text = _FORMAT_SIGN.sub(lambda sign: _HARMLESS[sign[0]], text)
    text = _EMOJI_CODE.sub("\ua789\\1\ua789", text)
    if text.startswith(">"):  # even as an entity it makes a quotation at the start of a line
        text = "\u203a" + text[1:]
    return text.translate(_ENTITIES)


def staff(text: str) -> str:
    """Our own sentence for mrkdwn: people of the team as `<@U…>` stay names, the rest is inert."""
    text = one_line(text)
    parts: list[str] = []
    end = 0
    for mention in _STAFF_MENTION.finditer(text):
        parts.append(_with_edges(text[end : mention.start()]) + mention[0])
        end = mention.end()
    return "".join(parts) + _with_edges(text[end:])


def unnamed(text: str) -> str:
    """The text for a place where Slack makes no names of ids."""
    return _STAFF_MENTION.sub("a colleague", text)


def _with_edges(text: str) -> str:
    """`inert`, keeping a blank at either end: it stands between a sentence and a name."""
    core = inert(text)
    if not core:
        return text[:1]
    return " " * text.startswith(" ") + core + " " * text.endswith(" ")


def when(moment: datetime, style: str = "{date_short_pretty}, {time}") -> str:
    """A moment that Slack shows in each reader's own time zone, so that no card is redrawn for it.

    Source: docs.slack.dev "Formatting message text", date formatting, read 2026-11.
    """
    fallback = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(moment.timestamp())}^{style}|{fallback}>"


def web_address(url: str | None, maximum: int = URL_MAXIMUM) -> str | None:
    """The address if it is one of the web, no longer than that, and fit for a link, else None."""
    if not url or size(url) > maximum or one_line(url) != url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    address = quote(url, safe="/:?#[]@!$&'()*+,;=%~-._")
    return address if size(address) <= maximum else None


def link(url: str | None, label: str, maximum: int = 300) -> str:
    """A link in mrkdwn with our own label; "" where the address is none or longer than that."""
    address = web_address(url, maximum)
    return f"<{address.translate(_ENTITIES)}|{inert(label)}>" if address else ""


def plain(text: str, maximum: int = TEXT_MAXIMUM, *, emoji: bool = False) -> PlainTextObject:
    """Foreign text as Slack's plain text.

    Slack parses no markup there. What would be some is broken all the same, by a joiner that
    nobody sees: a card outlives the client that shows it, and is searched, forwarded and exported.

    Args:
        text: As it was written.
        maximum: In the count of `size`.
        emoji: `:smile:` becomes one; for our own words.
    """
    shown = _TOKEN.sub("<\u2060", clean(text))
    return PlainTextObject(text=cut(shown, maximum) or NOTHING, emoji=emoji)


def live(markup: str) -> MarkdownTextObject:
    """Markup of ours. `verbatim`: Slack makes no names, channels or addresses live by itself."""
    return MarkdownTextObject(text=markup, verbatim=True)
