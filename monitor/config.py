"""config.toml -> frozen settings, with messages that say what is wrong, where, and what to do.

Reads the file with the standard library and checks it with pydantic. Every problem is found at
once; a message shows what was found except where that could be a secret.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from connectors import registry
from connectors.settings import WITHOUT_SECRETS, ConnectorSettings, Secret, Table
from responders.money import Money, parse_money
from responders.policy import Brand, CreditPolicy, Policy

#: A settings file is some hundred lines; anything far larger is another file by mistake.
MAX_FILE_BYTES = 1024 * 1024

_SECRET_KEY = re.compile(r"token|secret|password|key|users", re.IGNORECASE)
#: Where people write a key or a password into an address: before the @, after the question mark.
_ADDRESS_SECRETS = re.compile(r"(?<=://)[^/@\s]+(?=@)|(?<=\?)\S+")
_DURATION = re.compile(r"(?P<number>\d{1,6})\s*(?P<unit>s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
#: A hundred years: a time that long ago is still a date.
LONGEST = timedelta(days=36_500)
#: A customer who wrote nothing for less than this is not silent.
SHORTEST_SILENCE = timedelta(hours=1)
_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_WHEN = re.compile(r"(mon|tue|wed|thu|fri|sat|sun) ([01]\d|2[0-3]):[0-5]\d")


class SettingsError(Exception):
    """The settings cannot be used.

    Attributes:
        problems: One line each: file, key, what was found, what is allowed. Never empty.
    """

    def __init__(self, problems: list[str]) -> None:
        more = f" (and {len(problems) - 1} more: run amends check)" if len(problems) > 1 else ""
        super().__init__(problems[0] + more)
        self.problems = problems


def parse_duration(value: object) -> object:
    """Seconds, minutes, hours or days such as "90s", "30m", "1h", "7d".

    Raises:
        ValueError: it is written differently, or longer than `LONGEST`.
    """
    if not isinstance(value, str):
        return value
    match = _DURATION.fullmatch(value.strip())
    if match is None:
        raise ValueError('write a number and s, m, h or d, such as "30m" or "1h"')
    span = timedelta(seconds=int(match["number"]) * _SECONDS[match["unit"]])
    if span > LONGEST:
        raise ValueError(f'write at most "{LONGEST.days}d"')
    return span


def _hours(value: str) -> str:
    if value and not _HOURS.fullmatch(value):
        raise ValueError('write two times of day, such as "09:00-17:00"')
    return value


def _quiet_hours(value: str) -> str:
    begin, _, end = _hours(value).partition("-")
    if value and begin == end:
        raise ValueError(
            "nothing would ever be sent, as the quiet never ends; write two different times, "
            'such as "22:00-07:00", or "" for never'
        )
    return value


def _silence(value: timedelta) -> timedelta:
    if value < SHORTEST_SILENCE:
        raise ValueError(
            "what waits for customers would be cancelled before they could write; "
            'write at least "1h", such as "14d"'
        )
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError('write a time zone of the tz database, such as "Europe/Berlin"') from error
    return value


def _time(value: str) -> str:
    if value and not _TIME.fullmatch(value):
        raise ValueError('write a time of day, such as "09:00", or "" for none')
    return value


def _when(value: str) -> str:
    if value and not _WHEN.fullmatch(value):
        raise ValueError('write a day and a time in the brand\'s time zone, such as "mon 08:00"')
    return value


def _money(value: object) -> object:
    return parse_money(value) if isinstance(value, str) else value


def _language(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2}", value):
        raise ValueError('write two small letters (ISO 639-1), such as "de"')
    return value


def _link(value: str) -> str:
    """A page that customers are sent to."""
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise ValueError('write a whole address such as "https://shop.example/returns"')
    return value


def _private_address(value: str) -> str:
    """An address where customers' posts may be sent: nobody can read them on the way."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError('write an address such as "https://llm.example/v1"')
    if parts.query or parts.fragment or parts.username:
        raise ValueError('write only the address, such as "https://llm.example/v1"')
    if parts.scheme == "http" and not _is_near(parts.hostname):
        raise ValueError("write https: customers' posts must not be readable on the way")
    return value.rstrip("/")


def _is_near(host: str) -> bool:
    """This machine, its network, or a name without dots, as containers call one another."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host


def _market(value: str) -> str:
    if value:
        from monitor.holiday import calendar

        calendar(value)
    return value


Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Hours = Annotated[str, AfterValidator(_hours)]
QuietHours = Annotated[str, AfterValidator(_quiet_hours)]
Silence = Annotated[timedelta, BeforeValidator(parse_duration), AfterValidator(_silence)]
Link = Annotated[str, AfterValidator(_link)]
Zone = Annotated[str, AfterValidator(_zone)]
Amount = Annotated[Money, BeforeValidator(_money)]
Language = Annotated[str, AfterValidator(_language)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
#: Long enough to be one: a single word would excuse every text that holds it.
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=20, max_length=280)]


class BrandTable(Table):
    """One [[brands]] entry."""

    name: Name
    terms: tuple[Name, ...] = ()
    exclude: tuple[Name, ...] = ()
    context: tuple[Name, ...] = ()
    languages: tuple[Language, ...] = ()
    voice: Literal["formal", "familiar"] = "formal"
    signature: str = Field(default="", max_length=40)
    timezone: Zone = "UTC"
    business_hours: Hours = ""  #: deadlines count these hours
    business_days: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri")
    market: Annotated[str, AfterValidator(_market)] = ""  #: whose public holidays count
    products: tuple[Name, ...] = ()
    policy_url: Link = ""
    privacy_url: Link = ""  #: the privacy notice; X wants it in private messages
    contact: str = ""
    facts: tuple[str, ...] = ()
    incident_lines: tuple[Sentence, ...] = ()  #: approved: may be said to everybody alike
    reviewed_only: bool = False  #: offer only texts that somebody has signed off

    def brand(self) -> Brand:
        """The value that the rest of the house knows."""
        return Brand(
            name=self.name,
            terms=self.terms or (self.name,),
            exclude=self.exclude,
            context=self.context,
            languages=self.languages,
            voice=self.voice,
            signature=self.signature,
            timezone=self.timezone,
            business_hours=_pair(self.business_hours),
            products=self.products,
            policy_url=self.policy_url,
            privacy_url=self.privacy_url,
            contact=self.contact,
            facts=self.facts,
            incident_lines=self.incident_lines,
            reviewed_only=self.reviewed_only,
        )


class RouteTable(Table):
    """One [[slack.routes]] entry: cards of this kind stand in another channel."""

    channel: Name
    brands: tuple[Name, ...] = ()
    topics: tuple[Name, ...] = ()
    languages: tuple[Language, ...] = ()
    severities: tuple[Literal["red", "high", "normal", "low"], ...] = ()


class SlackTable(Table):
    """[slack]: where the cards appear."""

    enabled: bool = True
    api_url: str = "https://slack.com/api/"
    bot_token: Secret
    app_token: Secret | None = None  #: Socket Mode
    signing_secret: Secret | None = None  #: HTTP mode
    channel: Name
    mode: Literal["socket", "http"] = "socket"
    host: str = "127.0.0.1"  #: HTTP mode: where Slack's calls arrive, behind a proxy with TLS
    port: int = Field(default=8766, ge=0, le=65_535)
    timeout_seconds: float = Field(default=15.0, gt=0, le=120)
    batch_low: bool = True  #: cases of low severity share one card
    routes: tuple[RouteTable, ...] = ()  #: the first one that fits says where a card stands


class CreditTable(Table):
    """[policy.credit]: what a store credit may cost."""

    suggested: Amount
    cap_per_case: Amount
    monthly_budget: Amount
    codes_file: str = Field(min_length=1)

    def policy(self, folder: Path) -> CreditPolicy:
        """The value that the rest of the house knows."""
        return CreditPolicy(
            suggested=self.suggested,
            cap_per_case=self.cap_per_case,
            monthly_budget=self.monthly_budget,
            codes_file=str(folder / self.codes_file),
        )


class PolicyTable(Table):
    """[policy]: who may agree, and by when."""

    approvers: tuple[Name, ...] = ()
    undo_seconds: int = Field(default=60, ge=0, le=3600)
    response_target: Duration = timedelta(hours=1)
    quiet_hours: QuietHours = ""
    second_approver: bool = False
    credit: CreditTable | None = None

    def policy(self, folder: Path) -> Policy:
        """The value that the rest of the house knows; file names are relative to `folder`."""
        credit = self.credit.policy(folder) if self.credit else None
        return Policy(
            approvers=frozenset(self.approvers),
            undo=timedelta(seconds=self.undo_seconds),
            response_target=self.response_target,
            quiet_hours=_pair(self.quiet_hours),
            second_approver=self.second_approver,
            credit=credit,
        )


class ShiftTable(Table):
    """One [[duty.shifts]] entry: the first one that fits says who is on duty."""

    person: Name
    deputy: str = ""
    days: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    hours: Hours = ""  #: "" is the whole day
    timezone: Zone | None = None  #: the first brand's where absent


class MailTable(Table):
    """[duty.mail]: red flags by mail."""

    host: Name
    port: int = Field(default=587, ge=1, le=65_535)
    sender: Name
    encrypt: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: Secret | None = None
    addresses: Mapping[str, str] = Field(default_factory=dict)  #: person -> address


class DutyTable(Table):
    """[duty]: who is told what, and when."""

    lead: str = ""  #: gets what nobody else has
    remind_before: Duration = timedelta(minutes=15)
    deputy_after: Duration = timedelta(minutes=15)
    return_after: Duration = timedelta(hours=2)
    heartbeat: Annotated[str, AfterValidator(_time)] = ""
    webhook: Secret | None = None
    alive_url: Secret | None = None
    speakers: Mapping[Language, tuple[Name, ...]] = Field(default_factory=dict)
    shifts: tuple[ShiftTable, ...] = ()
    mail: MailTable | None = None


class JudgeTable(Table):
    """[judge]: from which score on a post becomes a case; at most one of the three."""

    threshold: float | None = Field(default=None, gt=0, lt=1)  #: None: the shipped one
    precision: float | None = Field(
        default=None, gt=0, lt=1
    )  #: of what is flagged, so much rightly
    alerts_per_day: float | None = Field(default=None, gt=0, le=100_000)

    @model_validator(mode="after")
    def _one_aim(self) -> Self:
        given = {
            name: value
            for name in ("threshold", "precision", "alerts_per_day")
            if (value := getattr(self, name)) is not None
        }
        if len(given) > 1:
            raise ValueError(
                f"{' and '.join(given)} exclude one another: each says from which score on a post "
                "is flagged; keep one of them"
            )
        return self


class ConsoleTable(Table):
    """[console]: the same cards in a browser."""

    enabled: bool = False
    host: str = "127.0.0.1"
    port: int = Field(default=8765, ge=0, le=65_535)
    users: Mapping[str, str] = Field(default_factory=dict)  #: name -> scrypt hash
    allowed_hosts: tuple[Name, ...] = ()
    tls_cert: str = ""
    tls_key: str = ""
    trusted_proxy: str = ""


class DigestTable(Table):
    """[digest]: when last week's digest is posted."""

    when: Annotated[str, AfterValidator(_when)] = "mon 08:00"
    folder: str = ""  #: where it is written too; "" is nowhere


class DatabaseTable(Table):
    """[database]: where everything is kept."""

    url: str = "sqlite:///amends.db"


class RetentionTable(Table):
    """[retention]: how long texts and names are kept; counts stay."""

    keep: Duration = timedelta(days=365)


class EngineTable(Table):
    """[engine]: how the whole thing runs."""

    shadow: bool = False  #: true: everything but sending
    host: str = Field(default="", max_length=100)  #: this host; the machine's own name where empty
    watch_for: Duration = timedelta(days=7)  #: how long an answered case is read for answers
    watch_every: Duration = timedelta(minutes=5)
    close_after: Silence = timedelta(days=14)  #: of silence, where something waits for them
    cases_since: Duration = timedelta(days=2)  #: older posts are counted and become no cases
    sweep_back: Duration = timedelta(hours=30)  #: read once more each day; "0s" never does


class PlaybooksTable(Table):
    """[playbooks]: a team's own texts."""

    folder: str = ""


class WriterTable(Table):
    """[writer]: a language model that may rephrase drafts; none without this table."""

    api_url: Annotated[str, AfterValidator(_private_address)]
    model: Name
    api_key: Secret | None = None  #: None: the endpoint asks for none
    timeout_seconds: float = Field(default=10.0, gt=0, le=60)


class File(Table):
    """The whole config.toml but the connectors, whose tables belong to their platforms."""

    brands: tuple[BrandTable, ...] = Field(min_length=1)
    slack: SlackTable | None = None
    policy: PolicyTable = PolicyTable()
    duty: DutyTable = DutyTable()
    judge: JudgeTable = JudgeTable()
    console: ConsoleTable = ConsoleTable()
    digest: DigestTable = DigestTable()
    database: DatabaseTable = DatabaseTable()
    retention: RetentionTable = RetentionTable()
    engine: EngineTable = EngineTable()
    playbooks: PlaybooksTable = PlaybooksTable()
    writer: WriterTable | None = None


class Settings(Table):
    """Everything that config.toml says, checked.

    `connectors` holds the enabled platforms only; `brands` is never empty and the first one is
    the default.
    """

    file: File
    connectors: Mapping[str, ConnectorSettings] = Field(default_factory=dict)
    path: Path | None = None  #: None: built-in defaults

    @property
    def folder(self) -> Path:
        """What relative paths in the file are relative to: the file's own folder."""
        return self.path.parent if self.path else Path()

    @property
    def brands(self) -> tuple[Brand, ...]:
        """Every brand, in the file's order."""
        return tuple(table.brand() for table in self.file.brands)

    @property
    def policy(self) -> Policy:
        """The lead's rules."""
        duty = self.file.duty
        return replace(
            self.file.policy.policy(self.folder), speakers=dict(duty.speakers), lead=duty.lead
        )

    @property
    def database_url(self) -> str:
        """The database, with a relative SQLite path made relative to the file's folder."""
        url = self.file.database.url
        path = url.removeprefix("sqlite:///")
        if path == url or path.startswith("/") or self.path is None:
            return url
        return f"sqlite:///{self.folder / path}"

    def brand_of(self, connector: str) -> Brand:
        """The brand that a platform's posts belong to."""
        wanted = self.connectors[connector].brand
        return next((brand for brand in self.brands if brand.name == wanted), self.brands[0])


def load(path: Path, *, secrets: bool = True) -> Settings:
    """Read and check a settings file.

    Args:
        path: The file; secrets come from the environment.
        secrets: False for commands that speak to nobody: a missing secret is then no problem.

    Raises:
        SettingsError: with every problem of the file.
    """
    return check(_read(path), path, secrets=secrets)


def defaults(brand: str = "Customer Care") -> Settings:
    """Settings for the commands that work without a file."""
    return Settings(file=File(brands=(BrandTable(name=brand),)))


def check(raw: dict[str, Any], path: Path, *, secrets: bool = True) -> Settings:
    """Check what was read from a file.

    Raises:
        SettingsError: with every problem of the file.
    """
    context = None if secrets else WITHOUT_SECRETS
    tables = raw.pop("connectors", {})
    problems: list[str] = []
    file = None
    try:
        file = File.model_validate(raw, context=context)
    except ValidationError as error:
        problems += [_message(path, (), detail, File) for detail in _told(error)]
    connectors: dict[str, ConnectorSettings] = {}
    for name, table in _connector_tables(tables, path, problems):
        model = registry.load(name).Settings
        try:
            settings = model.model_validate(table, context=context)
        except ValidationError as error:
            where = ("connectors", name)
            if isinstance(table, dict) and table.get("enabled") is False:
                continue  # a platform that is switched off may be half configured
            problems += [_message(path, where, detail, model) for detail in _told(error)]
        else:
            if settings.enabled:
                connectors[name] = settings
    if file is not None:
        problems += _cross_checks(file, connectors, path)
    if problems or file is None:
        raise SettingsError(problems)
    return Settings(file=file, connectors=connectors, path=path)


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise SettingsError([f"{path} is over 1 MiB: is it really the settings file?"])
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        message = f"{path} does not exist: write one with amends init, or name yours with --config"
        raise SettingsError([message]) from error
    except UnicodeDecodeError as error:
        message = f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8"
        raise SettingsError([message]) from error
    except OSError as error:
        raise SettingsError([f"{path} cannot be read: {error.strerror}"]) from error
    if not text.strip():
        raise SettingsError([f"{path} is empty: write one with amends init"])
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([f"{path} is not valid TOML: {error}"]) from error


def _connector_tables(
    tables: object, path: Path, problems: list[str]
) -> Iterator[tuple[str, object]]:
    if not isinstance(tables, dict):
        problems.append(f"{path}: connectors must be tables, such as [connectors.reddit]")
        return
    for name, table in tables.items():
        if name in registry.PLATFORMS:
            yield name, table
            continue
        problems.append(
            f"{path}: connectors.{name} is no platform{_nearest(name, registry.PLATFORMS)}; "
            f"there are {', '.join(sorted(registry.PLATFORMS))}"
        )


def _cross_checks(
    file: File, connectors: Mapping[str, ConnectorSettings], path: Path
) -> Iterator[str]:
    names = [brand.name for brand in file.brands]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f'{path}: brands: "{name}" stands twice: give each brand a name of its own'
    for platform, settings in connectors.items():
        if settings.brand and settings.brand not in names:
            yield (
                f'{path}: connectors.{platform}.brand: found "{settings.brand}", '
                f"which is none of the brands{_nearest(settings.brand, names)}"
            )
    if "samples" in connectors and len(connectors) > 1:
        yield (
            f"{path}: connectors.samples plays every platform, so what is meant for "
            f"{' and '.join(sorted(set(connectors) - {'samples'}))} could go to it: "
            "enable it alone, or not at all"
        )
    if file.slack:
        yield from _slack_checks(file.slack, names, path)
    if file.policy.credit:
        try:
            file.policy.policy(path.parent)
        except ValueError as error:
            yield f"{path}: policy.credit: {error}"


def _slack_checks(slack: SlackTable, brands: list[str], path: Path) -> Iterator[str]:
    for route in slack.routes:
        for brand in route.brands:
            if brand not in brands:
                yield (
                    f'{path}: slack.routes: found "{brand}", '
                    f"which is none of the brands{_nearest(brand, brands)}"
                )
    if not slack.enabled:
        return
    if slack.mode == "http" and slack.signing_secret is None:
        yield (
            f"{path}: slack.signing_secret is missing: HTTP mode needs it; "
            'write signing_secret = "env:AMENDS_SLACK_SIGNING_SECRET"'
        )
    if slack.mode == "socket" and slack.app_token is None:
        yield (
            f"{path}: slack.app_token is missing: Socket Mode needs it; "
            'write app_token = "env:AMENDS_SLACK_APP_TOKEN"'
        )


def _told(error: ValidationError) -> list[ErrorDetails]:
    """The errors without their echoes: a list is "too short" when its only item is wrong."""
    details = error.errors()
    inner = {detail["loc"][:1] for detail in details if len(detail["loc"]) > 1}
    return [d for d in details if d["type"] != "too_short" or d["loc"] not in inner]


def _message(
    path: Path, where: tuple[str, ...], detail: ErrorDetails, model: type[BaseModel]
) -> str:
    location = (*where, *detail["loc"])
    key = ".".join(str(part) for part in location)
    kind = detail["type"]
    if kind == "extra_forbidden":
        names = _names_at(model, detail["loc"][:-1])
        nearest = _nearest(str(location[-1]), names)
        return f"{path}: {key} is not a known key{nearest}; allowed here: {', '.join(names)}"
    if kind == "missing":
        return f"{path}: {key} is missing{_hint(str(location[-1]))}"
    said = detail["msg"].removeprefix("Value error, ")
    found = detail.get("input")
    shown = ""
    if isinstance(found, str):
        found = _ADDRESS_SECRETS.sub("…", found)
    if isinstance(found, str | int | float | bool) and not _SECRET_KEY.search(key):
        shown = f" found {found!r};" if len(repr(found)) <= 60 else f" found {repr(found)[:57]}…;"
    return f"{path}: {key}:{shown} {said[:1].lower()}{said[1:]}"


def _hint(key: str) -> str:
    if _SECRET_KEY.search(key):
        return f': write {key} = "env:NAME" and put the secret into that environment variable'
    return ": add it (config.example.toml shows how)"


def _names_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys that the table at `loc` allows; connectors stand beside the fields of File."""
    for part in loc:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        inner = field and _model_in(field.annotation)
        if inner:
            model = inner
    return sorted([*model.model_fields, *(["connectors"] if model is File else [])])


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found:
            return found
    return None


def _nearest(name: str, names: object) -> str:
    known = [str(known) for known in names] if isinstance(names, list | dict | tuple) else []
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f' (did you mean "{close[0]}"?)' if close else ""


def _pair(hours: str) -> tuple[str, str] | None:
    start, _, end = hours.partition("-")
    return (start, end) if hours else None
