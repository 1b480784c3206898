"""Count distinct things in little memory, so that the same thing twice, in any order or batch, counts once.

A ``Sample`` keeps the 32-bit hashes of what it saw, and below its cap it is exact (but for a collision in some
four thousand million). Above the cap it keeps the smallest hashes only and estimates from how densely they lie
(a KMV sketch; error about 1.6 % at 4,096). Of any two samples of parts, the sample of the whole follows exactly:
that is what makes the rules independent of batches.
"""

import sys
from array import array
from base64 import b64decode, b64encode, urlsafe_b64decode
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import compress
from typing import Any
from zlib import crc32

from provisioner.rules.clock import DAY, HOUR, day_name, day_number

RANGE = 1 << 32
_ID, _DIGEST = 12, 9  # characters of an id, bytes they stand for
MARK = 32  # added to the hour: counted, but not where marked things are left out


def token(text: str) -> int:
    """The 32-bit hash of an address or a word, the same in every process."""
    return crc32(text.encode("utf-8", "surrogatepass"))


def id_tokens(events: list[str]) -> Sequence[int]:
    """The hashes of many ids. The collector's ids are nine bytes of a digest, so two parts of them will do."""
    if set(map(len, events)) == {_ID} and (found := joined_tokens("".join(events), len(events))):
        return found
    return [_id_token(event) for event in events]


def joined_tokens(ids: str, count: int) -> Sequence[int]:
    """The hashes of ``count`` ids written in one text; empty if they are not all of the collector's form."""
    try:
        raw = urlsafe_b64decode(ids)
    except ValueError:
        return ()
    return digest_tokens(raw, count) if len(raw) == _DIGEST * count else ()


def digest_tokens(raw: bytes, count: int) -> "array[int]":
    """The hashes of ``count`` ids, nine bytes each."""
    return _from_bytes((_words(raw, 0, count) ^ _words(raw, 5, count)).to_bytes(4 * count, "little"))


def candidates(tokens: "array[int]", below: int) -> bytes:
    """A 1 for each hash below a bound and for a few above it, else 0: one byte of each is looked at, in C."""
    highest = tokens.tobytes()[3 if sys.byteorder == "little" else 0 :: 4]
    return highest.translate(_up_to(min(255, below >> 24)))


@lru_cache(maxsize=256)
def _up_to(most: int) -> bytes:
    """A table that makes 1 of every byte up to ``most`` and 0 of the others."""
    return bytes(byte <= most for byte in range(256))


def _from_bytes(raw: bytes) -> "array[int]":
    """Numbers of four bytes, lowest first, on any machine."""
    numbers = array("I", raw)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _words(raw: bytes, first: int, count: int) -> int:
    """Bytes ``first`` to ``first + 3`` of every nine, as one long number: so they are combined in one step."""
    picked = bytearray(4 * count)
    for byte in range(4):
        picked[byte::4] = raw[first + byte :: _DIGEST]
    return int.from_bytes(picked, "little")


def _id_token(event: str) -> int:
    if len(event) == _ID and (found := joined_tokens(event, 1)):
        return found[0]
    return token(event)


class Sample:
    """Hashes and a small number (0 to 255) for each: the hour of the day, and the mark."""

    __slots__ = ("below", "cap", "tokens")

    def __init__(self, cap: int, tokens: dict[int, int] | None = None, below: int = RANGE) -> None:
        self.cap = cap
        self.tokens = {} if tokens is None else tokens
        self.below = below  # every hash seen that is smaller than this is in ``tokens``

    def add(self, value: int, note: int) -> None:
        if value < self.below:
            known = self.tokens.get(value, -1)
            if note > known:
                self.tokens[value] = note
                if len(self.tokens) > 2 * self.cap:
                    self._lower()

    def add_many(self, values: Sequence[int], notes: Iterable[int]) -> None:
        """As ``add``, for many new things, at the speed of C."""
        pairs = zip(values, notes, strict=True)
        self.tokens.update(pairs if self.below == RANGE else compress(pairs, map(self.below.__gt__, values)))
        if len(self.tokens) > 2 * self.cap:
            self._lower()

    def add_highest(self, values: Iterable[int], note: int) -> None:
        """As ``add``, for many things with one note, known ones among them."""
        tokens, below = self.tokens, self.below
        for value in values:
            if value < below and tokens.get(value, -1) < note:
                tokens[value] = note
        if len(tokens) > 2 * self.cap:
            self._lower()

    def _lower(self) -> None:
        """Towards the cap without sorting: hashes lie evenly, so nine sixteenths of the range hold enough of them."""
        below = self.below * 9 // 16
        kept = {value: note for value, note in self.tokens.items() if value < below}
        if len(kept) > self.cap:
            self.tokens, self.below = kept, below
        else:
            self.trim()

    def trim(self) -> None:
        """Back to the cap: keep the smallest hashes."""
        if len(self.tokens) > self.cap:
            kept = sorted(self.tokens)[: self.cap]
            self.tokens = {value: self.tokens[value] for value in kept}
            self.below = kept[-1] + 1

    def estimate(self, kept: int) -> int:
        """How many things ``kept`` of the hashes stand for."""
        return kept if self.below == RANGE else round(kept * RANGE / self.below)

    def dump(self) -> dict[str, Any]:
        """As JSON data: the count for a person, the hashes for the next judgement."""
        values = sorted(self.tokens)
        hashes = array("I", values)
        if sys.byteorder == "big":
            hashes.byteswap()
        raw = hashes.tobytes() + bytes(map(self.tokens.__getitem__, values))
        data: dict[str, Any] = {"count": self.estimate(len(values)), "sample": b64encode(raw).decode()}
        if self.below < RANGE:
            data["below"] = self.below
        return data

    @classmethod
    def load(cls, data: Mapping[str, Any], cap: int) -> "Sample":
        raw = b64decode(data["sample"])
        size = len(raw) // 5
        hashes = _from_bytes(raw[: 4 * size])
        return cls(cap, dict(zip(hashes, raw[4 * size :], strict=True)), data.get("below", RANGE))


class DayCounts:
    """One sample per day (UTC), so that any window can be counted in whole hours."""

    __slots__ = ("cap", "days")

    def __init__(self, cap: int) -> None:
        self.cap = cap
        self.days: dict[int, Sample] = {}

    def day(self, number: int) -> Sample:
        sample = self.days.get(number)
        if sample is None:
            sample = self.days[number] = Sample(self.cap)
        return sample

    def add(self, when: int, value: int, note: int = 0) -> None:
        hour = when // HOUR
        self.day(hour // 24).add(value, hour % 24 + note)

    def count(self, since: int, *, marked: bool = True) -> int:
        """Things since the hour that holds ``since``; ``marked=False`` leaves the marked out. One per day."""
        return sum(sample.estimate(_kept(sample, day, since, marked=marked)) for day, sample in self.days.items())

    def distinct(self, since: int) -> int:
        """Different things since then, over all days together."""
        chosen = [(day, sample) for day, sample in self.days.items() if day >= since // DAY]
        below = min((sample.below for _, sample in chosen), default=RANGE)
        union: set[int] = set()
        for day, sample in chosen:
            first = since // HOUR - day * 24
            union.update(v for v, note in sample.tokens.items() if v < below and note % MARK >= first)
        return Sample(self.cap, below=below).estimate(len(union))

    def prune(self, oldest: int) -> None:
        """Forget the days before the one that holds ``oldest``; bring the rest back to the cap."""
        self.days = {day: sample for day, sample in self.days.items() if day >= oldest // DAY and sample.tokens}
        for sample in self.days.values():
            sample.trim()

    def dump(self) -> dict[str, Any]:
        return {day_name(day): sample.dump() for day, sample in sorted(self.days.items())}

    @classmethod
    def load(cls, data: Mapping[str, Any], cap: int) -> "DayCounts":
        counts = cls(cap)
        counts.days = {day_number(name): Sample.load(part, cap) for name, part in data.items()}
        return counts


def _kept(sample: Sample, day: int, since: int, *, marked: bool) -> int:
    first = since // HOUR - day * 24
    if first <= 0 and marked:
        return len(sample.tokens)
    last = 255 if marked else MARK - 1
    return sum(note % MARK >= first and note <= last for note in sample.tokens.values())
