from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from connectors.base import Author, Contact, Life, Mention, Receipt, Route
from connectors.errors import (
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    Refused,
    SetupError,
    TryLater,
    Unsupported,
)
from connectors.registry import load
from connectors.web import Answer, Call
from connectors.youtube import YouTube, YouTubeSettings, parse
from connectors.youtube.comments import begun_at, comments_of, life_of, own_reply, receipt_of
from connectors.youtube.errors import PageLost, judge
from connectors.youtube.quota import READ, WRITE, Quota, day_of, next_day
from tests.servers.http import Answer as Said
from tests.servers.http import html_answer, json_answer
from tests.servers.youtube import (
    API,
    CHANNEL,
    TOKEN,
    YouTubeServer,
    channel_of,
    refusal,
    sample,
    settings,
)


@pytest.fixture
def server() -> Iterator[YouTubeServer]:
    with YouTubeServer() as running:
        yield running


@pytest.fixture
def youtube(server: YouTubeServer) -> YouTube:
    return YouTube(settings(server.url))


@pytest.fixture
def with_a_key(server: YouTubeServer) -> YouTube:
    """A connector that may read only."""
    none = {"client_id": "", "client_secret": None, "refresh_token": None}
    return YouTube(settings(server.url, api_key=SecretStr("key-1"), **none))


def everything(youtube: YouTube, cursor: str | None = None) -> tuple[list[Mention], str | None]:
    found: list[Mention] = []
    for _ in range(100):
        batch = youtube.poll(cursor)
        found += batch.mentions
        cursor = batch.cursor
        if not batch.more:
            return found, cursor
    raise AssertionError("the poll did not end")


def top(**changes: object) -> dict[str, Any]:
    comment: dict[str, Any] = sample("thread")["snippet"]["topLevelComment"]
    comment["snippet"] |= changes
    return comment


# Settings


def test_the_registry_knows_it() -> None:
    assert load("youtube").Settings is YouTubeSettings


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"channel_id": "@acme"}, "should match pattern"),
        ({"client_id": ""}, "belong together"),
        ({"client_id": "", "client_secret": None, "refresh_token": None}, "give an api_key"),
        ({"units_for_replies": 10_000}, "leaves nothing"),
        ({"refresh_token": "1//secret"}, "env:NAME"),
        ({"api_url": "youtube"}, "write an address"),
    ],
)
def test_wrong_settings_are_named(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words) as caught:
        settings("http://127.0.0.1:1", **changes)

    assert "1//secret" not in str(caught.value)


# Comments


def test_a_comment_is_read_whole() -> None:
    assert parse(top(), channel=CHANNEL) == Mention(
        platform="youtube",
        id="UgxAcme000000000001",
        author=Author(
            id="UCmaria000000000000000aa",
            handle="maria_k",
            url="https://www.youtube.com/channel/UCmaria000000000000000aa",
        ),
        text="Three weeks, no parcel & no answer. Never again.",
        created_at=datetime(2026, 11, 17, 7, 20, tzinfo=UTC),
        url="https://www.youtube.com/watch?v=dQw4w9WgXcQ&lc=UgxAcme000000000001",
        thread="UgxAcme000000000001",
        addressed=True,
    )


def test_a_thread_is_its_comment_and_the_replies_shown_with_it() -> None:
    thread = sample("thread")
    thread["snippet"]["canReply"] = False

    found = [parse(comment, channel=CHANNEL, can_reply=may) for comment, may in comments_of(thread)]

    assert [mention.text for mention in found][1:] == ["Same here."]
    assert (found[1].in_reply_to, found[1].thread) == (found[0].id, found[0].id)
    assert not found[0].replies_open


def test_a_comment_about_the_channel_itself_has_an_address_too() -> None:
    mention = parse(top(videoId=None), channel=CHANNEL)

    assert mention.url == f"https://www.youtube.com/channel/{CHANNEL}/discussion?lc={mention.id}"


def test_a_person_without_a_name_goes_by_their_channel() -> None:
    assert parse(top(authorDisplayName=None), channel=CHANNEL).author.handle.startswith("UC")
    assert parse(top(authorDisplayName="@"), channel=CHANNEL).author.handle.startswith("UC")


def test_our_own_comment_is_ours() -> None:
    assert parse(top(authorChannelId={"value": CHANNEL}), channel=CHANNEL).ours


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ({}, "no readable id"),
        (top() | {"snippet": None}, "comment UgxAcme000000000001"),
        (top(textDisplay="", textOriginal=""), '"textDisplay" is no text'),
        (top(publishedAt="today"), '"publishedAt" is no time'),
        (top(authorChannelId=[]), '"value" is no text'),
    ],
)
def test_an_unreadable_comment_is_named_and_not_quoted(
    comment: dict[str, object], words: str
) -> None:
    with pytest.raises(BadPayload, match=words) as caught:
        parse(comment, channel=CHANNEL)

    assert "parcel" not in str(caught.value)


_JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from(sorted(top()["snippet"])), _JSON),
    st.dictionaries(st.sampled_from(["id", "snippet", "replies"]), _JSON),
)
def test_any_comment_gives_a_mention_or_a_named_error(
    snippet: dict[str, object], changes: dict[str, object]
) -> None:
    comment = top(**snippet) | changes
    mention = parse(top(), channel=CHANNEL)
    life_of(mention, comment)
    begun_at({"snippet": {"topLevelComment": comment}})
    list(comments_of(comment))
    own_reply([comment], mention, "x", CHANNEL)
    try:
        found = parse(comment, channel=CHANNEL)
        receipt_of(comment, mention)
    except BadPayload:
        return
    assert found.text.encode()
    assert (found.url or "").isascii()


@pytest.mark.parametrize(
    ("comment", "life"),
    [
        (None, Life.GONE),
        (top(), Life.ALIVE),
        (top(textOriginal="Solved, thanks."), Life.EDITED),
        ({"id": "1"}, Life.ALIVE),  # it is there, whatever it says
    ],
)
def test_what_became_of_a_comment(comment: dict[str, object] | None, life: Life) -> None:
    assert life_of(parse(top(), channel=CHANNEL), comment) is life


def test_a_receipt_leads_to_our_comment_under_the_same_video() -> None:
    mention = parse(top(), channel=CHANNEL)
    bare = {"id": "Ugx1.2", "snippet": {}}

    assert receipt_of(bare, mention) == Receipt(
        id="Ugx1.2", url="https://www.youtube.com/watch?v=dQw4w9WgXcQ&lc=Ugx1.2"
    )
    nowhere = receipt_of(bare, replace(mention, url=None))
    assert nowhere.url == "https://www.youtube.com/channel//discussion?lc=Ugx1.2"


# Errors

READING = Call(platform="YouTube", doing="reading comments")
WRITING = Call(platform="YouTube", doing="posting a comment", writes=True)
DATE = {"date": "Tue, 17 Nov 2026 07:00:00 GMT"}


def said(status: int, reason: object, **headers: str) -> Answer:
    made = refusal(status, "")
    body = made.body.replace(b'"reason": ""', f'"reason": "{reason}"'.encode())
    return Answer(status=status, body=body, headers=DATE | headers)


@pytest.mark.parametrize(
    ("status", "reason", "kind", "code"),
    [
        (400, "commentTextTooLong", Refused, "too_long"),
        (404, "parentCommentNotFound", Refused, "gone"),
        (403, "ineligibleAccount", Refused, "ineligible"),
        (400, "operationNotSupported", Refused, "locked"),
        (400, "somethingNew", Refused, "refused"),
        (404, "<b>", Refused, "gone"),
        (400, "processingFailure", OutcomeUnknown, ""),
        (503, "backendError", OutcomeUnknown, ""),
        (403, "insufficientPermissions", SetupError, ""),
        (403, "accessNotConfigured", SetupError, ""),
        (401, "authError", SetupError, ""),
        (429, "", TryLater, ""),
        (403, "quotaExceeded", TryLater, ""),
        (403, "rateLimitExceeded", TryLater, ""),
    ],
)
def test_what_a_refused_write_means(
    status: int, reason: str, kind: type[ConnectorError], code: str
) -> None:
    trouble = judge(WRITING, said(status, reason))

    assert type(trouble) is kind or (kind is SetupError and isinstance(trouble, SetupError))
    if isinstance(trouble, Refused):
        assert trouble.code == code


def test_used_up_units_come_back_at_midnight_in_california() -> None:
    trouble = judge(READING, said(403, "quotaExceeded"))
    unknown = judge(READING, Answer(status=403, body=refusal(403, "quotaExceeded").body))

    assert isinstance(trouble, TryLater)
    assert trouble.at == datetime(2026, 11, 17, 8, tzinfo=UTC)
    assert isinstance(unknown, TryLater)
    assert unknown.at is None


def test_a_limit_by_the_minute_names_its_time() -> None:
    trouble = judge(READING, said(403, "userRateLimitExceeded", **{"retry-after": "60"}))

    assert isinstance(trouble, TryLater)
    assert trouble.at == datetime(2026, 11, 17, 7, 1, tzinfo=UTC)


def test_a_refused_read_needs_a_person_unless_a_page_was_forgotten() -> None:
    assert isinstance(judge(READING, said(404, "channelNotFound")), SetupError)
    assert isinstance(judge(READING, said(400, "x")), SetupError)
    assert isinstance(judge(READING, said(400, "invalidPageToken"), paged=True), PageLost)
    assert judge(READING, Answer(status=200)) is None


# Units


def clockwork(*, seconds: list[float], per_day: int = 200, for_writes: int = 100) -> Quota:
    return Quota(per_day=per_day, for_writes=for_writes, monotonic=lambda: seconds[0])


SEVEN = datetime(2026, 11, 17, 7, tzinfo=UTC)  # 23:00 of the day before in California


def test_reading_leaves_units_to_replies() -> None:
    quota = clockwork(seconds=[0.0])
    quota.heard(SEVEN)
    for _ in range(100):
        quota.spend(READ)

    with pytest.raises(TryLater, match="but for replies") as caught:
        quota.spend(READ)
    quota.spend(WRITE)
    quota.spend(WRITE)

    assert caught.value.at == datetime(2026, 11, 17, 8, tzinfo=UTC)
    with pytest.raises(TryLater, match="nothing was sent"):
        quota.spend(WRITE)


def test_a_new_day_has_new_units_though_nobody_was_asked_meanwhile() -> None:
    seconds = [0.0]
    quota = clockwork(seconds=seconds, per_day=1, for_writes=0)
    quota.heard(SEVEN)
    quota.spend(READ)
    seconds[0] = 3599.0
    with pytest.raises(TryLater):
        quota.spend(READ)
    seconds[0] = 3601.0

    quota.spend(READ)

    assert (quota.day, quota.spent) == ("2026-11-17", 1)


def test_what_an_earlier_process_spent_counts() -> None:
    quota = clockwork(seconds=[0.0])
    quota.remember("2026-11-16", 100)
    quota.spend(READ)  # nobody knows yet whether the day is over
    quota.heard(SEVEN)

    assert (quota.day, quota.spent) == ("2026-11-16", 101)
    with pytest.raises(TryLater):
        quota.spend(READ)


def test_what_was_spent_on_another_day_does_not() -> None:
    quota = clockwork(seconds=[0.0])
    quota.heard(SEVEN)
    quota.spend(READ)

    quota.remember("2026-11-15", 100)
    assert quota.spent == 1
    quota.remember("2026-11-16", 5)
    assert quota.spent == 5
    quota.remember("2026-11-16", 3)
    assert quota.spent == 5
    quota.remember("2026-11-17", 7)
    assert (quota.day, quota.spent) == ("2026-11-17", 7)


def test_an_answer_without_a_time_tells_nothing() -> None:
    quota = clockwork(seconds=[0.0])
    quota.heard(None)

    assert quota.day == ""


@pytest.mark.parametrize(
    ("moment", "day", "new"),
    [
        (
            datetime(2026, 11, 1, 6, 59, tzinfo=UTC),
            "2026-10-31",
            datetime(2026, 11, 1, 7, tzinfo=UTC),
        ),
        (datetime(2026, 11, 1, 9, tzinfo=UTC), "2026-11-01", datetime(2026, 11, 2, 8, tzinfo=UTC)),
    ],
)
def test_a_day_is_california_s_also_when_summer_time_ends(
    moment: datetime, day: str, new: datetime
) -> None:
    assert (day_of(moment), next_day(moment)) == (day, new)


# Polling


def test_comments_and_replies_come_and_our_own_do_not(
    server: YouTubeServer, youtube: YouTube
) -> None:
    thread = server.comment("maria", "Awful.")
    reply = server.comment("tom", "Same here.", below=thread.id)
    server.comment("acme", "We are sorry.", below=thread.id)

    found, _ = everything(youtube)

    assert [mention.id for mention in found] == [thread.id, reply.id]


def test_the_first_poll_goes_back_a_week(server: YouTubeServer, youtube: YouTube) -> None:
    server.comment("maria", "Long ago").at -= timedelta(days=8)
    new = server.comment("maria", "Now")

    found, _ = everything(youtube)

    assert [mention.id for mention in found] == [new.id]


def test_a_later_poll_ends_on_known_ground(server: YouTubeServer, youtube: YouTube) -> None:
    for number in range(30):
        server.comment("maria", f"Early {number}").at -= timedelta(hours=48 - number)
    server.page = 10
    _, cursor = everything(youtube)
    server.requests.clear()
    new = server.comment("maria", "New")
    server.comment("maria", "Newer")

    found, _ = everything(youtube, cursor)

    assert new.id in {mention.id for mention in found}
    assert len(server.asked("GET", API)) == 1


def test_a_page_that_youtube_forgot_sends_the_walk_to_the_top(
    server: YouTubeServer, youtube: YouTube
) -> None:
    server.page = 2
    ids = {server.comment("maria", f"{number}").id for number in range(5)}
    first = youtube.poll(None)
    server.forgets_pages = True
    lost = youtube.poll(first.cursor)
    server.forgets_pages = False

    found, _ = everything(youtube, lost.cursor)

    assert first.more
    assert lost.more
    assert {mention.id for mention in found} == ids


def test_a_time_in_the_future_does_not_hide_the_rest(
    server: YouTubeServer, youtube: YouTube
) -> None:
    server.comment("maria", "From the future").at += timedelta(days=9)
    _, cursor = everything(youtube)
    new = server.comment("maria", "New")
    new.at += timedelta(days=1)

    found, _ = everything(youtube, cursor)

    assert new.id in {mention.id for mention in found}


def test_units_are_kept_with_the_position(server: YouTubeServer) -> None:
    spare: dict[str, object] = {"units_per_day": 100, "units_for_replies": 98}
    cursor = YouTube(settings(server.url, **spare)).poll(None).cursor
    again = YouTube(settings(server.url, **spare))
    cursor = again.poll(cursor).cursor

    with pytest.raises(TryLater, match="units"):
        again.poll(cursor)

    assert len(server.asked("GET", API)) == 2


def test_no_address_holds_a_key(server: YouTubeServer, with_a_key: YouTube) -> None:
    with_a_key.poll(None)

    (request,) = server.requests
    assert "key-1" not in str(request.query)


def test_a_token_is_used_while_it_lives(server: YouTubeServer) -> None:
    seconds = [0.0]
    youtube = YouTube(settings(server.url), monotonic=lambda: seconds[0])
    youtube.poll(None)
    youtube.poll(None)
    seconds[0] = 3600.0
    youtube.poll(None)

    assert len(server.asked("POST", TOKEN)) == 2


def test_a_token_that_ended_early_is_renewed_for_the_next_try(
    server: YouTubeServer, youtube: YouTube
) -> None:
    youtube.poll(None)
    server.token = "token-2"

    with pytest.raises(TryLater, match="renewed"):
        youtube.poll(None)

    youtube.poll(None)


def test_a_key_that_is_worth_nothing_needs_a_person(
    server: YouTubeServer, with_a_key: YouTube
) -> None:
    server.key = "another"

    with pytest.raises(SetupError, match="api_key"):
        with_a_key.poll(None)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Said(status=500), TryLater),
        (json_answer({"access_token": "x"}), TryLater),
        (json_answer({"expires_in": 5}), TryLater),
        (html_answer(), TryLater),
        (Said(status=401), SetupError),
    ],
)
def test_a_login_that_fails_is_named(
    server: YouTubeServer, youtube: YouTube, answer: Said, kind: type[ConnectorError]
) -> None:
    server.answer_next(answer, path=TOKEN)

    with pytest.raises(kind):
        youtube.poll(None)


@pytest.mark.parametrize("payload", [{}, [], {"items": {}}])
def test_an_answer_without_a_list_is_tried_later(
    server: YouTubeServer, youtube: YouTube, payload: object
) -> None:
    server.answer_next(json_answer(payload), path=API)

    with pytest.raises(TryLater, match="no list"):
        youtube.poll(None)


# Answering


def test_a_reply_to_a_reply_stands_in_the_same_thread(
    server: YouTubeServer, youtube: YouTube
) -> None:
    thread = server.comment("maria", "Awful.")
    server.comment("tom", "Same here.", below=thread.id)
    found, _ = everything(youtube)

    youtube.reply(found[1], "We are sorry.", "key")

    assert server.comments[max(server.comments)].parent == thread.id


def test_an_answer_that_is_no_comment_is_unknown(server: YouTubeServer, youtube: YouTube) -> None:
    server.comment("maria", "Awful.")
    found, _ = everything(youtube)
    server.answer_next(json_answer({"kind": "?"}), method="POST", path=API)

    with pytest.raises(OutcomeUnknown):
        youtube.reply(found[0], "We are sorry.", "key")


def test_a_text_that_is_too_long_costs_no_units(server: YouTubeServer, youtube: YouTube) -> None:
    mention = parse(top(), channel=CHANNEL)

    with pytest.raises(Refused):
        youtube.reply(mention, "x" * 10_001, "key")

    assert server.requests == []


def test_our_reply_is_found_on_a_later_page_and_not_taken_for_an_earlier_one(
    server: YouTubeServer, youtube: YouTube
) -> None:
    thread = server.comment("maria", "Awful.")
    server.comment("acme", "We are sorry.", below=thread.id).at = thread.at - timedelta(1)
    server.comment("maria", "?", below=thread.id).broken = True
    for number in range(4):
        server.comment("tom", f"{number}", below=thread.id)
    found, _ = everything(youtube)
    server.page = 2
    assert youtube.find_own_reply(found[0], "We are sorry.") is None
    ours = server.comment("acme", "We are  sorry.", below=thread.id)

    receipt = youtube.find_own_reply(found[0], "We are sorry.")

    assert receipt is not None
    assert (receipt.id, receipt.at) == (ours.id, ours.at)


def test_an_endless_thread_is_not_read_to_its_end(
    server: YouTubeServer, youtube: YouTube, caplog: pytest.LogCaptureFixture
) -> None:
    thread = server.comment("maria", "Awful.")
    found, _ = everything(youtube)
    server.page = 1
    for number in range(12):
        server.comment("maria", f"{number}", below=thread.id)

    assert len(youtube.conversation(found[0])) == 10
    assert "the rest is not read" in caplog.text


def test_a_conversation_is_what_the_author_and_we_wrote_since(
    server: YouTubeServer, youtube: YouTube, caplog: pytest.LogCaptureFixture
) -> None:
    thread = server.comment("maria", "Awful.")
    found, _ = everything(youtube)
    server.comment("acme", "We are sorry.", below=thread.id)
    server.comment("tom", "Me too.", below=thread.id)
    server.comment("maria", "", below=thread.id).broken = True
    server.comment("maria", "Thanks.", below=thread.id)

    turns = youtube.conversation(found[0])

    assert [(turn.text, turn.ours) for turn in turns] == [
        ("We are sorry.", True),
        ("Thanks.", False),
    ]
    assert "left out" in caplog.text


def test_a_refusal_to_delete_is_told_unless_it_is_gone(
    server: YouTubeServer, youtube: YouTube
) -> None:
    server.answer_next(refusal(400, "processingFailure"), method="DELETE")
    with pytest.raises(OutcomeUnknown):
        youtube.retract(Receipt(id="1"))
    server.answer_next(refusal(400, "commentTextRequired"), method="DELETE")
    with pytest.raises(Refused):
        youtube.retract(Receipt(id="1"))

    youtube.retract(Receipt(id="1"))


def test_a_key_cannot_write(server: YouTubeServer, with_a_key: YouTube) -> None:
    mention = parse(top(), channel=CHANNEL)

    way = with_a_key.ability(mention).public
    with pytest.raises(SetupError, match="cannot write"):
        with_a_key.reply(mention, "We are sorry.", "key")
    with pytest.raises(SetupError):
        with_a_key.retract(Receipt(id="1"))

    assert way.route is Route.BY_HAND
    assert way.link("We are sorry.") == mention.url
    assert server.requests == []


def test_what_is_allowed_depends_on_the_comment(youtube: YouTube) -> None:
    mention = parse(top(), channel=CHANNEL)

    ways = [
        youtube.ability(mention).public,
        youtube.ability(mention, Contact(replies=1)).public,
        youtube.ability(replace(mention, replies_open=False)).public,
        youtube.ability(replace(mention, ours=True)).public,
    ]

    assert [way.route for way in ways] == [Route.API, Route.BY_HAND, Route.NONE, Route.NONE]
    assert [way.link_template is None for way in ways] == [False, False, True, True]
    with pytest.raises(Unsupported):
        youtube.message(mention.author, "We are sorry.", "key")


# Setting up


def test_check_learns_the_handle(server: YouTubeServer, youtube: YouTube) -> None:
    assert youtube.account == CHANNEL
    assert youtube.check() == []
    assert youtube.account == "acme"


def test_check_tells_a_login_of_somebody_else(server: YouTubeServer, youtube: YouTube) -> None:
    for mine in ({"id": channel_of("tom")}, {}):
        server.mine = mine
        (problem,) = youtube.check()

        assert problem.fatal
        assert "another channel" in problem.what


def test_check_tells_what_the_login_may_not_do(server: YouTubeServer, youtube: YouTube) -> None:
    server.scope = "https://www.googleapis.com/auth/youtube.readonly"

    (problem,) = youtube.check()

    assert not problem.fatal
    assert "may not write" in problem.what


def test_check_does_not_guess_where_google_says_nothing(
    server: YouTubeServer, youtube: YouTube
) -> None:
    server.scope = ""

    assert youtube.check() == []


def test_check_tells_that_a_key_only_reads(with_a_key: YouTube) -> None:
    (problem,) = with_a_key.check()

    assert not problem.fatal
    assert "by hand" in problem.what
