import logging
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from connectors.base import Author, Mention, Receipt, Route
from connectors.email_inbox import EmailInbox, EmailSettings, mailbox, outgoing
from connectors.email_inbox.letter import letter, message_id
from connectors.email_inbox.mailbox import Place, arrival, imap_date, quoted, visit
from connectors.email_inbox.mails import Mail, id_of, parse, takes_no_answer
from connectors.email_inbox.outgoing import _on_the_wire
from connectors.email_inbox.quotes import written
from connectors.errors import (
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    Refused,
    SetupError,
    TryLater,
    Unsupported,
)
from connectors.registry import load
from tests.servers.email_inbox import OURS, PASSWORD, Provider, sample, settings

ARRIVED = datetime(2026, 11, 17, 7, 20, 5, tzinfo=UTC)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.fixture
def inbox(provider: Provider) -> EmailInbox:
    return EmailInbox(settings(provider))


def read(raw: bytes, arrived_at: datetime | None = ARRIVED) -> Mail:
    mail = parse(raw, address=OURS, arrived_at=arrived_at)
    assert mail is not None
    return mail


def mail(body: str = "It broke.", **headers: str) -> bytes:
    """A plain mail of Maria's, with some headers changed; an empty one is left out."""
    given_ = {"From": "maria@customer.example", "Subject": "My lamp"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in given_.items() if value)
    return f"{head}\r\n{body}".encode()


def everything(inbox: EmailInbox, cursor: str | None = None) -> tuple[list[Mention], str | None]:
    found: list[Mention] = []
    for _ in range(50):
        batch = inbox.poll(cursor)
        found += batch.mentions
        cursor = batch.cursor
        if not batch.more:
            return found, cursor
    raise AssertionError("the poll did not end")


# Settings


def test_the_registry_knows_it() -> None:
    assert load("email").Settings is EmailSettings


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"address": "help"}, "write one address"),
        ({"address": "hälp@acme.example"}, "write one address"),
        ({"password": "hunter2"}, "env:NAME"),
        ({"imap_host": "imap.acme.example"}, "in the clear"),
        ({"smtp_host": "smtp.acme.example"}, "in the clear"),
        ({"imap_security": "starttls", "imap_port": 993}, "143"),
        ({"imap_host": ""}, "at least 1"),
        ({"imap_security": "ssl"}, "'tls', 'starttls' or 'none'"),
    ],
)
def test_wrong_settings_are_named(
    provider: Provider, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(ValidationError, match=words) as caught:
        settings(provider, **changes)

    assert "hunter2" not in str(caught.value)


# Mails


def test_a_mail_is_read_whole_without_signature_and_attachments() -> None:
    assert read(sample("complaint")) == Mail(
        mention=Mention(
            platform="email",
            id="CAF0001@mail.customer.example",
            author=Author(
                id="maria@customer.example", handle="maria@customer.example", name="Maria König"
            ),
            text="Bestellung 4711: seit drei Wochen nichts\n\n"
            "Seit drei Wochen warte ich. Ich bin wütend!",
            created_at=ARRIVED,
            thread="CAF0001@mail.customer.example",
            addressed=True,
        ),
        message_id="<CAF0001@mail.customer.example>",
        subject="Bestellung 4711: seit drei Wochen nichts",
    )


def test_an_answer_is_its_own_words_in_its_thread() -> None:
    answer = read(sample("answer"))

    assert answer.mention.text == "Danke, es ist da."
    assert answer.mention.in_reply_to == "amends.0002@acme.example"
    assert answer.mention.thread == "CAF0001@mail.customer.example"
    assert answer.references == ("<CAF0001@mail.customer.example>", "<amends.0002@acme.example>")


@pytest.mark.parametrize("name", ["out_of_office", "returned"])
def test_what_a_program_wrote_is_left_out(name: str) -> None:
    assert parse(sample(name), address=OURS, arrived_at=ARRIVED) is None


@pytest.mark.parametrize(
    ("header", "value", "left_out"),
    [
        ("Auto-Submitted", "auto-generated (rejected)", True),
        ("Auto-Submitted", "No; x=y", False),
        ("Precedence", "bulk", True),
        ("Precedence", "list", False),  # the team's own group may feed the mailbox
        ("X-Autoreply", "yes", True),
        ("X-Autorespond", "yes", True),
        ("Return-Path", "<>", True),
        ("Return-Path", "<maria@customer.example>", False),
        ("From", "postmaster@customer.example", True),
        ("From", "bounce@customer.example", True),
        ("Sender", "MAILER-DAEMON@customer.example", True),
        ("Content-Type", "message/delivery-status", True),
    ],
)
def test_programs_are_known_by_their_headers(header: str, value: str, left_out: bool) -> None:
    raw = mail(**{header: value})

    assert (parse(raw, address=OURS, arrived_at=ARRIVED) is None) is left_out


def test_a_contact_form_names_the_customer_to_answer_to() -> None:
    found = read(mail(From=f"Acme shop <{OURS}>", Reply_To='"Maria" <Maria@customer.example>'))

    assert found.mention.author == Author(
        id="maria@customer.example", handle="maria@customer.example", name="Maria"
    )
    assert not found.mention.ours


def test_a_group_that_names_itself_is_not_the_author() -> None:
    found = read(mail(Reply_To=OURS.upper()))

    assert found.mention.author.id == "maria@customer.example"


def test_our_own_mail_is_ours_and_word_for_word() -> None:
    text = "We are sorry.\n\n> you wrote\n-- \nEva"
    found = read(mail(text, From=f"Acme <{OURS}>", To="maria@customer.example"))

    assert (found.mention.ours, found.mention.private) == (True, True)
    assert found.mention.text == text


def test_a_mail_without_an_id_is_known_by_all_it_says() -> None:
    one, same, other = read(mail("a")), read(mail("a")), read(mail("b"))

    assert one.mention.id == same.mention.id != other.mention.id
    assert one.message_id == ""


def test_a_long_id_is_shortened_the_same_way_each_time() -> None:
    long = f"<{'x' * 200}@customer.example>"
    answered = read(mail(Message_ID="<2@c.example>", In_Reply_To=long))

    assert len(id_of(long)) == 32
    assert answered.mention.in_reply_to == id_of(long)


def test_the_mails_own_time_counts_where_the_mailbox_tells_none() -> None:
    assert read(mail(Date="Tue, 17 Nov 2026 08:20:00 +0100"), None).mention.created_at == datetime(
        2026, 11, 17, 7, 20, tzinfo=UTC
    )
    assert read(mail(Date="Tue, 17 Nov 2026 08:20:00 -0000"), None).mention.created_at.tzinfo == UTC


@pytest.mark.parametrize(
    ("raw", "arrived_at", "words"),
    [
        (mail(From=""), ARRIVED, "no address to answer to"),
        (mail(From="undisclosed recipients:;"), ARRIVED, "no address"),
        (mail(), None, "no readable date"),
        (mail(Date="yesterday"), None, "no readable date"),
        (mail("", Subject=""), ARRIVED, "no text"),
        (b"", ARRIVED, "no address"),
    ],
)
def test_an_unreadable_mail_is_named_and_not_quoted(
    raw: bytes, arrived_at: datetime | None, words: str
) -> None:
    with pytest.raises(BadPayload, match=words) as caught:
        parse(raw, address=OURS, arrived_at=arrived_at)

    assert "broke" not in str(caught.value)
    assert caught.value.item


def test_an_invitation_is_no_text() -> None:
    raw = mail("BEGIN:VCALENDAR", Content_Type="text/calendar")

    assert read(raw).mention.text == "My lamp"


def test_a_picture_alone_is_its_subject() -> None:
    assert read(mail("", Content_Type="image/png")).mention.text == "My lamp"


def test_an_answer_without_words_keeps_its_subject() -> None:
    found = read(mail("", Subject="Re: My lamp", In_Reply_To="<1@acme.example>"))

    assert found.mention.text == "Re: My lamp"


def test_a_forwarded_page_that_is_all_quotation_is_kept() -> None:
    html = '<div class="gmail_quote">Your lamp is on its way.</div>'

    assert read(mail(html, Content_Type="text/html")).mention.text == (
        "My lamp\n\nYour lamp is on its way."
    )


@pytest.mark.parametrize(
    ("headers", "body", "text"),
    [
        ({"Content_Type": 'text/plain; charset="klingon"'}, "grün", "grün"),
        ({"Content_Type": "text/plain; charset=\x00"}, "a", "a"),
        ({"Content_Transfer_Encoding": "base64"}, "QWNtZQ", "Acme"),
        ({"Content_Transfer_Encoding": "x-uuencode"}, "begin 666 x\n#!!!\nend", None),
        ({"Content_Type": "multipart/mixed"}, "no boundary", ""),
        ({"Content_Type": "text/html"}, "<p>one<p>two", "one\n\ntwo"),
    ],
)
def test_a_body_is_decoded_as_well_as_it_can_be(
    headers: dict[str, str], body: str, text: str | None
) -> None:
    found = read(mail(body, **headers)).mention.text

    assert found.startswith("My lamp")
    if text is not None:
        assert found == f"My lamp\n\n{text}".strip()


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?klingon?q?Gr=C3=BC?=", "Grü"),
        ("=?utf-8?b?!!?=", None),
        ("=?utf-8?b?a?=", None),
        ("two\r\n lines", "two lines"),
    ],
)
def test_a_subject_is_decoded_as_well_as_it_can_be(subject: str, shown: str | None) -> None:
    found = read(mail(Subject=subject)).subject

    if shown is not None:
        assert found == shown


def test_a_whole_book_is_cut() -> None:
    assert len(read(mail("a" * 100_000)).mention.text) == 20_000


_LINES = st.sampled_from(
    [
        b"From: maria@customer.example",
        b"From: =?utf-8?b?/////w==?= <maria@customer.example>",
        b"From: \xff\xfe <a@b>",
        b"Reply-To: a@b, <>, c@",
        b"Subject: =?x?q?=FF?= \x00",
        b"Message-ID: <a@b>",
        b"References: <a@b> <c d> <e@f>",
        b"Date: Tue, 99 Nov 2026 25:61:61 +9999",
        b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Type: text/html; charset=utf-16",
        b"Content-Type: text/plain; charset*=x''%",
        b"Content-Transfer-Encoding: base64",
        b"Content-Disposition: \xff",
        b"MIME-Version: 1.0",
        b"",
        b"--b",
        b"--b--",
        b"====",
        b"<![if",
        b"> quoted:",
        b"text",
    ]
)


@given(st.lists(_LINES | st.binary(max_size=20), max_size=14))
def test_any_mail_gives_a_mention_or_a_named_error(lines: list[bytes]) -> None:
    try:
        found = parse(b"\r\n".join(lines), address=OURS, arrived_at=None)
    except BadPayload:
        return
    if found is not None:
        assert found.mention.text.encode()
        assert found.mention.author.id.encode()
        assert "\n" not in found.subject


@pytest.mark.parametrize(
    ("address", "none"),
    [
        ("no-reply@shop.example", True),
        ("DoNotReply.orders@shop.example", True),
        ("norman@noreply.example", False),
        ("maria@customer.example", False),
    ],
)
def test_who_takes_no_answer_says_so_in_the_address(address: str, none: bool) -> None:
    assert takes_no_answer(Author(id=address, handle=address)) is none


# Quotations


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Mine.", "Mine."),
        ("Mine.\r\n\r\nOn Tue, Nov 17, 2026 Acme wrote:\r\n> Sorry.\r\n> Eva\r\n", "Mine."),
        (
            "Mine.\n\nOn Tue, 17 Nov 2026 at 08:20 Acme Help <help@acme.example>\nwrote:\n\n> S",
            "Mine.",
        ),
        ("Mine.\n\nAcme님이 작성:\n> 죄송합니다", "Mine."),
        ("> You ask for a number.\n\n4711\n\n> And a date?\n\nMonday: the first.", None),
        ("Mine.\n\n-----Ursprüngliche Nachricht-----\nVon: Acme\nSorry.", "Mine."),
        ("Mine.\n\n---------- Forwarded message ---------\nFrom: Acme\nSorry.", "Mine."),
        (
            "Mine.\n\nVon: Acme <help@acme.example>\nGesendet: Dienstag\nAn: Maria\n\nSorry.",
            "Mine.",
        ),
        ("Mine.\n\n*From:* Acme\n*To:* Maria\n*Sent:* Tuesday\n\nSorry.", "Mine."),
        ("From: all of us, a word.\nYou are bad.", "From: all of us, a word.\nYou are bad."),
        ("Mine.\n-- \nMaria\nTel. 1", "Mine."),
        ("Mine -- really.\n---\nStill mine.", "Mine -- really.\n---\nStill mine."),
        ("-----Original Message-----\nFrom: x\nAll forwarded.", None),
        ("I want:\n\n> a refund", "I want:\n\n> a refund"),
    ],
)
def test_quotations_and_signatures_are_cut(text: str, own: str | None) -> None:
    found = written(text)

    if text.startswith("> You ask"):
        assert found == "4711\n\nMonday: the first."
    elif text.startswith("---"):
        assert found == text
    elif text.startswith("I want"):
        assert found == own
    else:
        assert found == own


@given(st.text(alphabet="On:>-\n abc", max_size=60))
def test_something_always_remains(text: str) -> None:
    assert bool(written(text)) == bool(text.strip())


# The answer


def an_answer(answered: Mail | None, **changes: str) -> bytes:
    values = {
        "text": "We are sorry.\n.\n.hidden\nEva 😡",
        "key": "key-1",
        "address": OURS,
        "name": 'Acme "help"\r\nBcc: x@y.example',
        "subject": "Your message",
        "date": "Tue, 17 Nov 2026 07:20:00 GMT",
    } | changes
    to = Author(id="maria@customer.example", handle="maria@customer.example")
    return letter(to=to, answered=answered, **values).as_bytes()


def test_an_answer_stands_in_the_thread_and_says_what_was_approved() -> None:
    made = message_from_bytes(an_answer(read(sample("complaint"))))

    assert made["To"] == "maria@customer.example"
    assert made["In-Reply-To"] == "<CAF0001@mail.customer.example>"
    assert made["References"] == "<CAF0001@mail.customer.example>"
    assert made["Message-ID"] == message_id("key-1", OURS)
    assert made["Bcc"] is None
    content = made.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.decode().replace("\r\n", "\n") == "We are sorry.\n.\n.hidden\nEva 😡\n"


def test_a_subject_is_answered_once() -> None:
    complaint = read(sample("complaint"))

    for subject, answer in (("Lamp", "Re: Lamp"), ("RE: Lamp", "RE: Lamp"), ("", "Your message")):
        made = message_from_bytes(an_answer(replace(complaint, subject=subject)))
        assert made["Subject"] == answer


def test_without_a_mail_to_answer_a_thread_begins() -> None:
    for answered in (None, replace(read(sample("complaint")), message_id="")):
        made = message_from_bytes(an_answer(answered))
        assert made["In-Reply-To"] is None


def test_of_a_long_thread_the_first_and_the_last_mails_are_named() -> None:
    many = tuple(f"<{number}@x.example>" for number in range(50))
    made = message_from_bytes(an_answer(replace(read(sample("complaint")), references=many)))

    named = made["References"].split()
    assert len(named) == 20
    assert (named[0], named[1], named[-1]) == (many[0], many[32], "<CAF0001@mail.customer.example>")


def test_the_id_of_an_answer_is_the_keys() -> None:
    assert message_id("a", OURS) == message_id("a", OURS) != message_id("b", OURS)
    assert message_id("a", OURS).endswith("@acme.example>")


def test_a_line_with_a_dot_does_not_end_the_mail() -> None:
    assert _on_the_wire(b"a\n.\n..b") == b"a\r\n..\r\n...b\r\n.\r\n"


# The mailbox


@pytest.mark.parametrize(
    ("item", "moment"),
    [
        (b'1 (INTERNALDATE "17-Nov-2026 08:20:05 +0100")', ARRIVED),
        (
            b'1 (INTERNALDATE " 1-NOV-2026 08:20:05 -0130")',
            datetime(2026, 11, 1, 9, 50, 5, tzinfo=UTC),
        ),
        (b'1 (INTERNALDATE "17-Foo-2026 08:20:05 +0100")', None),
        (b'1 (INTERNALDATE "99-Nov-2026 08:20:05 +0100")', None),
        (b'1 (INTERNALDATE "01-Jan-0001 00:00:00 +1400")', None),
        (b"1 (UID 5)", None),
    ],
)
def test_when_a_mail_arrived(item: bytes, moment: datetime | None) -> None:
    assert arrival(item) == moment


def test_a_day_is_written_in_imaps_own_words() -> None:
    assert imap_date(datetime(2026, 3, 1, tzinfo=UTC)) == "1-Mar-2026"


def test_a_search_cannot_be_broken_out_of() -> None:
    assert quoted('a" OR ALL\r\nx\\ü') == '"a OR ALLx"'


@pytest.mark.parametrize(
    ("command", "said", "kind"),
    [
        ("LOGIN", "NO [AUTHENTICATIONFAILED] wrong", SetupError),
        ("LOGIN", "NO [LIMIT] too many connections", TryLater),
        ("EXAMINE", "NO [NONEXISTENT] no such folder", SetupError),
        ("EXAMINE", "NO [INUSE] locked", TryLater),
        ("SEARCH", "NO [SERVERBUG] oops", TryLater),
        ("SEARCH", "BAD what?", TryLater),
        ("FETCH", "NO gone", TryLater),
        ("CAPABILITY", "BAD what?", TryLater),
    ],
)
def test_what_a_refused_command_means(
    provider: Provider, inbox: EmailInbox, command: str, said: str, kind: type[ConnectorError]
) -> None:
    provider.write("maria", "Awful")
    provider.imap_refusals[command] = [said] * 3

    with pytest.raises(kind) as caught:
        inbox.poll(None)

    assert type(caught.value) is kind
    assert PASSWORD not in str(caught.value)


def test_a_folder_without_a_numbering_is_not_read(provider: Provider, inbox: EmailInbox) -> None:
    provider.folders["INBOX"].validity = 0

    with pytest.raises(TryLater, match="numbering"):
        inbox.poll(None)


def test_a_password_that_is_not_ascii_is_sent_another_way(provider: Provider) -> None:
    EmailInbox(settings(provider, password=SecretStr("pässword"))).poll(None)

    assert provider.logins == [OURS]


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_server_that_does_not_encrypt_is_not_spoken_to(provider: Provider, security: str) -> None:
    inbox = EmailInbox(settings(provider, imap_security=security, timeout_seconds=1.0))

    with pytest.raises(ConnectorError):
        inbox.poll(None)

    assert provider.logins == []


def test_a_certificate_that_nobody_vouches_for_needs_a_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(*args: object, **kwargs: object) -> object:
        raise ssl.SSLCertVerificationError("self-signed")

    monkeypatch.setattr(mailbox, "_connect", unknown)
    monkeypatch.setattr(outgoing, "_connect", unknown)
    place = Place(host="x", port=1, security="tls", username="u", timeout=1)

    with pytest.raises(SetupError, match="certificate"), visit(place, "p"):
        raise AssertionError("was let in")
    with pytest.raises(SetupError, match="certificate"):
        outgoing.try_login(place, "p")


# Polling


def test_mails_come_once_and_nothing_is_marked_as_read(
    provider: Provider, inbox: EmailInbox
) -> None:
    first, _ = provider.write("maria", "Awful")
    provider.arrive(sample("out_of_office"))
    provider.write("us", "Sent by us", From=OURS)
    found, cursor = everything(inbox)
    again, cursor = everything(inbox, cursor)
    second, _ = provider.write("tom", "Awful too")
    later, _ = everything(inbox, cursor)

    assert [mention.id for mention in found] == [first]
    assert again == []
    assert [mention.id for mention in later] == [second]


def test_the_first_poll_goes_back_a_week_from_the_newest_mail(
    provider: Provider, inbox: EmailInbox
) -> None:
    provider.write("maria", "Long ago")[1].at -= timedelta(days=30)
    new, _ = provider.write("maria", "Now")

    assert [mention.id for mention in everything(inbox)[0]] == [new]


def test_an_empty_folder_is_no_error_and_its_first_mail_is_read(
    provider: Provider, inbox: EmailInbox
) -> None:
    _, cursor = everything(inbox)
    first, _ = provider.write("maria", "Awful")

    assert [mention.id for mention in everything(inbox, cursor)[0]] == [first]


def test_a_folder_that_was_numbered_anew_is_read_again(
    provider: Provider, inbox: EmailInbox, caplog: pytest.LogCaptureFixture
) -> None:
    known, _ = provider.write("maria", "Awful")
    _, cursor = everything(inbox)
    folder = provider.folders["INBOX"]
    folder.validity = 2
    folder.mails[0].uid = 900
    new, kept = provider.write("tom", "Awful too")
    kept.uid = 3

    found, after = everything(inbox, cursor)

    assert {mention.id for mention in found} == {known, new}
    assert "numbered anew" in caplog.text
    assert everything(inbox, after)[0] == []


def test_a_mail_that_disappears_while_it_is_read_loses_no_other(
    provider: Provider, inbox: EmailInbox
) -> None:
    ids = [provider.write("maria", f"{number}")[0] for number in range(60)]
    first = inbox.poll(None)
    del provider.folders["INBOX"].mails[50]

    second = inbox.poll(first.cursor)

    assert [mention.id for mention in second.mentions] == ids[51:]


def test_of_a_huge_mail_the_beginning_is_read(provider: Provider, inbox: EmailInbox) -> None:
    provider.write("maria", "Awful. " + "x" * 1_000_000)

    (mention,) = everything(inbox)[0]

    assert mention.text.startswith("My order\n\nAwful. xxx")


@pytest.mark.parametrize("cursor", ['{"v":1,"validity":1}', '{"v":1,"validity":"1","uid":1}'])
def test_a_cursor_of_another_shape_needs_a_person(inbox: EmailInbox, cursor: str) -> None:
    with pytest.raises(SetupError, match="position"):
        inbox.poll(cursor)


# Answering


def author_of(inbox: EmailInbox) -> Author:
    return everything(inbox)[0][-1].author


def test_an_answer_goes_to_the_newest_mail_and_a_copy_is_kept(
    provider: Provider, inbox: EmailInbox
) -> None:
    provider.write("maria", "Awful")
    provider.write("maria", "Still awful", subject="And another thing")
    provider.write("notmaria", "Her address ends alike", subject="No")

    mention = everything(inbox)[0][1]
    receipt = inbox.message(mention.author, "We are sorry.", "key-1")

    (raw,) = provider.handed_over
    sent = message_from_bytes(raw)
    assert sent["Subject"] == "Re: And another thing"
    assert sent["In-Reply-To"] == f"<{mention.id}>"
    assert provider.recipients == ["maria@customer.example"]
    (copy,) = provider.folders["Sent"].mails
    assert message_from_bytes(copy.raw)["Message-ID"] == f"<{receipt.id}>"


def test_a_second_try_with_the_same_key_sends_nothing(
    provider: Provider, inbox: EmailInbox
) -> None:
    provider.write("maria", "Awful")
    author = author_of(inbox)

    first = inbox.message(author, "We are sorry.", "key-1")
    second = inbox.message(author, "We are sorry.", "key-1")

    assert first == second
    assert len(provider.handed_over) == 1
    inbox.message(author, "We are sorry.", "key-2")
    assert len(provider.handed_over) == 2


def test_a_provider_that_keeps_copies_shows_what_was_sent_though_its_answer_was_lost(
    provider: Provider,
) -> None:
    provider.keeps_copies = True
    inbox = EmailInbox(settings(provider, keep_sent=False))
    provider.write("maria", "Awful")
    mention = everything(inbox)[0][0]
    provider.drops_answer = True

    with pytest.raises(OutcomeUnknown):
        inbox.message(mention.author, "We are sorry.", "key-1")

    ours = [turn for turn in inbox.conversation(mention) if turn.ours]
    assert [turn.text for turn in ours] == ["We are sorry."]
    assert inbox.message(mention.author, "We are sorry.", "key-1").id == ours[0].id
    assert len(provider.handed_over) == 1


def test_an_answer_that_never_comes_is_unknown(provider: Provider) -> None:
    inbox = EmailInbox(settings(provider, timeout_seconds=0.3))
    provider.write("maria", "Awful")
    author = author_of(inbox)
    provider.hangs = True

    with pytest.raises(OutcomeUnknown):
        inbox.message(author, "We are sorry.", "key-1")

    assert provider.data_commands == 1


def test_a_copy_that_cannot_be_kept_changes_nothing(
    provider: Provider, inbox: EmailInbox, caplog: pytest.LogCaptureFixture
) -> None:
    provider.write("maria", "Awful")
    author = author_of(inbox)
    provider.imap_refusals["APPEND"] = ["NO [OVERQUOTA] full"]

    receipt = inbox.message(author, "We are sorry.", "key-1")

    assert receipt.id
    assert "no copy of it could be kept" in caplog.text


@pytest.mark.parametrize(
    ("command", "said", "kind"),
    [
        ("EHLO", "421 busy", TryLater),
        ("AUTH", "454 try later", TryLater),
        ("AUTH", "535 wrong", SetupError),
        ("MAIL", "451 later", TryLater),
        ("MAIL", "550 not you", SetupError),
        ("RCPT", "450 greylisted", TryLater),
        ("RCPT", "550 no such user", Refused),
        ("DATA", "451 later", TryLater),
        ("DATA", "554 no", Refused),
        ("DATA", "250 what?", TryLater),
        (".", "451 later", TryLater),
        (".", "554 spam", Refused),
    ],
)
def test_what_a_refusing_mail_server_means(
    provider: Provider, inbox: EmailInbox, command: str, said: str, kind: type[ConnectorError]
) -> None:
    provider.write("maria", "Awful")
    author = author_of(inbox)
    provider.smtp_refusals = {command: said, "HELO": said}

    with pytest.raises(kind) as caught:
        inbox.message(author, "We are sorry.", "key-1")

    assert type(caught.value) is kind
    assert provider.handed_over == []
    assert provider.folders["Sent"].mails == []


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "DATA"])
@pytest.mark.parametrize("said", ["no SMTP at all", ""])
def test_a_server_that_breaks_off_before_the_mail_has_taken_nothing(
    provider: Provider, inbox: EmailInbox, command: str, said: str
) -> None:
    provider.write("maria", "Awful")
    author = author_of(inbox)
    provider.smtp_refusals = {command: said, "HELO": said}

    with pytest.raises(TryLater):
        inbox.message(author, "We are sorry.", "key-1")

    assert provider.handed_over == []


def test_an_answer_that_is_not_smtp_says_nothing(provider: Provider, inbox: EmailInbox) -> None:
    provider.write("maria", "Awful")
    author = author_of(inbox)
    provider.smtp_refusals = {".": "no SMTP at all"}

    with pytest.raises(OutcomeUnknown):
        inbox.message(author, "We are sorry.", "key-1")


def test_a_server_that_only_pretends_to_encrypt_gets_nothing(provider: Provider) -> None:
    provider.smtp_offers = "STARTTLS"
    provider.smtp_refusals = {"STARTTLS": "220 go on"}
    inbox = EmailInbox(settings(provider, smtp_security="starttls", timeout_seconds=1.0))

    (problem,) = inbox.check()

    assert "none can be sent" in problem.what


def test_a_server_without_a_login_is_told(provider: Provider, inbox: EmailInbox) -> None:
    provider.smtp_offers = "SIZE 1000"

    problems = inbox.check()

    assert [problem.fatal for problem in problems] == [False]
    assert "none can be sent" in problems[0].what


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_an_answer_is_not_sent_in_the_clear(provider: Provider, security: str) -> None:
    inbox = EmailInbox(settings(provider, smtp_security=security, timeout_seconds=1.0))
    provider.write("maria", "Awful")

    with pytest.raises(ConnectorError):
        inbox.message(author_of(inbox), "We are sorry.", "key-1")

    assert provider.handed_over == []


@pytest.mark.parametrize(
    ("author", "text", "code"),
    [
        ("märia@customer.example", "Sorry.", "unsendable"),
        ("maria@customer.example\r\nRCPT TO:<x@y.example>", "Sorry.", "unsendable"),
        ("maria@customer.example", "\ud83d", "unsendable"),
        ("maria@customer.example", "x" * 50_001, "too_long"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anybody_is_asked(
    provider: Provider, inbox: EmailInbox, author: str, text: str, code: str
) -> None:
    with pytest.raises(Refused) as caught:
        inbox.message(Author(id=author, handle=author), text, "key-1")

    assert caught.value.code == code
    assert provider.logins == []


def test_somebody_who_is_not_in_the_folder_gets_a_thread_of_their_own(
    provider: Provider, inbox: EmailInbox
) -> None:
    inbox.message(Author(id="lena@customer.example", handle="lena"), "Hello", "key-1")

    assert message_from_bytes(provider.handed_over[0])["Subject"] == "Your message to us"


def test_without_a_folder_for_sent_mails_nothing_is_sent(provider: Provider) -> None:
    provider.folders["Sent"].flags = ""
    inbox = EmailInbox(settings(provider))
    (problem,) = inbox.check()

    with pytest.raises(SetupError, match="sent_folder"):
        inbox.message(Author(id="m@c.example", handle="m"), "Hello", "key-1")

    assert "No answer can be sent" in problem.what
    named = EmailInbox(settings(provider, sent_folder="Sent"))
    assert named.check() == []


# Conversations


def test_a_conversation_holds_both_sides_oldest_first(
    provider: Provider, inbox: EmailInbox
) -> None:
    provider.write("maria", "Much earlier")[1].at -= timedelta(days=9)
    provider.write("maria", "Awful")
    mention = everything(inbox)[0][-1]
    inbox.message(mention.author, "We are sorry.", "key-1")
    provider.write("tom", "Not hers")
    provider.write("shop", "Through the form", From=OURS, Reply_To="maria@customer.example")
    inbox.message(Author(id="tom@customer.example", handle="tom"), "Not to her", "key-2")

    turns = inbox.conversation(mention)

    assert [(turn.text.splitlines()[-1], turn.ours, turn.private) for turn in turns] == [
        ("We are sorry.", True, True),
        ("Through the form", False, False),
    ]


# What is allowed


def test_a_mail_is_answered_by_a_mail_and_by_nothing_else(inbox: EmailInbox) -> None:
    mention = read(sample("complaint")).mention
    robot = replace(mention, author=Author(id="noreply@x.example", handle="noreply"))

    assert inbox.ability(mention).private.route is Route.API
    assert inbox.ability(mention).public.route is Route.NONE
    assert inbox.ability(robot).private.route is Route.NONE
    assert inbox.ability(replace(mention, ours=True)).private.route is Route.NONE
    with pytest.raises(Unsupported):
        inbox.look([mention])
    with pytest.raises(Unsupported):
        inbox.retract(Receipt(id="1", private=True))


def test_check_tells_of_each_server(provider: Provider, inbox: EmailInbox) -> None:
    assert inbox.check() == []
    provider.smtp_refusals = {"AUTH": "535 wrong"}

    (problem,) = inbox.check()

    assert not problem.fatal
    assert "none can be sent" in problem.what


def test_no_log_holds_the_password_or_what_was_written(
    provider: Provider, inbox: EmailInbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider.write("maria", "Awful")

    inbox.message(author_of(inbox), "We are sorry.", "key-1")

    assert PASSWORD not in caplog.text
    assert "We are sorry" not in caplog.text


def test_the_samples_say_that_they_were_made_by_hand() -> None:
    folder = Path(__file__).parent.parent / "samples" / "email"

    assert all(b"X-Note: made by hand" in each.read_bytes() for each in folder.iterdir())
