"""Codes read from a file, given out once, shown masked, and what they take from the budget."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from connectors.errors import Refused
from responders.action import Action, ActionKind, ActionState
from responders.case import Spend
from responders.credit import masked, spend_of, utc_month
from responders.credit.pool import Code, CodesError, NoCodeLeft, Pool, read_codes
from responders.money import Money
from tests.responders.given import CASE, EUR_25, NOW

BUDGET = Money(minor=10_000, currency="EUR")


class Codes:
    """A book with the codes it was given."""

    def __init__(self, *codes: str) -> None:
        self.free = list(codes)
        self.taken: dict[str, str] = {}

    def take(self, key: str, amount: Money, now: datetime) -> str:
        if key not in self.taken:
            if not self.free:
                raise NoCodeLeft
            self.taken[key] = self.free.pop(0)
        return self.taken[key]

    def give_back(self, key: str) -> None:
        if key in self.taken:
            self.free.append(self.taken.pop(key))


def write(folder: Path, text: str) -> Path:
    path = folder / "codes.csv"
    path.write_text(text, encoding="utf-8")
    return path


# --- the pool ----------------------------------------------------------------------------------


def test_the_same_key_gives_the_same_code_however_often_it_is_asked() -> None:
    pool = Pool(Codes("AAAA1111", "BBBB2222"))

    codes = [pool.issue("k1", EUR_25, NOW) for _ in range(3)]

    assert codes == ["AAAA1111"] * 3


def test_two_keys_never_share_a_code() -> None:
    pool = Pool(Codes("AAAA1111", "BBBB2222"))

    assert pool.issue("k1", EUR_25, NOW) != pool.issue("k2", EUR_25, NOW)


def test_an_empty_pool_says_what_to_do() -> None:
    with pytest.raises(Refused, match=r"No code of 25\.00 EUR is left .* codes_file") as caught:
        Pool(Codes()).issue("k1", EUR_25, NOW)

    assert caught.value.code == "no_code_left"


def test_a_code_given_back_serves_the_next_customer() -> None:
    pool = Pool(Codes("AAAA1111"))
    pool.issue("k1", EUR_25, NOW)

    pool.reverse("k1")

    assert pool.issue("k2", EUR_25, NOW) == "AAAA1111"


@pytest.mark.parametrize(
    ("code", "shown"),
    [("AB12CD9Z", "AB…9Z"), ("ACME-2026-XYZ", "AC…YZ"), ("SHORT12", "…"), ("", "…")],
)
def test_a_code_is_shown_by_its_ends_alone(code: str, shown: str) -> None:
    assert masked(code) == shown


def test_the_repr_of_a_code_does_not_tell_it() -> None:
    assert "SECRET99" not in repr(Code(code="SECRET99", amount=EUR_25))


# --- the file ----------------------------------------------------------------------------------


def test_codes_are_read_with_their_amount_and_last_day(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "code,amount,currency,expires\nAAAA1111,25.00,EUR,2027-06-30\nBBBB2222,3000,JPY,\n",
    )

    assert read_codes(path) == (
        Code(code="AAAA1111", amount=EUR_25, expires=date(2027, 6, 30)),
        Code(code="BBBB2222", amount=Money(minor=3000, currency="JPY")),
    )


def test_a_spreadsheets_file_is_read_too(tmp_path: Path) -> None:
    path = write(tmp_path, '\ufeffAmount;Code;Currency\r\n25.00;"AAAA1111";eur\r\n;;\r\n\r\n')

    assert read_codes(path) == (Code(code="AAAA1111", amount=EUR_25),)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (",25.00,EUR,", "line 2: the code is missing"),
        ("AB CD1234,25.00,EUR,", "line 2: 'AB…34' is not a code"),
        ("AAAA1111,25,", "line 2: '25 ' is not an amount"),
        ("AAAA1111,25.001,EUR,", "line 2: '25.001 EUR' has more than 2 digits"),
        ("AAAA1111,0,EUR,", "line 2: the amount is 0"),
        ("AAAA1111,25.00,EUR,30.06.2027", "line 2: expires: '30.06.2027' is not a date"),
        ('"AAAA1111,25.00,EUR,', "line 2: not a line of CSV"),
        ("\n".join(["AAAA1111,25.00,EUR,"] * 2), "line 3: the code AA…11 stands in line 2 too"),
    ],
)
def test_a_bad_line_is_named_with_what_is_wrong(tmp_path: Path, line: str, message: str) -> None:
    path = write(tmp_path, f"code,amount,currency,expires\n{line}\n")

    with pytest.raises(CodesError) as caught:
        read_codes(path)

    assert f"{path}, {message}" in str(caught.value)
    assert "AAAA1111" not in str(caught.value)


def test_every_problem_is_found_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, "code,amount,currency\n,1,EUR\nAAAA1111,x,EUR\nBBBB2222,5,EUR\n")

    with pytest.raises(CodesError, match=r"\(and 1 more\)") as caught:
        read_codes(path)

    assert [problem.partition(": ")[0] for problem in caught.value.problems] == [
        f"{path}, line 2",
        f"{path}, line 3",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("code,amount,currency\n\n", "no codes below the heading"),
        ("code,value\n", "found the columns code, value; missing: amount, currency; allowed: code"),
    ],
)
def test_a_file_that_is_none_of_codes_says_so(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CodesError, match=message):
        read_codes(write(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CodesError, match=r"none\.csv: cannot be read \(No such file"):
        read_codes(tmp_path / "none.csv")


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_bytes(b"code,amount,currency\n\xe9\xe8,1,EUR\n")

    with pytest.raises(CodesError, match="not UTF-8 text"):
        read_codes(path)


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("responders.credit.pool.MAX_FILE_BYTES", 10)

    with pytest.raises(CodesError, match="is it the right file"):
        read_codes(write(tmp_path, "code,amount,currency\n"))


# --- the budget --------------------------------------------------------------------------------


def credit(state: ActionState) -> Action:
    return Action(
        kind=ActionKind.CREDIT, round=1, key="k", state=state, amount=EUR_25, approved_at=NOW
    )


def test_an_approved_credit_takes_its_place_in_the_month() -> None:
    after = CASE.with_action(credit(ActionState.APPROVED))

    spend = spend_of(CASE, after, month_of=utc_month, budget=BUDGET)

    assert spend == Spend(month="2026-11", amount=EUR_25, budget=BUDGET)


@pytest.mark.parametrize("over", [ActionState.CANCELLED, ActionState.FAILED, ActionState.REVERSED])
def test_a_credit_that_comes_to_nothing_gives_its_place_back(over: ActionState) -> None:
    before = CASE.with_action(credit(ActionState.SENT))

    spend = spend_of(before, CASE.with_action(credit(over)), month_of=utc_month)

    assert spend == Spend(month="2026-11", amount=EUR_25, budget=EUR_25, back=True)


def test_it_is_given_back_to_the_month_it_was_taken_from() -> None:
    old = replace(credit(ActionState.SENT), approved_at=NOW.replace(month=10))
    over = replace(old, state=ActionState.REVERSED)

    spend = spend_of(CASE.with_action(old), CASE.with_action(over), month_of=utc_month)

    assert spend is not None
    assert spend.month == "2026-10"


def test_a_credit_on_its_way_moves_no_money() -> None:
    before = CASE.with_action(credit(ActionState.APPROVED))
    after = CASE.with_action(credit(ActionState.SENDING))

    assert spend_of(before, after, month_of=utc_month) is None


def test_a_credit_without_a_budget_is_a_fault_of_ours() -> None:
    after = CASE.with_action(credit(ActionState.APPROVED))

    with pytest.raises(ValueError, match=r"case 1: a credit of 25\.00 EUR without a budget"):
        spend_of(CASE, after, month_of=utc_month)
