"""Times as the rules count them: whole milliseconds since 1970, UTC, taken from the events themselves.

When an event counts: at the time SES states, unless that lies more than 14 days before or one day after its
arrival. No queue of ours keeps a message longer, so such a stamp is wrong, or the event was lost for weeks;
either way it counts when it arrives, once.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
LATEST = 14 * DAY
AHEAD = DAY
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = tuple(f":{second // 60:02d}:{second % 60:02d}" for second in range(3600))  # of an hour; a standing
_MILLISECONDS = tuple(f".{rest:03d}Z" for rest in range(1000))  # holds thousands of stamps
_MILLISECOND = timedelta(milliseconds=1)


def counted_at(at: int, arrived: int) -> int:
    """When an event counts."""
    return at if -AHEAD <= arrived - at <= LATEST else arrived


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970; ``moment`` carries its zone."""
    return (moment - _EPOCH) // _MILLISECOND


def to_datetime(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


def stamp(ms: int) -> str:
    """``2026-11-16T10:00:00.123Z``, as SES writes it."""
    hour, rest = divmod(ms, HOUR)
    return _hour_name(hour) + _SECONDS[rest // SECOND] + _MILLISECONDS[rest % SECOND]


def from_stamp(text: str) -> int:
    return to_ms(datetime.fromisoformat(text))


@lru_cache(maxsize=1024)
def _hour_name(hour: int) -> str:
    return f"{day_name(hour // 24)}T{hour % 24:02d}"


@lru_cache(maxsize=1024)
def day_name(day: int) -> str:
    """The date of a day counted from 1970."""
    return to_datetime(day * DAY).date().isoformat()


def day_number(name: str) -> int:
    return to_ms(datetime.fromisoformat(name).replace(tzinfo=UTC)) // DAY
