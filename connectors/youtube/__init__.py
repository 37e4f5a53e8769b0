"""Comments under the videos of our own channel, through the YouTube Data API v3.

YouTube has no private messages. Every call costs units of a small daily stock (quota.py). The
list of threads is ordered by when each was begun: a reply in an old thread does not bring it up
again, so replies are seen with their thread while it is new, and in the conversation of a case.
Source: developers.google.com/youtube/v3/docs/commentThreads/list, read 2026-11.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import RLock

from pydantic import Field, model_validator

from connectors import position
from connectors.base import (
    Ability,
    Author,
    Batch,
    Contact,
    Life,
    Mention,
    Problem,
    Receipt,
    Route,
    TextLimit,
    Way,
)
from connectors.errors import BadPayload, Refused, SetupError, TryLater, Unsupported
from connectors.payload import Json, mapping, objects, optional
from connectors.settings import ConnectorSettings, Secret
from connectors.summary import NONE, Summary
from connectors.web import Address, Answer, Call, Web
from connectors.youtube.comments import (
    begun_at,
    comments_of,
    life_of,
    own_reply,
    parse,
    receipt_of,
)
from connectors.youtube.errors import LoginEnded, PageLost, judge
from connectors.youtube.login import SCOPE, Keys, Login
from connectors.youtube.quota import PER_DAY, READ, WRITE, Quota

__all__ = ["YouTube", "YouTubeSettings", "parse"]

log = logging.getLogger(__name__)

#: No page of YouTube's that we know states it; longer texts are refused as commentTextTooLong.
MAX_TEXT = 10_000
#: Threads or replies of one page. Source: commentThreads.list, maxResults, read 2026-11.
PAGE = 100
#: Ids of one look. Source: comments.list, as with every `id` of this API, read 2026-11.
_IDS_PER_LOOK = 50
#: Of a long thread the replies are read this many pages deep.
_MOST_PAGES = 10
#: Comments that were held for review appear late, in seconds. Each page of it costs a unit.
_OVERLAP = 600
#: The first poll goes back this far, in seconds.
_FIRST = 7 * 86_400
#: So many threads at the foot of a page must be known before the walk ends: one old thread among
#: new ones proves nothing.
_FOOT = 5

_READING = Call(platform="YouTube", doing="reading comments")
_REPLYING = Call(platform="YouTube", doing="posting a comment", writes=True)
_DELETING = Call(platform="YouTube", doing="deleting a comment", writes=True)

_STRANGER = Contact()
_GET_LOGIN = (
    "give client_id, client_secret and refresh_token of a Google login for the channel with the "
    f"scope {SCOPE}"
)


class YouTubeSettings(ConnectorSettings):
    """The table [connectors.youtube]: an API key to read, or a login to read and reply."""

    api_url: Address = "https://www.googleapis.com/youtube/v3"
    token_url: Address = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
    channel_id: str = Field(pattern=r"^UC[A-Za-z0-9_-]{22}$")
    api_key: Secret | None = None
    client_id: str = ""
    client_secret: Secret | None = None
    refresh_token: Secret | None = None
    units_per_day: int = Field(default=PER_DAY, ge=100)
    #: Units that reading leaves to replies.
    units_for_replies: int = Field(default=1_000, ge=0)

    @model_validator(mode="after")
    def _says_who_asks(self) -> "YouTubeSettings":
        # Given, though the variable may not be set: a command that speaks to nobody needs neither.
        secrets = (self.client_secret, self.refresh_token)
        given = [bool(self.client_id), *(secret is not None for secret in secrets)]
        if any(given) and not all(given):
            raise ValueError("client_id, client_secret and refresh_token belong together")
        if not any(given) and self.api_key is None:
            raise ValueError("give an api_key to read, or a login to read and reply")
        if self.units_for_replies >= self.units_per_day:
            raise ValueError("units_for_replies leaves nothing of units_per_day to read with")
        return self


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where the poll stands; times in Unix seconds."""

    since: int | None = None  #: threads begun before were read; None: nothing was read yet
    reached: int | None = None  #: what `since` will be when the walk under way has ended
    token: str = ""  #: of the page to go on with; "": the first one


class YouTube:
    """One channel. One request at a time."""

    Settings: type[ConnectorSettings] = YouTubeSettings
    summary = Summary(reads="comments on your videos", public="by API", private=NONE)
    platform = "youtube"
    #: A reply may be held for review and then is not shown to us either; no page promises when.
    reliable_reads = False

    def __init__(
        self, settings: YouTubeSettings, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._web = Web(timeout=settings.timeout_seconds)
        self._quota = Quota(
            per_day=settings.units_per_day,
            for_writes=settings.units_for_replies,
            monotonic=monotonic,
        )
        self._login = _login(settings, self._web, monotonic)
        self._lock = RLock()
        self._handle = ""

    @property
    def account(self) -> str:
        """The channel's handle; its id until YouTube was asked."""
        return self._settings.account or self._handle or self._settings.channel_id

    # Reading

    def poll(self, cursor: str | None) -> Batch:
        """One page of threads, newest first, with the replies shown there; see `Connector.poll`.

        Raises:
            TryLater: YouTube cannot answer now, or the day's units are used up.
            SetupError: the login, the channel or the stored cursor needs a person.
        """
        place = _Place() if cursor is None else self._load(cursor)
        try:
            answer = self._threads(place.token)
        except PageLost as error:
            log.warning("youtube: %s", error)
            again = replace(place, token="")
            return Batch(cursor=self._dump(again), more=True)
        data = mapping(answer.payload)
        threads = list(objects(data.get("items")))
        said_at = answer.said_at
        now = None if said_at is None else int(said_at.timestamp())
        after, floor = _step(place, threads, optional(data, "nextPageToken") or "", now)
        found, bad = self._parsed(
            pair
            for thread in reversed(threads)
            if floor is None or (begun_at(thread) or floor) >= floor
            for pair in comments_of(thread)
        )
        return Batch(
            mentions=tuple(mention for mention in found if not mention.ours),
            bad=tuple(bad),
            cursor=self._dump(after),
            more=bool(after.token),
        )

    def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
        """Ask for the comments by id: what is gone is left out; see `Connector.look`."""
        lives: dict[str, Life] = {}
        for start in range(0, len(mentions), _IDS_PER_LOOK):
            some = mentions[start : start + _IDS_PER_LOOK]
            asked = {"id": ",".join(mention.id for mention in some)}
            shown = {
                optional(comment, "id"): comment
                for comment in objects(mapping(self._comments(asked).payload).get("items"))
            }
            lives |= {mention.id: life_of(mention, shown.get(mention.id)) for mention in some}
        return lives

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        """What the author and we wrote in the thread since; see `Connector.conversation`."""
        found, bad = self._parsed((comment, True) for comment in self._replies(mention))
        for error in bad:
            log.warning("youtube: one comment could not be read and was left out: %s", error)
        turns = [
            turn
            for turn in found
            if turn.id != mention.id
            and turn.created_at >= mention.created_at
            and (turn.ours or turn.author.id == mention.author.id)
        ]
        return sorted(turns, key=lambda turn: (turn.created_at, turn.id))

    def find_own_reply(self, mention: Mention, text: str) -> Receipt | None:
        """Our comment with this text in the mention's thread, since the mention."""
        found = own_reply(list(self._replies(mention)), mention, text, self._settings.channel_id)
        return None if found is None else receipt_of(found, mention)

    # What is allowed

    def ability(self, mention: Mention, contact: Contact = _STRANGER) -> Ability:
        """A comment in the thread, and nothing in private; see `Connector.ability`."""
        return Ability(
            public=self._public(mention, contact),
            private=Way(route=Route.NONE, reason="YouTube has no private messages."),
        )

    def _public(self, mention: Mention, contact: Contact) -> Way:
        way = Way(
            route=Route.API,
            link_template=mention.url,
            account=self.account,
            limit=TextLimit(maximum=MAX_TEXT),
        )
        nothing = replace(way, route=Route.NONE, link_template=None)
        by_hand = replace(way, route=Route.BY_HAND)
        if mention.ours:
            return replace(nothing, reason="This is our own comment.")
        if not mention.replies_open:
            return replace(nothing, reason="YouTube says that nobody can reply to this thread.")
        if self._login is None:
            return replace(by_hand, reason="We have an API key only, so a person posts the reply.")
        if contact.replies:
            reason = "We have answered this comment already; a second reply is a person's to post."
            return replace(by_hand, reason=reason)
        return way

    # Writing

    def reply(self, mention: Mention, text: str, key: str) -> Receipt:
        """Comment in the mention's thread. YouTube has no idempotency: `key` is not used."""
        del key
        self._demand_login()
        if len(text) > MAX_TEXT:
            message = f"The reply has {len(text)} characters, and {MAX_TEXT} are allowed."
            raise Refused(message, code="too_long")
        parent = mention.thread or mention.id
        body = {"snippet": {"parentId": parent, "textOriginal": text}}
        answer = self._ask(
            _REPLYING, "POST", "comments", params={"part": "snippet"}, body=body, units=WRITE
        )
        try:
            return receipt_of(mapping(answer.payload), mention)
        except BadPayload as error:
            message = "YouTube answered with something that is no comment"
            raise _REPLYING.lost(message) from error

    def message(self, author: Author, text: str, key: str) -> Receipt:
        """Not offered: YouTube has no private messages."""
        raise Unsupported("YouTube has no private messages.")

    def retract(self, receipt: Receipt) -> None:
        """Delete our comment; see `Connector.retract`."""
        self._demand_login()
        try:
            self._ask(_DELETING, "DELETE", "comments", params={"id": receipt.id}, units=WRITE)
        except Refused as error:
            if error.code != "gone":
                raise

    def _demand_login(self) -> None:
        if self._login is None:
            raise SetupError(f"An API key cannot write: {_GET_LOGIN}.")

    # Setting up

    def check(self) -> Sequence[Problem]:
        """Read the channel and one thread; costs two units. See `Connector.check`."""
        problems: list[Problem] = []
        try:
            if self._login is None:
                what = "There is an API key only, so replies are posted by hand."
                problems.append(Problem(what=what, do=_GET_LOGIN, fatal=False))
            else:
                problems += self._login_problems(self._login)
            self._threads("", at_most=1)
        except (SetupError, TryLater) as error:
            problems.append(Problem(what=str(error), do="Mend this first, then check again."))
        return problems

    def _login_problems(self, login: Login) -> Iterator[Problem]:
        params: dict[str, str | int] = {"part": "snippet", "mine": "true"}
        answer = self._ask(_READING, "GET", "channels", params=params, units=READ)
        ours = next(objects(mapping(answer.payload).get("items")), {})
        if ours.get("id") != self._settings.channel_id:
            raise SetupError(
                "The login belongs to another channel than channel_id, so replies would come from "
                "there. Log in as the channel itself."
            )
        self._handle = (optional(mapping(ours.get("snippet")), "customUrl") or "").lstrip("@")
        if login.scopes and SCOPE not in login.scopes:
            what = "The login may not write comments, so replies fail."
            yield Problem(what=what, do=f"Log in once more with the scope {SCOPE}.", fatal=False)

    # The wire

    def _threads(self, token: str, *, at_most: int = PAGE) -> Answer:
        params: dict[str, str | int] = {
            "part": "snippet,replies",
            "allThreadsRelatedToChannelId": self._settings.channel_id,
            "order": "time",
            "textFormat": "plainText",
            "maxResults": at_most,
            **({"pageToken": token} if token else {}),
        }
        answer = self._ask(_READING, "GET", "commentThreads", params=params, units=READ)
        return _listing(answer)

    def _comments(self, which: Mapping[str, str | int]) -> Answer:
        params: dict[str, str | int] = {"part": "snippet", "textFormat": "plainText", **which}
        return _listing(self._ask(_READING, "GET", "comments", params=params, units=READ))

    def _replies(self, mention: Mention) -> Iterator[Json]:
        """The replies of the mention's thread."""
        which: dict[str, str | int] = {
            "parentId": mention.thread or mention.id,
            "maxResults": PAGE,
        }
        for _ in range(_MOST_PAGES):
            data = mapping(self._comments(which).payload)
            yield from objects(data.get("items"))
            token = optional(data, "nextPageToken")
            if token is None:
                return
            which["pageToken"] = token
        log.warning("youtube: a thread has more than %d replies; the rest is not read", 1000)

    def _parsed(
        self, comments: Iterator[tuple[Json, bool]]
    ) -> tuple[list[Mention], list[BadPayload]]:
        found: list[Mention] = []
        bad: list[BadPayload] = []
        for comment, can_reply in comments:
            try:
                found.append(parse(comment, channel=self._settings.channel_id, can_reply=can_reply))
            except BadPayload as error:
                bad.append(error)
        return found, bad

    def _ask(
        self,
        call: Call,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int],
        units: int,
        body: object = None,
    ) -> Answer:
        """One request; a refused token is renewed for the next one, and nothing is repeated."""
        with self._lock:
            headers = self._who_asks()
            self._quota.spend(units)
            url = f"{self._settings.api_url}/{path}"
            answer = self._web.ask(call, method, url, params=params, json=body, headers=headers)
            self._quota.heard(answer.said_at)
            trouble = judge(call, answer, paged="pageToken" in params)
            if not isinstance(trouble, LoginEnded):
                if trouble is not None:
                    raise trouble
                return answer
            if self._login is None:
                raise SetupError("YouTube does not accept the api_key.") from trouble
            # A token can end early. A new one tells that from a login that is worth nothing.
            self._login.forget()
            self._login.headers()
            raise TryLater("YouTube had ended our login; it is renewed now.") from trouble

    def _who_asks(self) -> Mapping[str, str]:
        if self._login is not None:
            return self._login.headers()
        key = self._settings.api_key
        return {} if key is None else {"X-Goog-Api-Key": key.get_secret_value()}

    # The cursor

    def _dump(self, place: _Place) -> str:
        return position.dump(
            {
                "since": place.since,
                "reached": place.reached,
                "token": place.token,
                "day": self._quota.day,
                "spent": self._quota.spent,
            }
        )

    def _load(self, cursor: str) -> _Place:
        def made(data: Json) -> _Place:
            self._quota.remember(position.text(data["day"]), position.whole(data["spent"]))
            since, reached = (
                None if data[name] is None else position.whole(data[name])
                for name in ("since", "reached")
            )
            return _Place(since=since, reached=reached, token=position.text(data["token"]))

        return position.load(cursor, platform="youtube", make=made)


def _login(settings: YouTubeSettings, web: Web, monotonic: Callable[[], float]) -> Login | None:
    if settings.client_secret is None or settings.refresh_token is None:
        return None
    keys = Keys(
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        refresh_token=settings.refresh_token,
    )
    return Login(web, keys, token_url=settings.token_url, monotonic=monotonic)


def _listing(answer: Answer) -> Answer:
    """An answer that is a list."""
    if not isinstance(mapping(answer.payload).get("items"), list):
        raise TryLater("YouTube answered with something that is no list.")
    return answer


def _step(
    place: _Place, threads: Sequence[Json], token: str, now: int | None
) -> tuple[_Place, int | None]:
    """The place after a page, and the oldest time that counts."""
    times = [time for thread in threads if (time := begun_at(thread)) is not None]
    reached = place.reached
    if not place.token:
        newest = max(times, default=None)
        # One wrong time in the future would hide all the rest.
        reached = newest if newest is None or now is None else min(newest, now)
    reached = place.since if reached is None else max(reached, place.since or 0)
    if place.since is not None:
        floor: int | None = max(0, place.since - _OVERLAP)
    else:
        floor = None if reached is None else max(0, reached - _FIRST)
    home = bool(times) and floor is not None and max(times[-_FOOT:]) < floor
    if home or not token:
        return _Place(since=reached), floor
    return replace(place, token=token, reached=reached), floor
