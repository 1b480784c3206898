"""What follows a decision that is stored: enforce, note what AWS shows, notify. Shared by every command."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from provisioner.conduct.documents import read_standing, write_standing
from provisioner.conduct.enforce import Enforced, Pace, enforce
from provisioner.conduct.notify import Notified, notify, owed
from provisioner.conduct.outside import Outside
from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Manifest
from provisioner.model.standing import Enforcement, Standing
from provisioner.model.verdict import UnblockRecipient, Verdict
from provisioner.ports import Conflict

_TRIES = 5


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one tenant after its standing was stored. ``errors`` in words; empty: all done."""

    tenant: str
    enforced: Enforced | None = None
    notified: Notified = Notified()
    errors: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether AWS shows what was decided and nothing failed on the way."""
        return not (self.errors or (self.enforced and not self.enforced.enforcement.complete))


def carry_out(
    manifest: Manifest,
    outside: Outside,
    now: datetime,
    *,
    pace: Pace | None = None,
    released: Iterable[str] = (),
    must_enforce: bool = True,
) -> Done:
    """Make AWS match the stored standing, then send what is owed. One failing holds up the other never."""
    errors: list[str] = []
    enforced = None
    notified = Notified()
    if must_enforce:
        try:
            enforced = _enforce(manifest, outside, now, pace, tuple(released))
        except InnkeeperError as err:
            errors.append(f"enforce: {err.args[0]}")
    try:
        if owed(read_standing(outside.archive, manifest.tenant)[0]):
            notified = notify(manifest, outside, now)
    except InnkeeperError as err:
        errors.append(f"notify: {err.args[0]}")
    if enforced is not None and enforced.reopened:
        errors += _tell(manifest, outside, enforced)
    return Done(tenant=manifest.tenant, enforced=enforced, notified=notified, errors=tuple(errors))


def _enforce(
    manifest: Manifest, outside: Outside, now: datetime, pace: Pace | None, released: tuple[str, ...]
) -> Enforced:
    """Enforce, then note the result; if the decision changed meanwhile, enforce the newer one."""
    undo = False
    for _ in range(_TRIES):
        standing, etag = read_standing(outside.archive, manifest.tenant)
        enforced = enforce(manifest, standing, outside, now, pace=pace, released=released, undo=undo)
        if _note(outside, standing, etag, enforced.enforcement):
            return enforced
        undo = undo or (enforced.acted and not standing.state.may_send)
    raise InnkeeperError(
        f"{manifest.tenant}: its standing kept changing while it was enforced", hint="run 'innkeeper enforce' again"
    )


def _note(outside: Outside, standing: Standing, etag: str | None, enforcement: Enforcement) -> bool:
    """Store what AWS shows. False: somebody changed the standing, so what was enforced may be outdated."""
    before = standing.enforcement
    if before is not None and msgspec.structs.replace(enforcement, at=before.at) == before and before.complete:
        return True  # nothing new to say, so nothing to write
    if etag is None and enforcement.complete and not enforcement.drift:
        return True  # a tenant that was never judged, in order
    try:
        write_standing(outside.archive, msgspec.structs.replace(standing, enforcement=enforcement), etag)
    except Conflict:
        return False
    return True


def _tell(manifest: Manifest, outside: Outside, enforced: Enforced) -> list[str]:
    steps = "\n".join(f"- {change.words}" for change in enforced.changes)
    try:
        outside.operator.tell(
            f"{manifest.tenant}: sending had been switched on by hand",
            f"{manifest.tenant} may not send, but somebody or something had switched it on in AWS.\n"
            f"Innkeeper closed it again:\n{steps}\n\n"
            f"To let it send: innkeeper reinstate {manifest.tenant} --reason '...'",
        )
    except InnkeeperError as err:
        return [f"tell: {err.args[0]}"]
    return []


def released_by(verdict: Verdict) -> tuple[str, ...]:
    """Recipients whose block ended with this verdict."""
    return tuple(action.recipient for action in verdict.actions if isinstance(action, UnblockRecipient))
