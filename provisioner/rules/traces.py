"""The parts of the memory that hold single addresses and events, each bounded and each the same in any order.

Every class offers ``add`` (fold one event), ``prune`` (forget, and cut to the cap), ``dump`` and ``load`` (JSON
data in ``Standing.windows``). Adding twice changes nothing.
"""

import heapq
from collections.abc import Mapping
from typing import Any

from provisioner.rules.clock import HOUR, from_stamp, stamp

COMPLAINTS = 5_000  # newest complaints remembered one by one; more are still counted
COMPLAINTS_IN_A_RUN = 100_000
VIRUS_EVENTS = 100  # event ids remembered per virus incident
ADVICE_EVENTS = 100  # newest events remembered per kind of advice


class Complaints:
    """Event id -> when, and the one candidate (empty: several, so nobody's strike)."""

    def __init__(self) -> None:
        self.of: dict[str, tuple[int, str]] = {}

    def add(self, event: str, when: int, address: str) -> None:
        one = (when, address)
        self.of[event] = min(self.of.get(event, one), one)
        if len(self.of) > 2 * COMPLAINTS_IN_A_RUN:
            self.cut(COMPLAINTS_IN_A_RUN)

    def cut(self, cap: int = COMPLAINTS) -> None:
        """Keep the newest."""
        if len(self.of) > cap:
            self.of = dict(heapq.nlargest(cap, self.of.items(), key=lambda item: (item[1], item[0])))

    def prune(self, oldest: int) -> None:
        self.of = {event: one for event, one in self.of.items() if one[0] >= oldest}

    def dump(self) -> dict[str, Any]:
        return {event: [stamp(when), address] for event, (when, address) in sorted(self.of.items())}

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> "Complaints":
        self = cls()
        self.of = {event: (from_stamp(when), address) for event, (when, address) in data.items()}
        return self


class Incident:
    """Events of one kind with no pause of more than an hour between them."""

    __slots__ = ("end", "events", "start")

    def __init__(self, start: int, end: int, events: set[str]) -> None:
        self.start = start
        self.end = end
        self.events = events

    def touches(self, other: "Incident", pause: int) -> bool:
        return other.start <= self.end + pause and self.start <= other.end + pause


class Incidents:
    """Virus incidents, oldest first. Which events belong together does not depend on their order."""

    def __init__(self, pause: int = HOUR) -> None:
        self.pause = pause
        self.all: list[Incident] = []

    def add(self, when: int, event: str) -> None:
        self._join(Incident(when, when, {event}))

    def _join(self, new: Incident) -> None:
        apart = []
        for known in self.all:
            if known.touches(new, self.pause):
                new = Incident(min(new.start, known.start), max(new.end, known.end), new.events | known.events)
            else:
                apart.append(known)
        if len(new.events) > 2 * VIRUS_EVENTS:
            new.events = set(heapq.nsmallest(VIRUS_EVENTS, new.events))
        self.all = sorted([*apart, new], key=lambda one: one.start)

    def prune(self, oldest: int) -> None:
        self.all = [one for one in self.all if one.end >= oldest]
        for one in self.all:
            one.events = set(heapq.nsmallest(VIRUS_EVENTS, one.events))

    def dump(self) -> list[Any]:
        return [[stamp(one.start), stamp(one.end), sorted(one.events)] for one in self.all]

    @classmethod
    def load(cls, data: list[Any], pause: int = HOUR) -> "Incidents":
        self = cls(pause)
        self.all = [Incident(from_stamp(start), from_stamp(end), set(events)) for start, end, events in data]
        return self


class Advice:
    """Kind -> event id -> when: bounces that say something about the sender or the message."""

    def __init__(self) -> None:
        self.of: dict[str, dict[str, int]] = {}

    def add(self, kind: str, event: str, when: int) -> None:
        known = self.of.setdefault(kind, {})
        known[event] = min(when, known.get(event, when))
        if len(known) > 2 * ADVICE_EVENTS:
            self.of[kind] = _newest(known)

    def prune(self, oldest: int) -> None:
        recent = {kind: {e: w for e, w in known.items() if w >= oldest} for kind, known in self.of.items()}
        self.of = {kind: _newest(known) for kind, known in recent.items() if known}

    def dump(self) -> dict[str, Any]:
        return {kind: {e: stamp(w) for e, w in sorted(known.items())} for kind, known in sorted(self.of.items())}

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> "Advice":
        self = cls()
        self.of = {kind: {e: from_stamp(w) for e, w in known.items()} for kind, known in data.items()}
        return self


def _newest(known: dict[str, int]) -> dict[str, int]:
    if len(known) <= ADVICE_EVENTS:
        return known
    return dict(heapq.nlargest(ADVICE_EVENTS, known.items(), key=lambda item: (item[1], item[0])))
