"""Mastodon, and servers that speak its language: statuses that name us, hashtags and searches.

Every write carries the action's key as its Idempotency-Key, which the server remembers for an hour:
a second try answers with the first one's status (docs.joinmastodon.org, "statuses", 2026-07-02).
Its parts: `statuses` reads Mastodon's JSON, `rules` holds what Mastodon allows, `walk` how far its
lists are read, `wire` the requests.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING

from pydantic import Field, field_validator

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
from connectors.mastodon import rules, walk
from connectors.mastodon.rules import Limits
from connectors.mastodon.statuses import (
    Account,
    below,
    id_of,
    is_own_reply,
    life_of,
    moment_of,
    parse,
    read_some,
    read_statuses,
    visibility_of,
)
from connectors.mastodon.walk import PAGE, Place, Position
from connectors.mastodon.wire import HOW_TO_LOG_IN, NotPermitted, Wire, ask
from connectors.payload import Json, mapping, objects
from connectors.settings import ConnectorSettings, Secret
from connectors.summary import Summary
from connectors.turns import Turns
from connectors.web import Address, is_plain

if TYPE_CHECKING:  # 8 MB and a tenth of a second, for those who use it
    from mastodon import Mastodon as Client

__all__ = ["Account", "Mastodon", "MastodonSettings", "parse"]

log = logging.getLogger(__name__)

#: Statuses that one look may ask for: the least that any version takes.
_STATUSES_PER_LOOK = 20
#: Our own statuses and messages are read back over this many pages.
_MOST_PAGES = 25
_NOTIFICATIONS = "notifications"
_STRANGER = Contact()


class MastodonSettings(ConnectorSettings):
    """[connectors.mastodon]."""

    api_url: Address  #: the server of the account, such as "https://mastodon.social"
    access_token: Secret
    #: Timelines of hashtags beside the notifications, without the "#".
    hashtags: tuple[str, ...] = Field(default=(), max_length=20)
    #: The server's search beside them; what it finds depends on the server.
    queries: tuple[str, ...] = Field(default=(), max_length=20)

    @field_validator("hashtags")
    @classmethod
    def _are_hashtags(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        tags = tuple(tag.removeprefix("#") for tag in value)
        if any(not tag.replace("_", "").isalnum() for tag in tags):
            raise ValueError('write hashtags of letters, digits and "_", without spaces')
        return tags

    @field_validator("queries")
    @classmethod
    def _say_something(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not query.strip() or len(query) > 300 for query in value):
            raise ValueError("write 1 to 300 characters for each query")
        return value


@dataclass(frozen=True, kw_only=True)
class _Source:
    """One list that is polled."""

    name: str  #: its place in the position
    page: Callable[[Place, int], Sequence[object]]


class Mastodon:
    """One account on one server, spoken to through Mastodon.py."""

    Settings: type[ConnectorSettings] = MastodonSettings
    summary = Summary(
        reads="notifications, hashtags, search",
        public="by API",
        private="as a post to one person (not encrypted)",
    )
    platform = "mastodon"
    #: An account's own server shows at once what it posted.
    reliable_reads = True

    def __init__(self, settings: MastodonSettings) -> None:
        """Speaks to nobody yet."""
        self._settings = settings
        self._known = Account()
        self._limits: Limits | None = None  #: None: not known yet
        self._made: Client | None = None
        self._lock = RLock()
        self._sources = self._lists()
        self._turns = Turns(
            "mastodon",
            {source.name: f"the list {source.name!r}" for source in self._sources},
            NotPermitted,
        )

    @property
    def account(self) -> str:
        """Our handle; what the settings say until the server has been asked."""
        return self._known.handle or self._settings.account.removeprefix("@")

    # Reading

    def poll(self, cursor: str | None) -> Batch:
        """The next page of the notifications, then of each hashtag and search.

        See Connector.poll. A list that cannot be read is named in the log and left out; where none
        can be read, the last reason is raised.
        """
        position = walk.load(cursor)
        account = self._account()
        sources = {source.name: source for source in self._sources}

        def place_of(name: str) -> Place:
            return position.places.get(name, Place())

        turn, read = self._turns.take(
            position.turn, lambda name: sources[name].page(place_of(name), PAGE)
        )
        found: Sequence[object] = () if read is None else read
        if read is None:
            step = walk.Step(place=place_of(turn), done=True)
        else:
            ids = [one for one in map(id_of, read) if one is not None]
            step = walk.step(place_of(turn), ids, oldest=_oldest(read))
        if step.cut_off:
            log.warning(
                "mastodon: more than %d new items in the list %r, some were missed; poll more "
                "often or read fewer lists",
                walk.LONGEST_ROUND,
                turn,
            )
        mentions, bad = _read(found, account)
        ahead = self._turns.after(turn)
        places = {name: place for name, place in position.places.items() if name in sources}
        after = Position(turn=ahead if step.done else turn, places=places | {turn: step.place})
        return Batch(
            mentions=tuple(m for m in mentions if not (m.ours or m.private)),
            cursor=walk.dump(after),
            more=not step.done or ahead != "",
            bad=bad,
        )

    def cursor_at(self, moment: datetime) -> str:
        """Where what was written at that moment begins; see connectors.base.Rewinds."""
        place = Place(back_to=moment.timestamp())
        return walk.dump(Position(places={source.name: place for source in self._sources}))

    def _lists(self) -> tuple[_Source, ...]:
        tags, queries = (
            dict.fromkeys(self._settings.hashtags),
            dict.fromkeys(self._settings.queries),
        )
        return (
            _Source(name=_NOTIFICATIONS, page=self._notifications),
            *(_Source(name=f"#{tag}", page=partial(self._tagged, tag)) for tag in tags),
            *(
                _Source(name=f"search {query}", page=partial(self._found, query))
                for query in queries
            ),
        )

    def _notifications(self, place: Place, limit: int) -> Sequence[object]:
        return _listed(
            ask(
                self._client.notifications,
                types=["mention"],
                since_id=place.since,
                max_id=place.until,
                limit=limit,
            )
        )

    def _tagged(self, tag: str, place: Place, limit: int) -> Sequence[object]:
        timeline = self._client.timeline_hashtag
        return _listed(ask(timeline, tag, since_id=place.since, max_id=place.until, limit=limit))

    def _found(self, query: str, place: Place, limit: int) -> Sequence[object]:
        answer = ask(
            self._client.search_v2,
            query,
            resolve=False,
            result_type="statuses",
            min_id=place.since,  # the search's name for it
            max_id=place.until,
            limit=limit,
        )
        return _listed(mapping(answer).get("statuses"))

    def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
        """Ask for the statuses by id, private ones too; see Connector.look."""
        wanted = {mention.id: mention for mention in mentions}
        lives = dict.fromkeys(wanted, Life.GONE)
        for status in self._statuses(list(wanted)):
            status_id = id_of(status)
            if status_id in wanted:
                lives[status_id] = life_of(wanted[status_id], status)
        return lives

    def _statuses(self, ids: Sequence[str]) -> Iterator[Json]:
        """Those of the statuses that are there."""
        for start in range(0, len(ids), _STATUSES_PER_LOOK):
            some = list(ids[start : start + _STATUSES_PER_LOOK])
            try:
                yield from objects(_listed(ask(self._client.statuses, some)))
            except Refused:
                # Before 4.3 a server has no such list. Source: docs.joinmastodon.org, "statuses".
                yield from filter(None, map(self._status, some))

    def _status(self, status_id: str) -> Json:
        """One status; empty where it is gone or not ours to see."""
        try:
            return mapping(ask(self._client.status, status_id))
        except Refused:
            return {}

    def find_own_reply(self, mention: Mention, text: str) -> Receipt | None:
        """Look through the thread, or our own timeline where the thread is gone.

        See Connector.find_own_reply.
        """
        account = self._account()
        context = self._context(mention.id)
        found = self._own_since(mention) if context is None else objects(context.get("descendants"))
        for status in found:
            for reply in read_some([status], account):
                if is_own_reply(reply, mention, text):
                    return _receipt(status, private=False)
        return None

    def _context(self, status_id: str) -> Json | None:
        """What stands around a status; None where it is gone."""
        try:
            return mapping(ask(self._client.status_context, status_id))
        except Refused:
            return None

    def _own_since(self, mention: Mention) -> Iterator[Json]:
        """Our own statuses that are newer than one."""
        account = self._account()

        def page(until: str | None) -> object:
            return ask(
                self._client.account_statuses,
                account.id,
                exclude_reblogs=True,
                since_id=mention.id,
                max_id=until,
                limit=PAGE,
            )

        for some in self._back(page, id_of):
            yield from objects(some)

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        """The thread below the status, and what was said in private; see Connector.conversation."""
        account = self._account()
        turns = {turn.id: turn for turn in self._messages(mention, account)}
        if not mention.private:
            context = self._context(mention.id) or {}
            people = frozenset({mention.author.id, account.id})
            thread = read_some(objects(context.get("descendants")), account)
            turns |= {turn.id: turn for turn in below(thread, mention, people)}
        turns.pop(mention.id, None)
        return sorted(turns.values(), key=lambda turn: (turn.created_at, turn.id))

    def _messages(self, mention: Mention, account: Account) -> list[Mention]:
        """Private statuses of both sides around the mention.

        The customer's come as notifications, ours stand in the threads of the conversations that
        the two have.
        """
        since = mention.created_at - (timedelta() if mention.private else PRIVATE_HISTORY)
        customer = mention.author.id
        found: list[object] = []
        for page in self._back(self._notified_by(customer), id_of):
            statuses = [mapping(one).get("status") for one in page]
            found += statuses
            if _reaches(statuses, since):
                break
        for page in self._back(self._talks, _last_of):
            for talk in objects(page):
                if any(id_of(one) == customer for one in objects(talk.get("accounts"))):
                    found += self._talk(talk, since)
            if _reaches([mapping(talk).get("last_status") for talk in page], since):
                break
        return [
            turn
            for turn in read_some(filter(None, found), account)
            if turn.private
            and turn.created_at > since
            and (turn.ours or turn.author.id == customer)
        ]

    def _talk(self, talk: Json, since: datetime) -> list[object]:
        """The last status of a conversation and those before it in the same thread."""
        last = mapping(talk.get("last_status"))
        last_id, moment = id_of(last), moment_of(last.get("created_at"))
        if last_id is None or moment is None or moment <= since:
            return []
        context = self._context(last_id) or {}
        return [last, *objects(context.get("ancestors")), *objects(context.get("descendants"))]

    def _notified_by(self, customer: str) -> Callable[[str | None], object]:
        def page(until: str | None) -> object:
            return ask(
                self._client.notifications,
                account_id=customer,
                types=["mention"],
                max_id=until,
                limit=PAGE,
            )

        return page

    def _talks(self, until: str | None) -> object:
        return ask(self._client.conversations, max_id=until, limit=PAGE)

    def _back(
        self, page_below: Callable[[str | None], object], place_of: Callable[[object], str | None]
    ) -> Iterator[Sequence[object]]:
        """The pages of a list, newest items first."""
        until: str | None = None
        for _ in range(_MOST_PAGES):
            page = _listed(page_below(until))
            yield page
            last = place_of(page[-1]) if page else None
            if last is None or last == until:
                return
            until = last
        log.warning("mastodon: a list was read over %d pages and not to its end", _MOST_PAGES)

    # What can be done

    def ability(self, mention: Mention, contact: Contact = _STRANGER) -> Ability:
        """Mastodon's rules for this status; see Connector.ability."""
        return rules.ability(
            mention,
            contact,
            account=self.account,
            limits=self._limits or Limits(),
            server=self._settings.api_url,
        )

    # Writing

    def reply(self, mention: Mention, text: str, key: str) -> Receipt:
        """Post an answer that is shown to no more people than what it answers; see Connector.reply.

        The author's name is put before the text.
        """
        if mention.private:
            raise Unsupported("A private post of Mastodon has no public reply.")
        self._check_text(mention.author.handle, text)
        answered = ask(self._client.status, mention.id)
        status = ask(
            self._client.status_post,
            rules.addressed_to(mention.author.handle, text),
            in_reply_to_id=mention.id,
            visibility=visibility_of(answered),
            idempotency_key=key,
        )
        return _receipt(status, private=False)

    def message(self, author: Author, text: str, key: str) -> Receipt:
        """Post a status that only the author sees; see Connector.message."""
        self._check_text(author.handle, text)
        status = ask(
            self._client.status_post,
            rules.addressed_to(author.handle, text),
            visibility="direct",
            # A key means one status, whatever it says: never the one that a reply has used.
            idempotency_key=f"{key}.private",
        )
        return _receipt(status, private=True)

    def _check_text(self, acct: str, text: str) -> None:
        limit = rules.limit_for(acct, self._limits or Limits())
        if not limit.fits(text):
            raise Refused(
                f"the text has {limit.count(text)} characters as Mastodon counts them, and "
                f"{limit.maximum} are allowed beside the customer's name",
                code="too_long",
            )
        try:
            text.encode()
        except UnicodeEncodeError as error:
            message = "The text holds characters that cannot be sent: half an emoji, perhaps."
            raise Refused(message, code="unsendable") from error

    def retract(self, receipt: Receipt) -> None:
        """Delete a status of ours; see Connector.retract.

        Other servers are asked to delete their copies, private ones too; not all do.
        """
        if not receipt.id:
            raise Unsupported("It is not known which status this is: delete it there by hand.")
        try:
            ask(self._client.status_delete, receipt.id)
        except Refused as error:
            if error.code != "gone":
                raise

    # Who we are

    @property
    def _client(self) -> "Client":
        with self._lock:
            if self._made is None:
                from mastodon import Mastodon as Client

                self._made = Client(
                    api_base_url=self._settings.api_url,
                    access_token=self._settings.access_token.get_secret_value(),
                    ratelimit_method="throw",
                    request_timeout=self._settings.timeout_seconds,
                    mastodon_version="99.0.0",  # it neither asks for the version nor minds it
                    version_check_mode="created",
                    session=Wire(timeout=self._settings.timeout_seconds).session(),
                    user_agent="amends/0.1",
                )
            return self._made

    def _account(self) -> Account:
        """Ours; asks the server the first time, for what it takes too."""
        with self._lock:
            if not self._known.id:
                self._known = self._who(ask(self._client.account_verify_credentials))
            if self._limits is None:
                self._limits = self._taken()
            return self._known

    def _who(self, profile: object) -> Account:
        account_id, acct = id_of(profile), mapping(profile).get("acct")
        if account_id is None or not isinstance(acct, str):
            raise TryLater("Mastodon answered without the account's id and name.")
        return Account(id=account_id, handle=acct)

    def _taken(self) -> Limits | None:
        """The server's limits; Mastodon's own where it does not say, None where it cannot now."""
        try:
            answer = mapping(ask(self._client.instance_v2))
        except TryLater as error:
            log.info("mastodon: the server's limits are not known yet: %s", error)
            return None
        except ConnectorError as error:
            log.info("mastodon: the server does not tell its limits: %s", error)
            return Limits()
        statuses = mapping(mapping(answer.get("configuration")).get("statuses"))
        usual = Limits()
        return Limits(
            characters=_count(statuses.get("max_characters"), usual.characters),
            per_link=_count(statuses.get("characters_reserved_per_url"), usual.per_link),
        )

    # Setting up

    def check(self) -> Sequence[Problem]:
        """Log in and try each permission by a small read; see Connector.check.

        Stops at the first problem that stops everything, so that one cause is named once.
        """
        problems: list[Problem] = []
        for look, fatal in self._checks():
            try:
                problems += look()
            except TryLater as error:
                what = f"Mastodon could not be checked: {error}"
                return [*problems, Problem(what=what, fatal=False)]
            except ConnectorError as error:
                problems.append(Problem(what=f"Mastodon: {error}", fatal=fatal))
            if any(problem.fatal for problem in problems):
                break
        return problems

    def _checks(self) -> Iterable[tuple[Callable[[], list[Problem]], bool]]:
        """What is tried in turn, and whether its failure stops everything."""
        yield self._check_login, True
        for source in self._sources:
            yield partial(self._check_list, source), source is self._sources[0]
        yield self._check_conversations, False
        yield self._check_scopes, False
        yield self._check_filters, False

    def _check_login(self) -> list[Problem]:
        self._known = self._who(ask(self._client.account_verify_credentials))
        problems: list[Problem] = []
        named = self._settings.account.removeprefix("@").partition("@")[0]
        if named and named.casefold() != self._known.handle.partition("@")[0].casefold():
            problems.append(
                Problem(
                    what=f"Mastodon: the access token is that of @{self._known.handle}, and "
                    f"[connectors.mastodon] names account {named}",
                    do="leave `account` out, or use a token of that account",
                )
            )
        if is_plain(self._settings.api_url):
            what = "Mastodon: api_url is http: the access token travels unencrypted"
            problems.append(Problem(what=what, do="use https", fatal=False))
        return problems

    def _check_list(self, source: _Source) -> list[Problem]:
        source.page(Place(), 1)
        return []

    def _check_conversations(self) -> list[Problem]:
        ask(self._client.conversations, limit=1)
        return []

    def _check_scopes(self) -> list[Problem]:
        """What the application may do; the token may do no more. Servers before 4.3 do not say."""
        try:
            scopes = mapping(ask(self._client.app_verify_credentials)).get("scopes")
        except (Refused, SetupError):
            return []  # the login is proved by now: this one knows its application no more
        if not isinstance(scopes, list) or {"write", "write:statuses"} & set(map(str, scopes)):
            return []
        what = "Mastodon: the application may not post (write:statuses), so nothing can be sent"
        return [Problem(what=what, do=HOW_TO_LOG_IN, fatal=False)]

    def _check_filters(self) -> list[Problem]:
        """Whether mentions of strangers reach us at all.

        Source: docs.joinmastodon.org, entity NotificationPolicy (4.3), 2026-07-02: private ones
        are filtered unless the account says otherwise.
        """
        try:
            policy = mapping(ask(self._client.notifications_policy))
        except Refused:
            return []  # before 4.3 there is none
        hidden = [words for name, words in _POLICIES.items() if policy.get(name) != "accept"]
        if not hidden:
            return []
        return [
            Problem(
                what=f"Mastodon: the account hides {', '.join(hidden)}: complaints will be missed",
                do='set "Accept" in the server\'s web pages: Notifications, the settings on top',
                fatal=False,
            )
        ]


_POLICIES = {
    "for_not_following": "mentions by people it does not follow",
    "for_not_followers": "mentions by people who do not follow it",
    "for_new_accounts": "mentions by new accounts",
    "for_private_mentions": "private mentions",
}


def _listed(value: object) -> Sequence[object]:
    if not isinstance(value, list):
        raise TryLater("Mastodon answered with something that is no list.")
    return value


def _read(
    found: Sequence[object], account: Account
) -> tuple[tuple[Mention, ...], tuple[BadPayload, ...]]:
    """The statuses of a page, oldest first: those of notifications, or the items themselves."""
    statuses = (
        mapping(one).get("status") if mapping(one).get("type") == "mention" else one
        for one in reversed(found)
    )
    return read_statuses(statuses, account)


def _oldest(found: Sequence[object]) -> float | None:
    """When the last item of a page was made, in Unix seconds."""
    moment = moment_of(mapping(found[-1]).get("created_at")) if found else None
    return None if moment is None else moment.timestamp()


def _reaches(statuses: Iterable[object], since: datetime) -> bool:
    """Whether one of the statuses is as old as that."""
    times = (moment_of(mapping(status).get("created_at")) for status in statuses)
    return any(time is not None and time <= since for time in times)


def _last_of(talk: object) -> str | None:
    """By what conversations are paged. Source: docs.joinmastodon.org, "conversations", 2026-07."""
    return id_of(mapping(talk).get("last_status"))


def _count(value: object, usual: int) -> int:
    return value if type(value) is int and value > 0 else usual


def _receipt(status: object, *, private: bool) -> Receipt:
    status_id = id_of(status)
    if status_id is None:
        raise OutcomeUnknown("Mastodon answered without the id of the new status.")
    item = mapping(status)
    url = item.get("url")
    return Receipt(
        id=status_id,
        url=url if isinstance(url, str) else None,
        at=moment_of(item.get("created_at")),
        private=private,
    )
