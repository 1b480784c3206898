"""The platform's own mail that came back: who cannot be told, kept as one entry an address. Nobody is judged by it."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from provisioner.model.event import Event, Kind

FORGOTTEN_AFTER = timedelta(days=60)  # since mail to the address last came back
MOST = 1000  # addresses; the newest stay

# A delay, an answer from a holiday and a "not spam" are no sign that nobody reads the address.
_COMES_BACK = frozenset(Kind) - {
    Kind.AUTO_REPLY,
    Kind.DELAY,
    Kind.DELIVERY,
    Kind.IGNORED_COMPLAINT,
    Kind.OTHER,
}


class Undelivered(msgspec.Struct, frozen=True, kw_only=True):
    """One address that mail of the platform came back from. An empty one: SES did not say whose it was."""

    address: str
    kind: Kind
    status: str = ""
    reason: str = ""  # what the receiving server said; text of strangers
    last: datetime
    noted: datetime  # when ``last`` was read from the queue
    days: tuple[str, ...]  # on which mail came back: a message that is read twice adds none
    tenants: tuple[str, ...] = ()  # whose contact it is
    operator: bool = False  # the operator's own address


class Whose(msgspec.Struct, frozen=True, kw_only=True):
    """Who is told at an address, by the manifests."""

    tenants: tuple[str, ...] = ()
    operator: bool = False


def merge(known: Iterable[Undelivered], events: Iterable[Event], now: datetime) -> tuple[Undelivered, ...]:
    """Add what came back. The same events again, or in another order, change nothing."""
    found = {one.address: one for one in known}
    for event in sorted(events, key=lambda event: (event.at, event.id)):
        if event.kind in _COMES_BACK:
            found[event.recipient] = _with(found.get(event.recipient), event, now)
    return tuple(found[address] for address in sorted(found))


def _with(known: Undelivered | None, event: Event, now: datetime) -> Undelivered:
    # A clock that runs ahead must not keep an address here for years.
    at = datetime.fromtimestamp(min(event.at, event.arrived) / 1000, UTC)
    day = f"{at:%Y-%m-%d}"
    if known is None:
        known = Undelivered(address=event.recipient, kind=event.kind, last=at, noted=now, days=())
        return msgspec.structs.replace(known, status=event.status, reason=event.diagnostic, days=(day,))
    days = tuple(sorted({*known.days, day}))
    if at <= known.last:
        return msgspec.structs.replace(known, days=days)
    known = msgspec.structs.replace(known, last=at, noted=now, days=days)
    if event.kind is Kind.ECHO:  # SES did not even try; why not, the bounce before it said
        return known
    return msgspec.structs.replace(known, kind=event.kind, status=event.status, reason=event.diagnostic)


def settle(
    known: Iterable[Undelivered], whose: Mapping[str, Whose], now: datetime, *, everybody: bool
) -> tuple[Undelivered, ...]:
    """Say whose each address is, and let go of what nobody is told at any more, or has been quiet for 60 days.

    ``everybody`` False: not every manifest could be read, so nothing is let go of for having no owner.
    """
    kept = []
    for one in known:
        if one.last <= now - FORGOTTEN_AFTER:
            continue
        owner = whose.get(one.address)
        if owner is None and one.address and everybody:
            continue
        mine = owner or Whose()
        if not everybody:
            tenants = tuple(sorted({*one.tenants, *mine.tenants}))
            mine = Whose(tenants=tenants, operator=one.operator or mine.operator)
        since = f"{now - FORGOTTEN_AFTER:%Y-%m-%d}"
        days = tuple(day for day in one.days if day >= since)
        kept.append(msgspec.structs.replace(one, tenants=mine.tenants, operator=mine.operator, days=days))
    newest = sorted(kept, key=lambda one: (one.last, one.address), reverse=True)[:MOST]
    return tuple(sorted(newest, key=lambda one: one.address))
