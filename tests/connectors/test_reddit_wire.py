import json
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import SSLCertVerificationError
from threading import Thread, Timer

import pytest
import requests
from urllib3 import HTTPSConnectionPool
from urllib3.exceptions import MaxRetryError, SSLError

from connectors.base import Author, Mention
from connectors.errors import ConnectorError, OutcomeUnknown, Refused, SetupError, TryLater
from connectors.reddit import Reddit
from connectors.reddit.wire import LEFT_FOR_WRITES, Call, LoginEnded, NotReadable, judge, unanswered
from monitor.clock import now
from tests.servers.http import Answer, html_answer, json_answer
from tests.servers.reddit import OURS, TOKEN_PATH, RedditPlatform, RedditServer, settings

SOON = 0.3


@pytest.fixture(autouse=True)
def _nothing_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(seconds: float) -> None:
        raise AssertionError(f"a call wanted to sleep for {seconds} s")

    monkeypatch.setattr(time, "sleep", sleep)


@pytest.fixture
def server() -> Iterator[RedditServer]:
    with RedditServer() as running:
        yield running


@pytest.fixture
def reddit(server: RedditServer) -> Reddit:
    return Reddit(settings(server.url))


@pytest.fixture
def mention(server: RedditServer, reddit: Reddit) -> Mention:
    server.comment("maria", "Awful.", names_us=True)
    (found,) = reddit.poll(None).mentions
    server.requests.clear()
    return found


def replies(server: RedditServer) -> int:
    return sum(1 for thing in server.things.values() if thing.author == OURS and thing.parent)


MARIA = Author(id="maria", handle="maria")


# What a lost answer means


@pytest.mark.parametrize("fault", ["lose_next", "drop_next", "hang_next"])
def test_a_post_whose_answer_is_lost_is_never_sent_again(
    server: RedditServer, mention: Mention, fault: str
) -> None:
    reddit = Reddit(settings(server.url, timeout_seconds=SOON))
    getattr(server, fault)(method="POST", path="/api/comment")

    with pytest.raises(OutcomeUnknown, match="POST /api/comment may have been applied or not"):
        reddit.reply(mention, "We are sorry.", "k")

    assert len(server.asked("POST", "/api/comment")) == 1
    assert replies(server) == (0 if fault == "drop_next" else 1)


@pytest.mark.parametrize("fault", ["lose_next", "drop_next", "hang_next"])
def test_a_message_whose_answer_is_lost_is_never_sent_again(
    server: RedditServer, fault: str
) -> None:
    reddit = Reddit(settings(server.url, timeout_seconds=SOON))
    getattr(server, fault)(method="POST", path="/api/compose")

    with pytest.raises(OutcomeUnknown):
        reddit.message(MARIA, "We are sorry.", "k")

    assert len(server.asked("POST", "/api/compose")) == 1
    assert len(server.messages) == (0 if fault == "drop_next" else 1)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 520, 522, 599, 302, 307, 204])
def test_a_post_that_is_answered_with_a_broken_status_is_never_sent_again(
    server: RedditServer, reddit: Reddit, mention: Mention, status: int
) -> None:
    server.answer_next(Answer(status=status, headers={"Location": "/elsewhere"}), method="POST")

    with pytest.raises(OutcomeUnknown, match=f"status {status}"):
        reddit.reply(mention, "We are sorry.", "k")

    assert len(server.asked("POST", "/")) == 1


@pytest.mark.parametrize(
    "answer",
    [
        html_answer(),
        html_answer(502),
        json_answer("a string"),
        json_answer([]),
        json_answer({}),
        json_answer({"json": []}),
        Answer(body=b""),
    ],
)
def test_a_post_whose_answer_says_nothing_may_have_been_applied(
    server: RedditServer, reddit: Reddit, mention: Mention, answer: Answer
) -> None:
    server.answer_next(answer, method="POST")

    with pytest.raises(OutcomeUnknown):
        reddit.reply(mention, "We are sorry.", "k")

    assert len(server.asked("POST", "/")) == 1


@pytest.mark.parametrize("fault", ["lose_next", "drop_next", "hang_next"])
def test_a_read_whose_answer_is_lost_is_left_to_the_next_poll(
    server: RedditServer, fault: str
) -> None:
    reddit = Reddit(settings(server.url, timeout_seconds=SOON))
    getattr(server, fault)(method="GET")

    with pytest.raises(TryLater):
        reddit.poll(None)

    assert len(server.asked("GET", "/")) == 1


@pytest.mark.parametrize(
    "answer", [html_answer(), html_answer(503), json_answer({}, status=500), json_answer("x")]
)
def test_a_read_that_is_answered_with_something_else_is_left_to_the_next_poll(
    server: RedditServer, reddit: Reddit, answer: Answer
) -> None:
    server.answer_next(answer, method="GET")

    with pytest.raises(TryLater):
        reddit.poll(None)

    assert len(server.asked("GET", "/")) == 1


def test_our_time_out_is_the_one_that_applies(server: RedditServer) -> None:
    reddit = Reddit(settings(server.url, timeout_seconds=SOON))
    server.hang_next(method="GET")
    # Whoever waits longer than we allow, as praw's 16 seconds do, meets a broken connection.
    watchdog = Timer(5, server.release)
    watchdog.start()

    with pytest.raises(TryLater, match=r"did not answer within 0\.3 seconds"):
        reddit.poll(None)
    watchdog.cancel()
    watchdog.join()


def test_a_login_that_hangs_has_the_same_time_out_and_nothing_was_written(
    server: RedditServer, mention: Mention
) -> None:
    reddit = Reddit(settings(server.url, timeout_seconds=SOON))
    server.faults_reach_login = True
    server.hang_next(path=TOKEN_PATH)

    with pytest.raises(TryLater, match=r"did not answer within 0\.3 seconds"):
        reddit.reply(mention, "We are sorry.", "k")

    assert server.asked("POST", "/api/comment") == []


def test_a_server_that_refuses_connections_has_applied_nothing(
    server: RedditServer, reddit: Reddit, mention: Mention
) -> None:
    server.go_down()

    with pytest.raises(TryLater, match="was not sent"):
        reddit.reply(mention, "We are sorry.", "k")
    server.come_back()

    assert reddit.reply(mention, "We are sorry.", "k").id


class OneAnswerAConnection(BaseHTTPRequestHandler):
    """Keeps each connection open after its answer, and drops it at the next request."""

    protocol_version = "HTTP/1.1"
    timeout = 5

    def setup(self) -> None:
        super().setup()
        self.answered = False

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.answered:
            self.close_connection = True
            return
        self.answered = True
        token = {"access_token": "t", "expires_in": 3600, "scope": "*"}
        page = {"kind": "Listing", "data": {"children": [], "after": None}}
        answers: dict[str, object] = {TOKEN_PATH: token, "/api/compose": {"json": {"errors": []}}}
        body = json.dumps(answers.get(self.path.partition("?")[0], page)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815 - http.server's names


def test_a_write_does_not_go_into_a_connection_that_may_be_dead() -> None:
    # It would be lost, and nobody could say whether it was applied.
    with ThreadingHTTPServer(("127.0.0.1", 0), OneAnswerAConnection) as idle:
        serving = Thread(target=idle.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        try:
            reddit = Reddit(settings(f"http://127.0.0.1:{idle.server_address[1]}"))
            reddit.poll(None)

            assert reddit.message(MARIA, "We are sorry.", "k").private
        finally:
            idle.shutdown()
            serving.join()


# Refusals


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("NOT_WHITELISTED_BY_USER_MESSAGE", "closed"),
        ("USER_DOESNT_EXIST", "gone"),
        ("TOO_LONG", "too_long"),
        ("DELETED_LINK", "gone"),
        ("THREAD_LOCKED", "locked"),
        ("SOMETHING_NEW", "something_new"),
    ],
)
def test_reddits_words_for_no_are_final(
    server: RedditServer, reddit: Reddit, word: str, code: str
) -> None:
    server.refusals["/api/compose"] = [word, "quoting what the customer wrote", "to"]

    with pytest.raises(Refused, match=word) as caught:
        reddit.message(MARIA, "We are sorry.", "k")

    assert caught.value.code == code
    assert "customer" not in str(caught.value)


@pytest.mark.parametrize("errors", [[[]], [[None, "x"]], "RATELIMIT!", [["<b>", "x", "y"]], [7]])
def test_a_refusal_without_a_readable_word_is_a_refusal(
    server: RedditServer, reddit: Reddit, errors: object
) -> None:
    server.answer_next(json_answer({"json": {"errors": errors}}), path="/api/compose")

    with pytest.raises(Refused):
        reddit.message(MARIA, "We are sorry.", "k")


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"message": "Bad Request", "error": 400}, "http_400"),
        (400, {"reason": "USER_DOESNT_EXIST", "explanation": "x", "fields": ["to"]}, "gone"),
        (403, {"message": "Forbidden", "error": 403}, "forbidden"),
        (403, {"reason": "private", "error": 403}, "private"),
        (404, {"message": "Not Found", "error": 404}, "gone"),
        (404, None, "gone"),
        (409, {"message": "Conflict", "error": 409}, "http_409"),
        (413, None, "too_long"),
        (415, {"reason": "special errors"}, "special_errors"),
    ],
)
def test_a_write_that_is_refused_by_status_is_final(
    server: RedditServer, reddit: Reddit, status: int, body: object, code: str
) -> None:
    server.answer_next(json_answer(body, status=status), path="/api/compose")

    with pytest.raises(Refused) as caught:
        reddit.message(MARIA, "We are sorry.", "k")

    assert caught.value.code == code
    assert len(server.asked("POST", "/api/compose")) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 451, 301])
def test_a_page_that_may_not_be_read_is_for_a_person(
    server: RedditServer, reddit: Reddit, status: int
) -> None:
    reddit = Reddit(settings(server.url, subreddits=(), mentions=True))
    answer = json_answer({"reason": "quarantined"}, status=status, headers={"Location": "/s"})
    server.answer_next(answer, method="GET")

    with pytest.raises(NotReadable, match="/message/mentions"):
        reddit.poll(None)


def test_a_missing_permission_is_for_a_person(server: RedditServer, reddit: Reddit) -> None:
    demand = {"www-authenticate": 'Bearer realm="reddit", error="insufficient_scope"'}
    server.answer_next(json_answer({}, status=403, headers=demand), path="/api/compose")

    with pytest.raises(SetupError, match="permissions do not cover"):
        reddit.message(MARIA, "We are sorry.", "k")


def test_a_front_door_that_blocks_us_is_for_a_person(server: RedditServer, reddit: Reddit) -> None:
    server.answer_next(html_answer(403), path="/api/compose")

    with pytest.raises(SetupError, match="blocks this user_agent or this network"):
        reddit.message(MARIA, "We are sorry.", "k")


def test_an_account_that_must_mend_something_is_for_a_person(
    server: RedditServer, reddit: Reddit
) -> None:
    server.refusals["/api/compose"] = ["USER_REQUIRED", "please log in to do that", ""]

    with pytest.raises(SetupError, match="USER_REQUIRED"):
        reddit.message(MARIA, "We are sorry.", "k")


def test_a_break_on_reddits_side_leaves_the_outcome_open(
    server: RedditServer, reddit: Reddit
) -> None:
    server.refusals["/api/compose"] = ["SOMETHING_IS_BROKEN", "sorry", ""]

    with pytest.raises(OutcomeUnknown):
        reddit.message(MARIA, "We are sorry.", "k")


def test_half_an_emoji_is_refused_before_it_leaves(server: RedditServer, reddit: Reddit) -> None:
    with pytest.raises(Refused, match="cannot be sent") as caught:
        reddit.message(MARIA, "sorry \ud83d", "k")

    assert caught.value.code == "unsendable"
    assert server.asked("POST", "/api/compose") == []


# The rate limit


def test_a_429_names_the_time_to_come_back(server: RedditServer, reddit: Reddit) -> None:
    wanted = {"retry-after": "90", "x-ratelimit-reset": "30"}
    server.answer_next(json_answer({}, status=429, headers=wanted), path="/api/compose")
    before = now()

    with pytest.raises(TryLater) as caught:
        reddit.message(MARIA, "We are sorry.", "k")

    at = caught.value.at
    assert at is not None
    # The server's clock has whole seconds.
    assert before + timedelta(seconds=89) <= at <= now() + timedelta(seconds=90)
    assert server.messages == []


def test_a_429_without_a_time_names_none(server: RedditServer, reddit: Reddit) -> None:
    server.answer_next(html_answer(429), path="/api/compose")

    with pytest.raises(TryLater) as caught:
        reddit.message(MARIA, "We are sorry.", "k")

    assert caught.value.at is None


def test_a_limited_login_has_applied_nothing(server: RedditServer) -> None:
    server.limited_for = 60

    with pytest.raises(TryLater) as caught:
        Reddit(settings(server.url)).message(MARIA, "We are sorry.", "k")

    assert caught.value.at is not None


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Take a break for 9 minutes before trying again.", 600),
        ("try again in 1 second.", 2),
        ("try again in 3 hours", 4 * 3600),
        ("try again in 500 milliseconds", 0.501),
    ],
)
def test_an_account_that_writes_too_often_is_told_when_it_may(
    server: RedditServer, reddit: Reddit, message: str, seconds: float
) -> None:
    server.refusals["/api/comment"] = ["RATELIMIT", message, "ratelimit"]
    parent = server.comment("maria", "Awful.")
    before = now()

    with pytest.raises(TryLater, match="write less often") as caught:
        reddit.reply(comment_mention(parent.name), "We are sorry.", "k")

    at = caught.value.at
    assert at is not None
    wait = timedelta(seconds=seconds)
    assert before + wait - timedelta(seconds=1) <= at <= now() + wait
    assert len(server.asked("POST", "/api/comment")) == 1


def comment_mention(name: str) -> Mention:
    return Mention(
        platform="reddit",
        id=name,
        author=MARIA,
        text="Awful.",
        created_at=datetime(2026, 11, 1, tzinfo=UTC),
    )


def test_the_number_of_seconds_is_believed_before_the_sentence(
    server: RedditServer, reddit: Reddit
) -> None:
    errors = [["RATELIMIT", "Take a break for 9 minutes.", "ratelimit"]]
    answer = json_answer({"json": {"ratelimit": 30.5, "errors": errors}})
    server.answer_next(answer, path="/api/compose")

    with pytest.raises(TryLater) as caught:
        reddit.message(MARIA, "We are sorry.", "k")

    assert caught.value.at is not None
    assert caught.value.at <= now() + timedelta(seconds=31)


@pytest.mark.parametrize("message", ["later", "", None])
def test_a_wait_that_is_not_named_is_not_guessed(
    server: RedditServer, reddit: Reddit, message: object
) -> None:
    answer = json_answer({"json": {"errors": [["QUOTA_FILLED", message, ""]]}})
    server.answer_next(answer, path="/api/compose")

    with pytest.raises(TryLater) as caught:
        reddit.message(MARIA, "We are sorry.", "k")

    assert caught.value.at is None


class Watch:
    """A stopwatch that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_reads_leave_the_last_calls_of_a_window_to_what_was_approved(server: RedditServer) -> None:
    watch = Watch()
    reddit = Reddit(settings(server.url), monotonic=watch)
    server.left, server.reset = LEFT_FOR_WRITES + 2, 120
    reddit.poll(None)  # logs in and reads: what is left is for writes
    server.requests.clear()

    with pytest.raises(TryLater, match="nothing was asked") as caught:
        reddit.poll(None)
    reddit.message(MARIA, "We are sorry.", "k")

    assert caught.value.at is not None
    assert abs(caught.value.at - now()) < timedelta(seconds=130)
    assert [request.method for request in server.requests] == ["POST"]


def test_a_used_up_window_stops_writes_too_until_it_is_over(server: RedditServer) -> None:
    watch = Watch()
    reddit = Reddit(settings(server.url), monotonic=watch)
    server.left, server.reset = 1, 120
    with pytest.raises(TryLater):
        reddit.poll(None)  # the login itself was the last call

    with pytest.raises(TryLater, match="nothing was asked"):
        reddit.message(MARIA, "We are sorry.", "k")
    watch.seconds = 121
    server.left = 1000
    reddit.message(MARIA, "We are sorry.", "k")

    assert len(server.messages) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-remaining": "none", "x-ratelimit-reset": "300", "x-ratelimit-used": "?"},
        {"x-ratelimit-remaining": "-1", "x-ratelimit-reset": "300"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "nan"},
        {"x-ratelimit-remaining": "0"},
    ],
)
def test_a_rate_limit_that_cannot_be_read_stops_nothing(
    server: RedditServer, reddit: Reddit, headers: dict[str, str]
) -> None:
    server.answer_next(json_answer({"json": {"errors": []}}, headers=headers), method="POST")
    reddit.message(MARIA, "We are sorry.", "k")

    reddit.message(MARIA, "We are sorry.", "k")

    assert len(server.asked("POST", "/api/compose")) == 2


def test_a_server_without_a_clock_names_no_time() -> None:
    response = requests.Response()
    response.status_code = 429
    response.headers["retry-after"] = "5"

    error = judge(Call(method="GET", path="/x", login=False), response)

    assert isinstance(error, TryLater)
    assert error.at is None


# The login


def test_a_token_that_ends_early_is_renewed_and_the_write_left_to_the_next_try(
    server: RedditServer, reddit: Reddit, mention: Mention
) -> None:
    server.token = "token-2"

    with pytest.raises(TryLater, match="it is renewed now"):
        reddit.reply(mention, "We are sorry.", "k")
    assert replies(server) == 0
    reddit.reply(mention, "We are sorry.", "k")

    assert replies(server) == 1


def test_a_new_token_that_is_refused_as_well_is_for_a_person(
    server: RedditServer, reddit: Reddit
) -> None:
    server.answer_next(json_answer({}, status=401), method="GET", times=2)

    with pytest.raises(SetupError, match="no longer accepts this login") as caught:
        reddit.poll(None)

    assert not isinstance(caught.value, LoginEnded)
    assert len(server.asked("GET", "/")) == 2


def test_a_login_that_ends_for_good_is_for_a_person(
    server: RedditServer, reddit: Reddit, mention: Mention
) -> None:
    server.login_works = False

    with pytest.raises(SetupError, match="client_id or client_secret"):
        reddit.reply(mention, "We are sorry.", "k")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (json_answer({"error": "invalid_grant"}), "username or password are wrong"),
        (json_answer({"error": "invalid_grant"}, status=400), "username or password are wrong"),
        (json_answer({"error": "unsupported_grant_type"}), "not of the kind script"),
        (json_answer({"error": ["?"]}), "status 200"),
        (json_answer({"error": "new"}, status=400), "status 400"),
        (json_answer({"message": "Unauthorized", "error": 401}, status=401), "withdrawn"),
        (html_answer(403), "user_agent or this network"),
        (html_answer(404), "status 404"),
    ],
)
def test_a_refused_login_says_why_and_that_keys_need_approval(
    server: RedditServer, reddit: Reddit, answer: Answer, words: str
) -> None:
    server.faults_reach_login = True
    server.answer_next(answer, path=TOKEN_PATH)

    with pytest.raises(SetupError, match=words) as caught:
        reddit.poll(None)

    assert "only after it has approved" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "'secret'" not in repr(caught.value.__context__)


@pytest.mark.parametrize(
    "answer",
    [
        html_answer(),
        html_answer(503),
        json_answer({}),
        json_answer([]),
        json_answer({"access_token": 5, "expires_in": 60, "scope": "*"}),
        json_answer({"access_token": "t", "expires_in": "soon", "scope": "*"}),
        json_answer({"access_token": "t", "expires_in": 60}),
        json_answer({}, status=500),
    ],
)
def test_a_login_that_is_answered_with_something_else_is_tried_again_later(
    server: RedditServer, reddit: Reddit, answer: Answer
) -> None:
    server.faults_reach_login = True
    server.answer_next(answer, path=TOKEN_PATH)

    with pytest.raises(TryLater):
        reddit.message(MARIA, "We are sorry.", "k")
    assert server.asked("POST", "/api/compose") == []
    reddit.message(MARIA, "We are sorry.", "k")

    assert len(server.messages) == 1


# What praw must not bring along


def test_a_praw_ini_that_lies_around_does_not_matter(
    server: RedditServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = "http://127.0.0.1:9"
    ini = f"[DEFAULT]\noauth_url={evil}\nreddit_url={evil}\ntimeout=x\n[evil]\nusername=eve\n"
    (tmp_path / "praw.ini").write_text(ini, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("praw_site", "evil")
    monkeypatch.setenv("praw_refresh_token", "another")
    monkeypatch.setenv("praw_username", "eve")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    Reddit(settings(server.url)).poll(None)

    assert server.asked("POST", TOKEN_PATH)[0].form()["username"] == OURS


def test_every_request_says_who_we_are(server: RedditServer, reddit: Reddit) -> None:
    reddit.poll(None)

    assert {request.headers["user-agent"].split(" PRAW/")[0] for request in server.requests} == {
        f"python:amends:0.1 (by /u/{OURS})"
    }


def test_no_text_and_no_secret_reaches_a_log(
    server: RedditServer, reddit: Reddit, mention: Mention, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("prawcore").setLevel(logging.NOTSET)
    with caplog.at_level(logging.DEBUG):
        Reddit(settings(server.url)).reply(mention, "A very private text", "k")

    assert "very private" not in caplog.text
    assert "hunter2" not in caplog.text
    assert "token-1" not in caplog.text


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.exceptions.InvalidURL("x"), SetupError),
        (requests.exceptions.InvalidSchema("x"), SetupError),
        (
            requests.exceptions.SSLError(
                MaxRetryError(
                    HTTPSConnectionPool("reddit.example"),
                    "/",
                    SSLError(SSLCertVerificationError("self-signed")),
                )
            ),
            SetupError,
        ),
        (requests.exceptions.ConnectTimeout("x"), TryLater),
        (requests.exceptions.SSLError("broken in the middle"), OutcomeUnknown),
        (requests.exceptions.ChunkedEncodingError("x"), OutcomeUnknown),
    ],
)
def test_what_never_left_is_told_from_what_may_have_arrived(
    error: requests.RequestException, kind: type[ConnectorError]
) -> None:
    call = Call(method="POST", path="/api/comment", login=False)

    assert type(unanswered(call, error, 15)) is kind


def test_a_chain_of_errors_that_bites_its_tail_ends() -> None:
    first, second = requests.ConnectionError("a"), requests.ConnectionError("b")
    first.args, second.args = (second,), (first,)

    call = Call(method="GET", path="/x", login=False)

    assert isinstance(unanswered(call, first, 15), TryLater)


def test_the_platform_of_the_contract_counts_the_copies() -> None:
    with RedditPlatform() as platform:
        seeded = platform.seed("Awful.")
        connector = platform.connector()
        (found,) = connector.poll(None).mentions
        platform.lose_next_answer()

        with pytest.raises(OutcomeUnknown):
            connector.reply(found, "We are sorry.", "k")

        assert [(sent.to, sent.text) for sent in platform.public_replies()] == [
            (seeded, "We are sorry.")
        ]
        assert platform.writes() == 1
