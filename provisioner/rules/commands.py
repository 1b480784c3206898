"""What only a person may decide, each as a pure change of a standing: recorded, with a reason, and mailed once.

``by`` is a person's name or address and ``reason`` their words; both are kept and shown to the tenant.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from provisioner.errors import InnkeeperError
from provisioner.model.standing import Block, Evidence, Notice, Proposal, Standing, State, Transition, Unblock
from provisioner.rules.addresses import domain_of, named, usable
from provisioner.rules.changes import TRANSITIONS
from provisioner.rules.clock import stamp, to_ms
from provisioner.rules.ids import chain, digest
from provisioner.rules.memory import SCHEMA as WINDOWS_SCHEMA

UNBLOCK_MEMORY = timedelta(days=365)
UNBLOCKS = 2_000


def suspend(standing: Standing, *, by: str, reason: str, now: datetime, kind: str = "manual") -> Standing:
    """Stop a tenant's sending."""
    if not standing.state.may_send:
        raise InnkeeperError(f"{standing.tenant} is {standing.state} already", hint="nothing was changed")
    return _move(standing, State.SUSPENDED, "suspended", by=by, reason=reason, now=now, kind=kind)


def reinstate(standing: Standing, *, by: str, reason: str, now: datetime) -> Standing:
    """Let a suspended or terminated tenant send again. All windows begin anew; open terminations are off."""
    if standing.state.may_send:
        raise InnkeeperError(
            f"{standing.tenant} is {standing.state} and may send", hint="there is nothing to reinstate"
        )
    moved = _move(standing, State.GOOD, "reinstated", by=by, reason=reason, now=now)
    return msgspec.structs.replace(moved, reinstated=now, proposals=_without(moved, "terminate"))


def terminate(standing: Standing, *, by: str, reason: str, now: datetime, kind: str = "manual") -> Standing:
    """End a tenant's sending for good. Nothing is deleted."""
    if standing.state is State.TERMINATED:
        raise InnkeeperError(f"{standing.tenant} is terminated already", hint="nothing was changed")
    moved = _move(standing, State.TERMINATED, "terminated", by=by, reason=reason, now=now, kind=kind)
    return msgspec.structs.replace(moved, proposals=_without(moved, "terminate"))


def block(
    standing: Standing, recipient: str, *, by: str, reason: str, now: datetime, until: datetime | None = None
) -> Standing:
    """Block one address by hand; it stays blocked until unblocked, or ``until``."""
    _named(by, reason)
    address = named(recipient)
    if not usable(address):
        raise InnkeeperError(f"{recipient!r} is no address", hint="write it as name@domain")
    entry = Block(reason="manual", since=now, until=until, by=by, evidence=Evidence(rule="manual", sentence=reason))
    blocked = msgspec.structs.replace(standing, blocks={**standing.blocks, address: entry})
    return _tell(blocked, "blocked", by=by, reason=reason, now=now, recipients=(address,))


def unblock(standing: Standing, recipients: str | Iterable[str], *, by: str, reason: str, now: datetime) -> Standing:
    """Lift blocks. What these addresses did until now is settled; a new hard bounce within a year is asked about."""
    _named(by, reason)
    names = sorted({_known(each, standing) for each in ([recipients] if isinstance(recipients, str) else recipients)})
    unknown = [name for name in names if name not in standing.blocks]
    if unknown or not names:
        raise InnkeeperError(
            f"not blocked for {standing.tenant}: {', '.join(unknown) or 'no address given'}",
            hint="`explain` lists the blocked addresses; nothing was changed",
        )
    lifted = tuple(Unblock(recipient=name, at=now, by=by, reason=reason) for name in names)
    kept = tuple(one for one in standing.unblocks if one.recipient not in names and one.at > now - UNBLOCK_MEMORY)
    blocks = {address: entry for address, entry in standing.blocks.items() if address not in names}
    changed = msgspec.structs.replace(standing, blocks=blocks, unblocks=(*kept, *lifted)[-max(UNBLOCKS, len(names)) :])
    return _tell(changed, "unblocked", by=by, reason=reason, now=now, recipients=tuple(names))


def _known(typed: str, standing: Standing) -> str:
    """The name it is blocked under: of old, blocks by hand were kept as they were typed."""
    return typed.lower() if typed.lower() in standing.blocks else named(typed)


def blocked_at(standing: Standing, provider: str, start: datetime, end: datetime) -> tuple[str, ...]:
    """Addresses at one provider that were blocked by a rule between two moments: what an outage may have caused."""
    return tuple(sorted(
        address for address, entry in standing.blocks.items()
        if domain_of(address) == provider.lower() and start <= entry.since <= end and entry.reason != "manual"
    ))  # fmt: skip


def confirm(standing: Standing, proposal: str, *, by: str, reason: str, now: datetime) -> Standing:
    """Do what was proposed."""
    asked = _proposal(standing, proposal)
    rest = tuple(one for one in standing.proposals if one.id != proposal)
    left = msgspec.structs.replace(standing, proposals=rest)
    if asked.action == "terminate":
        return terminate(
            left, by=by, reason=reason, now=now, kind=str(asked.evidence.numbers.get("kind", asked.evidence.rule))
        )
    if not asked.recipient:
        raise InnkeeperError(f"proposal {proposal} names no address", hint="dismiss it and block the address by hand")
    return block(left, asked.recipient, by=by, reason=reason, now=now)


def dismiss(standing: Standing, proposal: str, *, by: str, reason: str, now: datetime) -> Standing:
    """Do not do what was proposed. It is not asked again for what happened until now."""
    _named(by, reason)
    asked = _proposal(standing, proposal)
    rest = tuple(one for one in standing.proposals if one.id != proposal)
    name = "terminate" if asked.action == "terminate" else f"block:{asked.recipient}"
    closed = {**standing.windows.get("closed", {}), name: stamp(to_ms(now))}
    windows: dict[str, Any] = {"schema": WINDOWS_SCHEMA, **standing.windows, "closed": closed}
    return msgspec.structs.replace(standing, proposals=rest, windows=windows)


def _proposal(standing: Standing, proposal: str) -> Proposal:
    for one in standing.proposals:
        if one.id == proposal:
            return one
    known = ", ".join(one.id for one in standing.proposals) or "none"
    raise InnkeeperError(f"{standing.tenant} has no open proposal {proposal}", hint=f"open proposals: {known}")


def _without(standing: Standing, action: str) -> tuple[Proposal, ...]:
    return tuple(one for one in standing.proposals if one.action != action)


def _move(
    standing: Standing, after: State, notice: str, *, by: str, reason: str, now: datetime, kind: str = ""
) -> Standing:
    _named(by, reason)
    content = (standing.tenant, chain(standing.transitions), standing.state, after, by, reason, stamp(to_ms(now)))
    step = Transition(
        id=digest("transition", *content), at=now, before=standing.state, after=after, kind=kind, by=by, reason=reason
    )
    moved = msgspec.structs.replace(
        standing, state=after, since=now, evidence=None, transitions=(*standing.transitions, step)[-TRANSITIONS:]
    )
    return _tell(moved, notice, by=by, reason=reason, now=now)


def _tell(
    standing: Standing, kind: str, *, by: str, reason: str, now: datetime, recipients: tuple[str, ...] = ()
) -> Standing:
    name = digest("notice", standing.tenant, kind, by, reason, stamp(to_ms(now)), recipients)
    notice = Notice(id=name, kind=kind, at=now, recipients=recipients, by=by, reason=reason)
    return msgspec.structs.replace(standing, outbox=(*standing.outbox, notice))


def _named(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise InnkeeperError("a person and a reason are needed", hint="say who decides this (--by) and why (--reason)")
