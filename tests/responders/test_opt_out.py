# ruff: noqa: RUF001 - other scripts look alike on purpose
"""Whoever asks us to write no more is left alone, on every channel."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.base import Contact, Route
from responders import opt_out
from responders.action import ActionKind, ActionState
from responders.case import CaseState
from responders.opt_out import asks_to_stop, honoured, opts_out
from tests.responders import given
from tests.responders.given import BOTH
from tests.responders.test_deliver import Room, action, approved

WORDS = tomllib.loads(Path(opt_out.__file__).with_name("opt_out.toml").read_text("utf-8"))
ASKED = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "Stop!!! 😡",
        "stop stop STOP",
        "@acme stop",
        "@acme@example.social STOP now, please.",
        "u/acme_help please leave me alone.",
        "Don\u2019t contact me again!",
        "Bitte schreiben Sie mir nicht mehr!",
        "Merci, laissez-moi tranquille",
        "Por favor, no me escriban más.",
        "Non scrivetemi più, grazie",
        "Me deixem em paz",
        "Laat me met rust a.u.b.".replace("a.u.b.", "aub"),
        "Proszę nie piszcie do mnie więcej",
        "Nechte mě na pokoji, prosím",
        "Не пишіть мені більше",
        "ПРЕКРАТИТЕ",
        "请不要再联系我！",
        "\uff33\uff34\uff2f\uff30",
    ],
)
def test_a_message_that_says_only_this_asks_to_stop(text: str) -> None:
    assert asks_to_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "😡😡",
        "please",
        "Stop losing my parcels!",
        "When will you stop lying to us?",
        "non-stop",
        "The bus stop in front of your shop is closed",
        "I want to opt out of the newsletter, how?",
        "Leave me alone with your excuses, I want my money back",
        "stop " * 40,
    ],
)
def test_a_complaint_does_not(text: str) -> None:
    assert not asks_to_stop(text)


def test_there_are_words_for_every_language_of_the_product() -> None:
    languages = set(WORDS) - {"courtesy"}

    assert languages == {"en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "uk", "ru", "zh"}


@pytest.mark.parametrize(
    ("language", "phrase"),
    [(key, phrase) for key, phrases in WORDS.items() if key != "courtesy" for phrase in phrases],
)
def test_every_phrase_is_understood_as_it_stands(language: str, phrase: str) -> None:
    assert asks_to_stop(phrase.capitalize() + "!")


STOP = given.mention("m9", "STOP")


class TestToUs:
    def test_is_in_private(self) -> None:
        assert opts_out(replace(STOP, addressed=False, private=True))

    def test_is_by_name(self) -> None:
        assert opts_out(replace(STOP, addressed=True))

    def test_is_below_a_post_of_ours(self) -> None:
        assert opts_out(replace(STOP, addressed=False, in_reply_to="r1"), {"r1"})

    @pytest.mark.parametrize("parent", [None, "somebody"])
    def test_is_not_a_word_to_somebody_else(self, parent: str | None) -> None:
        assert not opts_out(replace(STOP, addressed=False, in_reply_to=parent), {"r1"})

    def test_is_nothing_that_we_say(self) -> None:
        assert not opts_out(replace(STOP, private=True, ours=True))


def test_nothing_can_be_sent_to_whoever_asked_for_that() -> None:
    left = honoured(BOTH, Contact(asked_to_stop_at=ASKED))

    assert left.public.route is left.private.route is Route.NONE
    assert left.public.reason == (
        "They asked us on 21 November 2026 to write no more. Only a person can undo that."
    )
    assert left.private.link("text") is None


def test_everything_can_be_sent_to_everybody_else() -> None:
    assert honoured(BOTH, Contact()) == BOTH


@pytest.mark.parametrize("kind", [ActionKind.PUBLIC, ActionKind.PRIVATE])
def test_what_was_approved_before_they_asked_does_not_leave(kind: ActionKind) -> None:
    room = Room(approved(action(kind)))
    room.asked_to_stop_at = ASKED

    assert room.deliver(kind) is ActionState.FAILED

    assert room.platform.calls == []
    assert "to write no more" in room.action(kind).error
    assert room.case.state is CaseState.NEEDS_HUMAN
