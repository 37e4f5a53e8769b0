"""People, customers, platforms and crashes in any order: what must hold all the same."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from connectors.base import Ability, Life, Way
from connectors.errors import OutcomeUnknown, Refused, SetupError, TryLater, Unsupported
from responders import outcome
from responders.action import Action, ActionKind
from responders.card import Button, Decision, Verb
from responders.case import Case, CaseState
from responders.credit import holds_budget
from responders.deliver import Sender
from responders.desk import Answer, Desk
from responders.draft import text_hash
from responders.policy import Person
from responders.rounds import heard
from responders.verdict import RedFlag
from tests.fakes import FakeCaseBook
from tests.responders import given

CALLS = ("reply", "message", "find", "conversation", "look", "retract")
TROUBLE = st.sampled_from(
    [
        TryLater("Later."),
        SetupError("The login has ended."),
        Refused("No.", code="blocked"),
        OutcomeUnknown("No answer."),
        Unsupported("There is no such thing."),
        ValueError("a bug"),
    ]
)
WAYS = st.sampled_from([given.API, given.API, given.BY_HAND, given.CLOSED, given.NONE])
PEOPLE = st.sampled_from([given.EVA, given.JAN, given.STRANGER])


class Died(BaseException):
    """The process is gone."""


class AnyOrder(RuleBasedStateMachine):
    @initialize(two=st.booleans())
    def begin(self, two: bool) -> None:
        self.policy = replace(given.POLICY, second_approver=two)
        self.clock = given.Clock()
        self.book = FakeCaseBook(given.CASE)
        self.platform = given.Platform(clock=self.clock)
        self.credits = given.Credits()
        self.paused = False
        self.texts = 0
        self.entries = 1
        self.keys = given.keys()
        self.old: list[Decision] = []
        self.start()

    def start(self) -> None:
        self.desk = Desk(
            self.book,
            policy=lambda _brand: self.policy,
            ability=lambda _case: self.platform.able,
            review=given.unchanged,
            clock=self.clock,
            new_key=self.keys,
        )
        self.sender = Sender(
            self.book,
            connector=lambda _case: self.platform,
            credits=self.credits,
            review=given.unchanged,
            clock=self.clock,
            owner="one",
            lock=given.Lock(),
            holds=lambda _case, _kind, _now: given.PAUSED if self.paused else None,
            contact=lambda _case: given.STRANGERS,
        )

    @property
    def case(self) -> Case:
        return self.book.get(given.CASE.id)

    # --- people --------------------------------------------------------------------------------

    @rule(data=st.data(), person=st.sampled_from([given.EVA, given.JAN]))
    def click_what_is_offered(self, data: st.DataObject, person: Person) -> None:
        buttons = [
            b for b in self.desk.card(self.case.id).buttons if not b.url and b.verb is not Verb.READ
        ]
        if not buttons:
            return
        button = data.draw(st.sampled_from(buttons), label="button")
        if self._would_be_a_lie(button) or self._second_click_of_one(button, person):
            return
        answer = self._take(button.verb, button.action, person)
        assert answer.done, f"{button.verb} {button.action} was offered: {answer.text}"

    @rule(verb=st.sampled_from(Verb), kind=st.sampled_from(ActionKind), person=PEOPLE)
    def click_anything(self, verb: Verb, kind: ActionKind, person: Person) -> None:
        if self._would_be_a_lie(Button(verb=verb, label="", action=kind)):
            return
        before = self.case
        answer = self._take(verb, kind, person)
        assert answer.text
        assert answer.done == (self.case != before)
        assert not (answer.done and person is given.STRANGER)

    @precondition(lambda self: self.old)
    @rule(data=st.data())
    def click_an_old_card(self, data: st.DataObject) -> None:
        decision = data.draw(st.sampled_from(self.old), label="decision")
        if decision.verb in {Verb.SEND, Verb.EDIT} and decision.round != self.case.round:
            before = self.case
            assert not self.desk.take(decision, given.EVA).done
            assert self.case == before

    def _take(self, verb: Verb, kind: ActionKind | None, person: Person) -> Answer:
        self.texts += 1
        decision = given.click(
            verb,
            self.case,
            kind,
            public=f"We are sorry ({self.texts})." if verb is Verb.EDIT else None,
            reason="leave_it",
        )
        if verb is Verb.ESCALATE:
            decision = replace(decision, to=f"U{self.texts}LEAD")
        self.old.append(decision)
        return self.desk.take(decision, person)

    def _would_be_a_lie(self, button: Button) -> bool:
        """People who look at the platform tell what they saw."""
        lost = [
            action
            for action in self.case.actions
            if action.kind is button.action and outcome.once_lost(action) and not action.settled
        ]
        there = any(self._stands(action) for action in lost)
        match button.verb:
            case Verb.FOUND:
                return not (lost and all(self._stands(action) for action in lost))
            case Verb.SEND_AGAIN | Verb.DROP:
                return there
            case _:
                return False

    def _second_click_of_one(self, button: Button, person: Person) -> bool:
        return button.verb is Verb.SEND and self.case.second_approver == person.shown

    def _stands(self, action: Action) -> bool:
        if action.kind is ActionKind.CREDIT:
            return action.key in self.credits.issued
        code = next(iter(self.credits.issued.values()), "")
        texts = [text.replace("{code}", code) for text in (action.text,)]
        where = self.platform.public + self.platform.private
        return any(text in texts for _, text in where)

    # --- the world -----------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 61, 200, 4000]))
    def time_passes(self, seconds: int) -> None:
        self.clock.move(seconds=seconds)

    @rule()
    def the_jobs_run(self) -> None:
        for due in self.book.due(self.clock()):
            self.sender.step(due)

    @rule(call=st.sampled_from(CALLS), trouble=TROUBLE, applied=st.booleans())
    def the_jobs_run_into_trouble(self, call: str, trouble: Exception, applied: bool) -> None:
        if isinstance(trouble, ValueError) and call in {"look", "retract"}:
            return  # a bug there is logged by whoever runs the jobs
        honest = isinstance(trouble, OutcomeUnknown | ValueError)
        self.platform.errors = {call: [trouble]}
        self.platform.applied = applied and honest
        self.the_jobs_run()
        self.platform.errors, self.platform.applied = {}, False

    @rule(call=st.sampled_from(CALLS))
    def the_process_dies(self, call: str) -> None:
        def die(name: str) -> None:
            if name == call:
                raise Died

        self.platform.during = die
        try:
            self.the_jobs_run()
        except Died:
            self.start()
        self.platform.during = lambda _name: None

    @rule(
        private=st.booleans(),
        topic=st.sampled_from(["order_late", "damaged"]),
        flag=st.sampled_from([(), (), (RedFlag.LEGAL,)]),
    )
    def the_customer_writes(self, private: bool, topic: str, flag: tuple[RedFlag, ...]) -> None:
        self.entries += 1
        post = given.mention(f"m{self.entries}", f"Hello? {self.entries}", private=private)
        new = given.entry(self.entries, post, topic=topic, flags=flag)
        now = self.clock()
        assert self.book.save(heard(self.case, new, now, now + timedelta(hours=1)), now)

    @precondition(lambda self: self.case.draft is None)
    @rule()
    def a_draft_is_made(self) -> None:
        self.texts += 1
        made = replace(
            given.DRAFT,
            round=self.case.round,
            public=f"Sorry {self.texts}.",
            private=f"Hi {self.texts}.",
        )
        case = self.case
        self.book.put(replace(case, draft=made, revision=case.revision + 1))

    @rule(public=WAYS, private=WAYS, life=st.sampled_from(Life), reliable=st.booleans())
    def the_platform_changes(self, public: Way, private: Way, life: Life, reliable: bool) -> None:
        self.platform.able = Ability(public=public, private=private)
        self.platform.life = life
        self.platform.reliable_reads = reliable

    @rule()
    def pause_or_resume(self) -> None:
        self.paused = not self.paused

    # --- what must hold ------------------------------------------------------------------------

    @invariant()
    def nothing_stands_twice(self) -> None:
        for where in (self.platform.public, self.platform.private):
            twice = [text for text, count in Counter(where).items() if count > 1]
            assert not twice

    @invariant()
    def nothing_stands_that_nobody_approved(self) -> None:
        approved = {n.hash for _, _, n in self.book.notes if n.what in {"approved", "send_again"}}
        assert all(text_hash(text) in approved for _, text in self.platform.public)

    @invariant()
    def no_code_is_public_and_no_place_for_one_is_left(self) -> None:
        for _, text in self.platform.public:
            assert not any(code in text for code in self.credits.issued.values())
        assert not any("{code}" in text for _, text in self.platform.private)

    @invariant()
    def the_budget_holds_what_credits_hold(self) -> None:
        held = sum(a.amount.minor for a in self.case.actions if a.amount and holds_budget(a))
        assert sum(self.book.spent.values()) == held

    @invariant()
    def a_code_taken_back_reached_nobody(self) -> None:
        back = {self.credits.issued[key] for key in self.credits.reversed}
        assert not any(code in text for code in back for _, text in self.platform.private)

    @invariant()
    def a_card_can_always_be_made(self) -> None:
        card = self.desk.card(self.case.id)
        assert card.headline
        assert all(status.line for status in card.statuses)
        seen = Counter((b.verb, b.action) for b in card.buttons if not b.url)
        assert max(seen.values(), default=0) <= 1
        if self.case.state is not CaseState.APPROVED:
            assert card.buttons


AnyOrder.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestAnyOrder = AnyOrder.TestCase
