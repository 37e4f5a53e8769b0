"""The command line in this process: what a command printed, and its exit status."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from monitor import cli


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A command that came to its end."""

    status: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line on standard error."""
        (line,) = self.err.splitlines()
        return line


#: `amends("judge", "-", stdin=b"...")`
Amends: TypeAlias = Callable[..., Ran]


def runner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Amends:
    """Runs commands; an exception that the command line lets through goes on to the test."""

    def amends(*arguments: str | Path, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "argv", ["amends", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main()
        printed = capsys.readouterr()
        assert isinstance(left.value.code, int)
        return Ran(status=left.value.code, out=printed.out, err=printed.err)

    return amends
