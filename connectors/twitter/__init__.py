"""X (Twitter): posts that name us or match a search come in, replies and messages go out.

Nothing that X takes carries a key of ours, so a lost answer is looked for and never repeated.
Its parts: `posts` reads X's JSON, `rules` holds what X allows, `cursor`
how far its lists are read, `errors` what its refusals mean, `wire` the requests.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import tweepy
from pydantic import AfterValidator, Field, SecretStr

from connectors.base import (
    PRIVATE_HISTORY,
    Ability,
    Author,
    Batch,
    Contact,
    Life,
    Mention,
    Problem,
    Receipt,
)
from connectors.errors import (
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    Refused,
    SetupError,
    TryLater,
    Unsupported,
)
from connectors.lengths import weighted
from connectors.meter import Meter
from connectors.reserve import is_proof
from connectors.settings import ConnectorSettings, PaidSettings, Secret
from connectors.summary import Summary
from connectors.twitter.cursor import (
    Place,
    Position,
    dump,
    earlier,
    is_id,
    load,
    moment_of,
    position_at,
)
from connectors.twitter.errors import Doing, NotPermitted, NotUnderstood, no_answer
from connectors.twitter.posts import (
    Account,
    essence,
    full_text,
    ids_of,
    items,
    lives,
    mapping,
    parse,
    post_url,
    read_messages,
    read_posts,
    references,
)
from connectors.twitter.prices import DELETION, Prices
from connectors.twitter.rules import MESSAGE, MESSAGE_LIMIT, POST_LIMIT, Rules, ability, price
from connectors.twitter.wire import HOST, Session, ask

__all__ = ["Account", "Twitter", "TwitterSettings", "parse", "price"]

log = logging.getLogger(__name__)

#: Posts are indexed late and out of order, so each round reads this far below where it should.
#: X bills a post once per UTC day, so the overlap costs next to nothing ("Pricing", 2026-08-22).
_OVERLAP = timedelta(minutes=5)
#: The most that one page of a list, and one look at posts by id, may hold (openapi.json 2.167).
_PAGE = 100
#: The list of mentions goes back no further ("Timelines", 2026-08-22).
_MENTIONS_SHOWN = 800
#: A round that met fewer was surely not cut off there: some of those 800 may be deleted.
_SURELY_ALL = 700
#: Of what that list no longer shows so many are read by search: for ten dollars.
_MOST_CAUGHT_UP = 2_000
#: Own posts and messages are read back over this many pages: all 3,200 that a timeline shows.
_MOST_PAGES = 32
#: A query of recent search may be this long ("Rate limits", 2026-08-22); ` -from:` and a handle
#: of 15 characters are added to it.
_LONGEST_QUERY = 480

_TWEET_FIELDS = [
    "author_id",
    "conversation_id",
    "created_at",
    "edit_history_tweet_ids",
    "entities",
    "lang",
    "note_tweet",
    "referenced_tweets",
    "reply_settings",
    "text",
]
_EXPANSIONS = ["author_id", "referenced_tweets.id"]
_STRANGER = Contact()


def _api_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise ValueError("write an address such as https://api.twitter.com")
    return value.rstrip("/")


class TwitterSettings(PaidSettings):
    """[connectors.twitter].

    Replies and messages need all four keys of the account; `bearer_token` alone only reads.
    """

    api_url: Annotated[str, AfterValidator(_api_url)] = HOST
    bearer_token: Secret | None = None
    consumer_key: Secret | None = None
    consumer_secret: Secret | None = None
    access_token: Secret | None = None
    access_token_secret: Secret | None = None
    #: Recent search beside the mentions, in X's query language; each post read costs $0.005.
    query: str = Field(default="", max_length=_LONGEST_QUERY)
    #: Mentions that X's list no longer shows are read by search, each for $0.005.
    catch_up: bool = True
    #: The account's number; with `account` it saves asking X for both.
    user_id: str = Field(default="", pattern=r"^([0-9]{1,19})?$")
    #: "enterprise" contracts are exempt from the rule that authors must have named us.
    tier: Literal["self_serve", "enterprise"] = "self_serve"


class Twitter:
    """One account on X, spoken to through tweepy."""

    Settings: type[ConnectorSettings] = TwitterSettings
    summary = Summary(
        reads="own mentions, search",
        public="by API to people who tagged you, else by hand",
        private="after they wrote first",
        note="X",
    )

    #: An account's own timeline shows at once what it posted ("Timelines", 2026-08-22).
    reliable_reads = True
    platform = "twitter"

    def __init__(self, settings: TwitterSettings) -> None:
        """Speaks to nobody yet."""
        self.meter = Meter()
        self._prices = Prices()
        self._settings = settings
        self._known = Account(id=settings.user_id, handle=settings.account.removeprefix("@"))
        session = Session(api_url=settings.api_url, timeout=settings.timeout_seconds)
        self._wire = session.wire
        self._client = tweepy.Client(
            return_type=dict,
            **{name: secret.get_secret_value() for name, secret in self._secrets().items()},
        )
        self._client.session = session

    @property
    def account(self) -> str:
        """Our handle; "" until X has been asked for it."""
        return self._known.handle

    def poll(self, cursor: str | None) -> Batch:
        """The next page of mentions, then of the search; see Connector.poll.

        Raises:
            TryLater: X cannot answer now.
            SetupError: the login, the plan or the stored cursor needs a person.
        """
        position = load(cursor)
        account = self._account()
        if not account.id:
            position = replace(position, searching=True, gap=None)
        if position.gap is not None:
            return self._catch_up(position, position.gap, account)
        place = position.search if position.searching else position.mentions
        try:
            page = self._page(place, account, searching=position.searching)
        except NotUnderstood as error:
            moved = _around(place, error.names)
            if moved is None:
                raise
            log.warning(
                "X no longer takes %s of a stored reading position; going on without",
                ", ".join(sorted(error.names)) or "a page token",
            )
            # Where the round was given up, or has read nothing yet, this list is done for now.
            return self._turned(position, moved, goes_on=moved != place.given_up())
        tweets, ids, token = _opened(page)
        moved = place.after(ids, token)
        if not position.searching and token is None:
            position = replace(position, gap=self._gap(place, ids, account))
        mentions, bad = read_posts(tweets, page.get("includes"), account)
        return self._turned(position, moved, goes_on=token is not None, mentions=mentions, bad=bad)

    def _gap(self, place: Place, last: Sequence[str], account: Account) -> Place | None:
        """What a finished round of mentions could not show; None where that is nothing.

        Args:
            place: Where the round's last page was read.
            last: The ids on that page.
            account: Ours.
        """
        met = place.met + place.new_among(last)
        oldest = min([*filter(None, [place.oldest]), *last], key=int, default=None)
        if place.since is None or oldest is None or met < _SURELY_ALL:
            return None
        if int(oldest) <= int(place.since):
            return None  # the list reached down to what was read before
        if self._settings.catch_up and account.handle:
            return Place(since=place.since, until=oldest)
        if met >= _MENTIONS_SHOWN:
            log.warning(
                "X shows the %d newest mentions and %d were new: older ones may be missing; poll "
                "more often, or set `account` and catch_up = true in [connectors.twitter] to read "
                "them by search",
                _MENTIONS_SHOWN,
                met,
            )
        return None

    def _catch_up(self, position: Position, gap: Place, account: Account) -> Batch:
        """One page of the mentions that their list no longer shows.

        Whatever stands in the way but the weather ends it with a word in the log: it must not stop
        what is new from being read.
        """
        query = f"@{account.handle} -from:{account.handle}"
        try:
            page = self._found(query, gap, gap.since)
        except SetupError as error:
            moved = _around(gap, error.names) if isinstance(error, NotUnderstood) else None
            if moved is None or moved == gap.given_up():
                log.warning(
                    "mentions from before %s are missing, as X did not let us search for them: %s",
                    "" if gap.until is None else f"{moment_of(gap.until):%Y-%m-%d %H:%M} UTC",
                    error,
                )
                return self._turned(replace(position, gap=None), position.mentions, goes_on=False)
            return self._turned(replace(position, gap=moved), position.mentions, goes_on=False)
        tweets, ids, token = _opened(page)
        after = gap.after(ids, token)
        if ids and not gap.met:
            log.warning(
                "more than %d mentions since the last poll: X's list shows no more, so the rest is "
                "read by search; poll more often",
                _MENTIONS_SHOWN,
            )
        if token is not None and after.met >= _MOST_CAUGHT_UP:
            log.warning("%d mentions were read by search; older ones are missing", after.met)
            token = None
        mentions, bad = read_posts(tweets, page.get("includes"), account)
        return self._turned(
            replace(position, gap=None if token is None else after),
            position.mentions,
            goes_on=False,
            mentions=mentions,
            bad=bad,
        )

    def cursor_at(self, moment: datetime) -> str:
        """Where the posts of that moment begin; see connectors.base.Rewinds."""
        return dump(position_at(moment))

    def ability(self, mention: Mention, contact: Contact = _STRANGER) -> Ability:
        """X's rules for this post; see Connector.ability."""
        return ability(mention, contact, self._rules())

    def reply(self, mention: Mention, text: str, key: str) -> Receipt:
        """Post a reply; X has no use for `key`. See Connector.reply."""
        del key
        if not POST_LIMIT.fits(text):
            raise Refused(
                f"the reply has {weighted(text)} characters as X counts them, and 280 are allowed",
                code="too_long",
            )
        self._demand_keys()
        answer = self._ask(
            Doing.REPLY,
            self._client.create_tweet,
            price(text, summoned=mention.addressed),
            text=text,
            in_reply_to_tweet_id=mention.id,
            user_auth=True,
        )
        post_id = mapping(answer.get("data")).get("id")
        if not is_id(post_id):
            raise no_answer("X answered without the id of the new post", Doing.REPLY)
        return self._receipt(post_id)

    def message(self, author: Author, text: str, key: str) -> Receipt:
        """Send a private message; X has no use for `key`. See Connector.message."""
        del key
        if not MESSAGE_LIMIT.fits(text):
            raise Refused(
                f"the message has {len(text)} characters, and {MESSAGE_LIMIT.maximum} are allowed",
                code="too_long",
            )
        self._demand_keys()
        answer = self._ask(
            Doing.MESSAGE,
            self._client.create_direct_message,
            MESSAGE,
            participant_id=author.id,
            text=text,
            user_auth=True,
        )
        data = mapping(answer.get("data"))
        event_id, conversation = data.get("dm_event_id"), data.get("dm_conversation_id")
        if not is_id(event_id):
            raise no_answer("X answered without the id of the new message", Doing.MESSAGE)
        url = f"https://x.com/messages/{conversation}" if isinstance(conversation, str) else None
        return Receipt(id=event_id, url=url, at=moment_of(event_id), private=True)

    def find_own_reply(self, mention: Mention, text: str) -> Receipt | None:
        """Look through our own timeline since the mention. See Connector.find_own_reply."""
        account = self._demand_account()
        wanted = essence(text)
        found = [
            str(tweet["id"])
            for page in self._pages(
                self._client.get_users_tweets,
                id=account.id,
                since_id=mention.id,
                max_results=_PAGE,
                exclude=["retweets"],
                tweet_fields=_TWEET_FIELDS,
            )
            for tweet in items(page, "data")
            if is_id(tweet.get("id"))
            and references(tweet).get("replied_to") == mention.id
            and essence(full_text(tweet) or "") == wanted
        ]
        return self._receipt(min(found, key=int)) if found else None

    def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
        """Ask for the posts by id; private messages cannot be asked for. See Connector.look."""
        found = {mention.id: Life.ALIVE for mention in mentions}
        ids = [mention.id for mention in mentions if not mention.private]
        for start in range(0, len(ids), _PAGE):
            asked = ids[start : start + _PAGE]
            page = self._ask(
                Doing.READ,
                self._client.get_tweets,
                ids=asked,
                tweet_fields=["edit_history_tweet_ids"],
                user_auth=self._signs,
            )
            found |= lives(page, asked)
        return found

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        """The thread below the post, and our messages since; see Connector.conversation."""
        account = self._demand_account()
        turns = self._messages(mention, account)
        if not mention.private:
            turns += self._thread(mention, account)
        return sorted(turns, key=lambda turn: (turn.created_at, int(turn.id)))

    def retract(self, receipt: Receipt) -> None:
        """Delete a post of ours; see Connector.retract.

        A message can be deleted on our side alone and stays with its reader. Source:
        developer.x.com, "DELETE direct_messages/events/destroy", read 2026-11.
        """
        if receipt.private or not is_id(receipt.id):
            raise Unsupported("X has no way to take a private message back from its reader")
        self._demand_keys()
        try:
            self._ask(
                Doing.DELETE,
                self._client.delete_tweet,
                DELETION,
                id=receipt.id,
                user_auth=True,
            )
        except Refused as error:
            if error.code != "gone":
                raise

    def check(self) -> Sequence[Problem]:
        """Log in and try each permission by a small read; see Connector.check.

        Stops at the first problem that stops everything, so that one cause is named once.
        """
        missing = self._missing()
        if missing and self._settings.bearer_token is None:
            return [Problem(what=f"X: {_lacking(missing)}", do=_GET_KEYS)]
        problems: list[Problem] = []
        if missing:
            problems.append(
                Problem(
                    what=f"X: {_lacking(missing)}, so replies and messages are sent by hand",
                    do=_GET_KEYS,
                    fatal=False,
                )
            )
        for look, fatal in self._checks():
            try:
                problems += look()
            except TryLater as error:
                return [*problems, Problem(what=f"X could not be checked: {error}", fatal=False)]
            except ConnectorError as error:
                problems.append(Problem(what=f"X: {error}", fatal=fatal))
            if any(problem.fatal for problem in problems):
                break
        return problems

    # Asking

    def _ask(
        self, doing: Doing, call: Callable[..., object], price: int = 0, /, **arguments: object
    ) -> dict[str, object]:
        """Ask once, and count what it costs: also where no answer came, as X may have taken it.

        Raises: as `ask` does.
        """
        sending = doing is not Doing.READ
        try:
            answer = ask(doing, call, **arguments)
        except OutcomeUnknown:
            self.meter.add(price, sending=sending)
            raise
        price += self._prices.of(call.__name__, answer, self._wire.day)
        self.meter.add(price, sending=sending)
        return answer

    # Who we are

    def _rules(self) -> Rules:
        return Rules(
            account=self.account,
            may_write=self._signs,
            enterprise=self._settings.tier == "enterprise",
        )

    @property
    def _signs(self) -> bool:
        """Whether requests are made in the account's name."""
        return not self._missing()

    def _secrets(self) -> dict[str, SecretStr]:
        names = ("bearer_token", *_KEYS)
        return {name: value for name in names if (value := getattr(self._settings, name))}

    def _missing(self) -> list[str]:
        return [name for name in _KEYS if getattr(self._settings, name) is None]

    def _demand_keys(self) -> None:
        if missing := self._missing():
            raise SetupError(f"{_lacking(missing)}; {_GET_KEYS}")

    def _account(self) -> Account:
        """Our account; asks X the first time where the settings do not say."""
        if not (self._known.id and self._known.handle):
            self._known = self._who()
        if not self._known.id and not self._settings.query:
            raise SetupError(
                "X does not know whose mentions to read: set `account` in [connectors.twitter], "
                f"or {_GET_KEYS}"
            )
        return self._known

    def _demand_account(self) -> Account:
        account = self._account()
        if not account.id:
            raise SetupError("set `account` in [connectors.twitter]: our own posts are read by it")
        return account

    def _who(self) -> Account:
        """What X says about our account; what the settings say where it cannot be asked."""
        if self._signs:
            answer = self._ask(Doing.READ, self._client.get_me, user_auth=True)
        elif self._settings.bearer_token is None:
            raise SetupError(f"{_lacking(self._missing())}; {_GET_KEYS}")
        elif self._known.handle:
            answer = self._ask(Doing.READ, self._client.get_user, username=self._known.handle)
        else:
            return self._known
        user = mapping(answer.get("data"))
        user_id, handle = user.get("id"), user.get("username")
        if not is_id(user_id) or not isinstance(handle, str):
            raise no_answer("X answered without the account's id and name", Doing.READ)
        return Account(id=user_id, handle=handle)

    def _receipt(self, id: str) -> Receipt:
        return Receipt(id=id, url=post_url(self.account, id), at=moment_of(id))

    # Reading

    def _page(self, place: Place, account: Account, *, searching: bool) -> dict[str, object]:
        """One page of one list."""
        since = earlier(place.since, _OVERLAP) if place.since else None
        if not searching:
            return self._ask(
                Doing.READ,
                self._client.get_users_mentions,
                id=account.id,
                pagination_token=place.token,
                **self._listed(place, since),
            )
        query = self._settings.query
        if account.handle:
            query = f"({query}) -from:{account.handle}"
        return self._found(query, place, since)

    def _found(self, query: str, place: Place, since: str | None) -> dict[str, object]:
        """One page of what a search finds."""
        return self._ask(
            Doing.READ,
            self._client.search_recent_tweets,
            query=query,
            next_token=place.token,
            **self._listed(place, since),
        )

    def _listed(self, place: Place, since: str | None) -> dict[str, Any]:
        """What both lists are asked for."""
        users = ["public_metrics", "username"] + (["receives_your_dm"] if self._signs else [])
        return {
            "since_id": since,
            "until_id": place.until,
            "max_results": _PAGE,
            "tweet_fields": _TWEET_FIELDS,
            "user_fields": users,
            "expansions": _EXPANSIONS,
            "user_auth": self._signs,
        }

    def _turned(
        self,
        position: Position,
        place: Place,
        *,
        goes_on: bool,
        mentions: tuple[Mention, ...] = (),
        bad: tuple[BadPayload, ...] = (),
    ) -> Batch:
        """A page with the position after it: the search follows when the mentions are done."""
        if position.searching:
            after = replace(position, search=place, searching=goes_on)
            more = goes_on
        else:
            over = not goes_on and position.gap is None
            after = replace(position, mentions=place, searching=over and bool(self._settings.query))
            more = not over or after.searching
        return Batch(mentions=mentions, cursor=dump(after), more=more, bad=bad)

    def _thread(self, mention: Mention, account: Account) -> list[Mention]:
        """Posts of the author and ours in the chain below the mention."""
        below = {mention.id}
        # By name and by number: a name may have changed since.
        names = (mention.author.handle, mention.author.id, account.handle, account.id)
        people = " OR ".join(f"from:{name}" for name in dict.fromkeys(filter(None, names)))
        arguments: dict[str, object] = {
            "query": f"conversation_id:{mention.thread or mention.id} ({people})",
            "since_id": mention.id,
            "max_results": _PAGE,
            "tweet_fields": _TWEET_FIELDS,
            "user_fields": ["public_metrics", "username"],
            "expansions": _EXPANSIONS,
        }
        try:
            pages = self._searched(**arguments)
        except NotUnderstood as error:
            if "since_id" not in error.names:
                raise
            # Older than the seven days that the search reaches back: without a lower end then.
            del arguments["since_id"]
            pages = self._searched(**arguments)
        posts = [
            post
            for page in pages
            for post in read_posts(items(page, "data"), page.get("includes"), account, ours=True)[0]
            if post.author.id in {mention.author.id, account.id}
        ]
        turns: list[Mention] = []
        for post in sorted(posts, key=lambda post: int(post.id)):
            if post.in_reply_to in below and post.id not in below:
                below.add(post.id)
                turns.append(post)
        return turns

    def _searched(self, **arguments: object) -> list[dict[str, object]]:
        """Every page of a search."""
        call = self._client.search_recent_tweets
        return list(self._pages(call, page_as="next_token", **arguments))

    def _messages(self, mention: Mention, account: Account) -> list[Mention]:
        """Private messages of both sides around the mention; none where we may not read them.

        Raises:
            ConnectorError: they cannot be read now, or may not be and something hangs on them.
        """
        if not self._signs:
            return []
        since = mention.created_at - (timedelta() if mention.private else PRIVATE_HISTORY)
        turns: list[Mention] = []
        try:
            for page in self._pages(
                self._client.get_direct_message_events,
                participant_id=mention.author.id,
                event_types="MessageCreate",
                dm_event_fields=["created_at", "event_type", "id", "sender_id", "text"],
                max_results=_PAGE,
            ):
                read = read_messages(items(page, "data"), mention.author, account)
                turns += [turn for turn in read if turn.created_at > since]
                if any(turn.created_at <= since for turn in read):
                    break  # newest first: nothing later follows
        except NotPermitted as error:
            if is_proof():
                raise  # we may have written before, with other permissions
            # What they answer in public is worth reading all the same; `check` names the cause.
            log.warning("private messages on X are not read: %s", error)
        return turns

    def _pages(
        self,
        call: Callable[..., object],
        *,
        page_as: str = "pagination_token",
        **arguments: object,
    ) -> Iterator[dict[str, object]]:
        """Every page of a list that is read to its end."""
        for _ in range(_MOST_PAGES):
            page = self._ask(Doing.READ, call, user_auth=self._signs, **arguments)
            yield page
            token = mapping(page.get("meta")).get("next_token")
            if not isinstance(token, str) or not token:
                return
            arguments[page_as] = token
        log.warning("a list on X was read over %d pages and not to its end", _MOST_PAGES)

    # Checking

    def _checks(self) -> Iterable[tuple[Callable[[], list[Problem]], bool]]:
        """What is tried in turn, and whether its failure stops everything."""
        yield self._check_login, True
        yield self._check_mentions, True
        if self._settings.query:
            yield self._check_search, True
        if self._signs:
            yield self._check_messages, False

    def _check_login(self) -> list[Problem]:
        wanted = Account(id=self._settings.user_id, handle=self._settings.account.removeprefix("@"))
        found = self._who()
        if (wanted.id and wanted.id != found.id) or (
            wanted.handle and wanted.handle.lower() != found.handle.lower()
        ):
            return [
                Problem(
                    what=f"X: the keys are those of @{found.handle} ({found.id}), and "
                    f"[connectors.twitter] names {wanted.handle or wanted.id}",
                    do="set `account` and `user_id` to the account that answers, or use its keys",
                )
            ]
        self._known = found
        if not found.id:
            return [
                Problem(
                    what="X: no `account`, so mentions are not read and the search alone is",
                    do="set `account` in [connectors.twitter]",
                    fatal=not self._settings.query,
                )
            ]
        return self._level()

    def _level(self) -> list[Problem]:
        """What the keys may do, where X said so with the last answer."""
        lacking = {
            "read": "neither post replies nor send messages",
            "read-write": "not send private messages",
        }.get(self._wire.access_level)
        if lacking is None:
            return []
        return [
            Problem(
                what=f"X: the keys of @{self.account} may {lacking} ({self._wire.access_level})",
                do='give the app "Read and write and Direct message" in X\'s developer portal and '
                "make new access tokens",
                fatal=False,
            )
        ]

    def _check_mentions(self) -> list[Problem]:
        if self._known.id:
            self._ask(
                Doing.READ,
                self._client.get_users_mentions,
                id=self._known.id,
                max_results=5,
                user_auth=self._signs,
            )
        return []

    def _check_search(self) -> list[Problem]:
        self._ask(
            Doing.READ,
            self._client.search_recent_tweets,
            query=self._settings.query,
            max_results=10,
            user_auth=self._signs,
        )
        return []

    def _check_messages(self) -> list[Problem]:
        self._ask(Doing.READ, self._client.get_direct_message_events, max_results=1, user_auth=True)
        return []


_KEYS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
_GET_KEYS = (
    "make all four keys of the account in X's developer portal and name them in "
    '[connectors.twitter], such as consumer_key = "env:X_CONSUMER_KEY"'
)


def _lacking(missing: Sequence[str]) -> str:
    return f"[connectors.twitter] lacks {', '.join(missing)}"


def _around(place: Place, names: frozenset[str]) -> Place | None:
    """How to go on where X no longer takes a part of the place; None: that is not the cause."""
    if place.until is not None and "until_id" in names:
        return place.given_up()
    if place.since is not None and "since_id" in names:
        return place.without_since()
    if place.token is not None:
        return place.without_token()
    return None


def _opened(page: dict[str, object]) -> tuple[list[object], list[str], str | None]:
    """The posts of a page, every id that it names, and the token of the next page.

    Raises:
        TryLater: it is no page.
    """
    tweets = page.get("data") or []
    if not isinstance(tweets, list):
        raise no_answer("X answered with something else than a list of posts", Doing.READ)
    meta = mapping(page.get("meta"))
    token = meta.get("next_token")
    ids = ids_of(tweets, meta.get("newest_id"))
    return tweets, ids, token if isinstance(token, str) and token else None
