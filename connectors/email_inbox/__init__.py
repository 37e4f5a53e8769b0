"""A mailbox to which customers complain: read over IMAP, answered over SMTP.

A mail has no public side. It is returned by `poll` as any complaint is, not marked `private`,
because it opens a case; what we answer is. Programs are not answered: out-of-office notes and
returned mails are left out. An answer goes to the author's newest mail, in its thread, under a
Message-ID that is made from the action's key: the copy in the folder of sent mails is found by it.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import formatdate
from threading import RLock

from pydantic import Field, field_validator, model_validator

from connectors import position
from connectors.base import (
    PRIVATE_HISTORY,
    Ability,
    Author,
    Batch,
    Contact,
    Life,
    Mention,
    Problem,
    Receipt,
    Route,
    TextLimit,
    Way,
)
from connectors.email_inbox import outgoing
from connectors.email_inbox.letter import letter, message_id
from connectors.email_inbox.mailbox import Found, Place, Security, Visit, quoted, visit
from connectors.email_inbox.mails import ADDRESS, Mail, id_of, parse, takes_no_answer
from connectors.errors import BadPayload, ConnectorError, Refused, SetupError, TryLater, Unsupported
from connectors.payload import Json
from connectors.settings import ConnectorSettings, Secret
from connectors.summary import NONE, Summary
from connectors.web import is_loopback

__all__ = ["EmailInbox", "EmailSettings", "parse"]

log = logging.getLogger(__name__)

#: Mails of one page.
PAGE = 50
#: The first poll goes back this far from the newest mail.
_FIRST = timedelta(days=7)
#: Ours; a mailbox takes much longer ones.
LIMIT = TextLimit(maximum=50_000)
#: So many of the newest mails of a person are read for a conversation.
_MOST_TURNS = 50

_NO_PUBLIC = "A mail has no public side."
_STRANGER = Contact()


class EmailSettings(ConnectorSettings):
    """The table [connectors.email]."""

    address: str  #: our own, which answers come from
    name: str = ""  #: our own, as mail programs show it
    username: str = ""  #: of both servers; the address where empty
    password: Secret
    imap_host: str = Field(min_length=1)
    imap_port: int = Field(default=993, ge=1, le=65_535)
    imap_security: Security = "tls"
    smtp_host: str = Field(min_length=1)
    smtp_port: int = Field(default=465, ge=1, le=65_535)
    smtp_security: Security = "tls"
    folder: str = "INBOX"  #: that is read
    sent_folder: str = ""  #: with what was sent; the one that the server marks where empty
    #: Put a copy of each answer there; false where the server does so itself (Gmail, Microsoft).
    keep_sent: bool = True
    subject: str = Field(default="Your message to us", max_length=200)  #: of a thread that we begin

    @field_validator("address")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not ADDRESS.fullmatch(value) or not value.isascii():
            raise ValueError("write one address, such as help@shop.example")
        return value

    @model_validator(mode="after")
    def _keeps_the_password(self) -> "EmailSettings":
        servers = (("imap", self.imap_host), ("smtp", self.smtp_host))
        for name, host in servers:
            if getattr(self, f"{name}_security") == "none" and not is_loopback(host):
                raise ValueError(
                    f'{name}_security = "none" would send the password in the clear: use "tls", or '
                    '"starttls" with the port for it (143, 587)'
                )
        if self.imap_security == "starttls" and self.imap_port == 993:
            raise ValueError('port 993 is for imap_security = "tls"; "starttls" is spoken on 143')
        return self


def _now() -> str:
    return formatdate(usegmt=True)


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where the poll stands."""

    validity: int  #: the numbering that `uid` belongs to
    uid: int  #: the last mail that was read


class EmailInbox:
    """One mailbox. One visit at a time.

    Args:
        date: Now, as mails write it.
    """

    Settings: type[ConnectorSettings] = EmailSettings
    summary = Summary(reads="a mailbox", public=NONE, private="in the thread")
    platform = "email"
    #: What the folder of sent mails does not hold may have been sent all the same.
    reliable_reads = False

    def __init__(
        self,
        settings: EmailSettings,
        *,
        date: Callable[[], str] = _now,
    ) -> None:
        self._settings = settings
        self._date = date
        self._password = settings.password.get_secret_value()
        self._lock = RLock()
        username = settings.username or settings.address
        self._imap = Place(
            host=settings.imap_host,
            port=settings.imap_port,
            security=settings.imap_security,
            username=username,
            timeout=settings.timeout_seconds,
        )
        self._smtp = replace(
            self._imap,
            host=settings.smtp_host,
            port=settings.smtp_port,
            security=settings.smtp_security,
        )

    @property
    def account(self) -> str:
        """Our address."""
        return self._settings.address

    # Reading

    def poll(self, cursor: str | None) -> Batch:
        """The next mails of the folder; see `Connector.poll`.

        Where the folder was numbered anew, as after a restore, it is read again from a week back:
        a mail that is known already has the same id.

        Raises:
            TryLater: the mailbox cannot be reached now.
            SetupError: it refuses us, or the stored cursor cannot be read.
        """
        place = None if cursor is None else _load(cursor)
        with self._visit() as there:
            validity = there.enter(self._settings.folder)
            if place is not None and place.validity != validity:
                log.warning("email: the folder was numbered anew; its last week is read again")
                place = None
            waiting = there.newer(place.uid) if place else _first(there)
            page = waiting[:PAGE]
            found = there.fetch(page)
        mails, bad = self._parsed(found)
        last = page[-1] if page else (place.uid if place else 0)
        return Batch(
            mentions=tuple(mail.mention for mail in mails if not mail.mention.ours),
            bad=tuple(bad),
            cursor=position.dump({"validity": validity, "uid": last}),
            more=len(waiting) > PAGE,
        )

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        """What the author sent since, and what we answered, oldest first.

        Reads the folder that is polled and the one of sent mails.
        """
        theirs, ours = self._exchanged(mention.author, since=mention.created_at - PRIVATE_HISTORY)
        later = [mail.mention for mail in theirs if mail.mention.created_at >= mention.created_at]
        turns = [turn for turn in later if turn.id != mention.id]
        turns += [mail.mention for mail in ours]
        return sorted(turns, key=lambda turn: (turn.created_at, turn.ours, turn.id))

    def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
        """Not offered: what was mailed cannot be changed or taken back by who wrote it."""
        raise Unsupported("A mail stays as it was sent, so there is nothing to look at.")

    def find_own_reply(self, mention: Mention, text: str) -> Receipt | None:
        """Not offered: there are no public replies."""
        raise Unsupported(_NO_PUBLIC)

    # What is allowed

    def ability(self, mention: Mention, contact: Contact = _STRANGER) -> Ability:
        """An answer by mail, and nothing in public; see `Connector.ability`."""
        private = Way(route=Route.API, account=self.account, limit=LIMIT)
        if mention.ours:
            private = replace(private, route=Route.NONE, reason="This is our own mail.")
        elif takes_no_answer(mention.author):
            reason = "The address says that nobody reads answers to it."
            private = replace(private, route=Route.NONE, reason=reason)
        return Ability(public=Way(route=Route.NONE, reason=_NO_PUBLIC), private=private)

    # Writing

    def reply(self, mention: Mention, text: str, key: str) -> Receipt:
        """Not offered: a mail is answered by a mail."""
        raise Unsupported(_NO_PUBLIC)

    def message(self, author: Author, text: str, key: str) -> Receipt:
        """Answer the author's newest mail; see `Connector.message`.

        Under the same key nothing is sent twice once the folder of sent mails shows the first copy.
        """
        if not author.id.isascii() or not ADDRESS.fullmatch(author.id):
            raise Refused("The mail server takes ASCII addresses only.", code="unsendable")
        try:
            text.encode()
        except UnicodeEncodeError:
            message = "The text holds characters that cannot be sent: half an emoji, perhaps."
            raise Refused(message, code="unsendable") from None
        if not LIMIT.fits(text):
            message = f"The mail has {len(text)} characters, and {LIMIT.maximum} are allowed."
            raise Refused(message, code="too_long")
        settings = self._settings
        own_id = message_id(key, settings.address)
        receipt = Receipt(id=id_of(own_id), private=True)
        with self._visit() as there:
            sent_folder = self._sent_folder(there)
            there.enter(sent_folder)
            if there.search(f"HEADER Message-ID {quoted(own_id)}"):
                return receipt
            answered = self._newest_of(there, author)
        mail = letter(
            to=author,
            answered=answered,
            text=text,
            key=key,
            address=settings.address,
            name=settings.name,
            subject=settings.subject,
            date=self._date(),
        )
        outgoing.send(mail, self._smtp, self._password, sender=settings.address, to=author.id)
        if settings.keep_sent:
            self._keep(mail.as_bytes(), sent_folder)
        return receipt

    def retract(self, receipt: Receipt) -> None:
        """Not offered: a mail that was sent is with its reader."""
        raise Unsupported("A mail that was sent cannot be taken back.")

    def _keep(self, raw: bytes, folder: str) -> None:
        """Put our copy into the folder of sent mails; the mail itself is out whatever happens."""
        try:
            with self._visit() as there:
                there.keep(raw, folder)
        except ConnectorError as error:
            log.warning("email: an answer was sent, and no copy of it could be kept: %s", error)

    # Setting up

    def check(self) -> Sequence[Problem]:
        """Log in to both servers and open both folders; see `Connector.check`."""
        problems: list[Problem] = []
        do = "See to [connectors.email]; many providers want an app password there."
        try:
            with self._visit() as there:
                there.enter(self._settings.folder)
                try:
                    there.enter(self._sent_folder(there))
                except SetupError as error:
                    what = f"No answer can be sent: {error}"
                    problems.append(Problem(what=what, do="Set sent_folder.", fatal=False))
        except (SetupError, TryLater) as error:
            return [Problem(what=str(error), do=do)]
        try:
            outgoing.try_login(self._smtp, self._password)
        except (SetupError, TryLater) as error:
            what = f"Mails are read, and none can be sent: {error}"
            problems.append(Problem(what=what, do=do, fatal=False))
        return problems

    # The mailbox

    @contextmanager
    def _visit(self) -> Iterator[Visit]:
        """One visit at a time: mailboxes allow few connections."""
        with self._lock, visit(self._imap, self._password) as there:
            yield there

    def _sent_folder(self, there: Visit) -> str:
        folder = self._settings.sent_folder or there.sent_folder()
        if folder is None:
            raise SetupError(
                "The mailbox marks no folder as the one of sent mails: set sent_folder."
            )
        return folder

    def _newest_of(self, there: Visit, author: Author) -> Mail | None:
        """The author's newest mail; None where the folder holds none of them."""
        there.enter(self._settings.folder)
        uids = there.search(_from(author))
        mails, _ = self._parsed(there.fetch(uids[-_MOST_TURNS:]))
        theirs = [mail for mail in mails if mail.mention.author.id == author.id]
        return theirs[-1] if theirs else None

    def _exchanged(self, author: Author, *, since: datetime) -> tuple[list[Mail], list[Mail]]:
        """What the author sent us since that day, and what we sent them."""
        with self._visit() as there:
            there.enter(self._settings.folder)
            recent = set(there.since(since))
            uids = [uid for uid in there.search(_from(author)) if uid in recent]
            received = there.fetch(uids[-_MOST_TURNS:])
            there.enter(self._sent_folder(there))
            recent = set(there.since(since))
            uids = [uid for uid in there.search(f"TO {quoted(author.id)}") if uid in recent]
            sent = there.fetch(uids[-_MOST_TURNS:])
        theirs = [m for m in self._parsed(received)[0] if m.mention.author.id == author.id]
        ours = [
            m for m in self._parsed(sent)[0] if m.mention.ours and m.mention.created_at >= since
        ]
        return theirs, ours

    def _parsed(self, found: Sequence[Found]) -> tuple[list[Mail], list[BadPayload]]:
        """What people wrote of these mails; and what cannot be read."""
        mails: list[Mail] = []
        bad: list[BadPayload] = []
        for each in found:
            try:
                mail = parse(each.raw, address=self.account, arrived_at=each.arrived_at)
            except BadPayload as error:
                bad.append(error)
                continue
            if mail is not None:
                mails.append(mail)
        return mails, bad


def _first(there: Visit) -> list[int]:
    """What the first poll reads: a week back from the newest mail."""
    newest = there.newest_arrival()
    return [] if newest is None else there.since(newest - _FIRST)


def _from(author: Author) -> str:
    """The search for what somebody sent, in their own name or through a contact form."""
    address = quoted(author.id)
    return f"OR FROM {address} HEADER Reply-To {address}"


def _load(cursor: str) -> _Place:
    def made(data: Json) -> _Place:
        return _Place(validity=position.whole(data["validity"]), uid=position.whole(data["uid"]))

    return position.load(cursor, platform="email", make=made)
