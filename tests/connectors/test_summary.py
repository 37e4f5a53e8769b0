"""The README's table of connectors is the one that the code makes."""

from pathlib import Path

import pytest

from connectors import registry, summary, table
from tests.contracts.platform import HARNESSES, harness

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_has_the_table_as_the_code_makes_it() -> None:
    text = README.read_text("utf-8")

    assert table.inserted(text, table.table()) == text, (
        "the table of connectors in README.md is not the one that the code makes: "
        "run python -m connectors.table README.md"
    )


def test_the_table_has_one_row_for_each_connector() -> None:
    rows = table.table().splitlines()[2:]

    assert [row.split("`")[1] for row in rows] == list(registry.PLATFORMS)
    assert all(row.count("|") == 5 for row in rows)


@pytest.mark.parametrize("name", sorted(HARNESSES))
def test_a_row_says_what_the_platform_allows(name: str) -> None:
    said, traits = registry.load(name).summary, harness(name).traits

    assert (said.public.startswith((summary.BY_HAND, summary.NONE))) != traits.public_replies
    assert (said.private == summary.NONE) != traits.private_messages
    if traits.replies_only_when_addressed:
        assert "tagged" in said.public


def test_what_was_never_tried_against_the_real_service_is_called_beta() -> None:
    beta = {name for name in registry.PLATFORMS if registry.load(name).summary.beta}

    assert beta == {"trustpilot", "facebook", "instagram"}
    assert "| `trustpilot` (beta) |" in table.table()


def test_other_text_stays_as_it_is() -> None:
    text = f"before\n{table.BEGIN}\nold\nrows\n{table.END}\nafter\n"

    made = table.inserted(text, "| new |")

    assert made == f"before\n{table.BEGIN}\n| new |\n{table.END}\nafter\n"
    assert table.inserted(made, "| new |") == made


@pytest.mark.parametrize(
    "text",
    [
        "no marks\n",
        f"{table.BEGIN}\nno end\n",
        f"{table.END}\n{table.BEGIN}\n",
        f"{table.BEGIN}\n{table.END}\n{table.BEGIN}\n{table.END}\n",
        f"{table.END}\n{table.BEGIN}\n{table.END}\n",
    ],
)
def test_a_text_without_its_two_marks_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must stand there once"):
        table.inserted(text, "| new |")


def test_the_command_prints_the_table_or_writes_it_into_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "README.md"
    file.write_text(f"Hello\n{table.BEGIN}\n{table.END}\n", "utf-8")

    table.main([])
    printed = capsys.readouterr().out
    table.main([str(file)])

    assert printed == f"{table.table()}\n"
    assert file.read_text("utf-8") == f"Hello\n{table.BEGIN}\n{printed}{table.END}\n"
