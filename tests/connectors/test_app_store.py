from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from connectors.app_store import AppStore, AppStoreSettings, parse
from connectors.app_store.posts import answers_in, read
from connectors.app_store.wire import Session
from connectors.base import Author, Life, Mention, Receipt, Route
from connectors.errors import (
    BadPayload,
    OutcomeUnknown,
    Refused,
    SetupError,
    TryLater,
    Unsupported,
)
from connectors.registry import load
from connectors.web import Call, Web
from tests.servers.app_store import (
    ANSWERS,
    APP,
    ISSUER,
    KEY_ID,
    LIST,
    ONE,
    AppStoreServer,
    key_file,
    sample,
    settings,
)
from tests.servers.google_play import private_key as rsa_key
from tests.servers.http import Answer, html_answer, json_answer

KEY = "the-same-on-every-try"


@pytest.fixture
def server() -> Iterator[AppStoreServer]:
    with AppStoreServer() as running:
        yield running


@pytest.fixture
def store(server: AppStoreServer) -> AppStore:
    return AppStore(settings(server.url))


def only(store: AppStore) -> Mention:
    (mention,) = store.poll(None).mentions
    return mention


def shown(index: int) -> Mention:
    return parse(sample("reviews")["data"][index], app_id=APP)


# Reading


def test_a_review_is_read_with_its_answer() -> None:
    page = sample("reviews")

    review = read(page["data"][0], answers_in(page["included"]), app_id=APP)

    assert review.mention.text == "★☆☆☆☆ No refund\nThey took the money & sent nothing."
    assert review.mention.author.handle == "maria_k"
    assert review.mention.created_at == datetime(2026, 11, 17, 17, 10, 11, tzinfo=UTC)
    assert review.mention.url == f"https://apps.apple.com/app/id{APP}?see-all=reviews"
    assert not review.mention.replies_open
    assert review.said is not None
    assert review.said.text == "We are sorry, and have written to you."


def test_a_review_without_title_or_name_is_read() -> None:
    assert shown(1).text == "★★☆☆☆ Où est ma commande ?"
    assert shown(1).replies_open
    assert shown(2).text == "★★★★★ Great"
    assert shown(2).author.handle == "A customer"


def test_a_review_without_a_text_is_named() -> None:
    with pytest.raises(BadPayload, match="no text") as caught:
        shown(3)

    assert caught.value.item.endswith("000000000001")


@pytest.mark.parametrize(
    "payload", [{}, {"id": ""}, {"id": "a"}, {"id": "a", "attributes": {"createdDate": "soon"}}]
)
def test_what_cannot_be_read_is_named(payload: dict[str, Any]) -> None:
    with pytest.raises(BadPayload):
        parse(payload, app_id=APP)


def test_an_answer_that_cannot_be_read_is_there_all_the_same() -> None:
    page = sample("reviews")
    whole = page["included"][0]
    undated = whole | {"attributes": {"responseBody": "x"}}
    strangers = [whole | {"type": "territories"}, whole | {"id": 5}, None]

    for included, text in (([undated], "x"), (strangers, ""), (None, "")):
        review = read(page["data"][0], answers_in(included), app_id=APP)
        assert review.said is not None
        assert (review.said.id, review.said.text) == (whole["id"], text)
        assert review.said.at == review.mention.created_at


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
shaped = st.fixed_dictionaries(
    {},
    optional={
        "id": st.text() | json_values,
        "attributes": st.fixed_dictionaries(
            {},
            optional={
                "rating": json_values,
                "title": st.text() | json_values,
                "body": st.text() | json_values,
                "reviewerNickname": json_values,
                "createdDate": st.datetimes().map(str) | json_values,
            },
        )
        | json_values,
        "relationships": st.dictionaries(st.just("response"), json_values) | json_values,
    },
)


@given(shaped, json_values)
def test_any_shape_gives_a_mention_or_a_named_error(payload: dict[str, Any], more: object) -> None:
    with suppress(BadPayload):
        mention = read(payload, answers_in(more), app_id=APP).mention
        assert mention.id
        assert mention.text.strip()
        assert mention.created_at.tzinfo == UTC
        mention.text.encode()
        mention.id.encode()


# Polling


def test_pages_are_followed_by_their_cursor_and_never_to_another_host(
    server: AppStoreServer, store: AppStore
) -> None:
    server.page_size = 4
    expected = {server.write(f"Complaint {number}").id for number in range(10)}

    found: set[str] = set()
    batch = store.poll(None)
    found |= {mention.id for mention in batch.mentions}
    while batch.more:
        batch = store.poll(batch.cursor)
        found |= {mention.id for mention in batch.mentions}

    assert found == expected


def test_a_page_token_that_apple_forgot_begins_the_round_anew(
    server: AppStoreServer, store: AppStore
) -> None:
    server.page_size = 3
    for number in range(10):
        server.write(f"Complaint {number}")
    first = store.poll(None)
    server.stale_tokens = True

    assert not store.poll(first.cursor).more


@pytest.mark.parametrize("link", [5, "http://[", "https://a.example/no-cursor"])
def test_a_link_to_the_next_page_that_leads_nowhere_is_the_end(
    server: AppStoreServer, store: AppStore, link: object
) -> None:
    page = sample("reviews") | {"links": {"next": link}}
    server.answer_next(json_answer(page), path=LIST)

    batch = store.poll(None)

    assert (len(batch.mentions), len(batch.bad), batch.more) == (3, 1, False)


@pytest.mark.parametrize("body", [{}, {"data": {}}, []])
def test_an_answer_of_another_shape_is_tried_later(
    server: AppStoreServer, store: AppStore, body: object
) -> None:
    server.answer_next(json_answer(body), path=LIST)

    with pytest.raises(TryLater):
        store.poll(None)


# Logging in


def test_a_token_is_kept_and_made_anew_before_its_end(server: AppStoreServer) -> None:
    seconds = [0.0]
    server.leeway = 4000
    session = Session(
        web=Web(timeout=5),
        api_url=server.url,
        issuer_id=ISSUER,
        key_id=KEY_ID,
        key=key_file(),
        monotonic=lambda: seconds[0],
    )
    call = Call(platform="The App Store", doing="reading")

    for at in (0.0, 500.0, 540.0):
        seconds[0] = at
        params: dict[str, str | int] = {"sort": "-createdDate", "limit": 1}
        session.ask(call, "GET", LIST, params=params)

    tokens = [request.headers["authorization"] for request in server.asked("GET", LIST)]
    assert tokens[0] == tokens[1] != tokens[2]
    assert len([request for request in server.requests if request.path == "/"]) == 1


@pytest.mark.parametrize("key", ["hunter2", ""])
def test_a_key_that_is_none_is_named_and_not_shown(server: AppStoreServer, key: str) -> None:
    with pytest.raises(SetupError, match="private_key") as caught:
        AppStore(settings(server.url, private_key=SecretStr(key))).poll(None)

    assert "hunter2" not in str(caught.value)


def test_a_key_for_another_service_is_named(server: AppStoreServer) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    with pytest.raises(SetupError, match="ES256"):
        AppStore(settings(server.url, private_key=SecretStr(pem))).poll(None)


def test_a_role_that_may_not_read_reviews_is_named(server: AppStoreServer, store: AppStore) -> None:
    server.refusal = sample("error_role")

    (problem,) = store.check()

    assert problem.fatal
    assert "FORBIDDEN_ERROR" in problem.what
    assert "Customer Support" in problem.do


def test_an_app_that_is_not_there_is_named(server: AppStoreServer) -> None:
    with pytest.raises(SetupError, match="app 999"):
        AppStore(settings(server.url, app_id="999")).poll(None)


def test_a_request_that_apple_does_not_understand_is_named(
    server: AppStoreServer, store: AppStore
) -> None:
    server.answer_next(json_answer({"errors": "x"}, status=400), path=LIST)

    with pytest.raises(SetupError, match="app_id"):
        store.poll(None)


# Answering


def test_an_answer_is_pending_and_found_again(server: AppStoreServer, store: AppStore) -> None:
    server.write("Bad")
    mention = only(store)

    receipt = store.reply(mention, "We are sorry.", KEY)

    assert store.reply(mention, "We are sorry.", KEY) == receipt
    assert store.find_own_reply(mention, "We are sorry.") == receipt
    assert server.writes() == 1


def test_a_colleagues_answer_is_not_replaced(server: AppStoreServer, store: AppStore) -> None:
    review = server.write("Bad")
    mention = only(store)
    server.answer_by_hand(review.id, "Please call us.")

    with pytest.raises(Refused) as caught:
        store.reply(mention, "We are sorry.", KEY)

    assert caught.value.code == "answered"
    assert server.writes() == 0


def test_a_customer_who_changed_the_review_gets_another_answer(
    server: AppStoreServer, store: AppStore
) -> None:
    review = server.write("Bad")
    mention = only(store)
    store.reply(mention, "We are sorry.", KEY)
    server.change(review.id, "Sorry is not enough")

    ours, theirs = store.conversation(mention)
    assert (ours.ours, theirs.ours) == (True, False)
    assert store.look([theirs]) == {theirs.id: Life.ALIVE}
    assert store.ability(theirs).public.route is Route.API
    store.reply(theirs, "Your money is on its way.", KEY)

    assert review.said == "Your money is on its way."


def test_a_conflict_with_our_own_answer_that_came_late_is_that_answer(
    server: AppStoreServer, store: AppStore
) -> None:
    review = server.write("Bad")
    mention = only(store)
    empty = {"data": sample("reviews")["data"][1] | {"id": review.id}}
    server.faults_reach_lookups = True
    server.answer_next(json_answer(empty), method="GET", path=ONE)
    server.refuses_to_replace = True
    server.answer_by_hand(review.id, "We are sorry.")

    receipt = store.reply(mention, "We are sorry.", KEY)

    assert receipt.id == review.said_id


def test_a_conflict_with_another_answer_is_refused(server: AppStoreServer, store: AppStore) -> None:
    server.write("Bad")
    mention = only(store)
    server.answer_next(json_answer(sample("error_conflict"), status=409), method="POST")

    with pytest.raises(Refused) as caught:
        store.reply(mention, "We are sorry.", KEY)

    assert caught.value.code == "answered"


def test_a_conflict_that_cannot_be_looked_into_is_unknown(
    server: AppStoreServer, store: AppStore
) -> None:
    review = server.write("Bad")
    mention = only(store)
    server.answer_next(json_answer(sample("error_conflict"), status=409), method="POST")
    server.faults_reach_lookups = True
    server.answer_next(
        json_answer({"data": sample("reviews")["data"][1] | {"id": review.id}}), path=ONE
    )
    server.answer_next(Answer(status=503), path=ONE)

    with pytest.raises(OutcomeUnknown):
        store.reply(mention, "We are sorry.", KEY)


@pytest.mark.parametrize(
    ("status", "detail", "code"),
    [(422, "The length is too large", "too_long"), (422, "no", "refused"), (400, "no", "refused")],
)
def test_an_answer_that_apple_refuses_is_refused(
    server: AppStoreServer, store: AppStore, status: int, detail: str, code: str
) -> None:
    server.write("Bad")
    mention = only(store)
    error = {"code": "x" * 200, "detail": detail}
    server.answer_next(json_answer({"errors": [error]}, status=status), method="POST")

    with pytest.raises(Refused) as caught:
        store.reply(mention, "We are sorry.", KEY)

    assert caught.value.code == code
    assert "xxx" not in str(caught.value)


def test_an_answer_without_its_id_is_unknown(server: AppStoreServer, store: AppStore) -> None:
    server.write("Bad")
    mention = only(store)
    server.answer_next(json_answer({"data": {}}, status=201), method="POST", path=ANSWERS)

    with pytest.raises(OutcomeUnknown):
        store.reply(mention, "We are sorry.", KEY)


@pytest.mark.parametrize("answer", [json_answer({"data": {}}), html_answer()])
def test_a_review_that_is_none_is_tried_later(
    server: AppStoreServer, store: AppStore, answer: Answer
) -> None:
    server.write("Bad")
    mention = only(store)
    server.faults_reach_lookups = True
    server.answer_next(answer, path=ONE)

    with pytest.raises(TryLater):
        store.reply(mention, "We are sorry.", KEY)


def test_nothing_is_said_in_private(store: AppStore) -> None:
    with pytest.raises(Unsupported):
        store.message(Author(id="a", handle="a"), "x", KEY)
    with pytest.raises(Unsupported):
        store.retract(Receipt(id=""))


def test_an_id_stays_one_part_of_the_address(server: AppStoreServer, store: AppStore) -> None:
    store.retract(Receipt(id="../apps?x"))

    assert server.requests[-1].path == f"{ANSWERS}/..%2Fapps%3Fx"


# Setting up


@pytest.mark.parametrize(
    ("key", "value"),
    [("app_id", "acme"), ("issuer_id", "me"), ("key_id", ""), ("api_url", "apple.com")],
)
def test_a_setting_that_is_none_is_refused(key: str, value: str) -> None:
    with pytest.raises(ValidationError, match=key):
        settings("http://127.0.0.1", **{key: value})


def test_the_registry_knows_it(server: AppStoreServer) -> None:
    cls = load("app_store")

    assert cls.Settings is AppStoreSettings
    assert cls(settings(server.url)).account == f"app {APP}"
    assert AppStore(settings(server.url, account="Acme")).account == "Acme"
