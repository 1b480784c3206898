"""The times in SES's messages: documented as ``2026-11-16T00:00:00.000Z``, seen in half a dozen other forms."""

import re
from datetime import UTC, datetime
from functools import lru_cache

MINUTE = 60_000
DAY = 86_400_000
LONGEST = 64  # characters of a stamp

_STAMP = re.compile(
    r"\s*(\d{4})-(\d\d)-(\d\d)[Tt ]\s*(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?"
    r"\s*([Zz]|UTC|GMT|[+-]\d\d:?(?:\d\d)?)?\s*",
    re.ASCII,
)


def to_millis(text: str) -> int | None:
    """Milliseconds since 1970 (UTC), or None if no time can be read. Without a zone it is taken as UTC."""
    match = _STAMP.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    midnight = _midnight(year, month, day)
    hours, minutes, seconds = int(hour), int(minute), int(second or 0)
    if midnight is None or hours >= 24 or minutes >= 60 or seconds > 60:  # noqa: PLR2004 - 60: a leap second
        return None
    millis = int(fraction.ljust(3, "0")[:3]) if fraction else 0
    return midnight + ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis - _offset(zone)


def is_far(at: int, arrived: int) -> bool:
    """Whether an event's time is more than a day off its arrival."""
    return abs(arrived - at) > DAY


@lru_cache(maxsize=512)
def _midnight(year: str, month: str, day: str) -> int | None:
    try:
        return int(datetime(int(year), int(month), int(day), tzinfo=UTC).timestamp()) * 1000
    except ValueError:
        return None


def _offset(zone: str | None) -> int:
    """Milliseconds east of Greenwich."""
    if not zone or zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "")
    away = (int(digits[:2]) * 60 + int(digits[2:] or 0)) * MINUTE
    return away if zone[0] == "+" else -away
