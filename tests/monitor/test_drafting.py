"""What `amends draft` says to a post: the contract's keys, filled from the real parts."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.base import Author, Mention
from monitor.config import (
    BrandTable,
    CreditTable,
    File,
    PolicyTable,
    Settings,
    WriterTable,
    defaults,
)
from monitor.drafting import drafter
from responders.money import Money
from tests.servers.writer import KEY, MODEL, WriterServer, same

EUROS = Money(minor=1000, currency="EUR")


@cache
def plain() -> Any:  # noqa: ANN401 - a function of JSON
    return drafter(defaults())


def drafted(text: str, settings: Settings | None = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a Mention
    mention = Mention(
        platform="samples",
        id="a",
        author=Author(id="1", handle="kim", name="Kim"),
        text=text,
        created_at=datetime(2026, 11, 20, tzinfo=UTC),
        addressed=True,
        **more,
    )
    made: dict[str, Any] = (drafter(settings) if settings else plain())(mention)
    return made


def test_a_complaint_gets_both_texts() -> None:
    made = drafted("Where is my order? It is three weeks late!")

    assert (made["id"], made["language"], made["playbook"]) == ("a", "en", "order_late")
    assert made["public"]
    assert made["private"]
    assert made["red_flags"] == []
    assert all(set(finding) == {"code", "severity", "words", "do"} for finding in made["findings"])


def test_what_nobody_should_answer_gets_none_and_a_reason() -> None:
    made = drafted("70% OFF everything!! click here https://deals.example.net/win")

    texts = ("public", "private", "public_english", "private_english", "holding", "playbook")
    assert [made[name] for name in texts] == [None] * 6
    assert made["reason"]


def test_a_red_flag_gets_a_short_text_for_a_person_to_finish() -> None:
    made = drafted("The pan burnt my hand, I am in hospital. Terrible.")

    assert made["red_flags"] == ["injury"]
    assert (made["public"], made["private"]) == (None, None)
    assert made["holding"]


def test_a_credit_is_minor_units_and_a_currency(tmp_path: Path) -> None:
    credit = CreditTable(
        suggested=EUROS, cap_per_case=EUROS, monthly_budget=EUROS, codes_file="codes.csv"
    )
    settings = Settings(
        file=File(
            brands=(BrandTable(name="Acme", signature="Eva"),),
            policy=PolicyTable(credit=credit),
        ),
        path=tmp_path / "config.toml",
    )

    made = drafted("My parcel is three weeks late and nobody answers, terrible!", settings)

    assert made["credit"] == {"minor": 1000, "currency": "EUR"}


@pytest.mark.parametrize(
    "text", ["!", "😡" * 500, "\u202e\u200b", "<!channel> <script>", "a" * 10_000]
)
def test_no_text_is_too_odd_for_an_answer(text: str) -> None:
    assert drafted(text)["id"] == "a"


def test_a_writer_words_the_draft_where_one_is_configured() -> None:
    def polite(asked: dict[str, Any]) -> dict[str, Any]:
        return {half: text.replace("Hi", "Hey") for half, text in same(asked).items()}

    with WriterServer(polite) as server:
        table = WriterTable(api_url=f"{server.url}/v1", model=MODEL, api_key=SecretStr(KEY))
        file = File(brands=(BrandTable(name="Acme", signature="Eva"),), writer=table)
        made = drafted("Where is my order? It is three weeks late!", Settings(file=file))

    assert "machine_written" in {finding["code"] for finding in made["findings"]}
    assert len(server.requests) == 1


def test_a_writer_without_its_key_is_left_out() -> None:
    table = WriterTable(api_url="http://127.0.0.1:9/v1", model="m", api_key=SecretStr(""))
    file = File(brands=(BrandTable(name="Acme"),), writer=table)

    made = drafted("Where is my order? It is three weeks late!", Settings(file=file))

    assert made["findings"] == []
