import ssl
from datetime import timedelta
from typing import Any
from urllib.error import URLError

import pytest
from slack_sdk import WebClient

from connectors.errors import OutcomeUnknown, Refused, SetupError, TryLater
from responders.case import CaseId
from responders.slack.bot import Shown, SlackBot
from responders.slack.client import asking, make_client
from responders.slack.views import note_view, wait_view
from tests.responders.slack.cards import HOSTILE, NOW, card
from tests.responders.slack.conftest import CHANNEL, clock
from tests.servers.http import Answer, html_answer, json_answer
from tests.servers.slack import BOT_TOKEN, SlackServer

POST = "/api/chat.postMessage"
PNG = b"\x89PNG\r\n\x1a\n a chart"


def messages(slack: SlackServer) -> list[dict[str, Any]]:
    return slack.channels[CHANNEL].messages


def test_a_new_card_is_posted_with_what_finds_it_again(slack: SlackServer, bot: SlackBot) -> None:
    shown = bot.show(card(), None)

    (message,) = messages(slack)
    assert shown == Shown(channel=CHANNEL, ts=str(message["ts"]))
    assert message["metadata"] == {
        "event_type": "amends_case",
        "event_payload": {"case_id": 42, "revision": 7},
    }
    assert message["unfurl_links"] is False
    assert message["unfurl_media"] is False
    assert message["parse"] == "none"
    assert str(message["text"]).startswith("#42")


def test_a_card_edits_itself_and_no_second_message_appears(
    slack: SlackServer, bot: SlackBot
) -> None:
    shown = bot.show(card(), None)

    again = bot.show(card(revision=8, headline="Sent by <@U0EVA>"), shown)

    (message,) = messages(slack)
    assert again == shown
    assert "Sent by <@U0EVA>" in str(message["blocks"])
    assert message["metadata"]["event_payload"] == {"case_id": 42, "revision": 8}
    assert message["parse"] == "none"


def test_a_card_that_somebody_deleted_is_posted_anew(slack: SlackServer, bot: SlackBot) -> None:
    shown = bot.show(card(), None)
    messages(slack).clear()

    again = bot.show(card(), shown)

    assert again != shown
    assert len(messages(slack)) == 1


def test_a_card_that_nobody_may_edit_any_more_is_posted_anew(
    slack: SlackServer, bot: SlackBot
) -> None:
    shown = bot.show(card(), None)
    closed = json_answer({"ok": False, "error": "edit_window_closed"})
    slack.answer_next(closed, path="/api/chat.update")

    assert bot.show(card(), shown) != shown


def test_a_card_that_slack_refuses_is_said_with_slacks_word(
    slack: SlackServer, bot: SlackBot
) -> None:
    shown = bot.show(card(), None)
    slack.answer_next(json_answer({"ok": False, "error": "msg_too_long"}), path="/api/chat.update")

    with pytest.raises(Refused, match="could not edit a card: msg_too_long") as refused:
        bot.show(card(), shown)

    assert refused.value.code == "msg_too_long"
    assert len(messages(slack)) == 1


def test_a_lost_answer_to_a_post_is_unknown_and_never_repeated(
    slack: SlackServer, bot: SlackBot
) -> None:
    slack.lose_next(path=POST)

    with pytest.raises(OutcomeUnknown, match="no answer when we tried to post a card"):
        bot.show(card(), None)

    assert len(slack.asked("POST", POST)) == 1
    assert len(messages(slack)) == 1


def test_silence_after_a_post_is_unknown_and_never_repeated(slack: SlackServer) -> None:
    hasty = SlackBot(make_client(BOT_TOKEN, slack.api_url, timeout=0.5), CHANNEL, clock=clock)
    slack.hang_next(path=POST)

    with pytest.raises(OutcomeUnknown):
        hasty.show(card(), None)

    slack.release()
    assert len(slack.asked("POST", POST)) == 1


@pytest.mark.parametrize(
    "broken",
    [
        html_answer(503),
        html_answer(200),
        json_answer({"ok": False, "error": "fatal_error"}),
        json_answer({"ok": False, "error": "internal_error"}, status=500),
    ],
)
def test_a_server_that_gave_up_half_way_leaves_the_outcome_unknown(
    slack: SlackServer, bot: SlackBot, broken: Answer
) -> None:
    slack.answer_next(broken, path=POST)

    with pytest.raises(OutcomeUnknown):
        bot.show(card(), None)


def test_a_lost_answer_to_an_edit_is_tried_later(slack: SlackServer, bot: SlackBot) -> None:
    shown = bot.show(card(), None)
    slack.lose_next(path="/api/chat.update")

    with pytest.raises(TryLater, match="no answer when we tried to edit a card"):
        bot.show(card(), shown)


def test_a_rate_limit_says_when_to_come_back(slack: SlackServer, bot: SlackBot) -> None:
    slack.one_a_second = True
    bot.show(card(), None)

    with pytest.raises(TryLater, match="too many calls") as later:
        bot.show(card(case_id=43), None)

    assert later.value.at == NOW + timedelta(seconds=1)
    assert len(messages(slack)) == 1


def test_a_rate_limit_without_a_time_waits_half_a_minute(slack: SlackServer, bot: SlackBot) -> None:
    slack.answer_next(json_answer({"ok": False, "error": "ratelimited"}, status=429), path=POST)

    with pytest.raises(TryLater) as later:
        bot.show(card(), None)

    assert later.value.at == NOW + timedelta(seconds=30)


def test_slack_out_of_reach_is_tried_later(slack: SlackServer, bot: SlackBot) -> None:
    slack.go_down()

    with pytest.raises(TryLater, match="cannot be reached"):
        bot.show(card(), None)


def test_a_broken_connection_before_anything_was_sent_is_unknown_for_a_post(
    slack: SlackServer, bot: SlackBot
) -> None:
    slack.drop_next(path=POST)

    with pytest.raises(OutcomeUnknown):
        bot.show(card(), None)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("invalid_auth", "check slack.bot_token"),
        ("channel_not_found", "/invite @amends"),
        ("is_archived", "choose another"),
        ("not_in_channel", "/invite @amends"),
    ],
)
def test_what_a_person_must_mend_is_said(
    slack: SlackServer, bot: SlackBot, code: str, said: str
) -> None:
    slack.answer_next(json_answer({"ok": False, "error": code}), path=POST)

    with pytest.raises(SetupError, match=said):
        bot.show(card(), None)


def test_a_missing_permission_is_named(slack: SlackServer, bot: SlackBot) -> None:
    slack.scopes.discard("chat:write")

    with pytest.raises(SetupError, match=r"a permission is missing.*\(chat:write\)"):
        bot.show(card(), None)


def test_no_error_holds_the_token(slack: SlackServer) -> None:
    stranger = SlackBot(make_client("xoxb-wrong", slack.api_url, 5), CHANNEL, clock=clock)

    with pytest.raises(SetupError) as error:
        stranger.show(card(), None)

    assert "xoxb" not in str(error.value)


def test_a_card_is_found_again_after_its_answer_got_lost(slack: SlackServer, bot: SlackBot) -> None:
    bot.show(card(case_id=41), None)
    slack.lose_next(path=POST)
    with pytest.raises(OutcomeUnknown):
        bot.show(card(), None)

    found = bot.find(CaseId(42))

    assert found == Shown(channel=CHANNEL, ts=str(messages(slack)[1]["ts"]))
    assert bot.show(card(revision=8), found) == found
    assert len(messages(slack)) == 2


def test_a_card_that_is_not_there_is_not_found(slack: SlackServer, bot: SlackBot) -> None:
    bot.show(card(case_id=41), None)

    assert bot.find(CaseId(42)) is None


def test_another_apps_message_with_our_metadata_is_not_ours(
    slack: SlackServer, bot: SlackBot
) -> None:
    bot.show(card(), None)
    messages(slack)[0]["bot_id"] = "B0FORGER"

    assert bot.find(CaseId(42)) is None


def test_messages_of_people_are_passed_over(slack: SlackServer, bot: SlackBot) -> None:
    bot.show(card(), None)
    messages(slack).append(
        {"ts": "1895356180.000001", "user": "U0EVA", "text": "look", "type": "m"}
    )

    assert bot.find(CaseId(42)) is not None


def test_a_card_is_found_beyond_the_first_page(slack: SlackServer, bot: SlackBot) -> None:
    bot.show(card(), None)
    first = messages(slack)[0]
    for place in range(450):
        messages(slack).append({"ts": f"1895356180.{place:06d}", "user": "U0EVA", "text": "chat"})

    assert bot.find(CaseId(42)) == Shown(channel=CHANNEL, ts=str(first["ts"]))
    assert len(slack.asked("POST", "/api/conversations.history")) == 3


def test_a_search_ends_where_it_was_told_to(slack: SlackServer, bot: SlackBot) -> None:
    bot.show(card(), None)

    assert bot.find(CaseId(42), since=slack.now - timedelta(minutes=1)) is not None
    assert bot.find(CaseId(42), since=slack.now + timedelta(minutes=1)) is None


def test_the_bot_asks_who_it_is_once(slack: SlackServer, bot: SlackBot) -> None:
    bot.find(CaseId(1))
    bot.find(CaseId(2))

    assert len(slack.asked("POST", "/api/auth.test")) == 1


def test_a_private_note_reaches_one_person_only(slack: SlackServer, bot: SlackBot) -> None:
    bot.tell("U0EVA", "Already sent by <@U0TOM>.")

    assert slack.channels[CHANNEL].notes == [{"user": "U0EVA", "text": "Already sent by <@U0TOM>."}]
    assert messages(slack) == []


def test_nothing_comes_alive_in_a_private_note(slack: SlackServer, bot: SlackBot) -> None:
    bot.tell("U0EVA", HOSTILE)

    (note,) = slack.channels[CHANNEL].notes
    assert "<!channel>" not in note["text"]
    assert "<https://" not in note["text"]


def test_a_note_to_somebody_who_is_not_there_is_refused(bot: SlackBot) -> None:
    with pytest.raises(Refused, match="user_not_in_channel"):
        bot.tell("U0GONE", "Hello")


def test_a_digest_is_posted_with_its_chart_in_words_too(slack: SlackServer, bot: SlackBot) -> None:
    ts = bot.post_digest("# Week 47\n\n- 12 complaints", PNG, "Bars: 12, 9", "acme 2026-W47")

    (message,) = messages(slack)
    (upload,) = slack.files.values()
    text, image = message["blocks"]
    assert message["ts"] == ts
    assert upload.content == PNG
    assert upload.alt == "Bars: 12, 9"
    assert text["text"] == "# Week 47\n\n- 12 complaints"
    assert image["slack_file"] == {"id": upload.id}
    assert image["alt_text"] == "Bars: 12, 9"
    assert message["text"] == "# Week 47"


def test_a_digest_is_found_again_by_its_key(slack: SlackServer, bot: SlackBot) -> None:
    slack.lose_next(path=POST)
    with pytest.raises(OutcomeUnknown):
        bot.post_digest("# W", PNG, "Bars", "acme 2026-W47")

    assert bot.find_digest("acme 2026-W47") == messages(slack)[0]["ts"]
    assert bot.find_digest("acme 2026-W48") is None
    assert bot.find(CaseId(42)) is None


def test_a_chart_that_slack_still_scans_is_waited_for_and_not_uploaded_twice(
    slack: SlackServer, bot: SlackBot
) -> None:
    slack.scans = 1
    with pytest.raises(TryLater, match="not ready") as later:
        bot.post_digest("# W", PNG, "Bars", "k")

    bot.post_digest("# W", PNG, "Bars", "k")

    assert later.value.at == NOW + timedelta(seconds=5)
    assert len(slack.files) == 1
    assert len(messages(slack)) == 1


def test_a_digest_whose_chart_never_becomes_ready_is_posted_without_it(
    slack: SlackServer, bot: SlackBot
) -> None:
    slack.scans = 100
    for _ in range(6):
        with pytest.raises(TryLater):
            bot.post_digest("# W", PNG, "Bars", "k")

    bot.post_digest("# W", PNG, "Bars", "k")

    (message,) = messages(slack)
    assert len(message["blocks"]) == 1


def test_a_digest_that_slack_refuses_even_without_its_chart_is_said(
    slack: SlackServer, bot: SlackBot
) -> None:
    refusal = json_answer({"ok": False, "error": "invalid_blocks"})
    slack.answer_next(refusal, path=POST, times=7)
    for _ in range(6):
        with pytest.raises(TryLater):
            bot.post_digest("# W", PNG, "Bars", "k")

    with pytest.raises(Refused, match="invalid_blocks"):
        bot.post_digest("# W", PNG, "Bars", "k")


def test_a_digest_that_is_refused_for_another_reason_is_said(
    slack: SlackServer, bot: SlackBot
) -> None:
    slack.answer_next(json_answer({"ok": False, "error": "msg_too_long"}), path=POST)

    with pytest.raises(Refused, match="msg_too_long"):
        bot.post_digest("# W", PNG, "Bars", "k")


def test_a_chart_that_could_not_be_uploaded_is_tried_later(
    slack: SlackServer, bot: SlackBot
) -> None:
    slack.answer_next(html_answer(500), path="/upload/")

    with pytest.raises(TryLater, match="upload the digest's chart"):
        bot.post_digest("# W", PNG, "Bars", "k")

    assert messages(slack) == []


def test_nothing_comes_alive_in_a_digest(slack: SlackServer, bot: SlackBot) -> None:
    bot.post_digest(f"# Week\n\n{HOSTILE}", PNG, HOSTILE, "k")

    (message,) = messages(slack)
    assert "<" not in message["blocks"][0]["text"]
    assert "<" not in str(message["text"])


def test_a_form_is_opened_and_filled(slack: SlackServer, client: WebClient, bot: SlackBot) -> None:
    shown = bot.show(card(), None)
    trigger = slack.press(shown.ts, "amends.edit", "U0EVA")["trigger_id"]

    opened = bot.open_view(trigger, wait_view())
    bot.change_view(opened, note_view("Here."))

    assert slack.forms[opened.id].view["blocks"][0]["text"]["text"] == "Here."


def test_a_form_is_opened_once_per_click(slack: SlackServer, bot: SlackBot) -> None:
    with pytest.raises(Refused, match="expired_trigger_id"):
        bot.open_view("trigger-used", wait_view())


def test_a_form_that_changed_meanwhile_is_left_alone(slack: SlackServer, bot: SlackBot) -> None:
    shown = bot.show(card(), None)
    opened = bot.open_view(slack.press(shown.ts, "amends.edit", "U0EVA")["trigger_id"], wait_view())
    bot.change_view(opened, note_view("First"))

    with pytest.raises(Refused, match="hash_conflict"):
        bot.change_view(opened, note_view("Second"))


def test_a_certificate_that_is_not_trusted_is_a_matter_of_settings() -> None:
    refused = URLError(ssl.SSLCertVerificationError("self-signed"))

    with pytest.raises(SetupError, match="certificate is not trusted"), asking("log in", clock):
        raise refused
