"""Posts from a JSON Lines file, and a pretend platform that takes the answers.

For the demo, for a shadow run over recorded posts, and for tests that need a whole platform
without a network. The pretend platform has no idempotency keys, as X and Reddit have none: who
asks it twice has posted twice, and its outbox shows that.
"""

import json
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from pydantic import AwareDatetime

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
from connectors.errors import BadPayload, SetupError
from connectors.lengths import weighted
from connectors.posts import UNNAMED, numbered_lines, parse_line
from connectors.settings import ConnectorSettings
from connectors.summary import PRETEND, Summary

#: Lines that one page of a poll reads.
PAGE = 200

_ACCOUNT = "nordlicht"
_OUTBOX_FILE = "samples_outbox.jsonl"

#: Longest reply in plain characters: not each platform's exact count, but near enough to rehearse.
_LIMITS = {
    "twitter": 280,
    "bluesky": 300,
    "mastodon": 500,
    "google_play": 350,
    "instagram": 2_200,
    "telegram": 4_096,
    "trustpilot": 5_000,
    "app_store": 5_970,
    "facebook": 8_000,
}
_LONGEST = 10_000
#: Sources: developers.google.com/youtube/v3/docs and
#: developers.google.com/android-publisher/api-ref (discovery documents of 2026-11-04 and
#: 2026-10-26): neither has a method that writes to one person, nor have the two review sites, and
#: Hacker News has no messages at all.
_WITHOUT_MESSAGES = frozenset({"app_store", "google_play", "hackernews", "trustpilot", "youtube"})

_STRANGER = Contact()


class SamplesSettings(ConnectorSettings):
    """[connectors.samples]."""

    path: str = ""  #: JSON Lines file of posts; "" is the one that ships with Amends
    outbox: str = ""  #: folder that keeps what was "sent"; "" keeps it in memory
    #: Moves all posts in time so that the newest one was written then: a recording as if today.
    newest_at: AwareDatetime | None = None


def _limit(platform: str) -> TextLimit:
    """As the platform has it; X alone weighs characters, the others' own counts are theirs."""
    if platform == "twitter":
        return TextLimit(
            maximum=_LIMITS[platform], count=weighted, unit="characters as X counts them"
        )
    return TextLimit(maximum=_LIMITS.get(platform, _LONGEST))


def ability_of(mention: Mention, contact: Contact, account: str) -> Ability:
    """What the pretend platforms allow: everything, with enough exceptions to rehearse them.

    As on X, a post of `twitter` that does not name us takes a reply by hand only, and no private
    message before its author wrote to us.
    """
    limit = _limit(mention.platform)
    public = Way(route=Route.API, account=account, limit=limit)
    private = Way(route=Route.API, account=account)
    summoned = mention.platform != "twitter" or mention.addressed
    if not summoned:
        public = replace(
            public,
            route=Route.BY_HAND,
            reason="The post does not name our account, so X takes a reply from a person only.",
            link_template=f"https://x.com/intent/tweet?in_reply_to={mention.id}&text={{text}}",
        )
    if not mention.replies_open:
        public = replace(
            public,
            route=Route.NONE,
            reason="The author has closed this post to replies.",
            link_template=None,
        )
    if mention.platform in _WITHOUT_MESSAGES:
        private = replace(
            private, route=Route.NONE, reason="There are no private messages on this platform."
        )
    elif not summoned and contact.wrote_privately_at is None:
        private = replace(
            private,
            route=Route.CLOSED,
            reason="Private messages open when the customer writes to us first.",
        )
    return Ability(public=public, private=private)


class Samples:
    """The connector: reads the file, and plays the platform for what is answered."""

    Settings: type[ConnectorSettings] = SamplesSettings
    summary = Summary(reads="a JSON Lines file", public=PRETEND, private=PRETEND)

    def __init__(
        self, settings: SamplesSettings, *, clock: Callable[[], datetime] | None = None
    ) -> None:
        """Speaks to nobody yet.

        Args:
            settings: The table of config.toml.
            clock: Dates what is sent; without one it bears the time of the post it answers.
        """
        self._settings = settings
        self._path = Path(settings.path) if settings.path else Path(__file__).with_suffix(".jsonl")
        self._outbox = _Outbox(Path(settings.outbox) if settings.outbox else None)
        self._clock = clock
        self._index: _Index | None = None

    @property
    def platform(self) -> str:
        """The registry's name; the posts themselves may bear the names of other platforms."""
        return UNNAMED

    @property
    def account(self) -> str:
        """Our pretend account."""
        return self._settings.account or _ACCOUNT

    @property
    def reliable_reads(self) -> bool:
        """The outbox is complete, always."""
        return True

    def poll(self, cursor: str | None) -> Batch:
        """The next page of the file; the cursor is the number of the line and its place in bytes.

        A file that became shorter than its cursor was replaced, and is read from the start.

        Raises:
            SetupError: the file cannot be read.
        """
        index = self._look_up()
        line, place = _place(cursor)
        if place > index.size:
            line, place = 0, 0
        mentions: list[Mention] = []
        bad: list[BadPayload] = []
        with self._open() as file:
            file.seek(place)
            for number, raw in numbered_lines(file, after=line, at_most=PAGE):
                line = number
                try:
                    mention = parse_line(raw, line=number, seen_at=index.seen_at)
                except BadPayload as error:
                    bad.append(error)
                else:
                    if mention is not None and not mention.private:
                        mentions.append(self._moved(mention, index))
            place = file.tell()
        return Batch(
            mentions=tuple(mentions),
            bad=tuple(bad),
            cursor=f"{line}:{place}",
            more=place < index.size,
        )

    def ability(self, mention: Mention, contact: Contact = _STRANGER) -> Ability:
        """What the pretend platform allows for this post."""
        return ability_of(mention, contact, self.account)

    def reply(self, mention: Mention, text: str, key: str) -> Receipt:
        """Put a public reply into the outbox."""
        return self._send(
            _Sent(
                id=_new_id(),
                key=key,
                platform=mention.platform,
                to=mention.id,
                text=text,
                at=self._clock() if self._clock else mention.created_at,
            )
        )

    def message(self, author: Author, text: str, key: str) -> Receipt:
        """Put a private message into the outbox."""
        at = self._clock() if self._clock else None
        return self._send(
            _Sent(id=_new_id(), key=key, to=author.id, text=text, at=at, private=True)
        )

    def find_own_reply(self, mention: Mention, text: str) -> Receipt | None:
        """Our newest reply with this text to this post, unless it was taken down."""
        for sent in reversed(self._outbox.standing()):
            if sent.answers(mention) and sent.text == text:
                return sent.receipt
        return None

    def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
        """Compare with the file as it is now: a line may have been changed or taken out."""
        index = self._look_up()
        return {mention.id: index.life(mention) for mention in mentions}

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        """The author's later posts below this one, lines marked `private`, and what we sent."""
        index = self._look_up()
        theirs = [
            self._moved(other, index)
            for other in index.later
            if other.platform == mention.platform
            and other.author.id == mention.author.id
            and other.id != mention.id
            and (other.private or mention.id in (other.in_reply_to, other.thread))
        ]
        us = Author(id=self.account, handle=self.account)
        ours = [
            Mention(
                platform=mention.platform,
                id=sent.id,
                author=us,
                text=sent.text,
                created_at=sent.at or mention.created_at,
                in_reply_to=None if sent.private else mention.id,
                private=sent.private,
                ours=True,
            )
            for sent in self._outbox.standing()
            if sent.answers(mention) or (sent.private and sent.to == mention.author.id)
        ]
        return sorted((*theirs, *ours), key=lambda turn: turn.created_at)

    def retract(self, receipt: Receipt) -> None:
        """Take down what the receipt names."""
        self._outbox.retract(receipt.id)

    def check(self) -> Sequence[Problem]:
        """Read every line and try the outbox."""
        problems: list[Problem] = []
        try:
            index = self._look_up()
        except SetupError as error:
            problems.append(Problem(what=str(error), do="give the path of a JSON Lines file"))
        else:
            if index.bad:
                found = f"{self._path.name}: {len(index.bad)} lines cannot be read; {index.bad[0]}"
                problems.append(Problem(what=found, do="mend or delete them", fatal=False))
            if not index.texts:
                problems.append(
                    Problem(what=f"{self._path.name} holds no posts", do="add one a line")
                )
        trouble = self._outbox.trouble()
        if trouble:
            problems.append(Problem(what=trouble, do="give a folder that can be written to"))
        return problems

    def _send(self, sent: "_Sent") -> Receipt:
        self._outbox.add(sent)
        return sent.receipt

    def _open(self) -> BinaryIO:
        try:
            return self._path.open("rb")
        except OSError as error:
            raise SetupError(f"cannot read the posts in {self._path}: {error.strerror}") from error

    def _moved(self, mention: Mention, index: "_Index") -> Mention:
        """Shifted so that the newest post of the file is as old as the settings say."""
        newest = self._settings.newest_at
        if newest is None or index.newest is None:
            return mention
        shift = newest.astimezone(UTC) - index.newest
        return replace(mention, created_at=mention.created_at + shift)

    def _look_up(self) -> "_Index":
        with self._open() as file:
            status = os.fstat(file.fileno())
            stamp = (status.st_mtime_ns, status.st_size)
            if self._index is None or self._index.stamp != stamp:
                self._index = _read_index(file, stamp)
            return self._index


@dataclass(frozen=True, kw_only=True)
class _Sent:
    """One thing in the outbox; `to` is a post's id, of a private message its reader's."""

    id: str
    key: str
    to: str
    text: str
    platform: str = ""
    at: datetime | None = None
    private: bool = False

    @property
    def receipt(self) -> Receipt:
        return Receipt(id=self.id, at=self.at, private=self.private)

    def answers(self, mention: Mention) -> bool:
        return not self.private and (self.platform, self.to) == (mention.platform, mention.id)


class _Outbox:
    """What was "sent": lines of a file that other processes may read, or of a list."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._kept: list[str] = []

    def add(self, sent: _Sent) -> None:
        self._append(
            {
                "id": sent.id,
                "kind": "message" if sent.private else "reply",
                "key": sent.key,
                "platform": sent.platform,
                "to": sent.to,
                "text": sent.text,
                "at": sent.at.isoformat() if sent.at else None,
            }
        )

    def retract(self, id: str) -> None:
        self._append({"id": id, "kind": "retract"})

    def standing(self) -> list[_Sent]:
        """What was sent and not taken down, oldest first."""
        found: dict[str, _Sent] = {}
        for line in self._lines():
            entry = json.loads(line)
            if entry["kind"] == "retract":
                found.pop(entry["id"], None)
                continue
            found[entry["id"]] = _Sent(
                id=entry["id"],
                key=entry["key"],
                platform=entry["platform"],
                to=entry["to"],
                text=entry["text"],
                at=datetime.fromisoformat(entry["at"]) if entry["at"] else None,
                private=entry["kind"] == "message",
            )
        return list(found.values())

    def trouble(self) -> str:
        """Why the folder cannot be written to; "" where it can."""
        if self._folder is None:
            return ""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / _OUTBOX_FILE).open("ab"):
                return ""
        except OSError as error:
            return f"cannot write to the outbox in {self._folder}: {error.strerror}"

    def _append(self, entry: Mapping[str, object]) -> None:
        line = json.dumps(entry, ensure_ascii=True)
        if self._folder is None:
            self._kept.append(line)
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / _OUTBOX_FILE).open("ab") as file:
                file.write(line.encode() + b"\n")  # one write: lines of two processes never mix
        except OSError as error:
            where = f"cannot write to the outbox in {self._folder}"
            raise SetupError(f"{where}: {error.strerror}") from error

    def _lines(self) -> list[str]:
        if self._folder is None:
            return list(self._kept)
        try:
            return (self._folder / _OUTBOX_FILE).read_text("utf-8").splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            where = f"cannot read the outbox in {self._folder}"
            raise SetupError(f"{where}: {error.strerror}") from error


@dataclass(kw_only=True)
class _Index:
    """What one pass over the file tells; made again when the file changes."""

    stamp: tuple[int, int]
    newest: datetime | None = None
    texts: dict[tuple[str, str], bytes] = field(default_factory=dict)
    #: Answers to other posts, and private messages.
    later: list[Mention] = field(default_factory=list)
    bad: list[BadPayload] = field(default_factory=list)

    @property
    def seen_at(self) -> datetime:
        """When the file was written: the time of posts that name none."""
        return datetime.fromtimestamp(self.stamp[0] // 1_000_000_000, UTC)

    @property
    def size(self) -> int:
        return self.stamp[1]

    def add(self, mention: Mention) -> None:
        self.newest = max(self.newest or mention.created_at, mention.created_at)
        self.texts[(mention.platform, mention.id)] = _digest(mention.text)
        if mention.private or mention.in_reply_to or mention.thread:
            self.later.append(mention)

    def life(self, mention: Mention) -> Life:
        text = self.texts.get((mention.platform, mention.id))
        if text is None:
            return Life.GONE
        return Life.ALIVE if text == _digest(mention.text) else Life.EDITED


def _read_index(file: BinaryIO, stamp: tuple[int, int]) -> _Index:
    index = _Index(stamp=stamp)
    for number, raw in numbered_lines(file):
        try:
            mention = parse_line(raw, line=number, seen_at=index.seen_at)
        except BadPayload as error:
            index.bad.append(error)
        else:
            if mention is not None:
                index.add(mention)
    return index


def _place(cursor: str | None) -> tuple[int, int]:
    line, _, place = (cursor or "").partition(":")
    return (int(line), int(place)) if line.isdecimal() and place.isdecimal() else (0, 0)


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8"), digest_size=16).digest()


def _new_id() -> str:
    return f"pretend-{secrets.token_hex(6)}"
