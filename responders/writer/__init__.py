"""The optional writer: a language model may rephrase a draft, and never decides what is said.

It is asked through an endpoint that speaks OpenAI's chat completions, hosted or one's own. What it
answers is taken only where nothing of the draft was lost and nothing was added (`kept.py`) and the
guard finds nothing new in it; for anything else, and for every error and time-out, the playbook's
words stand. The customer's name and account are never sent, and nothing that was said is logged.

Source: platform.openai.com/docs/api-reference/chat/create, read 2026-08-22.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from connectors.base import Ability, Mention, Problem, Way
from connectors.errors import ConnectorError, SetupError, TryLater
from connectors.web import Call, Web, weather
from responders.case import Case
from responders.draft import Draft, Half
from responders.guard import MACHINE, examine, review
from responders.guard.tongue import tongue
from responders.policy import Brand
from responders.voice import Voice
from responders.writer.kept import Frame, frame, harm
from responders.writer.prompt import messages, reading

__all__ = ["Endpoint", "Rests", "Writer"]

#: An answer of two short texts is far smaller.
MOST_BYTES = 256 * 1024
#: The name of its outages in the log.
SERVICE = "writer"

_WRITING = Call(platform="The writer", doing="rephrasing a draft")
_LISTING = Call(platform="The writer", doing="listing its models")


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where the model is."""

    api_url: str  #: such as "https://llm.example/v1", without a slash at the end
    model: str
    api_key: str = field(default="", repr=False)  #: empty: the endpoint asks for none
    timeout: float = 10.0  #: seconds for a connection, and for each piece of the answer


class Rests(Protocol):
    """Remembers what is out of order, and logs an outage once and its end once."""

    def failed(self, name: str, reason: str, now: datetime) -> object:
        """Note a failure."""

    def recovered(self, name: str, now: datetime) -> None:
        """Note that it works."""

    def waiting(self, name: str, now: datetime) -> bool:
        """Whether it is too early to ask again."""


class Writer:
    """Rephrases drafts; a draft that it cannot rephrase comes back as it was."""

    def __init__(self, endpoint: Endpoint, *, clock: Callable[[], datetime], rests: Rests) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._rests = rests
        self._web = Web(timeout=endpoint.timeout, most_bytes=MOST_BYTES)

    def reworded(
        self,
        draft: Draft,
        case: Case,
        *,
        brand: Brand,
        ability: Ability,
        voice: Voice,
        used: Collection[str] = (),
    ) -> Draft:
        """The draft in the model's words, marked as such; the same draft where that fails.

        A holding text is never touched: there a person writes.

        Args:
            draft: The playbook's proposal.
            case: What it answers; the customer's post is shown to the model as data.
            brand: Whose text it is.
            ability: How long each half may be.
            voice: The voice of the draft's language: its standing lines stay word for word.
            used: Texts that must not be said again.
        """
        now = self._clock()
        if not (draft.public or draft.private) or self._rests.waiting(SERVICE, now):
            return draft
        subject = case.subject.mention
        halves = _halves(draft, subject, brand, ability, voice)
        try:
            said = reading(self._ask(messages(draft.language, subject.text, halves)))
        except ConnectorError as error:
            self._rests.failed(SERVICE, str(error), now)
            return draft
        self._rests.recovered(SERVICE, now)
        if said is None:
            return _refused(draft, "the answer could not be read")
        texts: dict[Half, str] = {}
        for half, old, way in halves:
            new = said.get(half, "")
            problem = harm(old, new, post=subject.text, language=draft.language)
            problem = problem or _guarded(draft, old.back(new), half, way, brand, subject, used)
            if problem:
                return _refused(draft, problem)
            texts[half] = old.back(new)
        made = replace(
            draft,
            public=texts.get(Half.PUBLIC),
            private=texts.get(Half.PRIVATE),
            # The English beside it says what the playbook's words say, and these are others.
            public_english=_english(draft, texts.get(Half.PUBLIC)),
            private_english=_english(draft, texts.get(Half.PRIVATE)),
            written_by=MACHINE,
        )
        return review(made, brand=brand, ability=ability, subject=subject)

    def check(self) -> Sequence[Problem]:
        """Ask for the list of models: costs nothing and says whether address and key work."""
        endpoint = self._endpoint
        without = "drafts keep the playbooks' words meanwhile"
        try:
            answer = self._web.ask(
                _LISTING, "GET", f"{endpoint.api_url}/models", headers=self._headers()
            )
            problem = weather(_LISTING, answer)
            if problem is not None:
                raise problem
        except ConnectorError as error:
            return [Problem(what=str(error), do=f"see to [writer]; {without}", fatal=False)]
        if answer.status in {401, 403}:
            do = f"see to [writer] api_key; {without}"
            return [Problem(what="the endpoint refuses the key", do=do, fatal=False)]
        listed = answer.payload.get("data") if isinstance(answer.payload, dict) else None
        if answer.status != 200 or not isinstance(listed, list):
            what = f"no list of models at {endpoint.api_url}/models (status {answer.status})"
            do = f"see to [writer] api_url, which often ends with /v1; {without}"
            return [Problem(what=what, do=do, fatal=False)]
        names = [str(item.get("id")) for item in listed if isinstance(item, dict)]
        if endpoint.model not in names:
            some = ", ".join(names[:5]) or "none"
            what = f'"{endpoint.model[:60]}" is none of its models (there are: {some[:200]})'
            return [Problem(what=what, do=f"see to [writer] model; {without}", fatal=False)]
        return []

    def _ask(self, said: list[dict[str, str]]) -> object:
        """One request; the content of the first answer.

        Raises:
            ConnectorError: there was no answer, or none that could be used.
        """
        endpoint = self._endpoint
        answer = self._web.ask(
            _WRITING,
            "POST",
            f"{endpoint.api_url}/chat/completions",
            json={"model": endpoint.model, "messages": said, "stream": False},
            headers=self._headers(),
        )
        problem = weather(_WRITING, answer)
        if problem is not None:
            raise problem
        if answer.status in {401, 403}:
            raise SetupError("the endpoint refuses the key: see to [writer] api_key.")
        if answer.status != 200:
            raise SetupError(f"the endpoint answered with status {answer.status}.")
        try:
            content: object = answer.payload["choices"][0]["message"]["content"]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            raise TryLater("the endpoint's answer holds no text.") from None
        return content

    def _headers(self) -> dict[str, str]:
        key = self._endpoint.api_key
        return {"Authorization": f"Bearer {key}"} if key else {}


def _halves(
    draft: Draft, subject: Mention, brand: Brand, ability: Ability, voice: Voice
) -> list[tuple[Half, Frame, Way]]:
    """What there is to rephrase, with names masked and standing lines known."""
    both = (
        (Half.PUBLIC, draft.public, ability.public),
        (Half.PRIVATE, draft.private, ability.private),
    )
    return [
        (half, frame(text, subject.author, brand, voice), way)
        for half, text, way in both
        if text is not None
    ]


def _guarded(
    draft: Draft,
    text: str,
    half: Half,
    way: Way,
    brand: Brand,
    subject: Mention,
    used: Collection[str],
) -> str:
    """What the guard finds in the new text and did not find in the old one; "" where nothing."""
    before = draft.public if half is Half.PUBLIC else draft.private
    if tongue(before or "") == draft.language != tongue(text):
        return f"it was not surely in {draft.language}"
    found, known = (
        {
            finding.code
            for finding in examine(
                words,
                half,
                language=draft.language,
                brand=brand,
                way=way,
                addressee=subject.author.handle,
                used=used,
            )
        }
        for words in (text, before or "")
    )
    return f"the guard found {', '.join(sorted(found - known))}" if found - known else ""


def _english(draft: Draft, text: str | None) -> str | None:
    return text if draft.language == "en" else None


def _refused(draft: Draft, problem: str) -> Draft:
    note = f"The writer's words were not taken: {problem}."
    return replace(draft, reason=f"{draft.reason} {note}".strip())
