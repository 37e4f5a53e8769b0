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
from connectors.registry import load
from connectors.trustpilot import Trustpilot, TrustpilotSettings, parse
from connectors.trustpilot.posts import read
from connectors.trustpilot.wire import Session
from connectors.web import Call, Web
from tests.servers.http import Answer, html_answer, json_answer
from tests.servers.trustpilot import LIST, LOGIN, ONE, UNIT, TrustpilotServer, sample, settings

KEY = "the-same-on-every-try"
READ = Call(platform="Trustpilot", doing="reading")


@pytest.fixture
def server() -> Iterator[TrustpilotServer]:
    with TrustpilotServer() as running:
        yield running


@pytest.fixture
def site(server: TrustpilotServer) -> Trustpilot:
    return Trustpilot(settings(server.url))


def only(site: Trustpilot) -> Mention:
    (mention,) = site.poll(None).mentions
    return mention


def shown(index: int) -> Mention:
    return parse(sample("reviews")["reviews"][index])


# Reading


def test_a_review_is_read_with_its_answer_and_without_the_customers_address() -> None:
    review = read(sample("reviews")["reviews"][0])

    mention = review.mention
    assert mention.text == (
        "★☆☆☆☆ Waiting for my money\nReturned the lamp in September. Nobody answers."
    )
    assert (mention.author.id, mention.author.handle) == ("5e0c1e2d3b4a596877665500", "Jo K.")
    assert mention.created_at == datetime(2026, 11, 17, 13, 37, tzinfo=UTC)
    assert mention.url == "https://www.trustpilot.com/reviews/5f0c1e2d3b4a596877665504"
    assert mention.language == "en"
    assert not mention.replies_open
    assert review.said is not None
    assert review.said.text == "We are sorry, Jo. Please check your inbox."
    assert "jo@example.com" not in repr(review)
    assert "ORDER-17" not in repr(review)


def test_a_title_that_only_begins_the_text_is_not_said_twice() -> None:
    assert shown(1).text == "★★☆☆☆ Das Paket kam nie an und der Kundendienst schweigt."
    assert shown(1).replies_open


def test_a_review_without_a_person_is_read() -> None:
    mention = shown(2)

    assert (mention.text, mention.author.handle) == ("★★★★★ Fine", "A customer")
    assert mention.author.id == mention.id
    assert mention.language is None
    assert not mention.replies_open  # its answer has no time, and is there all the same


def test_a_review_without_a_text_is_named() -> None:
    with pytest.raises(BadPayload, match="no text") as caught:
        shown(3)

    assert caught.value.item == "5f0c1e2d3b4a596877665501"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
shaped = st.fixed_dictionaries(
    {},
    optional={
        "id": st.text() | json_values,
        "stars": json_values,
        "title": st.text() | json_values,
        "text": st.text() | json_values,
        "language": json_values,
        "createdAt": st.datetimes().map(str) | json_values,
        "companyReply": st.fixed_dictionaries(
            {}, optional={"text": json_values, "createdAt": json_values}
        )
        | json_values,
        "consumer": st.fixed_dictionaries(
            {}, optional={"id": json_values, "displayName": json_values}
        )
        | json_values,
    },
)


@given(shaped)
def test_any_shape_gives_a_mention_or_a_named_error(payload: dict[str, Any]) -> None:
    with suppress(BadPayload):
        mention = parse(payload)
        assert mention.id
        assert mention.text.strip()
        assert mention.created_at.tzinfo == UTC
        mention.text.encode()
        mention.author.id.encode()


# Polling


def walked(site: Trustpilot, cursor: str | None = None) -> set[str]:
    found: set[str] = set()
    for _ in range(50):
        batch = site.poll(cursor)
        found |= {mention.id for mention in batch.mentions}
        cursor = batch.cursor
        if not batch.more:
            return found
    raise AssertionError("the round did not end")


def test_a_page_begins_at_a_moment_so_that_nothing_shifts(
    server: TrustpilotServer, site: Trustpilot
) -> None:
    ids = [server.write(f"Complaint {number}").id for number in range(250)]
    first = site.poll(None)
    for gone in ids[-30:]:
        del server.reviews[gone]

    rest = walked(site, first.cursor)

    assert set(ids[:150]) <= rest
    assert [request.query["page"] for request in server.asked("GET", LIST)] == ["1", "1", "1"]


def test_a_whole_page_of_one_moment_is_passed(server: TrustpilotServer, site: Trustpilot) -> None:
    reviews = [server.write(f"Complaint {number}") for number in range(350)]
    for one in reviews[20:330]:
        one.created = reviews[20].created

    assert walked(site) == {one.id for one in reviews}


def test_a_page_without_any_time_goes_on_by_its_number(
    server: TrustpilotServer, site: Trustpilot
) -> None:
    nameless = json_answer({"reviews": [{"id": str(number)} for number in range(100)]})
    server.answer_next(nameless, path=LIST)

    batch = site.poll(None)
    site.poll(batch.cursor)

    assert (len(batch.bad), batch.more) == (100, True)
    assert server.asked("GET", LIST)[-1].query["page"] == "2"


@pytest.mark.parametrize("body", [{}, {"reviews": {}}, []])
def test_an_answer_of_another_shape_is_tried_later(
    server: TrustpilotServer, site: Trustpilot, body: object
) -> None:
    server.answer_next(json_answer(body), path=LIST)

    with pytest.raises(TryLater):
        site.poll(None)


# Logging in


def test_the_application_logs_in_once_and_by_itself(
    server: TrustpilotServer, site: Trustpilot
) -> None:
    site.poll(None)
    site.poll(None)

    assert server.logins == [{"grant_type": "client_credentials"}]


def test_a_person_may_log_in_instead(server: TrustpilotServer) -> None:
    made = settings(server.url, username="eva@acme.example", password=SecretStr("hunter2"))

    Trustpilot(made).poll(None)

    assert server.logins == [
        {"grant_type": "password", "username": "eva@acme.example", "password": "hunter2"}
    ]


@pytest.mark.parametrize(
    ("lives", "last", "logins"),
    [
        ("1000", 939.0, 1),
        ("1000", 940.0, 2),
        (1000, 940.0, 2),
        (None, 3540.0, 2),
        (True, 3539.0, 1),
    ],
)
def test_the_login_is_renewed_before_its_end(
    server: TrustpilotServer, lives: object, last: float, logins: int
) -> None:
    seconds = [0.0]
    server.lives = lives
    session = Session(
        web=Web(timeout=5),
        api_url=server.url,
        key="key",
        secret="secret",
        form={},
        monotonic=lambda: seconds[0],
    )
    asked: dict[str, str | int] = {"orderBy": "createdat.desc", "perPage": 1, "page": 1}

    session.ask(READ, "GET", LIST, params=asked)
    session.forget("an older token")
    seconds[0] = last
    session.ask(READ, "GET", LIST, params=asked)

    assert len(server.logins) == logins


def test_a_login_that_ended_early_is_renewed_and_the_request_left_to_the_next_try(
    server: TrustpilotServer, site: Trustpilot
) -> None:
    site.poll(None)
    server.tokens += 1

    with pytest.raises(TryLater, match="renewed"):
        site.poll(None)

    site.poll(None)


@pytest.mark.parametrize("answer", [json_answer({}), html_answer(), Answer(status=503)])
def test_a_login_without_a_token_is_tried_later(
    server: TrustpilotServer, site: Trustpilot, answer: Answer
) -> None:
    server.faults_reach_lookups = True
    server.answer_next(answer, path=LOGIN)

    with pytest.raises(TryLater):
        site.poll(None)


def test_a_secret_that_is_wrong_is_named_and_not_shown(server: TrustpilotServer) -> None:
    with pytest.raises(SetupError, match="api_secret") as caught:
        Trustpilot(settings(server.url, api_secret=SecretStr("hunter2"))).poll(None)

    assert "hunter2" not in str(caught.value)


def test_check_says_that_it_is_beta_and_what_is_missing(
    server: TrustpilotServer, site: Trustpilot
) -> None:
    server.forbidden = True

    beta, missing = site.check()

    assert not beta.fatal
    assert "not verified" in beta.what
    assert missing.fatal
    assert "plan" in missing.do


def test_a_shop_that_is_not_there_is_named(server: TrustpilotServer) -> None:
    with pytest.raises(SetupError, match="business_unit_id"):
        Trustpilot(settings(server.url, business_unit_id="0" * 24)).poll(None)


def test_a_page_of_html_is_no_list(server: TrustpilotServer, site: Trustpilot) -> None:
    server.answer_next(html_answer(), path=LIST)

    with pytest.raises(TryLater, match="not JSON"):
        site.poll(None)


def test_a_review_that_is_gone_has_no_conversation(
    server: TrustpilotServer, site: Trustpilot
) -> None:
    review = server.write("Bad")
    mention = only(site)
    del server.reviews[review.id]

    assert list(site.conversation(mention)) == []


def test_a_request_that_is_not_understood_is_named(
    server: TrustpilotServer, site: Trustpilot
) -> None:
    server.answer_next(Answer(status=400), path=LIST)

    with pytest.raises(SetupError, match="400"):
        site.poll(None)


# Answering


def test_an_answer_is_found_again_and_not_given_twice(
    server: TrustpilotServer, site: Trustpilot
) -> None:
    server.write("Bad")
    mention = only(site)

    receipt = site.reply(mention, "We are sorry.", KEY)

    assert site.reply(mention, "We are sorry.", KEY).id == receipt.id
    assert server.writes() == 1


def test_a_customer_who_changed_the_review_gets_another_answer(
    server: TrustpilotServer, site: Trustpilot
) -> None:
    review = server.write("Bad")
    mention = only(site)
    site.reply(mention, "We are sorry.", KEY)
    server.change(review.id, "Sorry is not enough")

    ours, theirs = site.conversation(mention)
    assert (ours.ours, theirs.ours) == (True, False)
    assert site.look([theirs]) == {theirs.id: Life.ALIVE}
    site.reply(theirs, "Your money is on its way.", KEY)

    assert review.said == "Your money is on its way."


def test_only_our_own_answer_is_deleted(server: TrustpilotServer, site: Trustpilot) -> None:
    review = server.write("Bad")
    receipt = site.reply(only(site), "We are sorry.", KEY)
    server.answer_by_hand(review.id, "Please call us.")

    site.retract(receipt)

    assert review.said == "Please call us."
    assert server.asked("DELETE", ONE) == []


def test_an_answer_that_goes_while_it_is_deleted_is_gone(
    server: TrustpilotServer, site: Trustpilot
) -> None:
    server.write("Bad")
    receipt = site.reply(only(site), "We are sorry.", KEY)
    server.answer_next(Answer(status=404), method="DELETE")

    site.retract(receipt)

    assert len(server.asked("DELETE", ONE)) == 1


@pytest.mark.parametrize(
    ("status", "code"), [(409, "answered"), (413, "too_long"), (400, "refused"), (422, "refused")]
)
def test_an_answer_that_trustpilot_refuses_is_refused(
    server: TrustpilotServer, site: Trustpilot, status: int, code: str
) -> None:
    server.write("Bad")
    mention = only(site)
    server.answer_next(Answer(status=status), method="POST")

    with pytest.raises(Refused) as caught:
        site.reply(mention, "We are sorry.", KEY)

    assert caught.value.code == code


def test_an_answer_of_another_kind_is_unknown(server: TrustpilotServer, site: Trustpilot) -> None:
    server.write("Bad")
    mention = only(site)
    server.answer_next(json_answer([1]), method="POST")

    with pytest.raises(OutcomeUnknown):
        site.reply(mention, "We are sorry.", KEY)


def test_a_review_that_is_none_is_tried_later(server: TrustpilotServer, site: Trustpilot) -> None:
    server.write("Bad")
    mention = only(site)
    server.faults_reach_lookups = True
    server.answer_next(json_answer({"id": "x"}), path=ONE)

    with pytest.raises(TryLater, match="no review"):
        site.reply(mention, "We are sorry.", KEY)


def test_a_person_answers_at_the_review_itself(site: Trustpilot) -> None:
    mention = shown(1)

    way = site.ability(mention, Contact(replies=1)).public

    assert way.route is Route.BY_HAND
    assert way.link("x") == mention.url


def test_nothing_is_said_in_private(site: Trustpilot) -> None:
    with pytest.raises(Unsupported):
        site.message(Author(id="a", handle="a"), "x", KEY)
    with pytest.raises(Unsupported):
        site.retract(Receipt(id="", private=True))


# Setting up


@pytest.mark.parametrize("key", ["business_unit_id", "business_user_id"])
def test_an_id_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(ValidationError, match=key):
        settings("http://127.0.0.1", **{key: f"{UNIT}/.."})


def test_the_registry_knows_it(server: TrustpilotServer) -> None:
    cls = load("trustpilot")

    assert cls.Settings is TrustpilotSettings
    assert cls(settings(server.url)).account.startswith("user ")
    assert Trustpilot(settings(server.url, account="Eva")).account == "Eva"
