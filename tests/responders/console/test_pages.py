"""What a person does in the console, in a browser without scripts."""

from collections.abc import Iterator

import pytest

from responders.action import ActionKind, ActionState
from responders.card import Button, Verb
from responders.case import CaseId, CaseState
from responders.console.access import Access
from responders.console.app import SentLine
from responders.draft import Half
from tests.responders.console.browser import Browser, browsing
from tests.responders.console.reader import Page
from tests.responders.console.world import (
    COMPOSER,
    EDIT,
    FOUND,
    NOW,
    OVERRIDE,
    POSTED,
    PROMISE,
    SEND_AGAIN,
    TAKE_DOWN,
    World,
    a_card,
    gallery,
    half,
)


@pytest.fixture
def world() -> World:
    return World.of(a_card())


@pytest.fixture
def browser(world: World) -> Iterator[Browser]:
    with browsing(world) as browser:
        yield browser.enter()


def test_a_card_is_there_with_what_the_customer_wrote_and_what_we_would_say(
    browser: Browser,
) -> None:
    text = browser.page.text

    for part in ("Third week and STILL no lamp", "Maria K", "waits for you", "far too long"):
        assert part in text
    assert "1 waiting for you" in " ".join(text.split())


def test_a_page_without_cards_says_so(world: World, browser: Browser) -> None:
    world.kept.clear()

    assert "Nothing waits for you." in browser.show("/").page.text


def test_approving_sends_and_says_who(browser: Browser, world: World) -> None:
    browser.press("Send both")

    assert (world.last.verb, world.last.round, world.last.draft_revision) == (Verb.SEND, 1, 1)
    assert world.taken[0][1].name == "you"
    assert "Done. send by you" in browser.page.text
    assert browser.page.has("Undo")


def test_what_was_done_is_told_once(browser: Browser) -> None:
    browser.press("Send both")

    assert "Done." not in browser.show("/").page.text


def test_an_approval_can_be_undone(browser: Browser, world: World) -> None:
    browser.press("Send both").press("Undo")

    assert world.last.verb is Verb.UNDO
    assert browser.page.has("Send both")


def test_an_edit_is_saved_and_sends_nothing(browser: Browser, world: World) -> None:
    browser.press("Save, send nothing", public="We are sorry, Maria.", private="Hello\r\nMaria")

    assert world.last.verb is Verb.EDIT
    assert (world.last.public, world.last.private) == ("We are sorry, Maria.", "Hello\nMaria")
    assert "We are sorry, Maria." in browser.page.text
    assert browser.page.has("Send both")


def test_what_was_checked_is_saved_with_the_edit(browser: Browser, world: World) -> None:
    browser.press("Save, send nothing", checked="49,90 €; 3 March")

    assert world.last.checked == "49,90 €; 3 March"


@pytest.fixture
def blocked(world: World) -> World:
    world.kept[42] = a_card(public=half(findings=(PROMISE,)), buttons=(EDIT, OVERRIDE))
    return world


def test_the_lead_overrides_beside_the_findings_with_a_reason(blocked: World) -> None:
    with browsing(blocked, Access.by_link("Lea")) as opened:
        browser = opened.enter()

        browser.press("Override", reason="")
        assert blocked.taken == []
        assert "Say why: the card and the audit keep it." in browser.page.text

        browser.press("Override", reason="The carrier has promised it.")
        assert (blocked.last.verb, blocked.last.reason) == (
            Verb.OVERRIDE,
            "The carrier has promised it.",
        )
        assert blocked.taken[0][1].id == "Lea"


@pytest.mark.parametrize("page", ["/", "/cases/42", "/cards"])
def test_nobody_else_is_offered_an_override(blocked: World, browser: Browser, page: str) -> None:
    browser.show(page)

    assert "garantiert morgen" in browser.page.text
    assert "Override" not in browser.page.text


def test_no_reply_needs_a_reason(browser: Browser, world: World) -> None:
    browser.press("No reply")

    assert world.taken == []
    assert "Choose one of the reasons." in browser.page.text

    browser.show("/").press("No reply", reason="spam", note="a bot")
    assert (world.last.verb, world.last.reason) == (Verb.DISMISS, "spam: a bot")
    assert "no reply, said you" in browser.page.text


def test_a_refused_edit_keeps_every_word_that_was_typed(browser: Browser, world: World) -> None:
    old = browser.page.form("Save, send nothing")
    world.kept[42] = a_card(draft_revision=2)

    browser.submit(old, public="My own words", private="More of them")

    assert browser.status == 409
    assert "Not done. Eva has edited this meanwhile." in browser.page.text
    form = browser.page.form("Save, send nothing")
    assert (form.fields["f:public"], form.fields["f:private"]) == ("My own words", "More of them")
    browser.submit(form)
    assert world.last.public == "My own words"


def test_what_was_typed_is_shown_even_where_nothing_can_be_edited_any_more(
    browser: Browser, world: World
) -> None:
    old = browser.page.form("Save, send nothing")
    world.kept[42] = a_card(draft_revision=2, state=CaseState.ANSWERED, buttons=())

    browser.submit(old, public="My own words", private=" ")

    assert "What you typed was not saved" in browser.page.text
    assert "My own words" in browser.page.text
    assert len(browser.page.all("textarea")) == 1


def test_a_refused_click_is_told(browser: Browser, world: World) -> None:
    world.refuse = "Jan has sent this already."

    browser.press("Send both")

    assert "Not done. Jan has sent this already." in browser.page.text


def test_a_wrong_link_is_blamed_on_its_field(browser: Browser, world: World) -> None:
    world.kept[42] = a_card(buttons=(COMPOSER, POSTED))

    browser.show("/").press("Done", link="here")

    assert browser.status == 409
    assert "beginning with https://" in browser.page.text
    assert [f for f in browser.page.all("input") if f.get("aria-invalid") == "true"]
    browser.press("Done", link="https://x.example/nordlicht/9")
    assert (world.last.link, world.last.action) == (
        "https://x.example/nordlicht/9", ActionKind.PUBLIC
    )  # fmt: skip


def test_a_button_that_opens_a_page_is_a_link(browser: Browser, world: World) -> None:
    world.kept[42] = a_card(buttons=(COMPOSER, POSTED))

    links = browser.show("/").page.all("a")

    (opener,) = [link for link in links if link.get("href") == "https://x.example/intent"]
    assert opener["rel"] == "noopener noreferrer external"


def test_what_happens_to_an_unknown_outcome_is_asked_and_confirmed(
    browser: Browser, world: World
) -> None:
    world.kept[42] = a_card(state=CaseState.NEEDS_HUMAN, buttons=(FOUND, SEND_AGAIN))

    assert "Have you looked?" in browser.show("/").page.text
    browser.press("Yes")
    assert world.last.verb is Verb.SEND_AGAIN


def test_taking_down_asks_why(browser: Browser, world: World) -> None:
    world.kept[42] = a_card(state=CaseState.ANSWERED, buttons=(TAKE_DOWN,))

    browser.show("/").press("Yes, take it down", reason="wrong name")

    assert (world.last.verb, world.last.reason) == (Verb.TAKE_DOWN, "wrong name")


def test_a_case_can_be_looked_at_alone_and_decided_there(browser: Browser, world: World) -> None:
    browser.show("/cases/42").press("Send both")

    assert world.last.verb is Verb.SEND
    assert browser.page.all("article")[0]["id"] == "case-42"
    assert "All cases" in browser.page.text
    assert "Done. send by you" in browser.page.text


@pytest.mark.parametrize("number", ["7", "99999999999999999999999999"])
def test_a_case_that_is_not_there_is_no_fault(browser: Browser, number: str) -> None:
    browser.show(f"/cases/{number}")

    assert browser.status == 404
    assert "No such case" in browser.page.text


def test_a_decision_on_a_case_that_was_erased_says_so(browser: Browser, world: World) -> None:
    form = browser.page.form("Send both")
    world.kept.clear()

    browser.submit(form)

    assert browser.status == 404
    assert "There is no such case any more." in browser.page.text


def test_a_button_of_another_version_is_not_guessed_at(browser: Browser, world: World) -> None:
    form = browser.page.form("Send both")
    form.fields["ref"] = '{"c":42,"r":1,"d":1,"v":"launch"}'

    browser.submit(form)

    assert browser.status == 400
    assert "does not understand that button" in browser.page.text
    assert world.taken == []


def test_a_page_that_is_not_there_is_no_fault(browser: Browser) -> None:
    browser.show("/nowhere")

    assert browser.status == 404
    assert "No such page" in browser.page.text


def test_what_was_sent_and_where_is_on_a_page(browser: Browser, world: World) -> None:
    assert "Nothing has been sent yet." in browser.show("/sent").page.text
    world.lines = [
        SentLine(
            when=NOW,
            platform="twitter",
            account="nordlicht",
            kind=ActionKind.PUBLIC,
            to="maria_k",
            text="We are <sorry>.\nJana",
            url="https://x.example/2",
        ),
        SentLine(
            when=NOW,
            platform="reddit",
            account="",
            kind=ActionKind.PRIVATE,
            to="jan",
            text="Hello",
            url="javascript:alert(1)",
            state=ActionState.BY_HAND,
        ),
    ]

    page = browser.show("/sent").page

    text = " ".join(page.text.split())
    assert "Public answer to maria_k on X, as nordlicht" in text
    assert "We are <sorry>." in text
    assert "Private message to jan on Reddit We" not in text
    assert "by hand" in text
    assert [a["href"] for a in page.all("a") if a.get("rel")] == ["https://x.example/2"]


def test_all_cards_of_the_gallery_stand_on_one_page(browser: Browser, world: World) -> None:
    world.kept = {card.case_id: card for card in gallery()}

    page = browser.show("/").page

    assert [article["id"] for article in page.all("article")] == [
        f"case-{number}" for number in (2, 1, 3, 4, 5, 6, 7, 8, 9)
    ]


# What the small script asks for


def test_the_cards_alone_come_again_only_when_they_have_changed(
    browser: Browser, world: World
) -> None:
    first = browser.get("/cards")
    tag = first.headers["etag"]
    unchanged = browser.get("/cards", **{"If-None-Match": tag})
    world.kept[42] = a_card(private=half(Half.PRIVATE, text="Another text"))
    changed = browser.get("/cards", **{"If-None-Match": tag})

    assert (first.status_code, unchanged.status_code, changed.status_code) == (200, 304, 200)
    assert unchanged.content == b""
    assert "Another text" in changed.text
    assert not Page(changed.text).faults


def test_the_script_is_told_what_happened(browser: Browser, world: World) -> None:
    fields = browser.page.form("Send both").fields

    done = browser.post("/decisions", fields, {"X-Amends": "fetch"})
    world.refuse = "Jan has sent this already."
    refused = browser.post("/decisions", fields, {"X-Amends": "fetch"})

    assert (done.status_code, refused.status_code) == (200, 409)
    assert "<strong>Done.</strong> send by you" in done.text
    assert "<strong>Not done.</strong> Jan has sent this already." in refused.text


READ = Button(verb=Verb.READ, label="Read it all", in_menu=True)


def test_the_whole_conversation_is_a_page_of_its_own(world: World, browser: Browser) -> None:
    world.kept[CaseId(42)] = a_card(buttons=(READ,))

    assert 'href="/cases/42/conversation"' in browser.get("/").text
    text = " ".join(browser.show("/cases/42/conversation").page.text.split())

    assert "They 🔒 in private" in text
    assert "<b>12345</b> is my order" in text
    assert "We 🔒 in private" in text


def test_who_may_not_read_private_messages_is_told(world: World, browser: Browser) -> None:
    world.closed = True

    assert "Only approvers may do this." in browser.show("/cases/42/conversation").page.text
    assert browser.status == 403


def test_a_conversation_that_is_not_there_is_told(browser: Browser) -> None:
    assert browser.show("/cases/7/conversation").status == 404
