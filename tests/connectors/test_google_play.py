import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from connectors.base import Author, Contact, Life, Mention, Receipt, Route
from connectors.errors import (
    BadPayload,
    OutcomeUnknown,
    Refused,
    SetupError,
    TryLater,
    Unsupported,
)
from connectors.google_play import GooglePlay, GooglePlaySettings, parse
from connectors.google_play.posts import plain, read
from connectors.google_play.wire import Session
from connectors.registry import load
from connectors.web import Call, Web
from tests.servers.google_play import (
    LIST,
    LOGIN,
    PACKAGE,
    GooglePlayServer,
    key_file,
    sample,
    settings,
)
from tests.servers.http import Answer, json_answer

KEY = "the-same-on-every-try"


@pytest.fixture
def server() -> Iterator[GooglePlayServer]:
    with GooglePlayServer() as running:
        yield running


@pytest.fixture
def play(server: GooglePlayServer) -> GooglePlay:
    return GooglePlay(settings(server.url))


def only(play: GooglePlay) -> Mention:
    (mention,) = play.poll(None).mentions
    return mention


# Reading


def shown(index: int) -> Mention:
    return parse(sample("reviews")["reviews"][index], package=PACKAGE)


def test_a_review_with_a_title_is_read() -> None:
    mention = shown(2)

    assert mention.text == (
        "★☆☆☆☆ Never again\nThe lamp came broken and the app hides the refund button."
    )
    assert (mention.id, mention.author.handle) == ("gp:AOqpTOE_titled-0003", "Maria")
    assert mention.created_at == datetime(2026, 11, 17, 7, 53, 20, tzinfo=UTC)
    assert mention.url is not None
    assert mention.url.endswith(f"?id={PACKAGE}&reviewId=gp:AOqpTOE_titled-0003")
    assert mention.language is None  # Google tells the device's, not the text's
    assert mention.replies_open


def test_a_review_without_a_title_has_its_text_beside_the_stars() -> None:
    assert shown(1).text == "★★☆☆☆ Order <3 weeks late & nobody answers"


def test_a_review_that_is_answered_says_so_until_it_is_changed() -> None:
    assert not shown(1).replies_open
    assert shown(0).replies_open


def test_a_person_without_a_name_is_called_what_the_store_calls_them() -> None:
    mention = shown(3)

    assert (mention.author.handle, mention.author.id) == ("A Google user", mention.id)


def test_a_review_without_a_text_is_named() -> None:
    with pytest.raises(BadPayload, match=r"empty-0001.*text") as caught:
        shown(4)

    assert caught.value.item == "gp:AOqpTOE_empty-0001"


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({}, "reviewId"),
        ({"reviewId": 5}, "reviewId"),
        ({"reviewId": "a"}, "no comment"),
        ({"reviewId": "a", "comments": [{"developerComment": {}}]}, "no comment"),
        ({"reviewId": "a", "comments": [{"userComment": None}]}, "no time"),
        (
            {"reviewId": "a", "comments": [{"userComment": {"lastModified": {"seconds": "1e3"}}}]},
            "no time",
        ),
        (
            {
                "reviewId": "a",
                "comments": [
                    {"userComment": {"text": " \t ", "lastModified": {"seconds": "1"}}},
                ],
            },
            "blank",
        ),
        (
            {"reviewId": "a", "comments": [{"userComment": {"lastModified": {"seconds": 10**18}}}]},
            "no time",
        ),
    ],
)
def test_what_cannot_be_read_is_named(payload: dict[str, Any], said: str) -> None:
    with pytest.raises(BadPayload, match=said):
        parse(payload, package=PACKAGE)


def test_an_answer_that_cannot_be_read_is_there_all_the_same() -> None:
    payload = sample("reviews")["reviews"][1]
    payload["comments"][1]["developerComment"] = {"lastModified": "yesterday"}

    review = read(payload, package=PACKAGE)

    assert review.said is not None
    assert (review.said.text, review.said.at) == ("", review.mention.created_at)
    assert not review.mention.replies_open


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
stamps = st.fixed_dictionaries({}, optional={"seconds": st.integers() | json_values})
comments = st.fixed_dictionaries(
    {},
    optional={"text": json_values, "lastModified": stamps | json_values, "starRating": json_values},
)
shaped = st.fixed_dictionaries(
    {},
    optional={
        "reviewId": st.text() | json_values,
        "authorName": json_values,
        "comments": st.lists(
            st.fixed_dictionaries(
                {}, optional={"userComment": comments, "developerComment": comments}
            )
            | json_values,
            max_size=4,
        )
        | json_values,
    },
)


@given(shaped)
def test_any_shape_gives_a_mention_or_a_named_error(payload: dict[str, Any]) -> None:
    with suppress(BadPayload):
        mention = parse(payload, package=PACKAGE)
        assert mention.id
        assert mention.text.strip()
        assert mention.created_at.tzinfo == UTC
        mention.text.encode()
        mention.id.encode()


def test_tags_are_taken_out_as_google_does_and_nothing_else() -> None:
    assert plain("a <b>bold</b> <3 & 1<2 word") == "a bold <3 & 1<2 word"


# Polling


def test_a_changed_review_comes_again(server: GooglePlayServer, play: GooglePlay) -> None:
    review = server.write("Bad")
    cursor = play.poll(None).cursor
    server.change(review.id, "Worse")

    (again,) = play.poll(cursor).mentions

    assert (again.id, again.text) == (review.id, "★☆☆☆☆ Worse")


def test_the_past_is_read_from_a_moment_on(server: GooglePlayServer, play: GooglePlay) -> None:
    server.page_size = 10
    for number in range(30):
        server.write(f"Long ago {number}")
    server.made += 3_600
    since = datetime.fromtimestamp(server.started + server.made, UTC)
    late = server.write("Bad")

    batch = play.poll(play.cursor_at(since))

    assert batch.mentions[0].id == late.id
    assert not batch.more


def test_what_was_met_is_not_met_again(server: GooglePlayServer, play: GooglePlay) -> None:
    server.write("Bad")
    server.write("", broken=True)
    first = play.poll(None)

    second = play.poll(first.cursor)

    assert (len(first.mentions), len(first.bad)) == (1, 1)
    assert (second.mentions, second.bad) == ((), ())


def test_a_page_token_that_google_forgot_begins_the_round_anew(
    server: GooglePlayServer, play: GooglePlay, caplog: pytest.LogCaptureFixture
) -> None:
    server.page_size = 3
    expected = {server.write(f"Complaint {number}").id for number in range(10)}
    first = play.poll(None)
    server.stale_tokens = True

    second = play.poll(first.cursor)

    assert "no longer taken" in caplog.text
    assert (second.mentions, second.more) == ((), False)
    server.stale_tokens = False
    found: set[str] = set()
    cursor = second.cursor
    while True:
        batch = play.poll(cursor)
        found |= {mention.id for mention in batch.mentions}
        cursor = batch.cursor
        if not batch.more:
            break
    assert found == expected


def test_a_refusal_without_a_page_token_is_no_stale_token(
    server: GooglePlayServer, play: GooglePlay
) -> None:
    server.answer_next(Answer(status=400), path=LIST)

    with pytest.raises(SetupError, match="package_name"):
        play.poll(None)


def test_a_round_that_does_not_end_is_told(
    server: GooglePlayServer,
    play: GooglePlay,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("connectors.newest.LONGEST_ROUND", 20)
    server.page_size = 10
    for number in range(10):
        server.write(f"Complaint {number}")
    cursor = play.poll(play.poll(None).cursor).cursor
    for number in range(40):
        server.write(f"Later {number}")

    more = True
    while more:
        batch = play.poll(cursor)
        cursor, more = batch.cursor, batch.more

    assert "some were missed" in caplog.text


@pytest.mark.parametrize("body", [[], {"reviews": "none"}, {"reviews": {}}])
def test_an_answer_of_another_shape_is_tried_later(
    server: GooglePlayServer, play: GooglePlay, body: object
) -> None:
    server.answer_next(json_answer(body), path=LIST)

    with pytest.raises(TryLater):
        play.poll(None)


# Logging in


def test_the_login_is_kept(server: GooglePlayServer, play: GooglePlay) -> None:
    play.poll(None)
    play.poll(None)

    assert len(server.asked("POST", LOGIN)) == 1


def test_the_login_is_renewed_before_its_end(server: GooglePlayServer) -> None:
    seconds = [0.0]
    server.leeway = 4000
    session = Session(
        web=Web(timeout=5),
        login_url=server.url + LOGIN,
        key=key_file(),
        monotonic=lambda: seconds[0],
    )
    call = Call(platform="Google Play", doing="reading")

    for at in (0.0, 3200.0, 3300.0):
        seconds[0] = at
        session.ask(call, "GET", server.url + LIST, params={"maxResults": 1})

    assert len(server.asked("POST", LOGIN)) == 2


def test_a_login_that_somebody_else_renewed_is_not_thrown_away(server: GooglePlayServer) -> None:
    session = Session(web=Web(timeout=5), login_url=server.url + LOGIN, key=key_file())
    call = Call(platform="Google Play", doing="reading")
    session.ask(call, "GET", server.url + LIST, params={"maxResults": 1})

    session.forget("an older token")
    session.ask(call, "GET", server.url + LIST, params={"maxResults": 1})

    assert len(server.asked("POST", LOGIN)) == 1


def test_a_login_that_ended_early_is_renewed_and_the_request_left_to_the_next_try(
    server: GooglePlayServer, play: GooglePlay
) -> None:
    server.write("Bad")
    play.poll(None)
    server.tokens += 1

    with pytest.raises(TryLater, match="renewed"):
        play.poll(None)

    assert len(play.poll(None).mentions) == 1


@pytest.mark.parametrize("key", ["{}", "[]", "not json", '{"client_email": "a"}', "[" * 100_000])
def test_what_is_no_key_file_is_named(server: GooglePlayServer, key: str) -> None:
    play = GooglePlay(settings(server.url, service_account=SecretStr(key)))

    with pytest.raises(SetupError, match="JSON key"):
        play.poll(None)


def test_a_key_file_with_a_broken_key_is_named_and_not_shown(server: GooglePlayServer) -> None:
    broken = json.dumps({**json.loads(key_file()), "private_key": "hunter2"})

    with pytest.raises(SetupError, match="no private key") as caught:
        GooglePlay(settings(server.url, service_account=SecretStr(broken))).poll(None)

    assert "hunter2" not in str(caught.value)


def test_a_strangers_account_is_refused_by_name(server: GooglePlayServer) -> None:
    stranger = json.dumps({**json.loads(key_file()), "client_email": "who@else.example"})

    with pytest.raises(SetupError, match="invalid_grant"):
        GooglePlay(settings(server.url, service_account=SecretStr(stranger))).poll(None)


@pytest.mark.parametrize("body", [{}, [], {"access_token": 5}])
def test_a_login_answered_with_no_token_is_tried_later(
    server: GooglePlayServer, play: GooglePlay, body: object
) -> None:
    server.faults_reach_lookups = True
    server.answer_next(json_answer(body), method="POST", path=LOGIN)

    with pytest.raises(TryLater, match="no token"):
        play.poll(None)


def test_a_login_that_cannot_be_had_now_is_tried_later(
    server: GooglePlayServer, play: GooglePlay
) -> None:
    server.faults_reach_lookups = True
    server.answer_next(Answer(status=503), method="POST", path=LOGIN)

    with pytest.raises(TryLater):
        play.poll(None)


def test_a_token_without_a_lifetime_lives_for_an_hour(
    server: GooglePlayServer, play: GooglePlay
) -> None:
    server.faults_reach_lookups = True
    server.answer_next(json_answer({"access_token": "token-1"}), method="POST", path=LOGIN)

    play.poll(None)
    play.poll(None)

    assert len(server.asked("POST", LOGIN)) == 1


# What Google refuses


def test_a_quota_that_is_used_up_is_tried_later(server: GooglePlayServer, play: GooglePlay) -> None:
    server.refusal = sample("error_quota")

    with pytest.raises(TryLater, match="how often"):
        play.poll(None)


def test_a_missing_permission_needs_a_person(server: GooglePlayServer, play: GooglePlay) -> None:
    server.refusal = sample("error_permission")

    with pytest.raises(SetupError, match="PERMISSION_DENIED"):
        play.poll(None)


def test_an_app_that_is_not_there_needs_a_person(server: GooglePlayServer) -> None:
    with pytest.raises(SetupError, match=r"com\.acme\.other"):
        GooglePlay(settings(server.url, package_name="com.acme.other")).poll(None)


def test_a_word_of_theirs_that_is_none_is_not_shown(
    server: GooglePlayServer, play: GooglePlay
) -> None:
    server.refusal = {"error": {"status": "x" * 500}}

    with pytest.raises(SetupError, match="no reason"):
        play.poll(None)


@pytest.mark.parametrize(
    ("body", "code"), [(sample("error_too_long"), "too_long"), ({"error": 5}, "refused")]
)
def test_an_answer_that_google_refuses_is_refused(
    server: GooglePlayServer, play: GooglePlay, body: object, code: str
) -> None:
    server.write("Bad")
    mention = only(play)
    server.answer_next(json_answer(body, status=400), method="POST")

    with pytest.raises(Refused) as caught:
        play.reply(mention, "We are sorry.", KEY)

    assert caught.value.code == code


# Answering


def test_a_second_try_of_the_same_answer_writes_nothing(
    server: GooglePlayServer, play: GooglePlay
) -> None:
    server.write("Bad")
    mention = only(play)
    first = play.reply(mention, "We are <b>sorry</b>.", KEY)

    again = play.reply(mention, "We are <b>sorry</b>.", KEY)

    assert again.id == first.id
    assert server.writes() == 1


def test_a_colleagues_answer_is_not_replaced(server: GooglePlayServer, play: GooglePlay) -> None:
    review = server.write("Bad")
    mention = only(play)
    server.answer_by_hand(review.id, "Please call us.")

    with pytest.raises(Refused) as caught:
        play.reply(mention, "We are sorry.", KEY)

    assert caught.value.code == "answered"
    assert review.said == "Please call us."


def test_a_customer_who_is_not_content_gets_another_answer(
    server: GooglePlayServer, play: GooglePlay
) -> None:
    review = server.write("Bad")
    mention = only(play)
    receipt = play.reply(mention, "We are sorry.", KEY)
    server.change(review.id, "Sorry is not enough")

    ours, theirs = play.conversation(mention)
    assert (ours.id, ours.ours) == (receipt.id, True)
    assert theirs.text == "★☆☆☆☆ Sorry is not enough"
    assert play.look([mention, theirs]) == {mention.id: Life.EDITED, theirs.id: Life.ALIVE}
    assert play.ability(theirs).public.route is Route.API
    second = play.reply(theirs, "Your money is on its way.", KEY)

    assert review.said == "Your money is on its way."
    assert second.id != receipt.id
    assert play.find_own_reply(theirs, "Your money is on its way.") == second
    assert play.find_own_reply(mention, "We are sorry.") is None


def test_an_answer_without_its_time_is_unknown(server: GooglePlayServer, play: GooglePlay) -> None:
    server.write("Bad")
    mention = only(play)
    server.answer_next(json_answer({"result": {}}), method="POST")

    with pytest.raises(OutcomeUnknown):
        play.reply(mention, "We are sorry.", KEY)


def test_a_review_that_is_none_is_tried_later(server: GooglePlayServer, play: GooglePlay) -> None:
    server.write("Bad")
    mention = only(play)
    server.faults_reach_lookups = True
    server.answer_next(json_answer({"reviewId": "x"}), path=LIST)

    with pytest.raises(TryLater, match="no review"):
        play.reply(mention, "We are sorry.", KEY)

    assert server.writes() == 0


def test_the_conversation_of_a_review_that_is_gone_is_empty(
    server: GooglePlayServer, play: GooglePlay
) -> None:
    review = server.write("Bad")
    mention = only(play)
    del server.reviews[review.id]

    assert list(play.conversation(mention)) == []


def test_an_id_stays_one_part_of_the_address(server: GooglePlayServer, play: GooglePlay) -> None:
    strange = Mention(
        platform="google_play",
        id="a/../b?c",
        author=Author(id="a", handle="a"),
        text="x",
        created_at=datetime(2026, 11, 17, tzinfo=UTC),
    )

    assert play.find_own_reply(strange, "x") is None

    assert server.requests[-1].path == f"{LIST}/a%2F..%2Fb%3Fc"


def test_nothing_can_be_taken_back_or_said_in_private(play: GooglePlay) -> None:
    with pytest.raises(Unsupported, match="delete"):
        play.retract(Receipt(id="a!1"))
    with pytest.raises(Unsupported, match="private"):
        play.message(Author(id="a", handle="a"), "x", KEY)


def test_the_account_is_the_app_unless_it_is_named(server: GooglePlayServer) -> None:
    assert GooglePlay(settings(server.url)).account == PACKAGE
    assert GooglePlay(settings(server.url, account="Acme")).account == "Acme"


# Looking


def test_a_look_reads_the_list_on_as_long_as_that_helps(
    server: GooglePlayServer, play: GooglePlay, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        server.write(f"Complaint {number}")
    mentions = play.poll(None).mentions
    del server.reviews[mentions[-1].id]
    server.page_size = 5
    server.requests.clear()

    told = play.look(mentions)
    asked = len(server.requests)
    monkeypatch.setattr("connectors.review_site._MOST_PAGES", 3)
    again = play.look(mentions)

    assert told == again
    assert asked == 5  # four pages, and the one that was not on them
    assert len(server.requests) == asked + 3 + 5


def test_many_reviews_are_looked_up_in_the_list(server: GooglePlayServer, play: GooglePlay) -> None:
    for number in range(20):
        server.write(f"Complaint {number}")
    mentions = play.poll(None).mentions
    del server.reviews[mentions[3].id]
    server.requests.clear()

    told = play.look(mentions)

    assert [one for one, life in told.items() if life is Life.GONE] == [mentions[3].id]
    assert len(server.requests) == 2


# Setting up


def test_check_tells_of_a_plain_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "{}")
    made = GooglePlaySettings.model_validate(
        {
            "api_url": "http://play.example.test",
            "login_url": "http://127.0.0.1:9/token",
            "package_name": PACKAGE,
            "service_account": "env:KEY",
        }
    )

    plain_http, no_key = GooglePlay(made).check()

    assert not plain_http.fatal
    assert "http" in plain_http.what
    assert no_key.fatal
    assert "Play Console" in no_key.do


@pytest.mark.parametrize("name", ["", "acme", "com.acme/../x", "com.acme?x", ".com.acme"])
def test_a_package_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="package_name"):
        settings("http://127.0.0.1", package_name=name)


def test_the_registry_knows_it(server: GooglePlayServer) -> None:
    cls = load("google_play")

    assert cls.Settings is GooglePlaySettings
    assert cls(settings(server.url)).platform == "google_play"
    assert (
        GooglePlay(settings(server.url)).ability(shown(2), Contact(replies=1)).public.route
        is Route.BY_HAND
    )
