"""What a named person decides: change the standing by a pure command, store it, keep it on record, carry it out."""

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from provisioner.conduct import documents
from provisioner.conduct.carry_out import Done, carry_out
from provisioner.conduct.enforce import Pace, due, pending
from provisioner.conduct.forgotten import read_key
from provisioner.conduct.notify import owed
from provisioner.conduct.outside import Outside
from provisioner.errors import InnkeeperError
from provisioner.model.standing import Standing, State
from provisioner.ports import Conflict
from provisioner.rules import commands
from provisioner.rules.forgetting import recall

_TRIES = 5

Command = Callable[[Standing], Standing]


class Commanded(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a command. ``changed`` False: it had been given before, and what it still owed was completed."""

    before: Standing
    after: Standing
    done: Done
    changed: bool = True
    note: str = ""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """The trace of a command, kept among the tenant's verdicts."""

    tenant: str
    at: datetime
    command: str
    by: str
    reason: str
    before: State
    after: State
    recipients: tuple[str, ...] = ()


def give(
    tenant: str,
    outside: Outside,
    now: datetime,
    command: Command,
    *,
    name: str,
    by: str,
    reason: str,
    pace: Pace | None = None,
) -> Commanded:
    """Apply ``command`` to the tenant's standing and carry the result out.

    A command that died after it was stored is completed when it is given again.
    """
    manifest = documents.read_manifest(outside.archive, tenant)
    for _ in range(_TRIES):
        before, etag = documents.read_standing(outside.archive, tenant)
        try:
            after = command(before)
        except InnkeeperError as err:
            if not (due(before, now) or owed(before)):
                raise
            done = carry_out(manifest, outside, now, pace=pace)
            return Commanded(before=before, after=before, done=done, changed=False, note=str(err.args[0]))
        released = tuple(before.blocks.keys() - after.blocks.keys())
        moved = after.state != before.state or after.blocks.keys() != before.blocks.keys()
        moved = moved or after.forgotten != before.forgotten
        if moved:
            after = pending(after, now)
        try:
            documents.write_standing(outside.archive, after, etag)
        except Conflict:
            continue
        entry = Record(
            tenant=tenant,
            at=now,
            command=name,
            by=by,
            reason=reason,
            before=before.state,
            after=after.state,
            recipients=tuple(sorted(before.blocks.keys() ^ after.blocks.keys())),
        )
        documents.keep(outside.archive, tenant, documents.run_id(now, name), entry)
        done = carry_out(manifest, outside, now, pace=pace, released=released, must_enforce=moved or due(after, now))
        return Commanded(before=before, after=after, done=done)
    raise InnkeeperError(f"{tenant}: its standing kept changing", hint="give the command again")


def suspend(
    tenant: str, outside: Outside, now: datetime, *, by: str, reason: str, pace: Pace | None = None
) -> Commanded:
    """Stop a tenant's sending."""
    return give(
        tenant,
        outside,
        now,
        lambda standing: commands.suspend(standing, by=by, reason=reason, now=now),
        name="suspend",
        by=by,
        reason=reason,
        pace=pace,
    )


def reinstate(
    tenant: str, outside: Outside, now: datetime, *, by: str, reason: str, pace: Pace | None = None
) -> Commanded:
    """Let a tenant send again."""
    return give(
        tenant,
        outside,
        now,
        lambda standing: commands.reinstate(standing, by=by, reason=reason, now=now),
        name="reinstate",
        by=by,
        reason=reason,
        pace=pace,
    )


def terminate(
    tenant: str, outside: Outside, now: datetime, *, by: str, reason: str, pace: Pace | None = None
) -> Commanded:
    """End a tenant's sending for good; nothing is deleted."""
    return give(
        tenant,
        outside,
        now,
        lambda standing: commands.terminate(standing, by=by, reason=reason, now=now),
        name="terminate",
        by=by,
        reason=reason,
        pace=pace,
    )


def block(
    tenant: str,
    recipient: str,
    outside: Outside,
    now: datetime,
    *,
    by: str,
    reason: str,
    until: datetime | None = None,
    pace: Pace | None = None,
) -> Commanded:
    """Block an address by hand."""
    return give(
        tenant,
        outside,
        now,
        lambda standing: commands.block(standing, recipient, by=by, reason=reason, now=now, until=until),
        name="block",
        by=by,
        reason=reason,
        pace=pace,
    )


def unblock(
    tenant: str,
    recipients: str | Iterable[str],
    outside: Outside,
    now: datetime,
    *,
    by: str,
    reason: str,
    pace: Pace | None = None,
) -> Commanded:
    """Lift blocks."""
    names = (recipients,) if isinstance(recipients, str) else tuple(recipients)
    return give(
        tenant,
        outside,
        now,
        lambda standing: commands.unblock(_named(standing, names, outside), names, by=by, reason=reason, now=now),
        name="unblock",
        by=by,
        reason=reason,
        pace=pace,
    )


def _named(standing: Standing, names: Iterable[str], outside: Outside) -> Standing:
    """Blocks of people who were forgotten have their names again when a person gives them."""
    return recall(standing, names, read_key(outside.archive)) if standing.forgotten else standing


def confirm(
    tenant: str, proposal: str, outside: Outside, now: datetime, *, by: str, reason: str, pace: Pace | None = None
) -> Commanded:
    """Do what a rule proposed."""
    return give(
        tenant,
        outside,
        now,
        lambda standing: commands.confirm(standing, proposal, by=by, reason=reason, now=now),
        name="confirm",
        by=by,
        reason=reason,
        pace=pace,
    )


def dismiss(
    tenant: str, proposal: str, outside: Outside, now: datetime, *, by: str, reason: str, pace: Pace | None = None
) -> Commanded:
    """Do not do what a rule proposed."""
    return give(
        tenant,
        outside,
        now,
        lambda standing: commands.dismiss(standing, proposal, by=by, reason=reason, now=now),
        name="dismiss",
        by=by,
        reason=reason,
        pace=pace,
    )
