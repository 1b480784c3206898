"""SMTP credentials of a tenant, minted outside Terraform and kept in Secrets Manager only.

The secret of an access key can be read once, when it is created. So the order is: remove keys whose secret
nobody holds, create, derive, store. Dying anywhere leaves at most one such orphan, found by its id standing
in no version of the secret, and the next run removes it first.
"""

from collections.abc import Iterable

import msgspec

from provisioner.errors import InnkeeperError
from provisioner.model.manifest import Manifest
from provisioner.onboarding.smtp_password import derive
from provisioner.ports import AccessKey, Keys, NewKey, Secrets, SecretVersion

SUBMISSION_PORT = 587
MAX_KEYS = 2  # AWS allows two access keys a user


class TooManyKeysError(InnkeeperError):
    """Both of the user's keys are in use, so no third can be made."""


class SmtpSecret(msgspec.Struct, frozen=True, kw_only=True, rename={"from_address": "from"}):
    """What the secret holds, as JSON. ``repr`` hides the password."""

    host: str
    port: int
    username: str
    password: str
    from_address: str
    tenant: str

    def __repr__(self) -> str:
        return f"SmtpSecret(host={self.host!r}, username={self.username!r}, tenant={self.tenant!r}, password=…)"


class Minted(msgspec.Struct, frozen=True):
    """What minting did: the key in force, whether it is new, and the orphans that were removed."""

    key: str
    created: bool
    removed: tuple[str, ...] = ()


def smtp_host(region: str) -> str:
    """The SMTP endpoint of a Region."""
    return f"email-smtp.{region}.amazonaws.com"


def secret_for(manifest: Manifest, key: NewKey) -> SmtpSecret:
    """The secret's content for a key just created."""
    return SmtpSecret(
        host=smtp_host(manifest.region),
        port=SUBMISSION_PORT,
        username=key.id,
        password=derive(key.secret, manifest.region),
        from_address=manifest.from_address,
        tenant=manifest.tenant,
    )


def read_secret(version: SecretVersion) -> SmtpSecret:
    """Decode a version. Raises InnkeeperError, without the content, when it is not ours."""
    try:
        return msgspec.json.decode(version.value, type=SmtpSecret)
    except msgspec.MsgspecError:
        raise InnkeeperError(
            f"secret version {version.id} does not hold SMTP credentials in Innkeeper's form",
            hint="somebody else wrote it; run 'innkeeper rotate' to replace it",
        ) from None


_RANK = ("AWSPENDING", "AWSPREVIOUS", "AWSCURRENT")


def named_keys(versions: Iterable[SecretVersion]) -> dict[str, SecretVersion]:
    """Access key ids named by any staged version, with the version nearest to being in force.

    Secrets Manager itself may leave a pending copy of the current version behind.
    """
    found: dict[str, SecretVersion] = {}
    for version in sorted(versions, key=_rank):
        try:
            found[msgspec.json.decode(version.value, type=SmtpSecret).username] = version
        except msgspec.MsgspecError:
            continue
    return found


def _rank(version: SecretVersion) -> int:
    return max((_RANK.index(stage) for stage in version.stages if stage in _RANK), default=-1)


def orphans(keys: Iterable[AccessKey], versions: Iterable[SecretVersion]) -> tuple[AccessKey, ...]:
    """Keys whose secret nobody holds: a run died between creating and storing."""
    named = named_keys(versions)
    return tuple(key for key in keys if key.id not in named)


def remove_orphans(manifest: Manifest, keys: Keys, versions: Iterable[SecretVersion]) -> tuple[str, ...]:
    """Delete the user's keys whose secret nobody holds; their ids.

    One that was used is left alone: its password was stored once, so a site may hold what the secret has forgotten.
    """
    found = [key.id for key in orphans(keys.list(manifest.user), versions) if keys.last_used(key.id) is None]
    for key_id in found:
        keys.delete(manifest.user, key_id)
    return tuple(found)


def mint(manifest: Manifest, keys: Keys, secrets: Secrets, *, active: bool = True) -> Minted:
    """Make sure the tenant has credentials. Does nothing where the current ones are complete.

    ``active`` False (a suspended tenant) switches a new key off before its password is stored anywhere.
    """
    versions = secrets.versions(manifest.secret)
    existing = keys.list(manifest.user)
    removed = remove_orphans(manifest, keys, versions)
    kept = [key for key in existing if key.id not in removed]
    current = next((v for v in versions if "AWSCURRENT" in v.stages), None)
    if current is not None:
        username = next((name for name, v in named_keys(versions).items() if v.id == current.id), None)
        if username in {key.id for key in kept}:
            return Minted(str(username), created=False, removed=removed)
    if len(kept) >= MAX_KEYS:
        raise TooManyKeysError(
            f"{manifest.tenant}: the IAM user {manifest.user} has two access keys that a site may use "
            f"({', '.join(key.id for key in kept)}), and none of them is the secret's current one",
            hint=f"see when each was last used, and delete one that no site uses: innkeeper rotate {manifest.tenant} "
            "--status",
        )
    new = create_key(manifest, keys, active=active)
    put(manifest, secrets, new, stages=("AWSCURRENT",), token=new.id.ljust(32, "0"))
    return Minted(new.id, created=True, removed=removed)


def create_key(manifest: Manifest, keys: Keys, *, active: bool) -> NewKey:
    """A new key; a key is born active, so for a suspended tenant it is switched off at once."""
    new = keys.create(manifest.user)
    if not active:
        keys.set_active(manifest.user, new.id, active=False)
    return new


def put(manifest: Manifest, secrets: Secrets, key: NewKey, *, stages: tuple[str, ...], token: str) -> None:
    """Store the key's SMTP password under ``stages``; ``token`` (32 to 64 characters) makes a repeat harmless."""
    secrets.put(manifest.secret, msgspec.json.encode(secret_for(manifest, key)), token=token, stages=stages)
