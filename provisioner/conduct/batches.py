"""``fleet/batches.json``: the fleet cut into batches, the work list of the scheduled runs.

Written by onboarding and put right by every run, so that the state machine itself lists nothing: it reads this one
object, however many tenants there are. It only names tenants; what is true of one stands in its manifest.
"""

from collections.abc import Collection, Iterable

import msgspec

from provisioner.conduct.documents import tenants
from provisioner.errors import InnkeeperError
from provisioner.ports import Archive, Conflict

KEY = "fleet/batches.json"
SIZE = 50  # tenants in a batch: a minute or two of one function, and a few kilobytes of input
_TRIES = 20  # onboarding many tenants at once, all of them write here


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """One item of the map: its name, its tenants, and how many tenants there are in all."""

    batch: str
    fleet: int
    tenants: tuple[str, ...]


def cut(names: Iterable[str], size: int = SIZE) -> tuple[Batch, ...]:
    """Cut tenants, sorted and each once, into batches of ``size``; the same tenants give the same batches."""
    if size < 1:
        raise ValueError(f"a batch of {size} tenants")
    ordered = sorted(set(names))
    return tuple(
        Batch(batch=f"{number:05d}", fleet=len(ordered), tenants=tuple(ordered[start : start + size]))
        for number, start in enumerate(range(0, len(ordered), size), start=1)
    )


def dump(batches: Iterable[Batch]) -> bytes:
    """As the state machine reads it: a JSON array with one object a batch."""
    return b"[\n" + b",\n".join(msgspec.json.encode(batch) for batch in batches) + b"\n]\n"


def load(body: bytes) -> tuple[Batch, ...] | None:
    """The batches, or None for a list that cannot be read: it is rebuilt, never guessed."""
    try:
        return msgspec.json.decode(body, type=tuple[Batch, ...])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def whole(archive: Archive, names: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The batches of the list, all of whose tenants are among ``names``."""
    stored = archive.get(KEY)
    known = load(stored.body) if stored else None
    asked = frozenset(names)
    return {batch.batch: batch.tenants for batch in known or () if asked.issuperset(batch.tenants)}


def add(archive: Archive, tenant: str, size: int = SIZE) -> bool:
    """Put one tenant into the list, after its manifest was written; False if it was there. One read where it was."""
    for _ in range(_TRIES):
        stored = archive.get(KEY)
        known = load(stored.body) if stored else None
        if known is None:
            return rebuild(archive, size)
        names = {name for batch in known for name in batch.tenants}
        if tenant in names:
            return False
        try:
            archive.put_if(KEY, dump(cut(names | {tenant}, size)), stored.etag if stored else None)
        except Conflict:
            continue
        return True
    raise _busy()


def rebuild(archive: Archive, size: int = SIZE) -> bool:
    """Make the list agree with the manifests; False if it did already, byte by byte."""
    for _ in range(_TRIES):
        stored = archive.get(KEY)  # before the listing: a tenant added meanwhile makes the write fail
        body = dump(cut(tenants(archive), size))
        if stored is not None and stored.body == body:
            return False
        try:
            archive.put_if(KEY, body, stored.etag if stored else None)
        except Conflict:
            continue
        return True
    raise _busy()


def _busy() -> InnkeeperError:
    return InnkeeperError(
        f"{KEY} kept changing while it was written", hint="the next scheduled run puts it right; nothing was lost"
    )
