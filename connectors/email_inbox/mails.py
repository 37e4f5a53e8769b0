"""Mails as a mailbox holds them, and what we make of them. Pure.

Python's older, forgiving reading of mails (policy compat32) is used on purpose: the newer one
raises many kinds of errors on the headers that spammers and old programs write.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from hashlib import sha256

from connectors.base import Author, Mention
from connectors.email_inbox.quotes import QUOTING, written
from connectors.errors import BadPayload
from connectors.texts import clean, from_html

#: A person reads on in the mailbox.
MOST_TEXT = 20_000
#: An address as it stands between angle brackets.
ADDRESS = re.compile(r"[^\s<>@\"(),:;\\]{1,64}@[^\s<>@\"(),:;\\]{1,255}")
_MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,240}>")
_ANSWER = re.compile(r"(re|aw|sv|antw|rv|odp|ref|tr|wg|fwd?|i)\s*(\[\d+\])?:", re.IGNORECASE)
_ROBOTS = re.compile(r"(mailer-daemon|postmaster|bounces?|noreply-dmarc.*)@", re.IGNORECASE)
_NO_ANSWER = re.compile(r"(no|do-?not)[._-]?reply", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What one mail says, and what an answer to it must name."""

    mention: Mention
    message_id: str = ""  #: with its angle brackets; "" where it has none
    references: tuple[str, ...] = ()  #: the mails before it in its thread, the first one first
    subject: str = ""


def parse(raw: bytes, *, address: str, arrived_at: datetime | None) -> Mail | None:
    """A mail that a person wrote; None for answers of programs and for returned mails.

    Args:
        raw: The mail, perhaps without its end.
        address: Our own address: what it wrote is `ours`, and is taken word for word.
        arrived_at: When the mailbox got it; the mail's own time may be anything.

    Raises:
        BadPayload: nobody can tell who wrote it, or when, or it holds no text.
    """
    mail = message_from_bytes(raw)
    if _by_a_program(mail):
        return None
    own_id = next(iter(message_ids(_header(mail, "Message-ID"))), "")
    name = id_of(own_id) if own_id else sha256(raw).hexdigest()[:32]
    try:
        mention = _mention(mail, name, address, arrived_at)
    except BadPayload as error:
        raise BadPayload(f"mail {name}: {error}", item=name) from error
    return Mail(
        mention=mention,
        message_id=own_id,
        references=_thread_of(mail),
        subject=_one_line(mail, "Subject"),
    )


def _mention(mail: Message, name: str, address: str, arrived_at: datetime | None) -> Mention:
    author = _author(mail, address)
    ours = author.id == address.casefold()
    created_at = arrived_at or _date(mail)
    if created_at is None:
        raise BadPayload("it has no readable date")
    text = _text(mail, ours=ours)
    if not text:
        raise BadPayload("it holds no text")
    before = _thread_of(mail)
    return Mention(
        platform="email",
        id=name,
        author=author,
        text=text,
        created_at=created_at,
        in_reply_to=id_of(before[-1]) if before else None,
        thread=id_of(before[0]) if before else name,
        addressed=True,  # it was sent to us
        private=ours,
        ours=ours,
    )


def id_of(message_id: str) -> str:
    """The id of a mail: its Message-ID without the brackets, in a length that can be stored."""
    bare = message_id.strip("<>")
    return bare if len(bare) <= 120 else sha256(bare.encode()).hexdigest()[:32]


def message_ids(header: str) -> tuple[str, ...]:
    """The Message-IDs in a header, brackets included."""
    return tuple(dict.fromkeys(_MESSAGE_ID.findall(header)))


def takes_no_answer(author: Author) -> bool:
    """Whether the address says that nobody reads what is sent there."""
    return _NO_ANSWER.search(author.id.partition("@")[0]) is not None


def _by_a_program(mail: Message) -> bool:
    """Whether a program wrote it: an out-of-office note, a returned mail, a mass mail.

    A mailing list is none: the mailbox may be fed by a group of the team's own.
    Source: RFC 3834, sections 2 and 5; RFC 3464.
    """
    submitted = _header(mail, "Auto-Submitted").partition(";")[0].strip().casefold()
    sender = _header(mail, "From") + _header(mail, "Sender")
    return (
        submitted not in ("", "no")
        or _header(mail, "Precedence").strip().casefold() in ("bulk", "junk", "auto_reply")
        or bool(_header(mail, "X-Autoreply") or _header(mail, "X-Autorespond"))
        or _header(mail, "Return-Path").strip() == "<>"
        or mail.get_content_type() in ("multipart/report", "message/delivery-status")
        or _ROBOTS.search(sender) is not None
    )


def _author(mail: Message, address: str) -> Author:
    """Whom an answer goes to: a contact form writes as the shop and names the customer there."""
    named = _addresses(mail, "Reply-To")
    others = [each for each in named if each[1].casefold() != address.casefold()]
    senders = others or _addresses(mail, "From")
    if not senders:
        raise BadPayload("it names no address to answer to")
    shown, found = senders[0]
    return Author(id=found.casefold(), handle=found.casefold(), name=shown)


def _addresses(mail: Message, name: str) -> list[tuple[str, str]]:
    """The names and addresses of a header."""
    found = getaddresses([_header(mail, name)])
    return [
        (clean(_decoded(shown)), clean(address))
        for shown, address in found
        if ADDRESS.fullmatch(address)
    ]


def _thread_of(mail: Message) -> tuple[str, ...]:
    """The mails that this one follows, the first one first, the answered one last."""
    before = message_ids(_header(mail, "References"))
    answered = message_ids(_header(mail, "In-Reply-To"))[:1]
    return (*(each for each in before if each not in answered), *answered)


def _text(mail: Message, *, ours: bool) -> str:
    plain, html = "", ""
    for part in _parts(mail):
        kind = part.get_content_type()
        if kind == "text/plain" and not plain:
            plain = _content(part)
        elif kind == "text/html" and not html:
            html = _content(part)
    if ours:
        return clean((plain or from_html(html)).strip())
    body = written(plain) if plain.strip() else written(from_html(html, without=QUOTING))
    if html and not body:
        body = from_html(html)  # all of it was quoted: a forwarded mail
    subject = _one_line(mail, "Subject")
    answer = _ANSWER.match(subject) is not None and bool(_thread_of(mail))
    whole = body if answer and body else f"{subject}\n\n{body}"
    return clean(whole.strip()[:MOST_TEXT])


def _parts(mail: Message) -> Iterator[Message]:
    """The parts that are shown: no attachments, and nothing of mails inside the mail."""
    todo: list[Message] = [mail]
    while todo:
        part = todo.pop(0)
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            todo[:0] = [each for each in inner if isinstance(each, Message)]
        elif part.get_content_maintype() == "text" and not _is_attached(part):
            yield part


def _is_attached(part: Message) -> bool:
    shown = str(part.get("Content-Disposition", "inline")).strip().casefold()
    return shown.startswith("attachment")


def _content(part: Message) -> str:
    """The text of a part; what cannot be decoded is replaced."""
    found = part.get_payload(decode=True)
    raw = found if isinstance(found, bytes) else b""
    try:
        return raw.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError, AssertionError):
        return raw.decode("utf-8", "replace")


def _date(mail: Message) -> datetime | None:
    try:
        said = parsedate_to_datetime(_header(mail, "Date"))
        return said.replace(tzinfo=said.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _header(mail: Message, name: str) -> str:
    """A header as it stands there; "" where there is none."""
    return str(mail.get(name) or "")


def _one_line(mail: Message, name: str) -> str:
    return clean(" ".join(_decoded(_header(mail, name)).split()))


def _decoded(value: str) -> str:
    """Words such as =?utf-8?q?Gr=C3=BC=C3=9Fe?= as they are meant."""
    try:
        parts = decode_header(value)
    except (HeaderParseError, MessageError, ValueError, binascii.Error):
        return value
    return "".join(
        part if isinstance(part, str) else _as_text(part, charset) for part, charset in parts
    )


def _as_text(part: bytes, charset: str | None) -> str:
    try:
        return part.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return part.decode("utf-8", "replace")
