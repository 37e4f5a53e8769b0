from responders.slack import front
from responders.slack.manifest import PURPOSES, manifest, scopes
from tests.servers.slack import _SCOPES


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


def test_the_manifest_has_only_fields_that_slack_knows() -> None:
    """Source: github.com/slackapi/manifest-schema, version 1.1, read 2026-11."""
    assert set(manifest()) <= {
        "_metadata", "display_information", "features", "oauth_config", "settings"
    }  # fmt: skip
    assert set(manifest()["settings"]) <= {
        "event_subscriptions", "interactivity", "org_deploy_enabled", "socket_mode_enabled",
        "token_rotation_enabled",
    }  # fmt: skip


def test_the_command_and_the_shortcut_are_those_that_are_answered() -> None:
    """Source: docs.slack.dev "App manifest reference", read 2026-11."""
    (command,) = manifest()["features"]["slash_commands"]
    (shortcut,) = manifest()["features"]["shortcuts"]

    assert command["command"] == front.COMMAND
    assert shortcut["callback_id"] == front.SHORTCUT
    assert len(shortcut["name"]) <= 24
    assert len(command["description"]) <= 2000
    assert len(command["usage_hint"]) <= 1000
