"""Offers a few posts a week on which a word would teach the judge most, and keeps the words."""

from collections.abc import Sequence
from datetime import timedelta

from monitor.jobs import House
from responders.ask import NotAllowed, NotNow
from responders.case import MentionId
from responders.policy import Person
from responders.teach import Unsure
from responders.verdict import Label, LabelWord

#: So many posts of a brand get a word in this way each week: nobody is to be tired of it.
A_WEEK = 5
#: So many are shown at once.
AT_ONCE = 3
#: So close to the cut a word teaches most.
MARGIN = 0.1
_WEEK = timedelta(days=7)


class Teaching:
    """The teacher of one installation."""

    def __init__(self, house: House) -> None:
        self._house = house

    def unsure(self, person: Person) -> Sequence[Unsure]:
        """The posts that lie closest to each brand's cut, newer than a week."""
        house, now = self._house, self._house.clock()
        if not house.policy.may_approve(person):
            return ()
        lessons = house.store.lessons
        offered: list[Unsure] = []
        for brand in house.brands:
            left = A_WEEK - lessons.said_beside_cases(brand, now - _WEEK)
            if left <= 0:
                continue
            found = lessons.unsure(brand, house.cut(brand), MARGIN, now - _WEEK, min(left, AT_ONCE))
            offered += [
                Unsure(
                    mention_id=one.mention_id,
                    brand=brand,
                    platform=one.platform,
                    post=one.text,
                    post_url=one.url,
                    at=one.at,
                    complaint=one.complaint,
                )
                for one in found
            ]
        return offered

    def say(self, mention_id: MentionId, word: LabelWord, person: Person) -> str:
        """Keep a person's word; the judge learns from it by itself.

        Raises:
            Refusal: the person is no approver, or the post is gone.
        """
        house = self._house
        if not house.policy.may_approve(person):
            raise NotAllowed("Only approvers may do this. Ask one of them.")
        try:
            entry, _ = house.store.mentions.mention(mention_id)
        except KeyError as error:
            raise NotNow("This post is no longer here.") from error
        if not entry.mention.text:
            raise NotNow("This post was erased; nothing is learnt from it.")
        house.store.labels.add(
            Label(mention_id=mention_id, word=word, by=person.shown, at=house.clock())
        )
        if word is LabelWord.WAS_ANGRY and entry.mention.url:
            return f"Noted. /amends add {entry.mention.url} makes a case of it."
        return "Noted: the judge learns from it."
