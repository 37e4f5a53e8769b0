"""Posts from a file or standard input for `judge`, `draft` and `eval`: each line a post, or named.

What a platform sends is mended where it can be (connectors/posts.py); what a person pipes in is
refused instead, line by line, so that they can mend it themselves.
"""

import csv
import json
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

from connectors.base import Mention
from connectors.errors import BadPayload
from connectors.posts import MAX_LINE, numbered_lines, parse_line
from monitor.problems import CallError

#: How a lone half of a surrogate pair can hide in JSON.
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}|\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_LONE = re.compile("[\ud800-\udfff]")


class FileError(CallError):
    """A file that was named on the command line cannot be used."""


@contextmanager
def opened(name: str | None) -> Iterator[BinaryIO]:
    """The named file, or standard input where there is no name or "-".

    Raises:
        FileError: it does not exist or cannot be read.
    """
    if name in (None, "-"):
        if sys.stdin is None:  # a service manager may start us without one
            raise FileError("there is no standard input to read: name a file")
        yield sys.stdin.buffer
        return
    path = Path(str(name))
    try:
        file = path.open("rb")
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}") from error
    with file:
        try:
            yield file
        except IsADirectoryError as error:  # opened on some systems, read on none
            raise FileError(f"{path} is a folder: name a file") from error


def posts(file: BinaryIO, seen_at: datetime) -> Iterator[Mention | BadPayload]:
    """Each line's post in order, or what is wrong with the line."""
    for number, raw in numbered_lines(file):
        try:
            yield _post(raw, number, seen_at)
        except BadPayload as error:
            yield error


def labelled(file: BinaryIO, name: str) -> Iterator[tuple[str, bool] | BadPayload]:
    """Text and label of each line of JSON Lines or CSV (`text,label`); a label is 0 or 1.

    Raises:
        FileError: a CSV file has no columns `text` and `label`.
    """
    first = file.readline(MAX_LINE + 2)
    if first.lstrip(b"\xef\xbb\xbf \t").startswith(b"{"):
        yield from _labelled_json(file, first)
    elif first.strip():
        yield from _labelled_csv(file, first, name)


def _post(raw: bytes, number: int, seen_at: datetime) -> Mention:
    item = str(number)
    if b"\x00" in raw or rb"\u0000" in raw.lower():
        raise BadPayload(f"line {number}: it holds a NUL character: remove it", item=item)
    if _ESCAPED_SURROGATE.search(raw) and len(raw) <= MAX_LINE:
        _refuse_lone_surrogates(raw, number)
    mention = parse_line(raw, line=number, seen_at=seen_at)
    if mention is None:
        raise BadPayload(f"line {number}: it is blank", item=item)
    return mention


def _refuse_lone_surrogates(raw: bytes, number: int) -> None:
    try:
        text = json.dumps(json.loads(raw), ensure_ascii=False)
    except (ValueError, RecursionError):
        return  # parse_line names what is wrong
    if _LONE.search(text):
        message = f"line {number}: it holds half of a surrogate pair: the text was cut badly"
        raise BadPayload(message, item=str(number))


def _labelled_json(file: BinaryIO, first: bytes) -> Iterator[tuple[str, bool] | BadPayload]:
    for number, raw in _chained(first, file):
        try:
            row = json.loads(raw)
            text, label = row["text"], row["label"]
        except (ValueError, KeyError, TypeError, RecursionError):
            yield BadPayload(f'line {number}: it is no JSON object with "text" and "label"')
            continue
        yield _pair(text, label, number)


def _chained(first: bytes, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    yield 1, first
    yield from numbered_lines(file, after=1)


def _labelled_csv(
    file: BinaryIO, first: bytes, name: str
) -> Iterator[tuple[str, bool] | BadPayload]:
    csv.field_size_limit(MAX_LINE)
    text = TextIOWrapper(file, encoding="utf-8", errors="replace", newline="")
    reader = csv.reader(_lines(first.decode("utf-8-sig", "replace"), text))
    header = [column.strip().lower() for column in next(reader, [])]
    if not {"text", "label"} <= set(header):
        raise FileError(
            f"{name}: a CSV file needs the columns text and label; found: {', '.join(header)}"
        )
    text_at, label_at = header.index("text"), header.index("label")
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield BadPayload(f"line {reader.line_num}: it is not readable CSV: {error}")
            continue
        if row is None:
            break
        if len(row) <= max(text_at, label_at):
            yield BadPayload(f"line {reader.line_num}: it has {len(row)} of {len(header)} columns")
            continue
        yield _pair(row[text_at], row[label_at], reader.line_num)
    text.detach()


def _lines(first: str, rest: Iterable[str]) -> Iterator[str]:
    yield first
    yield from rest


def _pair(text: object, label: object, number: int) -> tuple[str, bool] | BadPayload:
    if not isinstance(text, str) or not text.strip():
        return BadPayload(f"line {number}: its text is missing or blank")
    if str(label).strip().lower() not in {"0", "1", "true", "false"}:
        return BadPayload(f"line {number}: its label is {str(label)[:20]!r}: write 0 or 1")
    return text, str(label).strip().lower() in {"1", "true"}
