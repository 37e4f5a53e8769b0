"""A process that lives the line, and is killed or stopped, really, at a chosen step.

Started once for many lives: it loads everything, then forks a child per life. Each line on standard
input asks for something and is answered by a line of JSON.

- `{"do": "rehearse", ...}`: the process itself lives once, so that its children find everything
  loaded; the answer is the list of its steps.
- `{"do": "live", ...}`: a child builds the installation, polls, walks, clicks Send on whatever
  waits for a person, and at its n-th step it gets SIGKILL from itself (`die_at`), or SIGSTOP at
  the first step of a name (`halt_at`).
- `{"do": "go on"}`: a child that was stopped lives on to its end.
- `{"do": "race", ...}`: several children live at the same time.

Steps are the moments before and after every write transaction and every call that leaves the
process. The answers say how each life ended, and at which step it was killed.
"""

import gc
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

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
from monitor import app
from monitor.config import Settings
from monitor.judge import Judge
from monitor.store.engine import Database
from responders import playbooks
from responders.card import Card, Decision, Verb
from responders.case import CaseState
from responders.deliver import SenderLock
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

    def __init__(self) -> None:
        self.taken: list[str] = []
        self._die_at = 0
        self._halt_at = ""
        self._told = Path()

    def begin(self, *, die_at: int, halt_at: str, told: Path) -> None:
        """A life begins, with its end."""
        self.taken.clear()
        self._die_at, self._halt_at, self._told = die_at, halt_at, told

    def step(self, name: str) -> None:
        """One step; the process may not survive it."""
        self.taken.append(name)
        if len(self.taken) == self._die_at:
            self._told.write_text(name, encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)
        if name == self._halt_at and self.taken.count(name) == 1:
            os.kill(os.getpid(), signal.SIGSTOP)

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


class Anybody:
    """No lock at all: a mutant, for the proof of the proof."""

    def held(self) -> bool:
        return True


def live(asked: Mapping[str, Any], steps: Steps, judge: Judge) -> None:
    """One life, to its end or to its step."""
    source, database = asked["source"], asked["database"]
    made = stage.settings(Path(asked["folder"]), source, asked["slack"], database=database)
    connector = Mortal(connector_for(source, asked["platform"]), steps)
    at = stage.Clock(timedelta(seconds=asked["ahead"]))
    with ExitStack() as ends:
        lock = _lock(made, asked["lock"], ends)
        life = stage.Life(made, connector, source, at, judge=judge, lock=lock)
        ends.callback(life.close)
        life.poll()
        life.rest()
        _click(life)
        life.settle(3)


def _lock(made: Settings, how: str, ends: ExitStack) -> SenderLock:
    """The real lock, whoever has it; with "none" everybody thinks that they do."""
    if how == "none":
        return Anybody()
    lock = app.sender_lock(made)
    lock.acquire()
    ends.callback(lock.release)
    return lock


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


def _load_texts_once() -> None:
    """Reading our texts takes as long as the rest of a life; every life has the same ones."""
    books = playbooks.load()

    def loaded(settings: Settings) -> playbooks.Playbooks:
        return books

    app.make_playbooks = loaded


class Children:
    """The lives that were begun, by their process id."""

    def __init__(self, judge: Judge, steps: Steps) -> None:
        self._judge = judge
        self._steps = steps
        self._stopped: list[tuple[int, Path]] = []

    def answer(self, asked: dict[str, Any]) -> object:
        """Do what a line asks for."""
        match asked["do"]:
            case "rehearse":
                self._steps.begin(die_at=0, halt_at="", told=Path())
                live(asked, self._steps, self._judge)
                gc.freeze()  # else each child's first collection copies everything that is loaded
                return self._steps.taken
            case "live":
                return self._ended(*self._begin(asked, 0))
            case "race":
                begun = [self._begin(asked, number) for number in range(asked["lives"])]
                return [self._ended(*child) for child in begun]
            case "go on":
                process, mark = self._stopped.pop()
                os.kill(process, signal.SIGCONT)
                return self._ended(process, mark)
            case other:
                raise ValueError(other)

    def _begin(self, asked: dict[str, Any], number: int) -> tuple[int, Path]:
        mark = Path(asked["folder"]) / f"mark-{os.urandom(4).hex()}-{number}"
        process = os.fork()
        if process:
            return process, mark
        self._steps.begin(die_at=asked["die_at"], halt_at=asked["halt_at"], told=mark)
        status = 1
        try:
            live(asked, self._steps, self._judge)
            status = 0
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            sys.stderr.flush()
            os._exit(status)

    def _ended(self, process: int, mark: Path) -> dict[str, object]:
        _, status = os.waitpid(process, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            self._stopped.append((process, mark))
            return {"stopped": True, "killed": False}
        return {
            "stopped": False,
            "killed": os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL,
            "status": os.waitstatus_to_exitcode(status),
            "at": mark.read_text(encoding="utf-8") if mark.exists() else "",
        }


def main() -> None:
    """Answer until the asking ends."""
    judge = Judge()
    judge.judge_all(["everything is loaded before the first fork", "auch für andere Sprachen"])
    steps = Steps()
    _count_writes(steps)
    _count_slack(steps)
    _load_texts_once()
    children = Children(judge, steps)
    for line in sys.stdin:
        print(json.dumps(children.answer(json.loads(line))), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
