"""An Instagram account on loopback; see tests/servers/graph.py.

Comments stand below media, answers below comments and nowhere else.
"""

from pydantic import SecretStr

from connectors.instagram import Instagram, InstagramSettings
from tests.contracts.platform import Traits
from tests.servers.graph import TOKEN, US, GraphPlatform, GraphServer, Json, Words, stamp


class InstagramServer(GraphServer):
    """The account."""

    instagram = True

    def below(self, name: str) -> list[Words]:
        below = [w for w in self.words.values() if name in (w.post, w.parent)]
        return [w for w in below if w.parent in ("", name)]

    def as_bare(self, post: Words) -> Json:
        return {
            "id": post.id,
            "caption": post.text,
            "timestamp": stamp(post.at),
            "permalink": f"https://www.instagram.com/p/{post.id}/",
            "username": self.person(post.author)["username"],
        }

    def as_comment(self, comment: Words) -> Json:
        shown: Json = {
            "id": comment.id,
            "text": comment.text,
            "timestamp": stamp(comment.at),
            "from": self.person(comment.author),
            "username": self.person(comment.author)["username"],
        }
        if comment.parent:
            shown["parent_id"] = comment.parent
        else:
            replies = self.answers(comment.id)
            if replies:
                shown["replies"] = {"data": [self.as_comment(w) for w in replies]}
        if comment.broken:
            del shown["timestamp"]
        if not self.names_people:
            del shown["from"]
            del shown["username"]
        return shown


def settings(url: str, **changes: object) -> InstagramSettings:
    """Settings that the loopback account accepts."""
    values: dict[str, object] = {
        "api_url": url,
        "account_id": US,
        "account": "@acme",
        "access_token": SecretStr(TOKEN),
        "timeout_seconds": 5.0,
    }
    return InstagramSettings.model_validate(values | changes)


class InstagramPlatform(GraphPlatform[InstagramServer]):
    """The loopback account as the connectors' contract sees it."""

    traits = Traits(
        replies_only_when_addressed=False,
        private_messages_have_ids=True,
        private_messages_can_be_retracted=False,
        longest_public_text=2_200,
        tells_who_is_addressed=False,
        customers_write_first=False,
    )

    def __init__(self) -> None:
        self.server = InstagramServer()

    def connector(self, *, timeout: float = 20.0) -> Instagram:
        return Instagram(settings(self.server.url, timeout_seconds=timeout))
