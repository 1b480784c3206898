"""Rotation of SMTP credentials in Secrets Manager's four steps; the CLI and ``lambdas/rotate`` share them.

Two keys overlap: the site keeps sending with the old one until somebody pastes the new password (or the
WordPress kit fetches it). The old key is retired when the new one has been used and a grace time has passed,
never before. Every step may die and be repeated; done twice it does nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Manifest
from provisioner.model.standing import State
from provisioner.onboarding.credentials import (
    MAX_KEYS,
    SmtpSecret,
    TooManyKeysError,
    create_key,
    named_keys,
    orphans,
    put,
    read_secret,
)
from provisioner.ports import Keys, Secrets, SecretVersion

GRACE = timedelta(days=7)
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")

# Logs in over SMTP with these credentials and sends one mail to the simulator; raises InnkeeperError if refused.
Probe = Callable[[SmtpSecret], None]


class SuspendedError(InnkeeperError):
    """A new key is born active, so rotating a suspended tenant would undo a lever."""


class Retirement(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the previous key. ``waits_for`` says why it still lives, in words; empty when retired."""

    key: str | None
    retired: bool
    waits_for: str = ""
    last_used: datetime | None = None


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
    existing = keys.list(manifest.user)
    if pending is not None and read_secret(pending).username in {key.id for key in existing}:
        return
    _drop_stale_pending(manifest, keys, secrets, versions, token)
    versions = secrets.versions(manifest.secret)
    for orphan in orphans(keys.list(manifest.user), versions):
        keys.delete(manifest.user, orphan.id)
    if len(keys.list(manifest.user)) >= MAX_KEYS:
        raise TooManyKeysError(
            f"{manifest.tenant}: both access keys of {manifest.user} are still held by the secret",
            hint="the previous password has not been retired yet; see 'innkeeper rotate --status'",
        )
    put(manifest, secrets, create_key(manifest, keys, active=True), stages=("AWSPENDING",), token=token)


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
    username = _pending(manifest, secrets, token).username
    if not next((key.active for key in keys.list(manifest.user) if key.id == username), False):
        keys.set_active(manifest.user, username, active=True)


def probe_pending(manifest: Manifest, secrets: Secrets, token: str, probe: Probe) -> None:
    """Step 3: a real SMTP login and a mail to the simulator. ``probe`` waits out IAM's propagation (G4)."""
    probe(_pending(manifest, secrets, token))


def finish(manifest: Manifest, secrets: Secrets, token: str) -> None:
    """Step 4: the pending version becomes current; the old one stays readable as AWSPREVIOUS."""
    versions = secrets.versions(manifest.secret)
    current = next((v.id for v in versions if "AWSCURRENT" in v.stages), None)
    if current != token:
        secrets.move_stage(manifest.secret, "AWSCURRENT", to=token, remove_from=current)
    if any(v.id == token and "AWSPENDING" in v.stages for v in secrets.versions(manifest.secret)):
        secrets.move_stage(manifest.secret, "AWSPENDING", to=None, remove_from=token)


def _pending(manifest: Manifest, secrets: Secrets, token: str) -> SmtpSecret:
    version = next((v for v in secrets.versions(manifest.secret) if v.id == token), None)
    if version is None:
        raise InnkeeperError(
            f"{manifest.tenant}: the new credentials of this rotation are not there",
            hint="the first step did not finish; start the rotation again",
        )
    return read_secret(version)


def retire_previous(
    manifest: Manifest, keys: Keys, secrets: Secrets, now: datetime, *, grace: timedelta = GRACE, force: bool = False
) -> Retirement:
    """Delete the previous key once the new one is in use and ``grace`` has passed since it was made.

    ``force`` skips both conditions: the operator knows that no site uses the old password.
    """
    versions = secrets.versions(manifest.secret)
    current = next((v for v in versions if "AWSCURRENT" in v.stages), None)
    if current is None:
        return Retirement(key=None, retired=False, waits_for="there are no current credentials")
    current_id = read_secret(current).username
    listed = {key.id: key for key in keys.list(manifest.user)}
    previous = next((name for name in listed if name != current_id and name in named_keys(versions)), None)
    if previous is None:
        return Retirement(key=None, retired=False)
    used = keys.last_used(previous)
    waits = "" if force else _reason_to_wait(keys, listed[current_id].created, current_id, used, now, grace)
    if waits:
        return Retirement(key=previous, retired=False, waits_for=waits, last_used=used)
    keys.set_active(manifest.user, previous, active=False)
    keys.delete(manifest.user, previous)
    return Retirement(key=previous, retired=True, last_used=used)


def _reason_to_wait(
    keys: Keys, created: datetime, current_id: str, previous_used: datetime | None, now: datetime, grace: timedelta
) -> str:
    current_used = keys.last_used(current_id)
    if current_used is None:
        return "the site has not used the new password yet"
    if previous_used is not None and previous_used > current_used:
        return f"the site still uses the old password (last on {previous_used:%Y-%m-%d %H:%M} UTC)"
    if now < created + grace:
        return f"the old password stays valid until {created + grace:%Y-%m-%d}"
    return ""
