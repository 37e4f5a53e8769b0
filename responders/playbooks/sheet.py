"""The texts as a spreadsheet for the people who sign them off.

One row a text: read it, correct it, write your name, the day and the market beside it. The sheet
that comes back is put into the team's folder as `signed_off.csv` and needs no other place: a row
with a name makes its text a reviewed one, and a corrected text takes the place of the old one. A
signature holds for exactly these words: where a text has changed since the sheet went out, which
the column `of` tells, it is unsigned again.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256

from responders.draft import Half
from responders.playbooks.texts import (
    PlaybookError,
    Playbooks,
    Text,
    Wordings,
)
from responders.voice import Review, Voice, sentences
from responders.wording import WordingError, check

#: The file in a team's folder that load() reads.
FILE = "signed_off.csv"

COLUMNS = (
    "playbook",
    "language",
    "half",
    "number",
    "text",
    "english",
    "reviewed_by",
    "reviewed_on",
    "market",
)
#: A mark of the text that the sheet was made with. A sheet without this column is taken as new.
OF = "of"
#: What a spreadsheet program puts between columns.
_SEPARATORS = (",", ";", "\t")
#: How people write a day besides 2026-11-30.
_DAYS = ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y")

#: Stands in the column `playbook` for the sentences that frame every text.
VOICE = "voice"
#: Stands there before the name of a matter.
MATTER = "matters/"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One text of the sheet."""

    playbook: str
    language: str
    half: str  #: "public" or "private"; of a voice, the sentence's key
    number: int  #: from 1
    text: str
    english: str = ""
    review: Review | None = None
    of: str = ""  #: the mark of the text when the sheet was made


def mark(text: str) -> str:
    """What tells one text from another in the column `of`."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def rows(playbooks: Playbooks) -> tuple[Row, ...]:
    """Every text and every sentence of every voice, with its review state."""
    texts = [
        Row(
            playbook=name,
            language=language,
            half=half,
            number=number,
            text=text.words,
            english=text.english or "",
            review=text.review,
            of=mark(text.words),
        )
        for name, book in _named(playbooks).items()
        for (language, half), wordings in book.texts.items()
        for number, text in enumerate(wordings, 1)
    ]
    frames = [
        Row(
            playbook=VOICE,
            language=language,
            half=key,
            number=number,
            text=text,
            review=voice.review,
            of=mark(text),
        )
        for language, voice in playbooks.voices.items()
        for key, number, text in sentences(voice)
    ]
    return (*texts, *frames)


def export(playbooks: Playbooks, language: str | None = None) -> str:
    """The sheet as CSV with a header, for any spreadsheet program; of one language or of all."""
    return written([row for row in rows(playbooks) if language in (None, row.language)])


def written(chosen: Sequence[Row]) -> str:
    """These rows as CSV with a header."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow((*COLUMNS, OF))
    for row in chosen:
        review = row.review
        signed = (review.by, review.on.isoformat(), review.market) if review else ("", "", "")
        writer.writerow(
            (
                *(row.playbook, row.language, row.half, row.number, row.text, row.english),
                *signed,
                row.of,
            )
        )
    return out.getvalue()


def read(text: str, name: str = FILE) -> tuple[Row, ...]:
    """The rows of a sheet that came back.

    Args:
        text: The CSV, separated by commas, semicolons or tabs.
        name: How messages call the file.

    Raises:
        PlaybookError: a column is missing, or a line holds something that cannot be.
    """
    plain = text.removeprefix("\ufeff")
    delimiter = max(_SEPARATORS, key=plain.partition("\n")[0].count)
    reader = csv.DictReader(io.StringIO(plain), delimiter=delimiter, strict=True)
    try:
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise PlaybookError(f"{name}: no column {missing[0]}; needed are {', '.join(COLUMNS)}")
        return tuple(_row(line, f"{name}, line {reader.line_num}") for line in reader)
    except csv.Error as error:
        raise PlaybookError(f"{name}, line {reader.line_num}: {error}") from error


def _row(line: Mapping[str, str | None], place: str) -> Row:
    values = {column: (line[column] or "").strip() for column in COLUMNS}
    if not values["number"].isdigit():
        raise PlaybookError(f"{place}: number: found {values['number']!r}; a whole number from 1")
    review = None
    if values["reviewed_by"]:
        on = _day(values["reviewed_on"])
        if on is None:
            raise PlaybookError(
                f"{place}: reviewed_on: found {values['reviewed_on']!r}; a day such as 2026-11-30"
            )
        review = Review(by=values["reviewed_by"], on=on, market=values["market"])
    return Row(
        playbook=values["playbook"],
        language=values["language"],
        half=values["half"],
        number=int(values["number"]),
        text=values["text"],
        english=values["english"],
        review=review,
        of=(line.get(OF) or "").strip(),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    for form in _DAYS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  a day, no moment
        except ValueError:
            continue
    return None


def merged(old: Sequence[Row], new: Sequence[Row]) -> tuple[Row, ...]:
    """The signed rows of both sheets, the newer one's where both have a place.

    A row that was signed upon an earlier correction keeps the mark of the text below both: that
    is what the team's own file holds.
    """
    places: dict[tuple[str, str, str, int], Row] = {}
    for row in (*old, *new):
        if row.review is not None:
            place = (row.playbook, row.language, row.half, row.number)
            below = places.get(place)
            again = below is not None and below.of and row.of == mark(below.text)
            places[place] = replace(row, of=below.of) if below and again else row
    return tuple(places.values())


def standing(
    playbooks: Playbooks, sheet: Sequence[Row], name: str = FILE
) -> tuple[Playbooks, tuple[str, ...]]:
    """The playbooks with every row that can be applied, and what is wrong with the others.

    A team edits its texts after they were signed; that must not keep anybody from working.
    """
    problems: list[str] = []
    frames = [row for row in sheet if row.playbook == VOICE]
    for row in sheet:
        if row.playbook != VOICE:
            try:
                playbooks = applied(playbooks, [row], name)
            except PlaybookError as error:
                problems.append(f"{error}: unsigned")
    for language in dict.fromkeys(row.language for row in frames):
        try:
            mine = [row for row in frames if row.language == language]
            playbooks = applied(playbooks, mine, name)
        except PlaybookError as error:
            problems.append(f"{error}: the voice is unsigned")
    return playbooks, tuple(problems)


def applied(playbooks: Playbooks, sheet: Sequence[Row], name: str = FILE) -> Playbooks:
    """The playbooks with the signed rows in them; rows without a name change nothing.

    Raises:
        PlaybookError: a signed row names a text that there is not, or holds one that cannot be
            filled.
    """
    signed = [row for row in sheet if row.review is not None]
    texts = [row for row in signed if row.playbook != VOICE]
    frames = [row for row in signed if row.playbook == VOICE]
    books = {book.name: book for book in playbooks.playbooks}
    matters = {MATTER + matter.name: matter for matter in playbooks.matters}
    for row in texts:
        if row.playbook in books:
            book = books[row.playbook]
            books[row.playbook] = replace(book, texts=_signed(book, row, name))
        elif row.playbook in matters:
            matter = matters[row.playbook]
            matters[row.playbook] = replace(matter, texts=_signed(matter, row, name))
        else:
            known = ", ".join((*books, *matters))
            raise PlaybookError(
                f"{name}: playbook {row.playbook}: there is none; there are {known}"
            )
    voices = {
        language: _signed_voice(voice, [row for row in frames if row.language == language], name)
        for language, voice in playbooks.voices.items()
    }
    return replace(
        playbooks, playbooks=tuple(books.values()), matters=tuple(matters.values()), voices=voices
    )


def _named(playbooks: Playbooks) -> dict[str, Wordings]:
    """Every playbook and every matter by its name in the sheet."""
    books: dict[str, Wordings] = {book.name: book for book in playbooks.playbooks}
    return books | {MATTER + matter.name: matter for matter in playbooks.matters}


def _signed(book: Wordings, row: Row, name: str) -> Mapping[tuple[str, Half], tuple[Text, ...]]:
    """The texts with a signed row in its place."""
    place = f"{name}: playbook {row.playbook}, language {row.language}, key {row.half}"
    wordings = book.texts.get((row.language, Half(row.half))) if row.half in tuple(Half) else None
    if wordings is None or not 1 <= row.number <= len(wordings):
        raise PlaybookError(f"{place}, text {row.number}: there is no such text")
    try:
        check(row.text, book.holds)
    except WordingError as error:
        raise PlaybookError(f"{place}, text {row.number}: {error}") from error
    at = row.number - 1
    now = wordings[at].words
    if row.of and row.of != mark(now) and row.text != now:
        raise PlaybookError(
            f"{place}, text {row.number}: the text was changed after the sheet was made; "
            "export it and have it signed again"
        )
    text = Text(words=row.text, english=row.english or None, review=row.review)
    changed = (*wordings[:at], text, *wordings[at + 1 :])
    return {**book.texts, (row.language, Half(row.half)): changed}


def _signed_voice(voice: Voice, frames: Sequence[Row], name: str) -> Voice:
    """A voice is reviewed once every sentence of it was signed as it stands."""
    ours = {(key, number): text for key, number, text in sentences(voice)}
    for row in frames:
        if ours.get((row.half, row.number)) != row.text:
            raise PlaybookError(
                f"{name}: voice {row.language}, key {row.half}, text {row.number}: not the text "
                f"of this voice; correct it in voices/{row.language}.toml and sign again"
            )
    if {(row.half, row.number) for row in frames} != set(ours):
        return voice
    return replace(voice, review=frames[-1].review)
