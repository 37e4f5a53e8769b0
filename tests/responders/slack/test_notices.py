from responders.bulletin import Bulletin, Line
from responders.card import Button, Verb
from responders.slack import notices
from responders.slack.bot import SlackBot
from responders.slack.clicks import Ref
from tests.responders.slack.cards import HOSTILE, NOW, card
from tests.responders.slack.conftest import CHANNEL
from tests.servers.block_kit import message_errors, texts
from tests.servers.slack import SlackServer

TAKE = Button(verb=Verb.CLAIM, label="I take it", style="primary")
LIST = Bulletin(
    key="morning Acme 2026-11-22",
    title="<@U0EVA>: two cases wait",
    lines=(
        Line(text="#42 · order late", at=NOW, quoted="Where is it?", card=card(), button=TAKE),
        Line(text="#43 · carrier"),
    ),
)


def test_a_list_has_a_button_on_each_line_that_acts_on_its_case() -> None:
    title, first, second = notices.blocks(LIST)

    assert title["text"]["text"] == "*<@U0EVA>: two cases wait*"
    assert "#42 · order late · <!date^" in first["text"]["text"]
    assert first["text"]["text"].endswith("“Where is it?”")
    ref = Ref.decode(first["accessory"]["value"])
    assert (ref.case_id, ref.verb) == (42, Verb.CLAIM)
    assert (first["accessory"]["action_id"], first["accessory"]["style"]) == (
        "amends.claim",
        "primary",
    )
    assert "accessory" not in second


def test_one_line_alone_is_not_shouted() -> None:
    (block,) = notices.blocks(Bulletin(key="k", title="<@U0EVA>: due soon."))

    assert block["text"]["text"] == "<@U0EVA>: due soon."


def test_a_long_list_is_cut_and_counted() -> None:
    long = Bulletin(key="k", title="Many", lines=LIST.lines * 40, more=5)

    blocks = notices.blocks(long)

    assert message_errors(blocks) == []
    assert len(blocks) == notices.LINES + 2
    assert blocks[-1]["text"]["text"] == f"… and {80 - notices.LINES + 5} more."


def test_nothing_foreign_comes_alive() -> None:
    line = Line(text=HOSTILE * 9, quoted=HOSTILE * 9, card=card(), button=TAKE)
    hostile = Bulletin(key="k", title=HOSTILE, lines=(line,) * 30)

    blocks = notices.blocks(hostile)

    assert message_errors(blocks) == []
    said = "\n".join(str(text["text"]) for text in texts(blocks))
    assert "<!channel>" not in said
    assert "<https:" not in said
    assert "<!" not in notices.fallback(hostile)


def test_a_bulletin_is_posted_found_and_edited(slack: SlackServer, bot: SlackBot) -> None:
    at = bot.post(LIST)

    assert bot.find_bulletin(LIST.key) == at
    assert bot.find_bulletin("another") is None
    assert bot.post(Bulletin(key=LIST.key, title="Nothing waits."), at=at) == at
    (message,) = slack.channels[CHANNEL].messages
    assert message["text"] == "Nothing waits."


def test_a_remark_hangs_below_its_card(slack: SlackServer, bot: SlackBot) -> None:
    shown = bot.show(card(), None)

    at = bot.post(LIST, below=shown)

    assert bot.find_bulletin(LIST.key, below=shown) == at
    assert bot.find_bulletin(LIST.key) is None
    (reply,) = slack.channels[CHANNEL].replies
    assert reply["thread_ts"] == shown.ts
    assert len(slack.channels[CHANNEL].messages) == 1
