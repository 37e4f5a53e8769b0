import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import registry
from connectors.base import Author, Batch, Connector, Contact, Life, Mention, Receipt, Route
from connectors.errors import BadPayload, SetupError
from connectors.posts import MAX_LINE, parse_line
from connectors.samples import PAGE, Samples, SamplesSettings, ability_of

SEEN = datetime(2026, 11, 2, 12, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def post(**fields: object) -> bytes:
    return json.dumps({"text": "My lamp never came.", **fields}).encode()


def read(raw: bytes, line: int = 7) -> Mention:
    mention = parse_line(raw, line=line, seen_at=SEEN)
    assert mention is not None
    return mention


def write(folder: Path, lines: Sequence[bytes], name: str = "posts.jsonl") -> Path:
    path = folder / name
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def samples(path: Path, outbox: Path | None = None) -> Samples:
    return Samples(SamplesSettings(path=str(path), outbox=str(outbox or "")))


def everything(connector: Samples) -> tuple[list[Mention], list[BadPayload], list[Batch]]:
    batches = [connector.poll(None)]
    while batches[-1].more:
        batches.append(connector.poll(batches[-1].cursor))
    mentions = [mention for batch in batches for mention in batch.mentions]
    return mentions, [error for batch in batches for error in batch.bad], batches


# Lines


def test_a_full_line_keeps_every_field() -> None:
    mention = read(
        post(
            id="99",
            platform="twitter",
            author="@maria",
            created_at="2026-11-01T10:00:00+02:00",
            url="https://x.example/99",
            in_reply_to="98",
            thread="97",
            parent_text="Sale!",
            language="en",
            addressed=False,
            replies_open=False,
        )
    )

    assert mention == Mention(
        platform="twitter",
        id="99",
        author=Author(id="maria", handle="maria"),
        text="My lamp never came.",
        created_at=datetime(2026, 11, 1, 8, tzinfo=UTC),
        url="https://x.example/99",
        in_reply_to="98",
        thread="97",
        parent_text="Sale!",
        language="en",
        addressed=False,
        replies_open=False,
    )


def test_a_line_with_a_text_alone_gets_its_number_a_new_person_and_the_files_time() -> None:
    first, second = read(post(), 1), read(post(), 2)

    assert (first.id, second.id) == ("1", "2")
    assert first.author.id != second.author.id
    assert first.created_at == SEEN
    assert first.platform == "samples"
    assert first.addressed


def test_a_line_without_a_brace_is_a_text() -> None:
    assert read(b"third week, no parcel\r").text == "third week, no parcel"


@pytest.mark.parametrize("raw", [b"", b"   ", b"\t\r"])
def test_a_blank_line_is_no_post(raw: bytes) -> None:
    assert parse_line(raw, line=3, seen_at=SEEN) is None


def test_a_byte_order_mark_at_the_start_of_the_file_is_no_text() -> None:
    assert read(b"\xef\xbb\xbf" + post(id="a"), line=1).id == "a"


def test_an_author_may_be_an_object() -> None:
    author = {
        "id": 7, "handle": "u/maria", "name": "María", "url": "https://r.example/m", "followers": 3
    }  # fmt: skip

    assert read(post(author=author)).author == Author(
        id="7", handle="maria", name="María", url="https://r.example/m", followers=3
    )


def test_an_author_object_without_a_name_is_still_somebody() -> None:
    assert read(post(author={"followers": True}), 4).author == Author(
        id="customer_4", handle="customer_4"
    )


def test_an_author_who_is_called_at_stays_so() -> None:
    assert read(post(author="@")).author.handle == "@"


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("2026-11-01T08:00:00Z", datetime(2026, 11, 1, 8, tzinfo=UTC)),
        ("2026-11-01T08:00:00", datetime(2026, 11, 1, 8, tzinfo=UTC)),
        (1_800_000_000, datetime(2027, 1, 15, 8, tzinfo=UTC)),
        ("", SEEN),
        (None, SEEN),
    ],
)
def test_times_are_aware_utc(written: object, time: datetime) -> None:
    assert read(post(created_at=written)).created_at == time


def test_what_no_database_can_store_is_replaced() -> None:
    assert read(b'{"text": "a\\u0000b\\ud83dc"}').text == "a\ufffdb\ufffdc"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//x.example", "x"])
def test_a_link_that_leads_elsewhere_than_to_the_web_is_left_out(link: str) -> None:
    assert read(post(url=link)).url is None


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'{"id": "1"}', 'line 7: it has no "text"'),
        (post(text="  "), 'line 7: it has no "text"'),
        (post(text=None), 'line 7: it has no "text"'),
        (post(text=["a"]), 'line 7: "text" is a string, not a list'),
        (post(id={"a": 1}), 'line 7: "id" is a string, not an object'),
        (post(id=True), 'line 7: "id" is a string, not true or false'),
        (post(url=1.5), 'line 7: "url" is a string, not a number'),
        (post(addressed="yes"), 'line 7: "addressed" is true or false, not a string'),
        (post(author=[1]), 'line 7: "author" is a name or an object, not a list'),
        (post(created_at="soon"), 'line 7: "created_at" is no date and time'),
        (post(created_at=1e300), 'line 7: "created_at" is no date and time'),
        (
            post(created_at="0001-01-01T00:00:00+14:00"),
            'line 7: "created_at" is no date and time',
        ),
        (
            post(created_at=True),
            'line 7: "created_at" is a time such as "2026-11-02T09:30:00Z", or Unix seconds',
        ),
        (post(platform="X!"), 'line 7: "platform" is a short lower-case name, such as "twitter"'),
        (
            b'{"text": ',
            "line 7: it begins with { and is not JSON: Expecting value, character 9",
        ),
        (b'{"text": "a", "n": ' + b"[" * 100_000, "line 7: it is not readable JSON"),
        (b'{"text": "a", "n": ' + b"9" * 5_000 + b"}", "line 7: it is not readable JSON"),
        (b"caf\xe9", "line 7: it is not UTF-8"),
        (b"a" * (MAX_LINE + 1), "line 7: it is longer than 256 KiB"),
    ],
)
def test_a_bad_line_says_its_number_and_why(raw: bytes, reason: str) -> None:
    with pytest.raises(BadPayload) as caught:
        read(raw)

    assert str(caught.value) == reason
    assert caught.value.item == "7"


@given(st.binary(max_size=200))
def test_no_line_does_worse_than_being_named(raw: bytes) -> None:
    try:
        mention = parse_line(raw, line=2, seen_at=SEEN)
    except BadPayload as error:
        mention, said = None, str(error)
    else:
        said = "line 2: nothing"

    assert said.startswith("line 2: ")
    assert mention is None or mention.text.encode("utf-8").strip()


# Polling


def test_a_poll_pages_through_the_file_and_leaves_nothing_out(tmp_path: Path) -> None:
    lines = [post(id=f"p{number}") for number in range(2 * PAGE + 5)]

    mentions, bad, batches = everything(samples(write(tmp_path, lines)))

    assert [mention.id for mention in mentions] == [f"p{n}" for n in range(2 * PAGE + 5)]
    assert not bad
    assert [len(batch.mentions) for batch in batches] == [PAGE, PAGE, 5]


def test_bad_lines_are_reported_and_all_others_are_read(tmp_path: Path) -> None:
    lines = [post(id="a"), b"{oops", b"", b"b" * (3 * MAX_LINE), post(id="c"), b"a text"]

    mentions, bad, _ = everything(samples(write(tmp_path, lines)))

    assert [mention.id for mention in mentions] == ["a", "c", "6"]
    assert [error.item for error in bad] == ["2", "4"]


def test_a_line_of_exactly_the_allowed_length_is_read(tmp_path: Path) -> None:
    mentions, bad, _ = everything(samples(write(tmp_path, [b"a" * MAX_LINE + b"\r", post(id="b")])))

    assert [len(mentions[0].text), mentions[1].id] == [MAX_LINE, "b"]
    assert not bad


def test_a_poll_after_the_end_brings_what_was_added_since(tmp_path: Path) -> None:
    path = write(tmp_path, [post(id="a")])
    connector = samples(path)
    cursor = connector.poll(None).cursor
    again = connector.poll(cursor)
    with path.open("ab") as file:
        file.write(post(id="b") + b"\n")

    added = connector.poll(again.cursor)

    assert again.mentions == ()
    assert again.cursor == cursor
    assert [mention.id for mention in added.mentions] == ["b"]


def test_a_file_that_was_replaced_by_a_shorter_one_is_read_from_the_start(tmp_path: Path) -> None:
    path = write(tmp_path, [post(id="a"), post(id="b")])
    cursor = samples(path).poll(None).cursor
    write(tmp_path, [post(id="c")])

    assert [mention.id for mention in samples(path).poll(cursor).mentions] == ["c"]


@pytest.mark.parametrize("cursor", ["", "x", "3", "1:-4", "a:b"])
def test_a_cursor_that_makes_no_sense_starts_over(tmp_path: Path, cursor: str) -> None:
    assert len(samples(write(tmp_path, [post()])).poll(cursor).mentions) == 1


def test_an_empty_file_holds_no_posts(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.touch()

    assert samples(path).poll(None) == Batch(cursor="0:0")


def test_a_file_that_is_not_there_is_a_matter_of_setting_up(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"cannot read the posts in .*nowhere\.jsonl: No such"):
        samples(tmp_path / "nowhere.jsonl").poll(None)


def test_a_recording_can_be_moved_so_that_its_newest_post_is_from_now(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        [post(created_at="2020-01-01T10:00:00Z"), post(created_at="2020-01-01T09:00:00Z")],
    )
    connector = Samples(SamplesSettings(path=str(path), newest_at=NOW))

    mentions = connector.poll(None).mentions

    assert [mention.created_at for mention in mentions] == [NOW, NOW - timedelta(hours=1)]


# What is allowed


def ability(connector: Samples, contact: Contact | None = None, **fields: object) -> list[Route]:
    mention = read(post(**fields))
    found = connector.ability(mention, contact) if contact else connector.ability(mention)
    return [found.public.route, found.private.route]


def test_the_pretend_platforms_take_everything_by_api(tmp_path: Path) -> None:
    connector = samples(write(tmp_path, [post()]))

    for platform in ("twitter", "reddit", "bluesky", "samples"):
        assert ability(connector, platform=platform) == [Route.API, Route.API]


def test_a_post_on_x_that_does_not_name_us_is_answered_by_hand(tmp_path: Path) -> None:
    connector = samples(write(tmp_path, [post()]))
    mention = read(post(id="5", platform="twitter", addressed=False))

    public = connector.ability(mention).public

    assert public.route is Route.BY_HAND
    assert public.account == "nordlicht"
    assert public.limit.maximum == 280
    assert public.link("a b") == "https://x.com/intent/tweet?in_reply_to=5&text=a%20b"


def test_private_messages_open_once_the_customer_has_written(tmp_path: Path) -> None:
    connector = samples(write(tmp_path, [post()]))
    wrote = Contact(wrote_privately_at=NOW)

    assert ability(connector, platform="twitter", addressed=False)[1] is Route.CLOSED
    assert ability(connector, wrote, platform="twitter", addressed=False)[1] is Route.API


def test_a_post_that_is_closed_to_replies_takes_none(tmp_path: Path) -> None:
    connector = samples(write(tmp_path, [post()]))

    routes = ability(connector, platform="twitter", addressed=False, replies_open=False)

    assert routes[0] is Route.NONE


@pytest.mark.parametrize("platform", ["youtube", "google_play"])
def test_some_platforms_have_no_private_messages(tmp_path: Path, platform: str) -> None:
    connector = samples(write(tmp_path, [post()]))

    assert ability(connector, platform=platform)[1] is Route.NONE


# What is sent


@pytest.fixture(params=["in memory", "in a folder"])
def connector(request: pytest.FixtureRequest, tmp_path: Path) -> Samples:
    path = write(tmp_path, [post(id="a", author="maria"), post(id="b", author="jan")])
    return samples(path, tmp_path / "out" / "box" if request.param == "in a folder" else None)


def test_a_reply_is_found_again_by_its_text(connector: Samples) -> None:
    first, second = connector.poll(None).mentions
    assert connector.find_own_reply(first, "We are sorry.") is None

    receipt = connector.reply(first, "We are sorry.", "k1")

    assert connector.find_own_reply(first, "We are sorry.") == receipt
    assert connector.find_own_reply(first, "Sorry!") is None
    assert connector.find_own_reply(second, "We are sorry.") is None
    assert connector.find_own_reply(replace(first, platform="reddit"), "We are sorry.") is None


def test_what_was_taken_down_is_gone_and_stays_so(connector: Samples) -> None:
    mention = connector.poll(None).mentions[0]
    receipt = connector.reply(mention, "We are sorry.", "k1")

    connector.retract(receipt)
    connector.retract(receipt)

    assert connector.find_own_reply(mention, "We are sorry.") is None
    assert connector.conversation(mention) == []


def test_who_asks_twice_has_posted_twice(connector: Samples) -> None:
    mention = connector.poll(None).mentions[0]

    receipts = {connector.reply(mention, "We are sorry.", "k1").id for _ in range(2)}

    assert len(receipts) == 2
    assert {turn.id for turn in connector.conversation(mention)} == receipts


def test_a_conversation_holds_both_sides_in_order(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        [
            post(id="a", author="maria", created_at="2026-11-02T08:00:00Z"),
            post(id="b", author="maria", in_reply_to="a", created_at="2026-11-02T09:00:00Z"),
            post(id="c", author="maria", private=True, created_at="2026-11-02T10:00:00Z"),
            post(id="d", author="maria", created_at="2026-11-02T11:00:00Z"),
            post(id="e", author="jan", in_reply_to="a", created_at="2026-11-02T11:00:00Z"),
            post(id="f", author="jan", private=True, created_at="2026-11-02T11:00:00Z"),
        ],
    )
    connector = Samples(SamplesSettings(path=str(path)), clock=lambda: NOW)
    mentions = connector.poll(None).mentions
    public = connector.reply(mentions[0], "We are sorry.", "k1")
    private = connector.message(mentions[0].author, "May we have your number?", "k2")
    connector.message(Author(id="jan", handle="jan"), "Hello", "k3")

    turns = connector.conversation(mentions[0])

    assert [mention.id for mention in mentions] == ["a", "b", "d", "e"]
    assert [turn.id for turn in turns] == ["b", "c", public.id, private.id]
    assert [(turn.ours, turn.private) for turn in turns] == [
        (False, False), (False, True), (True, False), (True, True)
    ]  # fmt: skip
    assert turns[2].created_at == NOW
    assert private.private
    assert private.at == NOW


def test_without_a_clock_what_we_send_bears_the_time_of_the_post(connector: Samples) -> None:
    mention = connector.poll(None).mentions[0]
    connector.reply(mention, "We are sorry.", "k1")
    connector.message(mention.author, "Hello", "k2")

    times = {turn.created_at for turn in connector.conversation(mention)}

    assert times == {mention.created_at}


def test_another_process_reads_what_was_sent(tmp_path: Path) -> None:
    path = write(tmp_path, [post(id="a")])
    here, there = samples(path, tmp_path), samples(path, tmp_path)
    mention = here.poll(None).mentions[0]

    receipt = here.reply(mention, "Es tut uns leid: 箱\nZeile", "k1")

    assert there.find_own_reply(mention, "Es tut uns leid: 箱\nZeile") == receipt
    there.retract(receipt)
    assert here.find_own_reply(mention, "Es tut uns leid: 箱\nZeile") is None


def test_an_outbox_that_cannot_be_written_is_a_matter_of_setting_up(tmp_path: Path) -> None:
    path = write(tmp_path, [post()])
    connector = samples(path, path)
    mention = connector.poll(None).mentions[0]

    with pytest.raises(SetupError, match=r"cannot write to the outbox in .*: "):
        connector.reply(mention, "We are sorry.", "k1")
    with pytest.raises(SetupError, match=r"cannot read the outbox in .*: "):
        connector.conversation(mention)
    assert [problem.fatal for problem in connector.check()] == [True]


def test_a_look_tells_what_became_of_a_post(tmp_path: Path) -> None:
    path = write(tmp_path, [post(id="a"), post(id="b"), post(id="c")])
    connector = samples(path)
    mentions = connector.poll(None).mentions
    write(tmp_path, [post(id="a"), post(id="b", text="Found it, all is well.")])

    assert connector.look(mentions) == {"a": Life.ALIVE, "b": Life.EDITED, "c": Life.GONE}


# Setting up


def test_a_check_names_what_cannot_be_read(tmp_path: Path) -> None:
    good = samples(write(tmp_path, [post()]), tmp_path)
    lame = samples(write(tmp_path, [post(), b"{", b"{}"], "lame.jsonl"))
    empty = samples(write(tmp_path, [b""], "empty.jsonl"))
    missing = samples(tmp_path / "nowhere.jsonl")

    assert good.check() == []
    (problem,) = lame.check()
    assert problem.what.startswith("lame.jsonl: 2 lines cannot be read; line 2: it begins with {")
    assert not problem.fatal
    assert [problem.what for problem in empty.check()] == ["empty.jsonl holds no posts"]
    assert [problem.fatal for problem in missing.check()] == [True]


def test_the_registry_makes_a_whole_connector(tmp_path: Path) -> None:
    made = registry.load("samples")
    connector: Connector = made(made.Settings.model_validate({"account": "lamps"}))

    assert (connector.platform, connector.account, connector.reliable_reads) == (
        "samples", "lamps", True
    )  # fmt: skip
    assert isinstance(connector, Samples)
    assert Receipt(id="x").id == "x"


def test_a_draft_for_x_is_counted_as_x_counts() -> None:
    post = Mention(
        platform="twitter",
        id="1",
        author=Author(id="1", handle="anna"),
        text="?",
        created_at=datetime(2026, 11, 20, tzinfo=UTC),
        addressed=True,
    )
    limit = ability_of(post, Contact(), "acme").public.limit

    assert limit.fits("\u5bf9" * 140)
    assert not limit.fits("\u5bf9" * 141)
    assert ability_of(replace(post, platform="bluesky"), Contact(), "acme").public.limit.fits(
        "\u5bf9" * 141
    )
