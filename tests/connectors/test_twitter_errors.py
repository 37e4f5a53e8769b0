"""What X's refusals mean."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import ConnectorError, OutcomeUnknown, Refused, SetupError, TryLater
from connectors.twitter.errors import Doing, NotPermitted, NotUnderstood, meaning, reset_time
from tests.servers.x import NOT_ENGAGED, NOT_SUMMONED

SAMPLES = Path(__file__).parents[1] / "samples" / "twitter"
WRITES = [Doing.REPLY, Doing.MESSAGE, Doing.DELETE]
RESET = datetime(2026, 11, 20, 9, 15, tzinfo=UTC)
EPOCH = str(int(RESET.timestamp()))


def problem(name: str) -> object:
    found: object = json.loads((SAMPLES / f"problem_{name}.json").read_text())
    return found


def said(
    status: int, detail: str = "", *, doing: Doing = Doing.REPLY, kind: str = "about:blank"
) -> ConnectorError:
    body = {"detail": detail, "title": "Forbidden", "type": kind, "status": status}
    return meaning(status=status, headers={}, body=body, doing=doing)


class TestRateLimit:
    @pytest.mark.parametrize("doing", list(Doing))
    def test_names_when_to_come_back(self, doing: Doing) -> None:
        found = meaning(
            status=429,
            headers={"X-Rate-Limit-Reset": EPOCH},
            body=problem("rate_limit"),
            doing=doing,
        )

        assert isinstance(found, TryLater)
        assert found.at == RESET
        assert "2026-11-20 09:15:00 UTC" in str(found)

    def test_without_a_time_names_none(self) -> None:
        found = meaning(status=429, headers={}, body=None, doing=Doing.READ)

        assert isinstance(found, TryLater)
        assert found.at is None

    def test_of_the_day_counts_where_the_day_is_used_up(self) -> None:
        headers = {
            "x-rate-limit-reset": EPOCH,
            "x-app-limit-24hour-remaining": "0",
            "x-app-limit-24hour-reset": str(int(EPOCH) + 3600),
            "x-user-limit-24hour-remaining": "12",
            "x-user-limit-24hour-reset": str(int(EPOCH) + 7200),
        }

        assert reset_time(headers) == datetime(2026, 11, 20, 10, 15, tzinfo=UTC)

    @pytest.mark.parametrize("value", ["soon", "", "9" * 30, "-9" * 12, "1.5"])
    def test_with_a_time_that_is_none_names_none(self, value: str) -> None:
        assert reset_time({"x-rate-limit-reset": value}) is None


class TestWhatAPersonMustMend:
    @pytest.mark.parametrize("doing", list(Doing))
    @pytest.mark.parametrize(("status", "word"), [(401, "login"), (402, "credits")])
    def test_is_the_login_and_the_credit(self, status: int, word: str, doing: Doing) -> None:
        found = said(status, doing=doing)

        assert isinstance(found, SetupError)
        assert word in str(found)

    @pytest.mark.parametrize("doing", list(Doing))
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (403, "client-forbidden"),
            (403, "oauth1-permissions"),
            (403, "unsupported-authentication"),
            (429, "usage-capped"),
        ],
    )
    def test_is_a_permission_or_a_plan(self, status: int, kind: str, doing: Doing) -> None:
        found = said(status, doing=doing, kind=f"https://api.twitter.com/2/problems/{kind}")

        assert isinstance(found, NotPermitted)
        assert kind in str(found)

    @pytest.mark.parametrize(
        "detail",
        [
            "Your account is suspended and is not permitted to access this feature.",
            "To protect our users, this account is temporarily locked.",
            "You currently have access to a subset of X API V2 endpoints",
        ],
    )
    def test_is_an_account_that_x_stopped(self, detail: str) -> None:
        assert isinstance(said(403, detail), NotPermitted)

    def test_is_what_may_not_be_read(self) -> None:
        assert isinstance(said(403, "No.", doing=Doing.READ), NotPermitted)
        assert isinstance(said(404, doing=Doing.READ), NotPermitted)

    def test_is_a_request_that_x_does_not_understand_with_its_parameters(self) -> None:
        found = meaning(status=400, headers={}, body=problem("since_id"), doing=Doing.READ)

        assert isinstance(found, NotUnderstood)
        assert found.names == {"since_id"}
        assert "since_id" in str(found)

    @pytest.mark.parametrize("parameters", [None, 5, ["query"], {}])
    def test_is_such_a_request_where_x_names_no_parameter(self, parameters: object) -> None:
        body = {"errors": [{"parameters": parameters}]}

        found = meaning(status=400, headers={}, body=body, doing=Doing.READ)

        assert isinstance(found, NotUnderstood)
        assert found.names == set()


class TestRefusals:
    @pytest.mark.parametrize(
        ("detail", "code"),
        [
            (NOT_SUMMONED, "not_summoned"),
            (
                NOT_ENGAGED,
                "not_summoned",
            ),
            ("You attempted to reply to a Tweet that is deleted or not visible to you.", "gone"),
            ("You have been blocked from replying to this user.", "blocked"),
            ("You cannot send messages to this user.", "closed"),
            ("You do not have permission to DM one or more participants.", "closed"),
            ("Sender is not verified to send message requests", "closed"),
            ("Your Tweet text is too long.", "too_long"),
            ("Because.", "refused"),
        ],
    )
    def test_are_told_apart_by_their_words(self, detail: str, code: str) -> None:
        found = said(403, detail)

        assert isinstance(found, Refused)
        assert found.code == code

    def test_are_known_by_the_words_of_the_older_list_too(self) -> None:
        body = {"errors": [{"code": 349, "message": "You cannot send messages to this user."}]}

        found = meaning(status=403, headers={}, body=body, doing=Doing.MESSAGE)

        assert isinstance(found, Refused)
        assert found.code == "closed"

    @pytest.mark.parametrize("errors", ["x", 17, [17, None], [{"parameters": 5}], [{"message": 5}]])
    def test_in_no_shape_that_is_known_are_refusals_still(self, errors: object) -> None:
        for status in (400, 403):
            found = meaning(status=status, headers={}, body={"errors": errors}, doing=Doing.MESSAGE)
            assert isinstance(found, Refused)

    def test_are_recorded_as_reported(self) -> None:
        body = problem("not_summoned")

        found = meaning(status=403, headers={}, body=body, doing=Doing.REPLY)

        assert isinstance(found, Refused)
        assert found.code == "not_summoned"

    @pytest.mark.parametrize("doing", WRITES)
    def test_for_what_is_no_longer_there_say_gone(self, doing: Doing) -> None:
        found = said(404, doing=doing)

        assert isinstance(found, Refused)
        assert found.code == "gone"

    @pytest.mark.parametrize("status", [400, 413, 422])
    def test_for_an_invalid_text_are_for_good(self, status: int) -> None:
        found = said(status, "One or more parameters to your request was invalid.")

        assert isinstance(found, Refused)
        assert found.code == "invalid"

    def test_never_quote_what_x_says_of_a_text(self) -> None:
        for status in (400, 403, 404, 500):
            assert "SECRET-CODE" not in str(said(status, "`text` [SECRET-CODE] is invalid"))


class TestWhatMayHaveBeenApplied:
    @pytest.mark.parametrize("doing", WRITES)
    @pytest.mark.parametrize("status", [301, 408, 409, 418, 500, 502, 503, 504, 520])
    def test_is_unknown_for_a_write_and_later_for_a_read(self, status: int, doing: Doing) -> None:
        assert isinstance(said(status, doing=doing), OutcomeUnknown)
        assert isinstance(said(status, doing=Doing.READ), TryLater)

    def test_is_unknown_where_x_calls_it_a_duplicate(self) -> None:
        found = meaning(status=403, headers={}, body=problem("duplicate"), doing=Doing.REPLY)

        assert isinstance(found, OutcomeUnknown)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["errors", "detail", "title", "type", "parameters", "message"]), inner
        )
    ),
    max_leaves=10,
)


@given(
    st.integers(min_value=300, max_value=599),
    st.dictionaries(
        st.sampled_from(["x-rate-limit-reset", "X-App-Limit-24hour-Remaining"]), st.text()
    ),
    json_values,
    st.sampled_from(Doing),
)
def test_every_answer_means_one_of_our_errors(
    status: int, headers: dict[str, str], body: object, doing: Doing
) -> None:
    assert isinstance(
        meaning(status=status, headers=headers, body=body, doing=doing),
        TryLater | SetupError | Refused | OutcomeUnknown,
    )
