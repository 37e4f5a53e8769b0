import pytest
from jsonschema import Draft202012Validator

from responders.slack import front
from responders.slack.manifest import PATH, PURPOSES, manifest, scopes
from tests.servers.slack import _SCOPES


def _texts(most: int) -> dict[str, object]:
    return {"type": "array", "maxItems": most, "items": {"type": "string", "maxLength": 50}}


def _table(required: str = "", **fields: object) -> dict[str, object]:
    """Nothing but these fields; those that `required` names must be there."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required.split(),
        "properties": fields,
    }


def _text(most: int, pattern: str = "") -> dict[str, object]:
    return {"type": "string", "minLength": 1, "maxLength": most, "pattern": pattern}


_FLAG, _URL = {"type": "boolean"}, _text(3000, "^https?://")
#: What Slack takes of the fields that we use, and that it takes no others. Written from
#: github.com/slackapi/manifest-schema, schemas/manifest.schema.1.0.0.json, read 2026-11.
SCHEMA = _table(
    "display_information",
    _metadata=_table(major_version={"type": "integer"}, minor_version={"type": "integer"}),
    display_information=_table(
        "name",
        name=_text(35),
        description=_text(140),
        background_color=_text(7, "^#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?$"),
    ),
    features=_table(
        app_home=_table(home_tab_enabled=_FLAG, messages_tab_enabled=_FLAG),
        bot_user=_table("display_name", display_name=_text(80), always_online=_FLAG),
        shortcuts={
            "type": "array",
            "minItems": 1,
            "maxItems": 10,
            "items": _table(
                "name type callback_id description",
                name=_text(24),
                type={"enum": ["message", "global"]},
                callback_id=_text(255),
                description=_text(150),
            ),
        },
        slash_commands={
            "type": "array",
            "minItems": 1,
            "maxItems": 50,
            "items": _table(
                "command description",
                command=_text(32, "^/"),
                url=_URL,
                description=_text(2000),
                usage_hint=_text(1000),
                should_escape=_FLAG,
            ),
        },
    ),
    oauth_config=_table(scopes=_table(bot=_texts(255), user=_texts(255))),
    settings=_table(
        event_subscriptions=_table(request_url=_URL, bot_events=_texts(100)),
        interactivity=_table("is_enabled", is_enabled=_FLAG, request_url=_URL),
        org_deploy_enabled=_FLAG,
        socket_mode_enabled=_FLAG,
        token_rotation_enabled=_FLAG,
    ),
)


def test_the_manifest_keeps_within_slacks_limits() -> None:
    shown = manifest()["display_information"]

    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert len(manifest()["features"]["bot_user"]["display_name"]) <= 80
    assert shown["background_color"].startswith("#")
    assert len(shown["background_color"]) == 7


def test_clicks_arrive_without_a_public_address() -> None:
    settings = manifest()["settings"]

    assert settings["socket_mode_enabled"] is True
    assert settings["interactivity"] == {"is_enabled": True}
    assert settings["token_rotation_enabled"] is False


@pytest.mark.parametrize("address", ["", "https://amends.shop.example"])
def test_both_manifests_fit_slacks_schema(address: str) -> None:
    Draft202012Validator(SCHEMA).validate(manifest(address))


@pytest.mark.parametrize(
    "address",
    [
        "https://amends.shop.example",
        "https://amends.shop.example/",
        "https://amends.shop.example/slack/events",
    ],
)
def test_with_an_address_slack_calls_us_there(address: str) -> None:
    made, url = manifest(address), f"https://amends.shop.example{PATH}"

    assert made["settings"]["socket_mode_enabled"] is False
    assert made["settings"]["event_subscriptions"]["request_url"] == url
    assert made["settings"]["interactivity"]["request_url"] == url
    assert [command["url"] for command in made["features"]["slash_commands"]] == [url]
    assert made["oauth_config"] == manifest()["oauth_config"]


@pytest.mark.parametrize("address", ["amends.shop.example", "http://a.example", "https://", "x"])
def test_an_address_that_slack_could_not_call_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="is no address that Slack could call"):
        manifest(address)


def test_the_app_listens_to_nothing_that_people_write() -> None:
    assert manifest()["settings"]["event_subscriptions"] == {"bot_events": ["app_home_opened"]}
    assert "user" not in manifest()["oauth_config"]["scopes"]


def test_the_app_asks_for_no_more_than_it_uses() -> None:
    used = {scope for needed in _SCOPES.values() for scope in needed}

    assert scopes() == used


def test_every_permission_has_a_purpose() -> None:
    assert set(PURPOSES) == scopes()


def test_a_manifest_is_a_fresh_copy() -> None:
    manifest()["settings"].clear()

    assert manifest()["settings"]


def test_the_command_and_the_shortcut_are_those_that_are_answered() -> None:
    """Source: docs.slack.dev "App manifest reference", read 2026-11."""
    (command,) = manifest()["features"]["slash_commands"]
    (shortcut,) = manifest()["features"]["shortcuts"]

    assert command["command"] == front.COMMAND
    assert shortcut["callback_id"] == front.SHORTCUT
    assert len(shortcut["name"]) <= 24
    assert len(command["description"]) <= 2000
    assert len(command["usage_hint"]) <= 1000
