"""Rotation of SMTP credentials in Secrets Manager's four steps; the CLI and ``lambdas/rotate`` share them.

Two keys overlap: the site keeps sending with the old one until somebody pastes the new password (or the
WordPress kit fetches it). The old key is retired when the new one has been used and a grace time has passed,
never before. Every step may die and be repeated; done twice it does nothing.
"""

from collections.abc import Callable

from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Manifest
from provisioner.model.standing import State
from provisioner.onboarding.credentials import (
    MAX_KEYS,
    SmtpSecret,
    TooManyKeysError,
    create_key,
    named_keys,
    put,
    read_secret,
    remove_orphans,
)
from provisioner.onboarding.retirement import GRACE, Retirement, retire_previous
from provisioner.ports import Keys, Secrets, SecretVersion

__all__ = [
    "GRACE",
    "STEPS",
    "LostKeyError",
    "Probe",
    "Retirement",
    "SuspendedError",
    "activate_pending",
    "create_pending",
    "finish",
    "pending_of",
    "probe_pending",
    "refuse_if_suspended",
    "retire_previous",
]

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")

# Logs in over SMTP with these credentials and sends one mail to the simulator; raises InnkeeperError if refused.
Probe = Callable[[SmtpSecret], None]


class SuspendedError(InnkeeperError):
    """A new key is born active, so rotating a suspended tenant would undo a lever."""


class LostKeyError(InnkeeperError):
    """The key of this rotation was deleted meanwhile; its token can hold no other password."""


def refuse_if_suspended(manifest: Manifest, state: State) -> None:
    """Raise SuspendedError unless the tenant may send."""
    if not state.may_send:
        raise SuspendedError(
            f"{manifest.tenant} is {state.value}: its credentials are not rotated, "
            "because a new access key starts active",
            hint=f"reinstate it first: innkeeper reinstate {manifest.tenant} --reason '…'",
        )


def create_pending(manifest: Manifest, keys: Keys, secrets: Secrets, token: str, state: State) -> None:
    """Step 1: a second key, its password stored as AWSPENDING under ``token``."""
    refuse_if_suspended(manifest, state)
    versions = secrets.versions(manifest.secret)
    pending = next((v for v in versions if v.id == token), None)
    if pending is not None:
        _require_key(manifest, keys, secrets, pending)
        return
    _drop_stale_pending(manifest, keys, secrets, versions, token)
    remove_orphans(manifest, keys, secrets.versions(manifest.secret))
    if len(keys.list(manifest.user)) >= MAX_KEYS:
        raise TooManyKeysError(
            f"{manifest.tenant}: both access keys of {manifest.user} may be in use, and AWS allows two",
            hint=f"see what the old one waits for: innkeeper rotate {manifest.tenant} --status",
        )
    put(manifest, secrets, create_key(manifest, keys, active=True), stages=("AWSPENDING",), token=token)


def _require_key(manifest: Manifest, keys: Keys, secrets: Secrets, pending: SecretVersion) -> None:
    """The step was done before. A token stands for one password only, so without its key it has to be given up."""
    if read_secret(pending).username in {key.id for key in keys.list(manifest.user)}:
        return
    if "AWSPENDING" in pending.stages:
        secrets.move_stage(manifest.secret, "AWSPENDING", to=None, remove_from=pending.id)
    raise LostKeyError(
        f"{manifest.tenant}: the new access key of this rotation was deleted meanwhile; the old one stays in force",
        hint=f"start another rotation: innkeeper rotate {manifest.tenant}",
    )


def _drop_stale_pending(
    manifest: Manifest, keys: Keys, secrets: Secrets, versions: tuple[SecretVersion, ...], token: str
) -> None:
    """An earlier rotation died: its AWSPENDING version and key were never in use, so they go."""
    for key_id, version in named_keys(versions).items():
        if version.stages == ("AWSPENDING",) and version.id != token:
            if key_id in {key.id for key in keys.list(manifest.user)}:
                keys.delete(manifest.user, key_id)
            secrets.move_stage(manifest.secret, "AWSPENDING", to=None, remove_from=version.id)


def activate_pending(manifest: Manifest, keys: Keys, secrets: Secrets, token: str, state: State) -> None:
    """Step 2: the key must be active; IAM is where the password is 'set', so there is nothing else to do."""
    refuse_if_suspended(manifest, state)
    username = pending_of(manifest, secrets, token).username
    if not next((key.active for key in keys.list(manifest.user) if key.id == username), False):
        keys.set_active(manifest.user, username, active=True)


def probe_pending(manifest: Manifest, secrets: Secrets, token: str, probe: Probe) -> None:
    """Step 3: a real SMTP login and a mail to the simulator. ``probe`` waits out IAM's propagation (G4)."""
    probe(pending_of(manifest, secrets, token))


def finish(manifest: Manifest, secrets: Secrets, token: str) -> None:
    """Step 4: the pending version becomes current; the old one stays readable as AWSPREVIOUS."""
    stages = secrets.stages(manifest.secret)
    current = next((name for name, its in stages.items() if "AWSCURRENT" in its), None)
    pending = "AWSPENDING" in stages.get(token, ())
    if current != token:
        if not pending:  # an old message, repeated: a later rotation has gone past it
            raise InnkeeperError(
                f"{manifest.tenant}: the rotation {token} is not under way",
                hint=f"see which password is in force: innkeeper rotate {manifest.tenant} --status",
            )
        secrets.move_stage(manifest.secret, "AWSCURRENT", to=token, remove_from=current)
    if pending:
        secrets.move_stage(manifest.secret, "AWSPENDING", to=None, remove_from=token)


def pending_of(manifest: Manifest, secrets: Secrets, token: str) -> SmtpSecret:
    """The new credentials of the rotation ``token``. Raises InnkeeperError where the first step did not finish."""
    version = next((v for v in secrets.versions(manifest.secret) if v.id == token), None)
    if version is None:
        raise InnkeeperError(
            f"{manifest.tenant}: the new credentials of this rotation are not there",
            hint="the first step did not finish; start the rotation again",
        )
    return read_secret(version)
