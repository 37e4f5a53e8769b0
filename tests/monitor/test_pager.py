"""Mail, webhook and the address that is called while all is well; and duty from the settings."""

import ssl
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from connectors.errors import ConnectorError, Refused, SetupError, TryLater
from monitor import rota
from monitor.config import SettingsError, check
from monitor.holiday import calendar
from monitor.pager import Mail, Page, Webhook, call_alive
from tests.servers.http import Answer, LoopbackServer, Request, json_answer
from tests.servers.smtp import MailServer

PAGE = Page(key="alarm 1 1 first mail", to="U0EVA", title="Red flag", text="Case #1 of Acme.\n")


class Far(LoopbackServer):
    """Answers everything with 200."""

    def answer(self, request: Request) -> Answer:
        return json_answer({})


@pytest.fixture
def far() -> Iterator[Far]:
    with Far() as server:
        yield server


def mail(port: int, **more: str) -> Mail:
    return Mail(
        host="127.0.0.1",
        port=port,
        sender="amends@shop.example",
        addresses={"U0EVA": "eva@shop.example"},
        encrypt=more.pop("encrypt", "none"),
        **more,
    )


def test_a_mail_reaches_the_person_by_their_address() -> None:
    with MailServer() as server:
        mail(server.port, user="amends", password="secret").send(PAGE)

    assert server.recipients == ["eva@shop.example"]
    assert "Subject: Red flag" in server.letters[0]
    assert "Case #1 of Acme." in server.letters[0]
    assert "X-Amends-Key: alarm 1 1 first mail" in server.letters[0]


def test_who_has_no_address_gets_no_mail() -> None:
    Mail(host="unused.invalid", sender="a@b.example", addresses={}).send(PAGE)


@pytest.mark.parametrize(
    ("word", "answer", "error"),
    [
        ("AUTH", "535 no", SetupError),
        ("RCPT", "550 nobody here", Refused),
        ("MAIL", "451 later", TryLater),
    ],
)
def test_a_mail_that_is_not_taken_says_what_to_do(
    word: str, answer: str, error: type[ConnectorError]
) -> None:
    with MailServer(refuse={word: answer}) as server, pytest.raises(error):
        mail(server.port, user="amends", password="secret").send(PAGE)


@pytest.mark.parametrize("encrypt", ["starttls", "tls"])
def test_a_mail_never_leaves_in_the_open_where_encryption_is_asked_for(encrypt: str) -> None:
    with MailServer() as server, pytest.raises(TryLater):
        mail(server.port, encrypt=encrypt).send(PAGE)

    assert server.letters == []


def test_a_certificate_that_is_not_trusted_is_a_matter_of_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def distrust(*_: object) -> None:
        raise ssl.SSLCertVerificationError("self-signed")

    monkeypatch.setattr("smtplib.SMTP.send_message", distrust)
    with MailServer() as server, pytest.raises(SetupError, match="not trusted"):
        mail(server.port).send(PAGE)


def test_a_webhook_gets_the_page_with_its_key(far: Far) -> None:
    Webhook(url=f"{far.url}/page").send(PAGE)

    assert far.requests[0].json() == {
        "key": PAGE.key,
        "to": "U0EVA",
        "title": "Red flag",
        "text": "Case #1 of Acme.\n",
    }


@pytest.mark.parametrize(
    ("status", "error"), [(500, TryLater), (429, TryLater), (404, SetupError), (301, SetupError)]
)
def test_an_address_that_does_not_answer_well_says_what_to_do(
    far: Far, status: int, error: type[ConnectorError]
) -> None:
    far.answer_next(json_answer({}, status=status))

    with pytest.raises(error, match=f"alive_url: answered {status}"):
        call_alive(f"{far.url}/alive")


def test_an_address_that_is_none_or_out_of_reach_says_so(far: Far) -> None:
    call_alive(f"{far.url}/alive")
    far.go_down()

    with pytest.raises(TryLater, match="no answer"):
        call_alive(f"{far.url}/alive")
    with pytest.raises(SetupError, match="under \\[duty\\] is none"):
        call_alive("ftp://pager.example/")


def test_holidays_are_those_of_the_market() -> None:
    assert calendar("DE")(date(2026, 10, 3))
    assert calendar("DE-BE")(date(2026, 3, 8))
    assert not calendar("DE-BY")(date(2026, 3, 8))
    assert not calendar("DE")(date(2026, 11, 20))


FILE = {
    "brands": [
        {"name": "Acme", "timezone": "Europe/Berlin", "business_hours": "09:00-17:00"},
        {"name": "Other", "market": "DE"},
    ],
    "duty": {
        "lead": "U0LEAD",
        "speakers": {"pl": ["U0SAM"]},
        "shifts": [{"person": "U0EVA", "deputy": "U0TOM", "days": ["fri"], "hours": "09:00-17:00"}],
        "webhook": "env:AMENDS_TEST_PAGER",
        "mail": {
            "host": "smtp.example",
            "sender": "a@b.example",
            "password": "env:AMENDS_TEST_MAIL",
            "addresses": {"U0EVA": "eva@shop.example"},
        },
    },
}


def test_duty_is_made_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMENDS_TEST_PAGER", "https://pager.example/")
    monkeypatch.setenv("AMENDS_TEST_MAIL", "secret")
    settings = check(dict(FILE), Path("config.toml"))

    roster = partial(rota.roster, settings)
    plan = rota.plan(settings, roster=roster, holds=lambda: False, active=None)

    friday = datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert (plan.roster().on_duty(friday), plan.roster().deputy(friday)) == ("U0EVA", "U0TOM")
    assert plan.roster().on_duty(friday + timedelta(days=1)) == "U0LEAD"
    assert not plan.hours_of("Acme").open_at(friday + timedelta(days=1))
    assert plan.hours_of("Other").open_at(friday)
    assert not plan.hours_of("Other").open_at(datetime(2026, 10, 3, 10, tzinfo=UTC))
    assert plan.hours_of("Unknown").open_at(friday)
    assert list(plan.channels) == ["mail", "webhook"]
    assert settings.policy.speakers == {"pl": ("U0SAM",)}
    assert settings.policy.lead == "U0LEAD"


def test_a_brand_without_hours_has_no_days_off_and_duty_may_be_empty() -> None:
    settings = check({"brands": [{"name": "Acme"}]}, Path("config.toml"))

    roster = partial(rota.roster, settings)
    plan = rota.plan(settings, roster=roster, holds=lambda: False, active=None)

    assert plan.hours_of("Acme").open_at(datetime(2026, 11, 22, 3, tzinfo=UTC))
    assert plan.channels == {}


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"brands": [{"name": "A", "market": "XX"}]}, 'such as "DE" or "DE-BE"'),
        ({"brands": [{"name": "A", "market": "DE-XX"}]}, 'such as "DE" or "DE-BE"'),
        ({"brands": [{"name": "A"}], "duty": {"heartbeat": "9 am"}}, "a time of day"),
        (
            {
                "brands": [{"name": "Acme"}],
                "slack": {
                    "enabled": False,
                    "bot_token": "env:PATH",
                    "channel": "C0",
                    "routes": [{"channel": "C1", "brands": ["Acmee"]}],
                },
            },
            'did you mean "Acme"?',
        ),
    ],
)
def test_what_is_wrong_with_duty_is_told(table: dict[str, object], told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check(dict(table), Path("config.toml"))

    assert told in " ".join(caught.value.problems)
