"""The app's manifest: what a Slack workspace is asked to allow, and why.

- `chat:write`: cards, private notes to the person who clicked, the digest.
- `channels:history`, `groups:history`: find an own card again after an answer got lost.
- `channels:read`, `groups:read`: `amends check` looks at who can read the channel.
- `users:read`, `usergroups:read`: a deactivated account or one that left a group loses its rights.
- `files:write`: the digest's chart.
- `commands`: `/amends` and "Make a case".
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

#: Where HTTP mode answers.
PATH = "/slack/events"

#: What each permission is for, in the words of `amends check`.
PURPOSES = {
    "chat:write": "cards, notes to the person who clicked, and the digest",
    "channels:history": "finding a card again in a public channel",
    "groups:history": "finding a card again in a private channel",
    "channels:read": "seeing who reads a public channel",
    "groups:read": "seeing who reads a private channel",
    "users:read": "knowing whose account is deactivated",
    "usergroups:read": "approvers by user group",
    "files:write": "the digest's chart",
    "commands": "/amends and the shortcut Make a case",
}


@cache
def _text() -> str:
    return files("responders.slack").joinpath("manifest.json").read_text(encoding="utf-8")


def manifest(address: str = "") -> dict[str, Any]:
    """The manifest to create the Slack app from; a fresh copy each time.

    Args:
        address: Where Slack calls us, such as "https://amends.shop.example"; "": nowhere, we
            connect to Slack (Socket Mode).

    Raises:
        ValueError: it is no address that Slack could call.
    """
    made: dict[str, Any] = json.loads(_text())
    if not address:
        return made
    url = _called(address)
    settings = made["settings"]
    settings["socket_mode_enabled"] = False
    settings["event_subscriptions"]["request_url"] = url
    settings["interactivity"]["request_url"] = url
    for command in made["features"]["slash_commands"]:
        command["url"] = url
    return made


def _called(address: str) -> str:
    """The address with the path at which HTTP mode answers."""
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(
            f"{address!r} is no address that Slack could call: write one such as "
            '"https://amends.shop.example"'
        )
    path = parts.path.rstrip("/")
    return f"https://{parts.netloc}{path if path.endswith(PATH) else path + PATH}"


def scopes() -> frozenset[str]:
    """The permissions that the bot asks for."""
    return frozenset(manifest()["oauth_config"]["scopes"]["bot"])
