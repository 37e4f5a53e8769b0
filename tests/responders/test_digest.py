"""The digest: weeks in a time zone, and texts that hold whatever a brand is called."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responders import chart
from responders.digest import (
    Answers,
    Digest,
    Line,
    Mood,
    answer_lines,
    bounds,
    days,
    headline,
    html,
    markdown,
    week_before,
    week_of,
)
from responders.money import Money

WEEK = "2026-W46"
START, END = bounds(WEEK, "Europe/Berlin")
DAY = Mood(negative=4, neutral=5, positive=1, angry=3)


def a_digest(brand: str = "Nordlicht") -> Digest:
    total = Mood(negative=28, neutral=35, positive=7, angry=21)
    return Digest(
        brand=brand,
        week=WEEK,
        start=START,
        end=END,
        now=total,
        before=Mood(negative=10, neutral=10, positive=0, angry=4),
        days=(DAY,) * 7,
        platforms=(Line(name="twitter", now=total, before=Mood(neutral=20, angry=4)),),
        topics=(Line(name="order_late", now=Mood(negative=12, angry=12)),),
        answers=Answers(
            cases=21,
            answered=15,
            dismissed=4,
            waiting=2,
            median=timedelta(minutes=38),
            credits=Money(minor=5000, currency="EUR"),
        ),
        prevent=("Say on the order page when a parcel leaves.",),
        gaps=("reddit was out of reach on Tuesday for 3 h",),
    )


def test_a_week_is_half_open_between_local_midnights() -> None:
    assert START == datetime(2026, 11, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    assert END - START == timedelta(days=7)


def test_a_week_with_a_change_of_the_clocks_has_a_day_of_25_hours() -> None:
    spans = [
        end.astimezone(UTC) - start.astimezone(UTC)
        for start, end in days("2026-W43", "Europe/Berlin")
    ]

    assert spans[6] == timedelta(hours=25)
    assert spans[:6] == [timedelta(hours=24)] * 6


@given(moment=st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis takes naive bounds and adds the zone
def test_every_moment_lies_in_its_week(moment: datetime) -> None:
    start, end = bounds(week_of(moment, "Europe/Prague"), "Europe/Prague")

    assert start <= moment < end


def test_the_week_before_the_first_is_the_last_of_the_year_before() -> None:
    assert week_before("2027-W01") == "2026-W53"


@pytest.mark.parametrize("written", ["", "2026", "2026-W54", "W47", "2026-47", "x-Wy"])
def test_a_week_written_otherwise_says_how(written: str) -> None:
    with pytest.raises(ValueError, match='write it as "2026-W47"'):
        bounds(written, "UTC")


def test_the_headline_compares_with_the_week_before() -> None:
    assert headline(a_digest()) == (
        "70 posts about Nordlicht, 21 of them (30 %) angry or asking for a person; "
        "the week before 20 %."
    )


def test_a_first_week_has_nothing_to_compare_with() -> None:
    assert "no week before" in headline(replace(a_digest(), before=Mood()))


def test_an_empty_week_does_not_claim_peace() -> None:
    empty = replace(a_digest(), now=Mood(), days=(Mood(),) * 7)

    assert headline(empty) == (
        "Nobody wrote about Nordlicht in week 2026-W46, as far as we could see."
    )
    assert chart.png(empty).startswith(b"\x89PNG")


def test_markdown_holds_every_number_and_the_picture() -> None:
    text = markdown(a_digest(), "chart.png")

    assert "| negative | 28 | 10 |" in text
    assert "| order late | 12 | 0 | 12 | 0 |" in text
    assert "Store credits given: 50.00 EUR" in text
    assert "Half of the decisions took less than 38 min" in text
    assert "reddit was out of reach on Tuesday for 3 h" in text
    assert "](chart.png)" in text


def test_markdown_without_a_picture_has_none() -> None:
    assert "![" not in markdown(replace(a_digest(), platforms=(), topics=(), prevent=(), gaps=()))


def test_a_brand_cannot_break_out_of_markdown_or_html() -> None:
    nasty = a_digest('<script>alert(1)</script> | [x](javascript:1) `"')

    assert "\\<script\\>" in markdown(nasty)
    assert "<script>" not in html(nasty)
    assert '"><img src=x' not in html(nasty, '"><img src=x>')


def test_html_is_well_formed() -> None:
    opened: list[str] = []

    class Checker(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag not in {"meta", "img"}:
                opened.append(tag)
            if tag == "img":
                assert dict(attrs)["alt"]

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

    Checker().feed(html(a_digest(), "chart.png"))

    assert opened == []


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(seconds=5), "1 min"),
        (timedelta(minutes=90), "1 h 30 min"),
        (timedelta(hours=50), "2 days"),
    ],
)
def test_the_median_is_said_in_plain_units(span: timedelta, said: str) -> None:
    lines = answer_lines(replace(a_digest(), answers=Answers(cases=1, median=span)))

    assert lines[1] == f"Half of the decisions took less than {said}"


def test_a_week_without_decisions_claims_no_median() -> None:
    assert len(answer_lines(replace(a_digest(), answers=Answers()))) == 1


def test_the_chart_is_a_picture_of_the_promised_size(tmp_path: Path) -> None:
    picture = chart.png(a_digest("名古屋 $x$"))  # no glyphs or mathematics of the brand are drawn

    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20], "big") == 1800
    assert int.from_bytes(picture[20:24], "big") == 840


def test_moods_add_up() -> None:
    assert DAY + DAY == Mood(negative=8, neutral=10, positive=2, angry=6)
    assert (DAY + DAY).posts == 20
