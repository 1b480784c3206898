"""The soft-bounced addresses of a tenant's memory: who bounced when, and which deliveries part these bounces.

While one judgement runs, many thousands of a busy list may be here. So nobody has a container of their own: people
are numbers, and the deliveries of all at one domain lie in one column.
"""

import heapq
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from provisioner.rules.clock import DAY, from_stamp, stamp
from provisioner.rules.lines import Bounce, bounce_of, bounces_of, bound, joined, last_of, line_of, lines_in, when_of

SOFT_ADDRESSES = 10_000  # newest soft-bounced addresses remembered
SOFT_IN_A_RUN = 50_000  # ... and while one judgement runs
_PERSON = DAY << 18  # a person's number times this, plus a time, is one number; by ``DAY`` it names person and day
_WAITING = 256  # deliveries that may wait before a column is put in order

T = TypeVar("T", int, str)


class People:
    """Those at one domain: of each their soft bounces and deliveries, of each day the first and the last.

    No more is needed to know which bounces no delivery parts: what lies between the first and the last of a day
    parts nothing that those two do not.
    """

    __slots__ = ("bounces", "delivered", "numbers", "ordered")

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}  # local part -> place in ``bounces``
        self.bounces: list[str] = []  # as text, oldest first (see lines.py)
        self.delivered = array("q")  # ``_PERSON * number + when``
        self.ordered = 0  # so many of them are in order, the rest as they came

    def add(self, local: str, line: str) -> None:
        number = self.numbers.setdefault(local, len(self.bounces))
        if number == len(self.bounces):
            self.bounces.append(line)
            return
        known = self.bounces[number]
        last = last_of(known)
        if line > last and when_of(line) // DAY > when_of(last) // DAY:  # as nearly always
            self.bounces[number] = joined([known, line])
        elif line not in (lines := lines_in(known)):
            ordered = sorted((*lines, line))
            self.bounces[number] = joined(_ends(ordered, (when_of(one) // DAY for one in ordered)))

    def deliver(self, local: str, when: int) -> None:
        """Only of use for somebody who bounced."""
        self.delivered.append(_PERSON * self.numbers[local] + when)
        if len(self.delivered) > 2 * self.ordered + _WAITING:
            self._order()

    def times_delivered(self, local: str) -> list[int]:
        self._order()
        start = _PERSON * self.numbers[local]
        first, last = bisect_left(self.delivered, start), bisect_left(self.delivered, start + _PERSON)
        return [one - start for one in self.delivered[first:last]]

    def keep(self, first: int, chosen: set[str] | None = None) -> "People":
        """What happened from ``first`` on, of those who bounced then (and are ``chosen``)."""
        self._order()
        kept, renumbered, least = People(), {}, bound(first)
        for local, number in self.numbers.items():
            bounces = self.bounces[number]
            if bounces < least:
                bounces = joined([line for line in lines_in(bounces) if line >= least])
            if bounces and (chosen is None or local in chosen):
                renumbered[number] = kept.numbers[local] = len(kept.bounces)
                kept.bounces.append(bounces)
        for one in self.delivered:  # in order, and so are the new numbers
            number, when = divmod(one, _PERSON)
            if number in renumbered and when >= first:
                kept.delivered.append(_PERSON * renumbered[number] + when)
        kept.ordered = len(kept.delivered)
        return kept

    def _order(self) -> None:
        if self.ordered < len(self.delivered):
            ordered = sorted(self.delivered)
            self.delivered = array("q", _ends(ordered, (one // DAY for one in ordered)))
            self.ordered = len(self.delivered)


class SoftBounces:
    """Domain -> the soft-bounced people there; rows of deliveries are looked through by domain, too."""

    def __init__(self) -> None:
        self.at: dict[str, People] = {}
        self.count = 0

    def add(self, address: str, when: int, event: str) -> None:
        local, _, domain = address.rpartition("@")
        there = self.at.get(domain)
        if there is None:
            there = self.at[domain] = People()
        before = len(there.bounces)
        there.add(local, line_of(when, event))
        self.count += len(there.bounces) - before
        if self.count > 2 * SOFT_IN_A_RUN:
            self.cut(SOFT_IN_A_RUN)

    def add_delivery(self, address: str, when: int) -> None:
        """Ignored for an address that did not bounce."""
        local, _, domain = address.rpartition("@")
        there = self.at.get(domain)
        if there is not None and local in there.numbers:
            there.deliver(local, when)

    def remove(self, address: str) -> bool:
        """Forget one person; whether there was anything to forget."""
        local, _, domain = address.rpartition("@")
        there = self.at.get(domain)
        if there is None or local not in there.numbers:
            return False
        others = there.keep(0, there.numbers.keys() - {local})
        self._keep((name, others if name == domain else rest) for name, rest in self.at.items())
        return True

    def cut(self, cap: int = SOFT_ADDRESSES) -> None:
        """Keep the addresses that bounced last."""
        if self.count > cap:
            latest = ((when_of(last_of(text)), address) for address, text in self._each())
            chosen: dict[str, set[str]] = {}
            for _, address in heapq.nlargest(cap, latest):
                local, _, domain = address.rpartition("@")
                chosen.setdefault(domain, set()).add(local)
            self._keep((domain, self.at[domain].keep(0, locals_)) for domain, locals_ in chosen.items())

    def prune(self, oldest: int) -> None:
        """Forget whole days before the one that holds ``oldest``."""
        first = oldest // DAY * DAY
        self._keep((domain, there.keep(first)) for domain, there in self.at.items())

    def _keep(self, left: Iterable[tuple[str, People]]) -> None:
        self.at = {domain: there for domain, there in left if there.bounces}
        self.count = sum(len(there.bounces) for there in self.at.values())

    def each(self, least: int = 1) -> Iterator[tuple[str, list[Bounce]]]:
        """Addresses with at least so many bounces, and these, oldest first."""
        return ((a, bounces_of(text)) for a, text in self._each() if len(lines_in(text)) >= least)

    def last_events(self, since: int) -> list[str]:
        """The last event of each address that bounced since then."""
        last = (last_of(text) for there in self.at.values() for text in there.bounces)
        return [bounce_of(line)[1] for line in last if line >= bound(since)]

    def addresses(self) -> Iterator[str]:
        return (address for address, _ in self._each())

    def _each(self) -> Iterator[tuple[str, str]]:
        for domain, there in self.at.items():
            for local, number in there.numbers.items():
                yield f"{local}@{domain}", there.bounces[number]

    def of(self, address: str) -> list[Bounce]:
        """The bounces of one address, oldest first."""
        local, _, domain = address.rpartition("@")
        there = self.at.get(domain)
        return bounces_of(there.bounces[there.numbers[local]]) if there is not None and local in there.numbers else []

    def times_delivered(self, address: str) -> list[int]:
        local, _, domain = address.rpartition("@")
        there = self.at.get(domain)
        return there.times_delivered(local) if there is not None and local in there.numbers else []

    def dump(self) -> dict[str, Any]:
        found = {
            f"{local}@{domain}": {
                "bounced": [[stamp(w), e] for w, e, _ in bounces_of(there.bounces[number])],
                "delivered": there.times_delivered(local),
            }
            for domain, there in self.at.items()
            for local, number in there.numbers.items()
        }
        return dict(sorted(found.items()))

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> "SoftBounces":
        self = cls()
        for address, known in data.items():
            for when, event in known["bounced"]:
                self.add(address, from_stamp(when), event)
            for when in known["delivered"]:
                self.add_delivery(address, when)
        return self


def _ends(ordered: list[T], days: Iterable[int]) -> list[T]:
    """Of all on one day the first and the last."""
    kept: list[T] = []
    before, alone = -1, True  # the day of the last one kept; whether it is the only one of its day so far
    for one, day in zip(ordered, days, strict=True):
        if day != before:
            kept.append(one)
            before, alone = day, True
        elif alone:
            if one != kept[-1]:
                kept.append(one)
                alone = False
        else:
            kept[-1] = one
    return kept
