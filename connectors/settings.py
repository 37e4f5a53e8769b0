"""What the settings of every platform share: a table in config.toml, read by pydantic.

A secret is written `env:NAME` and never as itself, so that config.toml can be shown to anybody.
"""

import os
import re
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
)

#: Validation context for commands that speak to nobody: a variable that is not set is no error.
WITHOUT_SECRETS = {"secrets": "optional"}


def _from_environment(value: object, info: ValidationInfo) -> SecretStr:
    if isinstance(value, SecretStr):
        return value
    if not isinstance(value, str) or not value.startswith("env:"):
        raise ValueError('write "env:NAME" and put the secret into that environment variable')
    name = value.removeprefix("env:")
    secret = os.environ.get(name, "")
    if not secret and info.context != WITHOUT_SECRETS:
        raise ValueError(f"the environment variable {name} is not set or empty")
    return SecretStr(secret)


Secret = Annotated[SecretStr, BeforeValidator(_from_environment)]
"""A value that must be given as `env:NAME`; its repr never shows it."""


def is_missing(value: object) -> bool:
    """Whether a value of a table stands in an environment variable that is not set."""
    if isinstance(value, SecretStr):
        return not value.get_secret_value()
    return isinstance(value, str) and value.startswith("env:")


class Table(BaseModel):
    """One table of config.toml: frozen, unknown keys refused, inputs kept out of messages."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,  # without it pydantic prints the table, tokens included
        validate_default=True,
    )


_DOLLARS = re.compile(r"(?P<whole>\d{1,7})(?:\.(?P<cents>\d{2}))? USD")


def _budget(value: object) -> int | None:
    if value is None:
        return None
    match = _DOLLARS.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError('write an amount in US dollars, such as "50.00 USD"')
    micro_usd = (int(match["whole"]) * 100 + int(match["cents"] or 0)) * 10_000
    if not micro_usd:
        raise ValueError('write more than "0.00 USD", or leave it out for no limit')
    return micro_usd


Budget = Annotated[int | None, BeforeValidator(_budget)]
"""Millionths of a US dollar, written as "50.00 USD"; None: no limit."""


class ConnectorSettings(Table):
    """The keys that every platform's table has."""

    enabled: bool = True
    every_seconds: int = Field(default=60, ge=5, le=86_400)
    brand: str = ""  #: which [[brands]] entry the posts belong to; "" is the first one
    account: str = ""  #: our account's handle there; asked of the platform where empty
    timeout_seconds: float = Field(default=15.0, gt=0, le=120)


class PaidSettings(ConnectorSettings):
    """Of a platform that bills its calls."""

    #: Of a month in UTC. Reading stops short of it, so that something is left for sending.
    monthly_budget: Budget = None
    #: Posts are looked up again, to erase what was deleted; None: where a budget is set.
    look_for_deletions: bool | None = None

    @property
    def looks_for_deletions(self) -> bool:
        """Whether looks for what was deleted, each billed, are wanted."""
        wanted = self.look_for_deletions
        return self.monthly_budget is not None if wanted is None else wanted
