"""What the contract asks of every platform that a LoopbackServer plays, done once for all of them.

Answers are rewritten on their way out, so that no server has to know how they are damaged.
"""

from types import TracebackType
from typing import Generic, Self, TypeVar

from tests.servers.http import Answer, LoopbackServer, html_answer

Server = TypeVar("Server", bound=LoopbackServer)

#: A field of next year's API.
UNKNOWN = {"added_in_2027": {"kind": ["new", 1, None]}}


class Front(Generic[Server]):
    """The half of a Platform that does not depend on the platform."""

    server: Server
    #: Where an item says who wrote it; every one of these is a field of the item itself.
    author_fields: tuple[str, ...] = ()
    #: Damage is done to requests whose path begins so; others log in.
    api = ""

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.server.__exit__(kind, error, trace)

    def go_down(self) -> None:
        self.server.go_down()

    def come_back(self) -> None:
        self.server.come_back()

    def answer_html_next(self) -> None:
        self.server.answer_next(html_answer(), path=self.api)

    def answer_garbage_next(self, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        self.server.answer_next(Answer(body=body, headers=headers), path=self.api)

    def hang_next_request(self) -> None:
        self.server.hang_next(path=self.api)

    def add_unknown_fields(self) -> None:
        self.server.rewrites.append(with_unknown_fields)

    def hide_author(self, text: str, *, null: bool) -> None:
        self.server.rewrites.append(
            lambda body: _anonymous(body, text, self.author_fields, null=null)[0]
        )


def with_unknown_fields(body: object) -> object:
    """The same JSON with one more field in every object."""
    if isinstance(body, list):
        return [with_unknown_fields(one) for one in body]
    if isinstance(body, dict):
        return {key: with_unknown_fields(one) for key, one in body.items()} | UNKNOWN
    return body


def _anonymous(
    value: object, text: str, fields: tuple[str, ...], *, null: bool
) -> tuple[object, bool, bool]:
    """The same JSON without the author of the innermost items that hold the text.

    Returns:
        The JSON; whether the text is in it; whether its author is hidden already.
    """
    if isinstance(value, str):
        return value, text in value, False
    if isinstance(value, list):
        found = [_anonymous(one, text, fields, null=null) for one in value]
        return [one[0] for one in found], any(f[1] for f in found), any(f[2] for f in found)
    if not isinstance(value, dict):
        return value, False, False
    inner = {key: _anonymous(one, text, fields, null=null) for key, one in value.items()}
    made = {key: one[0] for key, one in inner.items()}
    here, hidden = any(f[1] for f in inner.values()), any(f[2] for f in inner.values())
    if here and not hidden and set(fields) & set(made):
        made = {key: one for key, one in made.items() if key not in fields}
        made |= dict.fromkeys(set(fields) & set(value)) if null else {}
        hidden = True
    return made, here, hidden
