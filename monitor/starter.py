"""The two files to start from: config.toml and the manifest of the Slack app."""

import json
from importlib.resources import files
from pathlib import Path

from monitor.problems import RunError
from responders.slack.manifest import manifest


def write(folder: Path, *, force: bool = False, http: str = "") -> tuple[Path, ...]:
    """Write both files into a folder; what was written.

    Args:
        folder: Where.
        force: Whether files that are there are overwritten.
        http: The address at which Slack calls us; "": Socket Mode.

    Raises:
        RunError: one of them is there already and `force` is not given, or the address is none;
            then none is written.
    """
    try:
        app = manifest(http)
    except ValueError as error:
        raise RunError(str(error)) from error
    made = {
        folder / "config.toml": files("monitor").joinpath("config.example.toml").read_text("utf-8"),
        folder / "slack_manifest.json": json.dumps(app, indent=2) + "\n",
    }
    there = [str(path) for path in made if path.exists()]
    if there and not force:
        raise RunError(f"{' and '.join(there)} exists already: amends init --force overwrites it")
    for path, text in made.items():
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise RunError(f"{path} cannot be written: {error.strerror}") from error
    return tuple(made)
