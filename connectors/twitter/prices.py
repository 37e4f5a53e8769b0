"""What answers of X cost, at list prices. Pure but for what it remembers of the day.

X bills each resource that an answer holds, a post or a person once in a day of UTC. Authors and
quoted posts that come along are counted as well, so that the sum is rather too high than too low:
the bill itself stands in X's developer console.
Source: docs.x.com, "Pricing", 2026-08-22; messages and deletions from the same page, read 2026-11.
"""

from threading import Lock

from connectors.twitter.posts import items, mapping

#: In millionths of a US dollar.
_POST, _OWN_MENTION, _PERSON, _MESSAGE = 5_000, 1_000, 10_000, 10_000
DELETION = 10_000

#: What the lists hold that tweepy's calls ask for.
_HOLDS = {
    "get_users_mentions": ("post", _OWN_MENTION),
    "search_recent_tweets": ("post", _POST),
    "get_users_tweets": ("post", _POST),
    "get_tweets": ("post", _POST),
    "get_direct_message_events": ("message", _MESSAGE),
    "get_me": ("person", _PERSON),
    "get_user": ("person", _PERSON),
}


class Prices:
    """Prices answers; what was seen on the same day is free. Thread-safe."""

    def __init__(self) -> None:
        self._day = ""
        self._seen: set[tuple[str, str]] = set()
        self._lock = Lock()

    def of(self, call: str, answer: dict[str, object], day: str) -> int:
        """What an answer costs, in millionths of a US dollar.

        Args:
            call: The name of tweepy's method.
            answer: The decoded JSON.
            day: Names the day of UTC; "" where it is not known, and then nothing is free.
        """
        if call not in _HOLDS:
            return 0
        kind, price = _HOLDS[call]
        one = mapping(answer.get("data"))
        included = mapping(answer.get("includes"))
        found = [(kind, price, item) for item in ([one] if one else items(answer, "data"))]
        found += [("post", _POST, item) for item in items(included, "tweets")]
        found += [("person", _PERSON, item) for item in items(included, "users")]
        with self._lock:
            if day != self._day or not day:
                self._day = day
                self._seen.clear()
            return sum(price for kind, price, item in found if self._new(kind, item.get("id")))

    def _new(self, kind: str, id: object) -> bool:
        known = (kind, str(id)) in self._seen
        self._seen.add((kind, str(id)))
        return not known
