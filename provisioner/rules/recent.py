"""The tenant's newest deliveries: one that was judged before a late soft bounce still resets the strikes.

Beyond ``RECENT`` deliveries in the soft window a delivery older than those cannot reset a strike that is reported
later still.
"""

from array import array
from collections import deque
from collections.abc import Collection, Iterable
from itertools import chain, compress

from provisioner.feedback.deliveries import Deliveries
from provisioner.model.event import Event
from provisioner.rules.clock import counted_at
from provisioner.rules.correspondence import pack, unpack
from provisioner.rules.sample import token
from provisioner.rules.soft import SoftBounces

RECENT = 4_096  # newest deliveries remembered between two judgements
RECENT_IN_A_RUN = 65_536  # ... and while one judgement runs

Part = Deliveries | list[Event]


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
        whom = {who for _, who in self.all} if soft.at else ()
        addresses = {who: address for address in soft.addresses() if (who := token(address)) in whom}
        for when, who in self.all if addresses else ():
            if who in addresses:
                soft.add_delivery(addresses[who], when)
        self.all = self.all[-RECENT:]

    def dump(self) -> str:
        return pack(array("q", [number for one in self.all for number in one]))

    @classmethod
    def load(cls, data: str) -> "Recent":
        self = cls()
        numbers = unpack(data)
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
    if not soft.at:
        return
    for part in parts:
        if isinstance(part, Deliveries):
            _reset_row(part, soft)
            continue
        for event in part:
            soft.add_delivery(event.recipient, counted_at(event.at, event.arrived))


def _reset_row(row: Deliveries, soft: SoftBounces) -> None:
    """Most rows hold a few who bounced: who they are is asked of all at once, in C."""
    start, locals_ = 0, row.locals
    offsets = row.offsets()
    for domain, count in zip(row.domains, row.counts, strict=True):
        end = start + count
        there = soft.at.get(domain)
        if there is not None:
            for index in compress(range(start, end), map(there.numbers.__contains__, locals_[start:end])):
                there.deliver(locals_[index], row.since + offsets[index])
        start = end
