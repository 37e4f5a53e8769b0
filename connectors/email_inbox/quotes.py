"""What the writer of a mail wrote, without what they quoted and signed. Pure."""

import re

#: Elements of mails in HTML that hold a quotation, by the names that mail programs give them.
QUOTING = frozenset(
    {
        "blockquote",
        "gmail_quote",
        "gmail_attr",
        "gmail_signature",
        "moz-cite-prefix",
        "yahoo_quoted",
    }
)
#: From here on a mail repeats another one: lines of dashes with words, as Outlook and others write.
_REPEATED = re.compile(
    r"^[ \t]*-{2,}[ \t]*("
    r"original message|forwarded message|ursprüngliche nachricht|originalnachricht|"
    r"weitergeleitete nachricht|message d'origine|message transféré|mensaje original|"
    r"mensaje reenviado|messaggio originale|messaggio inoltrato|oorspronkelijk bericht|"
    r"doorgestuurd bericht|mensagem original|wiadomość oryginalna|oryginalna wiadomość|"
    r"původní zpráva|исходное сообщение|original-nachricht"
    r")[ \t]*-{2,}[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
#: The head that Outlook puts above what it repeats: who, and on the next lines when.
_HEAD = re.compile(
    r"^[ \t*]*(from|von|de|da|van|od|от)[ \t]?:.{1,300}\n"
    r"([ \t*]*\S{1,20}[ \t]?:.*\n)?"
    r"[ \t*]*(sent|date|gesendet|datum|envoyé|enviado|fecha|inviato|data|verzonden|wysłano|"
    r"odesláno|отправлено|дата)[ \t]?:",
    re.IGNORECASE | re.MULTILINE,
)
_SIGNATURE = re.compile(r"^--[ \t]*$", re.MULTILINE)
#: How the line above a quotation begins, in the languages whose mail programs break it in two.
_INTRODUCTION = re.compile(r"[ \t]*(On|Am|Le|El|Il|Op|Em|W dniu|Dne) ")
_QUOTED = re.compile(r"^[ \t]*>")


def written(text: str) -> str:
    """The mail's own words; the whole of it where nothing else is there, as in a forwarded mail."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    own = text
    for mark in (_REPEATED, _HEAD):
        found = mark.search(own)
        if found is not None:
            own = own[: found.start()]
    own = _unquoted(own)
    found = _SIGNATURE.search(own)
    if found is not None:
        own = own[: found.start()]
    return re.sub(r"\n{3,}", "\n\n", own.strip()) or text.strip()


def _unquoted(text: str) -> str:
    """Without lines that begin with ">", and without what leads to them ("On Monday X wrote:")."""
    kept: list[str] = []
    quoting = False
    for line in text.split("\n"):
        quoted = _QUOTED.match(line) is not None
        if quoted and not quoting:
            _drop_introduction(kept)
            kept.append("")
        if not quoted:
            kept.append(line)
        quoting = quoted
    return "\n".join(kept)


def _drop_introduction(lines: list[str]) -> None:
    """Drop a last line that ends with a colon, in whatever language; it may be broken in two."""
    while lines and not lines[-1].strip():
        lines.pop()
    if lines and lines[-1].rstrip().endswith(":"):
        last = lines.pop()
        if lines and _INTRODUCTION.match(lines[-1]) and not _INTRODUCTION.match(last):
            lines.pop()
