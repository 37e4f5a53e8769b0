"""A process that lives the line and kills itself, really, at a chosen step.

Started once per test; forks one child per life, so that a life costs no imports. Each line on
standard input is `{"die_at": n}`: the child builds the installation, polls, walks, clicks Send on
whatever waits for a person, and at its n-th step it gets SIGKILL from itself (0: never). Steps are
the moments before and after every write transaction and every call that leaves the process. The
answer is a line of JSON: how the child ended, and how many steps it took.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from connectors.base import (
    Ability,
    Author,
    Batch,
    Connector,
    Contact,
    Life,
    Mention,
    Problem,
    Receipt,
)
from monitor.store.engine import Database
from responders.card import Card, Decision, Verb
from responders.case import CaseState
from responders.policy import Person
from responders.slack.bot import Shown, SlackBot
from tests.acceptance import stage

T = TypeVar("T")


def connector_for(source: str, url: str) -> Connector:
    """The connector of a platform, pointed at the loopback server that the test runs."""
    if source == "twitter":
        from connectors.twitter import Twitter
        from tests.servers import x

        return Twitter(x.settings(url, query=x.QUERY, timeout_seconds=1.0))
    from connectors.reddit import Reddit
    from tests.servers import reddit

    return Reddit(reddit.settings(url, timeout_seconds=1.0))


class Steps:
    """Counts steps and ends the process at one of them."""

    def __init__(self, die_at: int, told: Path) -> None:
        self._die_at = die_at
        self._told = told
        self.taken: list[str] = []

    def step(self, name: str) -> None:
        """One step; the process may not survive it."""
        self.taken.append(name)
        if len(self.taken) == self._die_at:
            self._told.write_text(name, encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, name: str, call: Callable[[], T]) -> T:
        """A step before a call and one after it."""
        self.step(f"before {name}")
        result = call()
        self.step(f"after {name}")
        return result


class Mortal:
    """A connector whose every call is two steps."""

    def __init__(self, connector: Connector, steps: Steps) -> None:
        self._connector = connector
        self._steps = steps
        self.platform = connector.platform
        self.account = connector.account
        self.reliable_reads = connector.reliable_reads

    def poll(self, cursor: str | None) -> Batch:
        return self._steps.around("poll", lambda: self._connector.poll(cursor))

    def ability(self, mention: Mention, contact: Contact = Contact()) -> Ability:  # noqa: B008 - frozen
        return self._connector.ability(mention, contact)

    def reply(self, mention: Mention, text: str, key: str) -> Receipt:
        return self._steps.around("reply", lambda: self._connector.reply(mention, text, key))

    def message(self, author: Author, text: str, key: str) -> Receipt:
        return self._steps.around("message", lambda: self._connector.message(author, text, key))

    def find_own_reply(self, mention: Mention, text: str) -> Receipt | None:
        return self._steps.around("find", lambda: self._connector.find_own_reply(mention, text))

    def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
        return self._steps.around("look", lambda: self._connector.look(mentions))

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        return self._steps.around("conversation", lambda: self._connector.conversation(mention))

    def retract(self, receipt: Receipt) -> None:
        self._steps.around("retract", lambda: self._connector.retract(receipt))

    def check(self) -> Sequence[Problem]:
        return self._connector.check()


def live(told: Mapping[str, object], steps: Steps) -> None:
    """One life, to its end or to its step."""
    _count_writes(steps)
    _count_slack(steps)
    source = str(told["source"])
    made = stage.settings(Path(str(told["folder"])), source, str(told["slack"]))
    connector = connector_for(source, str(told["platform"]))
    at = stage.Clock(timedelta(seconds=float(str(told["ahead"]))))
    life = stage.Life(made, Mortal(connector, steps), source, at)
    life.poll()
    life.rest()
    _click(life)
    life.settle()
    life.close()


def _click(life: stage.Life) -> None:
    """Eva clicks Send on every card that waits for her."""
    eva = Person(id=stage.EVA, name="Eva")
    for case_id in life.store.cases.list({CaseState.OPEN}):
        case = life.store.cases.get(case_id)
        assert case.draft is not None
        life.house.desk.take(
            Decision(
                verb=Verb.SEND,
                case_id=case_id,
                round=case.round,
                draft_revision=case.draft.revision,
            ),
            eva,
        )


def _count_writes(steps: Steps) -> None:
    write = Database.write

    @contextmanager
    def counted(self: Database) -> Iterator[Connection]:
        with write(self) as connection:
            yield connection
            steps.step("before commit")
        steps.step("after commit")

    Database.write = counted  # type: ignore[method-assign]


def _count_slack(steps: Steps) -> None:
    show = SlackBot.show

    def counted(self: SlackBot, card: Card, at: Shown | None) -> Shown:
        return steps.around("card", lambda: show(self, card, at))

    SlackBot.show = counted  # type: ignore[method-assign]


def main() -> None:
    """Live as often as asked."""
    told = json.loads(sys.argv[1])
    mark = Path(told["folder"]) / "died-at"
    for line in sys.stdin:
        asked = json.loads(line)
        mark.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            steps = Steps(asked["die_at"], mark)
            status = 1
            try:
                live({**told, **asked}, steps)
                (Path(told["folder"]) / "steps").write_text(json.dumps(steps.taken))
                status = 0
            finally:
                sys.stderr.flush()
                os._exit(status)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        answer = {
            "killed": killed,
            "status": os.waitstatus_to_exitcode(status),
            "at": mark.read_text(encoding="utf-8") if mark.exists() else "",
        }
        print(json.dumps(answer), flush=True)  # noqa: T201 - the answer to the test


if __name__ == "__main__":
    main()
