r"""The mailbox, over IMAP: one connection for each visit, and nothing is marked as read.

A mail's number (UID) counts while the folder's UIDVALIDITY stays the same.
Source: RFC 3501, sections 2.3.1.1 and 6.4.8; RFC 6154 (\Sent); RFC 5530 (response codes); and
imap-tools 1.16.0, mailbox.py, read 2026-11.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import imap_tools
from imap_tools.errors import (
    ImapToolsError,
    MailboxFolderSelectError,
    MailboxLoginError,
)

from connectors.errors import SetupError, TryLater

#: Of a mail with big attachments the beginning is read: the text stands there.
MOST_BYTES = 256 * 1024
#: Words of RFC 5530 for "not now".
_NOT_NOW = re.compile(rb"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\]", re.IGNORECASE)
_UID = re.compile(rb"\bUID (\d{1,10})\b")
_ARRIVED = re.compile(
    rb'INTERNALDATE "(?P<day>[ 0-9][0-9])-(?P<month>[A-Za-z]{3})-(?P<year>[0-9]{4}) '
    rb'(?P<time>[0-9:]{8}) (?P<zone>[+-][0-9]{4})"'
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Security = Literal["tls", "starttls", "none"]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a mailbox is, and who we are there."""

    host: str
    port: int
    security: Security
    username: str
    timeout: float


@dataclass(frozen=True, kw_only=True)
class Found:
    """One mail of a folder."""

    uid: int
    raw: bytes
    arrived_at: datetime | None


class Visit:
    """An open connection."""

    def __init__(self, box: imap_tools.BaseMailBox) -> None:
        self._box = box
        self._holds = 0  #: mails in the folder that is open

    def enter(self, folder: str) -> int:
        """Open a folder to read it only; its UIDVALIDITY.

        Raises:
            SetupError: there is no such folder.
        """
        _, counts = self._box.folder.set(folder, readonly=True)
        self._holds = int(counts[0] or b"0")
        _, values = self._box.client.response("UIDVALIDITY")
        text = values[0].decode() if values and isinstance(values[0], bytes) else ""
        if not text.isdecimal():
            raise TryLater("The mailbox did not say which numbering its mails have.")
        return int(text)

    def newer(self, uid: int) -> list[int]:
        """The mails with a higher number, lowest first.

        The server always names the last mail too, however low its number: "5:*" is "*:5" as well.
        """
        return [number for number in self.search(f"UID {uid + 1}:*") if number > uid]

    def since(self, moment: datetime) -> list[int]:
        """The mails that arrived on that day or later, lowest number first."""
        return self.search(f"SINCE {imap_date(moment)}")

    def search(self, criteria: str) -> list[int]:
        """The numbers of the mails that fit, lowest first."""
        return sorted(int(uid) for uid in self._box.uids(criteria, charset=None) if uid.isdecimal())

    def newest_arrival(self) -> datetime | None:
        """When the last mail of the folder arrived."""
        last = self.search("UID *") if self._holds else []
        if not last:
            return None
        told = self._asked(last[-1:], "(INTERNALDATE)")
        return next((arrival(item) for item in told if isinstance(item, bytes)), None)

    def fetch(self, uids: Sequence[int]) -> list[Found]:
        """These mails, lowest number first; what was taken away meanwhile is left out."""
        if not uids:
            return []
        data = self._asked(uids, f"(INTERNALDATE BODY.PEEK[]<0.{MOST_BYTES}>)")
        return sorted(_mails_in(data), key=lambda found: found.uid)

    def _asked(self, uids: Sequence[int], parts: str) -> list[object]:
        status, data = self._box.client.uid("FETCH", ",".join(map(str, uids)), parts)
        if status != "OK":
            raise TryLater("The mailbox did not give its mails away.")
        return list(data)

    def sent_folder(self) -> str | None:
        """The folder that the server marks as the one for sent mails."""
        for folder in self._box.folder.list():
            if "\\sent" in (flag.casefold() for flag in folder.flags):
                return str(folder.name)
        return None

    def keep(self, raw: bytes, folder: str) -> None:
        """Put a mail into a folder, as read."""
        self._box.append(raw, folder, flag_set=["\\Seen"])


@contextmanager
def visit(place: Place, password: str) -> Iterator[Visit]:
    """Log in and out again.

    Raises:
        TryLater: the mailbox cannot be reached now, or the connection broke.
        SetupError: it refuses the login or the folder, or nobody vouches for its certificate.
    """
    try:
        box = _connect(place)
        try:
            # Plain LOGIN carries ASCII only.
            plain = (place.username + password).isascii()
            login = box.login if plain else box.login_utf8
            login(place.username, password, initial_folder=None)
            yield Visit(box)
        finally:
            with suppress(OSError, imaplib.IMAP4.error, ImapToolsError):
                box.logout()
    except MailboxLoginError as error:
        if _NOT_NOW.search(repr(error.command_result).encode()):
            raise TryLater("The mailbox takes no logins at the moment.") from None
        message = "The mailbox refused the login: see to username and password (README)."
        raise SetupError(message) from None
    except MailboxFolderSelectError as error:
        if _NOT_NOW.search(repr(error.command_result).encode()):
            raise TryLater("The mailbox cannot open its folder now.") from None
        raise SetupError("The mailbox has no such folder, or does not let us in.") from None
    except ImapToolsError as error:
        raise TryLater(f"The mailbox refused a command ({type(error).__name__}).") from None
    except ssl.SSLCertVerificationError as error:
        raise SetupError("The certificate of the mailbox's server was not accepted.") from error
    except OSError as error:
        message = f"The mailbox cannot be reached ({type(error).__name__})."
        raise TryLater(message) from error
    except (imaplib.IMAP4.error, ValueError, LookupError):
        # What imaplib says may quote what the server said, and that may be anything.
        raise TryLater("The mailbox answered with something that is not IMAP.") from None


def _connect(place: Place) -> imap_tools.BaseMailBox:
    host, port, wait = place.host, place.port, place.timeout
    if place.security == "tls":
        context = ssl.create_default_context()
        return imap_tools.MailBox(host, port, timeout=wait, ssl_context=context)
    box = imap_tools.MailBoxUnencrypted(host, port, timeout=wait)
    if place.security == "starttls":
        try:
            box.client.starttls(ssl.create_default_context())
        except (OSError, imaplib.IMAP4.error) as error:
            box.client.shutdown()  # imap-tools' own class leaves the connection open
            if isinstance(error, OSError):
                raise
            message = "The mailbox does not encrypt on this port: see to imap_security."
            raise SetupError(message) from None
    return box


def _mails_in(data: Sequence[object]) -> Iterator[Found]:
    """The mails in an answer: pairs of what stands before a mail and the mail, and what follows.

    What is told of a mail may stand before it or behind it.
    """
    for item, behind in zip(data, (*data[1:], b""), strict=True):
        if not isinstance(item, tuple):
            continue
        told = item[0] + (behind if isinstance(behind, bytes) else b"")
        number = _UID.search(told)
        if number is not None:
            yield Found(uid=int(number[1]), raw=item[1], arrived_at=arrival(told))


def imap_date(moment: datetime) -> str:
    """A day as IMAP writes it, whatever the language of the machine."""
    return f"{moment.day}-{_MONTHS[moment.month - 1]}-{moment.year}"


def quoted(value: str) -> str:
    """A value as a search holds it; what a quoted string cannot hold is left out."""
    return '"' + re.sub(r'["\\\r\n\x00]|[^\x20-\x7e]', "", value) + '"'


def arrival(item: bytes) -> datetime | None:
    """The INTERNALDATE in an answer, aware UTC."""
    found = _ARRIVED.search(item)
    if found is None or found["month"].decode().title() not in _MONTHS:
        return None
    month = _MONTHS.index(found["month"].decode().title()) + 1
    clock = "{}-{:02}-{:02}T{}{}:{}".format(
        found["year"].decode(),
        month,
        int(found["day"]),
        found["time"].decode(),
        found["zone"][:3].decode(),
        found["zone"][3:].decode(),
    )
    try:
        return datetime.fromisoformat(clock).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
