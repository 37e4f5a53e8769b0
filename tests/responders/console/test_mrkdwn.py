from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responders.console.mrkdwn import html, plain, visible, web_link

ALLOWED = {"strong", "em", "s", "code", "blockquote", "br", "time", "span", "a"}


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("*bold* _it_ ~gone~ `code`",
         "<strong>bold</strong> <em>it</em> <s>gone</s> <code>code</code>"),
        ("*bold _both_*", "<strong>bold <em>both</em></strong>"),
        ("`*not bold*`", "<code>*not bold*</code>"),
        ("2*3*4 a_b_c x~y~z", "2*3*4 a_b_c x~y~z"),
        ("* not * bold", "* not * bold"),
        ("a &lt;b&gt; &amp;amp; c", "a &lt;b&gt; &amp;amp; c"),
        ("one\ntwo", "one<br>two"),
        ("&gt; said\n> more\nafter", "<blockquote>said<br>more</blockquote>after"),
        ("before\n&gt; said", "before<blockquote>said</blockquote>"),
        ("<@U1>", '<span class="person">@Eva</span>'),
        ("<@U2|jan>", '<span class="person">@jan</span>'),
        ("<@U3>", '<span class="person">@U3</span>'),
        ("<!channel> <#C1|help>",
         '<span class="person">@channel</span> <span class="person">@help</span>'),
        ("<!date^1800000000^{date}|2027-01-15 08:00 UTC>",
         '<time datetime="2027-01-15T08:00:00Z">2027-01-15 08:00 UTC</time>'),
        ("<!date^1800000000^{date}^https://a.example|>",
         '<time datetime="2027-01-15T08:00:00Z">2027-01-15 08:00 UTC</time>'),
        ("<!date^999999999999^{date}|one day>", "one day"),
        ("<javascript:alert(1)|click>", "click"),
        ("<data:text/html,x>", "data:text/html,x"),
        ("<https://[|x>", "x"),
        ("<https:///nowhere|x>", "x"),
    ],
)  # fmt: skip
def test_markup_of_slack_becomes_html(markup: str, expected: str) -> None:
    assert html(markup, {"U1": "Eva"}) == expected


@pytest.mark.parametrize(
    "markup",
    ["<https://a.example/?b=1&amp;c=%22|the *post*>", "<https://a.example/?b=1&amp;c=%22>"],
)
def test_a_link_leads_out_and_says_nothing_about_us(markup: str) -> None:
    made = html(markup)

    assert made.startswith(
        '<a href="https://a.example/?b=1&amp;c=%22" target="_blank" '
        'rel="noopener noreferrer external">'
    )


def test_a_link_cannot_break_out_of_its_attribute() -> None:
    made = html('<https://a.example/"onmouseover="alert(1)|x>')

    assert 'onmouseover="' not in made.replace("&#34;", "")
    assert "&#34;onmouseover=&#34;" in made


def test_plain_text_means_nothing_but_its_line_breaks() -> None:
    assert plain("*a* <b>\n<@U1>") == "*a* &lt;b&gt;<br>&lt;@U1&gt;"


def test_what_hides_or_turns_text_around_is_left_out() -> None:
    assert visible("pay \u202eorue 001\u202c now\x00\x1b[31m\ufeff\ud800") == "pay orue 001 now[31m"
    assert visible("tab\there, new\nline, right\u200fto left") == (
        "tab\there, new\nline, right\u200fto left"
    )


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.example/x", "https://a.example/x"),
        (" HTTPS://a.example", "https://a.example"),
        ("java\nscript:alert(1)", None),
        ("\u202ejavascript:alert(1)", None),
        ("//a.example", None),
        ("", None),
    ],
)
def test_only_the_web_is_linked(url: str, kept: str | None) -> None:
    assert web_link(url) == kept


class Tags(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


PIECES = st.lists(
    st.one_of(
        st.text(max_size=6),
        st.sampled_from(
            ["<", ">", "|", "*", "_", "~", "`", "&lt;", "&amp;", "\n", "\n> ", "<script>", "'\"",
             "<https://a.example|", "<!date^1^", "<javascript:alert(1)|", "<@U1>", "onload=", "-->"]
        ),
    ),
    max_size=12,
).map("".join)  # fmt: skip


@given(PIECES)
def test_nothing_comes_out_but_a_few_harmless_elements(markup: str) -> None:
    for made in (html(markup), plain(markup)):
        tags = Tags(made)

        assert tags.open == []
        assert {tag for tag, _ in tags.seen} <= ALLOWED
        for tag, attributes in tags.seen:
            assert set(attributes) <= {"href", "target", "rel", "datetime", "class"}
            if tag == "a":
                assert str(attributes["href"]).startswith(("https://", "http://"))
        made.encode("utf-8")  # raises where half a surrogate pair was left
