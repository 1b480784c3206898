"""Dates, numbers and names as people write them: no locale, so that the same data gives the same bytes."""

from datetime import UTC, datetime

from provisioner.model.standing import Enforcement, State

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip

STATES = {
    State.GOOD.value: "Good",
    State.WARNED.value: "Warned",
    State.SUSPENDED.value: "Suspended",
    State.TERMINATED.value: "Terminated",
}

# What a number of a rule is called on a page. Anything else is shown by its own name, underscores as spaces.
_NUMBERS = {
    "sends": "mails sent",
    "deliveries": "mails delivered",
    "recipients": "different recipients",
    "window_days": "days looked at",
    "window_hours": "hours looked at",
    "share": "rate",
    "domain": "recipient domain",
}


def day(moment: datetime) -> str:
    """``25 November 2026`` (UTC)."""
    utc = moment.astimezone(UTC)
    return f"{utc.day} {_MONTHS[utc.month - 1]} {utc.year}"


def time(moment: datetime) -> str:
    """``25 November 2026, 12:26 UTC``."""
    return f"{day(moment)}, {moment.astimezone(UTC):%H:%M} UTC"


def number(value: float) -> str:
    """``12,000``; at most two decimals."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")


def percent(rate: float) -> str:
    """A rate of 0 to 1 as ``2.45 %``: two decimals, because complaints are counted in tenths of a percent."""
    return f"{rate * 100:.2f}".rstrip("0").rstrip(".") + "\u00a0%"


def plural(count: int, one: str, many: str) -> str:
    """``1 address``, ``12,000 addresses``."""
    return f"{number(count)} {one if count == 1 else many}"


def label(name: str) -> str:
    """What the number ``name`` of a rule is called on a page."""
    return _NUMBERS.get(name, name.replace("_", " "))


def is_rate(name: str) -> bool:
    """Whether the number ``name`` is a share of 0 to 1."""
    return name.endswith(("rate", "share", "fraction"))


def quantity(name: str, value: float | str) -> str:
    """The number ``name`` of a rule as a person reads it."""
    if isinstance(value, str):
        return value
    return percent(value) if is_rate(name) else number(value)


def switched_off(enforcement: Enforcement | None, since: datetime | None) -> bool:
    """Whether reading back from AWS has shown every lever closed, after the decision of ``since``."""
    return enforcement is not None and enforcement.complete and (since is None or enforcement.at >= since)
