"""Finds the facts that an audit has not judged yet: whole days shared by many tenants, listed in one pass."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from provisioner.conduct.documents import DocumentError
from provisioner.feedback.deliveries import Deliveries
from provisioner.feedback.facts import decode_rows
from provisioner.feedback.keys import FACTS, facts_prefix
from provisioner.model.event import Event
from provisioner.ports import Archive

# An object is named before it is put, and a put may be retried for minutes: what is named so much before the
# watermark may have appeared only after it, so it is read again. An event counts once, by its id.
OVERLAP = timedelta(hours=1)
# A tenant never judged before. Objects older than this have left every window.
FIRST = timedelta(days=400)
_FEW = 3  # up to so many tenants are listed one by one
_CLOCK = 9  # digits of a key's time of day: HHMMSS and milliseconds


def position(tenant: str, at: datetime) -> str:
    """Where an object stored at ``at`` sorts: a watermark for a tenant that has nothing newer."""
    utc = at.astimezone(UTC)
    return f"{facts_prefix(tenant, utc)}{utc:%H%M%S}{utc.microsecond // 1000:03d}"


def moment(watermark: str) -> datetime | None:
    """When the object that ``watermark`` names was stored; None for an empty watermark."""
    if not watermark:
        return None
    try:
        _, day, _, name = watermark.split("/")
        return datetime.fromisoformat(f"{day}T{name[:6]}.{name[6:_CLOCK]}+00:00")  # strptime takes ten times longer
    except ValueError as err:
        raise DocumentError(
            f"the watermark {watermark!r} names no facts", hint="restore an earlier version of the standing"
        ) from err


def advance(watermark: str, tenant: str, keys: Iterable[str], now: datetime) -> str:
    """The watermark after judging ``keys`` at ``now``; it never goes back."""
    return max([watermark, position(tenant, now), *keys], key=lambda key: (moment(key) or _EPOCH, key))


def overlapping(tenant: str, keys: Iterable[str], watermark: str) -> tuple[str, ...]:
    """Those of a tenant's ``keys`` that will be listed once more from ``watermark`` on."""
    since = position(tenant, (moment(watermark) or _EPOCH) - OVERLAP)
    return tuple(key for key in keys if key >= since)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def new_keys(archive: Archive, watermarks: Mapping[str, str], now: datetime) -> dict[str, list[str]]:
    """Per tenant, the keys of facts from just before its watermark on, oldest first."""
    since = {tenant: max(moment(mark) or now - FIRST, now - FIRST) - OVERLAP for tenant, mark in watermarks.items()}
    if len(since) <= _FEW:
        return {tenant: list(_range(archive, [tenant], at)) for tenant, at in since.items()}
    start = {tenant: position(tenant, at) for tenant, at in since.items()}
    found: dict[str, list[str]] = defaultdict(list)
    for key in _range(archive, sorted(since, key=_in_keys), min(since.values())):
        tenant = key.split("/")[2]
        if tenant in start and key >= start[tenant]:
            found[tenant].append(key)
    return {tenant: found[tenant] for tenant in since}


def _range(archive: Archive, tenants: Sequence[str], since: datetime) -> Iterator[str]:
    """Keys from ``since`` on of every tenant from the first to the last of ``tenants``, day by day.

    A day's listing is left at the first key beyond the last tenant; days without objects are skipped over.
    """
    first, last = _in_keys(tenants[0]), _in_keys(tenants[-1])
    day = since.astimezone(UTC).strftime("%Y-%m-%d")
    start = position(tenants[0], since)
    while True:
        following = None
        for key in archive.keys(f"{FACTS}/", start):
            _, key_day, tenant, _ = key.split("/", 3)
            place = _in_keys(tenant)
            if key_day == day and first <= place <= last:
                yield key
            elif key_day > day or place > last:
                following = key_day if key_day > day else _next_day(day)
                break
        if following is None:
            return
        day = following
        start = f"{FACTS}/{day}/{first}"


def _in_keys(tenant: str) -> str:
    """A tenant as it stands in keys, to sort by: all of ``site-2/`` comes before ``site/``."""
    return f"{tenant}/"


def _next_day(day: str) -> str:
    return (datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=1)).strftime("%Y-%m-%d")


def read_rows(
    archive: Archive, tenant: str, keys: Sequence[str], at_hand: Mapping[str, bytes] = MappingProxyType({})
) -> Iterator[Event | Deliveries]:
    """What some facts hold, object by object, deliveries by the row, which is what the rules read fastest.

    Those ``at_hand`` are not fetched. Raises InnkeeperError for an object that is not whole.
    """
    for key in keys:
        if key in at_hand:
            yield from decode_rows(at_hand[key], name=key, tenant=tenant)
            continue
        stored = archive.get(key)
        if stored is None:
            raise DocumentError(
                f"{key} was listed but is gone", hint="feedback is never deleted before its time: look who did"
            )
        yield from decode_rows(stored.body, name=key, tenant=tenant)
