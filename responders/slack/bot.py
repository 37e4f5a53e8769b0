"""The bot: the only place that posts to Slack. Cards, private notes, forms, the digest.

A card is posted once and edited from then on. Slack knows no idempotency key, so each message of
ours carries metadata by which it is found again after an answer got lost: `find` and `find_digest`
before any second post.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.models.blocks import ImageBlock, MarkdownBlock
from slack_sdk.models.blocks.basic_components import SlackFile
from slack_sdk.models.metadata import Metadata

from connectors.base import Problem
from connectors.errors import Refused, TryLater
from responders.bulletin import Bulletin
from responders.card import Card
from responders.case import CaseId
from responders.slack import blocks, notices
from responders.slack.channels import Channels
from responders.slack.checkup import checkup
from responders.slack.client import Clock, asking
from responders.slack.pace import Pace
from responders.slack.text import clean, cut, inert, staff

log = logging.getLogger(__name__)

CASE_EVENT = "amends_case"
DIGEST_EVENT = "amends_digest"
BULLETIN_EVENT = "amends_bulletin"

#: Of conversations.history. Source: docs.slack.dev, conversations.history: no more than 200 at a
#: time are recommended, read 2026-11.
_PAGE = 200
#: Markdown blocks take 12,000 characters a message; the whole message stops at about 13,200.
_DIGEST_MAXIMUM = 9_000
_NOTE_MAXIMUM = 1_500
#: The message is gone, or the workspace lets nobody edit one that old: a new one takes its place.
#: Source: docs.slack.dev, errors of chat.update, read 2026-11.
_LOST_CARD = frozenset({"message_not_found", "edit_window_closed", "cant_update_message"})
#: A fresh upload is scanned before it can be shown. Source: docs.slack.dev "Working with files".
_SCAN = timedelta(seconds=5)
_SCANS = 6


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Where a message of ours stands."""

    channel: str
    ts: str


@dataclass(frozen=True, kw_only=True)
class OpenView:
    """A form that is open at somebody's; `hash` is its version."""

    id: str
    hash: str


class SlackBot:
    """Our voice in the team's channels. Every method is one or a few calls, each tried once."""

    def __init__(
        self,
        client: WebClient,
        channels: Channels | str,
        *,
        clock: Clock,
        pace: Pace | None = None,
    ) -> None:
        """Speaks to nobody yet.

        Args:
            client: Made by `make_client`.
            channels: Where cards stand; the id of a channel: all of them there.
            clock: The present moment.
            pace: How fast it may speak; None: Slack says when that was too fast.
        """
        if isinstance(channels, str):
            channels = Channels(default=channels)
        self._client = client
        self._channels = channels
        self._channel = channels.default
        self._clock = clock
        self._pace = pace
        self._bot_id = ""
        self._charts: dict[str, tuple[str, int]] = {}  #: by digest key: file id, tries

    def show(self, card: Card, at: Shown | None) -> Shown:
        """Post the card, or edit it where it stands.

        Args:
            card: The case as it is now.
            at: Where it stands; None: nowhere yet.

        Returns:
            Where it stands now: elsewhere if the old message cannot be edited any more.

        Raises:
            TryLater: nothing was posted; Paced where it is only too early.
            SetupError: a person must mend the app or the channel.
            Refused: Slack does not take the card as it is.
            OutcomeUnknown: a new card may have been posted; `find` it before the next try.
        """
        if at is None:
            return self._post(card)
        try:
            return self._edit(card, at)
        except Refused as refused:
            if refused.code not in _LOST_CARD:
                raise
            log.warning("The card of case %s cannot be edited (%s)", card.case_id, refused.code)
            return self._post(card)

    def _post(self, card: Card) -> Shown:
        channel = self._channels.of(card)
        self._turn(channel)
        with asking("post a card", self._clock, posts=True):
            posted = self._client.chat_postMessage(
                channel=channel,
                text=blocks.fallback(card),
                blocks=blocks.card(card),
                metadata=_metadata(card),
                unfurl_links=False,
                unfurl_media=False,
                parse="none",
            )
        return Shown(channel=str(posted["channel"]), ts=str(posted["ts"]))

    def _turn(self, channel: str = "", *, card: bool = True) -> None:
        """Wait for nobody: a message of ours has its turn in the channel ("": an edit), or not."""
        if self._pace is None:
            return
        if channel:
            self._pace.post(channel, card=card)
        else:
            self._pace.edit()

    def _edit(self, card: Card, at: Shown) -> Shown:
        self._turn()
        with asking("edit a card", self._clock):
            self._client.chat_update(
                channel=at.channel,
                ts=at.ts,
                text=blocks.fallback(card),
                blocks=blocks.card(card),
                metadata=_metadata(card),
                parse="none",  # its default is "client", unlike that of chat.postMessage
            )
        return at

    def find(self, case_id: CaseId, since: datetime | None = None) -> Shown | None:
        """Our own card of the case, the newest one, if it stands in one of the channels.

        Args:
            case_id: Whose card.
            since: Look no further back (aware UTC); None: through the whole channels.

        Raises:
            TryLater: Slack does not say now.
            SetupError: it cannot, before a person mends the app.
        """
        for channel in self._channels.all:
            for ts, payload in self._ours(CASE_EVENT, since, channel):
                if payload.get("case_id") == case_id:
                    return Shown(channel=channel, ts=ts)
        return None

    def channel_of(self, card: Card) -> str:
        """The id of the channel in which a new card of this kind is posted."""
        return self._channels.of(card)

    def post(
        self,
        bulletin: Bulletin,
        *,
        at: Shown | None = None,
        channel: str = "",
        below: Shown | None = None,
    ) -> Shown:
        """Post a bulletin, or edit it where it stands.

        Args:
            bulletin: What is said.
            at: Where it stands; None: nowhere yet.
            channel: Where a new one goes; "": the default channel.
            below: The message under which a new one goes, in its thread.

        Raises:
            TryLater, SetupError, Refused, OutcomeUnknown: as in `show`; `find_bulletin` finds
                what was posted without an answer.
        """
        said: dict[str, Any] = {
            "text": notices.fallback(bulletin),
            "blocks": notices.blocks(bulletin),
            "metadata": Metadata(event_type=BULLETIN_EVENT, event_payload={"key": bulletin.key}),
            "parse": "none",
        }
        if at is not None:
            self._turn()
            with asking("edit a bulletin", self._clock):
                self._client.chat_update(channel=at.channel, ts=at.ts, **said)
            return at
        where = below.channel if below else channel or self._channel
        self._turn(where, card=False)
        with asking("post a bulletin", self._clock, posts=True):
            posted = self._client.chat_postMessage(
                channel=where,
                thread_ts=below.ts if below else None,
                unfurl_links=False,
                unfurl_media=False,
                **said,
            )
        return Shown(channel=str(posted["channel"]), ts=str(posted["ts"]))

    def find_bulletin(
        self, key: str, *, channel: str = "", below: Shown | None = None
    ) -> Shown | None:
        """Our bulletin of that key, if it stands there. Raises as `find` does."""
        where = below.channel if below else channel or self._channel
        for ts, payload in self._ours(BULLETIN_EVENT, None, where, below.ts if below else ""):
            if payload.get("key") == key:
                return Shown(channel=where, ts=ts)
        return None

    def tell(self, person_id: str, text: str, channel: str = "") -> None:
        """A private note to one person, which nobody else sees.

        Args:
            person_id: Whom.
            text: Our own sentence; `<@U…>` in it is shown as a name, all else as it is written.
            channel: Where they are; "": the cards' channel.

        Raises:
            TryLater, SetupError, Refused, OutcomeUnknown: as in `show`; the note is lost then.
        """
        with asking("tell a person", self._clock, posts=True):
            self._client.chat_postEphemeral(
                channel=channel or self._channel,
                user=person_id,
                text=staff(cut(text, _NOTE_MAXIMUM)),
                parse="none",
            )

    def open_view(self, trigger_id: str, view: dict[str, Any]) -> OpenView:
        """Open a form at the person who clicked, within three seconds of the click."""
        with asking("open a form", self._clock):
            opened = self._client.views_open(trigger_id=trigger_id, view=view)["view"]
        return OpenView(id=str(opened["id"]), hash=str(opened["hash"]))

    def change_view(self, at: OpenView, view: dict[str, Any]) -> None:
        """Put another form in its place, unless it was changed or closed meanwhile."""
        with asking("fill a form", self._clock):
            self._client.views_update(view_id=at.id, hash=at.hash, view=view)

    def publish_home(self, user_id: str, view: dict[str, Any]) -> None:
        """Put a person's page in its place."""
        with asking("show a person's page", self._clock):
            self._client.views_publish(user_id=user_id, view=view)

    def post_digest(self, markdown: str, png: bytes, alt: str, key: str) -> str:
        """Post the week's digest with its chart.

        Args:
            markdown: The text; markup for mentions and links in it stays dead.
            png: The chart.
            alt: The chart in words.
            key: Names the digest, such as "acme 2026-W47"; `find_digest` looks for it.

        Returns:
            The message's ts.

        Raises:
            TryLater: nothing was posted; also while Slack still scans the chart. Call again.
            SetupError, Refused, OutcomeUnknown: as in `show`.
        """
        parts: list[dict[str, Any]] = [
            MarkdownBlock(text=_tame(cut(clean(markdown), _DIGEST_MAXIMUM))).to_dict()
        ]
        chart, tries = self._charts.get(key) or (self._upload(png, alt, key), 0)
        if tries < _SCANS:
            image = ImageBlock(slack_file=SlackFile(id=chart), alt_text=cut(clean(alt), 2000))
            parts.append(image.to_dict())
        self._charts[key] = (chart, tries + 1)
        try:
            with asking("post the digest", self._clock, posts=True):
                posted = self._client.chat_postMessage(
                    channel=self._channel,
                    text=inert(cut(clean(markdown).partition("\n")[0], 150)),
                    blocks=parts,
                    metadata=Metadata(event_type=DIGEST_EVENT, event_payload={"key": key}),
                    unfurl_links=False,
                    unfurl_media=False,
                    parse="none",
                )
        except Refused as refused:
            if refused.code != "invalid_blocks" or tries >= _SCANS:
                raise
            raise TryLater(
                "Slack: the digest's chart is not ready to be shown", at=self._clock() + _SCAN
            ) from refused
        del self._charts[key]
        return str(posted["ts"])

    def _upload(self, png: bytes, alt: str, key: str) -> str:
        """The id of the uploaded chart. A second upload after a failure is seen by nobody."""
        with asking("upload the digest's chart", self._clock):
            done = self._client.files_upload_v2(
                filename="digest.png", file=png, title=key, alt_txt=cut(clean(alt), 1000)
            )
            return str(done["files"][0]["id"])

    def find_digest(self, key: str, since: datetime | None = None) -> str | None:
        """The ts of our digest of that key, if it stands in the channel. Raises as `find` does."""
        for ts, payload in self._ours(DIGEST_EVENT, since, self._channel):
            if payload.get("key") == key:
                return ts
        return None

    def check(self, app_token: str | None = None) -> list[Problem]:
        """What is wrong or worth knowing: the login, permissions, the channel and who reads it."""
        return checkup(self._client, self._channels.all, app_token, clock=self._clock)

    def _ours(
        self, event: str, since: datetime | None, channel: str, thread: str = ""
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Messages of this bot with such metadata, a channel's newest first: ts and payload.

        Only our own: metadata of another app proves nothing.
        """
        bot_id = self._me()
        oldest = None if since is None else f"{since.timestamp():.6f}"
        cursor = ""
        while True:
            with asking("read the channel", self._clock):
                asked: dict[str, Any] = {
                    "channel": channel,
                    "include_all_metadata": True,
                    "limit": _PAGE,
                    "cursor": cursor or None,
                    "oldest": oldest,
                }
                if thread:
                    page = self._client.conversations_replies(ts=thread, **asked)
                else:
                    page = self._client.conversations_history(**asked)
            for message in page["messages"]:
                metadata = message.get("metadata") or {}
                if message.get("bot_id") == bot_id and metadata.get("event_type") == event:
                    yield str(message["ts"]), dict(metadata.get("event_payload") or {})
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    def _me(self) -> str:
        if not self._bot_id:
            with asking("log in", self._clock):
                self._bot_id = str(self._client.auth_test()["bot_id"])
        return self._bot_id


def _metadata(card: Card) -> Metadata:
    return Metadata(
        event_type=CASE_EVENT,
        event_payload={"case_id": card.case_id, "revision": card.revision},
    )


def _tame(markdown: str) -> str:
    """Markdown without `<`: no mention, no channel call, no tag. Quotations by ">" stay."""
    return markdown.replace("<", "&lt;")
