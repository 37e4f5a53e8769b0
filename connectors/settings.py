"""What the settings of every platform share: a table in config.toml, read by pydantic.

A secret is written `env:NAME` and never as itself, so that config.toml can be shown to anybody.
"""

import os
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


class Table(BaseModel):
    """One table of config.toml: frozen, unknown keys refused, inputs kept out of messages."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,  # without it pydantic prints the table, tokens included
        validate_default=True,
    )


class ConnectorSettings(Table):
    """The keys that every platform's table has."""

    enabled: bool = True
    every_seconds: int = Field(default=60, ge=5, le=86_400)
    brand: str = ""  #: which [[brands]] entry the posts belong to; "" is the first one
    account: str = ""  #: our account's handle there; asked of the platform where empty
    timeout_seconds: float = Field(default=15.0, gt=0, le=120)
