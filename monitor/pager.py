"""Reaches people outside Slack: mail, a webhook, and the address called while all is well.

Thin: one try each, with a time-out. Nothing that a customer wrote leaves by these.
"""

import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

from connectors.errors import Refused, SetupError, TryLater

TIMEOUT = 15.0


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a person on duty is told."""

    key: str  #: the same on every try, so that a receiver can tell
    to: str  #: a Slack user id or a console name
    title: str
    text: str  #: our own words, with links; never a customer's text


@dataclass(frozen=True, kw_only=True)
class Mail:
    """How mail leaves; `addresses` says where each person reads it."""

    host: str
    port: int = 587
    sender: str
    addresses: Mapping[str, str]
    user: str = ""
    password: str = field(default="", repr=False)
    encrypt: str = "starttls"  #: "starttls", "tls" or "none"

    def send(self, page: Page) -> None:
        """Mail it to the person; nothing where they have no address.

        Raises:
            TryLater, SetupError, Refused: it did not leave.
        """
        to = self.addresses.get(page.to)
        if to is None:
            return
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, to, page.title
        message["X-Amends-Key"] = page.key
        message.set_content(page.text)
        with _mailing(self.host), self._connected() as server:
            server.send_message(message)

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        context = ssl.create_default_context()
        if self.encrypt == "tls":
            made: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=TIMEOUT, context=context
            )
        else:
            made = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
        with made as server:
            if self.encrypt == "starttls":
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password)
            yield server


@contextmanager
def _mailing(host: str) -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise SetupError(f"mail: {host} does not take [duty.mail] user and password") from error
    except smtplib.SMTPRecipientsRefused as error:
        raise Refused(f"mail: {host} refuses the address", code="address") from error
    except ssl.SSLCertVerificationError as error:
        raise SetupError(f"mail: the certificate of {host} is not trusted") from error
    except (smtplib.SMTPException, OSError) as error:
        raise TryLater(f"mail: {host} did not take it ({type(error).__name__})") from error


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """An address of a pager service that takes JSON."""

    url: str = field(repr=False)  #: whoever has it can ring

    def send(self, page: Page) -> None:
        """Post it. Raises as `Mail.send` does."""
        body = {"key": page.key, "to": page.to, "title": page.title, "text": page.text}
        _ask("webhook", "POST", self.url, body)


def call_alive(url: str) -> None:
    """Call the address that raises an alarm elsewhere once it is not called any more.

    Raises:
        TryLater, SetupError: it did not answer well.
    """
    _ask("alive_url", "GET", url)


def _ask(name: str, method: str, url: str, body: Mapping[str, str] | None = None) -> None:
    import httpx  # a tenth of a second that only those pay who have such an address

    try:
        status = httpx.request(method, url, json=body, timeout=TIMEOUT).status_code
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise SetupError(f"{name}: the address under [duty] is none") from error
    except httpx.HTTPError as error:
        raise TryLater(f"{name}: no answer ({type(error).__name__})") from error
    if status == 429 or status >= 500:
        raise TryLater(f"{name}: answered {status}")
    if status >= 300:
        raise SetupError(f"{name}: answered {status}; look at the address under [duty]")
