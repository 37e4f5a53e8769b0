import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.texts import clean, from_html, same


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain", "plain"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("<p>one<p>two", "one\n\ntwo"),
        ("<p>one</p>\n\n<p>two</p>", "one\n\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<ul><li>a</li><li>b</li></ul>", "a\n\nb"),
        ("a  <b>bold</b>\n word", "a bold word"),
        ("<script>x()</script>seen<style>p{}</style>", "seen"),
        ("<head><meta charset=x><body>seen", "seen"),
        ("<head><link href=x></head>seen", "seen"),
        ("an <!-- unseen --> end", "an end"),
        ("a<![foo[ b", "a"),
        ('<a href="https://x.example/long/way">https://x.example/lo...</a>!', None),
        ('<a href="https://x.example/">here</a>', "here"),
        ('<a href="https://x.example/"><img src="x"></a>', ""),
        ("<a>nowhere...</a>", "nowhere..."),
        ("</p></a></div>x", "x"),
        ("", ""),
    ],
)
def test_html_becomes_what_a_reader_sees(html: str, text: str | None) -> None:
    seen = from_html(html)

    if html.startswith("a<!["):
        assert seen.startswith("a")  # Python's versions differ in what they make of it
    else:
        assert seen == ("https://x.example/long/way!" if text is None else text)


def test_an_end_without_a_beginning_ends_nothing() -> None:
    assert from_html("<p class=q>a</b>b</p>c", without=frozenset({"q"})) == "c"


def test_what_is_left_out_takes_along_all_it_holds() -> None:
    html = '<div class="x quote">old <p>older</div> new <blockquote>old<img></blockquote> end'

    assert from_html(html, without=frozenset({"quote", "blockquote"})) == "new end"


@given(st.text(alphabet="<>!/[]-=\"'&;abp# \n", max_size=80))
def test_no_markup_is_too_broken(html: str) -> None:
    assert isinstance(from_html(html), str)


_PIECES = st.sampled_from(
    [
        *("<p>", "</p>", "<br>", "<br/>", "<br />", "<i>", "</i>", "<b>", "</b>", "</a>", "<code>"),
        *('<a href="https://acme.example/orders?a=1&amp;b=2">', '<a href="x" rel="nofollow">'),
        *("https://acme.example/or...", "https://acme.example/orders?a=1&b=2", "https://a…", "..."),
        *(
            "&amp;",
            "&nbsp;",
            "&#x27;",
            "&am",
            "&",
            " ",
            "\n\n",
            "\u00a0",
            "\u2003",
            ">",
            "one",
            "two",
        ),
    ]
)


@given(st.lists(_PIECES, max_size=20).map("".join))
def test_the_short_way_reads_plain_markup_as_the_long_one_does(html: str) -> None:
    # Whoever leaves something out goes the long way.
    assert from_html(html) == from_html(html, without=frozenset({"nothing-like-it"}))


def test_markup_that_python_gives_up_on_loses_its_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(reader: object, data: str) -> None:
        raise AssertionError("unknown status keyword")

    monkeypatch.setattr("connectors.texts._Reader.feed", give_up)

    assert from_html("<p>one &amp; <u>two</u>") == "one & two"


def test_a_page_is_not_read_for_ever() -> None:
    assert len(from_html("a" * 1_000_000)) == 200_000


def test_what_no_database_takes_is_replaced() -> None:
    assert clean("a\x00b\ud800c😡") == "a\ufffdb\ufffdc😡"


def test_texts_are_the_same_but_for_white_space_and_composition() -> None:
    assert same("Entschu\u0308tz\n\nuns ", "Entsch\u00fctz uns")
    assert not same("Sorry.", "sorry.")
