"""A brand in a few numbers: what the demo sums up."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, and_, func, or_, select

from monitor.store.engine import Database
from monitor.tables import action, case, draft, mention, verdict
from responders.action import ActionState
from responders.case import CaseState


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How much there is of everything."""

    flagged: int  #: public posts that need a person
    cases: int
    drafted: int  #: cases whose present draft has a public text
    sent: int  #: actions
    states: Mapping[CaseState, int] = field(default_factory=dict)  #: cases, by where they stand


def standing(database: Database, brand_id: int | None) -> Standing:
    """Count everything of one brand, as of one moment."""
    with database.read() as connection:
        states = _states(connection, brand_id)
        present = and_(draft.c.case_id == case.c.id, draft.c.revision == case.c.drafted)
        flagged = (
            select(func.count())
            .select_from(verdict)
            .join(mention, mention.c.id == verdict.c.mention_id)
            .where(
                verdict.c.brand_id == brand_id,
                verdict.c.relevant.is_(True),
                or_(verdict.c.angry.is_(True), verdict.c.red_flags != "[]"),
                mention.c.private.is_(False),
                mention.c.ours.is_(False),
            )
        )
        drafted = (
            select(func.count())
            .select_from(case)
            .join(draft, and_(present, draft.c.round == case.c.round))
            .where(case.c.brand_id == brand_id, draft.c.public.is_not(None))
        )
        sent = select(func.count()).where(
            action.c.brand_id == brand_id, action.c.state == ActionState.SENT.value
        )
        return Standing(
            flagged=connection.execute(flagged).scalar_one(),
            cases=sum(states.values()),
            drafted=connection.execute(drafted).scalar_one(),
            sent=connection.execute(sent).scalar_one(),
            states=states,
        )


def _states(connection: Connection, brand_id: int | None) -> dict[CaseState, int]:
    query = (
        select(case.c.state, func.count())
        .where(case.c.brand_id == brand_id)
        .group_by(case.c.state)
        .order_by(case.c.state)
    )
    return {CaseState(row[0]): int(row[1]) for row in connection.execute(query)}
