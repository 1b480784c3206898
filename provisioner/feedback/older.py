"""Facts as earlier versions wrote them: never written any more, read as long as an object may hold them."""

from collections.abc import Iterator

import msgspec

from provisioner.model.event import Event, Kind

_ID = 12  # characters of an event id


class Deliveries1(msgspec.Struct, frozen=True, array_like=True):
    """A row of deliveries in schema 1: all columns as text and lists of numbers."""

    since: int
    domains: list[str]
    counts: list[int]
    ids: str
    locals: list[str]
    at: list[int]
    lags: list[int]

    @property
    def is_whole(self) -> bool:
        """Whether the columns have the same length."""
        size = len(self.locals)
        same = len(self.at) == len(self.lags) == size and len(self.ids) == _ID * size
        return same and len(self.domains) == len(self.counts) and sum(self.counts) == size

    def events(self) -> Iterator[Event]:
        """Yield plain events, without message ids."""
        domains = (domain for domain, count in zip(self.domains, self.counts, strict=True) for _ in range(count))
        ids = (self.ids[i : i + _ID] for i in range(0, len(self.ids), _ID))
        for id_, local, domain, offset, lag in zip(ids, self.locals, domains, self.at, self.lags, strict=True):
            at = self.since + offset
            yield Event(Kind.DELIVERY, id_, at, at + lag, "", f"{local}@{domain}")
