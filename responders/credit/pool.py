"""A pool of codes that the shop made, kept in our own database and given out one by one."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from connectors.errors import Refused
from responders.credit import masked
from responders.money import Money, parse_money

#: A file of codes is some thousand lines; anything far larger is another file by mistake.
MAX_FILE_BYTES = 10 * 1024 * 1024
#: A shop's codes are 8 to 40 characters; more is something else in the wrong column.
MAX_CODE_LENGTH = 100

_COLUMNS = ("code", "amount", "currency", "expires")
_REQUIRED = _COLUMNS[:3]
_SHOWN_PROBLEMS = 20


@dataclass(frozen=True, kw_only=True)
class Code:
    """One code that the shop made; its `repr` does not show it."""

    code: str = field(repr=False)
    amount: Money
    expires: date | None = None  #: the last day on which it is worth something; None: never ends


class NoCodeLeft(Exception):
    """The pool has no code of that amount that is still valid."""


class CodesError(ValueError):
    """A file of codes cannot be read.

    Attributes:
        problems: One line each: file, line, what was found, what is allowed. Never empty, and
            none holds a whole code.
    """

    def __init__(self, problems: list[str]) -> None:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(problems[0] + more)
        self.problems = problems


class CreditBook(Protocol):
    """Where codes are kept, as far as the pool needs it."""

    def take(self, key: str, amount: Money, now: datetime) -> str:
        """The code that belongs to this key: the same one every time, else a fresh one.

        Raises:
            NoCodeLeft: no unused code of exactly this amount is valid at `now`.
        """

    def give_back(self, key: str) -> None:
        """Free the key's code for another customer; nothing where the key has none."""


class Pool:
    """A CreditIssuer on top of a book of codes."""

    def __init__(self, book: CreditBook) -> None:
        self._book = book

    def issue(self, key: str, amount: Money, now: datetime) -> str:
        """The key's code, taken from the pool on the first call.

        Raises:
            Refused: no code of this amount is left (code `no_code_left`).
        """
        try:
            return self._book.take(key, amount, now)
        except NoCodeLeft as error:
            raise Refused(
                f"No code of {amount} is left in the pool. Add codes to the file that "
                f"[policy.credit] codes_file names, then send the credit again.",
                code="no_code_left",
            ) from error

    def reverse(self, key: str) -> None:
        """Put the key's code back: nobody has seen it."""
        self._book.give_back(key)


def read_codes(path: Path) -> tuple[Code, ...]:
    """Read a CSV file with the columns code, amount, currency and, where codes end, expires.

    Commas or semicolons separate; `expires` is a date such as 2027-06-30 or blank.

    Raises:
        CodesError: with every problem of the file.
    """
    rows = _rows(path)
    problems: list[str] = []
    codes: list[Code] = []
    lines: dict[str, int] = {}
    for line, row in rows:
        try:
            code = _code(row)
        except ValueError as error:
            problems.append(f"{path}, line {line}: {error}")
            continue
        earlier = lines.setdefault(code.code.casefold(), line)
        if earlier != line:
            shown = masked(code.code)
            problems.append(f"{path}, line {line}: the code {shown} stands in line {earlier} too")
        codes.append(code)
    if problems:
        raise CodesError(problems[:_SHOWN_PROBLEMS])
    if not codes:
        raise CodesError([f"{path}: no codes below the heading; write one code a line"])
    return tuple(codes)


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    lines = _text(path).splitlines()
    if not lines:
        raise CodesError([f"{path}: the file is empty; its first line names the columns"])
    separator = ";" if lines[0].count(";") > lines[0].count(",") else ","
    heading = [name.strip().casefold() for name in next(csv.reader(lines[:1], delimiter=separator))]
    missing = [name for name in _REQUIRED if name not in heading]
    if missing:
        found = f"found the columns {', '.join(heading)}; missing: {', '.join(missing)}"
        raise CodesError([f"{path}, line 1: {found}; allowed: {', '.join(_COLUMNS)}"])
    return list(_cells(path, lines, heading, separator))


def _cells(
    path: Path, lines: Sequence[str], heading: Sequence[str], separator: str
) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(lines, delimiter=separator, strict=True)
    next(reader)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                values = [cell.strip() for cell in cells]
                yield reader.line_num, dict(zip(heading, values, strict=False))
    except csv.Error as error:
        raise CodesError(
            [f"{path}, line {reader.line_num}: not a line of CSV ({error})"]
        ) from error


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            allowed = MAX_FILE_BYTES // (1024 * 1024)
            raise CodesError([f"{path}: larger than {allowed} MiB; is it the right file?"])
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CodesError([f"{path}: cannot be read ({error.strerror})"]) from error
    except UnicodeDecodeError as error:
        raise CodesError([f"{path}: not UTF-8 text; save it as CSV in UTF-8"]) from error


def _code(row: dict[str, str]) -> Code:
    code = row.get("code", "")
    if not code:
        raise ValueError("the code is missing")
    if len(code) > MAX_CODE_LENGTH or not code.isprintable() or " " in code:
        raise ValueError(
            f"{masked(code)!r} is not a code: up to {MAX_CODE_LENGTH} characters, no spaces"
        )
    amount = parse_money(f"{row.get('amount', '')} {row.get('currency', '')}")
    if amount.minor == 0:
        raise ValueError("the amount is 0; a credit is worth something")
    return Code(code=code, amount=amount, expires=_day(row.get("expires", "")))


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"expires: {text!r} is not a date such as 2027-06-30") from error
