"""The page of posts that the judge was unsure of, in a browser without scripts."""

from collections.abc import Iterator

import pytest

from responders.case import MentionId
from responders.teach import WORDS, Unsure
from responders.verdict import LabelWord
from tests.responders.console.browser import Browser, browsing
from tests.responders.console.world import NOW, World

POST = Unsure(
    mention_id=MentionId(7),
    brand="Nordlicht",
    platform="twitter",
    post="<b>meh</b>, that lamp",
    post_url="https://x.example/7",
    at=NOW,
    complaint=0.41,
)


@pytest.fixture
def world() -> World:
    return World(unsure_of=[POST])


@pytest.fixture
def browser(world: World) -> Iterator[Browser]:
    with browsing(world) as browser:
        yield browser.enter()


def test_each_post_comes_with_every_word(browser: Browser) -> None:
    page = browser.show("/unsure").page

    assert "<b>meh</b>, that lamp" in page.text
    assert "complaint 41 %" in page.text
    assert all(page.has(shown) for shown in WORDS.values())


def test_a_word_is_kept_in_the_visitors_name_and_told(browser: Browser, world: World) -> None:
    browser.show("/unsure").press("No complaint")

    assert world.said == [(7, LabelWord.NOT_ANGRY, "you")]
    assert "Done. Noted: the judge learns from it." in browser.page.text


def test_a_refused_word_is_told(browser: Browser, world: World) -> None:
    browser.show("/unsure")
    world.refuse = "Only approvers may do this."

    browser.press("Spam")

    assert "Not done. Only approvers may do this." in browser.page.text


def test_without_posts_the_page_says_so(browser: Browser, world: World) -> None:
    world.unsure_of.clear()

    assert "Nothing needs your word." in browser.show("/unsure").page.text


@pytest.mark.parametrize("fields", [{"word": "odd", "post": "7"}, {"word": "spam", "post": "x"}])
def test_a_button_of_another_version_does_nothing(
    browser: Browser, world: World, fields: dict[str, str]
) -> None:
    form = browser.show("/unsure").page.form("Spam")

    answer = browser.post("/words", {**form.fields, **fields})

    assert answer.status_code == 400
    assert world.said == []


def test_without_the_pages_token_no_word_counts(browser: Browser, world: World) -> None:
    browser.show("/unsure")

    assert browser.post("/words", {"word": "spam", "post": "7"}).status_code == 403
    assert world.said == []
