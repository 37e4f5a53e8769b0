"""A Facebook page on loopback; see tests/servers/graph.py."""

from pydantic import SecretStr

from connectors.facebook import Facebook, FacebookSettings
from tests.contracts.platform import Traits
from tests.servers.graph import TOKEN, US, GraphPlatform, GraphServer


class FacebookServer(GraphServer):
    """The page."""


def settings(url: str, **changes: object) -> FacebookSettings:
    """Settings that the loopback page accepts."""
    values: dict[str, object] = {
        "api_url": url,
        "page_id": US,
        "access_token": SecretStr(TOKEN),
        "timeout_seconds": 5.0,
    }
    return FacebookSettings.model_validate(values | changes)


class FacebookPlatform(GraphPlatform[FacebookServer]):
    """The loopback page as the connectors' contract sees it."""

    traits = Traits(
        replies_only_when_addressed=False,
        private_messages_have_ids=True,
        private_messages_can_be_retracted=False,
        longest_public_text=8_000,
        tells_who_is_addressed=False,
        customers_write_first=False,
    )

    def __init__(self) -> None:
        self.server = FacebookServer()

    def connector(self, *, timeout: float = 20.0) -> Facebook:
        return Facebook(settings(self.server.url, timeout_seconds=timeout))
