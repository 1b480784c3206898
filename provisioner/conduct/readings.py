"""When each tenant's queue was last read to its end: what tells a week without mail from one that nobody looked at.

One note for the whole fleet, so that a quiet tenant costs no call. Batches that run side by side would contend for
it: each writes a note of its own, and the end of the run puts them together.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from provisioner.conduct.documents import DocumentError
from provisioner.errors import InnkeeperError
from provisioner.ports import Archive, Conflict

KEY = "runs/collected.json"
_BATCHES = "runs/collected/"
_TRIES = 20


class Reading(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Tenants whose queues fell silent in one run, and when that run began: nothing older was left waiting."""

    at: datetime
    tenants: tuple[str, ...]


def remember(archive: Archive, tenants: Iterable[str], at: datetime, *, batch: str = "") -> None:
    """Note that these queues were read to their end. ``batch``: the batch they were read in; its run calls ``merge``.

    Raises InnkeeperError where the note cannot be written.
    """
    found = tuple(sorted(tenants))
    if found:
        _add(archive, f"{_BATCHES}{batch}.json" if batch else KEY, [Reading(at=at, tenants=found)])


def merge(archive: Archive) -> None:
    """Put the notes of all batches into that of the fleet. Again, it changes nothing."""
    found = [reading for key in archive.keys(_BATCHES) for reading in _load(archive, key)[0] or ()]
    if found:
        _add(archive, KEY, found)


def last_read(archive: Archive) -> dict[str, datetime]:
    """When each tenant's queue was last read to its end; who is missing never was. One call for the whole fleet.

    Raises InnkeeperError for a note that cannot be read.
    """
    readings, _ = _load(archive, KEY)
    if readings is None:
        raise DocumentError(f"{KEY} cannot be read", hint="the next run of 'innkeeper collect' writes it anew")
    return _newest(readings)


def _newest(readings: Iterable[Reading]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for reading in sorted(readings):
        found.update(dict.fromkeys(reading.tenants, reading.at))
    return found


def _grouped(newest: dict[str, datetime]) -> tuple[Reading, ...]:
    """Tenants by time: a run of 100,000 names each once and its time once."""
    tenants: dict[datetime, list[str]] = {}
    for tenant, at in sorted(newest.items()):
        tenants.setdefault(at, []).append(tenant)
    return tuple(Reading(at=at, tenants=tuple(names)) for at, names in sorted(tenants.items()))


def _add(archive: Archive, key: str, more: Iterable[Reading]) -> None:
    for _ in range(_TRIES):
        known, etag = _load(archive, key)
        # What cannot be read is written over: the worst that follows is a "nothing collected" too many.
        readings = _grouped(_newest([*(known or ()), *more]))
        if readings == known:
            return
        try:
            archive.put_if(key, msgspec.json.encode(readings) + b"\n", etag)
        except Conflict:
            continue
        return
    raise InnkeeperError(f"{key} kept changing while it was written", hint="the next run writes it")


def _load(archive: Archive, key: str) -> tuple[tuple[Reading, ...] | None, str | None]:
    """The note and its tag; the note is empty where there is none, None where it cannot be read."""
    stored = archive.get(key)
    if stored is None:
        return (), None
    try:
        return msgspec.json.decode(stored.body, type=tuple[Reading, ...]), stored.etag
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None, stored.etag
