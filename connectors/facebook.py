"""A Facebook page: comments below its posts and posts of its visitors come in, replies go out.

Beta: made from Meta's documentation, not verified against the real service.
Sources, read 2026-11: developers.facebook.com, Graph API, "Page Feed", "Object Comments" and
"Comment"; messenger-platform, "Private Replies" and "Send API".
"""

from collections.abc import Mapping

from pydantic import Field

from connectors.base import Author, Mention, TextLimit
from connectors.errors import BadPayload, SetupError
from connectors.graph.rules import Rules
from connectors.graph.site import GraphSite
from connectors.graph.talk import UNKNOWN
from connectors.graph.wire import HOST, Session
from connectors.payload import Json, iso_time, mapping, optional, string
from connectors.settings import ConnectorSettings, Secret
from connectors.summary import Summary
from connectors.texts import clean
from connectors.web import Address, Web

__all__ = ["Facebook", "FacebookSettings", "parse"]

_NAME = "Facebook"
_WEB = "https://www.facebook.com"
#: Facebook's own composer takes so many; the documents name none.
_PUBLIC = TextLimit(maximum=8_000)
#: "Send API", read 2026-11.
_PRIVATE = TextLimit(maximum=2_000)
#: What is shown for a person whom Meta does not tell us.
_NAMELESS = "A Facebook user"


class FacebookSettings(ConnectorSettings):
    """[connectors.facebook]."""

    api_url: Address = HOST
    #: Of the Graph API; Meta ends a version about two years after it came.
    version: str = Field(default="v25.0", pattern=r"^v[0-9]{1,3}\.[0-9]$")
    page_id: str = Field(pattern=r"^[0-9]{1,30}$")
    #: A long-lived page access token with pages_read_engagement, pages_read_user_content,
    #: pages_manage_engagement and, for private messages, pages_messaging.
    access_token: Secret
    #: Needed where the app demands proof of it.
    app_secret: Secret | None = None
    #: So many of the newest posts are watched for comments.
    posts: int = Field(default=100, ge=1, le=1_000)
    private_messages: bool = True
    every_seconds: int = Field(default=120, ge=5, le=86_400)


def parse(payload: Json, *, page_id: str, post: Json | None = None) -> Mention:
    """A mention from a comment, or from a visitor's post where `post` is None.

    Args:
        payload: A comment or a post.
        page_id: Ours.
        post: What the comment stands below, as far as it is known.

    Raises:
        BadPayload: it has no id, no text or no time.
    """
    name = clean(optional(payload, "id") or "")
    try:
        string(payload, "id")
        text, at = clean(string(payload, "message")), iso_time(payload, "created_time")
    except BadPayload as error:
        raise BadPayload(f"item {name}: {error}", item=name) from error
    above = mapping(post)
    parent = clean(optional(mapping(payload.get("parent")), "id") or "")
    return Mention(
        platform="facebook",
        id=name,
        author=_author(payload, name),
        text=text,
        created_at=at,
        url=optional(payload, "permalink_url") or f"{_WEB}/{name}",
        in_reply_to=parent or None,
        thread=parent or None,
        parent_text=None if parent else clean(optional(above, "message") or "") or None,
        addressed=True,
        replies_open=payload.get("can_comment") is not False,
        ours=_person(payload) == page_id,
    )


def _person(payload: Json) -> str | None:
    return optional(mapping(payload.get("from")), "id")


def _author(payload: Json, name: str) -> Author:
    given = mapping(payload.get("from"))
    person = clean(optional(given, "id") or "")
    shown = clean(optional(given, "name") or "").strip() or _NAMELESS
    may = payload.get("can_reply_privately")
    return Author(
        id=person or f"{UNKNOWN}{name}",
        handle=shown,
        name=shown,
        url=f"{_WEB}/{person}" if person else None,
        open_to_messages=may if isinstance(may, bool) else None,
    )


class Facebook(GraphSite):
    """One page."""

    Settings: type[ConnectorSettings] = FacebookSettings
    summary = Summary(
        reads="comments, visitors' posts",
        public="by API",
        private="one within 7 days of a comment, then within 24 h of their answer",
        beta=True,
    )
    platform = "facebook"
    _how = (
        "make an app at developers.facebook.com, have the permissions reviewed, and put a "
        "long-lived page access token into the environment variable that [connectors.facebook] "
        "names"
    )
    _fields = "id,message,from,created_time,permalink_url,can_reply_privately"
    _post_fields = _fields
    _comment_fields = f"{_fields},can_comment,parent{{id}}"
    _time_field = "created_time"
    _replies = "comments"
    _order: Mapping[str, str] = {"filter": "stream", "order": "reverse_chronological"}
    _mailbox = "messenger"

    def __init__(self, settings: FacebookSettings) -> None:
        """Speaks to nobody yet."""
        secret = settings.app_secret
        self._settings = settings
        self._api_url = settings.api_url
        self._id = settings.page_id
        self._posts = f"{settings.page_id}/feed"
        self._most_posts = settings.posts
        self._private = settings.private_messages
        self._shown = ""
        self._session = Session(
            web=Web(timeout=settings.timeout_seconds),
            name=_NAME,
            root=f"{settings.api_url}/{settings.version}",
            token=settings.access_token.get_secret_value(),
            app_secret="" if secret is None else secret.get_secret_value(),
        )

    @property
    def account(self) -> str:
        """The page's name; its number until it is known."""
        return self._settings.account or self._shown or f"page {self._id}"

    @property
    def _rules(self) -> Rules:
        return Rules(
            name=_NAME,
            account=self.account,
            public=_PUBLIC,
            private=_PRIVATE,
            inbox=f"https://business.facebook.com/latest/inbox?asset_id={self._id}",
            now=self._session.now,
        )

    def _post(self, payload: Json) -> Mention | None:
        if _person(payload) == self._id or not optional(payload, "message"):
            return None
        return parse(payload, page_id=self._id)

    def _comment(self, payload: Json, post: Json) -> Mention | None:
        if payload.get("message") == "":  # a sticker or a picture alone
            return None
        return parse(payload, page_id=self._id, post=post)

    def _addressee(self, mention: Mention) -> Mapping[str, str] | None:
        # The number of a post begins with that of the page.
        kind = "post_id" if mention.id.startswith(f"{self._id}_") else "comment_id"
        return {kind: mention.id}

    def _log_in(self) -> None:
        said = self._session.get("logging in", "me", fields="id,name")
        if optional(said, "id") != self._id:
            message = "The access_token is that of another page or person than page_id."
            raise SetupError(message)
        self._shown = clean(optional(said, "name") or "")
