"""Fold events into the memory: one pass, constant memory, the delivery's path as short as Python allows.

Deliveries are nearly everything a good tenant causes, so they are handled by the thousand: sorted into hours in
one plain loop, then hashed and counted in C. Everything else goes one by one through a table.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from zlib import crc32

from provisioner.model.event import Event, Kind
from provisioner.rules.addresses import PROVIDERS, domain_of, usable
from provisioner.rules.clock import AHEAD, DAY, HOUR, LATEST, counted_at
from provisioner.rules.memory import Memory
from provisioner.rules.sample import MARK, Sample, token

CHUNK = 8_192
_FINAL = (Kind.HARD, Kind.POLICY, Kind.SOFT, Kind.CONTENT, Kind.UNDETERMINED)


class Windows:
    """How far back each part of the memory reaches, in milliseconds since 1970."""

    def __init__(self, now: int, *, soft_days: int, count_days: int, history_days: int) -> None:
        self.now = now
        self.count = now - count_days * DAY
        self.soft = min(now - soft_days * DAY, self.count)
        self.history = now - history_days * DAY
        self.newest = now + 2 * DAY  # beyond: no clock is that wrong, the stamp is


class Fold:
    """One judgement's reading of events. Call ``absorb``, then ``settle``."""

    def __init__(self, memory: Memory, windows: Windows, *, drill: bool = False) -> None:
        self.memory = memory
        self.windows = windows
        self.drill = drill
        self.table: dict[Kind, Callable[[Event, int], None]] = {
            Kind.HARD: self._hard,
            Kind.SOFT: self._soft,
            Kind.COMPLAINT: self._complaint,
            Kind.AMBIGUOUS_COMPLAINT: self._ambiguous,
            Kind.VIRUS: self._virus,
            Kind.POLICY: self._advice,
            Kind.RELAY: self._advice,
            Kind.CONTENT: self._advice,
        }

    def absorb(self, events: Iterable[Event]) -> None:
        """Read all events, in any order."""
        stream = iter(events)
        while chunk := list(islice(stream, CHUNK)):
            self._chunk(chunk)

    def settle(self) -> Memory:
        """Forget what left its window and cut every part to its cap."""
        memory, windows = self.memory, self.windows
        for counts in (*memory.seen.values(), memory.bounced, memory.complained):
            counts.prune(windows.count)
        memory.seen = {kind: counts for kind, counts in memory.seen.items() if counts.days}
        memory.hard.prune(windows.count)
        memory.recent.settle(windows.soft, memory.soft)
        memory.soft.prune(windows.soft)
        memory.complaints.prune(windows.history)
        memory.virus.prune(windows.history)
        memory.advice.prune(windows.count)
        memory.domains.prune(windows.count)
        for times in (memory.warned, memory.lifted, memory.closed):
            for name in [name for name, when in times.items() if when < windows.history]:
                del times[name]
        return memory

    def _chunk(self, chunk: list[Event]) -> None:
        delivery, providers = Kind.DELIVERY, PROVIDERS.get
        hours: dict[int, tuple[list[str], list[str]]] = {}
        delivered, own, others = [], [], []
        hour = -1
        plain: list[str] = []
        marked: list[str] = []
        for event in chunk:
            if event.kind is not delivery:
                others.append(event)
                continue
            at = event.at
            if not -AHEAD <= event.arrived - at <= LATEST:
                at = event.arrived
            if at // HOUR != hour:
                hour = at // HOUR
                plain, marked = hours.setdefault(hour, ([], []))
            recipient = event.recipient
            provider = providers(recipient[recipient.rfind("@") + 1 :])
            if provider:
                marked.append(event.id)
            else:
                plain.append(event.id)
                if provider is None:
                    own.append(event)
            delivered.append(event)
        if not self.drill and any(event.simulator for event in delivered):
            self._chunk([event for event in chunk if not event.simulator])
            return
        self._count(hours)
        for event in own:
            self._correspondence(event, counted_at(event.at, event.arrived), delivered=True)
        self.memory.recent.hold(delivered, self.memory.soft)
        for event in others:
            self._other(event)

    def _count(self, hours: dict[int, tuple[list[str], list[str]]]) -> None:
        counts = self.memory.counts(Kind.DELIVERY)
        first, last = self.windows.count // HOUR, self.windows.newest // HOUR
        for hour, parts in hours.items():
            if first <= hour <= last:
                sample = counts.day(hour // 24)
                for ids, mark in zip(parts, (0, MARK), strict=True):
                    if ids:
                        _add_ids(sample, ids, hour % 24 + mark)

    def _other(self, event: Event) -> None:
        if event.simulator and not self.drill:
            return
        when = min(counted_at(event.at, event.arrived), self.windows.newest)
        if when < self.windows.history:
            return
        kind = event.kind
        if when >= self.windows.count:
            self.memory.counts(kind).add(when, token(event.id))
        handle = self.table.get(kind)
        if handle is not None:
            handle(event, when)
        if kind in _FINAL:
            self._correspondence(event, when, delivered=False)

    def _correspondence(self, event: Event, when: int, *, delivered: bool) -> None:
        domain = domain_of(event.recipient)
        if domain and domain not in PROVIDERS and self.windows.count <= when <= self.windows.newest:
            who = token(event.recipient) if delivered else -1
            self.memory.domains.add(domain, token(event.id), (when // HOUR, who))

    def _hard(self, event: Event, when: int) -> None:
        if when < self.windows.count:
            return
        address = event.recipient if usable(event.recipient) else nobody(event.id)
        what = "NoEmail" if event.subtype == "NoEmail" and event.status != "5.1.1" else event.status
        self.memory.hard.add(address, when, event.id, what)
        self.memory.bounced.add(when, token(address))

    def _soft(self, event: Event, when: int) -> None:
        if when >= self.windows.soft and usable(event.recipient):
            self.memory.soft.add(event.recipient, when, event.id)

    def _complaint(self, event: Event, when: int) -> None:
        address = event.recipient if usable(event.recipient) else ""
        self.memory.complaints.add(event.id, when, address)
        if when >= self.windows.count:
            self.memory.complained.add(when, token(address or event.id))

    def _ambiguous(self, event: Event, when: int) -> None:
        self.memory.complaints.add(event.id, when, "")
        if when >= self.windows.count:
            self.memory.complained.add(when, token(event.id))

    def _virus(self, event: Event, when: int) -> None:
        self.memory.virus.add(when, event.id)

    def _advice(self, event: Event, when: int) -> None:
        if when >= self.windows.count:
            self.memory.advice.add(event.kind.value, event.id, when)


def nobody(event: str) -> str:
    """Stand-in for an address that cannot be read: counts as one, can never be blocked. No address starts so."""
    return f" {event}"


def _add_ids(sample: Sample, ids: list[str], note: int) -> None:
    try:
        sample.add_many(map(crc32, map(str.encode, ids)), note)
    except UnicodeEncodeError:  # half a surrogate pair: legal in a str, not in UTF-8
        sample.add_many(map(token, ids), note)
