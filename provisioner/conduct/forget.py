"""A recipient asks to be forgotten: take the address out of everything that the bucket holds, old versions included.

Looking changes nothing and finds what is to be done; doing it looks again at each object. Dying anywhere is mended by
running it again: what is left to do is what is still found.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from typing import TypeVar

import msgspec

from provisioner.conduct import bundles, copies
from provisioner.conduct.forgotten import OBJECT, make_key
from provisioner.errors import InnkeeperError
from provisioner.feedback import erase
from provisioner.feedback.erase import Person
from provisioner.ports import Archive, Conflict, Versions
from provisioner.rules.forgetting import forget
from provisioner.rules.storage import dump_standing, load_standing

T = TypeVar("T")
R = TypeVar("R")

# Who the tenants are and when passwords were tested: nothing there is about a recipient.
PREFIXES = (
    "feedback/",
    "facts/",
    "quarantine/",
    "standing/",
    "verdicts/",
    "reports/",
    "dashboard/",
    "outbox/",
    "runs/",
)
_SHARED = ("dashboard/", "runs/")  # may speak of any tenant, whatever their keys are called
_TRIES = 5
_AT_ONCE = 2_000  # objects between two words of progress; what is known of one is forgotten with them


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Where a person is named. ``unreadable``: what could not be looked through, and why."""

    looked: int = 0
    keys: tuple[str, ...] = ()
    old: tuple[tuple[str, str], ...] = ()  # key and version
    unreadable: dict[str, str] = {}


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """Where to look. ``tenants``: only what is kept of these; empty: of all."""

    archive: Archive
    versions: Versions
    tenants: frozenset[str] = frozenset()
    workers: int = 16
    told: Callable[[int], None] = lambda _: None  # progress: so many objects of one kind were looked at

    def keys(self, prefix: str) -> Iterator[str]:
        return (key for key in self.archive.keys(prefix) if self._asked(key))

    def old(self, prefix: str) -> Iterator[tuple[str, str]]:
        return ((key, version) for key, version in self.versions.old(prefix) if self._asked(key))

    def _asked(self, key: str) -> bool:
        if not self.tenants or key.startswith(_SHARED):
            return True
        return any(part.removesuffix(".json") in self.tenants for part in key.split("/"))


def find(bucket: Bucket, who: Person, now: datetime, prefixes: Sequence[str] = PREFIXES) -> Found:
    """Look at every object and every old version."""
    found = Found()
    for prefix in prefixes:
        found = _merged(found, _look(bucket, bucket.keys(prefix), lambda key: _current(bucket, key), who, now))
        found = _merged(found, _look_at_old(bucket, prefix, who, now))
    return found


def carry_out(bucket: Bucket, found: Found, who: Person, now: datetime) -> Found:
    """Take the person out of what was found, then look for what that left; the last look is returned."""
    if any(key.startswith("standing/") for key in found.keys):
        make_key(bucket.archive)  # before a standing needs it
    for key in found.keys:
        _rewrite(bucket.archive, key, who, now)
    # What was just written over is an old version now, so these are listed anew.
    spoilt = {key.partition("/")[0] for key in found.keys} | {key.partition("/")[0] for key, _ in found.old}
    prefixes = [prefix for prefix in PREFIXES if prefix[:-1] in spoilt]
    for prefix in prefixes:
        for key, version in _look_at_old(bucket, prefix, who, now).old:
            bucket.versions.remove(key, version)
    return _merged(Found(unreadable=found.unreadable), find(bucket, who, now, prefixes))


def cleaned(archive: Archive, key: str, body: bytes, who: Person, now: datetime) -> bytes | None:
    """The object without the person; None where it does not name them."""
    kind, *parts = key.split("/")
    match kind:
        case "facts":
            return erase.erase_facts(body, key, parts[1] if len(parts) > 1 else "", who)
        case "feedback":
            return erase.erase_raw(body, key, who)
        case "quarantine":
            return erase.erase_quarantine(body, key, who)
        case "standing":
            return _standing(archive, body, key, who, now)
        case "runs":
            return _of_a_run(body, key, who)
    return (erase.erase_json if key.endswith(".json") else erase.erase_text)(body, key, who)


def _of_a_run(body: bytes, key: str, who: Person) -> bytes | None:
    """What runs keep to save calls is left out: it can be read again."""
    if key.startswith(bundles.PREFIX):
        return bundles.without(body, key, lambda name, facts: erase.erase_facts(facts, name, "", who) is not None)
    if key.endswith(".json.gz"):
        return erase.erase_working_copy(body, key, who)
    left = erase.erase_json(body, key, who)
    return copies.NONE if left is not None and key.startswith(copies.PREFIX) else left


def _standing(archive: Archive, body: bytes, key: str, who: Person, now: datetime) -> bytes | None:
    if erase.erase_json(body, key, who) is None:
        return None
    before = load_standing(body)
    # Only looked at, it is hashed with no key; written, the key is there.
    key_object = archive.get(OBJECT)
    after = forget(before, who.address, key_object.body if key_object else b"", now)
    rest = dump_standing(after)
    left = erase.erase_json(rest, key, who) or rest
    return dump_standing(load_standing(left))


def _current(bucket: Bucket, key: str) -> bytes | None:
    stored = bucket.archive.get(key)
    return stored.body if stored else None


def _look_at_old(bucket: Bucket, prefix: str, who: Person, now: datetime) -> Found:
    return _look(bucket, bucket.old(prefix), lambda one: bucket.versions.read(*one), who, now)


def _look(bucket: Bucket, places: Iterable[T], read: Callable[[T], bytes | None], who: Person, now: datetime) -> Found:
    def one(place: T) -> tuple[T, bool, str]:
        key = place if isinstance(place, str) else place[0]  # type: ignore[index]
        try:
            body = read(place)
            return place, body is not None and cleaned(bucket.archive, key, body, who, now) is not None, ""
        except InnkeeperError as err:
            return place, False, str(err.args[0])

    found, waiting = Found(), iter(places)
    while some := list(islice(waiting, _AT_ONCE)):
        seen = _side_by_side(one, some, bucket.workers)
        named = [place for place, is_named, _ in seen if is_named]
        part = Found(
            looked=len(seen),
            keys=tuple(place for place in named if isinstance(place, str)),
            old=tuple(place for place in named if isinstance(place, tuple)),
            unreadable={str(place): why for place, _, why in seen if why},
        )
        found = _merged(found, part)
        bucket.told(found.looked)
    return found


def _side_by_side(one: Callable[[T], R], places: Iterable[T], workers: int) -> list[R]:
    if workers == 1:
        return [one(place) for place in places]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, places))


def _merged(one: Found, other: Found) -> Found:
    return Found(
        looked=one.looked + other.looked,
        keys=one.keys + other.keys,
        old=one.old + other.old,
        unreadable=one.unreadable | other.unreadable,
    )


def _rewrite(archive: Archive, key: str, who: Person, now: datetime) -> None:
    for _ in range(_TRIES):
        stored = archive.get(key)
        after = cleaned(archive, key, stored.body, who, now) if stored else None
        if stored is None or after is None:
            return
        try:
            archive.put_if(key, after, stored.etag)
        except Conflict:
            continue
        return
    raise InnkeeperError(f"{key} kept changing", hint="give the command again; what is done stays done")
