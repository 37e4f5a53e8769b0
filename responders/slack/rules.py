"""The lead's rules in App Home: how they are shown, the forms that change them, how to read those.

Pure. A button and a form carry the subject, which shift it is about, and how many rulings there
were: a form that was opened before somebody else ruled is refused.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    CheckboxesElement,
    ConfirmObject,
    ContextBlock,
    HeaderBlock,
    InputBlock,
    InputInteractiveElement,
    Option,
    PlainTextInputElement,
    SectionBlock,
    UserMultiSelectElement,
    UserSelectElement,
)
from slack_sdk.models.views import View

from responders import ruling
from responders.duty import Hours, Shift
from responders.handover import is_slack_id
from responders.money import Money, parse_money
from responders.ruling import Approvers, BadRule, Caps, Rule, Sheet, Standing, Subject
from responders.slack.clicks import Payload, Unreadable, user_of
from responders.slack.text import clean, cut, live, one_line, plain, staff, when

#: Every action and form of this page begins so; those of cases begin otherwise.
PREFIX = "amends_rule."
FORM = f"{PREFIX}form"
_ELEMENT = "value"
_TEXT = 1_500
_ROOM = 3_000
_DAYS = {
    "0": "Monday",
    "1": "Tuesday",
    "2": "Wednesday",
    "3": "Thursday",
    "4": "Friday",
    "5": "Saturday",
    "6": "Sunday",
}
_NAMES = {
    Subject.APPROVERS: "Approvers",
    Subject.DUTY: "On duty",
    Subject.CREDIT: "Store credits",
}

JSON = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a person wants to change, and what they had seen."""

    subject: Subject
    seen: int
    place: int | None = None  #: of a shift; None: a new one
    back: bool = False  #: the file shall count again

    def encode(self) -> str:
        """Compact JSON."""
        words = {"s": self.subject.value, "n": self.seen, "p": self.place, "b": self.back}
        return json.dumps(words, separators=(",", ":"))

    @classmethod
    def decode(cls, value: object) -> "Wish":
        """What `encode` wrote.

        Raises:
            Unreadable: it is not ours, or of another version.
        """
        try:
            words = json.loads(value) if isinstance(value, str) else {}
            return cls(
                subject=Subject(words["s"]),
                seen=int(words["n"]),
                place=None if words["p"] is None else int(words["p"]),
                back=bool(words["b"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise Unreadable("a value that this version does not understand") from error


# -- on the page ---------------------------------------------------------------------------------


def section(standing: Sequence[Standing], seen: int, *, may: bool) -> list[Block]:
    """What counts now, and the buttons of whoever may change it."""
    made: list[Block] = [HeaderBlock(text=plain("Rules"))]
    for one in standing:
        made += _shown(one, seen, may=may and one.changeable)
    return made


def _shown(one: Standing, seen: int, *, may: bool) -> list[Block]:
    wish = Wish(subject=one.subject, seen=seen)
    told = SectionBlock(
        text=live(f"*{_NAMES[one.subject]}*: {staff(cut(one.text, _TEXT))}"),
        accessory=_change(wish) if may and one.subject is not Subject.DUTY else None,
    )
    made: list[Block] = [told]
    for place, line in enumerate(one.lines):
        change = _change(Wish(subject=one.subject, seen=seen, place=place)) if may else None
        made.append(SectionBlock(text=live(staff(cut(line, _TEXT))), accessory=change))
    at = f" · {when(one.at)}" if one.at else ""
    made.append(ContextBlock(elements=[live(f"{staff(one.source)}{at}")]))
    buttons = list(_further(one, seen)) if may else []
    if buttons:
        made.append(ActionsBlock(elements=[*buttons]))
    return made


def _change(wish: Wish) -> ButtonElement:
    place = "" if wish.place is None else f".{wish.place}"
    return ButtonElement(
        text=plain("Change"),
        action_id=f"{PREFIX}{wish.subject.value}{place}",
        value=wish.encode(),
    )


def _further(one: Standing, seen: int) -> list[ButtonElement]:
    made: list[ButtonElement] = []
    if one.subject is Subject.DUTY:
        made.append(
            ButtonElement(
                text=plain("Add a shift"),
                action_id=f"{PREFIX}add",
                value=Wish(subject=one.subject, seen=seen).encode(),
            )
        )
    if one.ruled:
        made.append(
            ButtonElement(
                text=plain("As in config.toml"),
                action_id=f"{PREFIX}back.{one.subject.value}",
                value=Wish(subject=one.subject, seen=seen, back=True).encode(),
                confirm=ConfirmObject(
                    title=plain("Are you sure?"),
                    text=plain("What was changed here counts no more; what config.toml says does."),
                    confirm=plain("Yes"),
                    deny=plain("No"),
                ),
            )
        )
    return made


# -- the forms -----------------------------------------------------------------------------------


def form(wish: Wish, sheet: Sheet) -> JSON:
    """The form for what the person wants to change."""
    match wish.subject:
        case Subject.APPROVERS:
            title, blocks = "Who may approve", _approvers(sheet)
        case Subject.CREDIT:
            title, blocks = "Store credits", _credit(sheet)
        case Subject.DUTY:
            title, blocks = "A shift", _shift(wish, sheet)
    return View(
        type="modal",
        callback_id=FORM,
        title=plain(title),
        submit=plain("Save"),
        close=plain("Cancel"),
        blocks=blocks,
        private_metadata=wish.encode(),
    ).to_dict()


def _approvers(sheet: Sheet) -> list[Block]:
    people = sorted(name for name in sheet.approvers if name[:1] in "UW" and is_slack_id(name))
    others = sorted(sheet.approvers - set(people))
    return [
        _note("Whoever is taken out loses the right at once. The change and your name are kept."),
        _input(
            "people",
            "People",
            UserMultiSelectElement(action_id=_ELEMENT, initial_users=people or None),
            optional=True,
        ),
        _input(
            "others",
            "User groups and console names, one a line",
            _text("\n".join(others), multiline=True),
            hint="The id of a group begins with S, such as S0123ABCD.",
            optional=True,
        ),
    ]


def _credit(sheet: Sheet) -> list[Block]:
    assert sheet.credit is not None, "only offered where it is set up"
    caps = sheet.credit
    return [
        _note("Checked when a credit is drafted and again when it is sent."),
        _input("suggested", "Suggested", _text(str(caps.suggested))),
        _input("cap_per_case", "At most a case", _text(str(caps.cap_per_case))),
        _input("monthly_budget", "At most a month", _text(str(caps.monthly_budget))),
    ]


def _shift(wish: Wish, sheet: Sheet) -> list[Block]:
    old = None
    if wish.place is not None and wish.place < len(sheet.shifts):
        old = sheet.shifts[wish.place]
    hours = old.hours if old else Hours(zone=sheet.zone, days=frozenset(range(5)))
    between = "-".join(hours.between) if hours.between else ""
    days = [option for option in _options(_DAYS) if int(option.value or 0) in hours.days]
    made: list[Block] = [
        _note("The first shift that fits counts. Outside all of them the lead is on duty."),
        *_who("person", "On duty", old.person if old else "", optional=False),
        *_who("deputy", "Deputy, where nobody takes a red flag", old.deputy if old else ""),
        _input(
            "days",
            "Days",
            CheckboxesElement(
                action_id=_ELEMENT, options=_options(_DAYS), initial_options=days or None
            ),
        ),
        _input(
            "hours",
            "Hours",
            _text(between),
            hint="Such as 09:00-17:00. Empty: the whole day.",
            optional=True,
        ),
        _input("zone", "Time zone", _text(hours.zone), hint="Such as Europe/Berlin."),
    ]
    if old is not None:
        gone = CheckboxesElement(action_id=_ELEMENT, options=_options({"out": "Take it out"}))
        made.append(_input("out", "This shift", gone, optional=True))
    return made


def _who(name: str, label: str, now: str, *, optional: bool = True) -> list[Block]:
    slack = is_slack_id(now)
    picked = UserSelectElement(action_id=_ELEMENT, initial_user=now if slack else None)
    hint = "Or a name of the console, instead of a person in Slack."
    return [
        _input(name, label, picked, optional=True),
        _input(
            f"{name}_name",
            f"{label.partition(',')[0]}: console name",
            _text("" if slack else now),
            hint=hint if not optional else "",
            optional=True,
        ),
    ]


def _note(text: str) -> Block:
    return ContextBlock(elements=[plain(text)])


def _input(
    block: str,
    label: str,
    element: InputInteractiveElement,
    *,
    hint: str = "",
    optional: bool = False,
) -> Block:
    return InputBlock(
        block_id=block,
        label=plain(label),
        element=element,
        hint=plain(hint) if hint else None,
        optional=optional,
    )


def _text(initial: str, *, multiline: bool = False) -> PlainTextInputElement:
    return PlainTextInputElement(
        action_id=_ELEMENT,
        initial_value=cut(clean(initial), _ROOM) or None,
        multiline=multiline,
        max_length=_ROOM,
    )


def _options(choices: Mapping[str, str]) -> list[Option]:
    return [Option(value=value, text=plain(label)) for value, label in choices.items()]


# -- reading them --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A form that came back."""

    wish: Wish
    user_id: str
    values: Mapping[str, tuple[str, ...]]  #: by block; absent where nothing was filled in
    fields: tuple[str, ...]  #: every block that may bear an error

    def one(self, field: str) -> str:
        """What a field with one value holds; "" for nothing."""
        return next(iter(self.values.get(field, ())), "")


def read_click(body: Payload) -> Wish:
    """What the button on the page asks for.

    Raises:
        Unreadable: it is none of ours.
    """
    actions = body.get("actions")
    if not isinstance(actions, list) or len(actions) != 1 or not isinstance(actions[0], Mapping):
        raise Unreadable("a payload without exactly one action")
    return Wish.decode(actions[0].get("value"))


def read_form(body: Payload) -> Filled:
    """A submitted form.

    Raises:
        Unreadable: it is none of ours.
    """
    view = body.get("view")
    if not isinstance(view, Mapping):
        raise Unreadable("a submission without a view")
    state = view.get("state")
    fields = state.get("values") if isinstance(state, Mapping) else None
    values: dict[str, tuple[str, ...]] = {}
    for block, elements in (fields or {}).items():
        for element in elements.values():
            found = tuple(text for text in map(clean, _chosen(element)) if text)
            if found:
                values[block] = found
    return Filled(
        wish=Wish.decode(view.get("private_metadata")),
        user_id=user_of(body),
        values=values,
        fields=tuple(fields or ()),
    )


def _chosen(element: Mapping[str, Any]) -> list[str]:
    if "selected_users" in element:
        return [str(user) for user in element["selected_users"] or ()]
    if "selected_options" in element:
        return [str(option["value"]) for option in element["selected_options"] or ()]
    return [str(element.get("selected_user") or element.get("value") or "")]


def rule(filled: Filled, sheet: Sheet) -> Rule:
    """What the form asks to count.

    Raises:
        BadRule: a field must be filled in differently.
    """
    match filled.wish.subject:
        case Subject.APPROVERS:
            typed = [line.strip() for line in filled.one("others").splitlines()]
            names = {name.removeprefix("@") for name in typed if name}
            return Approvers(added=frozenset(filled.values.get("people", ())) | names)
        case Subject.CREDIT:
            fields = ("suggested", "cap_per_case", "monthly_budget")
            return Caps(**{field: _money(filled, field) for field in fields})
        case Subject.DUTY:
            shift = None if filled.one("out") else _read_shift(filled)
            return ruling.placed(sheet.shifts, filled.wish.place, shift)


def _money(filled: Filled, field: str) -> Money:
    try:
        return parse_money(filled.one(field))
    except ValueError as error:
        raise BadRule(field, f"{one_line(str(error)).capitalize()}.") from error


def _read_shift(filled: Filled) -> Shift:
    zone = filled.one("zone")
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise BadRule("zone", 'Write one of the tz database, such as "Europe/Berlin".') from error
    days = frozenset(int(day) for day in filled.values.get("days", ()))
    return Shift(
        person=_name(filled, "person"),
        deputy=_name(filled, "deputy"),
        hours=Hours(zone=zone, between=_between(filled.one("hours")), days=days),
    )


def _name(filled: Filled, field: str) -> str:
    picked, typed = filled.one(field), filled.one(f"{field}_name")
    if picked and typed:
        raise BadRule(f"{field}_name", "Either a person in Slack or a name of the console.")
    return picked or one_line(typed)


def _between(text: str) -> tuple[str, str] | None:
    if not text:
        return None
    hours = ruling.hours(text)
    if hours is None:
        raise BadRule("hours", 'Write two times of day, such as "09:00-17:00".')
    return hours
