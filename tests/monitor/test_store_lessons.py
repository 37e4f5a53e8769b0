"""What the judge learns from lies in the database as numbers, and goes with its post."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.store import Store
from monitor.store.lessons import Kept, Learnt, Told
from responders.case import CaseId, CaseState, MentionId
from responders.verdict import Doubt, Label, LabelWord, RedFlag
from tests.monitor.posts import ANGRY, BRAND, CALM, NOW, by, case, change, ingest, post

MODEL = "1/abc"
DAY = timedelta(days=1)


def kept(mention_id: MentionId, score: float = 1.5) -> Kept:
    return Kept(
        mention_id=mention_id, score=score, mood=(-0.5, 0.25, 0.75, 0.0), vector=b"\x00\xff" * 512
    )


def say(store: Store, mention_id: MentionId, word: LabelWord, days: int = 0) -> None:
    at = NOW + timedelta(days=days)
    store.labels.add(Label(mention_id=mention_id, word=word, by="eva", at=at))


# what is to be kept


def test_a_labelled_post_is_to_be_kept_until_it_is(store: Store) -> None:
    first, second = ingest(store, post(1, language="en"), post(2))
    say(store, first, LabelWord.SPAM)
    say(store, first, LabelWord.NOT_US)

    assert store.lessons.untraced(BRAND, MODEL, 10) == ((first, post(1).text, "en"),)
    store.lessons.keep(BRAND, MODEL, [kept(first)])

    assert store.lessons.untraced(BRAND, MODEL, 10) == ()
    assert store.lessons.untraced(BRAND, "1/other", 10)[0][0] == first
    assert second not in {kept.mention_id for kept, _ in store.lessons.examples(BRAND, MODEL)}


def test_flagged_posts_are_walked_once(store: Store) -> None:
    flagged = ingest(store, post(1), post(2), post(3))
    ingest(store, post(4), verdict=CALM)
    ingest(store, post(5), verdict=replace(ANGRY, relevant=False))
    ingest(store, post(6, private=True), post(7, ours=True))

    posts, mark = store.lessons.flagged(BRAND, 2)
    store.lessons.keep(BRAND, MODEL, [kept(found) for found, _, _ in posts], mark)
    rest, last = store.lessons.flagged(BRAND, 2)
    store.lessons.keep(BRAND, MODEL, [kept(found) for found, _, _ in rest], last)

    assert [found for found, _, _ in (*posts, *rest)] == list(flagged)
    assert mark == flagged[1]
    assert store.lessons.flagged(BRAND, 2) == ((), last)
    assert last > flagged[-1]


def test_what_is_kept_anew_takes_the_old_place(store: Store) -> None:
    (number,) = ingest(store, post(1))
    say(store, number, LabelWord.WAS_ANGRY)
    store.lessons.keep(BRAND, MODEL, [kept(number)])

    store.lessons.keep(BRAND, "2/def", [kept(number, score=-2.0)])

    assert store.lessons.examples(BRAND, MODEL) == ()
    assert store.lessons.examples(BRAND, "2/def") == (
        (kept(number, score=-2.0), LabelWord.WAS_ANGRY),
    )


def test_the_newest_word_counts(store: Store) -> None:
    first, second = ingest(store, post(1), post(2))
    say(store, second, LabelWord.SPAM)
    say(store, first, LabelWord.NOT_ANGRY)
    say(store, first, LabelWord.WAS_ANGRY, days=1)
    store.lessons.keep(BRAND, MODEL, [kept(second), kept(first)])

    assert [(one.mention_id, word) for one, word in store.lessons.examples(BRAND, MODEL)] == [
        (first, LabelWord.WAS_ANGRY),
        (second, LabelWord.SPAM),
    ]
    assert store.lessons.told(BRAND) == Told(labels=2, newest=3, at=NOW + DAY)


def test_nobody_said_anything(store: Store) -> None:
    assert store.lessons.told(BRAND) == Told(labels=0, newest=0, at=None)
    assert store.lessons.learnt(BRAND) is None


# erasing


@pytest.mark.parametrize("how", ["forget", "purge", "gone"])
def test_what_is_kept_goes_with_its_post(store: Store, how: str) -> None:
    mine, other = ingest(store, post(1), post(2, author=by("ann")))
    for number in (mine, other):
        say(store, number, LabelWord.NOT_ANGRY)
    store.lessons.keep(BRAND, MODEL, [kept(mine), kept(other)])

    match how:
        case "forget":
            store.forget("twitter", "bob", NOW + DAY)
        case "purge":
            store.purge(NOW + DAY, NOW + DAY)
        case _:
            store.gone([mine], NOW + DAY)

    left = {one.mention_id for one, _ in store.lessons.examples(BRAND, MODEL)}
    assert mine not in left
    assert store.lessons.told(BRAND).labels == len(left)
    assert mine not in {number for number, _, _ in store.lessons.untraced(BRAND, MODEL, 9)}


def test_nothing_is_kept_of_an_erased_post(store: Store) -> None:
    (number,) = ingest(store, post(1))
    say(store, number, LabelWord.NOT_ANGRY)
    store.gone([number], NOW)

    store.lessons.keep(BRAND, MODEL, [kept(number)])

    assert store.lessons.examples(BRAND, MODEL) == ()


# what got no word


def test_answered_posts_are_told_from_those_without_an_answer(store: Store) -> None:
    answered = case(store, post(1))
    waiting = case(store, post(2, author=by("ann")))
    (loose, worded) = ingest(store, post(3, author=by("joe")), post(4, author=by("jim")))
    say(store, worded, LabelWord.SPAM)
    change(store, answered, state=CaseState.ANSWERED)
    ids = [answered.subject.id, waiting.subject.id, loose, worded]
    store.lessons.keep(BRAND, MODEL, [kept(number) for number in ids])

    def of(found: tuple[Kept, ...]) -> list[MentionId]:
        return [one.mention_id for one in found]

    assert of(store.lessons.answered(BRAND, "1", 9)) == [answered.subject.id]
    assert of(store.lessons.unsaid(BRAND, "1", 9)) == [loose, waiting.subject.id]
    assert of(store.lessons.unsaid(BRAND, "1", 1)) == [loose]
    assert store.lessons.answered(BRAND, "2", 9) == ()


# lessons


def test_a_lesson_is_remembered_in_place_of_the_last(store: Store) -> None:
    first = Learnt(
        basis="b1", model=MODEL, layer=None, labels=3, complaints=1, why_not="few", at=NOW
    )
    second = replace(first, basis="b2", layer="{}", labels=60, why_not="", at=NOW + DAY)

    store.lessons.save(BRAND, first)
    store.lessons.save(BRAND, second)

    assert store.lessons.learnt(BRAND) == second
    assert store.lessons.learnt("another brand") is None


def test_scores_of_public_posts_are_listed(store: Store) -> None:
    ingest(store, post(1))
    ingest(store, post(2), verdict=CALM)
    ingest(store, post(3), verdict=replace(ANGRY, relevant=False))
    ingest(store, post(4, private=True), post(5, ours=True))

    assert [score.complaint for score in store.lessons.scores(BRAND, NOW)] == [0.0, 0.9]
    assert store.lessons.scores(BRAND, NOW + DAY) == ()


def test_posts_close_to_the_cut_are_found_the_closest_first(store: Store) -> None:
    (near,) = ingest(store, post(1), verdict=replace(ANGRY, complaint=0.45))
    (nearest,) = ingest(store, post(2), verdict=replace(CALM, complaint=0.38))
    ingest(store, post(3), verdict=replace(ANGRY, complaint=0.9))
    ingest(store, post(4), verdict=replace(ANGRY, complaint=0.4, relevant=False))
    ingest(store, post(5), verdict=replace(ANGRY, complaint=0.4, red_flags=(RedFlag.LEGAL,)))
    (worded,) = ingest(store, post(6), verdict=replace(CALM, complaint=0.4))
    say(store, worded, LabelWord.NOT_ANGRY)

    found = store.lessons.unsure(BRAND, 0.39, 0.1, NOW, 9)

    assert [one.mention_id for one in found] == [nearest, near]
    assert found[0].text == post(2).text
    assert store.lessons.unsure(BRAND, 0.39, 0.1, NOW, 1) == found[:1]
    assert store.lessons.unsure(BRAND, 0.39, 0.1, NOW + DAY, 9) == ()


def test_words_beside_cases_are_counted(store: Store) -> None:
    opened = case(store, post(1))
    (loose,) = ingest(store, post(2, author=by("ann")))
    say(store, opened.subject.id, LabelWord.SPAM)
    say(store, loose, LabelWord.SPAM, days=1)

    assert store.lessons.said_beside_cases(BRAND, NOW) == 1
    assert store.lessons.said_beside_cases(BRAND, NOW + 2 * DAY) == 0


def test_what_was_heard_is_stored_with_the_verdict(store: Store) -> None:
    told = (("flight_delay", 0.81), ("none", 0.1))
    (number,) = ingest(store, post(1), verdict=replace(ANGRY, matters=told))

    entry, _ = store.mentions.mention(number)

    assert entry.verdict is not None
    assert entry.verdict.matters == told
    assert store.cases.get(CaseId(store.cases.open(number, NOW, NOW, 0))).verdict.matters == told


def test_doubts_are_stored_with_the_verdict(store: Store) -> None:
    (number,) = ingest(store, post(1), verdict=replace(ANGRY, doubts=(Doubt.SHORT, Doubt.CLOSE)))

    entry, _ = store.mentions.mention(number)

    assert entry.verdict is not None
    assert entry.verdict.doubts == (Doubt.SHORT, Doubt.CLOSE)
    assert store.cases.get(CaseId(store.cases.open(number, NOW, NOW, 0))).verdict.doubts
