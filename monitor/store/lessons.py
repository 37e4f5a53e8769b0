"""What the judge learns from people's words, and what it learnt: numbers, no text and no name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from monitor.store.brands import Brands
from monitor.store.engine import Database
from monitor.store.rows import Found
from monitor.tables import case, case_mention, label, lesson, mention, meta, trace, verdict
from responders.case import CaseState, MentionId
from responders.verdict import LabelWord

#: Newest posts that are looked through for those worth a word, and for how many were flagged a day.
_NEWEST = 20_000
_ANSWERED = (CaseState.ANSWERED.value, CaseState.APPROVED.value)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is kept of a flagged or labelled post."""

    mention_id: MentionId
    score: float  #: the generic log-odds
    mood: tuple[float, float, float, float]  #: VADER: compound, negative, neutral, positive
    vector: bytes  #: float16; empty where the language has no embedding


@dataclass(frozen=True, kw_only=True)
class Told:
    """The words that people said so far, of posts that are not erased."""

    labels: int  #: posts with a word
    newest: int  #: the newest word's own number; 0: there is none
    at: datetime | None  #: when that was (aware UTC)


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """What a brand's labels taught last."""

    basis: str  #: what it was made from; another basis asks for another lesson
    model: str  #: whose scores the layer takes
    layer: str | None  #: as JSON; None: the generic judge stays
    labels: int
    complaints: int
    why_not: str
    at: datetime  #: aware UTC


@dataclass(frozen=True, kw_only=True)
class Unsure:
    """A post on which a person's word would teach much."""

    mention_id: MentionId
    platform: str
    language: str
    text: str  #: as it was posted: escape it
    url: str | None
    complaint: float
    at: datetime  #: aware UTC


@dataclass(frozen=True, kw_only=True)
class Score:
    """How likely a stored post is a complaint, as it was judged."""

    mention_id: MentionId
    complaint: float
    at: datetime  #: aware UTC


class Lessons:
    """The book of what is learnt."""

    def __init__(self, database: Database, brands: Brands) -> None:
        self._database = database
        self._brands = brands

    # -- traces --------------------------------------------------------------------------------

    def untraced(
        self, brand_name: str, model: str, limit: int
    ) -> tuple[tuple[MentionId, str, str | None], ...]:
        """Labelled posts of which nothing of this model is kept: id, text, the platform's hint."""
        labelled = exists().where(label.c.mention_id == mention.c.id)
        lacking = or_(trace.c.mention_id.is_(None), trace.c.model != model)
        return self._texts(self._posts(brand_name).where(labelled, lacking), limit)

    def flagged(
        self, brand_name: str, limit: int
    ) -> tuple[tuple[tuple[MentionId, str, str | None], ...], MentionId]:
        """Flagged posts since the mark of which nothing is kept; and the next mark."""
        since = self._mark(brand_name)
        query = self._posts(brand_name).where(
            mention.c.id > since,
            trace.c.mention_id.is_(None),
            verdict.c.angry.is_(True),
            verdict.c.relevant.is_(True),
            mention.c.private.is_(False),
            mention.c.ours.is_(False),
        )
        newest = select(func.max(mention.c.id)).where(self._of(brand_name))
        with self._database.read() as connection:
            last = connection.execute(newest).scalar() or 0
        found = self._texts(query.where(mention.c.id <= last), limit)
        return found, found[-1][0] if len(found) == limit else MentionId(max(last, since))

    def keep(self, brand_name: str, model: str, kept: Sequence[Kept], mark: int = 0) -> None:
        """Keep what was taken of posts, in place of what was there; erased posts are left alone.

        Args:
            brand_name: Whose posts.
            model: Which encoder and model gave the numbers.
            kept: Of which posts.
            mark: Up to which post `flagged` has looked; 0 leaves the mark where it is.
        """
        brand_id = self._brands.id(brand_name)
        with self._database.write() as connection:
            self._database.lock(connection, brand_id)  # nobody erases meanwhile
            ids = [one.mention_id for one in kept]
            there = connection.execute(
                select(mention.c.id).where(mention.c.id.in_(ids), mention.c.erased_at.is_(None))
            ).scalars()
            alive = set(there)
            for one in kept:
                if one.mention_id in alive:
                    values = _values(one) | {"brand_id": brand_id, "model": model}
                    statement = self._database.insert(trace).values(values)
                    connection.execute(
                        statement.on_conflict_do_update(
                            index_elements=[trace.c.mention_id], set_=values
                        )
                    )
            if mark:
                note = self._database.insert(meta).values(key=_key(brand_name), value=str(mark))
                connection.execute(
                    note.on_conflict_do_update(
                        index_elements=[meta.c.key], set_={"value": str(mark)}
                    )
                )

    def examples(self, brand_name: str, model: str) -> tuple[tuple[Kept, LabelWord], ...]:
        """Every labelled post with the newest word on it, by post."""
        query = (
            select(*trace.c, label.c.word)
            .join_from(label, trace, trace.c.mention_id == label.c.mention_id)
            .where(label.c.brand_id == self._brands.find(brand_name), trace.c.model == model)
            .order_by(label.c.id)
        )
        with self._database.read() as connection:
            newest = {row.mention_id: row for row in connection.execute(query)}
        return tuple((_kept(row), LabelWord(row.word)) for _, row in sorted(newest.items()))

    def answered(self, brand_name: str, encoder: str, limit: int) -> tuple[Kept, ...]:
        """Flagged posts without a word whose case was answered, the newest first."""
        return self._without_word(brand_name, encoder, self._was_answered(), limit)

    def unsaid(self, brand_name: str, encoder: str, limit: int) -> tuple[Kept, ...]:
        """Flagged posts without a word and without an answer, the newest first."""
        return self._without_word(brand_name, encoder, ~self._was_answered(), limit)

    def _without_word(
        self, brand_name: str, encoder: str, which: ColumnElement[bool], limit: int
    ) -> tuple[Kept, ...]:
        query = (
            select(*trace.c)
            .where(
                trace.c.brand_id == self._brands.find(brand_name),
                trace.c.model.startswith(f"{encoder}/", autoescape=True),
                ~exists().where(label.c.mention_id == trace.c.mention_id),
                which,
            )
            .order_by(trace.c.mention_id.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            return tuple(_kept(row) for row in connection.execute(query))

    def _was_answered(self) -> ColumnElement[bool]:
        return exists().where(
            case_mention.c.mention_id == trace.c.mention_id,
            case.c.id == case_mention.c.case_id,
            case.c.state.in_(_ANSWERED),
        )

    # -- lessons -------------------------------------------------------------------------------

    def told(self, brand_name: str) -> Told:
        """How many words people said, and when the last one."""
        query = (
            select(
                func.count(func.distinct(label.c.mention_id)),
                func.max(label.c.id),
                func.max(label.c.at),
            )
            .join_from(label, mention, mention.c.id == label.c.mention_id)
            .where(label.c.brand_id == self._brands.find(brand_name), mention.c.erased_at.is_(None))
        )
        with self._database.read() as connection:
            labels, newest, at = connection.execute(query).one()
        return Told(labels=labels, newest=newest or 0, at=at)

    def learnt(self, brand_name: str) -> Learnt | None:
        """The last lesson; None: there was none yet."""
        query = select(lesson).where(lesson.c.brand_id == self._brands.find(brand_name))
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return Learnt(
            basis=row.basis,
            model=row.model,
            layer=row.layer,
            labels=row.labels,
            complaints=row.complaints,
            why_not=row.why_not,
            at=row.learnt_at,
        )

    def save(self, brand_name: str, learnt: Learnt) -> None:
        """Remember a lesson in place of the last one."""
        values = {
            "brand_id": self._brands.id(brand_name),
            "basis": learnt.basis,
            "model": learnt.model,
            "layer": learnt.layer,
            "labels": learnt.labels,
            "complaints": learnt.complaints,
            "why_not": learnt.why_not,
            "learnt_at": learnt.at,
        }
        statement = self._database.insert(lesson).values(values)
        with self._database.write() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=[lesson.c.brand_id], set_=values)
            )

    # -- what else is looked at ------------------------------------------------------------------

    def scores(self, brand_name: str, since: datetime) -> tuple[Score, ...]:
        """How the newest public posts since then were judged, the newest first."""
        query = (
            select(mention.c.id, mention.c.stored_at, verdict.c.complaint)
            .join_from(mention, verdict, verdict.c.mention_id == mention.c.id)
            .where(
                self._of(brand_name),
                mention.c.stored_at >= since,
                mention.c.private.is_(False),
                mention.c.ours.is_(False),
                verdict.c.relevant.is_(True),
            )
            .order_by(mention.c.id.desc())
            .limit(_NEWEST)
        )
        with self._database.read() as connection:
            return tuple(
                Score(mention_id=MentionId(row.id), complaint=row.complaint, at=row.stored_at)
                for row in connection.execute(query)
            )

    def unsure(
        self, brand_name: str, cut: float, margin: float, since: datetime, limit: int
    ) -> tuple[Unsure, ...]:
        """Public posts since then that lie close to the cut and got no word, the closest first."""
        newest = select(mention.c.id).where(self._of(brand_name)).order_by(mention.c.id.desc())
        query = (
            select(
                mention.c.id,
                mention.c.platform,
                mention.c.text,
                mention.c.url,
                mention.c.created_at,
                verdict.c.complaint,
                verdict.c.language,
            )
            .join_from(mention, verdict, verdict.c.mention_id == mention.c.id)
            .where(
                mention.c.id.in_(newest.limit(_NEWEST)),
                mention.c.stored_at >= since,
                mention.c.erased_at.is_(None),
                mention.c.private.is_(False),
                mention.c.ours.is_(False),
                verdict.c.relevant.is_(True),
                verdict.c.red_flags == "[]",
                verdict.c.complaint.between(cut - margin, cut + margin),
                ~exists().where(label.c.mention_id == mention.c.id),
            )
            .order_by(func.abs(verdict.c.complaint - cut), mention.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return tuple(
                Unsure(
                    mention_id=MentionId(row.id),
                    platform=row.platform,
                    language=row.language,
                    text=row.text,
                    url=row.url,
                    complaint=row.complaint,
                    at=row.created_at,
                )
                for row in connection.execute(query)
            )

    def said_beside_cases(self, brand_name: str, since: datetime) -> int:
        """How many words were said since then on posts that belong to no case."""
        query = (
            select(func.count())
            .select_from(label)
            .where(
                label.c.brand_id == self._brands.find(brand_name),
                label.c.at >= since,
                ~exists().where(case_mention.c.mention_id == label.c.mention_id),
            )
        )
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    # -- shared --------------------------------------------------------------------------------

    def _of(self, brand_name: str) -> ColumnElement[bool]:
        return mention.c.brand_id == self._brands.find(brand_name)

    def _posts(self, brand_name: str) -> Select[tuple[int, str, str | None]]:
        return (
            select(mention.c.id, mention.c.text, mention.c.language)
            .join_from(mention, verdict, verdict.c.mention_id == mention.c.id, isouter=True)
            .outerjoin(trace, trace.c.mention_id == mention.c.id)
            .where(and_(self._of(brand_name), mention.c.erased_at.is_(None)))
        )

    def _texts(
        self, query: Select[tuple[int, str, str | None]], limit: int
    ) -> tuple[tuple[MentionId, str, str | None], ...]:
        with self._database.read() as connection:
            rows: Iterable[Found] = connection.execute(query.order_by(mention.c.id).limit(limit))
            return tuple((MentionId(row.id), row.text, row.language) for row in rows)

    def _mark(self, brand_name: str) -> int:
        query = select(meta.c.value).where(meta.c.key == _key(brand_name))
        with self._database.read() as connection:
            return int(connection.execute(query).scalar() or 0)


def _key(brand_name: str) -> str:
    return f"traced:{brand_name}"


def _values(kept: Kept) -> dict[str, object]:
    compound, negative, neutral, positive = kept.mood
    return {
        "mention_id": kept.mention_id,
        "score": kept.score,
        "compound": compound,
        "negative": negative,
        "neutral": neutral,
        "positive": positive,
        "vector": kept.vector,
    }


def _kept(row: Found) -> Kept:
    return Kept(
        mention_id=MentionId(row.mention_id),
        score=row.score,
        mood=(row.compound, row.negative, row.neutral, row.positive),
        vector=bytes(row.vector),
    )
