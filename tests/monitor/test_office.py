"""The command, the shortcut and the page in Slack, by Socket Mode and by HTTP."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from pydantic import SecretStr
from slack_sdk.signature import SignatureVerifier

from connectors.errors import SetupError
from monitor import app, office
from monitor.config import SettingsError, check
from monitor.office import FrontOffice
from monitor.outages import Outage
from responders.card import Verb
from responders.case import CaseState
from responders.policy import Person
from responders.slack import front, http_mode
from responders.slack.client import make_client
from responders.slack.socket_mode import make_app
from tests.monitor import posts
from tests.monitor.team import ANGRY, CHANNEL, EVA, FRIDAY, MILD, TOM, Team
from tests.servers.slack import APP_TOKEN, BOT_TOKEN

SECRET = "signing-secret"
STRANGER = Person(id="U0SAM", name="Sam")
LINK = "https://x.com/kim/status/77"


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    credit = {
        "suggested": "10 EUR",
        "cap_per_case": "20 EUR",
        "monthly_budget": "500 EUR",
        "codes_file": "codes.csv",
    }
    with Team(tmp_path, policy={"credit": credit}) as team:
        yield team


@pytest.fixture
def desk(team: Team) -> FrontOffice:
    return FrontOffice(team.house)


Listen = Callable[[], None]


@pytest.fixture
def listen(team: Team) -> Iterator[Listen]:
    """Socket Mode, as `amends run` opens it."""
    with ExitStack() as stack:

        def begin() -> None:
            slack = team.settings.file.slack
            assert slack is not None
            with_token = slack.model_copy(update={"app_token": SecretStr(APP_TOKEN)})
            file = team.settings.file.model_copy(update={"slack": with_token})
            made = team.settings.model_copy(update={"file": file})
            stack.callback(app.listen_to_slack(made, team.house).close)
            team.slack.until(lambda: team.slack.listeners, "the connection")

        yield begin


def answered(team: Team) -> str:
    team.slack.until(lambda: team.slack.answers, "an answer")
    return str(team.slack.answers[-1]["text"])


# -- the command ---------------------------------------------------------------------------------


def test_status_says_what_waits_and_what_was_read(team: Team, desk: FrontOffice) -> None:
    team.complain()

    assert (
        desk.command("", EVA)
        == "1 case waiting for a person.\ntwitter: last read 2026-11-20 10:00 UTC"
    )


def test_pause_and_resume_are_for_approvers_and_are_shown(team: Team, desk: FrontOffice) -> None:
    assert "Only approvers" in desk.command("pause", STRANGER)
    assert not team.store.paused()

    assert desk.command("PAUSE", EVA).startswith("Paused")
    assert team.store.paused()
    assert "Paused by <@U0EVA>" in desk.command("status", STRANGER)
    assert desk.command("resume", EVA) == "Resumed: what was held is sent now."
    assert not team.store.paused()


def test_a_trouble_and_shadow_mode_are_told(team: Team) -> None:
    down = Outage(since=FRIDAY, failures=3, retry_at=FRIDAY, reason="no answer")
    desk = FrontOffice(team.house, outages=lambda: {"twitter": down}, shadow=True)

    assert "Shadow mode" in desk.command("status", EVA)
    assert "out of reach since 10:00 UTC: no answer" in desk.command("status", EVA)
    assert "out of reach since 10:00" in desk.command(f"missed {LINK}", EVA)
    assert "still nothing" in desk.command("resume", EVA)


def test_an_incident_is_told(team: Team, desk: FrontOffice) -> None:
    team.decide(team.complain(), Verb.DECLARE, reason="Parcels")

    assert "incident “Parcels”" in desk.command("status", EVA)


def test_the_digest_of_the_last_week_is_a_private_answer(team: Team, desk: FrontOffice) -> None:
    assert "2026-W46" in desk.command("digest", EVA)
    assert team.said() == []


def test_a_word_that_is_none_names_those_that_are(desk: FrontOffice) -> None:
    assert "status · pause" in desk.command("explode", EVA)


# -- posts by hand -------------------------------------------------------------------------------


def test_a_post_that_nobody_saw_becomes_a_case_by_hand(team: Team, desk: FrontOffice) -> None:
    told = desk.command(f"add {LINK} My lamp is late and nobody answers!", EVA)
    team.rest()

    assert told.startswith("Case #1 is made")
    (case_id,) = team.store.cases.list({CaseState.OPEN})
    mention = team.case(case_id).subject.mention
    assert (mention.id, mention.author.handle, mention.url) == ("77", "kim", LINK)
    assert len(team.said()) == 1
    assert desk.command(f"add {LINK} again", EVA) == "That is case #1."


def test_a_post_that_was_read_and_not_flagged_becomes_a_case(team: Team, desk: FrontOffice) -> None:
    calm = replace(ANGRY, angry=False, complaint=0.3)
    mention = posts.post(77, url=LINK)
    team.store.mentions.ingest("Acme", "twitter", [(mention, calm)], None, FRIDAY)

    assert "not flagged (complaint 30%)" in desk.command(f"missed {LINK}", EVA)
    assert "not flagged (complaint 30%)" in desk.command(f"add {LINK}", EVA)
    assert desk.command(f"missed {LINK}", EVA) == "It was seen: case #1."


@pytest.mark.parametrize(
    ("verdict", "told"),
    [(None, "could not be judged"), (replace(ANGRY, relevant=False), "about something else")],
)
def test_why_a_post_made_no_case_is_told(
    team: Team, desk: FrontOffice, verdict: None, told: str
) -> None:
    mention = posts.post(77, url=LINK)
    team.store.mentions.ingest("Acme", "twitter", [(mention, verdict)], None, FRIDAY)

    assert told in desk.command(f"missed {LINK}", EVA)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("add", "Begin with the link"),
        ("add nonsense", "Begin with the link"),
        (f"add {LINK}", "Say what they wrote"),
        ("add https://www.reddit.com/r/a/comments/1 text", "Nothing is connected"),
        ("add https://blog.example/1 text", "unknown"),
        ("missed", "Say which"),
        (f"missed {LINK}", "twitter not read yet. Its search looks for: Acme"),
        ("missed https://old.reddit.com/r/a/comments/1", "[connectors.reddit] is not enabled"),
        ("missed https://blog.example/1", "[connectors.?] is not enabled"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(desk: FrontOffice, words: str, told: str) -> None:
    assert told in desk.command(words, EVA)


def test_only_approvers_make_cases(desk: FrontOffice) -> None:
    assert "Only approvers" in desk.make_case(LINK, "late", STRANGER)


@pytest.mark.parametrize(
    ("url", "post"),
    [(LINK, "77"), ("https://bsky.app/profile/a/post/3k", "https://bsky.app/profile/a/post/3k")],
)
def test_a_post_is_named_by_its_number_or_its_address(url: str, post: str) -> None:
    assert office.post_id(url) == post


# -- the page ------------------------------------------------------------------------------------


def test_the_page_shows_mine_what_waits_today_and_the_platforms(
    team: Team, desk: FrontOffice
) -> None:
    mine, waiting, decided = team.complain(), team.complain(), team.complain()
    team.decide(mine, Verb.CLAIM)
    team.clock.move(minutes=30)
    team.decide(decided, Verb.DISMISS, reason="leave_it")

    page = desk.home(EVA)

    assert [line.card.case_id for line in page.mine if line.card] == [mine]
    assert [line.card.case_id for line in page.waiting if line.card] == [waiting]
    assert page.today == (
        "Acme: 3 cases opened, 1 decided, decided after 30 min (median)",
        "Acme: 0.00 EUR of 500.00 EUR in credits this month",
    )
    assert page.platforms == ("twitter: last read 2026-11-20 10:00 UTC",)
    assert desk.home(TOM).mine == ()


def test_a_quick_day_is_told_in_hours_where_it_was_slow(team: Team, desk: FrontOffice) -> None:
    case = team.complain()
    team.clock.move(hours=3)
    team.decide(case, Verb.DISMISS, reason="leave_it")

    assert "3.0 h (median)" in desk.home(EVA).today[0]


# -- through Slack -------------------------------------------------------------------------------


def test_the_command_is_answered_in_private_wherever_it_is_typed(
    team: Team, listen: Listen
) -> None:
    listen()

    team.slack.push("slash_commands", team.slack.type_command("pause", EVA.id))

    assert answered(team).startswith("Paused")
    assert team.store.paused()


def test_who_is_nobody_gets_nothing_done(team: Team, listen: Listen) -> None:
    listen()
    team.slack.users[EVA.id]["deleted"] = True

    team.slack.push("slash_commands", team.slack.type_command("pause", EVA.id))

    assert answered(team) == front.NOBODY
    assert not team.store.paused()


def test_while_slack_does_not_say_who_asks_nothing_is_done(team: Team, listen: Listen) -> None:
    listen()
    team.slack.lose_next(path="/api/users.info")

    team.slack.push("slash_commands", team.slack.type_command("pause", EVA.id))

    assert answered(team) == front.NOT_NOW


def test_a_message_that_links_a_post_becomes_a_case(team: Team, listen: Listen) -> None:
    listen()
    text = f"look: <{LINK}|x.com> &lt;late&gt; again"

    team.slack.push("interactive", team.slack.use_shortcut(front.SHORTCUT, text, EVA.id))

    assert "Case #1 is made" in answered(team)
    (case_id,) = team.store.cases.list({CaseState.OPEN})
    assert team.case(case_id).subject.mention.text == "look: <late> again"


def test_the_page_is_published_for_whoever_opens_it_and_its_buttons_work(
    team: Team, listen: Listen
) -> None:
    listen()
    team.complain(text="<!channel> late")
    team.slack.push("events_api", team.slack.open_home(EVA.id))
    team.slack.until(lambda: EVA.id in team.slack.homes, "the page")

    page = team.slack.homes[EVA.id]

    assert "<!channel>" not in json.dumps(page)
    assert '"action_id": "amends.claim"' in json.dumps(page)


def test_the_other_tab_and_strangers_have_no_page(team: Team, listen: Listen) -> None:
    listen()
    team.slack.users["U0SAM"]["deleted"] = True

    team.slack.push("events_api", team.slack.open_home(EVA.id, tab="messages"))
    team.slack.push("events_api", team.slack.open_home("U0SAM"))
    team.slack.until(lambda: team.slack.asked("POST", "/api/users.info"), "the question")

    assert team.slack.homes == {}


def test_a_page_that_slack_does_not_take_is_a_line_in_the_log(
    team: Team, listen: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    listen()
    team.slack.lose_next(path="/api/views.publish")

    team.slack.push("events_api", team.slack.open_home(EVA.id))

    team.slack.until(lambda: "could not be shown" in caplog.text, "the line")


@pytest.mark.parametrize(
    ("text", "link", "words"),
    [
        ("no link", "", "no link"),
        ("<https://x.com/a?b=1&amp;c=2> hi", "https://x.com/a?b=1&c=2", "hi"),
        ("bare https://x.com/a hi", "https://x.com/a", "bare hi"),
    ],
)
def test_a_link_is_found_in_a_message(text: str, link: str, words: str) -> None:
    assert front.split_link(text) == (link, words)


# -- HTTP mode -----------------------------------------------------------------------------------


@pytest.fixture
def serving(team: Team) -> Iterator[http_mode.Serving]:
    slack = team.settings.file.slack
    assert slack is not None
    update = {"mode": "http", "signing_secret": SecretStr(SECRET), "port": 0}
    file = team.settings.file.model_copy(update={"slack": slack.model_copy(update=update)})
    made = team.settings.model_copy(update={"file": file})
    serving = app.listen_to_slack(made, team.house)
    assert isinstance(serving, http_mode.Serving)
    yield serving
    serving.close()


def call(
    serving: http_mode.Serving, body: str, *, age: float = 0, secret: str = SECRET
) -> httpx.Response:
    """What Slack would send, that long ago, signed with this secret."""
    at = str(int(time.time() - age))  # noqa: TID251 - Bolt compares with the machine's own clock
    signature = SignatureVerifier(secret).generate_signature(timestamp=at, body=body)
    return httpx.post(
        f"http://127.0.0.1:{serving.port}{http_mode.PATH}",
        content=body,
        headers={
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": signature or "",
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )


def test_a_signed_click_by_http_decides_as_one_by_the_socket(
    team: Team, serving: http_mode.Serving
) -> None:
    case = team.complain()
    (message,) = team.slack.channels[CHANNEL].messages
    press = team.slack.press(message["ts"], "amends.send", EVA.id)

    answer = call(serving, urlencode({"payload": json.dumps(press)}))

    assert answer.status_code == 200
    team.slack.until(lambda: team.case(case).state is not CaseState.OPEN, "the decision")
    assert team.case(case).decided_by == EVA.shown


@pytest.mark.parametrize("wrong", [{"secret": "guessed"}, {"age": 301}])
def test_what_is_not_signed_or_is_old_is_refused(
    team: Team, serving: http_mode.Serving, wrong: dict[str, str]
) -> None:
    team.complain()
    (message,) = team.slack.channels[CHANNEL].messages
    press = team.slack.press(message["ts"], "amends.send", EVA.id)

    answer = call(serving, urlencode({"payload": json.dumps(press)}), **wrong)  # type: ignore[arg-type]

    assert answer.status_code == 401


def test_the_address_is_proved_to_slack_once(serving: http_mode.Serving) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc"})
    at = str(int(time.time()))  # noqa: TID251 - as above
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=at, body=body)
    headers = {
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": signature or "",
        "Content-Type": "application/json",
    }

    answer = httpx.post(
        f"http://127.0.0.1:{serving.port}{http_mode.PATH}", content=body, headers=headers
    )

    assert (answer.status_code, "abc" in answer.text) == (200, True)


def test_nothing_else_is_served_and_nothing_huge_is_read(serving: http_mode.Serving) -> None:
    here = f"http://127.0.0.1:{serving.port}"

    assert httpx.get(f"{here}/").status_code == 404
    assert httpx.get(f"{here}{http_mode.PATH}").status_code == 405
    huge = b"x" * (http_mode.BODY_MAXIMUM + 1)
    assert httpx.post(f"{here}{http_mode.PATH}", content=huge).status_code == 413


def test_it_stops_once(serving: http_mode.Serving) -> None:
    assert serving.connected
    serving.close()
    serving.close()

    assert not serving.connected


def test_a_port_that_is_taken_names_the_setting(team: Team, serving: http_mode.Serving) -> None:
    client = make_client(BOT_TOKEN, team.slack.api_url, timeout=5)

    with pytest.raises(SetupError, match=r"\[slack\] host and port"):
        http_mode.serve(make_app(client, SECRET), "127.0.0.1", serving.port)


def test_http_mode_needs_a_signing_secret() -> None:
    slack = {"bot_token": "env:PATH", "channel": "C0", "mode": "http"}

    with pytest.raises(SettingsError, match=r"slack\.signing_secret is missing"):
        check({"brands": [{"name": "A"}], "slack": slack}, Path("config.toml"))


# -- alive ---------------------------------------------------------------------------------------


def test_the_dead_mans_address_is_called_only_while_all_is_well(team: Team) -> None:
    calls: list[int] = []
    team.store.close()
    patience = {"twitter": timedelta(minutes=15)}
    team.begin(
        lambda house: replace(
            house,
            plan=replace(house.plan, alive=lambda: calls.append(1), patience=patience),
        )
    )
    team.later(minutes=2)
    assert calls == []  # nothing was read yet

    team.complain(MILD)
    team.later(minutes=2)
    team.later(minutes=0.5)
    assert len(calls) == 1
    team.later(minutes=20)
    assert len(calls) == 1
