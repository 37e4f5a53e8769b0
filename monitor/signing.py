"""The playbooks' texts out to the people who sign them off, and back: `amends playbooks`."""

from pathlib import Path

from monitor import app
from monitor.config import Settings
from responders import playbooks
from responders.playbooks import PlaybookError, sheet

#: What spreadsheet programs save as, the likeliest first; the last one reads anything.
_ENCODINGS = ("utf-8-sig", "utf-16", "cp1252")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
#: Tells a spreadsheet program that this is UTF-8.
_MARK = "\ufeff"


def exported(settings: Settings, file: str | None, language: str | None = None) -> str:
    """The sheet, or what was written where a file is named.

    Raises:
        PlaybookError: there is no such language, or the file cannot be written.
    """
    books = app.make_playbooks(settings)
    if language is not None and language not in books.voices:
        known = ", ".join(sorted(books.voices))
        raise PlaybookError(f"--language {language}: there are no texts in it; there are {known}")
    text = sheet.export(books, language)
    if file is None:
        return text
    try:
        Path(file).write_text(_MARK + text, encoding="utf-8", newline="")
    except OSError as error:
        raise PlaybookError(f"{file}: cannot be written: {error.strerror}") from error
    count = sum(language in (None, row.language) for row in sheet.rows(books))
    return (
        f"{file}: {count} texts. Write name, day and market beside what is right, then "
        "amends playbooks import."
    )


def imported(settings: Settings, file: str) -> str:
    """Put the signed rows into the team's folder; what was signed and what was changed by it.

    Nothing is written unless every signed row can be applied.

    Raises:
        PlaybookError: no folder is set, or a row cannot be used; the message says where.
    """
    name = settings.file.playbooks.folder
    if not name:
        raise PlaybookError("no folder for signed texts; set [playbooks] folder to one of yours")
    folder = settings.folder / name
    new = sheet.read(_decoded(Path(file)), file)
    signed = [row for row in new if row.review is not None]
    if not signed:
        raise PlaybookError(f"{file}: nobody has signed a row; reviewed_by holds the name")
    target = folder / sheet.FILE
    before = playbooks.load(folder)  # names a sheet of before that cannot be read
    old = sheet.read(target.read_text(encoding="utf-8"), str(target)) if target.exists() else ()
    after = sheet.applied(before, signed, file)
    kept = sheet.merged(old, signed)
    spare = target.with_suffix(".new")
    try:
        spare.write_text(sheet.written(kept), encoding="utf-8", newline="")
        spare.replace(target)
    except OSError as error:
        raise PlaybookError(f"{target}: cannot be written: {error.strerror}") from error
    texts = {row.text for row in sheet.rows(before)}
    changed = sum(row.text not in texts for row in signed)
    languages = ", ".join(sorted({row.language for row in signed}))
    left = sum(row.review is None for row in sheet.rows(after))
    return (
        f"{target}: {len(signed)} texts signed ({languages}), {changed} of them corrected; "
        f"{left} are still unsigned."
    )


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    for encoding in _ENCODINGS:
        if encoding == "utf-16" and not raw.startswith(_UTF_16):
            continue
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise PlaybookError(f"{path}: is no text that a spreadsheet program writes; save it as UTF-8")
