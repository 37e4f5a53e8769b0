"""Hacker News: found by its search, read by its official interface, answered by hand.

There is no way to write there but the site itself, and its guidelines want people, no programs.
Source: github.com/HackerNews/API (README: no write access, "currently no rate limit") and
news.ycombinator.com/newsguidelines.html, read 2026-11.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import Field, field_validator

from connectors import position
from connectors.base import Ability, Batch, Contact, Life, Mention, Problem
from connectors.by_hand import ReadOnly, by_hand
from connectors.errors import BadPayload, SetupError, TryLater
from connectors.hackernews.items import WEB, below, id_of, is_gone, life_of, parse
from connectors.hackernews.walk import PAGE, Place, step
from connectors.payload import Json, mapping, objects
from connectors.settings import ConnectorSettings
from connectors.summary import BY_HAND, NONE, Summary
from connectors.web import Address, Answer, Call, Web, weather

__all__ = ["HackerNews", "HackerNewsSettings", "parse"]

log = logging.getLogger(__name__)

_READ = Call(platform="Hacker News", doing="reading posts")
#: Unreadable items that are remembered, so that each is named once.
_MOST_TOLD = 50
_STRANGER = Contact()


class HackerNewsSettings(ConnectorSettings):
    """The table [connectors.hackernews]. `account` is the name of whoever answers there."""

    api_url: Address = "https://hn.algolia.com/api/v1"
    #: The official interface, which knows what was deleted.
    items_url: Address = "https://hacker-news.firebaseio.com/v0"
    #: One search each: the words of one must all be there.
    queries: tuple[str, ...] = Field(min_length=1)

    @field_validator("queries")
    @classmethod
    def _hold_words(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        queries = tuple(dict.fromkeys(query.strip() for query in value))
        if any(not query or len(query) > 512 for query in queries):
            raise ValueError("write each search as its words, such as 'acme lamp'")
        return queries


@dataclass(frozen=True, kw_only=True)
class _Position:
    turn: str = ""  #: the search to go on with; "": the first one
    places: Mapping[str, Place] = field(default_factory=dict)


class HackerNews(ReadOnly):
    """Hacker News, without a login."""

    Settings: type[ConnectorSettings] = HackerNewsSettings
    summary = Summary(reads="search in stories and comments", public=BY_HAND, private=NONE)
    platform = "hackernews"
    _refusal = "Hacker News takes answers from people only: answer by hand."

    def __init__(self, settings: HackerNewsSettings) -> None:
        self._settings = settings
        self._web = Web(timeout=settings.timeout_seconds)

    @property
    def account(self) -> str:
        """Who answers by hand, if the settings say so."""
        return self._settings.account

    def poll(self, cursor: str | None) -> Batch:
        """One page of one search; see `Connector.poll`. The searches take turns.

        Raises:
            TryLater: Hacker News cannot answer now.
            SetupError: it refuses the search, or the cursor is unreadable.
        """
        stands = _Position() if cursor is None else _load(cursor)
        queries = self._settings.queries
        turn = queries.index(stands.turn) if stands.turn in queries else 0
        query = queries[turn]
        place = stands.places.get(query, Place())
        answer = self._search(query, place)
        hits = list(objects(mapping(answer.payload).get("hits")))
        said_at = answer.said_at
        taken = step(
            place,
            [time for hit in hits if (time := _time(hit)) is not None],
            full=len(hits) >= PAGE,
            now=None if said_at is None else int(said_at.timestamp()),
        )
        floor = taken.floor
        within = [hit for hit in hits if floor is None or (_time(hit) or floor) >= floor]
        found, bad = self._parsed(reversed(within))
        fresh = tuple(error for error in bad if error.item not in place.told)
        told = (*place.told, *(error.item for error in fresh))[-_MOST_TOLD:]
        last = turn + 1 == len(queries)
        places = {known: each for known, each in stands.places.items() if known in queries}
        after = _Position(
            turn=query if taken.goes_on else ("" if last else queries[turn + 1]),
            places={**places, query: replace(taken.place, told=told)},
        )
        return Batch(
            mentions=tuple(mention for mention in found if not mention.ours),
            bad=fresh,
            cursor=_dump(after),
            more=taken.goes_on or not last,
        )

    def ability(self, mention: Mention, contact: Contact = _STRANGER) -> Ability:
        """By hand, always; see `Connector.ability`."""
        comment = mention.in_reply_to is not None
        return by_hand(
            mention,
            link=f"{WEB}/{'reply' if comment else 'item'}?id={mention.id}",
            reason="Hacker News has no way for programs to write, so a person answers there.",
            account=self.account,
            no_messages="Hacker News has no private messages.",
        )

    def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
        """Ask for each post by its id; see `Connector.look`."""
        lives: dict[str, Life] = {}
        for mention in mentions:
            answer = self._ask(f"{self._settings.items_url}/item/{mention.id}.json", {})
            if answer.payload is None and answer.body.strip() != b"null":
                raise TryLater("Hacker News answered with something that is no item.")
            lives[mention.id] = life_of(mention, answer.payload)
        return lives

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        """What the author and our account wrote below the post since; see the protocol.

        One request. A post that the search does not hold (any more) has no conversation.
        """
        url = f"{self._settings.api_url}/items/{mention.id}"
        answer = self._ask(url, {}, missing_is_fine=True)
        if answer.status == 404:
            return ()
        tree = mapping(answer.payload)
        if id_of(tree) != mention.id:
            raise TryLater("Hacker News answered with something that is no item.")
        found, bad = self._parsed(below(tree))
        for error in bad:
            log.warning("hackernews: one comment could not be read and was left out: %s", error)
        turns = [turn for turn in found if turn.ours or turn.author.id == mention.author.id]
        return sorted(turns, key=lambda turn: (turn.created_at, int(turn.id)))

    def check(self) -> Sequence[Problem]:
        """One search and one item; see `Connector.check`."""
        problems: list[Problem] = []
        try:
            self._search(self._settings.queries[0], Place())
        except (SetupError, TryLater) as error:
            do = "Is api_url right, and does the network let us out?"
            return [Problem(what=str(error), do=do)]
        try:
            self._ask(f"{self._settings.items_url}/maxitem.json", {})
        except (SetupError, TryLater) as error:
            what = f"What was deleted there is not noticed: {error}"
            problems.append(Problem(what=what, do="Is items_url right?", fatal=False))
        return problems

    def _parsed(self, items: Iterable[Json]) -> tuple[list[Mention], list[BadPayload]]:
        """What can be read of these, without what is gone; and the rest."""
        found: list[Mention] = []
        bad: list[BadPayload] = []
        for item in items:
            if is_gone(item):
                continue
            try:
                found.append(parse(item, account=self.account))
            except BadPayload as error:
                bad.append(error)
        return found, bad

    def _search(self, query: str, place: Place) -> Answer:
        """One page of hits, newest first."""
        limits = [] if place.floor is None else [f"created_at_i>={place.floor}"]
        limits += [] if place.until is None else [f"created_at_i<={place.until}"]
        params: dict[str, str | int] = {
            "query": query,
            "tags": "(story,comment)",
            "hitsPerPage": PAGE,
            **({"numericFilters": ",".join(limits)} if limits else {}),
        }
        answer = self._ask(f"{self._settings.api_url}/search_by_date", params)
        if not isinstance(mapping(answer.payload).get("hits"), list):
            raise TryLater("The search of Hacker News answered with something that is no page.")
        return answer

    def _ask(
        self, url: str, params: Mapping[str, str | int], *, missing_is_fine: bool = False
    ) -> Answer:
        answer = self._web.ask(_READ, "GET", url, params=params)
        trouble = weather(_READ, answer)
        if trouble is not None:
            raise trouble
        if answer.status != 200 and not (missing_is_fine and answer.status == 404):
            raise SetupError(f"Hacker News refused our request: status {answer.status}.")
        return answer


def _time(hit: Json) -> int | None:
    time = hit.get("created_at_i")
    return time if type(time) is int and time >= 0 else None


def _dump(stands: _Position) -> str:
    places = {
        query: {
            "since": place.since,
            "until": place.until,
            "reached": place.reached,
            "told": list(place.told),
        }
        for query, place in stands.places.items()
    }
    return position.dump({"turn": stands.turn, "searches": places})


def _load(cursor: str) -> _Position:
    return position.load(cursor, platform="hackernews", make=_made)


def _made(data: Json) -> _Position:
    searches = data["searches"]
    if not isinstance(searches, dict):
        raise TypeError("not an object")
    return _Position(
        turn=position.text(data["turn"]),
        places={query: _place(mapping(place)) for query, place in searches.items()},
    )


def _place(data: Json) -> Place:
    since, until, reached = (
        None if data[name] is None else position.whole(data[name])
        for name in ("since", "until", "reached")
    )
    return Place(since=since, until=until, reached=reached, told=position.texts(data["told"]))
