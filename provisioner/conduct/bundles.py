"""The facts that one run collected for a batch, once more in one object: an audit reads seven of these, not hundreds.

Only a shortcut: facts are stored for each tenant by itself before anything is deleted from a queue, and whatever is
in no bundle is read there. A body is taken only if it is what its name says.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from provisioner.conduct.each import each
from provisioner.feedback.keys import is_of
from provisioner.feedback.stored import BrokenObject
from provisioner.ports import Archive

LARGE = 64_000  # bytes of facts that are worth a call of their own
MOST = 8_000_000
PREFIX = "runs/facts/"


def keep(archive: Archive, batch: str, now: datetime, bodies: Mapping[str, bytes]) -> None:
    """Store what was collected for a batch, the small objects first."""
    chosen: dict[str, bytes] = {}
    room = MOST
    for key, body in sorted(bodies.items(), key=lambda item: (len(item[1]), item[0])):
        room -= len(body)
        if room < 0 or len(body) > LARGE:
            break
        chosen[key] = body
    if len(chosen) > 1:
        body = msgspec.msgpack.encode(chosen)
        archive.put_new(f"{PREFIX}{batch}/{now.astimezone(UTC):%Y-%m-%dT%H%M%S}-{sha256(body).hexdigest()[:8]}", body)


def load(archive: Archive, wanted: Mapping[str, Collection[str]], workers: int) -> dict[str, bytes]:
    """What bundles hold of the ``wanted`` facts, batch by batch; those of a batch only where that saves calls."""

    def named(batch: str) -> list[str]:
        names = list(archive.keys(f"{PREFIX}{batch}/", f"{PREFIX}{batch}/{min(map(_second, wanted[batch]))}"))
        return names if len(names) < len(wanted[batch]) else []

    names = each(named, [batch for batch, keys in wanted.items() if len(keys) > 1], workers)
    asked = frozenset(key for keys in wanted.values() for key in keys)
    parts = each(lambda name: _read(archive, name), [name for part in names for name in part], workers)
    return {key: body for part in parts for key, body in part.items() if key in asked and is_of(key, body)}


def without(body: bytes, key: str, names: Callable[[str, bytes], bool]) -> bytes | None:
    """A bundle without the facts that ``names`` somebody to be forgotten; None where there are none.

    What is left out is read where it is stored by itself.
    """
    try:
        held = msgspec.msgpack.decode(body, type=dict[str, bytes])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as err:
        raise BrokenObject(key, "is no bundle of facts") from err
    left = {name: facts for name, facts in held.items() if not names(name, facts)}
    return msgspec.msgpack.encode(left) if len(left) < len(held) else None


def _second(key: str) -> str:
    """When an object of facts was named: its bundle is no older."""
    _, day, _, name = key.split("/", 3)
    return f"{day}T{name[:6]}"


def _read(archive: Archive, name: str) -> dict[str, bytes]:
    stored = archive.get(name)
    try:
        return msgspec.msgpack.decode(stored.body, type=dict[str, bytes]) if stored else {}
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}
