from responders.card import Urgency
from responders.slack.bot import SlackBot
from responders.slack.channels import Channels, Rule
from responders.slack.client import make_client
from tests.responders.slack.cards import card
from tests.responders.slack.conftest import CHANNEL, clock
from tests.servers.slack import BOT_TOKEN, Channel, SlackServer

CHANNELS = Channels(
    default="C0ALL",
    rules=(
        Rule(channel="C0RED", urgencies=frozenset({"red"})),
        Rule(channel="C0DE", brands=frozenset({"Acme"}), languages=frozenset({"de", "fr"})),
        Rule(channel="C0SHIP", topics=frozenset({"order_late", "carrier"})),
        Rule(channel="C0RED", topics=frozenset({"damaged"})),
    ),
)


def test_the_first_rule_that_fits_says_where_a_card_stands() -> None:
    assert CHANNELS.of(card(urgency=Urgency.RED, language="de")) == "C0RED"
    assert CHANNELS.of(card(language="de")) == "C0DE"
    assert CHANNELS.of(card(language="en")) == "C0SHIP"
    assert CHANNELS.of(card(language="de", brand="Other", topic=None)) == "C0ALL"


def test_every_channel_is_named_once() -> None:
    assert CHANNELS.all == ("C0ALL", "C0RED", "C0DE", "C0SHIP")


def test_a_card_is_posted_where_its_rule_says_and_found_there_again(slack: SlackServer) -> None:
    slack.add_channel(Channel(id="C0RED", name="red-flags", members=["U0EVA"]))
    rule = Rule(channel="C0RED", urgencies=frozenset({"red"}))
    channels = Channels(default=CHANNEL, rules=(rule,))
    bot = SlackBot(make_client(BOT_TOKEN, slack.api_url, timeout=5), channels, clock=clock)
    red = card(urgency=Urgency.RED)

    shown = bot.show(red, None)

    assert shown.channel == "C0RED"
    assert bot.find(red.case_id) == shown
    assert slack.channels[CHANNEL].messages == []
    assert bot.show(card(urgency=Urgency.LOW, case_id=43), None).channel == CHANNEL
    assert bot.channel_of(red) == "C0RED"


def test_every_channel_is_checked(slack: SlackServer) -> None:
    slack.add_channel(Channel(id="C0RED", name="red-flags", private=False, bot_is_member=False))
    rule = Rule(channel="C0RED", urgencies=frozenset({"red"}))
    channels = Channels(default=CHANNEL, rules=(rule,))

    problems = SlackBot(
        make_client(BOT_TOKEN, slack.api_url, timeout=5), channels, clock=clock
    ).check()

    assert any("the bot is not in #red-flags" in problem.what for problem in problems)
