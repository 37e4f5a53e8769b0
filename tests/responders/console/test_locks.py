"""Passwords, failures, sessions and the one-time token."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responders.console import passwords
from responders.console.passwords import check_hash, hash_password, password_matches
from responders.console.sessions import OneTimeToken, Said, Sessions
from responders.console.throttle import Throttle

PASSWORD = "correct horse battery"
HASH = hash_password(PASSWORD)


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def go(self, **time: float) -> None:
        self.now += timedelta(**time)


# Passwords


def test_a_password_opens_its_own_hash_only() -> None:
    assert password_matches(PASSWORD, HASH)
    assert not password_matches(PASSWORD + "!", HASH)
    assert not password_matches("", HASH)


def test_two_hashes_of_one_password_differ_and_show_nothing_of_it() -> None:
    other = hash_password(PASSWORD)

    assert other != HASH
    assert "horse" not in other
    assert other.startswith("scrypt$16384$8$5$")


@pytest.mark.parametrize("password", ["", "short", "x" * 1025])
def test_a_password_has_a_sensible_length(password: str) -> None:
    with pytest.raises(ValueError, match="a password has 12 to 1024 characters"):
        hash_password(password)


SALT = "A" * 22


@pytest.mark.parametrize(
    "written",
    [
        "",
        "plain text",
        f"md5$16384$8$5${SALT}${'A' * 43}",
        f"scrypt$2$8$5${SALT}${'A' * 43}",
        f"scrypt$16384$1$5${SALT}${'A' * 43}",
        f"scrypt$16384$8$0${SALT}${'A' * 43}",
        f"scrypt$16385$8$5${SALT}${'A' * 43}",
        f"scrypt$1048576$8$5${SALT}${'A' * 43}",
        f"scrypt$16384$8$99${SALT}${'A' * 43}",
        f"scrypt$many$8$5${SALT}${'A' * 43}",
        f"scrypt$16384$8$5$!${'A' * 43}",
        f"scrypt$16384$8$5$AAAA${'A' * 43}",
        f"scrypt$16384$8$5${SALT}${'A' * 39}",
    ],
)
def test_a_hash_that_is_none_is_named_before_anybody_signs_in(written: str) -> None:
    with pytest.raises(ValueError, match=r"it is not a hash|it was cut off"):
        check_hash(written)


def test_a_whole_hash_is_taken() -> None:
    check_hash(HASH)


def test_a_surrogate_in_a_password_is_no_accident() -> None:
    assert not password_matches("\ud800" * 20, HASH)
    assert passwords.SHORTEST == 12


# Failures


def test_the_first_failures_cost_nothing_and_later_ones_ever_more() -> None:
    clock = Clock()
    throttle = Throttle(clock, free=3)
    waits = []

    for _ in range(6):
        waits.append(throttle.wait("a").total_seconds())
        throttle.count("a")

    assert waits == [0, 0, 0, 2, 4, 8]


def test_waiting_ends_and_never_lasts_longer_than_a_quarter_of_an_hour() -> None:
    clock = Clock()
    throttle = Throttle(clock, free=0)
    for _ in range(200):
        throttle.count("a")

    assert throttle.wait("a") == timedelta(minutes=15)
    clock.go(minutes=15)
    assert throttle.wait("a") == timedelta()


def test_one_address_does_not_wait_for_another() -> None:
    throttle = Throttle(Clock(), free=0)
    throttle.count("a")

    assert throttle.wait("a")
    assert not throttle.wait("b")


def test_a_right_try_and_an_hour_both_wipe_the_slate() -> None:
    clock = Clock()
    throttle = Throttle(clock, free=1)
    for key in ("a", "b"):
        throttle.count(key)
        throttle.count(key)

    throttle.forgive("a")
    clock.go(hours=1, seconds=1)
    throttle.count("b")

    assert not throttle.wait("a")
    assert throttle.wait("b") == timedelta(seconds=2)  # of the new failure alone


def test_an_attacker_cannot_fill_the_memory_with_addresses() -> None:
    throttle = Throttle(Clock(), free=0)

    for number in range(10_050):
        throttle.count(str(number))

    assert len(throttle._failures) == 10_000
    assert not throttle.wait("0")
    assert throttle.wait("10049")


# Sessions


def test_a_session_is_found_by_its_cookie_until_it_ends() -> None:
    sessions = Sessions(Clock())
    cookie = sessions.begin("eva")

    found = sessions.find(cookie)
    sessions.end(cookie)
    sessions.end(cookie)

    assert found is not None
    assert found.name == "eva"
    assert sessions.find(cookie) is None
    assert sessions.find("") is None


def test_a_session_ends_when_nobody_does_anything() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    cookie = sessions.begin("eva")

    clock.go(hours=11)
    assert sessions.find(cookie)
    clock.go(hours=11)
    assert sessions.find(cookie, active=False)
    clock.go(hours=2)
    assert sessions.find(cookie) is None


def test_no_session_lasts_for_ever() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    cookie = sessions.begin("eva")

    for _ in range(61):
        clock.go(hours=11, minutes=59)
        sessions.find(cookie)

    assert sessions.find(cookie) is None


def test_the_oldest_session_makes_room() -> None:
    sessions = Sessions(Clock())
    first = sessions.begin("eva")
    last = [sessions.begin("jan") for _ in range(1000)][-1]

    assert sessions.find(first) is None
    assert sessions.find(last)


def test_what_is_to_be_told_is_told_once() -> None:
    session = Sessions(Clock())
    cookie = session.begin("eva")
    found = session.find(cookie)
    assert found

    found.said = Said(text="Sent.", done=True)

    assert found.take_said() == Said(text="Sent.", done=True)
    assert found.take_said() is None


def test_a_forms_token_belongs_to_one_cookie_and_one_process() -> None:
    sessions, restarted = Sessions(Clock()), Sessions(Clock())
    one, two = sessions.begin("eva"), sessions.begin("eva")
    token = sessions.form_token(one)

    assert sessions.form_token_matches(one, token)
    assert not sessions.form_token_matches(two, token)
    assert not restarted.form_token_matches(one, token)
    assert not sessions.form_token_matches("", sessions.form_token(""))


@given(st.text())
def test_no_guess_is_a_token(guess: str) -> None:
    sessions = Sessions(Clock())

    assert not sessions.form_token_matches(sessions.begin("eva"), guess)
    assert not OneTimeToken("secret token of the address").redeem(guess)
    assert not OneTimeToken("").redeem(guess)


def test_the_token_of_the_address_opens_once() -> None:
    token = OneTimeToken("secret")

    assert [token.redeem("secre"), token.redeem("secret"), token.redeem("secret")] == [
        False, True, False
    ]  # fmt: skip
