"""The lead's rules, changed in App Home: shown, guarded, audited, and kept over a restart."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from monitor import app
from monitor import check as checks
from monitor.config import CreditTable
from monitor.rulings import NOTE, Rulebook
from responders import ruling
from responders.ask import NotAllowed, NotNow, TooOld
from responders.card import Verb
from responders.case import CaseState
from responders.duty import Hours, Shift
from responders.money import Money
from responders.policy import Person
from responders.ruling import Approvers, BadRule, Caps, Duty, Subject
from responders.slack import front, rules
from responders.slack.clicks import Unreadable
from tests.monitor.team import EVA, TOM, Team
from tests.servers.slack import APP_TOKEN, OpenForm

LEAD = EVA
SAM = Person(id="U0SAM", name="Sam")
CREDIT = {
    "suggested": "10 EUR",
    "cap_per_case": "20 EUR",
    "monthly_budget": "500 EUR",
    "codes_file": "codes.csv",
}
NIGHT = Shift(person="U0TOM", hours=Hours(zone="Europe/Berlin", between=("17:00", "09:00")))


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    duty = {"lead": LEAD.id, "shifts": ({"person": TOM.id, "hours": "09:00-17:00"},)}
    with Team(tmp_path, duty, policy={"credit": CREDIT}) as team:
        yield team


@pytest.fixture
def book(team: Team) -> Rulebook:
    return team.house.rulebook


@pytest.fixture
def page(team: Team) -> Iterator["Page"]:
    with ExitStack() as stack:
        yield Page(team, stack)


class Page:
    """Somebody's App Home, and what they do there."""

    def __init__(self, team: Team, stack: ExitStack) -> None:
        self.team = team
        slack = team.settings.file.slack
        assert slack is not None
        with_token = slack.model_copy(update={"app_token": SecretStr(APP_TOKEN)})
        file = team.settings.file.model_copy(update={"slack": with_token})
        made = team.settings.model_copy(update={"file": file})
        stack.callback(app.listen_to_slack(made, team.house).close)

    def shown(self, user: str = LEAD.id) -> str:
        self.team.slack.homes.pop(user, None)
        self.team.slack.push("events_api", self.team.slack.open_home(user))
        self.team.slack.until(lambda: user in self.team.slack.homes, "the page")
        return json.dumps(self.team.slack.homes[user], ensure_ascii=False)

    def press(self, action: str, user: str = LEAD.id) -> None:
        click = self.team.slack.press_on_page(user, f"{rules.PREFIX}{action}")
        self.team.slack.push("interactive", click)

    def form(self, user: str = LEAD.id) -> OpenForm:
        return self.team.slack.form(user, rules.FORM)

    def note(self, words: str, user: str = LEAD.id) -> None:
        """Wait for a form that only says so."""

        def said() -> bool:
            return any(
                words in json.dumps(form.view) and "submit" not in form.view
                for form in list(self.team.slack.forms.values())
                if form.user == user
            )

        self.team.slack.until(said, f"the note {words!r}")

    def save(self, **values: str) -> dict[str, Any]:
        return self.team.slack.submit(self.form(), values)

    def until_shown(self, words: str, user: str = LEAD.id) -> None:
        def there() -> bool:
            return words in json.dumps(self.team.slack.homes.get(user), ensure_ascii=False)

        self.team.slack.until(there, f"{words!r} on the page")


# -- on the page ---------------------------------------------------------------------------------


def test_the_page_says_what_counts_and_that_the_file_says_so(page: Page) -> None:
    shown = page.shown()

    assert "<@U0EVA>, <@U0TOM> may approve" in shown
    assert "<@U0TOM> · every day 09:00-17:00 Europe/Berlin" in shown
    assert "outside of them <@U0EVA>" in shown
    assert "10.00 EUR is suggested, at most 20.00 EUR a case and 500.00 EUR a month" in shown
    assert shown.count("as config.toml says") == 3


def test_only_the_lead_sees_the_buttons(page: Page) -> None:
    assert rules.PREFIX in page.shown(LEAD.id)
    assert rules.PREFIX not in page.shown(TOM.id)


def test_a_lead_adds_an_approver_who_may_approve_at_once(team: Team, page: Page) -> None:
    case = team.complain()
    assert not team.decide(case, Verb.SEND, SAM).done
    page.shown()

    page.press("approvers")
    assert page.save(people="U0EVA U0SAM") == {"response_action": "clear"}

    page.until_shown("<@U0EVA>, <@U0SAM> may approve")
    page.until_shown("changed by <@U0EVA> · <!date^")
    assert not team.decide(case, Verb.SEND, TOM).done
    assert team.decide(case, Verb.SEND, SAM).done


def test_what_was_ruled_outlives_a_restart_and_names_who_ruled_it(team: Team) -> None:
    team.house.rulebook.rule(Subject.CREDIT, _caps(10, 30, 600), LEAD, seen=0)

    team.restart()

    (made,) = team.house.rulebook.rulings().made
    assert (made.by, made.at, made.subject) == (LEAD.shown, team.clock(), Subject.CREDIT)
    credit = team.house.policy.credit
    assert credit is not None
    assert str(credit.cap_per_case) == "30.00 EUR"
    assert credit.codes_file.endswith("codes.csv")


def test_a_page_that_is_not_the_newest_is_refused(team: Team, page: Page) -> None:
    page.shown()
    team.house.rulebook.rule(Subject.CREDIT, _caps(10, 30, 600), LEAD, seen=0)

    page.press("approvers")

    page.note("Somebody else changed this meanwhile")


def test_a_form_that_somebody_overtook_changes_nothing(team: Team, page: Page) -> None:
    page.shown()
    page.press("approvers")
    page.form()
    team.house.rulebook.rule(Subject.CREDIT, _caps(10, 30, 600), LEAD, seen=0)

    answer = page.save(people="U0SAM")

    assert "Somebody else changed this meanwhile" in json.dumps(answer)
    assert team.house.policy.approvers == {EVA.id, TOM.id}


def test_whoever_lost_the_lead_meanwhile_is_told(team: Team, page: Page) -> None:
    page.shown()
    page.press("approvers")
    form = page.form()
    form.user = TOM.id

    answer = team.slack.submit(form, {"people": "U0TOM"})

    assert "Only the lead (<@U0EVA>) may change this" in json.dumps(answer)
    assert team.house.rulebook.count() == 0


def test_a_deactivated_lead_changes_nothing(team: Team, page: Page) -> None:
    page.shown()
    team.slack.users[LEAD.id]["deleted"] = True
    team.later(minutes=4)

    page.press("approvers")

    page.note("does not know you as an active member")


def test_a_form_of_somebody_deactivated_changes_nothing(team: Team, page: Page) -> None:
    page.shown()
    page.press("approvers")
    form = page.form()
    team.slack.users[LEAD.id]["deleted"] = True
    team.later(minutes=4)

    answer = team.slack.submit(form, {"people": "U0SAM"})

    assert "does not know you" in json.dumps(answer)


def test_while_slack_does_not_say_who_it_is_no_form_counts(team: Team, page: Page) -> None:
    page.shown()
    page.press("approvers")
    form = page.form()
    team.later(minutes=4)
    team.slack.lose_next(path="/api/users.info")

    answer = team.slack.submit(form, {"people": "U0SAM"})

    assert front.NOT_NOW in json.dumps(answer)
    assert team.house.rulebook.count() == 0


def test_bad_input_is_told_at_its_field_and_changes_nothing(team: Team, page: Page) -> None:
    page.shown()
    page.press("credit")

    answer = page.save(cap_per_case="30 USD")

    assert answer["errors"] == {"cap_per_case": "Credits are given in EUR, as config.toml says."}
    assert "not an amount" in page.save(cap_per_case="lots")["errors"]["cap_per_case"].lower()
    assert team.house.rulebook.count() == 0


def test_an_error_of_a_field_that_the_form_has_not_stands_at_its_first(page: Page) -> None:
    page.shown()
    page.press("add")

    answer = page.save(person="U0SAM", deputy="U0SAM")

    assert answer["errors"] == {"deputy": "The deputy must be somebody else."}


def test_caps_are_changed_and_go_back_to_the_file(team: Team, page: Page) -> None:
    page.shown()
    page.press("credit")
    page.save(cap_per_case="25 EUR", monthly_budget="400 EUR")
    page.until_shown("at most 25.00 EUR a case and 400.00 EUR a month")

    page.press("back.credit")

    page.note("From now on: 10.00 EUR is suggested, at most 20.00 EUR a case")
    page.until_shown("as config.toml says again, by <@U0EVA>")
    assert team.house.rulebook.count() == 2


def test_a_shift_is_changed_added_and_taken_out(team: Team, page: Page) -> None:
    page.shown()
    page.press("duty.0")
    page.save(person="U0SAM", days="0 1 2 3 4", hours="08:00 - 16:00")
    page.until_shown("<@U0SAM> · mon-fri 08:00-16:00 Europe/Berlin")
    page.press("add")
    page.save(person="U0TOM", days="5 6", hours="", deputy_name="eva", zone="Europe/Prague")
    page.until_shown("<@U0TOM>, then eva · sat, sun all day Europe/Prague")

    saturday = datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert team.house.plan.roster().on_duty(saturday) == "U0TOM"
    page.press("duty.1")
    page.save(out="out")

    team.slack.until(lambda: team.house.rulebook.count() == 3, "the ruling")
    assert team.house.plan.roster().on_duty(saturday) == LEAD.id


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("hours", "nine to five", "two times of day"),
        ("hours", "25:00-26:00", "two times of day"),
        ("zone", "Berlin", "tz database"),
        ("person_name", "eva", "Either a person"),
    ],
)
def test_a_shift_with_a_mistake_is_not_saved(page: Page, field: str, text: str, told: str) -> None:
    page.shown()
    page.press("duty.0")

    answer = page.save(**{field: text})

    assert told in answer["errors"][field]


def test_a_click_from_another_version_is_a_line_in_the_log(
    team: Team, page: Page, caplog: pytest.LogCaptureFixture
) -> None:
    page.shown()
    click = team.slack.press_on_page(LEAD.id, f"{rules.PREFIX}approvers")
    click["actions"][0]["value"] = "{}"

    team.slack.push("interactive", click)

    team.slack.until(lambda: "could not be shown" in caplog.text, "the line")


@pytest.mark.parametrize("metadata", ["", '{"s":"mood"}'])
def test_a_form_from_another_version_changes_nothing(page: Page, metadata: str) -> None:
    view = {"type": "modal", "callback_id": rules.FORM, "private_metadata": metadata}
    payload = {"type": "view_submission", "user": {"id": LEAD.id}, "view": view}

    answer = page.team.slack.push("interactive", payload)

    assert front.UNREADABLE in json.dumps(answer)


def test_a_form_without_a_view_is_none_of_ours() -> None:
    with pytest.raises(Unreadable):
        rules.read_form({"user": {"id": LEAD.id}})


def test_a_click_that_carries_two_actions_is_none_of_ours() -> None:
    with pytest.raises(Unreadable):
        rules.read_click({"actions": []})


def test_a_claim_on_the_page_is_shown_there_at_once(team: Team, page: Page) -> None:
    case = team.complain()
    page.shown()

    team.slack.push("interactive", team.slack.press_on_page(LEAD.id, "amends.claim"))

    page.until_shown("<@U0EVA> has it")
    assert team.case(case).state is CaseState.OPEN


# -- without Slack -------------------------------------------------------------------------------


def _caps(suggested: int, case: int, month: int) -> Caps:
    euros = [Money(minor=100 * amount, currency="EUR") for amount in (suggested, case, month)]
    return Caps(suggested=euros[0], cap_per_case=euros[1], monthly_budget=euros[2])


def test_nobody_but_the_lead_rules(book: Rulebook) -> None:
    with pytest.raises(NotAllowed, match="Only the lead"):
        book.rule(Subject.APPROVERS, None, TOM, seen=0)
    with pytest.raises(NotAllowed, match="Only the lead"):
        book.sheet(TOM)


def test_a_group_may_lead() -> None:
    with pytest.raises(NotAllowed, match=r"name the lead under \[duty\]"):
        ruling.require_lead("", LEAD)
    member = Person(id="U0NEW", name="New", groups=frozenset({"S0LEADS"}))

    ruling.require_lead("S0LEADS", member)


Ask = Callable[[Rulebook], object]


@pytest.mark.parametrize(
    ("subject", "rule", "told"),
    [
        (Subject.APPROVERS, Approvers(), "Somebody must be left"),
        (Subject.APPROVERS, Approvers(added=frozenset({"nobody"})), "nobody: neither"),
        (Subject.CREDIT, _caps(30, 20, 500), "cap of 20.00 EUR"),
        (Subject.CREDIT, _caps(10, 600, 500), "more than 500.00 EUR a month"),
    ],
)
def test_what_cannot_count_says_why(
    book: Rulebook, subject: Subject, rule: ruling.Rule, told: str
) -> None:
    with pytest.raises(BadRule, match=told):
        book.rule(subject, rule, LEAD, seen=0)
    assert book.count() == 0


@pytest.mark.parametrize(
    ("subject", "rule"),
    [
        (Subject.APPROVERS, Approvers(added=frozenset({EVA.id, TOM.id}))),
        (Subject.CREDIT, _caps(10, 20, 500)),
        (Subject.DUTY, None),
    ],
)
def test_what_counts_already_is_no_ruling(
    book: Rulebook, subject: Subject, rule: ruling.Rule | None
) -> None:
    with pytest.raises(NotNow, match="Nothing was changed"):
        book.rule(subject, rule, LEAD, seen=0)


def test_shifts_as_the_file_has_them_are_no_ruling(book: Rulebook) -> None:
    with pytest.raises(NotNow, match="Nothing was changed"):
        book.rule(Subject.DUTY, Duty(shifts=book.roster().shifts), LEAD, seen=0)


def test_of_two_leads_at_once_one_is_told(team: Team, book: Rulebook) -> None:
    book.rule(Subject.CREDIT, _caps(10, 30, 600), LEAD, seen=0)

    with pytest.raises(TooOld):
        book.rule(Subject.DUTY, Duty(shifts=(NIGHT,)), LEAD, seen=0)
    assert not team.store.meta.swap(NOTE, "[]", "[1]")
    assert not team.store.meta.swap(NOTE, None, "[1]")
    assert book.count() == 1


def test_a_ruling_lost_to_another_is_not_written(
    team: Team, book: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(team.store.meta, "swap", lambda *_words: False)

    with pytest.raises(TooOld):
        book.rule(Subject.CREDIT, _caps(10, 30, 600), LEAD, seen=0)


def test_a_name_that_leaves_the_file_leaves_though_others_were_added(
    team: Team, book: Rulebook
) -> None:
    book.rule(Subject.APPROVERS, Approvers(added=frozenset({EVA.id, TOM.id, "S0NEW"})), LEAD, 0)
    policy = team.settings.file.policy.model_copy(update={"approvers": (EVA.id,)})
    file = team.settings.file.model_copy(update={"policy": policy})
    team.settings = team.settings.model_copy(update={"file": file})

    team.restart()

    assert team.house.policy.approvers == {EVA.id, "S0NEW"}


def test_rulings_about_duty_are_read_back_as_they_were_made(team: Team, book: Rulebook) -> None:
    whole_day = Shift(person="eva", deputy="U0TOM")
    book.rule(Subject.DUTY, Duty(shifts=(NIGHT, whole_day)), LEAD, seen=0)

    assert book.rulings().rule(Subject.DUTY) == Duty(shifts=(NIGHT, whole_day))
    assert book.sheet(LEAD).shifts == (NIGHT, whole_day)


def test_without_credits_there_is_nothing_to_change(tmp_path: Path) -> None:
    with Team(tmp_path, {"lead": LEAD.id}) as team:
        book = team.house.rulebook
        (credit,) = (one for one in book.standing() if one.subject is Subject.CREDIT)

        assert not credit.changeable
        assert "[policy.credit] is missing" in credit.text
        with pytest.raises(NotNow, match="not set up"):
            book.rule(Subject.CREDIT, _caps(1, 2, 3), LEAD, seen=0)


def test_caps_of_a_table_that_left_the_file_count_no_more(team: Team, book: Rulebook) -> None:
    book.rule(Subject.CREDIT, _caps(10, 30, 600), LEAD, seen=0)
    policy = team.settings.file.policy.model_copy(update={"credit": None})
    file = team.settings.file.model_copy(update={"policy": policy})
    team.settings = team.settings.model_copy(update={"file": file})

    team.restart()

    assert team.house.policy.credit is None


def test_shifts_are_counted_and_placed() -> None:
    full = (NIGHT,) * ruling.MOST_SHIFTS

    with pytest.raises(BadRule, match="belong into config"):
        ruling.placed(full, None, NIGHT)
    with pytest.raises(BadRule, match="not there any more"):
        ruling.placed((NIGHT,), 1, NIGHT)
    with pytest.raises(BadRule, match="Choose who"):
        ruling.placed((), None, Shift(person=""))
    assert ruling.placed((NIGHT,), None, None).shifts == (NIGHT,)


def test_caps_in_a_currency_that_the_file_has_left_count_no_more(
    team: Team, book: Rulebook
) -> None:
    book.rule(Subject.CREDIT, _caps(10, 30, 600), LEAD, seen=0)
    dollars = {name: amount.replace("EUR", "USD") for name, amount in CREDIT.items()}
    policy = team.settings.file.policy.model_copy(
        update={"credit": CreditTable.model_validate(dollars)}
    )
    file = team.settings.file.model_copy(update={"policy": policy})
    team.settings = team.settings.model_copy(update={"file": file})

    team.restart()

    counts = team.house.policy.credit
    assert counts is not None
    assert str(counts.cap_per_case) == "20.00 USD"
    standing = next(one for one in team.house.rulebook.standing() if one.subject is Subject.CREDIT)
    assert standing.text.startswith("10.00 USD is suggested")
    assert standing.source == f"as config.toml says, not as ruled in EUR by {LEAD.shown}"
    (line,) = (
        found.line()
        for found in checks.rules(team.house.rulebook)
        if found.where == "rules for credit"
    )
    assert line.startswith("note ")
    assert "as config.toml says, not as ruled in EUR by " in line
    assert line.endswith("the lead can rule anew in App Home")


def test_what_is_ruled_anew_in_the_files_currency_counts(team: Team, book: Rulebook) -> None:
    euros = _caps(10, 30, 600)
    noted = team.store.meta
    book.rule(Subject.CREDIT, euros, LEAD, seen=0)
    written = noted.get(NOTE)
    assert written is not None
    noted.put(NOTE, written.replace("EUR", "USD"))
    credit = book.policy().credit
    assert credit is not None
    assert str(credit.cap_per_case) == "20.00 EUR"

    book.rule(Subject.CREDIT, euros, LEAD, seen=1)

    (standing,) = (one for one in book.standing() if one.subject is Subject.CREDIT)
    assert standing.text.startswith("10.00 EUR is suggested, at most 30.00 EUR a case")
    assert not standing.ignored
