"""A standing without one person: what happened still counts for the tenant, and no longer tells to whom.

A block that protects the person stays, known by a keyed hash only. The address itself is then in AWS alone, in the
suppression list and the Deny policies, which cannot do without it.
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

import msgspec

from provisioner.feedback.address import normalise
from provisioner.model.standing import Block, Forgotten, Standing
from provisioner.rules.addresses import named
from provisioner.rules.fold import nobody
from provisioner.rules.memory import Memory


def marker(key: bytes, address: str) -> str:
    """What stands for an address: nobody without the key can tell whose it is, not even by trying."""
    return hmac.new(key, address.lower().encode(), hashlib.sha256).hexdigest()[:32]


def forget(standing: Standing, address: str, key: bytes, now: datetime) -> Standing:
    """The standing without ``address``; the same one where it holds nothing of it."""
    blocks, forgotten = dict(standing.blocks), dict(standing.forgotten)
    # By what it was blocked under, which AWS holds; of old a person could do that in another spelling.
    for name in [name for name in blocks if normalise(name) == address]:
        block = blocks.pop(name)
        if block.until is None or block.until > now:
            kept = Forgotten(reason=block.reason, since=block.since, until=block.until)
            forgotten[marker(key, name)] = kept
    return msgspec.structs.replace(
        standing,
        blocks=blocks,
        forgotten=forgotten,
        unblocks=tuple(entry for entry in standing.unblocks if normalise(entry.recipient) != address),
        proposals=tuple(one for one in standing.proposals if normalise(one.recipient or "") != address),
        windows=_windows(standing, address),
    )


def recall(standing: Standing, addresses: Iterable[str], key: bytes) -> Standing:
    """Name forgotten blocks again, because a person just named them: what an unblock needs."""
    blocks, forgotten = dict(standing.blocks), dict(standing.forgotten)
    for address in map(named, addresses):
        if (kept := forgotten.pop(marker(key, address), None)) and address not in blocks:
            blocks[address] = Block(reason=kept.reason, since=kept.since, until=kept.until)
    return msgspec.structs.replace(standing, blocks=blocks, forgotten=forgotten)


def _windows(standing: Standing, address: str) -> dict[str, object]:
    if not standing.windows:
        return standing.windows
    memory = Memory.load(standing.windows)
    bounces = memory.hard.remove(address)
    for when, event, what in bounces:
        memory.hard.add(nobody(event), when, event, what)
    complaints = {event: (when, "") for event, (when, whom) in memory.complaints.of.items() if whom == address}
    memory.complaints.of |= complaints
    soft = memory.soft.remove(address)
    lifted = memory.lifted.pop(address, None)
    touched = bounces or complaints or soft or lifted is not None
    return memory.dump() if touched else standing.windows
