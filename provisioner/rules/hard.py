"""The hard-bounced addresses of a tenant's memory."""

import heapq
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.rules.clock import from_stamp, stamp
from provisioner.rules.lines import (
    Bounce,
    bounce_of,
    bounces_of,
    bound,
    event_of,
    first_of,
    joined,
    last_of,
    line_of,
    lines_in,
    when_of,
)

HARD_ADDRESSES = 5_000  # newest addresses remembered with their hard bounces; more are still counted
HARD_IN_A_RUN = 250_000  # ... and while one judgement runs: so many can be blocked by one audit
BOUNCES_EACH = 4  # newest hard bounces remembered per address
UNKNOWN_USER = ("5.1.1", "NoEmail")


class HardBounces:
    """Address -> its newest hard bounces, newest first, as text (see lines.py)."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._of)

    def add(self, address: str, when: int, event: str, what: str) -> None:
        line = line_of(when, event, what)
        known = self._of.get(address)
        if known is None:
            self._of[address] = line
            if len(self._of) > 2 * HARD_IN_A_RUN:
                self.cut(HARD_IN_A_RUN)
        elif line not in (lines := lines_in(known)):
            self._of[address] = joined(sorted((*lines, line), reverse=True)[:BOUNCES_EACH])

    def addresses(self) -> list[str]:
        return sorted(self._of)

    def of(self, address: str) -> list[Bounce]:
        """The bounces of one address, newest first."""
        known = self._of.get(address)
        return bounces_of(known) if known else []

    def newest(self, since: int) -> Iterator[tuple[str, Bounce]]:
        """Each address that bounced since then, with its newest bounce."""
        least = bound(since)
        return ((address, bounce_of(first_of(text))) for address, text in self._of.items() if text >= least)

    def events(self, since: int) -> Iterator[str]:
        """Their events."""
        least = bound(since)
        return (event_of(text) for text in self._of.values() if text >= least)

    def count(self, since: int) -> int:
        """How many addresses that is."""
        return sum(map(bound(since).__le__, self._of.values()))

    def remove(self, address: str) -> list[Bounce]:
        """Forget one address; what was known of it."""
        known = self._of.pop(address, "")
        return bounces_of(known) if known else []

    def use_up(self) -> Iterator[tuple[str, list[Bounce]]]:
        """Each address in order, with its bounces; only those that a standing may hold stay known."""
        order, given = self.addresses(), self._of
        self._of = self._newest(HARD_ADDRESSES)
        return ((address, bounces_of(given.pop(address))) for address in order)

    def cut(self, cap: int = HARD_ADDRESSES) -> None:
        """Keep the addresses that bounced last."""
        if len(self._of) > cap:
            self._of = self._newest(cap)

    def _newest(self, cap: int) -> dict[str, str]:
        newest = heapq.nlargest(cap, ((when_of(text), address) for address, text in self._of.items()))
        return {address: self._of[address] for _, address in newest}

    def prune(self, oldest: int) -> None:
        least = bound(oldest)
        for address in [address for address, text in self._of.items() if last_of(text) < least]:
            recent = [line for line in lines_in(self._of.pop(address)) if line >= least]
            if recent:
                self._of[address] = joined(recent)

    def dump(self) -> dict[str, Any]:
        return {a: [[stamp(w), *rest] for w, *rest in bounces_of(text)] for a, text in sorted(self._of.items())}

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> "HardBounces":
        self = cls()
        self._of = {a: joined([line_of(from_stamp(w), e, what) for w, e, what in each]) for a, each in data.items()}
        return self
