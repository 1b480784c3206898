"""Whom the tenant wrote to lately: its mail per organisation's domain, and its newest deliveries.

``Domains`` gives the guessing rule its share and tells who was reachable before; ``Recent`` lets a delivery that
was judged before a late soft bounce still reset the strikes. Both are bounded; what they leave out only makes
the rules milder, except that beyond ``RECENT`` deliveries in the soft window a delivery older than those cannot
reset a strike that is reported later still.
"""

import heapq
import sys
from array import array
from base64 import b64decode, b64encode
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from typing import Any

from provisioner.feedback.deliveries import Deliveries
from provisioner.model.event import Event
from provisioner.rules.clock import HOUR, counted_at
from provisioner.rules.sample import RANGE, token
from provisioner.rules.traces import SoftBounces

DOMAINS = 4_096  # organisations' domains remembered; beyond them some are not judged for guessing
MAILS_EACH = 64  # mails remembered per domain; beyond them the share is an estimate
RECENT = 4_096  # newest deliveries remembered between two judgements
RECENT_IN_A_RUN = 65_536  # ... and while one judgement runs

Part = Deliveries | list[Event]
Mail = tuple[int, int]  # hour counted from 1970, recipient's token if it was delivered, else -1


class Domain:
    """Mail to one domain: hash of the event id -> (hour, who)."""

    __slots__ = ("below", "mails")

    def __init__(self, mails: dict[int, Mail] | None = None, below: int = RANGE) -> None:
        self.mails = {} if mails is None else mails
        self.below = below

    def add(self, event: int, mail: Mail) -> None:
        if event < self.below:
            self.mails[event] = max(mail, self.mails.get(event, mail))
            if len(self.mails) > 2 * MAILS_EACH:
                self.cut()

    def cut(self) -> None:
        if len(self.mails) > MAILS_EACH:
            kept = heapq.nsmallest(MAILS_EACH, self.mails)
            self.mails = {event: self.mails[event] for event in kept}
            self.below = kept[-1] + 1

    def sent(self, since: int, until: int) -> int:
        """Mails from one moment to another, by the hour: exact up to ``MAILS_EACH``, estimated above."""
        kept = sum(since // HOUR <= hour <= until // HOUR for hour, _ in self.mails.values())
        return kept if self.below == RANGE else round(kept * RANGE / self.below)

    def reached(self) -> dict[int, int]:
        """Token of each recipient that was delivered to -> the first hour of that."""
        first: dict[int, int] = {}
        for hour, who in self.mails.values():
            if who >= 0:
                first[who] = min(hour, first.get(who, hour))
        return first


class Domains:
    """The organisations' domains the tenant writes to (free-mail and disposable ones are left out before)."""

    def __init__(self) -> None:
        self.of: dict[str, Domain] = {}
        self.below = RANGE

    def add(self, domain: str, event: int, mail: Mail) -> None:
        known = self._known(domain)
        if known is not None:
            known.add(event, mail)

    def add_delivered(self, domain: str, since: int, mails: Iterable[tuple[int, int, str]]) -> None:
        """As ``add``, for several deliveries to one domain: hash of the event, time counted from ``since``, to whom."""
        known = self._known(domain)
        if known is None:
            return
        for event, offset, local in mails:
            if event < known.below:
                mail = ((since + offset) // HOUR, token(f"{local}@{domain}"))
                if mail > known.mails.setdefault(event, mail):
                    known.mails[event] = mail
                if len(known.mails) > 2 * MAILS_EACH:
                    known.cut()

    def _known(self, domain: str) -> Domain | None:
        known = self.of.get(domain)
        if known is None and token(domain) < self.below:
            known = self.of[domain] = Domain()
            if len(self.of) > 2 * DOMAINS:
                self.cut()
        return known

    def cut(self) -> None:
        if len(self.of) > DOMAINS:
            kept = heapq.nsmallest(DOMAINS, ((token(name), name) for name in self.of))
            self.below = kept[-1][0] + 1
            self.of = {name: self.of[name] for _, name in kept}

    def complete(self, domain: str) -> bool:
        """Whether all mail to ``domain`` is known here, as far back as the memory goes."""
        return token(domain) < self.below

    def prune(self, oldest: int) -> None:
        for name, known in list(self.of.items()):
            known.mails = {event: mail for event, mail in known.mails.items() if mail[0] >= oldest // HOUR}
            known.cut()
            if not known.mails:
                del self.of[name]
        self.cut()
        if not self.of:
            self.below = RANGE

    def dump(self) -> dict[str, Any]:
        parts: dict[str, Any] = {name: _dump(known) for name, known in sorted(self.of.items())}
        return {"below": self.below, "of": parts}

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> "Domains":
        self = cls()
        self.below = data["below"]
        self.of = {name: _load(part) for name, part in data["of"].items()}
        return self


def _dump(known: Domain) -> list[Any]:
    rows = sorted((event, hour, who) for event, (hour, who) in known.mails.items())
    packed = _pack(array("q", [number for row in rows for number in row]))
    return [len(rows), packed] if known.below == RANGE else [len(rows), packed, known.below]


def _load(part: list[Any]) -> Domain:
    numbers = _unpack(part[1])
    rows = zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
    return Domain({event: (hour, who) for event, hour, who in rows}, part[2] if part[2:] else RANGE)


class Recent:
    """The newest deliveries, as (when, recipient's token); while a judgement runs, the deliveries it read last."""

    def __init__(self) -> None:
        self.all: list[tuple[int, int]] = []
        self.held: deque[Part] = deque()
        self.size = 0

    def hold(self, deliveries: Part, soft: SoftBounces) -> None:
        """Take note of more; what has to make room first resets the strikes it can."""
        self.held.append(deliveries)
        self.size += len(deliveries)
        while self.size > RECENT_IN_A_RUN and len(self.held) > 1:
            oldest = self.held.popleft()
            self.size -= len(oldest)
            _reset([oldest], soft)

    def settle(self, oldest: int, soft: SoftBounces) -> None:
        """End of a judgement: reset strikes, let the events go, keep the newest in short form."""
        _reset(self.held, soft)
        fresh = [(when, token(address)) for when, address in _newest(self.held)]
        self.held, self.size = deque(), 0
        self.all = sorted({one for one in (*self.all, *fresh) if one[0] >= oldest})
        addresses = {token(address): address for address in soft.bounces}
        for when, who in self.all if addresses else ():
            if who in addresses:
                soft.add_delivery(addresses[who], when)
        self.all = self.all[-RECENT:]

    def dump(self) -> str:
        return _pack(array("q", [number for one in self.all for number in one]))

    @classmethod
    def load(cls, data: str) -> "Recent":
        self = cls()
        numbers = _unpack(data)
        self.all = list(zip(numbers[::2], numbers[1::2], strict=True))
        return self


def _newest(parts: Collection[Part]) -> list[tuple[int, str]]:
    """When and to whom the newest deliveries went, all of the last moment included."""
    times = [_times(part) for part in parts]
    first = min(sorted(chain.from_iterable(times))[-RECENT:], default=0)
    found: list[tuple[int, str]] = []
    for part, whens in zip(parts, times, strict=True):
        chosen = [index for index, when in enumerate(whens) if when >= first]
        if chosen:
            found += zip([whens[index] for index in chosen], _addresses(part, chosen), strict=True)
    return found


def _times(part: Part) -> list[int]:
    if isinstance(part, Deliveries):
        return list(map(part.since.__add__, part.offsets()))
    return [counted_at(event.at, event.arrived) for event in part]


def _addresses(part: Part, chosen: list[int]) -> list[str]:
    if isinstance(part, Deliveries):
        domains, locals_ = list(part.each_domain()), part.locals
        return [f"{locals_[index]}@{domains[index]}" for index in chosen]
    return [part[index].recipient for index in chosen]


def _reset(parts: Iterable[Part], soft: SoftBounces) -> None:
    """Let deliveries to soft-bounced addresses be known there."""
    if not soft.bounces:
        return
    for part in parts:
        if isinstance(part, Deliveries):
            _reset_row(part, soft)
            continue
        for event in part:
            if event.recipient in soft.bounces:
                soft.add_delivery(event.recipient, counted_at(event.at, event.arrived))


def _reset_row(row: Deliveries, soft: SoftBounces) -> None:
    """Sets tell whether anybody is meant; as a row is sorted, the few who are found are found by halving."""
    start, locals_ = 0, row.locals
    for domain, count in zip(row.domains, row.counts, strict=True):
        end = start + count
        known = soft.locals.get(domain)
        if known:
            for local in known.intersection(locals_[start:end]):
                first = bisect_left(locals_, local, start, end)
                last = bisect_right(locals_, local, first, end)
                for offset in row.offsets()[first:last]:
                    soft.add_delivery(f"{local}@{domain}", row.since + offset)
        start = end


def _pack(numbers: "array[int]") -> str:
    if sys.byteorder == "big":
        numbers.byteswap()
    return b64encode(numbers.tobytes()).decode()


def _unpack(text: str) -> "array[int]":
    numbers = array("q")
    numbers.frombytes(b64decode(text))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
