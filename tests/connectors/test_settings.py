"""What every connector's table has in common: secrets, limits, unknown keys."""

import tomllib
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from connectors import registry
from connectors.settings import (
    WITHOUT_SECRETS,
    ConnectorSettings,
    PaidSettings,
    Secret,
    Table,
    is_missing,
)

PLATFORMS = sorted(registry.PLATFORMS)
EXAMPLE = tomllib.loads((Path(__file__).parents[2] / "config.example.toml").read_text("utf-8"))


class Login(Table):
    """A table with a secret."""

    token: Secret
    spare: Secret | None = None


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMENDS_T", "very-secret")
    monkeypatch.delenv("AMENDS_NOT_THERE", raising=False)


def said(table: dict[str, object], model: type[Table] = Login) -> str:
    """What a person would be told."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(table)
    return str(caught.value)


def test_a_secret_is_read_from_the_environment_and_never_shown() -> None:
    login = Login.model_validate({"token": "env:AMENDS_T"})

    assert login.token.get_secret_value() == "very-secret"
    assert "very-secret" not in repr(login) + str(login) + login.model_dump_json()


def test_a_secret_that_was_read_already_is_taken_as_it_is() -> None:
    login = Login.model_validate({"token": SecretStr("x")})

    assert login.token.get_secret_value() == "x"


@pytest.mark.parametrize("value", ["xoxb-1-secret", 7, None, ["env:AMENDS_T"], "ENV:AMENDS_T", ""])
def test_a_secret_in_the_file_is_refused_and_not_repeated(value: object) -> None:
    told = said({"token": value})

    assert 'write "env:NAME" and put the secret into that environment variable' in told
    assert "xoxb" not in told


@pytest.mark.parametrize("name", ["AMENDS_NOT_THERE", "AMENDS_EMPTY", ""])
def test_a_variable_that_is_not_set_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMENDS_EMPTY", "")

    assert f"the environment variable {name} is not set or empty" in said({"token": f"env:{name}"})


def test_who_speaks_to_nobody_needs_no_secret() -> None:
    table = {"token": "env:AMENDS_NOT_THERE"}

    login = Login.model_validate(table, context=WITHOUT_SECRETS)

    assert login.token.get_secret_value() == ""


def test_a_key_that_nobody_knows_is_refused() -> None:
    told = said({"token": "env:AMENDS_T", "tokn": "xoxb-1-secret"})

    assert "tokn" in told
    assert "xoxb" not in told


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        ConnectorSettings().enabled = False


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("every_seconds", 4),
        ("every_seconds", 86_401),
        ("timeout_seconds", 0),
        ("timeout_seconds", 121),
        ("enabled", "perhaps"),
    ],
)
def test_limits_are_kept(key: str, value: object) -> None:
    assert key in said({key: value}, ConnectorSettings)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_has_what_all_have(platform: str) -> None:
    model = registry.load(platform).Settings

    assert ConnectorSettings.model_fields.keys() <= model.model_fields.keys()
    assert model.model_config["extra"] == "forbid"
    assert model.model_config["hide_input_in_errors"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_platform_keeps_a_secret_as_plain_text(platform: str) -> None:
    for name, field in registry.load(platform).Settings.model_fields.items():
        if any(word in name for word in ("password", "secret", "token", "private_key")):
            assert "SecretStr" in str(field.annotation) or name.endswith("_url"), name


@pytest.mark.parametrize(
    ("written", "micro_usd"),
    [("50.00 USD", 50_000_000), ("7 USD", 7_000_000), (" 0.05 USD ", 50_000), (None, None)],
)
def test_a_budget_is_an_amount_in_dollars(written: object, micro_usd: int | None) -> None:
    assert PaidSettings.model_validate({"monthly_budget": written}).monthly_budget == micro_usd
    assert PaidSettings().monthly_budget is None


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("50", 'write an amount in US dollars, such as "50.00 USD"'),
        ("50.00 EUR", 'write an amount in US dollars, such as "50.00 USD"'),
        ("-1 USD", 'write an amount in US dollars, such as "50.00 USD"'),
        (50, 'write an amount in US dollars, such as "50.00 USD"'),
        ("0.00 USD", 'write more than "0.00 USD", or leave it out for no limit'),
    ],
)
def test_any_other_budget_is_refused_with_what_to_write(written: object, told: str) -> None:
    assert told in said({"monthly_budget": written}, PaidSettings)


def test_only_a_platform_that_bills_has_a_budget() -> None:
    paid = {name for name in PLATFORMS if issubclass(registry.load(name).Settings, PaidSettings)}

    assert paid == {"twitter"}


@pytest.mark.parametrize("platform", sorted(set(PLATFORMS) - {"samples"}))
def test_a_command_that_speaks_to_nobody_needs_no_variable(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = dict(EXAMPLE["connectors"][platform]) | {"enabled": True}
    if platform == "reddit":  # names may stand there too
        table |= {"client_id": "env:AMENDS_REDDIT_ID", "username": "env:AMENDS_REDDIT_NAME"}
    named = [value for value in table.values() if str(value).startswith("env:")]
    for value in named:
        monkeypatch.delenv(value.removeprefix("env:"), raising=False)
    model = registry.load(platform).Settings

    made = model.model_validate(table, context=WITHOUT_SECRETS)

    assert any(is_missing(value) for _, value in made) == bool(named)
    for value in named:
        told = said(table, model)
        assert f"the environment variable {value.removeprefix('env:')} is not set" in told
