"""Draws every card as people see it, to be looked at: `make gallery` writes pictures into a folder.

The console's own rendering of Slack's blocks, in headless Chromium, at the width of a phone and of
a desk, light and dark: one picture a card.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from responders.card import Card
from responders.case import CaseId
from tests.responders.console.chromium import CHROMIUM, FLAGS
from tests.responders.console.world import STOPPING, World, running
from tests.responders.console.world import gallery as of_the_console
from tests.responders.slack.cards import gallery as of_slack

WIDTHS = {"phone": 390, "desk": 1280}
#: More than any card takes: what had to be scrolled to is cut off.
HEIGHT = 6000
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def cards() -> Iterator[tuple[str, Card]]:
    """Every card with a name that is fit for a file."""
    named = [*of_slack().items(), *((f"console {c.number}", c) for c in of_the_console())]
    for number, (name, card) in enumerate(named, start=1):
        yield re.sub(r"\W+", "-", name).strip("-"), replace(card, case_id=CaseId(number))


def draw(browser: Browser, folder: Path) -> int:
    """Write the pictures; how many."""
    made = 0
    named = list(cards())
    for size, width in WIDTHS.items():
        for scheme in SCHEMES:
            with running(World.of(*(card for _, card in named))) as console:
                context = browser.new_context(
                    java_script_enabled=False,
                    viewport={"width": width, "height": HEIGHT},
                    color_scheme=scheme,
                )
                page = context.new_page()
                page.goto(console.url)
                for name, card in named:
                    page.goto(f"{console.address.rstrip('/')}/cases/{card.case_id}")
                    page.locator("article").screenshot(path=folder / f"{name}.{size}.{scheme}.png")
                    made += 1
                context.close()
            STOPPING.pop().stop()
    return made


def main(folder: Path) -> None:
    """Draw them all."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        made = draw(browser, folder)
        browser.close()
    print(f"{made} pictures in {folder}")  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
