"""Who clicked: people and their groups as Slack knows them now, remembered for a few minutes."""

import logging
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from threading import Lock
from typing import TypeVar, cast

from slack_sdk import WebClient

from connectors.errors import ConnectorError, Refused
from responders.policy import Person
from responders.slack.client import Clock, asking
from responders.slack.text import cut, one_line

T = TypeVar("T")

log = logging.getLogger(__name__)

_GROUP = re.compile(r"S[A-Z0-9]{2,20}")

#: How long a person who was deactivated, or left a group, may still act on what they see.
REMEMBERED = timedelta(minutes=3)


class SlackRoster:
    """People and the user groups that matter to the policy.

    A deactivated account, a bot and an unknown id are nobody. A group that cannot be read counts
    as empty: it gives rights, so doubt takes them away.
    """

    def __init__(
        self,
        client: WebClient,
        groups: Callable[[], Iterable[str]],
        *,
        clock: Clock,
        remembered: timedelta = REMEMBERED,
    ) -> None:
        """Speaks to nobody yet.

        Args:
            client: Made by `make_client`.
            groups: Ids of the user groups that the policy names now, such as "S0123"; what is
                no such id (people are named beside them) is passed over.
            clock: The present moment.
            remembered: For how long an answer of Slack's is used again.
        """
        self._client = client
        self._groups = groups
        self._clock = clock
        self._remembered = remembered
        self._known: dict[tuple[str, str], tuple[datetime, object]] = {}
        self._lock = Lock()

    def person(self, user_id: str) -> Person | None:
        """The person, or None where the account is deactivated, a bot or unknown.

        Raises:
            TryLater: Slack does not say who that is now.
            SetupError: it cannot, before a person mends the app.
        """
        name = self._ask("user", user_id, self._name)
        if not name:
            return None
        named = sorted({group for group in self._groups() if _GROUP.fullmatch(group)})
        groups = frozenset(group for group in named if user_id in self._members(group))
        return Person(id=user_id, name=name, groups=groups)

    def _ask(self, kind: str, key: str, ask: Callable[[str], T]) -> T:
        with self._lock:
            asked_at, answer = self._known.get((kind, key), (None, None))
        now = self._clock()
        if asked_at is not None and now - asked_at < self._remembered:
            return cast(T, answer)
        fresh = ask(key)
        with self._lock:
            self._known[kind, key] = (now, fresh)
        return fresh

    def _name(self, user_id: str) -> str:
        """How the person is called; "" for nobody."""
        try:
            with asking("ask who clicked", self._clock):
                user = self._client.users_info(user=user_id)["user"]
        except Refused:  # user_not_found, user_not_visible
            return ""
        if user.get("deleted") or user.get("is_bot"):
            return ""
        profile = user.get("profile") or {}
        names = (profile.get("display_name"), user.get("real_name"), user.get("name"), user_id)
        return cut(next(one_line(name) for name in names if name), 80)

    def _members(self, group: str) -> frozenset[str]:
        try:
            return frozenset(self._ask("group", group, self._list))
        except ConnectorError as error:
            log.warning("The user group %s counts as empty: %s", group, error)
            return frozenset()

    def _list(self, group: str) -> frozenset[str]:
        with asking("read a user group", self._clock):
            return frozenset(self._client.usergroups_users_list(usergroup=group)["users"])
