"""Deliveries in columns: nearly all events are deliveries, and all a rule asks of one is who, when, and which one.

A row holds up to a thousand, sorted by domain. What is left out of each is its message id, which the raw records
keep; everything else comes back as it was. Numbers and ids are columns of fixed width, so that a rule can look at
the few it needs and leave the rest as bytes.
"""

import re
import sys
from array import array
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice, repeat
from operator import itemgetter

import msgspec

from provisioner.model.event import Event, Kind

ROW = 1000  # deliveries
ID = 12  # characters of an event id
ID_BYTES = 9  # what they stand for
_NUMBER = 4  # bytes of a number
_DAY = 24 * 60 * 60 * 1000
LAGS = range(-_DAY, 14 * _DAY + 1)  # a row's: such a delivery counts when it happened, see rules/clock.py
_SPAN = 24 * _DAY  # milliseconds a row may reach over: its offsets fit in four bytes
_is_id = re.compile(r"[A-Za-z0-9_-]{12}").fullmatch

_Pair = tuple[int, str, str, int, str, Event]  # span, domain, local part, when, id


class Deliveries(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Up to a thousand deliveries of one tenant, sorted by domain, local part and time.

    ``domains`` and ``counts`` belong together: the first ``counts[0]`` deliveries went to ``domains[0]``, and so on.
    ``ids`` is nine bytes each, ``at`` and ``lags`` four (read them with ``offsets`` and ``delays``): milliseconds,
    when each one happened, counted from ``since``, and how long after that its event arrived. The first happened at
    ``since``, the last at ``until``.
    """

    since: int
    until: int
    domains: list[str]
    counts: list[int]
    ids: bytes
    locals: list[str]
    at: bytes
    lags: bytes

    def __len__(self) -> int:
        return len(self.locals)

    @property
    def is_whole(self) -> bool:
        """Whether the columns have the same length."""
        size = len(self.locals)
        same = len(self.at) == len(self.lags) == _NUMBER * size and len(self.ids) == ID_BYTES * size
        return same and len(self.domains) == len(self.counts) and sum(self.counts) == size

    def offsets(self) -> "array[int]":
        """When each happened, counted from ``since``."""
        return _numbers("I", self.at)

    def delays(self) -> "array[int]":
        """How long after that its event arrived."""
        return _numbers("i", self.lags)

    def each_id(self) -> list[str]:
        """The ids, in order."""
        ids = urlsafe_b64encode(self.ids).decode()
        return [ids[i : i + ID] for i in range(0, len(ids), ID)]

    def each_domain(self) -> Iterator[str]:
        """The domain of every delivery, in order."""
        for domain, count in zip(self.domains, self.counts, strict=True):
            yield from repeat(domain, count)

    def events(self) -> Iterator[Event]:
        """Yield plain events, without message ids."""
        columns = zip(self.each_id(), self.locals, self.each_domain(), self.offsets(), self.delays(), strict=True)
        for id_, local, domain, offset, lag in columns:
            at = self.since + offset
            yield Event(Kind.DELIVERY, id_, at, at + lag, "", f"{local}@{domain}")


def can_fold(event: Event) -> bool:
    """Whether a row keeps all of it but the message id: an ordinary delivery to a known address."""
    ordinary = event.kind is Kind.DELIVERY and not (event.simulator or event.status or event.subtype)
    return (
        ordinary
        and not event.diagnostic
        and "@" in event.recipient
        and event.recipients == 1
        and event.arrived - event.at in LAGS
        and _is_id(event.id) is not None
    )


def fold(events: Iterable[Event]) -> Iterator[Deliveries]:
    """Put deliveries (those that ``can_fold``) into rows; the same set in any order gives the same rows."""
    pairs = sorted((event.at // _SPAN, *_split(event), event.at, event.id, event) for event in events)
    for _, span in groupby(pairs, key=itemgetter(0)):
        while row := list(islice(span, ROW)):
            yield _row(row)


def _row(sorted_: Sequence[_Pair]) -> Deliveries:
    counts = Counter(domain for _, domain, *_ in sorted_)
    times = [at for _, _, _, at, _, _ in sorted_]
    since = min(times)
    return Deliveries(
        since=since,
        until=max(times),
        domains=list(counts),
        counts=list(counts.values()),
        ids=urlsafe_b64decode("".join(id_ for _, _, _, _, id_, _ in sorted_)),
        locals=[local for _, _, local, *_ in sorted_],
        at=_bytes("I", [at - since for at in times]),
        lags=_bytes("i", [event.arrived - at for _, _, _, at, _, event in sorted_]),
    )


def _split(event: Event) -> tuple[str, str]:
    local, _, domain = event.recipient.rpartition("@")
    return domain, local


def _numbers(kind: str, raw: bytes) -> "array[int]":
    """Numbers of four bytes, lowest first, on any machine."""
    numbers = array(kind, raw)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _bytes(kind: str, values: Sequence[int]) -> bytes:
    numbers = array(kind, values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()
