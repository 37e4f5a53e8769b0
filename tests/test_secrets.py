"""No value object tells its secret: a repr ends up in logs, tracebacks and bug reports."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import Field, fields, is_dataclass
from typing import Any

import connectors
import monitor
import responders
from monitor.pager import Mail, Webhook
from responders.writer import Endpoint

#: Words of a field's name, and types, that mean a secret as long as nothing else is known.
_TELLING = {"key", "token", "secret", "password", "cookie", "salt", "credentials"}
#: They are called so and open nothing.
_OPEN = {
    ("Action", "key"),  # names a try to the platform
    ("Access", "key"),  # the path of a file
    ("Bulletin", "key"),  # names what was told
    ("Item", "key"),  # names an item of a list
    ("Listing", "token"),  # names a page of a list
    ("Page", "key"),  # names what was told
    ("Page", "token"),  # names a page of a list
    ("Place", "token"),
    ("_Place", "token"),
    ("_Sent", "key"),  # names what a pretend platform took
    ("Ask", "new_key"),  # makes the names of tries
}
#: torch is not among the tools for tests
_WANT_TORCH = {
    "monitor.judge.subject.train",
    "responders.encoder.tuning",
    "responders.guard.meaning.train",
}


def dataclasses() -> Iterator[type[Any]]:
    for package in (connectors, monitor, responders):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith("__main__") or "migrations" in module.name:
                continue  # they run when they are imported
            if module.name in _WANT_TORCH:
                continue
            members = vars(importlib.import_module(module.name))
            for member in members.values():
                ours = getattr(member, "__module__", "") == module.name
                if ours and isinstance(member, type) and is_dataclass(member):
                    yield member


def tells(found: type[Any], field: Field[Any]) -> bool:
    named = bool(_TELLING & set(field.name.lower().split("_")))
    hides_itself = "SecretStr" in str(field.type)
    return named and field.repr and not hides_itself and (found.__name__, field.name) not in _OPEN


def test_no_dataclass_has_a_repr_that_tells_a_secret() -> None:
    made = list(dataclasses())

    telling = [
        f"{m.__module__}.{m.__name__}.{f.name}" for m in made for f in fields(m) if tells(m, f)
    ]

    assert len(made) > 100
    assert telling == []


def test_the_writers_key_and_the_pagers_addresses_are_not_in_their_repr() -> None:
    made = (
        Endpoint(api_url="https://llm.example/v1", model="m", api_key="sk-17"),
        Mail(host="mail.example", sender="a@shop.example", addresses={}, password="sk-17"),
        Webhook(url="https://pager.example/services/sk-17"),
    )

    assert not any("sk-17" in repr(one) for one in made)


def test_the_addresses_that_open_a_console_are_not_in_a_repr() -> None:
    from responders.console.serve import Running

    assert not next(field for field in fields(Running) if field.name == "url").repr
