"""Deliveries in columns: nearly all events are deliveries, and all a rule asks of one is who, when, and which one.

A row holds up to a thousand, sorted by domain. What is left out of each is its message id, which the raw records
keep; everything else comes back as it was.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, repeat

import msgspec

from provisioner.model.event import Event, Kind

ROW = 1000  # deliveries
ID = 12  # characters of an event id


class Deliveries(msgspec.Struct, frozen=True, array_like=True):
    """Up to a thousand deliveries of one tenant, sorted by domain.

    ``domains`` and ``counts`` belong together: the first ``counts[0]`` deliveries went to ``domains[0]``, and so on.
    ``ids`` is all ids in one text, twelve characters each. ``at`` and ``lags`` are milliseconds: when each one
    happened, counted from ``since``, and how long after that its event arrived.
    """

    since: int
    domains: list[str]
    counts: list[int]
    ids: str
    locals: list[str]
    at: list[int]
    lags: list[int]

    def __len__(self) -> int:
        return len(self.locals)

    @property
    def is_whole(self) -> bool:
        """Whether the columns have the same length."""
        size = len(self.locals)
        same = len(self.at) == len(self.lags) == size and len(self.ids) == ID * size
        return same and len(self.domains) == len(self.counts) and sum(self.counts) == size

    def each_id(self) -> list[str]:
        """The ids, in order."""
        return [self.ids[i : i + ID] for i in range(0, len(self.ids), ID)]

    def each_domain(self) -> Iterator[str]:
        """The domain of every delivery, in order."""
        for domain, count in zip(self.domains, self.counts, strict=True):
            yield from repeat(domain, count)

    def events(self) -> Iterator[Event]:
        """Yield plain events, without message ids."""
        columns = zip(self.each_id(), self.locals, self.each_domain(), self.at, self.lags, strict=True)
        for id_, local, domain, offset, lag in columns:
            at = self.since + offset
            yield Event(Kind.DELIVERY, id_, at, at + lag, "", f"{local}@{domain}")


def can_fold(event: Event) -> bool:
    """Whether a row keeps all of it but the message id: an ordinary delivery to a known address."""
    ordinary = event.kind is Kind.DELIVERY and not (event.simulator or event.status or event.subtype)
    return (
        ordinary and not event.diagnostic and "@" in event.recipient and len(event.id) == ID and event.recipients == 1
    )


def fold(events: Iterable[Event]) -> Iterator[Deliveries]:
    """Put deliveries (those that ``can_fold``) into rows; the same set in any order gives the same rows."""
    pairs = sorted((*_split(event), event.at, event.id, event) for event in events)
    waiting = iter(pairs)
    while row := list(islice(waiting, ROW)):
        yield _row(row)


def _row(sorted_: Sequence[tuple[str, str, int, str, Event]]) -> Deliveries:
    counts = Counter(domain for domain, *_ in sorted_)
    since = min(at for _, _, at, _, _ in sorted_)
    return Deliveries(
        since=since,
        domains=list(counts),
        counts=list(counts.values()),
        ids="".join(id_ for _, _, _, id_, _ in sorted_),
        locals=[local for _, local, *_ in sorted_],
        at=[at - since for _, _, at, _, _ in sorted_],
        lags=[event.arrived - at for _, _, at, _, event in sorted_],
    )


def _split(event: Event) -> tuple[str, str]:
    local, _, domain = event.recipient.rpartition("@")
    return domain, local
