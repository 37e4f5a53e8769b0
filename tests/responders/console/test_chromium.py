"""The console in a real browser: by mouse, by keyboard alone, with and without scripts."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from connectors.base import Author
from responders.action import ActionKind
from responders.card import Verb
from responders.case import CaseState
from responders.console.serve import Running
from tests.responders.console.chromium import CHROMIUM, FLAGS
from tests.responders.console.world import (
    SEND_AGAIN,
    UNDO,
    World,
    a_card,
    gallery,
    half,
    running,
)

WIDTHS = [360, 390, 1280]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def world() -> World:
    return World.of(a_card())


@contextmanager
def visiting(
    chromium: Browser, console: Running, *, scripts: bool = True, width: int = 1280, **more: str
) -> Iterator[Page]:
    """A page that has just opened the printed address, in a browser of its own."""
    context = chromium.new_context(
        java_script_enabled=scripts,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if more.get("scheme") == "dark" else "light",
        reduced_motion="reduce" if more.get("motion") == "reduce" else "no-preference",
        timezone_id=more.get("timezone", "UTC"),
        locale="en-GB",
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(f"a dialog: {dialog.message}"))
    try:
        if scripts:
            page.clock.install()
        page.goto(console.url)
        yield page
        assert faults == []
    finally:
        context.close()


Open = AbstractContextManager[Page]


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def page(request: pytest.FixtureRequest, chromium: Browser, world: World) -> Iterator[Page]:
    with running(world) as console, visiting(chromium, console, scripts=request.param) as page:
        yield page


@pytest.fixture
def scripted(chromium: Browser, world: World) -> Iterator[Page]:
    with running(world) as console, visiting(chromium, console) as page:
        yield page


def said(page: Page, text: str) -> None:
    expect(page.get_by_role("status").filter(has_text=text)).to_be_visible()


def go_on(page: Page) -> None:
    """Let a moment pass: right after cards have moved no click is taken."""
    if page.evaluate("document.querySelector('time').title") != "":  # where scripts run
        page.clock.run_for(1_000)


def refresh(page: Page) -> None:
    """Let the page's own time go on until it has asked again."""
    with page.expect_response("**/cards"):
        page.clock.run_for(4_100)


# What a person does


def test_a_draft_is_approved_and_taken_back(page: Page, world: World) -> None:
    page.get_by_role("button", name="Send both").click()
    said(page, "Done. send by you")
    expect(page.get_by_role("region", name="Under way").get_by_role("article")).to_have_count(1)

    go_on(page)
    page.get_by_role("button", name="Undo").click()
    said(page, "Done. undo by you")
    expect(page.get_by_role("button", name="Send both")).to_be_visible()
    assert [decision.verb for decision, _ in world.taken] == [Verb.SEND, Verb.UNDO]


def test_a_draft_is_edited(page: Page, world: World) -> None:
    page.locator("summary", has_text="Edit").click()
    page.get_by_label("Public answer").fill("We are sorry, Maria. 抱歉")
    page.get_by_role("button", name="Save, send nothing").click()

    said(page, "Done. edit by you")
    expect(page.locator(".words", has_text="We are sorry, Maria. 抱歉")).to_be_visible()
    assert world.last.public == "We are sorry, Maria. 抱歉"


def test_a_case_is_dismissed_with_a_reason(page: Page, world: World) -> None:
    page.locator("summary", has_text="No reply").click()
    page.get_by_label("Not about us").check()
    page.get_by_label("A note for the team").fill("another shop")
    page.get_by_role("button", name="No reply").click()

    said(page, "Done. dismiss by you")
    assert world.last.reason == "not_us: another shop"


def test_a_refused_edit_keeps_what_was_typed(page: Page, world: World) -> None:
    page.locator("summary", has_text="Edit").click()
    page.get_by_label("Public answer").fill("My own words")
    world.kept[42] = a_card(draft_revision=2)
    page.get_by_role("button", name="Save, send nothing").click()

    expect(page.get_by_text("Eva has edited this meanwhile.").first).to_be_visible()
    expect(page.get_by_label("Public answer")).to_have_value("My own words")


def test_a_question_is_asked_before_something_is_sent_again(page: Page, world: World) -> None:
    world.kept[42] = a_card(state=CaseState.NEEDS_HUMAN, buttons=(SEND_AGAIN,))
    page.reload()

    page.locator("summary", has_text="send again").click()
    expect(page.get_by_text("Have you looked?")).to_be_visible()
    assert world.taken == []
    page.get_by_role("button", name="Yes").click()

    said(page, "Done.")
    assert (world.last.verb, world.last.action) == (Verb.SEND_AGAIN, ActionKind.PUBLIC)


def test_everything_works_by_keyboard_alone(page: Page, world: World) -> None:
    def go_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            focused = page.locator(":focus")
            if focused.evaluate("e => e.matches('button, summary, a, input, textarea')"):
                assert focused.evaluate("e => getComputedStyle(e).outlineStyle") != "none"
                if focused.inner_text().startswith(name):
                    return
        raise AssertionError(f"the Tab key never comes to {name!r}")

    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to content")
    page.keyboard.press("Enter")
    go_to("Edit")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # into the form or on along the row, as the browser has it
    page.get_by_label("Private message").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Typed by hand")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_attribute("name", "f:checked")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Save, send nothing")
    page.keyboard.press("Enter")
    said(page, "Done. edit by you")
    expect(page.locator("#case-42")).to_be_focused()
    go_on(page)
    go_to("Send both")
    page.keyboard.press("Enter")
    said(page, "Done. send by you")

    assert world.taken[0][0].private == "Typed by hand"
    assert world.last.verb is Verb.SEND


# What the small script adds


def test_a_click_leaves_other_peoples_words_and_the_place_alone(
    scripted: Page, world: World
) -> None:
    world.kept[43] = a_card(43)
    scripted.reload()
    other = scripted.locator("#case-43")
    other.locator("summary", has_text="Edit").click()
    other.get_by_label("Public answer").fill("Half a sentence")

    scripted.locator("#case-42").get_by_role("button", name="Send both").click()
    said(scripted, "Done. send by you")

    expect(other).to_be_focused()  # the next case, where the eyes are
    scripted.get_by_role("link", name="Show the case").click()
    under_way = scripted.get_by_role("region", name="Under way")
    expect(under_way.locator("#case-42")).to_be_in_viewport()
    expect(other.get_by_label("Public answer")).to_have_value("Half a sentence")


def test_what_was_done_is_told_where_the_person_looks(page: Page, world: World) -> None:
    world.kept = {number: a_card(number) for number in range(30, 50)}
    page.reload()

    page.locator("#case-48").get_by_role("button", name="Send both").click()

    expect(page.get_by_text("Done. send by you")).to_be_in_viewport()


def test_a_double_click_never_hits_the_next_case(scripted: Page, world: World) -> None:
    world.kept = {number: a_card(number) for number in range(30, 50)}
    scripted.reload()

    scripted.locator("#case-40").get_by_role("button", name="Send both").click()
    expect(scripted.locator("#case-41")).to_be_focused()
    scripted.locator("#case-41 form").first.evaluate("form => form.requestSubmit()")  # too soon

    assert [decision.case_id for decision, _ in world.taken] == [40]
    scripted.clock.run_for(1_000)
    scripted.locator("#case-41").get_by_role("button", name="Send both").click()
    expect(scripted.locator("#case-42")).to_be_focused()  # "Done." stands there from before
    assert [decision.case_id for decision, _ in world.taken] == [40, 41]


def test_what_was_told_stops_floating_after_a_while(scripted: Page) -> None:
    scripted.get_by_role("button", name="Send both").click()
    said(scripted, "Done. send by you")
    told = scripted.locator("#said")
    position = "e => getComputedStyle(e).position"

    assert told.evaluate(position) == "sticky"
    scripted.clock.run_for(13_000)
    assert told.evaluate(position) == "static"


def test_a_new_case_appears_by_itself_and_is_announced(scripted: Page, world: World) -> None:
    world.kept = {43: a_card(43, post="A new complaint"), **world.kept}

    refresh(scripted)

    said(scripted, "New. One more case waits for you.")
    assert scripted.title() == "(2) Cases · Amends"
    expect(scripted.locator(".counts")).to_contain_text("2 waiting for you")
    expect(scripted.locator("article").first).to_have_id("case-43")


def test_a_refresh_never_takes_focus_caret_or_typed_text(scripted: Page, world: World) -> None:
    scripted.locator("summary", has_text="Edit").click()
    area = scripted.locator("#case-42").get_by_label("Public answer")
    area.fill("Half a sentence")
    area.evaluate("e => e.setSelectionRange(4, 6)")
    world.kept = {
        43: a_card(43),
        42: a_card(revision=9, headline="edited by Eva", public=half(text="Eva's text")),
    }

    refresh(scripted)

    expect(area).to_be_focused()
    expect(area).to_have_value("Half a sentence")
    assert area.evaluate("e => [e.selectionStart, e.selectionEnd]") == [4, 6]
    said(scripted, "This case has changed since you opened it.")
    scripted.get_by_role("button", name="Drop what I typed and show how it is now").click()
    expect(scripted.locator("#case-42")).to_contain_text("edited by Eva")
    expect(scripted.locator("#case-42")).to_be_focused()


def test_a_card_that_nobody_touches_changes_and_moves_by_itself(
    scripted: Page, world: World
) -> None:
    world.kept[42] = a_card(state=CaseState.APPROVED, headline="approved by Eva", buttons=(UNDO,))

    refresh(scripted)

    under_way = scripted.get_by_role("region", name="Under way")
    expect(under_way.locator("#case-42")).to_contain_text("approved by Eva")
    expect(scripted.get_by_text("Nothing waits for you.")).to_be_visible()


def test_a_card_that_is_gone_goes(scripted: Page, world: World) -> None:
    world.kept.clear()

    refresh(scripted)

    expect(scripted.get_by_role("article")).to_have_count(0)


def test_who_was_signed_out_is_told(scripted: Page, world: World) -> None:
    scripted.context.clear_cookies()

    refresh(scripted)

    said(scripted, "You have been signed out.")


def test_a_click_that_reached_nobody_says_so(scripted: Page, world: World) -> None:
    scripted.route("**/decisions", lambda route: route.abort())

    scripted.get_by_role("button", name="Send both").click()

    said(scripted, "Amends does not answer.")
    expect(scripted.get_by_role("button", name="Send both")).to_be_enabled()
    assert world.taken == []


def test_escape_closes_a_form_in_which_nothing_was_typed(scripted: Page) -> None:
    scripted.locator("summary", has_text="Edit").click()
    scripted.get_by_label("Public answer").focus()

    scripted.keyboard.press("Escape")

    expect(scripted.get_by_label("Public answer")).to_be_hidden()
    expect(scripted.locator("summary", has_text="Edit")).to_be_focused()


def test_times_are_those_of_the_readers_clock(chromium: Browser, world: World) -> None:
    with (
        running(world) as console,
        visiting(chromium, console, timezone="Europe/Prague") as page,
    ):
        time = page.locator("time").first

        expect(time).to_have_text("20 Nov 2026, 11:16")
        expect(time).to_have_attribute("title", "2026-11-20 10:16 UTC")


# What nobody may do


NASTY = (
    "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 2'>"
    "<svg onload='window.pwned = 3'></svg> javascript:alert(4) <https://evil.example|open> "
    "<!channel> \u202egnihtyreve si siht\u202c </article></textarea>\"'>"
    "<a href=javascript:alert(5)>x"
)
UNTURNED = NASTY.replace("\u202e", "").replace("\u202c", "")


def test_nothing_that_a_customer_writes_comes_alive(chromium: Browser) -> None:
    author = Author(id="1", handle=NASTY, name=NASTY, url="javascript:alert(1)")
    world = World.of(
        a_card(
            author=author, post=NASTY, post_url="javascript:alert(1)", context=NASTY,
            english=NASTY, why=(NASTY,), history=NASTY, claimed_by=NASTY, headline=NASTY,
            reason=NASTY, topic=NASTY, incident=NASTY, promises=(NASTY,),
            public=half(text=NASTY, english=NASTY),
        )
    )  # fmt: skip
    with running(world) as console, visiting(chromium, console) as page:
        page.locator("summary", has_text="Edit").click()

        assert page.evaluate("window.pwned") is None
        assert page.locator("main script, main img, main svg").count() == 0
        assert page.locator("a[href^='javascript'], a[href*='evil']").count() == 0
        assert "\u202e" not in page.content()
        assert page.locator("main [onerror], main [onload], main [style]").count() == 0
        expect(page.get_by_label("Public answer")).to_have_value(
            NASTY.replace("\u202e", "").replace("\u202c", "")
        )


def test_a_script_that_slipped_in_would_not_run(scripted: Page) -> None:
    scripted.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.pwned = 1";
            document.body.append(script);
            document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.pwned = 2'>");
        }"""
    )

    assert scripted.evaluate("window.pwned") is None


def test_no_page_puts_the_console_into_a_frame(scripted: Page) -> None:
    address = scripted.url
    other = scripted.context.new_page()
    other.set_content(f"<iframe src='{address}'></iframe>")

    assert "Third week" not in (other.frames[-1].content())


# How it looks


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_card_fits_and_can_be_read(chromium: Browser, width: int, scheme: str) -> None:
    world = World.of(*gallery())
    with (
        running(world) as console,
        visiting(
            chromium, console, scripts=False, width=width, scheme=scheme, motion="reduce"
        ) as page,
    ):
        page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true; })")
        wide = page.evaluate("document.documentElement.scrollWidth")
        faint = page.evaluate(CONTRAST)
        small = page.evaluate(SMALL_TARGETS)

    assert wide <= width
    assert faint == []
    assert small == []


#: Texts whose contrast with what lies behind them is below 4.5. Source: WCAG 2.2, 1.4.3.
CONTRAST = """() => {
    const light = (rgb) => {
        const [r, g, b] = rgb.map((part) => {
            const share = part / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const parts = (color) => color.match(/[\\d.]+/g).map(Number);
    const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const color = parts(getComputedStyle(at).backgroundColor);
            if (color.length === 3 || color[3] === 1) return color.slice(0, 3);
        }
        return [255, 255, 255];
    };
    const found = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
        const over = light(parts(getComputedStyle(element).color).slice(0, 3));
        const under = light(behind(element));
        const ratio = (Math.max(over, under) + 0.05) / (Math.min(over, under) + 0.05);
        if (ratio < 4.5) found.add(`${element.className || element.tagName} ${ratio.toFixed(2)}`);
    }
    return [...found];
}"""

#: Buttons that are hard to hit. Source: WCAG 2.2, 2.5.8: at least 24 by 24 pixels.
SMALL_TARGETS = """() => [...document.querySelectorAll("button, summary, .button")]
    .filter((element) => element.checkVisibility())
    .map((element) => [element.textContent.trim(), element.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 24))
    .map(([text, box]) => `${text} ${box.width}x${box.height}`)"""


def test_nothing_moves_for_those_who_want_that(chromium: Browser, world: World) -> None:
    with (
        running(world) as console,
        visiting(chromium, console, motion="reduce") as page,
    ):
        moving = page.evaluate(
            """() => [...document.querySelectorAll("*")].map((element) => getComputedStyle(element))
                .filter((style) => parseFloat(style.transitionDuration) > 0
                    || style.scrollBehavior === "smooth").length"""
        )

    assert moving == 0
