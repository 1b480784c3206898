"""What enforcement would change at one tenant, as data: compared, shown, and only then done. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from provisioner.conduct import shards
from provisioner.model.standing import Block, Standing
from provisioner.ports import SendingState
from provisioner.rules.forgetting import marker


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One step. ``lever``: set, deny, key, tenant, suppress, unsuppress or shard; ``on`` is what it becomes."""

    lever: str
    words: str
    on: bool = True
    subject: str = ""  # access key or recipient
    shard: int = 0
    recipients: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Steps in the order to take them; what is stricter than asked and stays so; blocks without room."""

    changes: tuple[Change, ...] = ()
    drift: tuple[str, ...] = ()
    overflow: tuple[str, ...] = ()


def plan_levers(standing: Standing, seen: SendingState, *, lift: bool) -> Plan:
    """Compare the levers. ``lift``: a person's reinstatement is waiting to be carried out.

    The stricter state wins: without a reinstatement nothing is ever switched on, whoever switched it off.
    """
    if not standing.state.may_send:
        return Plan(changes=tuple(_closing(seen)))
    if lift:
        return Plan(changes=tuple(_opening(seen)), drift=_paused(seen))
    return Plan(drift=(*(change.words for change in _closed(seen)), *_paused(seen)))


def _closing(seen: SendingState) -> Iterable[Change]:
    """The field guide's order: the set acts at once and depends on nothing the sender writes."""
    if seen.set_enabled:
        yield Change(lever="set", on=False, words="switch the configuration set off")
    if not seen.denied:
        yield Change(lever="deny", on=True, words="attach the policy that denies all sending")
    for key in seen.active_keys:
        yield Change(lever="key", on=False, subject=key, words=f"make access key {key} inactive")
    if seen.tenant_enabled:
        yield Change(lever="tenant", on=False, words="pause the SES tenant")


def _opening(seen: SendingState) -> Iterable[Change]:
    """The reverse order, so that mail flows only once everything is open."""
    if seen.tenant_enabled is False:
        yield Change(lever="tenant", on=True, words="resume the SES tenant")
    for key in seen.inactive_keys:
        yield Change(lever="key", on=True, subject=key, words=f"make access key {key} active")
    if seen.denied:
        yield Change(lever="deny", on=False, words="detach the policy that denies all sending")
    if not seen.set_enabled:
        yield Change(lever="set", on=True, words="switch the configuration set on")


_OFF = {
    "set": "the configuration set is off",
    "deny": "the policy that denies all sending is attached",
    "tenant": "the SES tenant is paused",
}


def _closed(seen: SendingState) -> Iterable[Change]:
    for change in _opening(seen):
        # One of two keys may rest during a rotation; only a user without any active key is locked out.
        if change.lever != "key":
            yield msgspec.structs.replace(change, words=_OFF[change.lever])
        elif not seen.active_keys:
            yield msgspec.structs.replace(change, words=f"access key {change.subject} is inactive")


def _paused(seen: SendingState) -> tuple[str, ...]:
    return ("AWS itself has paused the SES tenant",) if seen.aws_paused else ()


def blocked(standing: Standing, now: datetime) -> list[str]:
    """Recipients blocked now, the newest block first; a block past its time is over."""
    valid = {name: block for name, block in standing.blocks.items() if block.until is None or block.until > now}
    return sorted(valid, key=lambda name: (_worst(valid[name]), valid[name].since, name), reverse=True)


def _worst(block: Block) -> int:
    """A complaint costs most, a full mailbox least; of equals the newest comes first."""
    return {"complaint": 3, "manual": 2, "hard": 1}.get(block.reason, 0)


def plan_blocks(
    standing: Standing,
    suppressed: frozenset[str] | None,
    denied: dict[int, tuple[str, ...]],
    now: datetime,
    *,
    released: Iterable[str] = (),
    key: bytes = b"",
) -> Plan:
    """Compare the blocks. ``suppressed`` None: the tenant has no suppression list.

    Forgotten blocks (``key`` tells which they are) are kept where AWS still holds their addresses. Without the key
    every address that is not known to be over is kept.
    An address is taken off the list only if it was ours: it stands in a shard, its block ran out, or a person
    unblocked it (``released``). What SES put there itself stays.
    """
    in_shards = {recipient for members in denied.values() for recipient in members}
    lifted = {entry.recipient for entry in standing.unblocks} | set(released)
    unnamed = _unnamed(standing, (in_shards | (suppressed or frozenset())) - lifted, key, now)
    wanted = [*blocked(standing, now), *(name for name, valid in unnamed.items() if valid)]
    over = (in_shards | set(standing.blocks) | set(unnamed) | lifted) - set(wanted)
    changes: list[Change] = []
    drift: tuple[str, ...] = ()
    if suppressed is not None:
        changes += _suppressing(wanted, suppressed, over)
        extra = len(suppressed - set(wanted) - over)
        drift = (
            (f"{extra} addresses are on the SES tenant's suppression list that are not blocked here",) if extra else ()
        )
    # Hard bounces are kept from the address by SES's own list; the others, by these policies alone when the
    # mail names no SES tenant. So they are placed first.
    packing = shards.pack(sorted(wanted, key=lambda r: r in standing.blocks and standing.blocks[r].reason == "hard"),
                          denied)  # fmt: skip
    changes += _sharding(packing, denied)
    overflow = packing.overflow
    return Plan(changes=tuple(changes), drift=drift, overflow=overflow)


def _unnamed(standing: Standing, held: Iterable[str], key: bytes, now: datetime) -> dict[str, bool]:
    """Of the addresses that AWS holds those whose block was forgotten, and whether it is still in force."""
    if not standing.forgotten:
        return {}
    strangers = sorted(set(held) - standing.blocks.keys())
    if not key:
        return dict.fromkeys(strangers, True)
    known = {name: standing.forgotten.get(marker(key, name)) for name in strangers}
    return {name: one.until is None or one.until > now for name, one in known.items() if one is not None}


def _suppressing(wanted: Sequence[str], suppressed: frozenset[str], over: set[str]) -> Iterable[Change]:
    for recipient in wanted:
        if recipient not in suppressed:
            yield Change(lever="suppress", subject=recipient, words=f"suppress {recipient}")
    # Before the shards: while an address still stands in one, a run that dies here is repeated.
    for recipient in sorted(over & suppressed):
        yield Change(
            lever="unsuppress", on=False, subject=recipient, words=f"take {recipient} off the suppression list"
        )


def _sharding(packing: shards.Packing, denied: dict[int, tuple[str, ...]]) -> Iterable[Change]:
    for number, recipients in packing.changes(denied).items():
        who = "1 recipient" if len(recipients) == 1 else f"{len(recipients)} recipients"
        words = f"deny {who} in policy {number}" if recipients else f"remove policy {number}"
        yield Change(lever="shard", shard=number, recipients=recipients, words=words, on=bool(recipients))
