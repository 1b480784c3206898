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

SOFT_ADDRESSES = 10_000  # newest soft-bounced addresses remembered
SOFT_IN_A_RUN = 50_000  # ... and while one judgement runs
_PERSON = DAY << 18  # a person's number times this, plus a time, is one number; by ``DAY`` it names person and day
_WAITING = 256  # deliveries that may wait before a column is put in order

SoftBounce = tuple[int, str]  # when, event id
T = TypeVar("T", int, SoftBounce)


class People:
    """Those at one domain: of each their soft bounces and deliveries, of each day the first and the last.

    No more is needed to know which bounces no delivery parts: what lies between the first and the last of a day
    parts nothing that those two do not.
    """

    __slots__ = ("bounces", "delivered", "numbers", "ordered")

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}  # local part -> place in ``bounces``
        self.bounces: list[tuple[SoftBounce, ...]] = []
        self.delivered = array("q")  # ``_PERSON * number + when``
        self.ordered = 0  # so many of them are in order, the rest as they came

    def add(self, local: str, bounce: SoftBounce) -> None:
        number = self.numbers.setdefault(local, len(self.bounces))
        if number == len(self.bounces):
            self.bounces.append((bounce,))
        elif bounce not in self.bounces[number]:
            known = sorted((*self.bounces[number], bounce))
            self.bounces[number] = tuple(_ends(known, (when // DAY for when, _ in known)))

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
        kept, renumbered = People(), {}
        for local, number in self.numbers.items():
            bounces = self.bounces[number]
            if bounces[0][0] < first:
                bounces = tuple(one for one in bounces if one[0] >= first)
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
        there.add(local, (when, event))
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
            latest = ((bounces[-1][0], address) for address, bounces in self.each())
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

    def each(self) -> Iterator[tuple[str, tuple[SoftBounce, ...]]]:
        """Addresses with their bounces, oldest first."""
        for domain, there in self.at.items():
            for local, number in there.numbers.items():
                yield f"{local}@{domain}", there.bounces[number]

    def of(self, address: str) -> tuple[SoftBounce, ...]:
        local, _, domain = address.rpartition("@")
        there = self.at.get(domain)
        return there.bounces[there.numbers[local]] if there is not None and local in there.numbers else ()

    def times_delivered(self, address: str) -> list[int]:
        local, _, domain = address.rpartition("@")
        there = self.at.get(domain)
        return there.times_delivered(local) if there is not None and local in there.numbers else []

    def dump(self) -> dict[str, Any]:
        return {
            address: {"bounced": [[stamp(w), e] for w, e in bounces], "delivered": self.times_delivered(address)}
            for address, bounces in sorted(self.each())
        }

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
