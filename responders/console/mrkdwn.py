"""Slack's mrkdwn as HTML: the subset that our cards use; everything else is shown as it is.

Source: docs.slack.dev "Formatting message text", read 2026-11. Whatever comes in, what goes out
holds these elements only: strong, em, s, code, blockquote, br, time, span, and links to the web.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from markupsafe import Markup, escape

#: Characters that nobody sees and that change what is seen: controls, lone surrogates (no answer
#: could be encoded), direction overrides and isolates, byte order and annotation marks.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]"
)
_INLINE = re.compile(
    r"""
    `(?P<code>[^`\n]+)`
    | <(?P<token>[^<>\n]+)>
    | (?<![\w*])\*(?=\S)(?P<strong>[^*\n]+)(?<=\S)\*(?![\w*])
    | (?<!\w)_(?=\S)(?P<em>[^_\n]+)(?<=\S)_(?!\w)
    | (?<![\w~])~(?=\S)(?P<s>[^~\n]+)(?<=\S)~(?![\w~])
    """,
    re.VERBOSE,
)
_DATE = re.compile(r"!date\^(?P<seconds>-?\d{1,12})\^(?P<style>[^|^]*)(?:\^[^|]*)?")
_QUOTE = re.compile(r"(?:>|&gt;) ?")
_ELEMENTS = {
    "strong": Markup("<strong>{}</strong>"),
    "em": Markup("<em>{}</em>"),
    "s": Markup("<s>{}</s>"),
    "code": Markup("<code>{}</code>"),
    "blockquote": Markup("<blockquote>{}</blockquote>"),
}
_NO_NAMES: Mapping[str, str] = {}


def visible(text: str) -> str:
    """The text without characters that hide, move or break what surrounds them."""
    return _UNSEEN.sub("", text)


def web_link(url: str) -> str | None:
    """The address if it leads to the web over http or https, else None."""
    try:
        parts = urlsplit(visible(url).strip())
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return None
    return parts.geturl()


def plain(text: str) -> Markup:
    """Plain text with its line breaks; nothing in it means anything."""
    return Markup("<br>").join(escape(visible(line)) for line in text.splitlines())


def html(text: str, names: Mapping[str, str] = _NO_NAMES) -> Markup:
    """Markup of Slack as HTML.

    Args:
        text: In Slack's encoding: `&amp;`, `&lt;` and `&gt;` stand for those three signs.
        names: What to call the people of the team, by their Slack id.
    """
    parts: list[Markup] = []
    quoted: list[Markup] = []
    lines: list[Markup] = []

    def close_quote() -> None:
        if quoted:
            parts.append(_element("blockquote", Markup("<br>").join(quoted)))
            quoted.clear()

    def close_lines() -> None:
        if lines:
            parts.append(Markup("<br>").join(lines))
            lines.clear()

    for line in text.splitlines():
        sign = _QUOTE.match(line)
        if sign:
            close_lines()
            quoted.append(_inline(line[sign.end() :], names))
        else:
            close_quote()
            lines.append(_inline(line, names))
    close_lines()
    close_quote()
    return Markup("").join(parts)


def _inline(text: str, names: Mapping[str, str]) -> Markup:
    done: list[Markup] = []
    end = 0
    for match in _INLINE.finditer(text):
        done.append(_bare(text[end : match.start()]))
        end = match.end()
        name, inner = str(match.lastgroup), str(match[str(match.lastgroup)])
        if name == "token":
            done.append(_token(inner, names))
        elif name == "code":
            done.append(_element("code", _bare(inner)))
        else:
            done.append(_element(name, _inline(inner, names)))
    done.append(_bare(text[end:]))
    return Markup("").join(done)


def _token(token: str, names: Mapping[str, str]) -> Markup:
    """What stands between angle brackets: a time, a person, a channel, a link."""
    target, _, label = token.partition("|")
    date = _DATE.fullmatch(target)
    if date:
        return _time(int(date["seconds"]), label)
    if target.startswith("@"):
        return _person(names.get(target[1:]) or _undo_entities(label) or target[1:])
    if target.startswith(("#", "!")):
        return _person(_undo_entities(label) or target[1:])
    address = web_link(_undo_entities(target))
    if address is None:
        return _bare(label or target)
    return external_link(address, _undo_entities(label) or address)


def external_link(address: str, label: str) -> Markup:
    """A link out of the console, in a page of its own that learns nothing about ours."""
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer external">{}</a>').format(
        address, visible(label)
    )


def _time(seconds: int, fallback: str) -> Markup:
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return _bare(fallback)
    shown = visible(_undo_entities(fallback)) or f"{moment:%Y-%m-%d %H:%M} UTC"
    return Markup('<time datetime="{}">{}</time>').format(f"{moment:%Y-%m-%dT%H:%M:%SZ}", shown)


def _person(name: str) -> Markup:
    return Markup('<span class="person">@{}</span>').format(visible(name))


def _element(name: str, inner: Markup) -> Markup:
    return _ELEMENTS[name].format(inner)


def _bare(text: str) -> Markup:
    return escape(visible(_undo_entities(text)))


def _undo_entities(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
