"""What `amends check` says of Slack: the login, the permissions, the channel and who reads it."""

from collections.abc import Iterator, Sequence
from typing import Any

from slack_sdk import WebClient

from connectors.base import Problem
from connectors.errors import ConnectorError, Refused
from responders.slack.client import Clock, asking, header
from responders.slack.manifest import PURPOSES, scopes
from responders.slack.text import inert

#: Without these no card can be shown; the others take something away.
_NEEDED = frozenset({"chat:write"})
#: So many members are asked whether they are guests; users.info allows about 100 calls a minute.
#: Source: docs.slack.dev, users.info, tier 4, read 2026-11.
_ASKED_MEMBERS = 50


def checkup(
    client: WebClient, channels: Sequence[str], app_token: str | None, *, clock: Clock
) -> list[Problem]:
    """Everything at once; posts nothing.

    Args:
        client: Made by `make_client`.
        channels: The ids of the cards' channels.
        app_token: For Socket Mode; None: is not tried.
        clock: The present moment.
    """
    try:
        with asking("log in", clock):
            login = client.auth_test()
    except ConnectorError as error:
        return [Problem(what=str(error), do="Mend this first; nothing else could be looked at.")]
    problems = list(_permissions(header(login.headers, "x-oauth-scopes")))
    if app_token is not None:
        problems += _socket(client, app_token, clock)
    return problems + [p for channel in channels for p in _channel(client, channel, clock)]


def _permissions(granted: str) -> Iterator[Problem]:
    missing = scopes() - {scope.strip() for scope in granted.split(",")}
    for scope in sorted(missing):
        yield Problem(
            what=f"Slack: the permission {scope} is missing, needed for {PURPOSES[scope]}",
            do="Update the app from slack_manifest.json and install it again.",
            fatal=scope in _NEEDED,
        )


def _socket(client: WebClient, app_token: str, clock: Clock) -> list[Problem]:
    try:
        with asking("open Socket Mode", clock):
            client.apps_connections_open(app_token=app_token)
    except ConnectorError as error:
        return [
            Problem(
                what=f"{error} (slack.app_token)",
                do="Make an app-level token with connections:write and switch Socket Mode on.",
            )
        ]
    return []


def _channel(client: WebClient, channel: str, clock: Clock) -> Iterator[Problem]:
    try:
        with asking("look at the channel", clock):
            info: dict[str, Any] = client.conversations_info(channel=channel)["channel"]
    except ConnectorError as error:
        yield Problem(what=f"{error} (slack.channel = {channel})")
        return
    name = f"#{inert(str(info.get('name', channel)))}"
    if info.get("is_archived"):
        yield Problem(what=f"Slack: {name} is archived", do="Choose another in slack.channel.")
    if not info.get("is_member"):
        yield Problem(
            what=f"Slack: the bot is not in {name}", do=f"Write /invite @amends in {name}."
        )
    if not info.get("is_private"):
        yield Problem(
            what=f"Slack: {name} is public: everybody in the workspace reads the cases",
            do="Make it private, or choose a private one.",
            fatal=False,
        )
    if info.get("is_ext_shared") or info.get("is_pending_ext_shared"):
        yield Problem(
            what=f"Slack: {name} is shared with another company, which reads the cases",
            do="Choose a channel that is not shared.",
            fatal=False,
        )
    yield from _guests(client, channel, name, clock)


def _guests(client: WebClient, channel: str, name: str, clock: Clock) -> Iterator[Problem]:
    try:
        members = _members(client, channel, clock)
        guests = sum(_is_guest(client, member, clock) for member in members[:_ASKED_MEMBERS])
    except ConnectorError as error:
        yield Problem(what=f"Slack: guests of {name} were not looked for: {error}", fatal=False)
        return
    if guests:
        noun = "guest" if guests == 1 else "guests"
        yield Problem(
            what=f"Slack: {guests} {noun} of the workspace can read {name}",
            do="Remove them, or choose a channel without guests.",
            fatal=False,
        )
    if len(members) > _ASKED_MEMBERS:
        yield Problem(
            what=f"Slack: only {_ASKED_MEMBERS} of the {len(members)} members of {name} "
            "were asked whether they are guests",
            do="A smaller channel is easier to oversee.",
            fatal=False,
        )


def _members(client: WebClient, channel: str, clock: Clock) -> list[str]:
    with asking("list the channel's members", clock):
        page = client.conversations_members(channel=channel, limit=1000)
    return [str(member) for member in page["members"]]


def _is_guest(client: WebClient, member: str, clock: Clock) -> bool:
    try:
        with asking("look at a member", clock):
            user = client.users_info(user=member)["user"]
    except Refused:  # of another workspace, which is at least a guest here
        return True
    return bool(user.get("is_restricted") or user.get("is_ultra_restricted"))
