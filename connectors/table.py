"""The README's table of connectors, made from what each says of itself.

`python -m connectors.table README.md` writes the table anew between its two marks.
"""

import sys
from pathlib import Path

from connectors import registry

#: The table stands between these lines.
BEGIN = "<!-- connectors: made by python -m connectors.table README.md -->"
END = "<!-- /connectors -->"


def table() -> str:
    """The rows of all connectors as Markdown, in the order of the registry."""
    lines = [
        "| connector | reads | public answer | private message |",
        "|---|---|---|---|",
    ]
    for name in registry.PLATFORMS:
        said = registry.load(name).summary
        notes = ", ".join(filter(None, (said.note, "beta" if said.beta else "")))
        shown = f"`{name}` ({notes})" if notes else f"`{name}`"
        lines.append(f"| {shown} | {said.reads} | {said.public} | {said.private} |")
    return "\n".join(lines)


def inserted(text: str, rows: str) -> str:
    """The text with the rows between the two marks.

    Raises:
        ValueError: the marks are not there once each, in their order.
    """
    before, begin, rest = text.partition(f"{BEGIN}\n")
    _, end, after = rest.partition(f"{END}\n")
    if not begin or not end or BEGIN in rest or END in before + after:
        raise ValueError(f"the lines {BEGIN!r} and {END!r} must stand there once, in this order")
    return f"{before}{begin}{rows}\n{end}{after}"


def main(files: list[str]) -> None:
    """Print the table, or write it into the files that are named."""
    rows = table()
    if not files:
        sys.stdout.write(f"{rows}\n")
    for path in map(Path, files):
        path.write_text(inserted(path.read_text("utf-8"), rows), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
