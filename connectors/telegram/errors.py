"""What Telegram's refusals mean, as our errors. Pure.

An answer is {"ok": true, "result": ...} or {"ok": false, "error_code", "description",
"parameters"}. What a refusal is about stands in its description alone.
Source: core.telegram.org/bots/api ("Making requests", ResponseParameters), read 2026-11, and the
descriptions that users report at github.com/TelegramBotAPI/errors, read 2026-11.
"""

from connectors.errors import ConnectorError, Refused, SetupError, TryLater
from connectors.payload import mapping, optional
from connectors.web import Answer, Call, weather

#: A part of a description, in lower case -> our word for the refusal.
_REFUSALS = {
    "can't initiate conversation": "closed",
    "bot was blocked": "blocked",
    "user is deactivated": "gone",
    "can't send messages to bots": "closed",
    "message to be replied not found": "gone",
    "message to reply not found": "gone",
    "message to delete not found": "gone",
    "message can't be deleted": "too_late",
    "message is too long": "too_long",
    "message text is empty": "empty",
    "chat not found": "gone",
    "peer_id_invalid": "gone",
    "topic_closed": "locked",
    "topic_deleted": "gone",
}
#: The bot itself is not wanted there, or may not do what it should.
_NEEDS_SETUP = ("bot was kicked", "bot is not a member", "not enough rights", "have no rights")


def judge(call: Call, answer: Answer) -> ConnectorError | None:
    """What an answer means; None: it is good."""
    payload = mapping(answer.payload)
    if answer.status == 429:
        wait = mapping(payload.get("parameters")).get("retry_after")
        message = "Telegram limits how often we may ask; nothing was done."
        return TryLater(message, at=answer.after(wait) or answer.retry_at)
    common = weather(call, answer)
    if common is not None:
        return common
    if payload.get("ok") is True and answer.status < 400:
        return None
    if payload.get("ok") is not False:
        return call.lost("Telegram answered with something that is not its own")
    if answer.status in (401, 404):
        return SetupError("Telegram does not know the bot: bot_token is wrong or was withdrawn.")
    if answer.status == 409:
        return SetupError(
            "Another program reads what the bot is told, or a webhook is set: stop the one, or "
            "delete the other with deleteWebhook."
        )
    return _refusal(call, (optional(payload, "description") or "").casefold(), answer.status)


def _refusal(call: Call, said: str, status: int) -> ConnectorError:
    if any(words in said for words in _NEEDS_SETUP):
        return SetupError(
            f"The bot may not do this in that chat ({call.doing}): see to its rights."
        )
    if not call.writes:
        return SetupError(f"Telegram refused {call.doing}: status {status}.")
    for words, code in _REFUSALS.items():
        if words in said:
            return Refused(f"Telegram refused {call.doing}: {words}.", code=code)
    code = "forbidden" if status == 403 else "refused"
    return Refused(f"Telegram refused {call.doing}: status {status}.", code=code)
