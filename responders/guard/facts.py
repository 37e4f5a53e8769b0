"""What must not be said in any language: amounts, dates, links, numbers, names, open blanks.

Every function takes a text as `phrases.folded` leaves it and gives the words that it saw, or None.
A word that the brand lists among its facts, or that stands in what is allowed, is no finding.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache, lru_cache

from responders.guard.tongue import tongues

_NUMBER = r"(?:\d{1,3}(?:[ .,\u00a0]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?)"


def _either(words: Iterable[str]) -> str:
    """An expression for one of these words; `*` is any ending."""
    return "|".join(
        re.escape(word).replace(r"\*", r"\w*") for word in sorted(set(words), key=len, reverse=True)
    )


_MONEY = _either(word for tongue in tongues().values() for word in tongue.money)
_SIGN = r"[$\u20ac\u00a3\u00a5\u20bd\u20b4\u20b9]"
_AMOUNT = re.compile(
    rf"(?<![\w#])(?:(?:us)?{_SIGN}|(?:{_MONEY})(?!\w))\s?{_NUMBER}"
    rf"|(?<![\w#.,]){_NUMBER}(?:\s?[-\u2013]\s?{_NUMBER})?[\s\u00a0]?(?:{_SIGN}|%|(?:{_MONEY})(?![^\W\d]))"
    rf"|\d\s?(?:\u5143|\u5757)",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\d")
_DATE = re.compile(
    r"(?<![\w./-])(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./]\s?\d{1,2}[./](?:\s?\d{2,4})?|\d{1,2}/\d{1,2}"
    r"|\d{1,2}-\d{1,2}-\d{2,4}|\d{1,2}:\d{2}(?:\s?[ap]\.?m\.?)?|\d{1,2}\s?[ap]\.?m\.?(?!\w)"
    r")(?![\w/-])|\d{1,2}\s?(?:月|号|日|点)",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>()\"']+"
    r"|(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:com|net|org|io|co|shop|store|de|fr|es|it|pt|nl|pl|cz|ua|ru|cn|"
    r"uk|eu|at|ch|be|info|biz|app|me|ly|gl|to|link|site|online|example)(?:/[^\s<>()\"']*)?(?![\w@-])",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"(?<![\w@./])@([\w.-]*\w(?:@[\w.-]*\w)?)|(?<![\w/])/?u/([\w-]+)")
_PHONE = re.compile(r"(?<![\w#-])(?:\+|00)?\(?\d[\d\s()/.-]{6,}\d(?![\w-])")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?(?!\w)")
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_ADDRESS = re.compile(
    r"(?<!\w)\d{1,4}[a-z]? (?:[A-Z][\w']+ ){1,3}(?:street|st|road|rd|avenue|ave|lane|square)(?!\w)"
    r"|(?<!\w)[\w-]{3,}(?:straße|strasse|str\.|gasse|weg|platz|straat|laan)\s\d{1,4}(?!\d)"
    r"|(?<!\w)\d{1,4},? (?:rue|avenue|boulevard|place) [A-ZÉ]\w+"
    r"|(?<!\w)(?:calle|avenida|rua|via|viale|piazza|ul\.|ulica|ulice|ulici|вул\.|вулиця|ул\.|улица)\s"
    r"[\w.']+(?:\s[\w.']+)?,?\s(?:д\.\s?|буд\.\s?)?\d{1,4}"
    r"|[\u4e00-\u9fff]{1,8}(?:路|街)\d{1,5}号",
    re.IGNORECASE,
)
_NUMBER_OF_ORDER = re.compile(
    r"(?<!\w)#\s?[A-Z]{0,4}-?\d{3,}(?!\w)|(?<!\w)(?:1Z[0-9A-Z]{16}|[A-Z]{2}\d{9}[A-Z]{2})(?!\w)"
    r"|(?<![\w+])\d{8,}(?!\w)|(?<!\w)[A-Z]{2,5}-\d{2,4}-?\d{3,}(?!\w)|(?<!\w)[A-Z]{2,4}-?\d{5,}(?!\w)"
)
_BLANK = re.compile(
    r"\{[^{}\n]{0,60}\}|\[[^\[\]\n]{1,60}\]|<[a-z][^<>\n]{0,40}>|%\(?\w*\)?[sd](?!\w)"
    r"|(?<!\w)(?:x{3,}|(?-i:TODO|TBD)|lorem ipsum|insert (?:name|text|link) here)(?!\w)"
    r"|_{3,}|\.{5,}|\$\{?\w+\}",
    re.IGNORECASE,
)
_LAUGH = _either(word for tongue in tongues().values() for word in tongue.laughter)
#: Faces and words that laugh. A smile after thanks is fine; laughing at a complaint never is.
_LAUGHTER = re.compile(
    r"[\U0001f602\U0001f923\U0001f61c\U0001f61d\U0001f60f\U0001f644\U0001f639\U0001f921\U0001f608"
    rf"\U0001f92a]|(?<!\w)(?:{_LAUGH})(?!\w)"
)

#: Marketplaces and shops that another shop's team should not bring into a conversation.
OTHERS = (
    *("AliExpress", "Allegro", "Alza", "Amazon", "Asos", "bol.com", "eBay", "Etsy", "Fnac"),
    *("MediaMarkt", "MercadoLibre", "otto.de", "Ozon", "Rozetka", "Shein", "Taobao", "Temu"),
    *("Tmall", "Walmart", "Wildberries", "wish.com", "Zalando"),
)
#: Of these the ones that are also everyday words of some language: only as they are written here.
_ALSO_WORDS = frozenset({"Allegro", "Alza", "Ozon", "Temu"})


def _first(found: Iterable[str], allowed: Collection[str]) -> str | None:
    known = [squeezed(text) for text in allowed]
    for words in found:
        seen = squeezed(words)
        if seen and not any(stands_in(seen, fact) for fact in known):
            return words.strip()
    return None


def stands_in(part: str, whole: str) -> bool:
    """Whether squeezed words stand in others, and no figure of theirs is cut: 5 % is not 15 %."""
    at = whole.find(part)
    while part and at >= 0:
        before, after = whole[:at][-1:], whole[at + len(part) :][:1]
        cut = (part[0].isdigit() and before.isdigit()) or (part[-1].isdigit() and after.isdigit())
        if not cut:
            return True
        at = whole.find(part, at + 1)
    return False


def squeezed(text: str) -> str:
    """Letters and digits alone, lower case: how words are compared with facts."""
    return "".join(char for char in text.lower() if char.isalnum() or char in "%$€£¥₽₴₹:")


def without_addresses(text: str) -> str:
    """The text with spaces in the place of links, e-mail addresses and accounts."""
    for pattern in (_EMAIL, _LINK, _HANDLE):
        text = pattern.sub(lambda match: " " * len(match[0]), text)
    return text


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    return (match[0] for match in pattern.finditer(text))


def _has_figure(text: str) -> bool:
    """Whether there is a digit at all: most texts have none, and most patterns need one."""
    return _FIGURE.search(text) is not None


def amount(text: str, allowed: Collection[str]) -> str | None:
    """A sum of money or a percentage."""
    return _first(_matches(_AMOUNT, text), allowed) if _has_figure(text) else None


def date(text: str, allowed: Collection[str]) -> str | None:
    """A day or a time of day in figures."""
    return _first(_matches(_DATE, _without_links(text)), allowed) if _has_figure(text) else None


def link(text: str, allowed: Collection[str]) -> str | None:
    """A link whose place is not the brand's own."""
    hosts = {host for one in allowed if (host := _host(one))}
    for found in _links(text):
        host = _host(found)
        if not any(host == ours or host.endswith("." + ours) for ours in hosts):
            return found
    return None


def places(text: str) -> frozenset[str]:
    """Every link, mail address and account that a text names, lower case."""
    mails = _EMAIL.findall(text)
    without = _EMAIL.sub(" ", text)
    links = [found.rstrip(".,;:!?") for found in _matches(_LINK, without)]
    handles = _matches(_HANDLE, _LINK.sub(" ", without))
    return frozenset(found.lower() for found in (*mails, *links, *handles))


def masked(text: str) -> str:
    """A text without addresses, links, accounts and long numbers: what no third party needs."""
    for pattern in (_EMAIL, _LINK, _IBAN, _CARD, _PHONE, _NUMBER_OF_ORDER, _HANDLE):
        text = pattern.sub("\u2026", text)
    return text


#: Without one of these there is no link, no blank, no account: most texts need no further look.
_LINK_SIGN = re.compile(r"\.\w|://")
_BLANK_SIGNS = frozenset("{[<%_$")
_BLANK_WORDS = (".....", "xxx", "todo", "tbd", "lorem", "insert")


def _may_hold_blank(text: str) -> bool:
    if not _BLANK_SIGNS.isdisjoint(text):
        return True
    lower = text.lower()
    return any(word in lower for word in _BLANK_WORDS)


@lru_cache(maxsize=64)
def _without_links(text: str) -> str:
    return _LINK.sub(" ", text) if _LINK_SIGN.search(text) else text


def _links(text: str) -> Iterator[str]:
    return _matches(_LINK, _without_mails(text)) if _LINK_SIGN.search(text) else iter(())


@lru_cache(maxsize=64)
def _without_mails(text: str) -> str:
    return _EMAIL.sub(" ", text) if "@" in text else text


def any_link(text: str) -> str | None:
    """Any link at all."""
    return next(_links(text), None)


def _host(link: str) -> str:
    rest = link.lower().partition("://")[2] or link.lower()
    host = rest.split("/")[0].split("?")[0].rpartition("@")[2].split(":")[0]
    return host.removeprefix("www.") if "." in host else ""


def handle(text: str, allowed: Collection[str]) -> str | None:
    """A mention of an account that is neither ours nor the customer's."""
    if "@" not in text and "u/" not in text:
        return None
    known = {name.lstrip("@").casefold() for name in allowed if name}
    for match in _HANDLE.finditer(_without_mails(_without_links(text))):
        name = match[1] or match[2]
        if name.casefold() not in known:
            return match[0]
    return None


def personal(text: str, allowed: Collection[str]) -> str | None:
    """A mail address, phone number, postal address, bank account or card."""
    plain = _without_links(text) if "@" not in text else text
    known = [squeezed(one) for one in allowed if one]
    patterns = (_IBAN, _CARD, _ADDRESS, _PHONE) if _has_figure(text) else ()
    if "@" in text:
        patterns = (_EMAIL, *patterns)
    for pattern in patterns:
        for words in _matches(pattern, plain):
            if pattern is _CARD and not _luhn(words):
                continue
            if pattern is _PHONE and (_DATE.search(words) or not 8 <= _digits(words) <= 15):
                continue
            if not any(squeezed(words) in fact for fact in known):
                return words.strip()
    return None


def _digits(text: str) -> int:
    return sum(char.isdigit() for char in text)


def _luhn(number: str) -> bool:
    """Whether a card number's check digit is right (ISO/IEC 7812-1)."""
    total = 0
    for place, char in enumerate(reversed([char for char in number if char.isdigit()])):
        digit = int(char) * (2 if place % 2 else 1)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


def order_number(text: str, allowed: Collection[str]) -> str | None:
    """The number of an order or a parcel."""
    if not _has_figure(text):
        return None
    return _first(_matches(_NUMBER_OF_ORDER, _without_links(text)), allowed)


def blank(text: str, allowed: Collection[str]) -> str | None:
    """Something that should have been filled in."""
    if not _may_hold_blank(text):
        return None
    return next((words for words in _matches(_BLANK, text) if words not in allowed), None)


def laughter(text: str) -> str | None:
    """A laugh."""
    return next(_matches(_LAUGHTER, text.lower()), None)


@cache
def _plain(name: str) -> str:
    return name.lower().strip()


def other_shop(text: str, names: Collection[str], ours: Collection[str]) -> str | None:
    """The name of somebody else's shop."""
    lower = text.lower()
    own = {name.casefold() for name in ours}
    for name in (*names, *OTHERS):
        seen, wanted = (text, name) if name in _ALSO_WORDS else (lower, _plain(name))
        if wanted not in seen or not wanted or wanted.casefold() in own:
            continue
        if re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", seen):
            return name
    return None
