"""What X allows for one post."""

from datetime import UTC, datetime

import pytest

from connectors.base import Author, Contact, Mention, Route
from connectors.twitter.rules import Rules, ability, price

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
WROTE = Contact(wrote_privately_at=NOW)
RULES = Rules(account="acme", may_write=True)
ENTERPRISE = Rules(account="acme", may_write=True, enterprise=True)
READ_ONLY = Rules(account="", may_write=False)


def mention(
    *,
    addressed: bool = True,
    replies_open: bool = True,
    private: bool = False,
    ours: bool = False,
    open_to_messages: bool | None = None,
) -> Mention:
    return Mention(
        platform="twitter",
        id="17",
        author=Author(id="1001", handle="maria", open_to_messages=open_to_messages),
        text="Where is my order?",
        created_at=NOW,
        addressed=addressed,
        replies_open=replies_open,
        private=private,
        ours=ours,
    )


class TestAPublicReply:
    def test_goes_through_the_api_where_the_author_named_us(self) -> None:
        way = ability(mention(), Contact(), RULES).public

        assert (way.route, way.account, way.cost_micro_usd) == (Route.API, "acme", 10_000)
        assert (way.link_micro_usd, "$0.20" in way.reason) == (200_000, True)
        assert way.limit.maximum == 280
        assert way.limit.fits("😡" * 140)
        assert not way.limit.fits("😡" * 141)

    def test_is_posted_by_hand_where_the_author_did_not_name_us(self) -> None:
        way = ability(mention(addressed=False), Contact(), RULES).public

        assert (way.route, way.cost_micro_usd, way.link_micro_usd) == (Route.BY_HAND, 0, 0)
        assert "does not name our account" in way.reason
        assert way.link("Sorry & more") == (
            "https://x.com/intent/tweet?in_reply_to=17&text=Sorry%20%26%20more"
        )

    def test_under_an_enterprise_contract_needs_no_summons(self) -> None:
        way = ability(mention(addressed=False), Contact(), ENTERPRISE).public

        assert (way.route, way.cost_micro_usd) == (Route.API, 15_000)

    @pytest.mark.parametrize("rules", [RULES, ENTERPRISE])
    def test_is_not_sent_a_second_time_to_the_same_post(self, rules: Rules) -> None:
        way = ability(mention(), Contact(replies=1), rules).public

        assert way.route is Route.BY_HAND
        assert "one automated reply" in way.reason

    @pytest.mark.parametrize("rules", [RULES, ENTERPRISE, READ_ONLY])
    def test_does_not_exist_where_the_author_closed_the_post(self, rules: Rules) -> None:
        way = ability(mention(replies_open=False), Contact(), rules).public

        assert (way.route, way.link_template) == (Route.NONE, None)
        assert way.reason

    def test_is_posted_by_hand_where_the_keys_only_read(self) -> None:
        way = ability(mention(), Contact(), READ_ONLY).public

        assert (way.route, way.account) == (Route.BY_HAND, None)
        assert "only read" in way.reason

    @pytest.mark.parametrize("turn", [mention(private=True), mention(ours=True)])
    def test_does_not_exist_for_a_private_message_or_our_own_post(self, turn: Mention) -> None:
        assert ability(turn, WROTE, RULES).public.route is Route.NONE


class TestAPrivateMessage:
    def test_waits_until_the_customer_wrote(self) -> None:
        way = ability(mention(), Contact(), RULES).private

        assert (way.route, way.cost_micro_usd) == (Route.CLOSED, 0)
        assert "only after the customer wrote" in way.reason
        assert way.link("Hi there") == (
            "https://x.com/messages/compose?recipient_id=1001&text=Hi%20there"
        )

    def test_says_where_the_customer_takes_none_at_all(self) -> None:
        way = ability(mention(open_to_messages=False), Contact(), RULES).private

        assert way.route is Route.CLOSED
        assert "takes no messages" in way.reason

    def test_waits_under_an_enterprise_contract_too(self) -> None:
        assert ability(mention(), Contact(), ENTERPRISE).private.route is Route.CLOSED

    @pytest.mark.parametrize("turn", [mention(open_to_messages=False), mention(private=True)])
    def test_goes_through_the_api_once_they_wrote(self, turn: Mention) -> None:
        way = ability(turn, WROTE, RULES).private

        assert (way.route, way.cost_micro_usd, way.reason) == (Route.API, 15_000, "")
        assert way.limit.maximum == 10_000

    def test_answers_a_private_message_even_where_nobody_kept_when_they_wrote(self) -> None:
        assert ability(mention(private=True), Contact(), RULES).private.route is Route.API

    def test_is_sent_by_hand_where_the_keys_only_read(self) -> None:
        assert ability(mention(), WROTE, READ_ONLY).private.route is Route.BY_HAND

    def test_does_not_exist_for_our_own_post(self) -> None:
        assert ability(mention(ours=True), WROTE, RULES).private.route is Route.NONE


@pytest.mark.parametrize(
    ("text", "summoned", "micro_usd"),
    [
        ("We are sorry.", True, 10_000),
        ("We are sorry.", False, 15_000),
        ("Help: https://acme.com", True, 200_000),
        ("Help: acme.com", False, 200_000),
    ],
)
def test_a_link_makes_a_reply_dear(text: str, summoned: bool, micro_usd: int) -> None:
    assert price(text, summoned=summoned) == micro_usd
