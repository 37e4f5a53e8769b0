"""A Slack workspace on loopback: the Web API, Socket Mode, and the people who click.

It knows what slack_sdk and Bolt must meet: tokens and scopes, channels and their members, messages
with metadata, forms with triggers and versions, uploads in three steps, envelopes that want an
acknowledgement. Blocks are checked against tests/servers/block_kit.py. Faults come from the base.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Condition, Thread
from time import monotonic
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from tests.servers.block_kit import home_errors, message_errors, view_errors
from tests.servers.http import Answer, LoopbackServer, Request, json_answer

JSON = dict[str, Any]

BOT_TOKEN = "xoxb-loopback"
APP_TOKEN = "xapp-loopback"
BOT_ID, BOT_USER, TEAM, APP = "B0BOT", "U0BOT", "T0TEAM", "A0APP"
#: Of chat.update. Source: docs.slack.dev, chat.update, tier 3, read 2026-11.
EDITS_A_MINUTE = 50
_PATIENCE = 60.0
_GLANCE = 0.02
#: Slack pings too, more seldom; a client that reads with a lock held hangs up only after it read.
_PING_EVERY = 0.1

#: What each method asks for; one of several is enough. Source: docs.slack.dev, the methods' pages.
_SCOPES = {
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "conversations.info": ("channels:read", "groups:read"),
    "conversations.members": ("channels:read", "groups:read"),
    "conversations.history": ("channels:history", "groups:history"),
    "conversations.replies": ("channels:history", "groups:history"),
    "users.info": ("users:read",),
    "usergroups.users.list": ("usergroups:read",),
    "files.getUploadURLExternal": ("files:write",),
    "files.completeUploadExternal": ("files:write",),
    "/amends": ("commands",),
}


class Failure(Exception):
    """An error code that Slack answers."""

    def __init__(self, code: str, **more: object) -> None:
        super().__init__(code)
        self.code = code
        self.more = more


@dataclass(kw_only=True)
class Channel:
    """A channel and who is in it."""

    id: str
    name: str
    private: bool = True
    archived: bool = False
    shared: bool = False
    bot_is_member: bool = True
    members: list[str] = field(default_factory=list)
    messages: list[JSON] = field(default_factory=list)  #: oldest first
    replies: list[JSON] = field(default_factory=list)  #: those in threads
    notes: list[JSON] = field(default_factory=list)  #: ephemeral ones: user and text


@dataclass(kw_only=True)
class OpenForm:
    """A form at somebody's."""

    id: str
    user: str
    view: JSON
    hash: str
    open: bool = True


@dataclass(kw_only=True)
class Upload:
    """A file on its way."""

    id: str
    name: str
    length: int
    alt: str
    content: bytes = b""
    complete: bool = False
    scans: int = 0  #: so often it is not yet ready to be shown


class SlackServer(LoopbackServer):
    """One workspace with one app installed.

    Attributes:
        now: The workspace's clock; messages are stamped with it.
        one_a_second: Whether a channel takes one message a second, by that clock.
        tiers: Whether messages are changed 50 times a minute at most, by that clock.
        refused: How often somebody was told to be slower.
        scans: How often a fresh upload is not ready to be shown.
        hellos: How many web sockets were opened.
    """

    def __init__(self, scopes: Iterable[str] = ()) -> None:
        super().__init__()
        self.now = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
        self.scopes = set(scopes)
        self.one_a_second = False
        self.tiers = False
        self.refused = 0
        self._edits: deque[datetime] = deque(maxlen=EDITS_A_MINUTE)
        self.scans = 0
        self.hellos = 0
        self.channels: dict[str, Channel] = {}
        self.users: dict[str, JSON] = {}
        self.groups: dict[str, list[str]] = {}
        self.forms: dict[str, OpenForm] = {}
        self.files: dict[str, Upload] = {}
        self.acks: list[JSON] = []
        self.homes: dict[str, JSON] = {}  #: by user: the page that they see
        self.answers: list[JSON] = []  #: what came back to a response_url
        self._numbers = count(1)
        self._triggers: dict[str, str] = {}  #: unused trigger -> user
        self._last_post: dict[str, datetime] = {}
        self._changed = Condition()
        self._sockets: list[ServerConnection] = []
        self._listener: Server | None = None
        self._listener_thread: Thread | None = None

    # The workspace.

    def add_channel(self, channel: Channel) -> Channel:
        """A channel; its members are users of the workspace."""
        self.channels[channel.id] = channel
        return channel

    def add_user(
        self, id: str, name: str, *, deleted: bool = False, bot: bool = False, guest: bool = False
    ) -> None:
        """An account."""
        self.users[id] = {
            "id": id,
            "team_id": TEAM,
            "name": name.lower(),
            "real_name": name,
            "deleted": deleted,
            "is_bot": bot,
            "is_restricted": guest,
            "is_ultra_restricted": False,
            "profile": {"display_name": name.lower(), "real_name": name},
        }

    @property
    def api_url(self) -> str:
        """What a client takes as its base."""
        return f"{self.url}/api/"

    # Life.

    def __enter__(self) -> Self:
        self._listener = serve(self._socket, "127.0.0.1", 0, ping_interval=_PING_EVERY)
        self._listener_thread = Thread(target=self._listener.serve_forever, daemon=True)
        self._listener_thread.start()
        return super().__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for socket in list(self._sockets):
            socket.close()
        if self._listener is not None and self._listener_thread is not None:
            self._listener.shutdown()
            self._listener_thread.join()
        super().__exit__(kind, error, trace)

    def until(self, true: Callable[[], object], what: str = "what was awaited") -> None:
        """Wait until something is true; it is looked at after every call and acknowledgement.

        Now and then besides: what an app does between two calls is told to nobody.
        """
        given_up = monotonic() + _PATIENCE
        with self._changed:
            while not true():
                if monotonic() > given_up:
                    raise AssertionError(f"{what} did not happen within {_PATIENCE} s")
                self._changed.wait(_GLANCE)

    # The Web API.

    def answer(self, request: Request) -> Answer:
        """One call."""
        try:
            if request.path.startswith("/upload/"):
                self.files[request.path.removeprefix("/upload/")].content = request.body
                return Answer(body=b"OK", headers={"Content-Type": "text/plain"})
            if request.path.startswith("/response/"):
                self.answers.append(_arguments(request))
                return Answer(body=b"ok", headers={"Content-Type": "text/plain"})
            method = request.path.removeprefix("/api/")
            self._authorize(method, request)
            body = self._methods()[method](_arguments(request))
        except Failure as failure:
            status, headers = 200, {}
            if failure.code == "ratelimited":
                self.refused += 1
                status, headers = 429, {"Retry-After": "1"}
            refusal = {"ok": False, "error": failure.code, **failure.more}
            return json_answer(refusal, status=status, headers=headers)
        finally:
            self._notify()
        return json_answer({"ok": True, **body}, headers=self._scopes_header())

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _scopes_header(self) -> dict[str, str]:
        return {"X-OAuth-Scopes": ",".join(sorted(self.scopes))}

    def _authorize(self, method: str, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not token:
            raise Failure("not_authed")
        if token != (APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN):
            raise Failure("invalid_auth")
        needed = _SCOPES.get(method, ())
        if needed and not self.scopes.intersection(needed):
            raise Failure("missing_scope", needed=needed[0], provided=",".join(self.scopes))

    def _methods(self) -> Mapping[str, Callable[[JSON], JSON]]:
        return {
            "auth.test": self._auth_test,
            "apps.connections.open": self._connections_open,
            "chat.postMessage": self._post_message,
            "chat.update": self._update,
            "chat.postEphemeral": self._post_ephemeral,
            "chat.getPermalink": self._permalink,
            "conversations.info": self._info,
            "conversations.members": self._members,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "users.info": self._user,
            "usergroups.users.list": self._group,
            "views.open": self._open_view,
            "views.update": self._update_view,
            "views.publish": self._publish_view,
            "files.getUploadURLExternal": self._upload_url,
            "files.completeUploadExternal": self._complete_upload,
        }

    def _auth_test(self, asked: JSON) -> JSON:
        return {
            "url": "https://loopback.slack.com/",
            "team": "Loopback",
            "user": "amends",
            "team_id": TEAM,
            "user_id": BOT_USER,
            "bot_id": BOT_ID,
        }

    def _connections_open(self, asked: JSON) -> JSON:
        assert self._listener is not None
        port = self._listener.socket.getsockname()[1]
        return {"url": f"ws://127.0.0.1:{port}/link/?ticket={next(self._numbers)}&app_id={APP}"}

    def _channel(self, asked: JSON) -> Channel:
        channel = self.channels.get(str(asked.get("channel", "")))
        if channel is None or (channel.private and not channel.bot_is_member):
            raise Failure("channel_not_found")
        return channel

    def _own_channel(self, asked: JSON) -> Channel:
        channel = self._channel(asked)
        if not channel.bot_is_member:
            raise Failure("not_in_channel")
        if channel.archived:
            raise Failure("is_archived")
        return channel

    def _post_message(self, asked: JSON) -> JSON:
        channel = self._own_channel(asked)
        self._check_blocks(asked)
        last = self._last_post.get(channel.id)
        if self.one_a_second and last is not None and self.now - last < timedelta(seconds=1):
            raise Failure("ratelimited")
        self._last_post[channel.id] = self.now
        message = {
            **asked,
            "type": "message",
            "ts": self._ts(),
            "user": BOT_USER,
            "bot_id": BOT_ID,
            "app_id": APP,
            "blocks": _named(asked.get("blocks", [])),
        }
        below = asked.get("thread_ts")
        if below and all(first["ts"] != below for first in channel.messages):
            raise Failure("thread_not_found")
        (channel.replies if below else channel.messages).append(message)
        return {"channel": channel.id, "ts": message["ts"], "message": message}

    def _ts(self) -> str:
        return f"{int(self.now.timestamp())}.{next(self._numbers):06d}"

    def _check_blocks(self, asked: JSON) -> None:
        if not asked.get("text"):
            raise Failure("no_text")
        if "blocks" not in asked:
            return
        errors = message_errors(asked["blocks"])
        for block in asked["blocks"]:
            if "slack_file" in block and not self._shown(str(block["slack_file"].get("id"))):
                errors.append("invalid slack file")
        if errors:
            code = "msg_blocks_too_long" if "msg_blocks_too_long" in errors else "invalid_blocks"
            raise Failure(code, response_metadata={"messages": errors})

    def _shown(self, file: str) -> bool:
        upload = self.files.get(file)
        if upload is None or not upload.complete or upload.length != len(upload.content):
            return False
        upload.scans -= 1
        return upload.scans < 0

    def _update(self, asked: JSON) -> JSON:
        channel = self._own_channel(asked)
        full = len(self._edits) == EDITS_A_MINUTE
        if self.tiers and full and self.now - self._edits[0] < timedelta(minutes=1):
            raise Failure("ratelimited")
        self._edits.append(self.now)
        everything = (*channel.messages, *channel.replies)
        message = next((m for m in everything if m["ts"] == asked.get("ts")), None)
        if message is None:
            raise Failure("message_not_found")
        if message["bot_id"] != BOT_ID:
            raise Failure("cant_update_message")
        self._check_blocks(asked)
        message.update(asked, blocks=_named(asked.get("blocks", [])))
        return {"channel": channel.id, "ts": message["ts"], "text": asked["text"]}

    def _post_ephemeral(self, asked: JSON) -> JSON:
        channel = self._own_channel(asked)
        if asked.get("user") not in channel.members:
            raise Failure("user_not_in_channel")
        self._check_blocks(asked)
        channel.notes.append({"user": asked["user"], "text": asked["text"]})
        return {"message_ts": self._ts()}

    def _permalink(self, asked: JSON) -> JSON:
        channel = self._channel(asked)
        place = str(asked["message_ts"]).replace(".", "")
        url = f"https://loopback.slack.com/archives/{channel.id}/p{place}"
        return {"channel": channel.id, "permalink": url}

    def _info(self, asked: JSON) -> JSON:
        channel = self._channel(asked)
        return {
            "channel": {
                "id": channel.id,
                "name": channel.name,
                "is_private": channel.private,
                "is_archived": channel.archived,
                "is_member": channel.bot_is_member,
                "is_ext_shared": channel.shared,
                "is_pending_ext_shared": [],
            }
        }

    def _members(self, asked: JSON) -> JSON:
        return {"members": self._channel(asked).members, "response_metadata": {"next_cursor": ""}}

    def _history(self, asked: JSON) -> JSON:
        return self._page(asked, self._own_channel(asked).messages[::-1])

    def _replies(self, asked: JSON) -> JSON:
        channel = self._own_channel(asked)
        first = [message for message in channel.messages if message["ts"] == asked.get("ts")]
        if not first:
            raise Failure("thread_not_found")
        below = [reply for reply in channel.replies if reply["thread_ts"] == asked["ts"]]
        return self._page(asked, [*first, *below])

    def _page(self, asked: JSON, messages: list[JSON]) -> JSON:
        newest_first = [
            message
            for message in messages
            if float(message["ts"]) > float(asked.get("oldest") or 0)
        ]
        start, limit = int(asked.get("cursor") or 0), int(asked.get("limit") or 100)
        page = newest_first[start : start + limit]
        if str(asked.get("include_all_metadata", "0")).lower() not in {"1", "true"}:
            page = [{k: v for k, v in message.items() if k != "metadata"} for message in page]
        more = start + limit < len(newest_first)
        return {
            "messages": page,
            "has_more": more,
            "response_metadata": {"next_cursor": str(start + limit) if more else ""},
        }

    def _user(self, asked: JSON) -> JSON:
        user = self.users.get(str(asked.get("user")))
        if user is None:
            raise Failure("user_not_found")
        return {"user": user}

    def _group(self, asked: JSON) -> JSON:
        members = self.groups.get(str(asked.get("usergroup")))
        if members is None:
            raise Failure("no_such_subteam")
        return {"users": members}

    def _open_view(self, asked: JSON) -> JSON:
        user = self._triggers.pop(str(asked.get("trigger_id")), None)
        if user is None:
            raise Failure("expired_trigger_id")
        return {"view": self._keep(f"V{next(self._numbers)}", user, asked["view"])}

    def _update_view(self, asked: JSON) -> JSON:
        form = self.forms.get(str(asked.get("view_id")))
        if form is None or not form.open:
            raise Failure("not_found")
        if asked.get("hash") not in (None, form.hash):
            raise Failure("hash_conflict")
        return {"view": self._keep(form.id, form.user, asked["view"])}

    def _publish_view(self, asked: JSON) -> JSON:
        errors = home_errors(asked["view"])
        if errors:
            raise Failure("invalid_arguments", response_metadata={"messages": errors})
        view = {**asked["view"], "blocks": _named(asked["view"]["blocks"])}
        self.homes[str(asked["user_id"])] = view
        return {"view": {"id": f"V{next(self._numbers)}", "hash": "0", **view}}

    def _keep(self, id: str, user: str, view: JSON) -> JSON:
        errors = view_errors(view)
        if errors:
            raise Failure("invalid_arguments", response_metadata={"messages": errors})
        view = {**view, "blocks": _named(view["blocks"])}
        form = OpenForm(id=id, user=user, view=view, hash=f"{self._ts()}.h")
        self.forms[id] = form
        return {**view, "id": id, "hash": form.hash, "team_id": TEAM, "app_id": APP}

    def _upload_url(self, asked: JSON) -> JSON:
        file = f"F{next(self._numbers)}"
        self.files[file] = Upload(
            id=file,
            name=str(asked["filename"]),
            length=int(asked["length"]),
            alt=str(asked.get("alt_txt", "")),
            scans=self.scans,
        )
        return {"file_id": file, "upload_url": f"{self.url}/upload/{file}"}

    def _complete_upload(self, asked: JSON) -> JSON:
        for file in asked["files"]:
            if file["id"] not in self.files:
                raise Failure("file_not_found")
            self.files[file["id"]].complete = True
        return {
            "files": [{"id": file["id"], "title": file.get("title")} for file in asked["files"]]
        }

    # Socket Mode.

    def _socket(self, connection: ServerConnection) -> None:
        hello = {"type": "hello", "num_connections": 1, "connection_info": {"app_id": APP}}
        connection.send(json.dumps(hello))
        self.hellos += 1
        self._sockets.append(connection)
        self._notify()
        try:
            for message in connection:
                self.acks.append(json.loads(message))
                self._notify()
        except ConnectionClosed:
            pass
        finally:
            self._sockets.remove(connection)
            self._notify()

    @property
    def listeners(self) -> int:
        """How many web sockets are open."""
        return len(self._sockets)

    def push(self, kind: str, payload: JSON, envelope: str = "") -> JSON:
        """Send an envelope to the newest listener and wait for its acknowledgement's payload."""
        self.until(lambda: self._sockets, "a listener")
        envelope = envelope or f"envelope-{next(self._numbers)}"
        before = len(self._acks_of(envelope))
        content = {
            "envelope_id": envelope,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": True,
        }
        self._sockets[-1].send(json.dumps(content))
        self.until(lambda: len(self._acks_of(envelope)) > before, "an acknowledgement")
        return dict(self._acks_of(envelope)[-1].get("payload") or {})

    def _acks_of(self, envelope: str) -> list[JSON]:
        return [ack for ack in self.acks if ack.get("envelope_id") == envelope]

    def renew_connections(self) -> None:
        """Ask every listener to connect anew, as Slack does every few hours."""
        for socket in list(self._sockets):
            socket.send(json.dumps({"type": "disconnect", "reason": "refresh_requested"}))

    # People.

    def message(self, ts: str) -> JSON:
        """A message of any channel."""
        for channel in self.channels.values():
            for message in (*channel.messages, *channel.replies):
                if message["ts"] == ts:
                    return message
        raise KeyError(f"there is no message {ts}")

    def press(self, ts: str, action_id: str, user: str, *, option: str = "") -> JSON:
        """What Slack would send if the user clicked this button, or this item of a menu."""
        message = self.message(ts)
        block, element = _find_element(message, action_id)
        action: JSON = {
            "type": element["type"],
            "action_id": action_id,
            "block_id": block["block_id"],
            "action_ts": self._ts(),
        }
        if element["type"] == "overflow":
            action["selected_option"] = next(
                item for item in element["options"] if option in item["text"]["text"]
            )
        else:
            action |= {"text": element["text"], "value": element.get("value", "")}
        trigger = f"trigger-{next(self._numbers)}"
        self._triggers[trigger] = user
        return {
            "type": "block_actions",
            "team": {"id": TEAM, "domain": "loopback"},
            "user": self._who(user),
            "api_app_id": APP,
            "token": "unused",
            "container": {
                "type": "message",
                "message_ts": ts,
                "channel_id": message["channel"],
                "is_ephemeral": False,
            },
            "trigger_id": trigger,
            "channel": {"id": message["channel"], "name": "privategroup"},
            "message": message,
            "state": {"values": {}},
            "response_url": f"{self.url}/response/{trigger}",
            "actions": [action],
        }

    def press_on_page(self, user: str, action_id: str) -> JSON:
        """What Slack would send if the user clicked this button on the app's page."""
        view = self.homes[user]
        block, element = _find_element(view, action_id)
        trigger = f"trigger-{next(self._numbers)}"
        self._triggers[trigger] = user
        return {
            "type": "block_actions",
            "team": {"id": TEAM, "domain": "loopback"},
            "user": self._who(user),
            "api_app_id": APP,
            "token": "unused",
            "container": {"type": "view", "view_id": "V0HOME"},
            "trigger_id": trigger,
            "view": {**view, "id": "V0HOME", "type": "home"},
            "actions": [
                {
                    "type": "button",
                    "action_id": action_id,
                    "block_id": block["block_id"],
                    "text": element["text"],
                    "value": element.get("value", ""),
                    "action_ts": self._ts(),
                }
            ],
        }

    def click(self, ts: str, action_id: str, user: str, *, option: str = "") -> JSON:
        """Click, and wait until the click is acknowledged."""
        return self.push("interactive", self.press(ts, action_id, user, option=option))

    def type_command(self, text: str, user: str) -> JSON:
        """What Slack would send if the user typed `/amends text`."""
        return {
            "command": "/amends",
            "text": text,
            "user_id": user,
            "team_id": TEAM,
            "api_app_id": APP,
            "channel_id": "C0ELSE",
            "trigger_id": f"trigger-{next(self._numbers)}",
            "response_url": f"{self.url}/response/command",
            "token": "unused",
        }

    def use_shortcut(self, callback: str, text: str, user: str) -> JSON:
        """What Slack would send if the user chose a shortcut on a message."""
        return {
            "type": "message_action",
            "callback_id": callback,
            "user": self._who(user),
            "team": {"id": TEAM, "domain": "loopback"},
            "channel": {"id": "C0ELSE", "name": "elsewhere"},
            "message": {"type": "message", "text": text, "ts": self._ts(), "user": user},
            "trigger_id": f"trigger-{next(self._numbers)}",
            "response_url": f"{self.url}/response/shortcut",
            "api_app_id": APP,
            "token": "unused",
        }

    def open_home(self, user: str, tab: str = "home") -> JSON:
        """What Slack would send if the user opened the app's page."""
        return {
            "type": "event_callback",
            "event_id": f"Ev{next(self._numbers)}",
            "team_id": TEAM,
            "api_app_id": APP,
            "event": {"type": "app_home_opened", "user": user, "tab": tab, "channel": "D0"},
        }

    def form(self, user: str, callback: str) -> OpenForm:
        """The open form of that kind at the user's, as soon as it is there."""

        def found() -> list[OpenForm]:
            return [
                form
                for form in list(self.forms.values())
                if form.open and form.user == user and form.view["callback_id"] == callback
            ]

        self.until(found, f"the form {callback}")
        return found()[-1]

    def submit(self, form: OpenForm, values: Mapping[str, str] | None = None) -> JSON:
        """Fill in the form and send it off; fields that are not named keep what stands in them.

        Returns:
            What the app answered: {} where the form closes.

        Raises:
            ValueError: Slack itself would not let this be sent.
        """
        filled = dict(values or {})
        state = {
            block["block_id"]: {
                block["element"]["action_id"]: _fill(block, filled.pop(block["block_id"], None))
            }
            for block in form.view["blocks"]
            if block["type"] == "input"
        }
        if filled or "submit" not in form.view:
            raise ValueError(f"this form has no such fields, or cannot be submitted: {filled}")
        view = {**form.view, "id": form.id, "hash": form.hash, "state": {"values": state}}
        payload = {
            "type": "view_submission",
            "team": {"id": TEAM, "domain": "loopback"},
            "user": self._who(form.user),
            "api_app_id": APP,
            "token": "unused",
            "trigger_id": f"trigger-{next(self._numbers)}",
            "view": view,
            "response_urls": [],
        }
        answered = self.push("interactive", payload)
        match answered.get("response_action"):
            case "errors":
                assert set(answered["errors"]) <= set(state), (
                    "an error at a field that is not there"
                )
            case "update":
                with self.lock:
                    self._keep(form.id, form.user, answered["view"])
            case _:
                form.open = False
        return answered

    def _who(self, user: str) -> JSON:
        name = self.users.get(user, {}).get("name", "stranger")
        return {"id": user, "username": name, "name": name, "team_id": TEAM}


def _arguments(request: Request) -> JSON:
    """A call's arguments, whether they came as JSON or as a form."""
    if "json" in request.headers.get("content-type", ""):
        body = request.json()
        assert isinstance(body, dict)
        return body
    form: JSON = {**request.query, **request.form()}
    for name in ("blocks", "view", "files", "metadata"):
        if isinstance(form.get(name), str):
            form[name] = json.loads(form[name])
    return form


def _named(blocks: Iterable[JSON]) -> list[JSON]:
    """Slack names the blocks that have no name."""
    return [{"block_id": f"b{place}", **block} for place, block in enumerate(blocks)]


def _find_element(message: JSON, action_id: str) -> tuple[JSON, JSON]:
    for block in message["blocks"]:
        accessory = [block["accessory"]] if "accessory" in block else []
        for element in [*block.get("elements", []), *accessory]:
            if element.get("action_id") == action_id:
                return block, element
    raise KeyError(f"there is no {action_id} on this message")


def _fill(block: JSON, value: str | None) -> JSON:
    """A field's state, as Slack's own form would let it be sent."""
    element = block["element"]
    if element["type"] == "plain_text_input":
        text = element.get("initial_value") if value is None else value
        if not text and not block.get("optional"):
            raise ValueError(f"{block['block_id']} must be filled in")
        if len(text or "") > element.get("max_length", 3000):
            raise ValueError(f"{block['block_id']} is too long")
        return {"type": "plain_text_input", "value": text or None}
    if element["type"] == "users_select":
        user = element.get("initial_user") if value is None else value
        return {"type": "users_select", "selected_user": user or None}
    if element["type"] == "multi_users_select":
        users = element.get("initial_users", []) if value is None else value.split()
        if not users and not block.get("optional"):
            raise ValueError(f"{block['block_id']} must be filled in")
        return {"type": "multi_users_select", "selected_users": users}
    if element["type"] == "checkboxes":
        initial = [item["value"] for item in element.get("initial_options", [])]
        wanted = initial if value is None else value.split()
        options = [item for item in element["options"] if item["value"] in wanted]
        if len(options) < len(wanted) or (not options and not block.get("optional")):
            raise ValueError(f"{block['block_id']}: choose among the options")
        return {"type": "checkboxes", "selected_options": options}
    chosen = next((item for item in element["options"] if item["value"] == value), None)
    if chosen is None and (value is not None or not block.get("optional")):
        raise ValueError(f"{block['block_id']}: choose one of the options")
    return {"type": element["type"], "selected_option": chosen}
