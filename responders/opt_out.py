"""Who asks to be left alone is left alone: what that sounds like, and what it forbids. Pure.

Only a message that says nothing else counts: "Stop losing my parcels!" is a complaint.
"""

import re
import tomllib
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from functools import cache
from pathlib import Path

from connectors.base import Ability, Contact, Mention, Route, Way

#: A message that asks for this is short, whatever the language.
_LONGEST = 120
_ACCOUNT = re.compile(r"(?<!\w)(?:@|/?u/)[\w.\-]+(?:@[\w.\-]+)?")
_APOSTROPHE = re.compile("['\u2019\u2018\u02bc\u00b4`]")
_NO_WORD = re.compile(r"[^\w\s]|_")


@cache
def _phrases() -> tuple[frozenset[str], tuple[str, ...]]:
    """What may be said, and the words of courtesy around it, the longest first."""
    raw = tomllib.loads(Path(__file__).with_name("opt_out.toml").read_text(encoding="utf-8"))
    courtesy = raw.pop("courtesy")
    said = frozenset(_bare(phrase) for phrases in raw.values() for phrase in phrases)
    return said, tuple(sorted(map(_bare, courtesy), key=len, reverse=True))


def _bare(text: str) -> str:
    """Small letters and single spaces; no marks, apostrophes, accounts or pictures."""
    plain = unicodedata.normalize("NFKC", text[:_LONGEST]).casefold()
    plain = _APOSTROPHE.sub("", _ACCOUNT.sub(" ", plain))
    return " ".join(_NO_WORD.sub(" ", plain).split())


def asks_to_stop(text: str) -> bool:
    """Whether the text says nothing but that we should write no more."""
    if len(text) > _LONGEST:
        return False
    said, courtesy = _phrases()
    bare = _bare(text)
    for words in courtesy:
        bare = bare.removeprefix(words).removesuffix(words).strip()
    return bare in said or (bool(bare) and all(word == "stop" for word in bare.split()))


def opts_out(mention: Mention, ours: Collection[str] = ()) -> bool:
    """Whether the author asks us to write no more: in private, by name, or below a post of ours.

    Args:
        mention: What they wrote.
        ours: Ids of posts of ours that it may answer.
    """
    to_us = mention.private or mention.addressed or mention.in_reply_to in ours
    return to_us and not mention.ours and asks_to_stop(mention.text)


def honoured(ability: Ability, contact: Contact) -> Ability:
    """What is left of what can be sent: nothing on any channel, where the author asked for that."""
    at = contact.asked_to_stop_at
    if at is None:
        return ability
    reason = f"They asked us on {at:%d %B %Y} to write no more. Only a person can undo that."

    def closed(way: Way) -> Way:
        return replace(way, route=Route.NONE, reason=reason, link_template=None, cost_micro_usd=0)

    return Ability(public=closed(ability.public), private=closed(ability.private))
