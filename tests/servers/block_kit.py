"""Slack's limits on blocks, written down from its pages and not from its SDK.

Source: docs.slack.dev "Blocks", "Block elements", "Composition objects" and "Views", read 2026-11;
the total of a message: github.com/slackapi/bolt-js issue 2509; a menu option's value: 75
characters, as @slack/types still says, the older and smaller of the two numbers.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

JSON = Mapping[str, Any]

MESSAGE_BLOCKS = 50
MODAL_BLOCKS = 100
MESSAGE_CHARACTERS = 13_200

_MESSAGE_KINDS = {"section", "context", "divider", "actions", "image", "header", "markdown"}
_MODAL_KINDS = _MESSAGE_KINDS - {"markdown"} | {"input"}
_BUTTON_KINDS = {"button", "overflow", "static_select", "radio_buttons"}
_PEOPLE = {"users_select", "multi_users_select"}
_INPUT_KINDS = {"plain_text_input", "static_select", "radio_buttons", "checkboxes", *_PEOPLE}
_OPTIONS = {
    "overflow": (1, 5),
    "static_select": (1, 100),
    "radio_buttons": (1, 10),
    "checkboxes": (1, 10),
}
#: An input's text, and that of any other text object.
_TEXT = 3000


def message_errors(blocks: object) -> list[str]:
    """What Slack would refuse in a message's blocks; empty: nothing."""
    found = list(_blocks(blocks, MESSAGE_BLOCKS, _MESSAGE_KINDS))
    if len(json.dumps(blocks, ensure_ascii=False)) > MESSAGE_CHARACTERS:
        found.append("msg_blocks_too_long")
    return found


def view_errors(view: object) -> list[str]:
    """What Slack would refuse in a modal."""
    if not isinstance(view, Mapping) or view.get("type") != "modal":
        return ["view: not a modal"]
    found = list(_plain(view.get("title"), "title", 24))
    for button in ("submit", "close"):
        if button in view:
            found += _plain(view[button], button, 24)
    found += _short(view.get("callback_id", ""), "callback_id", 255)
    found += _short(view.get("private_metadata", ""), "private_metadata", 3000)
    found += _blocks(view.get("blocks"), MODAL_BLOCKS, _MODAL_KINDS)
    inputs = any(block.get("type") == "input" for block in view.get("blocks", ()))
    if inputs and "submit" not in view:
        found.append("submit: required where there are inputs")
    return found


def home_errors(view: object) -> list[str]:
    """What Slack would refuse in an App Home."""
    if not isinstance(view, Mapping) or view.get("type") != "home":
        return ["view: not a home"]
    return list(_blocks(view.get("blocks"), MODAL_BLOCKS, _MODAL_KINDS))


def _blocks(blocks: object, maximum: int, kinds: set[str]) -> Iterator[str]:
    if not isinstance(blocks, list) or not 1 <= len(blocks) <= maximum:
        yield f"blocks: 1 to {maximum}"
        return
    names = [block["block_id"] for block in blocks if "block_id" in block]
    if len(names) != len(set(names)):
        yield "block_id: used twice"
    for place, block in enumerate(blocks):
        for error in _block(block, kinds):
            yield f"/blocks/{place}/{error}"


def _block(block: JSON, kinds: set[str]) -> Iterator[str]:
    kind = block.get("type")
    if kind not in kinds:
        yield f"type {kind!r} is not allowed here"
        return
    yield from _short(block.get("block_id", ""), "block_id", 255)
    if kind == "section":
        yield from _text(block.get("text"), "text", _TEXT)
        if "accessory" in block:
            yield from _element(block["accessory"], {*_BUTTON_KINDS, "image"})
    elif kind == "header":
        yield from _plain(block.get("text"), "text", 150)
    elif kind == "markdown":
        yield from _short(block.get("text"), "text", 12_000)
    elif kind == "image":
        yield from _image(block)
    elif kind == "context":
        yield from _context(block.get("elements"))
    elif kind == "actions":
        yield from _actions(block.get("elements"))
    elif kind == "input":
        yield from _input(block)


def _image(block: JSON) -> Iterator[str]:
    yield from _short(block.get("alt_text"), "alt_text", 2000)
    if not block.get("alt_text"):
        yield "alt_text: required"
    if ("image_url" in block) == ("slack_file" in block):
        yield "one of image_url and slack_file"


def _context(elements: object) -> Iterator[str]:
    if not isinstance(elements, list) or not 1 <= len(elements) <= 10:
        yield "elements: 1 to 10"
        return
    for element in elements:
        yield from _text(element, "elements", _TEXT)


def _actions(elements: object) -> Iterator[str]:
    if not isinstance(elements, list) or not 1 <= len(elements) <= 25:
        yield "elements: 1 to 25"
        return
    names = [element.get("action_id") for element in elements]
    if len(names) != len(set(names)):
        yield "action_id: used twice in a block"
    for element in elements:
        yield from _element(element, _BUTTON_KINDS)


def _input(block: JSON) -> Iterator[str]:
    yield from _plain(block.get("label"), "label", 2000)
    if "hint" in block:
        yield from _plain(block["hint"], "hint", 2000)
    yield from _element(block.get("element"), _INPUT_KINDS)


def _element(element: object, kinds: set[str]) -> Iterator[str]:
    if not isinstance(element, Mapping) or element.get("type") not in kinds:
        yield "element: of a kind that is not allowed here"
        return
    kind = element["type"]
    yield from _short(element.get("action_id"), "action_id", 255)
    if "confirm" in element:
        yield from _confirm(element["confirm"])
    if "placeholder" in element:
        yield from _plain(element["placeholder"], "placeholder", 150)
    if kind == "button":
        yield from _plain(element.get("text"), "text", 75)
        yield from _short(element.get("value", ""), "value", 2000)
        yield from _address(element)
        if element.get("style") not in (None, "primary", "danger"):
            yield "style: primary or danger"
    elif kind == "plain_text_input":
        most = element.get("max_length", _TEXT)
        if not 1 <= most <= _TEXT:
            yield f"max_length: 1 to {_TEXT}"
        if _units(element.get("initial_value", "")) > most:
            yield "initial_value: longer than max_length"
    elif kind in _PEOPLE:
        yield from _initial_people(element)
    else:
        yield from _options(element, *_OPTIONS[kind])
        for option in element.get("initial_options", ()):
            if option not in element["options"]:
                yield "initial_options: none of the options"


def _initial_people(element: JSON) -> Iterator[str]:
    """One person is a text, several are a list; neither may be there and empty."""
    for name, kind in (("initial_user", str), ("initial_users", list)):
        if name in element and (not isinstance(element[name], kind) or not element[name]):
            yield f"{name}: empty"


def _options(element: JSON, least: int, most: int) -> Iterator[str]:
    options = element.get("options")
    if not isinstance(options, list) or not least <= len(options) <= most:
        yield f"options: {least} to {most}"
        return
    for option in options:
        yield from _plain(option.get("text"), "option text", 75)
        yield from _short(option.get("value"), "option value", 75)
        yield from _address(option)


def _address(element: JSON) -> Iterator[str]:
    if "url" in element:
        yield from _short(element["url"], "url", 3000)
        if not str(element["url"]).startswith(("https://", "http://")):
            yield "url: not of the web"


def _confirm(confirm: JSON) -> Iterator[str]:
    yield from _plain(confirm.get("title"), "confirm title", 100)
    yield from _text(confirm.get("text"), "confirm text", 300)
    yield from _plain(confirm.get("confirm"), "confirm", 30)
    yield from _plain(confirm.get("deny"), "deny", 30)


def _plain(text: object, name: str, maximum: int) -> Iterator[str]:
    if not isinstance(text, Mapping) or text.get("type") != "plain_text":
        yield f"{name}: plain_text only"
        return
    yield from _text(text, name, maximum)


def _text(text: object, name: str, maximum: int) -> Iterator[str]:
    if not isinstance(text, Mapping) or text.get("type") not in {"plain_text", "mrkdwn"}:
        yield f"{name}: not a text object"
        return
    if "emoji" in text and text["type"] != "plain_text":
        yield f"{name}: emoji is for plain_text"
    if not text.get("text"):
        yield f"{name}: empty"
        return
    yield from _short(text["text"], name, maximum)


def _short(text: object, name: str, maximum: int) -> Iterator[str]:
    if not isinstance(text, str) or _units(text) > maximum:
        yield f"{name}: more than {maximum} characters"


def _units(text: str) -> int:
    """UTF-16 units, plus what & < > grow by where Slack stores them as entities."""
    entities = 0 if "&amp;" in text or "&lt;" in text or "&gt;" in text else 4 * text.count("&")
    return len(text.encode("utf-16-le")) // 2 + entities


def texts(value: object) -> Iterator[JSON]:
    """Every text object anywhere below, for looking into what is shown."""
    if isinstance(value, Mapping):
        if value.get("type") in {"plain_text", "mrkdwn"} and isinstance(value.get("text"), str):
            yield value
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)
