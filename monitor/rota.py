"""The lead's rules for duty, made from the settings."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

from monitor.config import BrandTable, Day, DutyTable, Settings
from monitor.duty import Channel, Plan
from monitor.holiday import calendar
from monitor.pager import Mail, Webhook, call_alive
from responders.duty import Hours, Roster, Shift, never

#: A platform that is read every few seconds may be silent for so long.
_PATIENCE = timedelta(minutes=15)
_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def roster(settings: Settings) -> Roster:
    """Who is on duty, as the file says."""
    duty = settings.file.duty
    zone = settings.file.brands[0].timezone
    shifts = (
        Shift(
            person=shift.person,
            deputy=shift.deputy,
            hours=Hours(
                zone=shift.timezone or zone, between=_pair(shift.hours), days=_numbers(shift.days)
            ),
        )
        for shift in duty.shifts
    )
    return Roster(shifts=tuple(shifts), lead=duty.lead)


def plan(
    settings: Settings,
    *,
    roster: Callable[[], Roster],
    holds: Callable[[], bool],
    active: Callable[[str], bool] | None,
) -> Plan:
    """When the team is there, and who is told what.

    Args:
        settings: The whole file.
        roster: Who is on duty, as it counts at the moment.
        holds: Whether nothing is sent, on purpose.
        active: Whether a Slack account is active; None: nobody can be asked.
    """
    duty = settings.file.duty
    zone = settings.file.brands[0].timezone
    return Plan(
        roster=roster,
        hours={brand.name: hours(brand) for brand in settings.file.brands},
        zone=zone,
        remind_before=duty.remind_before,
        deputy_after=duty.deputy_after,
        held_for=duty.return_after,
        close_after=settings.file.engine.close_after,
        heartbeat=duty.heartbeat,
        channels=_channels(duty),
        active=active,
        holds=holds,
        alive=partial(call_alive, duty.alive_url.get_secret_value()) if duty.alive_url else None,
        patience={
            name: max(_PATIENCE, 3 * timedelta(seconds=table.every_seconds))
            for name, table in settings.connectors.items()
        },
    )


def hours(brand: BrandTable) -> Hours:
    """When a brand's team is there: always, unless the file says otherwise."""
    between = _pair(brand.business_hours)
    return Hours(
        zone=brand.timezone,
        between=between,
        days=_numbers(brand.business_days if between else _DAYS),
        holiday=calendar(brand.market) if brand.market else never,
    )


def _channels(duty: DutyTable) -> Mapping[str, Channel]:
    found: dict[str, Channel] = {}
    if duty.mail is not None:
        table = duty.mail
        found["mail"] = Mail(
            host=table.host,
            port=table.port,
            sender=table.sender,
            addresses=dict(table.addresses),
            user=table.user,
            password=table.password.get_secret_value() if table.password else "",
            encrypt=table.encrypt,
        )
    if duty.webhook is not None:
        found["webhook"] = Webhook(url=duty.webhook.get_secret_value())
    return found


def _numbers(days: tuple[Day, ...]) -> frozenset[int]:
    return frozenset(_DAYS.index(day) for day in days)


def _pair(hours: str) -> tuple[str, str] | None:
    start, _, end = hours.partition("-")
    return (start, end) if hours else None
