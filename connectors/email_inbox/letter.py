"""The mail that we answer with. Pure."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr
from hashlib import sha256

from connectors.base import Author
from connectors.email_inbox.mails import Mail

#: RFC 5322 recommends lines under 1,000 characters; of a long thread the first mail and the last
#: ones are named (RFC 5537, section 3.4.4, names the same way).
_MOST_REFERENCES = 20


def message_id(key: str, address: str) -> str:
    """The Message-ID of what this key sends: the same on every try, so that it can be found.

    Many mailboxes show a second copy with the same one only once.
    """
    return f"<amends.{sha256(key.encode()).hexdigest()[:40]}@{address.partition('@')[2]}>"


def letter(
    *,
    to: Author,
    answered: Mail | None,
    text: str,
    key: str,
    address: str,
    name: str,
    subject: str,
    date: str,
) -> EmailMessage:
    """An answer in the thread of the answered mail; without one, the beginning of a thread.

    Args:
        to: Whom it goes to.
        answered: The customer's newest mail.
        text: Exactly what was approved.
        key: Of the action; makes the Message-ID.
        address: Our own address.
        name: Our own name, as mail programs show it.
        subject: Of a new thread.
        date: Now, as mails write it.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = formataddr((_plain(name), address))
    mail["To"] = to.id
    mail["Subject"] = _subject(answered, subject)
    mail["Date"] = date
    mail["Message-ID"] = message_id(key, address)
    if answered is not None and answered.message_id:
        before = (*answered.references, answered.message_id)
        if len(before) > _MOST_REFERENCES:
            before = (before[0], *before[1 - _MOST_REFERENCES :])
        mail["In-Reply-To"] = answered.message_id
        mail["References"] = " ".join(before)
    mail.set_content(text, charset="utf-8")
    return mail


def _subject(answered: Mail | None, subject: str) -> str:
    if answered is None or not answered.subject:
        return _plain(subject)
    old = _plain(answered.subject)[:200]
    return old if old.casefold().startswith("re:") else f"Re: {old}"


def _plain(words: str) -> str:
    """One line without anything that a header must not hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())
