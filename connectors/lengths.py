"""How long X takes a text to be."""

from unicodedata import normalize

import regex

#: Source: docs.x.com, "Counting characters", 2026-08-22: a link weighs this much however long.
_LINK_WEIGHT = 23
#: Code points that weigh one; every other weighs two. Same source, configuration version 3.
_LIGHT = (
    range(0x1100),
    range(0x2000, 0x200E),
    range(0x2010, 0x2020),
    range(0x2032, 0x2038),
)
_EMOJI = regex.compile(r"\p{Emoji_Presentation}|\p{Emoji}\uFE0F|\p{RI}\p{RI}|[0-9#*]\uFE0F?\u20E3")
# X links a name only under a real top-level domain and has a list of them. Those met most are
# known here to weigh 23; of any other the dearer reading is taken: linked, or as it stands.
_LINK = regex.compile(
    r"""(?P<sure> (?i:https?)://(?&labels)(?:(?&known)|[a-zA-Z]{2})(?![a-zA-Z0-9_-])(?&path)?
                | (?<![@a-zA-Z0-9_.-])(?&bare)(?&known)(?![a-zA-Z0-9_-])(?&path)?)
      | (?P<maybe> (?i:https?)://(?&labels)[a-zA-Z]{3,}(?![a-zA-Z0-9_-])(?&path)?
                 | (?<![@a-zA-Z0-9_.-])(?&bare)[a-z]{2}(?![a-zA-Z0-9_-])(?&path)?)
    (?(DEFINE)
        (?P<labels>(?:[\w-]{1,63}\.){1,8})
        (?P<bare>(?:[a-zA-Z0-9-]{1,63}\.){1,8})
        (?P<known>(?i:com|net|org|info|biz|shop|store|online|app|dev|site|xyz))
        (?P<path>[/?\#:][\p{Latin}\p{Cyrillic}0-9!?*'@();:&=+$/%\#\[\]\-\u2013_.,~|]*)
    )""",
    regex.VERBOSE,
)
_AFTER_A_LINK = ".,;:!?…'\"»)]}"


def weighted(text: str) -> int:
    """The length of a text as X counts it; 280 is the most that a post may have.

    Counts the canonical composition (NFC): a link 23, an emoji 2 whatever it is joined from,
    Latin and its neighbours 1 a code point, everything else 2. Where X's rule needs its list of
    top-level domains, the answer is rather too high than too low.
    """
    text = normalize("NFC", text)
    links = sum(
        _LINK_WEIGHT if match["sure"] else max(_LINK_WEIGHT, _plain(_bare(match)))
        for match in _LINK.finditer(text)
    )
    # A space keeps apart what a link kept apart; it weighs one.
    return links + _plain(without_links(text, " ")) - len(_LINK.findall(text))


def has_link(text: str) -> bool:
    """Whether X would make a link of something in this text."""
    return _LINK.search(normalize("NFC", text)) is not None


def without_links(text: str, stand_in: str) -> str:
    """The text in its canonical composition with each link replaced: X rewrites them all."""
    return _LINK.sub(lambda match: stand_in + match[0][len(_bare(match)) :], normalize("NFC", text))


def _bare(match: regex.Match[str]) -> str:
    """The link without what ends the sentence."""
    return match[0].rstrip(_AFTER_A_LINK)


def _plain(text: str) -> int:
    """The weight of a text in which no link is."""
    return sum(
        2 if _EMOJI.search(cluster) else sum(map(_weight, cluster))
        for cluster in regex.findall(r"\X", text)
    )


def _weight(character: str) -> int:
    return 1 if any(ord(character) in light for light in _LIGHT) else 2
