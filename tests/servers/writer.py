"""A language model on loopback: OpenAI's chat completions, polite or hostile, as a test wants it.

Source: platform.openai.com/docs/api-reference/chat/create and .../models/list, read 2026-08-22.
"""

import json
from collections.abc import Callable
from typing import Any

from tests.servers.http import Answer, LoopbackServer, Request, json_answer

KEY = "sk-loopback-1234567890"
MODEL = "small-instruct"

Asked = dict[str, Any]


def same(asked: Asked) -> Asked:
    """Gives the texts back as they came."""
    return {half: asked[half] for half in ("public", "private") if half in asked}


class WriterServer(LoopbackServer):
    """The endpoint. `rephrase` makes the answer's texts from what was asked."""

    def __init__(self, rephrase: Callable[[Asked], object] = same) -> None:
        super().__init__()
        self.rephrase = rephrase
        self.models = [MODEL]
        self.key = KEY

    def answer(self, request: Request) -> Answer:
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            return json_answer({"error": {"message": "bad key"}}, status=401)
        if (request.method, request.path) == ("GET", "/v1/models"):
            data = [{"id": name, "object": "model"} for name in self.models]
            return json_answer({"object": "list", "data": data})
        if (request.method, request.path) != ("POST", "/v1/chat/completions"):
            return json_answer({"error": {"message": "no such path"}}, status=404)
        said = self.rephrase(self.asked_for(request))
        content = said if isinstance(said, str) else json.dumps(said)
        return json_answer(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "model": MODEL,
                "choices": [
                    {"index": 0, "message": {"role": "assistant", "content": content}},
                ],
            }
        )

    def asked_for(self, request: Request) -> Asked:
        """What the user's message of a request holds."""
        body = request.json()
        assert isinstance(body, dict)
        assert [message["role"] for message in body["messages"]] == ["system", "user"]
        found = json.loads(body["messages"][1]["content"])
        assert isinstance(found, dict)
        return found
