"""From a case to a draft: the right words, in the right place, never twice."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import Ability, Author, Mention, Route, TextLimit, Way
from responders.action import Action, ActionKind
from responders.case import Case, CaseId, Entry, MentionId
from responders.draft import CODE_PLACEHOLDER, Draft, Half
from responders.money import Money
from responders.playbooks import Offer, Playbooks, load
from responders.policy import Brand, CreditPolicy, Policy
from responders.suggest import suggest, tame_handle
from responders.used import NOTHING, Used
from responders.verdict import RedFlag, Topic, Verdict

BOOKS = load()
BRAND = Brand(name="Nordlicht", signature="Lena", contact="help@nordlicht.example")
FIVE = Money(minor=500, currency="EUR")
POLICY = Policy(
    credit=CreditPolicy(
        suggested=Money(minor=2500, currency="EUR"),
        cap_per_case=Money(minor=2000, currency="EUR"),
        monthly_budget=Money(minor=50000, currency="EUR"),
        codes_file="codes.csv",
    )
)
AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def weighted(text: str) -> int:
    """X's count, near enough for tests: characters of far scripts weigh 2."""
    return sum(1 if ord(char) < 0x1100 or 0x2010 <= ord(char) <= 0x201F else 2 for char in text)


def ability(
    private: Route = Route.CLOSED, public: Route = Route.API, maximum: int = 280
) -> Ability:
    return Ability(
        public=Way(
            route=public,
            reason="the thread is closed",
            limit=TextLimit(maximum=maximum, count=weighted),
        ),
        private=Way(route=private),
    )


ANNA = Author(id="7", handle="anna_b", name="Anna Berg")


def mention(
    text: str = "Where is it?",
    *,
    id: str = "1",
    platform: str = "twitter",
    author: Author = ANNA,
    language: str | None = None,
) -> Mention:
    return Mention(
        platform=platform, id=id, author=author, text=text, language=language, created_at=AT
    )


def case(
    verdict: Verdict | None = None, post: Mention | None = None, entries: tuple[Entry, ...] = ()
) -> Case:
    seen = verdict or Verdict(language="en", angry=True, complaint=0.9, topic=Topic.ORDER_LATE)
    subject = Entry(id=MentionId(1), mention=post or mention(), verdict=seen)
    return Case(id=CaseId(1), brand="nordlicht", opened_at=AT, entries=(subject, *entries))


def draft(
    it: Case | None = None,
    *,
    brand: Brand = BRAND,
    way: Ability | None = None,
    used: Used = NOTHING,
    books: Playbooks = BOOKS,
    policy: Policy = POLICY,
) -> Draft:
    return suggest(
        it or case(),
        brand=brand,
        policy=policy,
        ability=way or ability(),
        playbooks=books,
        used=used,
    )


def test_a_late_order_gets_an_apology_and_a_follow_up_signed_by_a_person() -> None:
    it = draft()

    assert it.playbook == "order_late"
    assert it.language == "en"
    assert it.public is not None
    assert it.public.endswith("Lena")
    assert "sorry" in it.public
    assert "Anna" in it.public
    assert it.private is not None
    assert "order number" in it.private
    assert it.private.endswith("Lena")
    assert it.public_english == it.public
    assert it.private_english == it.private
    assert it.findings == ()
    assert it.reason == ""


def test_a_credit_may_be_added_but_is_never_chosen_for_the_person() -> None:
    it = draft()

    assert it.credit is not None
    assert not it.credit_chosen
    assert it.credit.amount == Money(minor=2000, currency="EUR")
    assert CODE_PLACEHOLDER in it.credit.text
    assert "in addition, and whatever you decide about your rights" in it.credit.text.lower()
    assert it.credit.text_english == it.credit.text
    assert CODE_PLACEHOLDER not in (it.public or "")


def test_where_the_policy_or_the_playbook_allows_none_there_is_no_credit() -> None:
    vague = case(Verdict(language="en", angry=True, topic=Topic.VAGUE))

    assert draft(policy=Policy()).credit is None
    assert draft(vague).credit is None


@pytest.mark.parametrize(
    ("route", "words"),
    [
        (Route.API, "from me"),
        (Route.BY_HAND, "from me"),
        (Route.CLOSED, "private message"),
        (Route.NONE, "help@nordlicht.example"),
    ],
)
def test_the_public_text_leads_to_where_the_private_half_can_be(route: Route, words: str) -> None:
    invitations = " ".join(
        draft(case(post=mention(id=str(i))), way=ability(route)).public or "" for i in range(9)
    )

    assert words in invitations


def test_where_no_private_message_exists_none_is_drafted() -> None:
    it = draft(way=ability(Route.NONE))

    assert it.public is not None
    assert it.private is None
    assert it.credit is None


def test_where_the_customer_must_write_first_the_private_text_waits() -> None:
    assert draft(way=ability(Route.CLOSED)).private is not None


def test_without_a_named_channel_the_shops_contact_page_is_named() -> None:
    it = draft(brand=replace(BRAND, contact=""), way=ability(Route.NONE))

    assert "contact page" in (it.public or "")


def test_no_link_stands_in_a_public_reply_on_x() -> None:
    linked = replace(BRAND, contact="https://nordlicht.example/help")
    post = mention(platform="trustpilot")

    assert "http" not in (draft(brand=linked, way=ability(Route.NONE)).public or "")
    assert "http" in (draft(case(post=post), brand=linked, way=ability(Route.NONE)).public or "")


def test_a_private_message_on_x_names_the_privacy_notice_and_the_way_out() -> None:
    noticed = replace(BRAND, privacy_url="https://nordlicht.example/privacy")

    assert "STOP" in (draft().private or "")
    assert "https://nordlicht.example/privacy" in (draft(brand=noticed).private or "")
    assert draft(brand=noticed).findings == ()
    assert "STOP" not in (draft(case(post=mention(platform="reddit"))).private or "")


def test_on_mastodon_the_reply_names_the_account() -> None:
    author = Author(id="7", handle="anna@social.example")
    it = draft(case(post=mention(platform="mastodon", author=author)))

    assert (it.public or "").startswith("@anna@social.example Hi") or (it.public or "").startswith(
        "@anna@social.example Hello"
    )
    assert it.findings == ()


def test_an_odd_handle_is_not_repeated() -> None:
    author = Author(id="7", handle="x <!channel>")
    it = draft(case(post=mention(platform="mastodon", author=author)))

    assert "channel" not in (it.public or "")
    assert tame_handle("@") == ""


def test_a_red_flag_stops_the_template() -> None:
    flagged = Verdict(language="en", angry=True, red_flags=(RedFlag.INJURY, RedFlag.LEGAL))
    it = draft(case(flagged))

    assert it.public is None
    assert it.private is None
    assert it.credit is None
    assert it.holding is not None
    assert "stop using" in it.holding
    assert it.holding.endswith("Lena")
    assert "injury, legal" in it.reason
    assert it.findings == ()


def test_every_red_flag_has_a_holding_text_that_the_guard_finds_clean() -> None:
    for flag in RedFlag:
        it = draft(case(Verdict(language="en", red_flags=(flag,))))
        assert it.holding
        assert it.findings == (), flag


def test_nothing_is_said_twice_and_after_the_last_wording_a_person_writes() -> None:
    heard: list[str] = []
    while (it := draft(used=Used(theirs=tuple(heard)))).public is not None:
        assert not any(it.public.split(". ")[1] in text for text in heard)
        assert it.private not in heard
        heard += [it.public, it.private or ""]

    assert len(heard) // 2 >= 4
    assert "a person writes" in it.reason
    assert it.private is None


def test_fresh_words_come_before_a_new_frame_around_old_ones() -> None:
    first = draft().public or ""
    second = draft(used=Used(lately=(first,))).public or ""

    assert first.split(". ")[1] != second.split(". ")[1]


@pytest.mark.parametrize("language", sorted(BOOKS.voices))
def test_a_hundred_customers_with_one_trouble_all_get_a_draft(language: str) -> None:
    seen = Verdict(language=language, angry=True, complaint=0.9, topic=Topic.ORDER_LATE)
    out: list[str] = []
    for number in range(100):
        author = Author(id=f"u{number}", handle=f"u{number}")
        it = draft(
            case(seen, mention(id=f"p{number}", author=author)), used=Used(lately=tuple(out[:50]))
        )
        assert it.public is not None, (number, it.reason)
        assert it.private is not None
        assert it.public not in out[:6]
        out[:0] = [it.private, it.public]


def test_the_same_customer_never_hears_the_same_words_in_the_next_round() -> None:
    it = case()
    for turn in range(4):
        proposal = draft(it)
        assert proposal.public is not None, turn
        sent = Action(kind=ActionKind.PUBLIC, round=turn + 1, key=str(turn), text=proposal.public)
        assert all(proposal.public.split(". ")[1] not in action.text for action in it.actions)
        it = replace(it, actions=(*it.actions, sent))

    assert draft(it).public is None
    assert "a person writes" in draft(it).reason


def test_where_only_the_private_words_are_spent_a_person_writes_both() -> None:
    it = case()
    for turn in range(4):
        text = draft(it).private or ""
        sent = Action(kind=ActionKind.PRIVATE, round=turn + 1, key=str(turn), text=text)
        it = replace(it, actions=(*it.actions, sent))

    spent = draft(it)
    assert (spent.public, spent.private) == (None, None)
    assert "private wording" in spent.reason


def test_where_space_is_short_the_greeting_goes_first_and_then_nothing_is_cut() -> None:
    full = draft(way=ability(maximum=280)).public or ""
    tight = draft(way=ability(maximum=weighted(full) - 1)).public or ""
    none = draft(way=ability(maximum=60))

    assert weighted(tight) < weighted(full)
    assert tight.endswith("Lena")
    assert none.public is None
    assert "too long here" in none.reason


def test_no_public_route_leaves_the_private_half_with_a_note() -> None:
    it = draft(way=ability(Route.API, public=Route.NONE))

    assert it.public is None
    assert it.private is not None
    assert it.reason == "No public reply: the thread is closed."


def test_where_nothing_can_be_sent_nothing_is_drafted() -> None:
    it = draft(way=ability(Route.NONE, public=Route.NONE))

    assert (it.public, it.private) == (None, None)
    assert it.reason == "Nothing can be sent here: the thread is closed."


def test_another_language_gets_english_with_a_note_until_there_are_texts() -> None:
    it = draft(case(Verdict(language="tr", angry=True, topic=Topic.VAGUE)))

    assert it.language == "en"
    assert it.public is not None
    assert "in tr" in it.reason


def test_an_unknown_language_is_the_platforms_guess_or_the_brands_first() -> None:
    unknown = Verdict(language="und", angry=True)

    assert "in tr" in draft(case(unknown, mention(language="tr"))).reason
    assert "in eo" in draft(case(unknown), brand=replace(BRAND, languages=("eo",))).reason
    assert draft(case(unknown)).reason == ""


def test_a_team_without_a_named_person_signs_as_a_team() -> None:
    it = draft(brand=replace(BRAND, signature="", name="Nordlicht.example"))

    assert (it.public or "").endswith("The Nordlicht example team")
    assert it.findings == ()


def test_an_unknown_name_is_left_out() -> None:
    odd = mention(author=Author(id="7", handle="a", name="Angry Customer"))

    assert "Angry" not in (draft(case(post=odd)).public or "")


def test_a_new_draft_of_the_same_round_is_the_next_revision() -> None:
    it = case()

    assert draft(it).revision == 1
    assert draft(replace(it, draft=Draft(round=1, revision=3))).revision == 4
    assert draft(replace(it, round=2, draft=Draft(round=1, revision=3))).revision == 1


def test_a_team_that_took_every_playbook_away_writes_itself() -> None:
    it = draft(books=replace(BOOKS, playbooks=()))

    assert (it.public, it.reason) == (None, "No playbook fits: a person writes.")


def test_a_playbook_without_the_customers_language_answers_in_english_with_a_note() -> None:
    voices = {**BOOKS.voices, "eo": replace(BOOKS.voices["en"], language="eo")}
    it = draft(
        case(Verdict(language="eo", angry=True, topic=Topic.VAGUE)),
        books=replace(BOOKS, voices=voices),
    )

    assert it.language == "en"
    assert "has no texts in eo" in it.reason


NAMES = st.text(max_size=200) | st.sampled_from(
    ["<!channel>", "Anna {code}", "@here", "<script>", "Anna\nBerg", "Anna|Berg", "*Anna*"]
)


@settings(max_examples=150)
@given(post=st.text(max_size=300), name=NAMES, handle=NAMES, brand=NAMES, signature=NAMES)
def test_nobody_breaks_out_of_a_template(
    post: str, name: str, handle: str, brand: str, signature: str
) -> None:
    author = Author(id="7", handle=handle, name=name)
    it = draft(
        case(post=mention(post, author=author)),
        brand=replace(BRAND, name=brand, signature=signature),
    )

    for text in (it.public, it.private, it.public_english, it.private_english):
        if text is not None:
            assert not set(text) & set("<>{}[]|*`~")
            assert "@" not in text.replace("help@nordlicht.example", "")
            assert "\x00" not in text
    if it.public is not None:
        assert weighted(it.public) <= 280


def test_every_text_of_ours_is_found_clean_by_our_own_guard() -> None:
    for book in BOOKS.playbooks:
        seen = Verdict(language="en", angry=book.name != "praise", topic=book.topics[0])
        for number in range(8):
            for route in (Route.API, Route.CLOSED, Route.NONE):
                it = draft(case(seen, mention(id=str(number))), way=ability(route))
                assert it.public is not None
                assert it.findings == (), (book.name, it.public, it.private)


def test_offers_of_credit_follow_the_playbook() -> None:
    for book in BOOKS.playbooks:
        seen = Verdict(language="en", angry=True, topic=book.topics[0])
        it = draft(case(seen), way=ability(Route.API))
        if it.playbook == book.name:
            assert (it.credit is None) is (book.offer is Offer.NONE), book.name


def test_who_says_more_than_strong_words_is_not_asked_what_it_is_about() -> None:
    heard = Verdict(
        language="en", angry=True, complaint=0.9, topic=Topic.VAGUE, matters=(("insult", 0.9),)
    )
    short = draft(case(heard, mention("worst shop ever, idiots")))
    told = draft(
        case(heard, mention("paid for next day and it has been six next days, idiots, all"))
    )

    for it, name in ((short, "insult"), (told, "told")):
        matter = BOOKS.known_matter(name)
        assert matter is not None
        assert any(text.words in (it.public or "") for text in matter.texts["en", Half.PUBLIC])
    assert told.playbook == "vague"
