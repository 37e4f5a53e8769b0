"""Telegram's connector against telegram-test-api, a server of other people's making.

It runs where Node has that package: `npm install --no-save telegram-test-api@4.2.1` in the
repository's root. It knows no offsets, answers no getWebhookInfo and refuses nothing, so the
contract runs against a server of ours (tests/servers/telegram.py) and this is a second opinion.
"""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from connectors.telegram import Telegram, TelegramSettings

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "node_modules" / "telegram-test-api"
TOKEN = "666:AAbbcc"
GROUP = -1001234567890
#: Says when it listens; ends when we do, as its input ends then.
_SERVE = """
const Server = require('telegram-test-api');
const server = new Server({host: '127.0.0.1', port: Number(process.argv[1])});
server.start().then(() => console.log('listening'));
process.stdin.resume().on('end', () => process.exit(0));
"""

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not PACKAGE.exists(),
    reason="needs Node and its package telegram-test-api: see the top of this file",
)


@pytest.fixture
def url() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        ["node", "-e", _SERVE, str(port)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as node:
        assert node.stdin is not None
        assert node.stdout is not None
        assert node.stdout.readline() == "listening\n"
        yield f"http://127.0.0.1:{port}"
        node.stdin.close()


def test_a_complaint_is_read_answered_and_the_answer_taken_down(url: str) -> None:
    telegram = Telegram(TelegramSettings(api_url=url, bot_token=SecretStr(TOKEN)))
    said = {
        "botToken": TOKEN,
        "date": 1_795_000_000,
        "from": {"id": 7, "is_bot": False, "first_name": "Maria", "username": "maria_k"},
        "chat": {"id": GROUP, "type": "supergroup", "title": "Fans"},
        "text": "@TestNameBot my order never came",
    }
    httpx.post(f"{url}/sendMessage", json=said).raise_for_status()

    (mention,) = telegram.poll(None).mentions
    receipt = telegram.reply(mention, "We are sorry.", "key")

    assert telegram.account == "TestNameBot"
    assert (mention.author.handle, mention.addressed) == ("maria_k", True)
    assert [(m["chat_id"], m["text"]) for m in sent(url)] == [(GROUP, "We are sorry.")]
    telegram.retract(receipt)
    assert sent(url) == []


def sent(url: str) -> list[dict[str, object]]:
    """What the bot has said, as the server keeps it."""
    history = httpx.post(f"{url}/getUpdatesHistory", json={"token": TOKEN}).json()["result"]
    return [one["message"] for one in history if "chat_id" in one["message"]]
