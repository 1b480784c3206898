"""Whom the tenant wrote to lately: its mail per organisation's domain.

It gives the guessing rule its share and tells who was reachable before. It is bounded; what it leaves out only makes
that rule milder.
"""

import heapq
import sys
from array import array
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from provisioner.rules.clock import HOUR
from provisioner.rules.sample import RANGE, token

DOMAINS = 4_096  # organisations' domains remembered; beyond them some are not judged for guessing
MAILS_EACH = 64  # mails remembered per domain; beyond them the share is an estimate

_HOUR = 1 << 33  # a mail is one number: the hour counted from 1970 times this, plus whom it reached
_WHO = _HOUR - 1  # ... the recipient's token and one, or 0 if it was not delivered; the later the greater


def mail(hour: int, who: int | None = None) -> int:
    """A mail as ``Domain`` keeps it: there are up to half a million."""
    return hour * _HOUR + (0 if who is None else who + 1)


class Domain:
    """Mail to one domain: hash of the event id -> ``mail``.

    As numbers in a column, event and mail in turn, not as objects in a dict: that is a fifth of the room.
    """

    __slots__ = ("below", "told")

    def __init__(self, mails: Mapping[int, int] | None = None, below: int = RANGE) -> None:
        self.told = array("q")  # of an event told several times all that was told, until the next ``cut``
        self.below = below
        self._keep(sorted(mails.items()) if mails else [])

    @property
    def mails(self) -> dict[int, int]:
        """Each event once, the lowest first, with the greatest of what was told of it."""
        return dict(sorted(zip(self.told[::2], self.told[1::2], strict=True)))

    def add(self, event: int, one: int) -> None:
        if event < self.below:
            self.told.append(event)
            self.told.append(one)
            if len(self.told) > 4 * MAILS_EACH:
                self.cut()

    def cut(self) -> None:
        if len(self.told) > 2 * MAILS_EACH:
            mails = list(self.mails.items())
            if len(mails) > MAILS_EACH:
                self.below = mails[MAILS_EACH - 1][0] + 1
            self._keep(mails[:MAILS_EACH])

    def forget(self, first: int) -> None:
        """Let go of mails before ``first``."""
        if min(self.told[1::2], default=first) < first:  # seldom
            self._keep([(event, one) for event, one in self.mails.items() if one >= first])

    def _keep(self, mails: Iterable[tuple[int, int]]) -> None:
        self.told = array("q", chain.from_iterable(mails))

    def sent(self, since: int, until: int) -> int:
        """Mails from one moment to another, by the hour: exact up to ``MAILS_EACH``, estimated above."""
        kept = sum(since // HOUR <= hour <= until // HOUR for hour in map(_HOUR.__rfloordiv__, self.mails.values()))
        return kept if self.below == RANGE else round(kept * RANGE / self.below)

    def reached(self) -> dict[int, int]:
        """Token of each recipient that was delivered to -> the first hour of that."""
        first: dict[int, int] = {}
        for hour, who in (divmod(one, _HOUR) for one in self.mails.values()):
            if who:
                first[who - 1] = min(hour, first.get(who - 1, hour))
        return first


class Domains:
    """The organisations' domains the tenant writes to (free-mail and disposable ones are left out before)."""

    def __init__(self) -> None:
        self.of: dict[str, Domain] = {}
        self.below = RANGE

    def add(self, domain: str, event: int, one: int) -> None:
        known = self._known(domain)
        if known is not None:
            known.add(event, one)

    def add_delivered(self, domain: str, since: int, mails: Iterable[tuple[int, int, str]]) -> None:
        """As ``add``, for several deliveries to one domain: hash of the event, time counted from ``since``, to whom."""
        known = self._known(domain)
        if known is None:
            return
        for event, offset, local in mails:
            if event < known.below:
                one = (since + offset) // HOUR * _HOUR + token(f"{local}@{domain}") + 1
                known.add(event, one)

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
        first = mail(oldest // HOUR)
        for name, known in list(self.of.items()):
            known.forget(first)
            known.cut()
            if not known.told:
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
    """Three numbers each, lowest first: the event's hash, the hour, the recipient's token or -1."""
    rows = known.mails.items()
    packed = pack(array("q", [number for event, one in rows for number in (event, one // _HOUR, (one & _WHO) - 1)]))
    return [len(rows), packed] if known.below == RANGE else [len(rows), packed, known.below]


def _load(part: list[Any]) -> Domain:
    numbers = unpack(part[1])
    rows = zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
    return Domain({event: hour * _HOUR + who + 1 for event, hour, who in rows}, part[2] if part[2:] else RANGE)


def pack(numbers: "array[int]") -> str:
    if sys.byteorder == "big":
        numbers.byteswap()
    return b64encode(numbers.tobytes()).decode()


def unpack(text: str) -> "array[int]":
    numbers = array("q")
    numbers.frombytes(b64decode(text))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
