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


def manifest() -> dict[str, Any]:
    """The manifest to create the Slack app from; a fresh copy each time."""
    read: dict[str, Any] = json.loads(_text())
    return read


def scopes() -> frozenset[str]:
    """The permissions that the bot asks for."""
    return frozenset(manifest()["oauth_config"]["scopes"]["bot"])
