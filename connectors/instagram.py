"""An Instagram business account: comments below its media and media that tag it come in.

Beta: made from Meta's documentation, not verified against the real service. Answers below older
comments are met when their conversation is read, and not by the poll: Instagram lists them below
their comment alone.
Sources, read 2026-11: developers.facebook.com, instagram-platform, "IG Comment", "IG Media
Comments", "IG User Tags", "IG User Mentions", "Private Replies".
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import Field

from connectors.base import Ability, Author, Contact, Mention, Receipt, Route, TextLimit
from connectors.errors import BadPayload, SetupError, Unsupported
from connectors.graph.rules import Rules
from connectors.graph.site import GraphSite
from connectors.graph.talk import UNKNOWN
from connectors.graph.wire import HOST, Session
from connectors.payload import Json, iso_time, mapping, objects, optional, string
from connectors.settings import ConnectorSettings, Secret
from connectors.summary import Summary
from connectors.texts import clean
from connectors.web import Address, Web

__all__ = ["Instagram", "InstagramSettings", "parse", "parse_tagged"]

_NAME = "Instagram"
_WEB = "https://www.instagram.com"
#: Instagram's own composer takes so many; the documents name none.
_PUBLIC = TextLimit(maximum=2_200)
#: "Send API for Instagram", read 2026-11.
_PRIVATE = TextLimit(
    maximum=1_000, count=lambda text: len(text.encode(errors="surrogatepass")), unit="bytes"
)
_NAMELESS = "An Instagram user"
#: Media of others that tag us, of which so many are read in each round.
_TAGGED = 50
_STRANGER = Contact()


class InstagramSettings(ConnectorSettings):
    """[connectors.instagram]."""

    api_url: Address = HOST
    #: Of the Graph API; Meta ends a version about two years after it came.
    version: str = Field(default="v25.0", pattern=r"^v[0-9]{1,3}\.[0-9]$")
    #: The number of the account; not that of its Facebook page.
    account_id: str = Field(pattern=r"^[0-9]{1,30}$")
    #: Its name, such as "nordlicht": what we wrote is told by it.
    account: str = Field(pattern=r"^@?[A-Za-z0-9._]{1,30}$")
    #: With instagram_basic, instagram_manage_comments, pages_read_engagement and, for private
    #: messages, instagram_manage_messages.
    access_token: Secret
    #: Needed where the app demands proof of it.
    app_secret: Secret | None = None
    #: So many of the newest media are watched for comments.
    posts: int = Field(default=100, ge=1, le=1_000)
    #: Media of others that tag the account are read too.
    tags: bool = True
    private_messages: bool = True
    every_seconds: int = Field(default=120, ge=5, le=86_400)


def parse(payload: Json, *, account: str, account_id: str, post: Json | None = None) -> Mention:
    """A mention from a comment.

    Args:
        payload: A comment.
        account: Our name.
        account_id: Our number.
        post: What it stands below, as far as it is known.

    Raises:
        BadPayload: it has no id, no text or no time.
    """
    name = clean(optional(payload, "id") or "")
    try:
        string(payload, "id")
        text, at = clean(string(payload, "text")), iso_time(payload, "timestamp")
    except BadPayload as error:
        raise BadPayload(f"comment {name}: {error}", item=name) from error
    above = mapping(post)
    parent = clean(optional(payload, "parent_id") or "")
    author = _author(payload, name)
    return Mention(
        platform="instagram",
        id=name,
        author=author,
        text=text,
        created_at=at,
        url=optional(above, "permalink") or f"{_WEB}/{account}/",
        in_reply_to=parent or None,
        thread=parent or None,
        parent_text=None if parent else clean(optional(above, "caption") or "") or None,
        addressed=True,
        ours=author.id == account_id or author.handle.casefold() == account.casefold(),
    )


def parse_tagged(payload: Json, *, account: str) -> Mention:
    """A mention from somebody else's media that tags us.

    Only where the caption names us too can it be answered through the API ("IG User Mentions").

    Raises:
        BadPayload: it has no id, no caption or no time.
    """
    name = clean(optional(payload, "id") or "")
    try:
        string(payload, "id")
        text, at = clean(string(payload, "caption")), iso_time(payload, "timestamp")
    except BadPayload as error:
        raise BadPayload(f"media {name}: {error}", item=name) from error
    author = _author(payload, name)
    return Mention(
        platform="instagram",
        id=name,
        author=author,
        text=text,
        created_at=at,
        url=optional(payload, "permalink"),
        in_reply_to=None,
        # Tells media from comments: nothing else stands in its own thread.
        thread=name,
        addressed=_names(text, account),
        ours=author.handle.casefold() == account.casefold(),
    )


def _names(text: str, account: str) -> bool:
    pattern = rf"(?<![A-Za-z0-9._])@{re.escape(account)}(?![A-Za-z0-9_]|\.[A-Za-z0-9_])"
    return re.search(pattern, text, re.IGNORECASE) is not None


def _author(payload: Json, name: str) -> Author:
    given = mapping(payload.get("from"))
    handle = clean(optional(given, "username") or optional(payload, "username") or "").strip()
    person = clean(optional(given, "id") or "") or handle
    return Author(
        id=person or f"{UNKNOWN}{name}",
        handle=handle or _NAMELESS,
        name=handle,
        url=f"{_WEB}/{handle}/" if re.fullmatch(r"[A-Za-z0-9._]+", handle) else None,
    )


def _is_media(mention: Mention) -> bool:
    return mention.thread == mention.id


class Instagram(GraphSite):
    """One business or creator account."""

    Settings: type[ConnectorSettings] = InstagramSettings
    summary = Summary(
        reads="comments, tags",
        public="by API",
        private="one within 7 days of a comment, then within 24 h of their answer",
        beta=True,
    )
    platform = "instagram"
    _how = (
        "make an app at developers.facebook.com, have the permissions reviewed, and put a "
        "long-lived access token of the account into the environment variable that "
        "[connectors.instagram] names"
    )
    _post_fields = "id,caption,timestamp,permalink"
    _bare_fields = "id,text,timestamp,from,username,parent_id"
    _comment_fields = f"{_bare_fields},replies.limit(25){{{_bare_fields}}}"
    _time_field = "timestamp"
    _replies = "replies"
    #: Comments below media come newest first by themselves ("IG Media Comments").
    _order: Mapping[str, str] = {}
    _mailbox = "instagram"

    def __init__(self, settings: InstagramSettings) -> None:
        """Speaks to nobody yet."""
        secret = settings.app_secret
        self._settings = settings
        self._api_url = settings.api_url
        self._id = settings.account_id
        self._posts = f"{settings.account_id}/media"
        self._most_posts = settings.posts
        self._private = settings.private_messages
        self._session = Session(
            web=Web(timeout=settings.timeout_seconds),
            name=_NAME,
            root=f"{settings.api_url}/{settings.version}",
            token=settings.access_token.get_secret_value(),
            app_secret="" if secret is None else secret.get_secret_value(),
        )

    @property
    def account(self) -> str:
        """The account's name."""
        return self._settings.account.removeprefix("@")

    @property
    def _rules(self) -> Rules:
        return Rules(
            name=_NAME,
            account=self.account,
            public=_PUBLIC,
            private=_PRIVATE,
            inbox=f"{_WEB}/direct/inbox/",
            now=self._session.now,
        )

    def _comment(self, payload: Json, post: Json) -> Mention | None:
        if payload.get("text") == "":  # a picture alone
            return None
        return parse(payload, account=self.account, account_id=self._id, post=post)

    def _elsewhere(self) -> tuple[list[Mention], list[BadPayload]]:
        found: list[Mention] = []
        bad: list[BadPayload] = []
        if not self._settings.tags:
            return found, bad
        path, fields = f"{self._id}/tags", f"{self._post_fields},username"
        listed = self._session.get("reading the tags", path, fields=fields, limit=_TAGGED)
        for one in objects(listed.get("data")):
            if not optional(one, "caption"):
                continue  # a picture without words
            try:
                found.append(parse_tagged(one, account=self.account))
            except BadPayload as error:
                bad.append(error)
        return found, bad

    def _text_field(self, mention: Mention) -> str:
        return "caption" if _is_media(mention) else "text"

    def _target(self, mention: Mention) -> str:
        # Only comments of the first level can be answered.
        return mention.thread or mention.id

    def _writing(self, mention: Mention, text: str) -> tuple[str, Mapping[str, object]]:
        if _is_media(mention):
            return f"{self._id}/mentions", {"media_id": mention.id, "message": text}
        return super()._writing(mention, text)

    def _addressee(self, mention: Mention) -> Mapping[str, str] | None:
        return None if _is_media(mention) else super()._addressee(mention)

    def ability(self, mention: Mention, contact: Contact = _STRANGER) -> Ability:
        """Meta's rules for this comment or picture; see Connector.ability."""
        told = super().ability(mention, contact)
        if not _is_media(mention) or contact.wrote_privately_at is not None:
            return told
        reason = "Instagram takes private replies to comments only. They have to write first."
        closed = replace(told.private, route=Route.CLOSED, reason=reason)
        return replace(told, private=closed if told.private.route is Route.API else told.private)

    def find_own_reply(self, mention: Mention, text: str) -> Receipt | None:
        """Read what stands below the comment; not below the media of others."""
        if _is_media(mention):
            raise Unsupported("Instagram shows nobody the comments below the media of others.")
        return super().find_own_reply(mention, text)

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        """What the author and we wrote below since, and our messages; see the protocol."""
        if not _is_media(mention):
            return super().conversation(mention)
        return super().conversation(replace(mention, private=True))

    def _by_hand(self, mention: Mention) -> str:
        if _is_media(mention) and not mention.addressed:
            return (
                "Instagram lets nobody comment by the API on a picture that only tags the account."
            )
        return ""

    def _log_in(self) -> None:
        said = self._session.get("logging in", self._id, fields="id,username")
        name = optional(said, "username") or ""
        if name.casefold() != self.account.casefold():
            message = "The account_id is that of another account than `account` names."
            raise SetupError(message)
