"""Which platforms there are. A module is imported when its platform is first used."""

from importlib import import_module
from typing import Protocol, cast

from connectors.base import Connector
from connectors.settings import ConnectorSettings
from connectors.summary import Summary

#: name in config.toml -> "module:Class". The names are stored: never rename one.
PLATFORMS = {
    "twitter": "connectors.twitter:Twitter",
    "reddit": "connectors.reddit:Reddit",
    "bluesky": "connectors.bluesky:Bluesky",
    "mastodon": "connectors.mastodon:Mastodon",
    "hackernews": "connectors.hackernews:HackerNews",
    "email": "connectors.email_inbox:EmailInbox",
    "telegram": "connectors.telegram:Telegram",
    "youtube": "connectors.youtube:YouTube",
    "google_play": "connectors.google_play:GooglePlay",
    "app_store": "connectors.app_store:AppStore",
    "trustpilot": "connectors.trustpilot:Trustpilot",
    "facebook": "connectors.facebook:Facebook",
    "instagram": "connectors.instagram:Instagram",
    "feed": "connectors.feed:Feed",
    "samples": "connectors.samples:Samples",
}


class ConnectorClass(Protocol):
    """A connector's class: knows its settings and is made from them, and can be summed up."""

    Settings: type[ConnectorSettings]
    summary: Summary  #: its row in the README

    def __call__(self, settings: ConnectorSettings) -> Connector:
        """A connector; speaks to nobody yet."""


def load(name: str) -> ConnectorClass:
    """The class of a platform.

    Raises:
        KeyError: there is no platform of that name.
    """
    module, _, attribute = PLATFORMS[name].partition(":")
    return cast(ConnectorClass, getattr(import_module(module), attribute))
