import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from responders.slack.text import (
    NOTHING,
    clean,
    cut,
    inert,
    isolated,
    link,
    live,
    one_line,
    plain,
    size,
    staff,
    stored,
    web_address,
    when,
)
from tests.responders.slack.cards import ARABIC, FAMILY, HOSTILE

#: Any text at all, lone surrogates included, with the dangerous signs more often than by chance.
anything = st.text(st.characters(codec=None, exclude_categories=())) | st.text(
    st.sampled_from(list("<>&*_~`:|@#!U0A \n\u202e\u2067\ud800é👩\u200d"))
)
_ALIVE = re.compile(r"<[^>]*>")


def test_control_characters_and_direction_overrides_are_gone() -> None:
    assert clean("a\x00b\x1b[31mc\u202ed\u2066e\u2069f\ufeff\x9f") == "ab[31mcdef"


def test_a_lone_surrogate_is_gone() -> None:
    clean("a\ud800b").encode()
    assert clean("a\ud800b") == "ab"


def test_every_kind_of_line_break_is_a_line_feed() -> None:
    assert clean("a\r\nb\rc\u2028d\u2029e\x85f") == "a\nb\nc\nd\ne\nf"


def test_piled_marks_do_not_climb_over_their_neighbours() -> None:
    assert len(clean("a" + "\u0301" * 500)) == 7


def test_right_to_left_letters_and_joined_emoji_stay_as_they_are() -> None:
    assert clean(ARABIC) == ARABIC
    assert clean(FAMILY) == FAMILY


def test_white_space_of_any_kind_becomes_one_blank() -> None:
    assert one_line(" a \n\n b\t c ") == "a b c"


def test_a_text_counts_as_slack_may_store_it() -> None:
    assert size("ab") == 2
    assert size("👩") == 2
    assert size("&<>") == len("&amp;&lt;&gt;")
    assert size('"\\\n') == 6
    assert stored('"\\\n') == 3


def test_a_text_that_fits_is_not_cut() -> None:
    assert cut("abc", 3) == "abc"


def test_a_long_text_ends_in_an_ellipsis() -> None:
    assert cut("abcdef", 4) == "abc…"


def test_no_blank_stands_before_the_ellipsis() -> None:
    assert cut("abc def", 5) == "abc…"


def test_a_family_is_not_separated() -> None:
    assert cut(FAMILY * 3, size(FAMILY) + 3) == FAMILY + "…"


@given(anything, st.integers(min_value=1, max_value=60))
def test_a_cut_text_is_never_longer_than_asked(text: str, maximum: int) -> None:
    assert size(cut(text, maximum)) <= maximum


@given(st.text(), st.integers(min_value=1, max_value=60))
def test_a_cut_ends_between_characters_as_people_see_them(text: str, maximum: int) -> None:
    kept = cut(text, maximum)

    if kept != text:
        whole = regex.findall(r"\X", text)
        beginnings = {"".join(whole[:end]).rstrip() for end in range(len(whole) + 1)}
        assert kept.removesuffix("…") in beginnings


@given(anything)
def test_inert_text_holds_no_markup(text: str) -> None:
    shown = inert(text)

    assert "<" not in shown
    assert ">" not in shown
    assert "`" not in shown
    assert not shown.startswith("&gt;")
    assert not re.search(r"&(?!amp;|lt;|gt;)", shown)
    assert not re.search(r"(?<![^\W_])[*_~](?=\S)", shown)
    assert "\n" not in shown


@given(anything)
def test_inert_text_still_says_what_was_written(text: str) -> None:
    back = inert(text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    for sign, written in {
        "\u2217": "*", "\u02cd": "_", "\u223c": "~", "\u02cb": "`", "\ua789": ":", "\u203a": ">",
    }.items():  # fmt: skip
        back = back.replace(sign, written)
        text = text.replace(sign, written)

    assert back == one_line(text)


def test_an_emoji_code_in_foreign_text_is_no_emoji() -> None:
    assert ":white_check_mark:" not in inert("sent :white_check_mark: ok")


def test_a_time_of_day_is_no_emoji_code() -> None:
    assert inert("asked at 14:03:11") == "asked at 14:03:11"
    assert inert("found: two, lost: none") == "found: two, lost: none"


def test_underscores_within_a_name_stay() -> None:
    assert inert("@acme_support") == "@acme_support"


def test_people_of_the_team_stay_names_in_our_sentences() -> None:
    assert staff("Sent by <@U0EVA> as @acme") == "Sent by <@U0EVA> as @acme"


def test_nothing_else_in_our_sentences_is_alive() -> None:
    assert _ALIVE.findall(staff(f"<@U0EVA> wrote {HOSTILE}")) == ["<@U0EVA>", "<@U0EVA>"]


@given(anything)
def test_only_names_are_ever_alive_in_our_sentences(text: str) -> None:
    for token in _ALIVE.findall(staff(text)):
        assert re.fullmatch(r"<@[UW][A-Z0-9]{2,20}>", token)


def test_a_moment_is_shown_in_the_readers_own_time_zone() -> None:
    moment = datetime(2026, 11, 22, 15, 3, tzinfo=timezone(timedelta(hours=1)))

    assert when(moment) == "<!date^1795356180^{date_short_pretty}, {time}|2026-11-22 14:03 UTC>"
    assert datetime.fromtimestamp(1795356180, UTC) == moment


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "ftp://example.com/x",
        "https://",
        "https://[bad/",
        "https://example.com/\n<!channel>",
        " https://example.com",
        "https://example.com/" + "a" * 3000,
        "https://example.com/" + "é" * 1000,
    ],
)
def test_what_is_no_address_of_the_web_makes_no_link(url: str | None) -> None:
    assert web_address(url) is None
    assert link(url, "open", 3000) == ""


def test_an_address_cannot_break_out_of_its_link() -> None:
    assert link("https://example.com/a|b>c<d?x=1&y=2", "open") == (
        "<https://example.com/a%7Cb%3Ec%3Cd?x=1&amp;y=2|open>"
    )


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=50))
def test_a_link_is_one_link_whatever_the_address(rest: str) -> None:
    made = link(f"https://example.com/{rest}", "open")

    assert made == "" or re.fullmatch(r"<https://example\.com/[^<>|\s]*\|open>", made)


def test_nothing_left_to_show_is_said() -> None:
    assert plain("\x00\x01").text == NOTHING


def test_what_would_be_markup_is_broken_in_plain_text_too() -> None:
    assert plain("<!channel> <@U1> <https://x> a<b").text == (
        "<\u2060!channel> <\u2060@U1> <\u2060https://x> a<b"
    )


def test_slack_makes_nothing_alive_by_itself() -> None:
    assert live("x").to_dict() == {"type": "mrkdwn", "text": "x", "verbatim": True}
    assert plain("x").to_dict() == {"type": "plain_text", "text": "x", "emoji": False}


def test_a_right_to_left_name_does_not_turn_its_neighbours() -> None:
    assert isolated("نور") == "\u200eنور\u200e"
    assert isolated("Ann") == "Ann"
