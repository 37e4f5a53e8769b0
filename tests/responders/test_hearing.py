"""What the judge has heard, the phrases of a matter and those of a team: whose word counts."""

from dataclasses import replace
from pathlib import Path

import pytest

from responders.playbooks import Matter, PlaybookError, load
from responders.verdict import NO_MATTER, Topic, Verdict
from tests.responders.test_suggest import case, draft, mention

BOOKS = load()
ANGRY = Verdict(language="en", angry=True, complaint=0.9)


def known(name: str) -> Matter:
    found = BOOKS.known_matter(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("chances", "name"),
    [
        ((("battery", 0.9), (NO_MATTER, 0.1)), "battery"),
        ((("battery", 0.4), (NO_MATTER, 0.35), ("charger", 0.2)), None),
        (((NO_MATTER, 0.9), ("battery", 0.1)), None),
        ((("battery", 0.3), ("charger", 0.25), ("device", 0.85)), "device"),
        ((("no such matter", 1.0),), None),
    ],
)
def test_what_the_judge_has_heard_is_taken_where_it_is_sure(
    chances: tuple[tuple[str, float], ...], name: str | None
) -> None:
    found = BOOKS.matter("well, that again", "en", Topic.PRAISE, chances)

    assert (found.name if found else None) == name


def test_what_no_phrase_bears_out_must_be_surer_and_what_phrases_deny_surer_still() -> None:
    silent, other = "well, that again", "no wifi, no internet, nothing"

    assert BOOKS.matter(silent, "en", None, (("battery", 0.75), ("charger", 0.1))) is None
    assert BOOKS.matter(silent, "en", None, (("battery", 0.85), ("charger", 0.1))) is not None
    denied = BOOKS.matter(other, "en", None, (("battery", 0.9), (NO_MATTER, 0.1)))
    assert denied is None or denied.name != "battery"
    sure = BOOKS.matter(other, "en", None, (("battery", 0.97), (NO_MATTER, 0.03)))
    assert sure is not None
    assert sure.name == "battery"


def test_what_is_told_alone_is_sure() -> None:
    for post in ("well, that again", "no wifi, no internet, nothing"):
        found = BOOKS.matter(post, "en", None, (("battery", 0.5),))

        assert found is not None
        assert found.name == "battery"
    assert BOOKS.matter("the battery is dead by noon", "en", None, ((NO_MATTER, 0.5),)) is None


def test_a_phrase_makes_a_matter_likelier_and_does_not_decide_alone() -> None:
    post = "the battery is dead by noon"

    lifted = BOOKS.matter(post, "en", None, (("battery", 0.4), (NO_MATTER, 0.35)))
    denied = BOOKS.matter(post, "en", None, ((NO_MATTER, 0.9), ("battery", 0.05)))
    alone = BOOKS.matter(post, "en", None)

    assert lifted is not None
    assert lifted.name == "battery"
    assert denied is None
    assert alone is not None
    assert alone.name == "battery"


def test_a_finer_matter_is_taken_where_its_whole_is_heard() -> None:
    post = "roaming charges of 300 for one day"
    others = (one for one in BOOKS.matters if one.name != "roaming")
    books = replace(BOOKS, matters=(*others, replace(known("roaming"), within="bill")))

    bill = books.matter(post, "en", None, (("bill", 0.9),))
    unsure = books.matter(post, "en", None, (("bill", 0.4), (NO_MATTER, 0.5)))
    other = books.matter(post, "en", None, (("battery", 0.97),))
    plain = books.matter("what a bill", "en", None, (("bill", 0.9),))

    assert bill is not None
    assert bill.name == "roaming"
    assert unsure is not None
    assert unsure.name == "roaming"
    assert other is not None
    assert other.name == "battery"
    assert plain is not None
    assert plain.name == "bill"


def test_a_finer_matter_of_none_is_taken_where_nothing_is_heard() -> None:
    finer = replace(known("battery"), name="empty", within=NO_MATTER)
    books = replace(BOOKS, matters=(*BOOKS.matters, finer))
    post = "the battery is dead by noon"

    found = books.matter(post, "en", None, ((NO_MATTER, 0.99),))
    other = books.matter(post, "en", None, (("refund", 0.97),))

    assert found is not None
    assert found.name == "empty"
    assert other is not None
    assert other.name == "refund"


def test_a_matter_that_the_judge_has_not_learnt_goes_with_its_playbook_or_none() -> None:
    matter = replace(known("roaming"), name="unheard of", within="")
    books = replace(BOOKS, matters=(*(m for m in BOOKS.matters if m.name != "roaming"), matter))
    post = "roaming charges of 300 for one day"

    for chances, name in (
        ((("double_charge", 0.9),), "unheard of"),
        (((NO_MATTER, 0.9),), "unheard of"),
        ((("battery", 0.97),), "battery"),
    ):
        found = books.matter(post, "en", None, chances)
        assert found is not None
        assert found.name == name
    both = books.matter(f"{post}, charged twice", "en", None, (("double_charge", 0.9),))
    assert both is not None
    assert both.name == "double_charge"


def test_the_whole_of_a_finer_matter_is_a_matter() -> None:
    names = {one.name for one in BOOKS.matters} | {NO_MATTER, ""}

    assert {one.within for one in BOOKS.matters} <= names


def test_who_names_a_matter_and_is_flagged_is_not_merely_asked() -> None:
    seen = replace(ANGRY, complaint=0.3, compound=0.6, matters=(("battery", 0.9),))
    post = mention("great battery, great, love it")

    named = draft(case(seen, post))
    calm = draft(case(replace(seen, angry=False, complaint=0.1), post))
    silent = draft(case(replace(seen, matters=((NO_MATTER, 0.9),)), post))

    assert named.playbook == "not_as_expected"
    assert "No apology" not in named.reason
    assert calm.playbook in ("vague", "praise")
    assert "No apology" in silent.reason


def test_a_matter_is_taken_whatever_the_topic_beside_it() -> None:
    chances = (("flight_delay", 0.9),)

    assert BOOKS.matter("late again", "en", Topic.DAMAGED, chances) is not None


def test_a_teams_own_phrase_is_believed_before_the_judge(tmp_path: Path) -> None:
    folder = tmp_path / "matters"
    folder.mkdir()
    (folder / "lamp.toml").write_text(
        'title = "The lamp flickers"\nplaybook = "damaged"\nrank = 90\n'
        '[en]\nhear = ["flicker*"]\npublic = ["A flickering lamp is no light, and I\'m sorry."]\n',
        encoding="utf-8",
    )
    (folder / "battery.toml").write_text(
        '[en]\npublic = ["Sorry about the battery."]\n', encoding="utf-8"
    )
    books = load(tmp_path)
    sure = (("battery", 0.95),)

    lamp = books.matter("the battery lamp flickers", "en", None, sure)
    battery = books.matter("the battery lamp", "en", None, sure)

    assert lamp is not None
    assert lamp.name == "lamp"
    assert lamp.taught == {"en"}
    assert battery is not None
    assert battery.name == "battery"
    assert battery.taught == frozenset()  # our phrases, with the team's words


def test_a_wrong_whole_is_named(tmp_path: Path) -> None:
    (tmp_path / "matters").mkdir()
    (tmp_path / "matters" / "odd.toml").write_text(
        'title = "t"\nplaybook = "vague"\nwithin = 5\n[en]\npublic = ["x"]\n', encoding="utf-8"
    )

    with pytest.raises(PlaybookError, match="key within: found 5; the name of a matter"):
        load(tmp_path)


def test_a_draft_speaks_of_what_the_judge_has_heard() -> None:
    seen = replace(ANGRY, topic=Topic.ORDER_LATE, matters=(("battery", 0.9),))

    it = draft(case(seen, mention("three hours and it is gone")))

    assert it.playbook == "not_as_expected"
    assert it.findings == ()
    assert it.public is not None


def test_a_draft_speaks_of_the_situation_where_the_judge_heard_nothing() -> None:
    seen = replace(ANGRY, topic=Topic.ORDER_LATE, matters=((NO_MATTER, 0.97),))

    assert draft(case(seen, mention("the connection of my order"))).playbook == "order_late"
