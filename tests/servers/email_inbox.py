"""A mail provider on loopback: IMAP and SMTP as far as the connector speaks them.

Models what bites: a search for "5:*" always names the last mail, "UID *" does not exist in an
empty folder, a folder may be numbered anew, a mail counts as taken with the last line of it and
not before, and the provider may or may not keep a copy of what was sent. Times are the fake's
own, a second from one mail to the next.
"""

import re
import socket
import socketserver
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from threading import Event, RLock, Thread
from types import TracebackType
from typing import Self, cast

from pydantic import SecretStr

from connectors.email_inbox import EmailInbox, EmailSettings
from connectors.email_inbox.mailbox import imap_date
from connectors.email_inbox.mails import id_of
from monitor.clock import now
from tests.contracts.platform import Sent, Traits

SAMPLES = Path(__file__).parent.parent / "samples" / "email"
OURS = "help@acme.example"
PASSWORD = "hunter2"
_LONGEST_SILENCE = 15.0


def sample(name: str) -> bytes:
    """One of the hand-made samples, with the line ends of mails."""
    return (SAMPLES / f"{name}.eml").read_bytes().replace(b"\n", b"\r\n")


@dataclass(kw_only=True)
class Kept:
    """A mail in a folder."""

    uid: int
    raw: bytes
    at: datetime
    id: str = ""


@dataclass(kw_only=True)
class Folder:
    """A folder of the mailbox."""

    validity: int = 1
    flags: str = ""
    next_uid: int = 1
    mails: list[Kept] = field(default_factory=list)


class Provider:
    """Both servers. Everything that a test may turn is an attribute."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.folders = {
            "INBOX": Folder(),
            "Sent": Folder(flags="\\Sent"),
            "Trash": Folder(flags="\\Trash"),
        }
        self.login_works = True
        self.login_refusal = "NO [AUTHENTICATIONFAILED] wrong"
        self.smtp_refusals: dict[
            str, str
        ] = {}  #: first word of a command -> what is said; "": nothing
        self.smtp_offers = "AUTH PLAIN LOGIN"
        self.imap_refusals: dict[str, list[str]] = {}  #: command -> what is said, the next times
        self.keeps_copies = False  #: as Gmail does
        self.greeting = "* OK ready"
        self.garbage = b""  #: said once in place of what IMAP says to a command, and then goodbye
        self.silent = False  #: the next command of IMAP is taken, and nothing said
        self.more_headers: dict[str, str] = {}  #: in every mail of a customer
        self.anonymous: set[str] = set()  #: texts whose mails name no sender
        self.drops_answer = False  #: of the next mail: taken, and the connection broken
        self.hangs = False  #: the next mail is taken, and nothing said
        self.logins: list[str] = []
        self.handed_over: list[bytes] = []
        self.recipients: list[str] = []
        self.data_commands = 0
        self.release = Event()
        self._started = now().replace(microsecond=0) - timedelta(days=1)
        self._made = 0
        self._imap: _Server | None = None
        self._smtp: _Server | None = None
        self.imap_port = self.smtp_port = 0

    def __enter__(self) -> Self:
        self.come_back()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.go_down()

    def come_back(self) -> None:
        """Listen, at the same ports as before."""
        self.release.clear()
        self._imap = _Server(self, _Imap, self.imap_port)
        self._smtp = _Server(self, _Smtp, self.smtp_port)
        self.imap_port, self.smtp_port = self._imap.port, self._smtp.port

    def go_down(self) -> None:
        """Refuse connections."""
        self.release.set()
        for server in (self._imap, self._smtp):
            if server is not None:
                server.stop()
        self._imap = self._smtp = None

    def set_time(self, at: datetime) -> None:
        """The next mail comes in then."""
        self._started = at.replace(microsecond=0) - timedelta(seconds=self._made)

    def arrive(self, raw: bytes, *, folder: str = "INBOX", at: datetime | None = None) -> Kept:
        """A mail comes in, a second after the one before."""
        with self.lock:
            self._made += 1
            there = self.folders[folder]
            when = at or self._started + timedelta(seconds=self._made)
            kept = Kept(uid=there.next_uid, raw=raw, at=when, id=id_of(_message_id(raw)))
            there.next_uid += 1
            there.mails.append(kept)
            return kept

    def write(
        self, author: str, text: str, *, subject: str = "My order", **headers: str
    ) -> tuple[str, Kept]:
        """A customer writes to us; the id of the mail."""
        mail = EmailMessage(policy=SMTP)
        mail["From"] = f"{author.title()} <{author}@customer.example>"
        mail["To"] = OURS
        mail["Subject"] = subject
        mail["Message-ID"] = f"<{self._made + 1}.{author}@customer.example>"
        for name, value in headers.items():
            del mail[name.replace("_", "-")]
            mail[name.replace("_", "-")] = value
        for name, value in self.more_headers.items():
            mail[name] = value
        if text in self.anonymous:
            del mail["From"]
        mail.set_content(text)
        return id_of(mail["Message-ID"]), self.arrive(mail.as_bytes())

    def take(self, raw: bytes) -> None:
        """The SMTP server has taken a mail."""
        with self.lock:
            self.handed_over.append(raw)
        if self.keeps_copies:
            self.arrive(raw, folder="Sent")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = False
    allow_reuse_address = True

    def __init__(self, provider: Provider, talk: "type[_Talk]", port: int) -> None:
        super().__init__(("127.0.0.1", port), talk)
        self.provider = provider
        self.port: int = self.server_address[1]
        self._open: list[socket.socket] = []
        self._thread = Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gave up is what the tests provoke."""


class _Talk(socketserver.StreamRequestHandler):
    timeout = 5
    disable_nagle_algorithm = True

    @property
    def provider(self) -> Provider:
        return cast(_Server, self.server).provider

    def say(self, line: str | bytes) -> None:
        data = line.encode() if isinstance(line, str) else line
        self.wfile.write(data + b"\r\n")

    def drop(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)


class _Imap(_Talk):
    """One IMAP session; answers of each command, then its tagged end."""

    _folder: Folder | None = None

    def handle(self) -> None:
        self.say(self.provider.greeting)
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            tag, _, rest = line.partition(" ")
            command, _, arguments = rest.partition(" ")
            command = command.upper()
            if command == "UID":
                command, _, arguments = arguments.partition(" ")
                command = command.upper()
            if self.provider.silent:
                self.provider.silent = False
                self.provider.release.wait(_LONGEST_SILENCE)
                return
            if self.provider.garbage:
                garbage, self.provider.garbage = self.provider.garbage, b""
                self.say(garbage)
                self.drop()
                return
            waiting = self.provider.imap_refusals.get(command, [])
            if waiting:
                self.say(f"{tag} {waiting.pop(0)}")
                continue
            commands: dict[str, Callable[[str], str]] = {
                "CAPABILITY": self._capability,
                "LOGIN": self._login,
                "AUTHENTICATE": self._authenticate,
                "EXAMINE": self._examine,
                "SEARCH": self._search,
                "FETCH": self._fetch,
                "LIST": self._list,
                "APPEND": self._append,
                "LOGOUT": self._logout,
            }
            apply = commands.get(command)
            with self.provider.lock:
                said = "BAD unknown" if apply is None else apply(arguments)
            self.say(f"{tag} {said}")
            if command == "LOGOUT":
                return

    def _capability(self, _: str) -> str:
        self.say("* CAPABILITY IMAP4rev1 AUTH=PLAIN SPECIAL-USE")
        return "OK done"

    def _login(self, arguments: str) -> str:
        name, password = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', arguments)
        return self._enter(name[0] or name[1], password[0] or password[1])

    def _authenticate(self, _: str) -> str:
        import base64

        self.say("+ ")
        _, name, password = base64.b64decode(self.rfile.readline()).decode().split("\0")
        return self._enter(name, password)

    def _enter(self, name: str, password: str) -> str:
        self.provider.logins.append(name)
        right = self.provider.login_works and (name, password) in (
            (OURS, PASSWORD),
            (OURS, "pässword"),
        )
        return "OK welcome" if right else self.provider.login_refusal

    def _examine(self, arguments: str) -> str:
        folder = self.provider.folders.get(arguments.strip('"'))
        if folder is None:
            return "NO [NONEXISTENT] no such folder"
        self._folder = folder
        self.say(f"* {len(folder.mails)} EXISTS")
        if folder.validity:
            self.say(f"* OK [UIDVALIDITY {folder.validity}] numbering")
        return "OK [READ-ONLY] done"

    def _list(self, _: str) -> str:
        for name, folder in self.provider.folders.items():
            self.say(f'* LIST (\\HasNoChildren {folder.flags}) "/" "{name}"')
        return "OK done"

    def _search(self, arguments: str) -> str:
        assert self._folder is not None
        mails = self._folder.mails
        if not mails and arguments == "UID *":
            return "BAD no such message"
        fits = _search(arguments, mails[-1].uid if mails else 0)
        found = [str(kept.uid) for kept in mails if fits(kept)]
        self.say(" ".join(["* SEARCH", *found]))
        return "OK done"

    def _fetch(self, arguments: str) -> str:
        assert self._folder is not None
        wanted, _, parts = arguments.partition(" ")
        asked = {int(uid) for uid in wanted.split(",")}
        size = re.search(r"BODY\.PEEK\[\]<0\.([0-9]+)>", parts)
        for number, kept in enumerate(self._folder.mails, start=1):
            if kept.uid not in asked:
                continue
            at = f"{imap_date(kept.at).rjust(11)} {kept.at:%H:%M:%S} +0000"
            head = f'* {number} FETCH (UID {kept.uid} INTERNALDATE "{at}"'
            if size is None:
                self.say(f"{head})")
                continue
            raw = kept.raw[: int(size[1])]
            if kept.uid % 2:  # the order of what is told is free
                self.say(f"{head} BODY[]<0> {{{len(raw)}}}")
                self.say(raw + b")")
            else:
                self.say(f"* {number} FETCH (BODY[]<0> {{{len(raw)}}}")
                self.say(raw + f' INTERNALDATE "{at}" UID {kept.uid})'.encode())
        return "OK done"

    def _append(self, arguments: str) -> str:
        found = re.fullmatch(r'"?([^"]*?)"? \(\\Seen\) "[^"]*" \{(\d+)\}', arguments)
        assert found is not None, arguments
        self.say("+ go on")
        raw = self.rfile.read(int(found[2]))
        self.rfile.readline()
        self.provider.arrive(raw, folder=found[1])
        return "OK done"

    def _logout(self, _: str) -> str:
        self.say("* BYE")
        return "OK done"


def _search(criteria: str, last: int) -> Callable[[Kept], bool]:
    """Which mails fit one of the searches that the connector makes."""
    if found := re.fullmatch(r"UID (\d+):\*", criteria):
        low, high = sorted((int(found[1]), last))
        return lambda kept: low <= kept.uid <= high
    if criteria == "UID *":
        return lambda kept: kept.uid == last
    if found := re.fullmatch(r"SINCE (\S+)", criteria):
        day = datetime.strptime(found[1] + " +0000", "%d-%b-%Y %z").date()
        return lambda kept: kept.at.date() >= day
    if found := re.fullmatch(r'OR FROM "([^"]*)" HEADER Reply-To "([^"]*)"', criteria):
        sender, answers = found[1], found[2]
        return lambda kept: _holds(kept, "From", sender) or _holds(kept, "Reply-To", answers)
    if found := re.fullmatch(r'TO "([^"]*)"', criteria):
        name = found[1]
        return lambda kept: _holds(kept, "To", name)
    found = re.fullmatch(r'HEADER Message-ID "([^"]*)"', criteria)
    assert found is not None, criteria
    wanted = found[1]
    return lambda kept: _holds(kept, "Message-ID", wanted)


def _holds(kept: Kept, header: str, part: str) -> bool:
    return part.casefold() in str(message_from_bytes(kept.raw)[header] or "").casefold()


class _Smtp(_Talk):
    """One SMTP session."""

    def handle(self) -> None:
        provider = self.provider
        self.say("220 loopback")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            word = line.split()[0].upper()
            if provider.smtp_refusals.get(word) == "":
                self.drop()
                return
            if word in provider.smtp_refusals:
                self.say(provider.smtp_refusals[word])
            elif word == "EHLO":
                self.say(f"250-loopback\r\n250 {provider.smtp_offers}")
            elif word == "AUTH":
                ok = provider.login_works
                self.say("235 welcome" if ok else "535 5.7.8 wrong")
            elif word == "RCPT":
                provider.recipients.append(line.partition("<")[2].rstrip(">"))
                self.say("250 fine")
            elif word == "DATA":
                if not self._data():
                    return
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")

    def _data(self) -> bool:
        """Take a mail; whether the session goes on."""
        provider = self.provider
        provider.data_commands += 1
        self.say("354 go on")
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        if "." in provider.smtp_refusals:
            self.say(provider.smtp_refusals["."])
            return True
        provider.take(b"".join(lines))
        if provider.drops_answer:
            provider.drops_answer = False
            self.drop()
            return False
        if provider.hangs:
            provider.hangs = False
            provider.release.wait(_LONGEST_SILENCE)
            return False
        self.say("250 taken")
        return True


def settings(provider: Provider, **changes: object) -> EmailSettings:
    """Settings that the loopback provider accepts."""
    values: dict[str, object] = {
        "address": OURS,
        "name": "Acme help",
        "password": SecretStr(PASSWORD),
        "imap_host": "127.0.0.1",
        "imap_port": provider.imap_port,
        "imap_security": "none",
        "smtp_host": "127.0.0.1",
        "smtp_port": provider.smtp_port,
        "smtp_security": "none",
        "timeout_seconds": 5.0,
    }
    return EmailSettings.model_validate(values | changes)


class EmailPlatform:
    """The loopback provider as the connectors' contract sees it."""

    traits = Traits(
        replies_only_when_addressed=False,
        private_messages_have_ids=True,
        private_messages_can_be_retracted=False,
        longest_public_text=0,
        public_replies=False,
        reads_back=False,
        looks=False,
        tells_who_is_addressed=False,
        public_posts=False,
        names_the_time=False,
    )

    def __init__(self) -> None:
        self.provider = Provider()

    def __enter__(self) -> Self:
        self.provider.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.provider.__exit__(kind, error, trace)

    def connector(self, *, timeout: float = 20.0) -> EmailInbox:
        return EmailInbox(settings(self.provider, timeout_seconds=timeout))

    def set_time(self, at: datetime) -> None:
        self.provider.set_time(at)

    def seed(self, text: str, *, author: str = "maria", addressed: bool = True) -> str:
        return self.provider.write(author, text)[0]

    def seed_unreadable(self) -> None:
        self.provider.arrive(b"Subject: from nobody\r\n\r\nHello\r\n")

    def edit(self, id: str, text: str) -> None:
        raise NotImplementedError("a mail stays as it is")

    def delete(self, id: str) -> None:
        inbox = self.provider.folders["INBOX"]
        inbox.mails = [kept for kept in inbox.mails if kept.id != id]

    def answer_publicly(self, id: str, text: str) -> str:
        raise NotImplementedError("a mail has no public side")

    def answer_privately(self, text: str, *, author: str = "maria") -> str:
        return self.provider.write(author, text, subject="Re: My order")[0]

    def lose_next_answer(self) -> None:
        self.provider.drops_answer = True

    def hang_next_answer(self) -> None:
        self.provider.hangs = True

    def fail_next(self, *, status: int) -> None:
        self.provider.imap_refusals["LOGIN"] = [f"NO [UNAVAILABLE] {status}"]

    def answer_html_next(self) -> None:
        self.provider.greeting = "<!doctype html><title>Over capacity</title>"

    def answer_garbage_next(self, body: bytes) -> None:
        self.provider.garbage = b"* " + body

    def hang_next_request(self) -> None:
        self.provider.silent = True

    def add_unknown_fields(self) -> None:
        self.provider.more_headers["X-Added-In-2027"] = "kind=new"

    def hide_author(self, text: str, *, null: bool) -> None:
        self.provider.anonymous.add(text)

    def limit_until(self, at: datetime | None) -> None:
        raise NotImplementedError("a mailbox names no time")

    def expire_login(self) -> None:
        self.provider.login_works = False

    def go_down(self) -> None:
        self.provider.go_down()

    def come_back(self) -> None:
        self.provider.come_back()

    def public_replies(self) -> Sequence[Sent]:
        return []

    def private_messages(self) -> Sequence[Sent]:
        found = []
        for raw in self.provider.handed_over:
            mail = message_from_bytes(raw)
            content = mail.get_payload(decode=True)
            assert isinstance(content, bytes)
            to = str(mail["To"]).partition("@")[0]
            text = content.decode().replace("\r\n", "\n").removesuffix("\n")
            found.append(Sent(id=id_of(_message_id(raw)), to=to, text=text))
        return found

    def writes(self) -> int:
        return self.provider.data_commands


def _message_id(raw: bytes) -> str:
    return str(message_from_bytes(raw)["Message-ID"])
