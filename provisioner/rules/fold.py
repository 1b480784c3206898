"""Fold events into the memory: one pass, constant memory, the delivery's path as short as Python allows.

Deliveries are nearly everything a good tenant causes, so they are handled by the row of a thousand, as the facts
hold them: whole columns are hashed, sorted into hours and counted in C. Everything else goes one by one through a
table.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import compress, repeat
from sys import intern

from provisioner.feedback.deliveries import ROW, Deliveries
from provisioner.model.event import Event, Kind
from provisioner.rules.addresses import PROVIDERS, domain_of, usable
from provisioner.rules.clock import DAY, HOUR, counted_at
from provisioner.rules.correspondence import mail
from provisioner.rules.memory import Memory
from provisioner.rules.sample import MARK, candidates, digest_tokens, id_tokens, token

CHUNK = 2_048
_INDEXES = tuple(range(ROW))  # made once
_FINAL = frozenset({Kind.HARD, Kind.POLICY, Kind.SOFT, Kind.CONTENT, Kind.UNDETERMINED})


class Windows:
    """How far back each part of the memory reaches, in milliseconds since 1970."""

    def __init__(self, now: int, *, soft_days: int, count_days: int, history_days: int) -> None:
        self.count = now - max(count_days, soft_days) * DAY  # deliveries reset soft strikes: as long as those
        self.history = now - history_days * DAY
        self.newest = now + 2 * DAY  # beyond: no clock is that wrong, the stamp is


class Fold:
    """One judgement's reading of events. Call ``absorb``, then ``settle``."""

    def __init__(self, memory: Memory, windows: Windows, *, drill: bool = False) -> None:
        self.memory = memory
        self.windows = windows
        self.drill = drill
        self.first, self.last = windows.count // HOUR, windows.newest // HOUR
        self.bounced: dict[int, list[int]] = defaultdict(list)  # hour -> addresses' tokens, of the chunk being read
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

    def absorb(self, items: Iterable[Event | Deliveries]) -> None:
        """Read all events, in any order; rows of deliveries are read as they are, which is faster."""
        waiting: list[Event] = []
        for item in items:
            if isinstance(item, Deliveries):
                self._row(item)
                continue
            waiting.append(item)
            if len(waiting) == CHUNK:
                self._chunk(waiting)
                waiting = []
        self._chunk(waiting)

    def settle(self) -> Memory:
        """Forget what left its window and cut every part to its cap."""
        memory, windows = self.memory, self.windows
        for counts in (*memory.seen.values(), memory.bounced, memory.complained):
            counts.prune(windows.count)
        memory.seen = {kind: counts for kind, counts in memory.seen.items() if counts.days}
        memory.hard.prune(windows.count)
        memory.recent.settle(windows.count, memory.soft)
        memory.soft.prune(windows.count)
        memory.complaints.prune(windows.history)
        memory.virus.prune(windows.history)
        memory.advice.prune(windows.count)
        memory.domains.prune(windows.count)
        for times in (memory.warned, memory.lifted, memory.closed):
            for name in [name for name, when in times.items() if when < windows.history]:
                del times[name]
        return memory

    def _chunk(self, chunk: list[Event]) -> None:
        """Deliveries by the hour, then the rest one by one."""
        delivered: list[Event] = []
        others: list[Event] = []
        hours: dict[int, list[Event]] = {}
        for event in chunk:
            if event.simulator and not self.drill:
                continue
            if event.kind is not Kind.DELIVERY:
                others.append(event)
                continue
            hour = counted_at(event.at, event.arrived) // HOUR
            if self.first <= hour <= self.last:
                hours.setdefault(hour, []).append(event)
                delivered.append(event)
        for hour, events in hours.items():
            self._hour(hour, events)
        if delivered:
            self.memory.recent.hold(delivered, self.memory.soft)
        self._others(others)

    def _hour(self, hour: int, events: list[Event]) -> None:
        sample = self.memory.counts(Kind.DELIVERY).day(hour // 24)
        tokens = id_tokens([event.id for event in events])
        domains = [domain_of(event.recipient) for event in events]
        sample.add_many(tokens, [hour % 24 + (MARK if PROVIDERS.get(domain) else 0) for domain in domains])
        for event, domain, value in zip(events, domains, tokens, strict=True):
            if domain and domain not in PROVIDERS:
                self.memory.domains.add(domain, value, mail(hour, token(event.recipient)))

    def _row(self, row: Deliveries) -> None:
        """A row of deliveries, in columns; what no sample keeps is not looked at twice."""
        if row.since // HOUR < self.first or row.until // HOUR > self.last:
            self._chunk(list(row.events()))
            return
        tokens, offsets = digest_tokens(row.ids, len(row)), row.offsets()
        marks = self._correspond(row, tokens, offsets)
        self._count(row, tokens, offsets, marks)
        self.memory.recent.hold(row, self.memory.soft)

    def _correspond(self, row: Deliveries, tokens: "array[int]", offsets: "array[int]") -> bytearray:
        """Note mail to organisations; return the mark of each delivery (to whom complaints cannot be seen)."""
        marks = bytearray(len(row))
        start = 0
        for domain, count in zip(row.domains, row.counts, strict=True):
            end = start + count
            provider = PROVIDERS.get(domain)
            if provider:
                marks[start:end] = bytes((MARK,)) * count
            elif provider is None:
                mails = zip(tokens[start:end], offsets[start:end], row.locals[start:end], strict=True)
                self.memory.domains.add_delivered(domain, row.since, mails)
            start = end
        return marks

    def _count(self, row: Deliveries, tokens: "array[int]", offsets: "array[int]", marks: bytearray) -> None:
        """Into the sample of each day the row touches: nearly always one, and of a busy day only a few are kept."""
        counts, days = self.memory.counts(Kind.DELIVERY), range(row.since // DAY, row.until // DAY + 1)
        indexes = _INDEXES if len(row) <= ROW else range(len(row))
        for day in days:
            sample, start = counts.day(day), day * DAY - row.since
            chosen: Iterable[int] = compress(indexes, candidates(tokens, sample.below))
            if len(days) > 1:
                chosen = [index for index in chosen if start <= offsets[index] < start + DAY]
            else:
                chosen = list(chosen)
            notes = [(offsets[index] - start) // HOUR + marks[index] for index in chosen]
            values = [tokens[index] for index in chosen]
            sample.add_many(values, notes)

    def _others(self, events: list[Event]) -> None:
        """What is no delivery: each counted under its kind, then told to whoever remembers more of it."""
        seen: dict[tuple[Kind, int], list[int]] = defaultdict(list)
        windows, table = self.windows, self.table
        newest, history, count = windows.newest, windows.history, windows.count
        for event, value in zip(events, id_tokens([event.id for event in events]), strict=True):
            when = counted_at(event.at, event.arrived)
            if when > newest:
                when = newest
            elif when < history:
                continue
            kind = event.kind
            if when >= count:
                seen[kind, when // HOUR].append(value)
                if kind in _FINAL:
                    domain = domain_of(event.recipient)
                    if domain and domain not in PROVIDERS:
                        self.memory.domains.add(domain, value, mail(when // HOUR))
            handle = table.get(kind)
            if handle is not None:
                handle(event, when)
        for hour, values in self.bounced.items():
            self.memory.bounced.day(hour // 24).add_highest(values, hour % 24)
        self.bounced.clear()
        for (kind, hour), values in seen.items():
            self.memory.counts(kind).day(hour // 24).add_many(values, repeat(hour % 24, len(values)))

    def _hard(self, event: Event, when: int) -> None:
        if when < self.windows.count:
            return
        address = event.recipient if usable(event.recipient) else nobody(event.id)
        what = "NoEmail" if event.subtype == "NoEmail" and event.status != "5.1.1" else event.status
        self.memory.hard.add(address, when, event.id, intern(what))  # few different words, each in many events
        self.bounced[when // HOUR].append(token(address))

    def _soft(self, event: Event, when: int) -> None:
        if when >= self.windows.count and usable(event.recipient):
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
