"""Telegram's Bot API on loopback, as far as the connector uses it.

Models what bites: an update that was confirmed is gone for ever, an answered message that was
deleted is told by a description alone, a bot cannot write first, and nothing can be read again.
Shapes: tests/samples/telegram. Times are the fake's own, a second from one message to the next.
"""

import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from connectors.telegram import Telegram, TelegramSettings
from monitor.clock import now
from tests.contracts.platform import Sent, Traits
from tests.servers.front import Front
from tests.servers.http import Answer, LoopbackServer, Request, json_answer

SAMPLES = Path(__file__).parent.parent / "samples" / "telegram"
TOKEN = "7654321:AAbbccSecret"
BOT_ID = 7654321
BOT = "acme_help_bot"
GROUP = -1001234567890
_STARTED = 1_794_000_000

Json = dict[str, Any]


def sample(name: str) -> Json:
    """One of the hand-made samples, as a fresh copy."""
    read: Json = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    del read["made_by_hand_from"]
    return read


_CHAT: Json = sample("message")["chat"]


@dataclass(kw_only=True)
class Ours:
    """A message that the bot has sent."""

    chat: int
    number: int
    to: int | None
    text: str


def refusal(status: int, description: str, **parameters: object) -> Answer:
    """How Telegram says no."""
    body: Json = {"ok": False, "error_code": status, "description": description}
    return json_answer(body | ({"parameters": parameters} if parameters else {}), status=status)


class TelegramServer(LoopbackServer):
    """The platform. Everything that a test may turn is an attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.updates: list[Json] = []
        self.messages: dict[tuple[int, int], Json] = {}
        self.sent: list[Ours] = []
        self.people: dict[str, int] = {}
        self.wrote_first: set[int] = set()
        self.me: Json = {"id": BOT_ID, "is_bot": True, "first_name": "Acme", "username": BOT}
        self.webhook = ""
        self.login_works = True
        self.limited_for: float | None = None
        self.made = 0
        self.started = _STARTED

    # --- what people do ---

    def say(
        self,
        author: str,
        text: str,
        *,
        chat: int | None = GROUP,
        below: int | None = None,
        **changes: object,
    ) -> int:
        """A person writes in the group, or with `chat=None` to the bot; the message's number."""
        with self.lock:
            person = self.people.setdefault(author, 7_000_001 + len(self.people))
            message = sample("message")
            del message["reply_to_message"]
            self.made += 1
            where = _CHAT if chat is not None else {"id": person, "type": "private"}
            if chat is None:
                self.wrote_first.add(person)
            message |= {
                "message_id": self.made,
                "from": {"id": person, "is_bot": False, "first_name": author, "username": author},
                "chat": where | ({} if chat is None else {"id": chat}),
                "date": self.started + self.made,
                "text": text,
            }
            if below is not None:
                message["reply_to_message"] = deepcopy(self.messages[GROUP, below])
            message |= changes
            self.messages[message["chat"]["id"], self.made] = message
            self.update(message=message)
            return self.made

    def update(self, **what: object) -> None:
        """Something that the bot is told."""
        with self.lock:
            number = 900_000 + len(self.updates)
            self.updates.append({"update_id": number, **deepcopy(what)})

    # --- HTTP ---

    def answer(self, request: Request) -> Answer:
        """Apply a request and say what came of it."""
        if self.limited_for is not None:
            wait = round(self.limited_for)
            return refusal(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        token, _, method = request.path.removeprefix("/bot").rpartition("/")
        if token != TOKEN or not self.login_works:
            return refusal(401, "Unauthorized")
        body = request.json()
        assert isinstance(body, dict)
        match method:
            case "getMe":
                return _good(self.me)
            case "getWebhookInfo":
                return _good({"url": self.webhook, "pending_update_count": 0})
            case "getChat" if body["chat_id"] in ("@acme_fans", str(GROUP)):
                return _good(_CHAT)
            case "getChat":
                return refusal(400, "Bad Request: chat not found")
            case "getUpdates":
                return self._get_updates(body)
            case "sendMessage":
                return self._send(body)
            case "deleteMessage":
                return self._delete(body["chat_id"], body["message_id"])
            case _:
                return refusal(404, "Not Found")

    def _get_updates(self, body: Json) -> Answer:
        if self.webhook:
            return refusal(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = body.get("offset", 0)
        for update in self.updates:
            if (update["update_id"] or 0) < offset:
                update["confirmed"] = True
        waiting = [update for update in self.updates if not update.get("confirmed")]
        return _good(waiting[: body["limit"]])

    def _send(self, body: Json) -> Answer:
        chat, text = body["chat_id"], body["text"]
        to = body.get("reply_parameters", {}).get("message_id")
        if len(text.encode("utf-16-le")) // 2 > 4096:
            return refusal(400, "Bad Request: message is too long")
        if to is not None and (chat, to) not in self.messages:
            return refusal(400, "Bad Request: message to be replied not found")
        if chat > 0 and chat not in self.wrote_first:
            return refusal(403, "Forbidden: bot can't initiate conversation with a user")
        self.made += 1
        self.sent.append(Ours(chat=chat, number=self.made, to=to, text=text))
        message: Json = {
            "message_id": self.made,
            "from": self.me,
            "chat": {"id": chat, "type": "private"} if chat > 0 else _CHAT,
            "date": self.started + self.made,
            "text": text,
        }
        if to is not None:
            message["reply_to_message"] = deepcopy(self.messages[chat, to])
        self.messages[chat, self.made] = message
        return _good(message)

    def _delete(self, chat: int, number: int) -> Answer:
        kept = [ours for ours in self.sent if (ours.chat, ours.number) != (chat, number)]
        if len(kept) == len(self.sent):
            return refusal(400, "Bad Request: message to delete not found")
        self.sent = kept
        return _good(True)


def _good(result: object) -> Answer:
    return json_answer({"ok": True, "result": result})


def settings(url: str, **changes: object) -> TelegramSettings:
    """Settings that the loopback Telegram accepts."""
    values: dict[str, object] = {
        "api_url": url,
        "bot_token": SecretStr(TOKEN),
        "timeout_seconds": 5.0,
    }
    return TelegramSettings.model_validate(values | changes)


class TelegramPlatform(Front[TelegramServer]):
    """The loopback Telegram as the connectors' contract sees it."""

    traits = Traits(
        replies_only_when_addressed=False,
        private_messages_have_ids=True,
        private_messages_can_be_retracted=True,
        longest_public_text=4096,
        reads_back=False,
        looks=False,
    )
    author_fields = ("from",)

    def __init__(self) -> None:
        self.server = TelegramServer()

    def connector(self, *, timeout: float = 20.0) -> Telegram:
        return Telegram(settings(self.server.url, timeout_seconds=timeout))

    def set_time(self, at: datetime) -> None:
        self.server.started = int(at.timestamp()) - self.server.made

    def seed(self, text: str, *, author: str = "maria", addressed: bool = True) -> str:
        named = f"@{BOT} {text}" if addressed else text
        return f"{GROUP}:{self.server.say(author, named)}"

    def seed_unreadable(self) -> None:
        self.server.say("maria", "?", date="yesterday")

    def edit(self, id: str, text: str) -> None:
        message = self.server.messages[_key(id)]
        message["text"] = text
        self.server.update(edited_message=message)

    def delete(self, id: str) -> None:
        del self.server.messages[_key(id)]

    def answer_publicly(self, id: str, text: str) -> str:
        chat, number = _key(id)
        author = self.server.messages[chat, number]["from"]["username"]
        return f"{chat}:{self.server.say(author, text, below=number)}"

    def answer_privately(self, text: str, *, author: str = "maria") -> str:
        number = self.server.say(author, text, chat=None)
        return f"{self.server.people[author]}:{number}"

    def lose_next_answer(self) -> None:
        self.server.lose_next(path=f"/bot{TOKEN}/sendMessage")

    def hang_next_answer(self) -> None:
        self.server.hang_next(path=f"/bot{TOKEN}/sendMessage")

    def fail_next(self, *, status: int) -> None:
        self.server.answer_next(Answer(status=status))

    def limit_until(self, at: datetime | None) -> None:
        self.server.limited_for = None if at is None else (at - now()).total_seconds()

    def expire_login(self) -> None:
        self.server.login_works = False

    def public_replies(self) -> Sequence[Sent]:
        return [
            Sent(id=f"{ours.chat}:{ours.number}", to=f"{ours.chat}:{ours.to}", text=ours.text)
            for ours in self.server.sent
            if ours.chat < 0
        ]

    def private_messages(self) -> Sequence[Sent]:
        names = {number: name for name, number in self.server.people.items()}
        return [
            Sent(id=f"{ours.chat}:{ours.number}", to=names[ours.chat], text=ours.text)
            for ours in self.server.sent
            if ours.chat > 0
        ]

    def writes(self) -> int:
        return len(self.server.asked("POST", f"/bot{TOKEN}/sendMessage"))


def _key(id: str) -> tuple[int, int]:
    chat, _, number = id.partition(":")
    return int(chat), int(number)
