"""A mail server on loopback: takes what it is told to take, and keeps it."""

import socketserver
from dataclasses import dataclass, field
from threading import Thread
from types import TracebackType
from typing import Self


@dataclass
class MailServer:
    """Listens inside a `with` block.

    Attributes:
        refuse: Answers by the first word of a command, in place of our own.
        letters: Everything that was sent, headers and text.
        recipients: To whom, in the envelope.
    """

    refuse: dict[str, str] = field(default_factory=dict)
    letters: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    port: int = 0

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Talk)
        self._server.mail = self
        self.port = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    mail: MailServer


class _Talk(socketserver.StreamRequestHandler):
    timeout = 5

    def handle(self) -> None:
        assert isinstance(self.server, _Server)
        mail = self.server.mail
        self._say("220 loopback")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word in mail.refuse:
                self._say(mail.refuse[word])
            elif word == "DATA":
                self._say("354 go on")
                mail.letters.append(self._letter())
                self._say("250 taken")
            elif word == "EHLO":
                self._say("250-loopback\r\n250 AUTH PLAIN")
            elif word == "AUTH":
                self._say("235 welcome")
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                if word == "RCPT":
                    mail.recipients.append(line.partition("<")[2].rstrip(">"))
                self._say("250 fine")

    def _letter(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
            lines.append(line)
        return "\n".join(lines)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
