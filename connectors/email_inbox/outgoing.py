"""The way out, over SMTP: one mail, once, and what its failure means.

A mail is accepted when the server answers the last line of it, and not before: whatever fails
until that line was sent left nothing behind; a failure after it says nothing.
Source: RFC 5321, sections 4.1.1.4 and 4.2.5; Python's smtplib, which never sends twice.
"""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage

from connectors.email_inbox.mailbox import Place
from connectors.errors import ConnectorError, OutcomeUnknown, Refused, SetupError, TryLater

#: What smtplib makes of a line that is no answer.
_NO_ANSWER = -1


@contextmanager
def _session(place: Place, password: str) -> Iterator[smtplib.SMTP]:
    """Log in and out again; nothing is sent by that.

    Raises:
        TryLater: the server cannot be reached now.
        SetupError: it refuses the login, or does not encrypt.
    """
    try:
        session = _connect(place)
    except ssl.SSLCertVerificationError as error:
        raise SetupError("The certificate of the mail server was not accepted.") from error
    except (OSError, smtplib.SMTPException) as error:
        raise _unsent(error) from error
    try:
        try:
            if place.security == "starttls":
                session.starttls(context=ssl.create_default_context())
            if place.username:
                session.login(place.username, password)
        except ssl.SSLCertVerificationError as error:
            raise SetupError("The certificate of the mail server was not accepted.") from error
        except smtplib.SMTPAuthenticationError as error:
            if 400 <= error.smtp_code < 500:
                raise TryLater("The mail server takes no logins at the moment.") from None
            raise SetupError("The mail server refused the login.") from None
        except smtplib.SMTPNotSupportedError:
            raise SetupError(
                "The mail server offers no login or no encryption on this port: see to security."
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            raise _unsent(error) from None
        yield session
    finally:
        with suppress(OSError, smtplib.SMTPException):
            session.quit()
        session.close()


def _connect(place: Place) -> smtplib.SMTP:
    if place.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(place.host, place.port, timeout=place.timeout, context=context)
    return smtplib.SMTP(place.host, place.port, timeout=place.timeout)


def _unsent(error: Exception) -> ConnectorError:
    return TryLater(
        f"The mail server cannot be reached, nothing was sent ({type(error).__name__})."
    )


def try_login(place: Place, password: str) -> None:
    """Log in and out again.

    Raises:
        TryLater: the server cannot be reached now.
        SetupError: it refuses the login, or does not encrypt.
    """
    with _session(place, password):
        pass


def send(mail: EmailMessage, place: Place, password: str, *, sender: str, to: str) -> None:
    """Send one mail.

    Raises:
        TryLater: it surely did not leave.
        OutcomeUnknown: it left, and no answer came.
        Refused: the server does not take it, or not for this address.
        SetupError: the server refuses us.
    """
    raw = mail.as_bytes()
    with _session(place, password) as session:
        try:
            _demand(session.mail(sender), SetupError("The mail server refuses our address."))
            nobody = "The mail server does not take mail for this address."
            _demand(session.rcpt(to), Refused(nobody, code="gone"))
        except (OSError, smtplib.SMTPException) as error:
            raise _unsent(error) from None
        _hand_over(session, raw)


def _hand_over(session: smtplib.SMTP, raw: bytes) -> None:
    refused = Refused("The mail server refuses this mail.")
    try:
        answer = session.docmd("data")
    except (OSError, smtplib.SMTPException) as error:
        raise _unsent(error) from None
    if answer[0] != 354:
        _demand((answer[0] if answer[0] >= 400 else _NO_ANSWER, answer[1]), refused)
    unknown = "The mail server did not say whether it took the mail: it may be on its way."
    try:
        session.send(_on_the_wire(raw))
        answer = session.getreply()
    except (OSError, smtplib.SMTPException):
        raise OutcomeUnknown(unknown) from None
    if answer[0] < 200:
        raise OutcomeUnknown(unknown)
    _demand(answer, refused)


def _on_the_wire(raw: bytes) -> bytes:
    """Lines that begin with a dot get another one; a line with one dot ends the mail."""
    lines = re.sub(rb"\r?\n|\r", b"\r\n", raw)
    whole = lines if lines.endswith(b"\r\n") else lines + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", whole) + b".\r\n"


def _demand(answer: tuple[int, bytes], otherwise: ConnectorError) -> None:
    """Go on where the server said yes.

    Raises:
        TryLater: it said "not now" (4xx), or nothing that can be understood.
        ConnectorError: `otherwise`, where it said no.
    """
    code = answer[0]
    if code < 200:
        raise TryLater("The mail server answered with something that is not SMTP.")
    if 400 <= code < 500:
        raise TryLater(f"The mail server says: not now ({code}); nothing was sent.")
    if code >= 500:
        raise otherwise
