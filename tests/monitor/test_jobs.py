"""The steps of the line, each with what can go wrong around it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connectors.base import Author, Mention, Receipt, Route
from connectors.errors import BadPayload, Refused, SetupError, TryLater
from connectors.reserve import is_proof
from monitor import jobs as module
from monitor.duty import Plan
from monitor.jobs import BEGAN, CLAIM, DRAFTING, SLOW, House, Jobs, connector_for
from monitor.problems import RunError
from monitor.store import Store
from responders.action import ActionKind, ActionState
from responders.case import Case, CaseId, CaseState
from responders.draft import Draft
from responders.policy import Brand
from responders.verdict import RedFlag, Verdict
from tests.databases import SqliteFiles
from tests.monitor.house import (
    EVA,
    LOST,
    US,
    Died,
    FakeSlack,
    Platform,
    Time,
    complaint,
    house,
    open_store,
    send,
    turn,
    verdict,
)
from tests.monitor.posts import ANGRY, BRAND, NOW, action, change, post

WEEK = "2026-W46"  #: the one before NOW
WAIT = timedelta(minutes=1)  #: longer than a first wait


@pytest.fixture
def store(sqlite_files: SqliteFiles) -> Iterator[Store]:
    with open_store(sqlite_files.fresh()) as opened:
        yield opened


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def reddit(time: Time) -> Platform:
    return Platform(time=time)


@pytest.fixture
def slack() -> FakeSlack:
    return FakeSlack()


@pytest.fixture
def here(store: Store, tmp_path: Path, time: Time, reddit: Platform, slack: FakeSlack) -> House:
    return house(store, tmp_path, time, reddit, surface=slack)


@pytest.fixture
def jobs(here: House) -> Jobs:
    return Jobs(here)


def rest(jobs: Jobs) -> None:
    """Walk the line and read the conversations; what else is told has tests of its own."""
    for _ in range(50):
        if not jobs.walk() + jobs.watch_all():
            return
    raise AssertionError("the line does not come to rest")


def opened(jobs: Jobs, store: Store, *posts: Mention) -> Case:
    """The case of posts that were just read; the platform's own list is left alone."""
    judged = [(made, ANGRY) for made in posts]
    store.mentions.ingest(BRAND, "test", judged, None, NOW)
    jobs.prepare()
    return store.cases.get(CaseId(1))


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


class Poison:
    """A judge that fails on some texts until it is mended."""

    def __init__(self) -> None:
        self.mended = False

    def __call__(self, mention: Mention, brand: Brand) -> Verdict:
        if "poison" in mention.text and not self.mended:
            raise ValueError("cannot be judged")
        return verdict(mention, brand)


def test_a_sweep_is_the_whole_line(jobs: Jobs, reddit: Platform, slack: FakeSlack) -> None:
    reddit.posts = [complaint(1)]
    jobs.poll("reddit")

    assert jobs.sweep() > 0

    assert len(slack.cards) == 1
    assert reddit.asked == ["poll", "conversation 1"]


# Reading and judging


def test_a_post_that_cannot_be_judged_is_stored_and_judged_later(
    here: House, reddit: Platform, time: Time
) -> None:
    judge = Poison()
    jobs = Jobs(replace(here, judge=judge))
    reddit.posts = [complaint(1, text="poison"), complaint(2, "kim")]

    assert jobs.poll("reddit") == 2
    rest(jobs)
    assert len(here.store.mentions.unjudged()) == 1
    assert len(here.store.cases.list(set(CaseState))) == 1

    judge.mended = True
    time.forward(WAIT)
    rest(jobs)

    assert here.store.mentions.unjudged() == ()
    assert len(here.store.cases.list(set(CaseState))) == 2


def test_a_post_that_cannot_be_read_is_named_and_left_out(
    jobs: Jobs, reddit: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    reddit.posts, reddit.bad = [complaint(1)], (BadPayload("post 7 has no author", item="7"),)

    assert jobs.poll("reddit") == 1

    assert warnings(caplog) == [
        "reddit: one post could not be read and was left out: post 7 has no author"
    ]


def test_posts_that_cannot_be_judged_do_not_hold_up_those_behind_them(
    here: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    jobs = Jobs(replace(here, judge=Poison()))
    posts = [complaint(n, text="poison") for n in range(4)] + [complaint(5, "kim")]
    here.store.mentions.ingest(BRAND, "reddit", [(made, None) for made in posts], None, NOW)

    rest(jobs)

    assert len(here.store.mentions.unjudged()) == 4
    assert len(here.store.cases.list(set(CaseState))) == 1


def test_a_fault_is_logged_with_its_traceback_once_and_its_end_once(
    here: House, reddit: Platform, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    judge = Poison()
    jobs = Jobs(replace(here, judge=judge))
    here.store.mentions.ingest(BRAND, "reddit", [(complaint(1, text="poison"), None)], None, NOW)

    for _ in range(5):
        time.forward(timedelta(hours=1))
        rest(jobs)
    judge.mended = True
    time.forward(timedelta(hours=1))
    rest(jobs)

    assert [record.exc_info is not None for record in caplog.records] == [False, True, False]
    assert warnings(caplog)[0] == (
        "rejudge 1: out of order: a fault in Amends (ValueError), see the log"
    )
    assert warnings(caplog)[2].startswith("rejudge 1: in order again after")


def test_a_platform_that_does_not_answer_is_named_once_and_so_is_its_return(
    jobs: Jobs, reddit: Platform, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    reddit.trouble = TryLater("Reddit does not answer")
    for _ in range(10):
        jobs.poll_if_up("reddit")
        time.forward(WAIT)
    reddit.trouble = None
    time.forward(timedelta(hours=1))
    jobs.poll_if_up("reddit")

    assert len(reddit.asked) < 11  # it was given time
    assert warnings(caplog)[0] == "reddit: out of order: Reddit does not answer"
    assert warnings(caplog)[1].startswith("reddit: in order again after 1:")
    assert len(warnings(caplog)) == 2


def test_a_platform_is_left_alone_until_the_time_it_named(
    jobs: Jobs, reddit: Platform, time: Time
) -> None:
    reddit.trouble = TryLater("too many requests", at=NOW + timedelta(minutes=14))
    jobs.poll_if_up("reddit")
    reddit.trouble = None

    time.forward(timedelta(minutes=13))
    jobs.poll_if_up("reddit")
    assert reddit.asked == ["poll"]

    time.forward(timedelta(minutes=1))
    jobs.poll_if_up("reddit")
    assert reddit.asked == ["poll", "poll"]


@pytest.mark.parametrize("trouble", [SetupError("the login has ended"), KeyError("children")])
def test_a_platforms_trouble_stops_no_other_platform(
    store: Store, tmp_path: Path, time: Time, reddit: Platform, trouble: Exception
) -> None:
    twitter = Platform(platform="twitter", posts=[post(1)])
    jobs = Jobs(house(store, tmp_path, time, reddit, twitter))
    reddit.trouble = trouble

    jobs.poll_if_up("reddit")
    jobs.poll_if_up("twitter")
    rest(jobs)

    assert store.cases.get(CaseId(1)).subject.mention.platform == "twitter"


def test_a_login_that_has_ended_sends_the_reader_to_amends_check(
    jobs: Jobs, reddit: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    reddit.trouble = SetupError("the login has ended")

    jobs.poll_if_up("reddit")

    assert warnings(caplog) == [
        "reddit: out of order: the login has ended (amends check tells more)"
    ]


# Filing and drafting


def test_an_authors_second_complaint_joins_their_case(
    jobs: Jobs, here: House, reddit: Platform
) -> None:
    reddit.posts = [complaint(1), complaint(2), complaint(3, "kim")]

    jobs.poll("reddit")
    rest(jobs)

    assert len(here.store.cases.get(CaseId(1)).entries) == 2
    assert len(here.store.cases.list(set(CaseState))) == 2


def test_filing_a_post_twice_changes_nothing(jobs: Jobs, here: House, store: Store) -> None:
    case = opened(jobs, store, complaint(1))

    assert jobs.file(case.entries[0].id) == case.id
    assert store.cases.get(case.id) == case


def test_what_was_dismissed_is_no_case_to_join(jobs: Jobs, store: Store) -> None:
    case = opened(jobs, store, complaint(1))
    change(store, case, state=CaseState.DISMISSED)

    opened(jobs, store, complaint(2))

    assert store.cases.get(CaseId(2)).earlier == 0


def test_a_round_is_drafted_once(jobs: Jobs, store: Store) -> None:
    case = opened(jobs, store, complaint(1))

    jobs.suggest(case.id)

    assert store.cases.get(case.id) == case
    assert case.draft is not None
    assert case.draft.public


def test_a_red_flag_goes_to_a_person(here: House, store: Store) -> None:
    flagged = replace(ANGRY, red_flags=(RedFlag.INJURY,))
    jobs = Jobs(here)
    store.mentions.ingest(BRAND, "test", [(complaint(1), flagged)], None, NOW)

    jobs.prepare()

    case = store.cases.get(CaseId(1))
    assert case.state is CaseState.NEEDS_HUMAN
    assert case.draft is not None
    assert case.draft.holding


@pytest.mark.parametrize("route", [Route.CLOSED, Route.API, Route.BY_HAND])
def test_whoever_may_have_written_to_us_is_looked_up_before_the_draft(
    jobs: Jobs, store: Store, reddit: Platform, route: Route
) -> None:
    reddit.private = route
    first = complaint(1)
    reddit.turns = [turn(1, first, private=True, created_at=NOW - timedelta(days=1))]

    case = opened(jobs, store, first)

    assert reddit.asked == ["conversation 1"]
    assert store.contact(case).wrote_privately_at == NOW - timedelta(days=1)
    assert case.draft is not None


def test_where_nobody_can_write_in_private_nobody_is_looked_up(
    jobs: Jobs, store: Store, reddit: Platform
) -> None:
    reddit.private = Route.NONE

    case = opened(jobs, store, complaint(1))

    assert reddit.asked == []
    assert case.draft is not None


def test_whoever_is_known_to_have_written_to_us_is_not_looked_up_for_a_draft(
    jobs: Jobs, store: Store, reddit: Platform
) -> None:
    first = complaint(1)
    written = turn(1, first, private=True, created_at=NOW - timedelta(days=1))
    store.mentions.ingest(BRAND, "test", [(written, ANGRY)], None, NOW)

    case = opened(jobs, store, first)

    assert reddit.asked == []
    assert case.draft is not None


@pytest.mark.parametrize("trouble", [TryLater("down"), SetupError("no login"), KeyError("body")])
def test_a_conversation_that_cannot_be_read_holds_up_no_draft(
    jobs: Jobs, store: Store, reddit: Platform, trouble: Exception
) -> None:
    reddit.private = Route.CLOSED
    reddit.trouble = trouble

    case = opened(jobs, store, complaint(1))

    assert case.draft is not None


def test_a_change_that_loses_every_race_is_a_fault_of_one_case(
    here: House, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Meddled(Plan):
        def due(self, brand: str, now: datetime, target: timedelta) -> datetime:
            case = store.cases.get(CaseId(1))
            change(store, case, claimed_by=f"{case.revision}")
            return super().due(brand, now, target)

    opened(Jobs(here), store, complaint(1))

    opened(Jobs(replace(here, plan=Meddled())), store, complaint(2), complaint(3, "kim"))

    assert "changed by others 8 times in a row" in caplog.text
    assert [len(store.cases.get(CaseId(number)).entries) for number in (1, 2)] == [1, 1]


# Showing


def test_without_a_surface_nothing_is_shown(
    store: Store, tmp_path: Path, time: Time, reddit: Platform
) -> None:
    jobs = Jobs(house(store, tmp_path, time, reddit))
    case = opened(jobs, store, complaint(1))

    jobs.show(case.id)
    rest(jobs)

    assert store.cases.shown(case.id) is None


def test_a_card_is_posted_once_and_edited_from_then_on(
    jobs: Jobs, store: Store, slack: FakeSlack
) -> None:
    case = opened(jobs, store, complaint(1))
    rest(jobs)
    change(store, case, claimed_by=EVA.id)
    rest(jobs)

    assert [card.claimed_by for card in slack.cards] == [EVA.id]
    assert slack.tried == 2
    assert slack.searches == 0


def test_a_card_that_slack_refuses_holds_up_no_other(
    jobs: Jobs, store: Store, slack: FakeSlack, caplog: pytest.LogCaptureFixture
) -> None:
    slack.refused = {CaseId(1): Refused("Slack: could not post a card: invalid_blocks")}
    opened(jobs, store, complaint(1), complaint(2, "kim"), complaint(3, "lee"))

    rest(jobs)

    assert [card.case_id for card in slack.cards] == [2, 3]
    assert warnings(caplog) == [
        "show 1: out of order: Slack: could not post a card: invalid_blocks"
    ]


def test_a_card_that_cannot_be_drawn_holds_up_no_other(
    here: House, store: Store, slack: FakeSlack
) -> None:
    slack.refused = {CaseId(1): AttributeError("fault")}
    jobs = Jobs(here)
    opened(jobs, store, complaint(1), complaint(2, "kim"))

    rest(jobs)

    assert [card.case_id for card in slack.cards] == [2]


def test_slack_is_asked_once_while_it_is_down_and_then_shows_every_card(
    jobs: Jobs, store: Store, slack: FakeSlack, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    opened(jobs, store, complaint(1), complaint(2, "kim"), complaint(3, "lee"))
    slack.trouble = TryLater("Slack: it cannot be reached")
    rest(jobs)
    assert slack.tried == 1

    slack.trouble = None
    time.forward()
    rest(jobs)

    assert len(slack.cards) == 3
    assert slack.searches == 0  # nothing was posted for sure
    assert warnings(caplog) == [
        "slack: out of order: Slack: it cannot be reached",
        "slack: in order again after 0:02:00",
    ]


def test_a_card_whose_answer_got_lost_is_found_and_not_posted_again(
    jobs: Jobs, store: Store, slack: FakeSlack, time: Time
) -> None:
    slack.lost = LOST
    opened(jobs, store, complaint(1))
    rest(jobs)

    time.forward()
    rest(jobs)

    assert len(slack.cards) == 1
    assert slack.searches == 1


def test_a_card_of_a_life_that_died_is_found(here: House, store: Store, slack: FakeSlack) -> None:
    slack.lost = Died()
    opened(Jobs(here), store, complaint(1))
    with pytest.raises(Died):
        Jobs(here).walk()

    rest(Jobs(here))

    assert len(slack.cards) == 1
    assert store.cases.shown(CaseId(1)) is not None


def test_a_found_card_that_cannot_be_edited_yet_is_looked_for_again(
    jobs: Jobs, store: Store, slack: FakeSlack, time: Time
) -> None:
    slack.lost = LOST
    opened(jobs, store, complaint(1))
    rest(jobs)
    slack.trouble = TryLater("Slack: it cannot be reached")
    time.forward()
    rest(jobs)

    slack.trouble = None
    time.forward()
    rest(jobs)

    assert len(slack.cards) == 1


# Sending


def test_an_approved_answer_is_sent_once(
    jobs: Jobs, here: House, store: Store, reddit: Platform
) -> None:
    send(here, opened(jobs, store, complaint(1)))

    rest(jobs)
    rest(jobs)

    assert len(reddit.sent) == 2
    assert store.cases.get(CaseId(1)).state is CaseState.ANSWERED


@dataclass(kw_only=True)
class Lossy(Platform):
    """Messages leave, and their answers get lost; notes what a read of messages is to prove."""

    reads: list[bool] = field(default_factory=list)

    def message(self, author: Author, text: str, key: str) -> Receipt:
        super().message(author, text, key)
        raise LOST

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        self.reads.append(is_proof())
        return super().conversation(mention)


def test_only_a_look_for_a_lost_message_is_to_prove_something(
    store: Store, tmp_path: Path, time: Time
) -> None:
    lossy = Lossy()
    here = house(store, tmp_path, time, lossy, surface=FakeSlack())
    jobs = Jobs(here)
    send(here, opened(jobs, store, complaint(1)))
    rest(jobs)
    lost = store.cases.get(CaseId(1)).action(ActionKind.PRIVATE, 1)
    assert lost is not None
    assert lost.state is ActionState.UNKNOWN
    assert lossy.reads
    assert not any(lossy.reads)
    lossy.reads.clear()
    time.forward(timedelta(minutes=10))

    jobs.walk()

    assert lossy.reads == [True]


def flood(store: Store, cases: int) -> None:
    """So many new customers at once."""
    made = [(complaint(n, author=f"kim{n}"), ANGRY) for n in range(100, 100 + cases)]
    store.mentions.ingest(BRAND, "test", made, None, NOW)


def test_what_is_approved_and_clicked_does_not_wait_for_the_drafts_of_others(
    here: House, store: Store, reddit: Platform, slack: FakeSlack
) -> None:
    seen: list[tuple[int, bool]] = []

    def slow(case: Case) -> Draft:
        seen.append((len(reddit.sent), slack.cards[1].claimed_by == "eva"))
        return here.draft(case)

    jobs = Jobs(replace(here, draft=slow))
    first = opened(Jobs(here), store, complaint(1), complaint(2, "kim"))
    jobs.walk()
    send(here, first)
    change(store, store.cases.get(CaseId(2)), claimed_by="eva")
    flood(store, 3)

    jobs.walk()

    assert len(seen) == 3
    assert all(sent > 0 and drawn for sent, drawn in seen)
    assert len(slack.cards) == 5


def test_slow_drafts_are_left_for_the_next_walk(
    here: House, store: Store, time: Time, slack: FakeSlack
) -> None:
    drafted: list[CaseId] = []

    def slow(case: Case) -> Draft:
        time.forward(DRAFTING / 2)
        drafted.append(case.id)
        return here.draft(case)

    jobs = Jobs(replace(here, draft=slow))
    flood(store, 5)

    jobs.walk()
    assert len(drafted) == 2
    assert len(slack.cards) == 5  # with their posts, so that somebody can begin
    rest(jobs)

    assert sorted(drafted) == sorted(set(drafted))
    assert len(drafted) == 5
    assert len(slack.cards) == 5


def test_a_draft_that_lost_a_race_is_kept_and_not_asked_for_again(
    here: House, store: Store
) -> None:
    asked: list[int] = []

    def slow(case: Case) -> Draft:
        """Meanwhile somebody takes the case."""
        asked.append(case.revision)
        change(store, case, claimed_by="eva")
        return here.draft(case)

    store.mentions.ingest(BRAND, "test", [(complaint(1), ANGRY)], None, NOW)
    Jobs(replace(here, draft=slow)).prepare()

    found = store.cases.get(CaseId(1))
    assert len(asked) == 1
    assert found.draft is not None
    assert found.claimed_by == "eva"


def test_a_draft_for_what_has_gone_on_meanwhile_is_made_anew(here: House, store: Store) -> None:
    asked: list[int] = []
    jobs = Jobs(here)

    def slow(case: Case) -> Draft:
        """Meanwhile the customer writes again."""
        asked.append(len(case.entries))
        if len(asked) == 1:
            store.mentions.ingest(BRAND, "test", [(complaint(2), ANGRY)], None, NOW)
            jobs.file(store.mentions.unfiled(1)[0])
        return here.draft(case)

    store.mentions.ingest(BRAND, "test", [(complaint(1), ANGRY)], None, NOW)
    slowly = Jobs(replace(here, draft=slow))
    slowly.prepare()
    assert store.cases.get(CaseId(1)).draft is None

    slowly.prepare()

    assert asked == [1, 2]
    assert store.cases.get(CaseId(1)).draft is not None


def test_a_paused_sender_sends_nothing_and_a_resumed_one_does(
    jobs: Jobs, here: House, store: Store, reddit: Platform
) -> None:
    send(here, opened(jobs, store, complaint(1)))
    store.set_paused("eva", NOW)
    rest(jobs)
    assert reddit.sent == []

    store.set_paused(None, NOW)
    rest(jobs)

    assert len(reddit.sent) == 2


def test_in_shadow_mode_what_was_approved_is_not_sent(
    store: Store, tmp_path: Path, time: Time, reddit: Platform
) -> None:
    made = house(store, tmp_path, time, reddit, engine={"shadow": True})
    jobs = Jobs(made)
    send(made, opened(jobs, store, complaint(1)))

    rest(jobs)

    assert reddit.sent == []
    sent = store.cases.get(CaseId(1)).action(ActionKind.PUBLIC)
    assert sent is not None
    assert sent.state is ActionState.APPROVED


def test_a_platform_that_hangs_delays_no_other_by_more_than_one_call(
    store: Store, tmp_path: Path, time: Time, reddit: Platform
) -> None:
    twitter = Platform(platform="twitter")
    made = house(store, tmp_path, time, reddit, twitter)
    jobs = Jobs(made)
    slow = [complaint(n, f"person{n}") for n in range(4)]
    opened(jobs, store, *slow, post(9))
    for case_id in store.cases.list({CaseState.OPEN}):
        send(made, store.cases.get(case_id))
    reddit.asked.clear()
    reddit.trouble, reddit.takes = TryLater("no answer within 15 s"), 3 * SLOW

    jobs.walk()

    assert len(reddit.asked) == 1
    assert len(twitter.sent) >= 1


def test_a_send_that_breaks_is_a_fault_of_one_action(
    here: House, store: Store, reddit: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    jobs = Jobs(here)
    opened(jobs, store, complaint(1), complaint(2, "kim"))
    for case_id in store.cases.list({CaseState.OPEN}):
        send(here, store.cases.get(case_id))
    reddit.trouble = KeyError("fault")
    rest(jobs)
    assert "public 1 of case 1: this is a fault in Amends" in caplog.text

    reddit.trouble = None
    rest(jobs)

    assert reddit.sent == []  # it is given time


def test_a_case_of_a_platform_that_was_switched_off_can_still_be_read(
    store: Store, tmp_path: Path, time: Time, reddit: Platform, slack: FakeSlack
) -> None:
    before = house(store, tmp_path, time, reddit)
    send(before, opened(Jobs(before), store, complaint(1)))
    after = house(store, tmp_path, time, Platform(platform="twitter"), surface=slack)

    rest(Jobs(after))

    (card,) = slack.cards
    assert card.public is not None
    assert card.public.way.reason == "reddit is switched off in Amends."
    assert reddit.sent == []


def test_the_connector_of_a_platform_that_was_switched_off_is_named(
    store: Store, tmp_path: Path, time: Time, reddit: Platform
) -> None:
    made = house(store, tmp_path, time, reddit)

    assert made.connector("reddit") is reddit
    with pytest.raises(SetupError, match=r"enable \[connectors.twitter\] again"):
        made.connector("twitter")


def test_the_pretend_platform_stands_in_for_all() -> None:
    samples = Platform(platform="samples")

    assert connector_for({"samples": samples}, "trustpilot") is samples


# Watching


def test_later_posts_of_the_author_are_filed_once(
    jobs: Jobs, store: Store, reddit: Platform, time: Time
) -> None:
    first = complaint(1)
    case = opened(jobs, store, first)
    reddit.turns = [turn(1, first), turn(2, first, text="thanks")]

    jobs.watch(case.id)
    time.forward()
    jobs.watch(case.id)

    entries = store.cases.get(case.id).entries
    assert [entry.mention.id for entry in entries] == ["1", "t1", "t2"]
    assert [entry.verdict is not None for entry in entries] == [True, True, True]


def test_what_passed_between_us_before_is_stored_and_no_turn_of_the_case(
    jobs: Jobs, store: Store, reddit: Platform
) -> None:
    first = complaint(1)
    case = opened(jobs, store, first)
    before = NOW - timedelta(days=2)
    reddit.turns = [
        turn(1, first, private=True, created_at=before),
        turn(2, first, private=True, ours=True, author=US, created_at=before),
    ]

    jobs.watch(case.id)

    assert store.cases.get(case.id).entries == case.entries
    assert store.contact(case).wrote_privately_at == before
    assert store.mentions.known(BRAND, "reddit", ["t1", "t2"]) == {"t1", "t2"}
    assert store.mentions.unfiled() == ()


def test_a_private_message_that_was_told_once_reaches_its_case_after_a_restart(
    jobs: Jobs, here: House, store: Store, reddit: Platform
) -> None:
    first = complaint(1)
    case = opened(jobs, store, first)
    reddit.posts = [turn(1, first, text="Order 17", private=True)]
    jobs.poll("reddit")
    reddit.talks = False  # no conversation shows it

    later = Jobs(here)
    later.watch(case.id)
    later.watch(case.id)

    entries = store.cases.get(case.id).entries
    assert [(entry.mention.id, entry.mention.private) for entry in entries] == [
        ("1", False),
        ("t1", True),
    ]


def test_a_private_message_of_somebody_else_or_from_before_is_no_turn_of_the_case(
    jobs: Jobs, store: Store, reddit: Platform
) -> None:
    first = complaint(1)
    case = opened(jobs, store, first)
    stranger = Author(id="s", handle="stranger")
    reddit.posts = [
        turn(1, first, private=True, author=stranger),
        turn(2, first, private=True, created_at=NOW - timedelta(days=2)),
        turn(3, first, private=True, ours=True),
    ]
    jobs.poll("reddit")

    jobs.watch(case.id)

    assert store.cases.get(case.id).entries == case.entries


def test_a_private_message_of_a_person_who_was_forgotten_is_not_heard(
    jobs: Jobs, store: Store, reddit: Platform
) -> None:
    first = complaint(1)
    case = opened(jobs, store, first)
    reddit.posts = [turn(1, first, private=True)]
    jobs.poll("reddit")
    store.forget("reddit", "bob", NOW)

    jobs.watch(case.id)

    assert len(store.cases.get(case.id).entries) == 1


def test_our_own_turns_are_stored_and_ask_nobody_for_anything(
    jobs: Jobs, store: Store, reddit: Platform
) -> None:
    first = complaint(1)
    case = opened(jobs, store, first)
    reddit.turns = [turn(1, first, ours=True, author=US)]

    jobs.watch(case.id)

    assert store.cases.get(case.id) == case
    assert store.mentions.known(BRAND, "reddit", ["t1"]) == {"t1"}


def test_a_turn_that_cannot_be_judged_is_filed_and_judged_later(
    here: House, store: Store, reddit: Platform
) -> None:
    jobs = Jobs(replace(here, judge=Poison()))
    first = complaint(1)
    case = opened(jobs, store, first)
    reddit.turns = [turn(1, first, text="poison"), turn(2, first)]

    jobs.watch(case.id)

    entries = store.cases.get(case.id).entries
    assert [entry.verdict is None for entry in entries] == [False, True, False]
    assert len(store.mentions.unjudged()) == 1


def test_a_platform_without_conversations_is_asked_for_none(
    jobs: Jobs, store: Store, reddit: Platform
) -> None:
    reddit.talks = False
    case = opened(jobs, store, complaint(1))

    rest(jobs)

    assert reddit.asked == []
    assert jobs.outages.now() == {}
    assert store.cases.get(case.id).entries == case.entries


def test_each_thread_of_a_case_is_read_the_newest_few(
    jobs: Jobs, store: Store, reddit: Platform
) -> None:
    posts = [complaint(n, created_at=NOW + timedelta(minutes=n)) for n in range(1, 6)]
    case = opened(jobs, store, *posts)
    reddit.asked.clear()

    jobs.watch(case.id)

    assert reddit.asked == ["conversation 5", "conversation 4", "conversation 3"]


def test_a_turn_that_was_erased_does_not_come_back(
    jobs: Jobs, store: Store, reddit: Platform
) -> None:
    first = complaint(1)
    stranger = Author(id="s", handle="stranger")
    case = opened(jobs, store, first)
    turns = [turn(1, first, author=stranger), turn(2, first)]
    opened(jobs, store, turns[0])
    store.forget("reddit", "stranger", NOW)
    reddit.turns = turns

    jobs.watch(case.id)

    entries = store.cases.get(case.id).entries
    assert [entry.mention.id for entry in entries] == ["1", "t2"]


def test_of_a_person_who_was_forgotten_nothing_is_asked(
    jobs: Jobs, store: Store, reddit: Platform
) -> None:
    case = opened(jobs, store, complaint(1))
    change(store, case, state=CaseState.ANSWERED)
    store.forget("reddit", "bob", NOW)
    reddit.asked.clear()

    rest(jobs)

    assert reddit.asked == []
    assert jobs.outages.now() == {}


def test_a_platform_whose_conversations_cannot_be_read_is_asked_once(
    store: Store,
    tmp_path: Path,
    time: Time,
    reddit: Platform,
    caplog: pytest.LogCaptureFixture,
) -> None:
    twitter = Platform(platform="twitter")
    jobs = Jobs(house(store, tmp_path, time, reddit, twitter))
    opened(jobs, store, *[complaint(n, f"person{n}") for n in range(4)], post(9))
    reddit.asked.clear()
    twitter.asked.clear()
    reddit.trouble = TryLater("no answer within 15 s")
    time.forward(timedelta(minutes=6))

    jobs.watch_all()

    assert len(reddit.asked) == 1
    assert twitter.asked == ["conversation 9"]
    assert warnings(caplog) == ["conversations on reddit: out of order: no answer within 15 s"]


# The week's digest, and the retention


def test_a_week_is_reported_once(jobs: Jobs, slack: FakeSlack) -> None:
    first = jobs.digest(BRAND, WEEK)
    second = jobs.digest(BRAND, WEEK)

    assert first is not None
    assert first.week == WEEK
    assert second is None
    assert slack.digests == [f"digest:{BRAND}:{WEEK}"]


def test_a_crash_between_the_post_and_the_note_of_it_reports_no_week_twice(
    here: House, slack: FakeSlack, time: Time
) -> None:
    slack.lost = Died()
    with pytest.raises(Died):
        Jobs(here).digest(BRAND, WEEK)

    for _ in range(3):
        time.forward()
        Jobs(here).digest_if_due(BRAND, WEEK)

    assert len(slack.digests) == 1


def test_a_crash_before_the_post_loses_no_week(here: House, slack: FakeSlack, time: Time) -> None:
    slack.trouble = Died()
    with pytest.raises(Died):
        Jobs(here).digest(BRAND, WEEK)
    slack.trouble = None

    time.forward(CLAIM)
    Jobs(here).digest_if_due(BRAND, WEEK)

    assert len(slack.digests) == 1


def test_who_takes_over_a_dead_ones_digest_is_waited_for_too(
    here: House, slack: FakeSlack, time: Time
) -> None:
    slack.trouble = Died()
    for _ in range(2):
        with pytest.raises(Died):
            Jobs(here).digest(BRAND, WEEK)
        time.forward(CLAIM)
    slack.trouble = None
    time.now -= timedelta(seconds=1)

    with pytest.raises(TryLater):
        Jobs(here).digest(BRAND, WEEK)


def test_two_processes_never_post_the_same_week(here: House, slack: FakeSlack, time: Time) -> None:
    here.store.meta.put_new(f"digest:{BRAND}:{WEEK}", time().isoformat())  # the other one is at it

    with pytest.raises(TryLater, match="somebody else may be posting it just now"):
        Jobs(here).digest(BRAND, WEEK)

    assert slack.digests == []


def test_a_digest_that_slack_does_not_take_yet_is_posted_soon_after(
    jobs: Jobs, slack: FakeSlack, time: Time
) -> None:
    slack.trouble = TryLater("the chart is not ready", at=NOW + timedelta(seconds=5))
    jobs.digest_if_due(BRAND, WEEK)
    slack.trouble = None
    jobs.digest_if_due(BRAND, WEEK)
    assert slack.digests == []  # it was asked to wait

    time.forward(timedelta(seconds=5))
    jobs.digest_if_due(BRAND, WEEK)
    jobs.digest_if_due(BRAND, WEEK)

    assert len(slack.digests) == 1


def test_while_slack_is_out_of_order_no_digest_is_made(
    jobs: Jobs, store: Store, slack: FakeSlack, time: Time
) -> None:
    slack.trouble = TryLater("Slack: it cannot be reached")
    opened(jobs, store, complaint(1))
    jobs.walk()

    jobs.digest_if_due(BRAND, WEEK)

    assert slack.tried == 1


def test_a_digest_is_written_into_a_folder_without_slack(
    store: Store, tmp_path: Path, time: Time, reddit: Platform
) -> None:
    jobs = Jobs(house(store, tmp_path, time, reddit, digest={"folder": "digests"}))

    jobs.digest_if_due(BRAND, WEEK)

    names = sorted(path.name for path in (tmp_path / "digests").iterdir())
    assert names == ["acme-2026-W46.html", "acme-2026-W46.md", "acme-2026-W46.png"]


def test_a_folder_that_cannot_be_written_to_is_named(
    store: Store, tmp_path: Path, time: Time, reddit: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "digests").write_text("a file")
    jobs = Jobs(house(store, tmp_path, time, reddit, digest={"folder": "digests"}))

    jobs.digest_if_due(BRAND, WEEK)

    assert "cannot be written to: " in caplog.text
    with pytest.raises(RunError):
        jobs.digest(BRAND, WEEK)


def test_weeks_before_amends_was_here_are_not_reported(
    jobs: Jobs, store: Store, slack: FakeSlack
) -> None:
    store.meta.put_new(BEGAN, NOW.isoformat())

    jobs.digest_if_due(BRAND, WEEK)
    jobs.digest_if_due(BRAND, "2026-W47")

    assert slack.digests == [f"digest:{BRAND}:2026-W47"]


def test_what_is_older_than_the_retention_is_erased(
    store: Store, tmp_path: Path, time: Time, reddit: Platform
) -> None:
    jobs = Jobs(house(store, tmp_path, time, reddit, retention={"keep": "30d"}))
    ids = store.mentions.ingest(BRAND, "test", [(complaint(1, text="thanks"), None)], None, NOW).new
    jobs.purge_if_due()
    assert store.mentions.mention(ids[0])[0].mention.text == "thanks"

    time.forward(timedelta(days=31))
    jobs.purge_if_due()

    assert store.mentions.mention(ids[0])[0].mention.text == ""


def test_what_breaks_is_named_by_its_case_and_what_was_done(
    jobs: Jobs, store: Store, reddit: Platform, time: Time
) -> None:
    case = opened(jobs, store, complaint(1))
    change(store, case, state=CaseState.APPROVED, actions=(action(),))
    reddit.trouble = KeyError("fault")
    time.forward(timedelta(minutes=6))

    rest(jobs)

    assert list(jobs.outages.now()) == ["public 1 of case 1", "watch 1"]
